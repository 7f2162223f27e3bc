// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/dms"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// asked is a query without the type of its rows.
type asked struct {
	sql  string
	args []any
	cols []string
	err  error
}

func of[T any](q dms.Query[T], err error) asked { return asked{q.SQL, q.Args, q.Columns(), err} }

func questions(r dms.Release) map[string]asked {
	return map[string]asked{
		"reform":    of(dms.NodeReformQuery(r)),
		"info":      of(dms.InfoQuery(true, r)),
		"last":      of(dms.InfoQuery(false, r)),
		"page":      of(dms.PageHolderQuery("public.t", 0, 42, r)),
		"on-demand": of(dms.OnDemandQuery(r)),
		"cache":     of(dms.TxnCacheQuery(r)),
		"io":        of(dms.StorageIOQuery(5, r)),
		"pages":     of(dms.ResourceQuery(dms.ResourcePage, r)),
		"locks":     of(dms.ResourceQuery(dms.ResourceLock, r)),
	}
}

// TestQueries compares the SQL of each release with a golden file.
func TestQueries(t *testing.T) {
	var b strings.Builder
	before := map[string]asked{}
	for r := range dms.Releases() {
		for _, name := range []string{"reform", "info", "last", "page", "on-demand", "cache", "io", "pages", "locks"} {
			q := questions(r)[name]
			if q.err != nil && !errors.Is(q.err, dms.ErrUnsupported) {
				t.Errorf("%s in %s: %v", name, r, q.err)
			}
			if same := before[name]; same.sql == q.sql && r != dms.V311 {
				continue
			}
			before[name] = q
			fmt.Fprintf(&b, "-- %s, since %s: %d columns\n", name, r, len(q.cols))
			if q.err != nil {
				fmt.Fprintf(&b, "-- %v\n", q.err)
				continue
			}
			fmt.Fprintf(&b, "%s;\n", q.sql)
		}
	}
	const golden = "testdata/queries.sql"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != b.String() {
		t.Errorf("%s differs, %v; now:\n%s", golden, err, &b)
	}
}

func TestNodeReforms(t *testing.T) {
	q, err := dms.NodeReformQuery(dms.Newest)
	if err != nil {
		t.Fatal(err)
	}
	const at = "2025-08-01 10:11:12.345678"
	when := time.Date(2025, 8, 1, 10, 11, 12, 345678e3, time.UTC)
	got, err := q.Rows([][]string{
		{"0", "Failover", at, at, "true", at, at, "1048576", "-", "stable"},
		{"1", "-", "-", "-", "t", "-", "-", "-1", "-", "kick off"},
		{"2", "NULL", at, "", "false", "", "", "", "", ""},
	})
	want := []dms.NodeReform{
		{Instance: 0, Own: true, Type: dms.ReformOpenGaussFailover, Start: when, End: when, Success: true, RedoStart: when, RedoEnd: when, XLogBytes: 1 << 20, Action: dms.ActionStable},
		{Instance: 1, Success: true, XLogBytes: -1, Action: dms.ActionRemoved},
		{Instance: 2, Own: true, Start: when, XLogBytes: -1},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v, %v\nwant %+v", got, err, want)
	}
	good := []string{"0", "Switchover", at, at, "f", "-", "-", "-1", "-", "join in"}
	if row, err := q.Row(good); err != nil || row.Type != dms.ReformOpenGaussSwitchover || row.Action != dms.ActionJoined {
		t.Errorf("%+v, %v", row, err)
	}
	for i, bad := range []string{"x", "", "2025", "now", "yes", "x", "1", "x", "y", "left"} {
		row := append([]string(nil), good...)
		row[i] = bad
		if got, err := q.Row(row); !errors.Is(err, dms.ErrFormat) || !strings.Contains(err.Error(), q.Columns()[i]) || got != (dms.NodeReform{}) {
			t.Errorf("%s = %q: %+v, %v", q.Columns()[i], bad, got, err)
		}
	}
	if _, err := q.Rows([][]string{good, good[1:]}); !errors.Is(err, dms.ErrFormat) || !strings.Contains(err.Error(), "row 1") {
		t.Error(err)
	}
}

