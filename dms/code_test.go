// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dms"
)

// TestCodesAreThoseOfTheLibrary compares with the numbers in dms_error.h.
func TestCodesAreThoseOfTheLibrary(t *testing.T) {
	text, err := os.ReadFile("testdata/error-codes.tsv")
	if err != nil {
		t.Fatal(err)
	}
	want := map[dms.Code]string{}
	for line := range strings.Lines(string(text)) {
		var n int
		var name string
		if _, err := fmt.Sscan(line, &n, &name); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_BASE") {
			want[dms.Code(n)] = name
		}
	}
	last := dms.Code(0)
	for c := range dms.Codes() {
		if c <= last || !c.IsKnown() || c.Name() != want[c] || c.Text() == "" || c.Area() == dms.AreaUnknown {
			t.Errorf("%d: %q, %q, want %q", c, c.Name(), c.Text(), want[c])
		}
		if got, err := dms.ParseCode(c.Name()); err != nil || got != c {
			t.Errorf("%s reads as %d, %v", c.Name(), got, err)
		}
		last = c
		delete(want, c)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestCode(t *testing.T) {
	for _, tt := range []struct {
		code dms.Code
		area dms.Area
		text string
	}{
		{dms.CodeReformInProcess, dms.AreaReform, "dms: error 17007: a reform is under way (ERRNO_DMS_REFORM_IN_PROCESS)"},
		{dms.CodeParamInvalid, dms.AreaCommon, "dms: error 10006: a parameter is not valid (ERRNO_DMS_PARAM_INVALID)"},
		{dms.CodeDCSReformVisitRes, dms.AreaData, "dms: error 11014: a reform works on the page or lock (ERRNO_DMS_DCS_REFORM_VISIT_RES)"},
		{dms.CodeDRCRecoveryPage, dms.AreaDirectory, "dms: error 13010: the page is in recovery, try again (ERRNO_DMS_DRC_RECOVERY_PAGE)"},
		{dms.CodeDLSTryLockFailed, dms.AreaLock, "dms: error 15002: a lock could not be taken (ERRNO_DMS_DLS_TRY_LOCK_FAILED)"},
		{dms.CodeCallbackReadPage, dms.AreaCallback, "dms: error 16006: the database could not read a page (ERRNO_DMS_CALLBACK_READ_PAGE)"},
		{114, dms.AreaUnknown, "dms: error 114"},
		{10000, dms.AreaUnknown, "dms: error 10000"},
		{17999, dms.AreaReform, "dms: error 17999"},
		{18001, dms.AreaUnknown, "dms: error 18001"},
	} {
		if got := tt.code.Error(); got != tt.text || tt.code.Area() != tt.area {
			t.Errorf("%d: %s, %s", tt.code, got, tt.code.Area())
		}
		if got, err := dms.ParseCode(fmt.Sprint(int(tt.code))); err != nil || got != tt.code {
			t.Errorf("%d reads as %d, %v", tt.code, got, err)
		}
	}
	for limit, areas := range map[dms.Code][2]dms.Area{
		10000: {dms.AreaUnknown, dms.AreaCommon}, 11000: {dms.AreaCommon, dms.AreaData}, 13000: {dms.AreaData, dms.AreaDirectory},
		15000: {dms.AreaDirectory, dms.AreaLock}, 16000: {dms.AreaLock, dms.AreaCallback}, 17000: {dms.AreaCallback, dms.AreaReform},
		18000: {dms.AreaReform, dms.AreaUnknown},
	} {
		if limit.Area() != areas[0] || (limit+1).Area() != areas[1] {
			t.Errorf("around %d: %s, %s", int(limit), limit.Area(), (limit + 1).Area())
		}
	}
	if _, err := dms.ParseCode("ERRNO_DSS"); !errors.Is(err, dms.ErrFormat) {
		t.Error(err)
	}
	for i := range 7 {
		if text, err := dms.Area(i).MarshalText(); err != nil || string(text) != dms.Area(i).String() {
			t.Error(i, err)
		}
	}
}

func TestErrorsOfTheLibraryMatchEachOfTheirNumbers(t *testing.T) {
	err := error(dms.ParseError(114, "The value of parameter \"node port\" is too small, at least 1024\n"+
		"ERR-10006, dms param is invalid, param = SS_INTERCONNECT_URL change faild"))
	if !errors.Is(err, dms.CodeParamInvalid) || !errors.Is(err, dms.Code(114)) || errors.Is(err, dms.CodeParamNull) {
		t.Error(err)
	}
	const want = `dms: error 114: The value of parameter "node port" is too small, at least 1024; ` +
		`error 10006: dms param is invalid, param = SS_INTERCONNECT_URL change faild`
	if err.Error() != want {
		t.Errorf("\n got %s\nwant %s", err, want)
	}
	if got := dms.ParseError(dms.CodeParamNull, "").Error(); got != "dms: error 10003: a parameter is missing" {
		t.Error(got)
	}
	if got := dms.ParseError(5, "first\nsecond, of the same").Causes; len(got) != 1 || got[0].Text != "first\nsecond, of the same" {
		t.Errorf("%+v", got)
	}
}

func TestServerErrors(t *testing.T) {
	line := "2025-08-01 10:00:00.123 [unknown] FATAL:  failed to initialize dms, errno: 10006, reason: dms param is invalid, param = total_ctx_cnt"
	got, ok := dms.ParseServerError(line)
	if !ok || !errors.Is(got, dms.CodeParamInvalid) || got.Causes[0].Text != "dms param is invalid, param = total_ctx_cnt" {
		t.Errorf("%v, %v", got, ok)
	}
	for _, line := range []string{"", "failed to initialize dms", "failed to initialize dms, errno: x, reason: y", "reason: "} {
		if got, ok := dms.ParseServerError(line); ok {
			t.Errorf("%q: %v", line, got)
		}
	}
}
