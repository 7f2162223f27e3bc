// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/dms"
)

// switchover is what an instance says in the middle of a switchover from
// instance 0 to instance 1, in the form of dms_info.c.
const switchover = `{"INSTANCE_ID":"1","DMS_ROLE":"PARTNER","PROC_STATUS":"RUNNING","REFORM_STATUS":"RUNNING",` +
	`"START_TIME":"2025-08-01 10:11:12.345","REFORM_TYPE":"SWITCHOVER FOR OPENGAUSS","FULL_CLEAN":"FALSE","PROMOTE_ID":"1","DEMOTE_ID":"0",` +
	`"LAST_STEP":"PAGE_ACCESS","CURR_STEP":"SWITCH_LOCK","NEXT_STEP":"S_PROMOTE","CURR_STEP_ELASPED(us)":"1500","DDL_ENABLE":"FALSE","FILE_ENABLE":"TRUE",` +
	`"BITMAP_MES":"3","BITMAP_CONNECT":"3","BITMAP_STABLE":"3","BITMAP_ONLINE":"3","BITMAP_RECONNECT":"0","BITMAP_DISCONNECT":"0","BITMAP_CLEAN":"0",` +
	`"BITMAP_RECOVERY":"0","BITMAP_IN":"3","BITMAP_REBUILD":"0","BITMAP_WITHDRAW":"0","BITMAP_ROLLBACK":"18446744073709551615"}`