// TestNodeReformsOf510 reads times as that release writes them.
func TestNodeReformsOf510(t *testing.T) {
	q, err := dms.NodeReformQuery(dms.V510)
	if err != nil {
		t.Fatal(err)
	}
	got, err := q.Row([]string{"0", "Normal reform", "2023-09-01 01:02:03.7 ", "2023-09-01 01:02:04.120 ", "true", "-", "", "-1", "-", "stable"})
	if err != nil || !got.Start.Equal(time.Date(2023, 9, 1, 1, 2, 3, 7e6, time.UTC)) || got.End.Sub(got.Start) != 1113*time.Millisecond || !got.RedoStart.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"2023-09-01 01:02:03", "2023-09-01 01:02:03.1000", "x.1"} {
		if _, err := q.Row([]string{"0", "-", bad, "", "true", "-", "", "-1", "-", "stable"}); !errors.Is(err, dms.ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestOtherRows(t *testing.T) {
	page, err := dms.PageHolderQuery("t", 0, 0, dms.Newest)
	if err != nil {
		t.Fatal(err)
	}
	holder, err := page.Row([]string{"1", "true", "false", "true", "Share lock", "4294967295", "0", "true"})
	if want := (dms.PageHolder{Instance: 1, Master: true, Copy: true, Lock: dms.LockShare, MemLSN: 1<<32 - 1, Dirty: true}); err != nil || holder != want {
		t.Errorf("%+v, %v", holder, err)
	}
	if _, err := page.Row([]string{"1", "true", "false", "true", "Share lock", "4294967296", "0", "true"}); !errors.Is(err, dms.ErrFormat) {
		t.Error(err)
	}

	demand, err := dms.OnDemandQuery(dms.Newest)
	if err != nil {
		t.Fatal(err)
	}
	got, err := demand.Row([]string{"0/2000028", "0/3000000", "1", "2", "3", "4", "true", "ONDEMAND_RECOVERY_REDO", "BUILD_TO_REDO", "PAUSE(for hashmap full)", "5", "6"})
	if want := (dms.OnDemand{"0/2000028", "0/3000000", 1, 2, 3, 4, true, dms.ClusterOnDemandRedo, dms.BuildToRedo, dms.PauseHashmap, 5, 6}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}

	cache, err := dms.TxnCacheQuery(dms.Newest)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := cache.Row([]string{"1", "2", "-1", "0.5", "12.25", "0.75", "3", "1e-3"})
	if want := (dms.TxnCache{1, 2, 1<<64 - 1, 0.5, 12.25, 0.75, 3, 0.001}); err != nil || counts != want {
		t.Errorf("%+v, %v", counts, err)
	}
	if _, err := cache.Row([]string{"1", "2", "3", "x", "12.25", "0.75", "3", "0"}); !errors.Is(err, dms.ErrFormat) {
		t.Error(err)
	}

	io, err := dms.StorageIOQuery(60, dms.Newest)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.Row([]string{"1024", "2048", "7"}); err != nil || got != (dms.StorageIO{ReadKB: 1024, WriteKB: 2048, IOs: 7}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := dms.StorageIOQuery(1, dms.Newest); err != nil {
		t.Error(err)
	}
	for _, seconds := range []int{0, 61} {
		if _, err := dms.StorageIOQuery(seconds, dms.Newest); !errors.Is(err, dms.ErrInvalid) {
			t.Error(err)
		}
	}

	info, err := dms.InfoQuery(true, dms.Newest)
	if err != nil {
		t.Fatal(err)
	}
	if fact, err := info.Row([]string{"DMS_ROLE", "PARTNER"}); err != nil || fact != (dms.Fact{Name: "DMS_ROLE", Value: "PARTNER"}) {
		t.Errorf("%+v, %v", fact, err)
	}
}

func TestResources(t *testing.T) {
	q, err := dms.ResourceQuery(dms.ResourcePage, dms.Newest)
	if err != nil {
		t.Fatal(err)
	}
	got, err := q.Row([]string{`("1663/13295/16384 ""x"" 0-1",0,-9223372036854775807,1,2,255,1,0,1,3,2,1234,24,0,1,255,0,2)`})
	want := dms.Resource{
		ID: `1663/13295/16384 "x" 0-1`, Copies: dms.SetOf(0, 63), Owner: 1, Lock: dms.LockExclusive, LastEDP: -1, Kind: 1, CopyPromote: true,
		Partition: 3, EDPs: dms.SetOf(1), LSN: 1234, Length: 24, Recycling: true, Converting: -1, Requested: dms.LockExclusive,
	}
	if err != nil || got != want {
		t.Errorf("\n got %+v, %v\nwant %+v", got, err, want)
	}
	for _, bad := range []string{"", "(", ")", "()", `("a)`, "(a,b)", `(a,0,0,1,3,255,1,0,1,3,2,1234,24,0,1,255,0,2)`} {
		if _, err := q.Row([]string{bad}); !errors.Is(err, dms.ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := dms.ResourceQuery(0, dms.Newest); !errors.Is(err, dms.ErrInvalid) {
		t.Error(err)
	}
	if text, err := dms.ResourceLock.MarshalText(); err != nil || string(text) != "lock" {
		t.Errorf("%s, %v", text, err)
	}
}
