// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// programVariable makes the test program behave as quickstart does, so that
// tests can interrupt and kill it.
const programVariable = "GAUSSKIT_QUICKSTART_PROGRAM"

func TestMain(m *testing.M) {
	if testbed.IsManager() || os.Getenv(programVariable) != "" {
		main() // exits
	}
	os.Exit(m.Run())
}

// shortTempDir makes a directory whose name leaves room for Unix sockets in
// it, and that the servers' user can enter.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gkqs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := testbed.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func needPostgres(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("real servers take their time")
	}
	if _, err := postgres.FindBinaries(t.Context()); err != nil {
		t.Skipf("no real servers: %v", err)
	}
}

// walkJSON runs the whole walk and returns its events and its result.
func walkJSON(t *testing.T, args ...string) ([]event, result) {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), append(args, "-json"), &out, &errs)
	if code != exitGood || errs.Len() > 0 {
		t.Errorf("exit status %d; stderr: %s", code, errs.String())
	}
	events, results := parseLines(t, out.String())
	if len(results) != 1 {
		t.Fatalf("%d results, want 1:\n%s", len(results), out.String())
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("output:\n%s", out.String())
		}
	})
	return events, results[0]
}

// parseLines reads what -json prints, strictly.
func parseLines(t *testing.T, text string) (events []event, results []result) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var kind struct {
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal(lines.Bytes(), &kind); err != nil {
			t.Fatalf("line %q: %v", lines.Text(), err)
		}
		strict := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		strict.DisallowUnknownFields()
		var err error
		switch kind.Kind {
		case "event":
			var e event
			err = strict.Decode(&e)
			events = append(events, e)
		case "result":
			var r result
			err = strict.Decode(&r)
			results = append(results, r)
		default:
			err = fmt.Errorf("kind %q", kind.Kind)
		}
		if err != nil {
			t.Fatalf("line %q: %v", lines.Text(), err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return events, results
}

// checkWalk checks what every walk must have shown.
func checkWalk(t *testing.T, events []event, r result) {
	t.Helper()
	if !r.Good || r.Problem != "" || r.Acking != 0 || r.Mode == modeLease && r.Writable != 0 || r.Asked < 100 || r.Dir != "" {
		t.Errorf("result: %+v", r)
	}
	steps, terms := 8, "first primary, switchover, failover"
	if r.Mode == modeQuorum {
		steps, terms = 10, "first primary, switchover, resumed, failover" // after the manager goes on
	}
	if len(r.Steps) != steps {
		t.Fatalf("%d steps, want %d: %+v", len(r.Steps), steps, r.Steps)
	}
	for i, s := range r.Steps {
		if i < steps-3 && s.Acknowledged == 0 {
			t.Errorf("%s: no write was acknowledged", s.Event)
		}
		if s.LimitSeconds > 0 && s.GapSeconds > s.LimitSeconds {
			t.Errorf("%s: writes stood still for %.3f s, above the bound of %.3f s", s.Event, s.GapSeconds, s.LimitSeconds)
		}
	}
	if pause := r.Steps[steps-3]; pause.GapSeconds < pauseFor.Seconds()-0.1 {
		t.Errorf("%s: writes stood still for %.3f s only", pause.Event, pause.GapSeconds)
	}
	if r.Mode == modeQuorum {
		checkGoesOn(t, events, r.Steps[2:4])
	}
	var causes []string
	for _, h := range r.Terms {
		causes = append(causes, h.Cause)
	}
	// After a server was killed it restarts in place, or fails over: both are right.
	if got := strings.Join(slices.Compact(causes), ", "); !strings.HasPrefix(got, terms) {
		t.Errorf("terms: %s, want %s", got, terms)
	}
	seen := map[string]int{}
	for i, e := range events {
		seen[e.What]++
		if i > 0 && e.At < events[i-1].At {
			t.Errorf("event %d is earlier than the one before: %+v", i, e)
		}
		if e.What == kindState && e.State == nil {
			t.Errorf("state event without the change: %+v", e)
		}
	}
	for _, what := range []string{kindStep, kindOrder, kindFault, kindState, kindWrites, kindCheck, kindNote} {
		if seen[what] == 0 {
			t.Errorf("no event of kind %s", what)
		}
	}
}

// checkGoesOn checks the steps in which nothing must happen.
func checkGoesOn(t *testing.T, events []event, steps []outcome) {
	t.Helper()
	for _, s := range steps {
		if s.GapSeconds > hiccup.Seconds() || s.Acknowledged < 20 {
			t.Errorf("%s: writes stood still for %.3f s, %d acknowledged", s.Event, s.GapSeconds, s.Acknowledged)
		}
	}
	away := 0
	for _, e := range events {
		if strings.Contains(e.Text, "; etcd is away since ") {
			away++
		}
	}
	if away != len(memberNames()) {
		t.Errorf("%d members say since when etcd is away", away)
	}
}

func TestWalkSimulated(t *testing.T) {
	for _, c := range []struct{ args, mode, durability string }{
		{"", modeQuorum, "sync"},
		{"-mode=lease", modeLease, "sync"},
		{"-durability=async", modeLease, "async"},
	} {
		t.Run(c.mode+" "+c.durability, func(t *testing.T) {
			t.Parallel()
			events, r := walkJSON(t, append([]string{"-engine=sim", "-ttl=1s"}, strings.Fields(c.args)...)...)
			checkWalk(t, events, r)
			if r.Engine != engineSim || r.Mode != c.mode || r.Durability != c.durability || r.TTL != "1s" {
				t.Errorf("result: %+v", r)
			}
			if c.durability == "sync" && r.Lost != 0 {
				t.Errorf("%d acknowledged writes are lost", r.Lost)
			}
		})
	}
}

func TestWalkPostgres(t *testing.T) {
	needPostgres(t)
	dir := shortTempDir(t)
	t.Setenv("TMPDIR", dir)
	for _, mode := range []string{modeQuorum, modeLease} {
		events, r := walkJSON(t, "-engine=postgres", "-ttl=2s", "-mode="+mode)
		checkWalk(t, events, r)
		if r.Engine != enginePostgres || r.Mode != mode || r.Lost != 0 {
			t.Errorf("result: %+v", r)
		}
		for _, s := range r.Steps {
			t.Logf("%s: %-44s %6.3f s, %d acknowledged", mode, s.Event, s.GapSeconds, s.Acknowledged)
		}
		checkNothingLeft(t, dir)
	}
}

// TestWalkOpenGauss is on the simulated gaussdb, or on what GAUSSHOME names.
func TestWalkOpenGauss(t *testing.T) {
	if testing.Short() {
		t.Skip("servers that are processes take their time")
	}
	dir := shortTempDir(t)
	t.Setenv("TMPDIR", dir)
	events, r := walkJSON(t, "-engine=opengauss", "-ttl=2s")
	checkWalk(t, events, r)
	if r.Engine != engineOpenGauss || r.Mode != modeQuorum || r.Lost != 0 {
		t.Errorf("result: %+v", r)
	}
	says := slices.ContainsFunc(events, func(e event) bool { return e.What == kindNote && strings.Contains(e.Text, "GAUSSHOME") })
	if !says {
		t.Error("it does not say which gaussdb it is")
	}
	for _, s := range r.Steps {
		t.Logf("%-44s %6.3f s, %d acknowledged", s.Event, s.GapSeconds, s.Acknowledged)
	}
	checkNothingLeft(t, dir)
}

func TestBadFlags(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-engine oracle", `-engine "oracle": want postgres, opengauss or sim`},
		{"-durability eventually", `-durability "eventually": want sync or async`},
		{"-mode majority", `-mode "majority": want quorum or lease`},
		{"-mode quorum -durability async", "-mode quorum: the standbys that a write waits for decide; with -durability async there are none"},
		{"-ttl 10ms", "-ttl 10ms: want 1s to 20s"},
		{"-ttl 1h", "-ttl 1h0m0s: want 1s to 20s"},
		{"-ttl soon", `invalid value "soon" for flag -ttl`},
		{"-engin sim", "flag provided but not defined: -engin"},
		{"sim", `argument "sim": there are only flags`},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), strings.Fields(c.args), &out, &errs); code != exitUsage {
			t.Errorf("%s: exit status %d, want %d", c.args, code, exitUsage)
		}
		if !strings.Contains(errs.String(), c.want) || strings.Count(errs.String(), "\n") != 1 || out.Len() > 0 {
			t.Errorf("%s: stderr %q lacks %q or is more than a line; stdout %q", c.args, errs.String(), c.want, out.String())
		}
	}
}

func TestHelpListsTheFlags(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"-help"}, &out, &errs); code != exitGood {
		t.Errorf("exit status %d", code)
	}
	for _, flag := range []string{"-engine", "-mode", "-durability", "-ttl", "-keep", "-json"} {
		if !strings.Contains(errs.String(), flag) {
			t.Errorf("help lacks %s:\n%s", flag, errs.String())
		}
	}
}