func mustInfo(t testing.TB, text string) dms.Info {
	t.Helper()
	info, err := dms.ParseInfoJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestInfoInTheMiddleOfASwitchover(t *testing.T) {
	got := mustInfo(t, switchover)
	both := dms.SetOf(0, 1)
	want := dms.Info{
		Instance: 1, Role: dms.RolePartner, Current: true, InProcess: true, Progress: dms.ProgressRunning,
		Start: time.Date(2025, 8, 1, 10, 11, 12, 345e6, time.UTC), Type: dms.ReformOpenGaussSwitchover, Promote: 1, Demote: 0,
		LastStep: dms.StepPageAccess, Step: dms.StepSwitchLock, NextStep: dms.StepSwitchPromote, InStep: 1500 * time.Microsecond, Files: true,
		Reached: both, Connected: both, Stable: both, Online: both, In: both, Rollback: ^dms.InstanceSet(0),
	}
	if !reflect.DeepEqual(got, want) || !got.HasReform() {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	text, err := json.Marshal(got)
	if err != nil || string(text) != switchover {
		t.Errorf("written as %s, %v", text, err)
	}
}

func TestFactsThatDoNotApplyAreNotWritten(t *testing.T) {
	if got := (dms.Info{}).Facts(); len(got) != 3 {
		t.Errorf("no reform: %v", got)
	}
	info := mustInfo(t, switchover)
	info.Promote, info.Demote = 0, 1
	text, err := json.Marshal(info)
	if err != nil || !strings.Contains(string(text), `"PROMOTE_ID":"0","DEMOTE_ID":"1"`) {
		t.Errorf("%s, %v", text, err)
	}
	info.Promote, info.Demote, info.Current = -1, -1, false
	info.InStep = 0
	if got := info.Facts(); slices.ContainsFunc(got, func(f dms.Fact) bool {
		return strings.HasSuffix(f.Name, "MOTE_ID") || strings.HasSuffix(f.Name, "(us)")
	}) || len(got) != 23 {
		t.Errorf("%d facts: %v", len(got), got)
	}
}

// TestCaptures reads what a library without a database said.
func TestCaptures(t *testing.T) {
	for name, want := range map[string]dms.Info{
		"testdata/dms_info.current.json": {Role: dms.RoleReformer, Current: true, Promote: -1, Demote: -1},
		"testdata/dms_info.last.json":    {Role: dms.RolePartner, Promote: -1, Demote: -1},
	} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got := mustInfo(t, string(text))
		if !reflect.DeepEqual(got, want) || got.HasReform() {
			t.Errorf("%s: %+v", name, got)
		}
		back, err := json.Marshal(got)
		if err != nil || string(back) != strings.TrimSpace(string(text)) {
			t.Errorf("%s: written as %s, %v", name, back, err)
		}
	}
}

func TestInfoFromRows(t *testing.T) {
	want := mustInfo(t, switchover)
	facts := want.Facts()
	slices.Reverse(facts)
	facts = append(facts, dms.Fact{Name: "NEW", Value: "x"})
	got, err := dms.ParseInfo(facts)
	want.Extra = []dms.Fact{{Name: "NEW", Value: "x"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	// A type of a later version is kept as it is.
	text := strings.Replace(switchover, "SWITCHOVER FOR OPENGAUSS", "MOON", 1)
	if got := mustInfo(t, text); got.Type != dms.ReformUnknown || len(got.Extra) != 1 || got.Extra[0].Value != "MOON" {
		t.Errorf("%+v", got)
	}
}

func TestBadInfo(t *testing.T) {
	edit := func(old, new string) string { return strings.Replace(switchover, old, new, 1) }
	info := dms.Info{Instance: 7}
	for name, text := range map[string]string{
		"empty": "", "no object": "[]", "cut": switchover[:100], "cut at a value": `{"INSTANCE_ID":`, "behind": switchover + "{}",
		"number": `{"INSTANCE_ID":1}`, "nested": `{"INSTANCE_ID":{}}`, "no id": edit(`"INSTANCE_ID":"1",`, ""), "no role": edit(`"DMS_ROLE":"PARTNER",`, ""),
		"no status": edit(`"REFORM_STATUS":"RUNNING",`, ""), "twice": edit(`"INSTANCE_ID":"1"`, `"INSTANCE_ID":"1","INSTANCE_ID":"1"`),
		"role": edit("PARTNER", "BOSS"), "flag": edit(`"FULL_CLEAN":"FALSE"`, `"FULL_CLEAN":"no"`), "bitmap": edit(`"BITMAP_MES":"3"`, `"BITMAP_MES":"-3"`),
		"time": edit("2025-08-01", "2025-13-01"), "no time": edit("2025-08-01 10:11:12.345", "0001-01-01 00:00:00.000"),
		"elapsed": edit(`"1500"`, `"99999999999999999999"`), "id": edit(`"PROMOTE_ID":"1"`, `"PROMOTE_ID":"01"`),
	} {
		if err := json.Unmarshal([]byte(text), &info); err == nil || info.Instance != 7 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		if _, err := dms.ParseInfoJSON([]byte(text)); !errors.Is(err, dms.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// judgement is the line of an instance that was told to fail over.
const judgement = "[DMS REFORM]inst_id:1, role:reformer, catalog:centralized, reform_type:FAILOVER_OPENGAUSS, full_clean:0, ddl_2phase:0, " +
	"step:PREPARE-DISCONN-START-DRC_INACCESS-LOCK_INSTANCE-REBUILD-REMASTER-F_PROMOTE-STARTUP-REPAIR-DRC_ACCESS-RECOVERY_OPENGAUSS-PAGE_ACCESS-SUCCESS-DONE-DONE_CHECK"

func TestJudgement(t *testing.T) {
	got, ok, err := dms.ParseJudgement("UTC+0 2025-08-01 10:11:12.345|1234|INFO>" + judgement + "\n")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if got.Instance != 1 || got.Role != dms.RoleReformer || !got.Centralized || got.Type != dms.ReformOpenGaussFailover || len(got.Steps) != 16 ||
		!slices.Contains(got.Steps, dms.StepFailoverPromote) || slices.ContainsFunc(got.Steps, func(s dms.Step) bool { return !s.IsKnown() || s.IsFailure() }) {
		t.Errorf("%+v", got)
	}
	if got.String() != judgement {
		t.Errorf("written as %s", got)
	}
	for _, typ := range []dms.ReformType{dms.ReformUnknown, dms.ReformFailover, 99} {
		if line := (dms.Judgement{Type: typ}).String(); !strings.Contains(line, "reform_type:UNKNOWN TYPE,") {
			t.Error(line)
		}
	}
	// As an older version wrote it.
	old := strings.Replace(judgement, " full_clean:0, ddl_2phase:0,", "", 1)
	if got, ok, err := dms.ParseJudgement(old); err != nil || !ok || len(got.Steps) != 16 {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
	for _, line := range []string{"", "[DMS REFORM]dms_reform_judgement", "[DMS REFORM]inst_id:1, role:reformer"} {
		if _, ok, err := dms.ParseJudgement(line); ok || err != nil {
			t.Errorf("%q: %v, %v", line, ok, err)
		}
	}
	for _, edit := range [][2]string{{"inst_id:1", "inst_id:x"}, {"reformer", "boss"}, {"FAILOVER_OPENGAUSS", "MOON"}, {"full_clean:0", "full_clean:2"}} {
		if _, ok, err := dms.ParseJudgement(strings.Replace(judgement, edit[0], edit[1], 1)); !ok || !errors.Is(err, dms.ErrFormat) {
			t.Errorf("%s: %v, %v", edit[1], ok, err)
		}
	}
}

func TestStepsHaveTheirNumbers(t *testing.T) {
	seen := map[dms.Step]int{}
	for n, s := range dms.Steps() {
		if _, twice := seen[s]; twice || !s.IsKnown() {
			t.Errorf("%d %s", n, s)
		}
		seen[s] = n
	}
	for s, n := range map[dms.Step]int{dms.StepDone: 0, dms.StepRepair: 10, dms.StepSuccess: 20, dms.StepSwitchPromote: 30, dms.StepDRCValidate: 40,
		"SET_CURR_POINT": 50, "CALIBRATE_LOG_FILE": 60, "AZ_FAILOVER_PROMOTE_PHASE1": 70, "SYNC_NODE_LFN": 74, "AZ_PROMOTE_SUCCESS": 76} {
		if seen[s] != n {
			t.Errorf("%s is %d, want %d", s, seen[s], n)
		}
	}
	if len(seen) != 77 || dms.StepNone.IsKnown() || !dms.StepSelfFail.IsFailure() {
		t.Errorf("%d steps", len(seen))
	}
}
