// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

func TestMain(m *testing.M) {
	if testbed.IsManager() {
		main() // exits
	}
	os.Exit(m.Run())
}

// needPostgres skips, or makes a directory for everything temporary.
func needPostgres(t *testing.T) (dir string) {
	t.Helper()
	if testing.Short() {
		t.Skip("real servers take their time")
	}
	if _, err := postgres.FindBinaries(t.Context()); err != nil {
		t.Skipf("no real servers: %v", err)
	}
	dir, err := os.MkdirTemp("", "gkfb") // a short name: Unix sockets are below
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		left, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		if err := testbed.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// runJSON runs the program and returns its report.
func runJSON(t *testing.T, args ...string) report {
	t.Helper()
	var out, says bytes.Buffer
	code := run(t.Context(), append(args, "-json"), &out, &says)
	t.Logf("exit status %d\n%s", code, says.String())
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if good := code == exitGood; good != r.Good || !good {
		t.Errorf("exit status %d, good %v, problems %v", code, r.Good, r.Problems)
	}
	return r
}

// TestMeasure measures one fault with a takeover and one without in each mode.
func TestMeasure(t *testing.T) {
	needPostgres(t)
	r := runJSON(t, "-n=1", "-ttl=2s", "-hold=1s", "-faults=kill-server,kill-node")
	if len(r.Results) != 4 {
		t.Fatalf("%d results, want 4: %+v", len(r.Results), r.Results)
	}
	for _, c := range r.Results {
		taken := 0
		if c.Fault == killNode.String() {
			taken = 1
		}
		if c.N != 1 || len(c.Gaps) != 1 || c.Median != c.Gaps[0] || c.Median < 0.05 || c.Taken != taken || c.Lost != 0 || c.Two != 0 {
			t.Errorf("result %+v", c)
		}
	}
}

// firstLine cancels something when the first line is written.
type firstLine struct{ cancel context.CancelFunc }

func (f firstLine) Write(p []byte) (int, error) {
	f.cancel()
	return len(p), nil
}

func TestInterruptLeavesNothing(t *testing.T) {
	needPostgres(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out bytes.Buffer
	if code := run(ctx, []string{"-modes=lease"}, &out, firstLine{cancel}); code != exitInterrupted {
		t.Errorf("exit status %d, want %d\n%s", code, exitInterrupted, out.String())
	}
	if !strings.Contains(out.String(), "interrupted") {
		t.Errorf("output does not say that it is not all:\n%s", out.String())
	}
}

func TestPatroniIsLeftOutWhereItIsMissing(t *testing.T) {
	if _, err := postgres.FindBinaries(t.Context()); err != nil {
		t.Skipf("no real servers: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	r := runJSON(t, "-n=1", "-modes=patroni")
	if len(r.Results) != 0 || len(r.LeftOut) != 1 || r.LeftOut[0] != "patroni: patroni is not installed" {
		t.Errorf("report %+v", r)
	}
}

func TestPatroni(t *testing.T) {
	if os.Getenv("GAUSSKIT_TORTURE") == "" {
		t.Skip("Patroni takes its time: set GAUSSKIT_TORTURE")
	}
	if _, err := patroniVersion(t.Context()); err != nil {
		t.Skip(err)
	}
	needPostgres(t)
	r := runJSON(t, "-n=1", "-hold=1s", "-modes=patroni-fast", "-faults=kill-server,switchover")
	if len(r.Results) != 2 || r.Results[0].Median < 0.05 || r.Results[1].Taken != 1 {
		t.Errorf("results %+v", r.Results)
	}
}

func TestBadFlags(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-n 0", "-n 0: want 1 to 10000"},
		{"-ttl 10ms", "-ttl 10ms: want 1s to 60s"},
		{"-hold 1h", "-hold 1h0m0s: want 1s to 10m"},
		{"-faults earthquake", `-faults: "earthquake": want some of kill-server,kill-manager,`},
		{"-faults switchover,switchover", `-faults: "switchover" is there twice`},
		{"-modes raft", `-modes: "raft": want some of lease,quorum,patroni,patroni-fast`},
		{"-nn 3", "flag provided but not defined: -nn"},
		{"lease", `argument "lease": there are only flags`},
	} {
		var out, says bytes.Buffer
		if code := run(t.Context(), strings.Fields(c.args), &out, &says); code != exitUsage {
			t.Errorf("%s: exit status %d, want %d", c.args, code, exitUsage)
		}
		if !strings.Contains(says.String(), c.want) || strings.Count(says.String(), "\n") != 1 || out.Len() > 0 {
			t.Errorf("%s: stderr %q lacks %q or is more than a line; stdout %q", c.args, says.String(), c.want, out.String())
		}
	}
}

func TestHelpListsTheFlags(t *testing.T) {
	var out, says bytes.Buffer
	if code := run(t.Context(), []string{"-help"}, &out, &says); code != exitGood {
		t.Errorf("exit status %d", code)
	}
	for _, flag := range []string{"-n", "-ttl", "-hold", "-faults", "-modes", "-patroni", "-keep", "-json"} {
		if !strings.Contains(says.String(), "  "+flag) {
			t.Errorf("help lacks %s:\n%s", flag, says.String())
		}
	}
}
