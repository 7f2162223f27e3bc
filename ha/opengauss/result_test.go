// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss"
)

var update = flag.Bool("update", false, "rewrite testdata/outcomes.golden")

// TestOutcomesOfSamples compares what is read from every run of a real tool
// with the list in testdata/outcomes.golden.
func TestOutcomesOfSamples(t *testing.T) {
	var b strings.Builder
	for _, s := range samples(t, "") {
		switch s.args[0] {
		case "gs_ctl":
			exit := s.exit
			if exit == 124 {
				exit = -1 // ended by a signal when its time ran out
			}
			r := opengauss.ReadResult(opengauss.Command(s.args[1]), exit, s.out)
			fmt.Fprintf(&b, "%s exit %d: %s%s | %s\n", s.file, s.exit, r.Outcome, uncertain(r.IsUncertain()), r.Line)
		case "gs_guc":
			r := opengauss.ReadGuc(s.exit, s.out)
			fmt.Fprintf(&b, "%s exit %d: %s%s | %s\n", s.file, s.exit, r.Outcome, uncertain(r.IsUncertain()), r.Line)
			for _, c := range r.Changes {
				fmt.Fprintf(&b, "  %+v\n", c)
			}
			for _, v := range r.Values {
				fmt.Fprintf(&b, "  %+v\n", v)
			}
			fmt.Fprintf(&b, "  %d of %d failed, %d notices, warnings %q, errors %q\n", r.Failed, r.Total, len(r.Notices), r.Warnings, r.Errors)
		}
	}
	const golden = "testdata/outcomes.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := read(t, "outcomes.golden")
	if b.String() == want {
		return
	}
	got, lines := strings.Split(b.String(), "\n"), strings.Split(want, "\n")
	for i := range max(len(got), len(lines)) {
		if i >= len(got) || i >= len(lines) || got[i] != lines[i] {
			t.Fatalf("line %d differs; run with -update and read the change\n got %q\nwant %q", i+1, at(got, i), at(lines, i))
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

func uncertain(is bool) string {
	if is {
		return " (uncertain)"
	}
	return ""
}

func TestReadResult(t *testing.T) {
	const pre = "[2026-11-21 11:20:31.585][7730][][gs_ctl]: "
	for _, c := range []struct {
		name    string
		command opengauss.Command
		exit    int
		out     string
		want    opengauss.Outcome
		is      error
		unsure  bool
	}{
		{"switchover that ran out of time exits 0", opengauss.CommandSwitchover, 0,
			pre + "waiting for server to switchover...\n" + pre + "\n switchover timeout after 60 seconds. please manually check the cluster status or backtrack log.\n" + pre + "create switchover_timeout_file to (PID: 9022)\n",
			opengauss.TimedOut, opengauss.ErrTimedOut, true},
		{"failover that ran out of time", opengauss.CommandFailover, 1,
			pre + " failover timeout after 3 seconds. please manually check the cluster status or backtrack log.\n" + pre + " failover failed (/d)\n",
			opengauss.TimedOut, opengauss.ErrTimedOut, true},
		{"busy lock of start exits 0", opengauss.CommandStart, 0,
			pre + "Another gs_ctl command is still running,start failed !\n", opengauss.Busy, opengauss.ErrBusy, false},
		{"busy log directory", opengauss.CommandBuild, 1, "another gs_ctl command is running, init_log failed!\n",
			opengauss.Busy, opengauss.ErrBusy, false},
		{"start of a running server exits 0", opengauss.CommandStart, 0,
			pre + " another server might be running; Please use the restart command\n", opengauss.Already, nil, false},
		{"start that is still starting exits 0", opengauss.CommandStart, 0,
			pre + "stopped waiting\n" + pre + "server is still starting up\n", opengauss.TimedOut, opengauss.ErrTimedOut, true},
		{"start without waiting", opengauss.CommandStart, 0, pre + "server starting\n", opengauss.Requested, nil, false},
		{"a stop inside a restart decides nothing", opengauss.CommandRestart, -1, "server stopped\n" + pre + "waiting for server to start...\n",
			opengauss.Unclear, opengauss.ErrUnclear, true},
		{"cut off while waiting", opengauss.CommandSwitchover, -1, pre + "waiting for server to switchover......", opengauss.Unclear, opengauss.ErrUnclear, true},
		{"nothing was said", opengauss.CommandFailover, 0, "", opengauss.Unclear, opengauss.ErrUnclear, true},
		{"success that did not last", opengauss.CommandFailover, 1, pre + " waiting for server to failover...\n" + pre + " failover completed (/d)\n",
			opengauss.Failed, opengauss.ErrFailed, false},
		{"a primary is primary already", opengauss.CommandFailover, 0, pre + " failover completed (/d)\n", opengauss.Already, nil, false},
		{"shared storage calls it otherwise", opengauss.CommandFailover, 0, pre + " failover completed; server is primary node yet\n", opengauss.Already, nil, false},
		{"unknown words and an exit code", opengauss.CommandNotify, 1, pre + "something new\n", opengauss.Failed, opengauss.ErrFailed, false},
		{"no server", opengauss.CommandStatus, 3, "no server running\n", opengauss.NotRunning, opengauss.ErrNotRunning, false},
		{"refused in DCF mode", opengauss.CommandFailover, 1, pre + "Failover is not supported in dcf mode.\n", opengauss.Refused, opengauss.ErrRefused, false},
		{"DCF did not switch", opengauss.CommandSwitchover, 1, pre + "DCF switchover failed with status 2!\n", opengauss.Failed, opengauss.ErrFailed, false},
		{"a build that could not start the server", opengauss.CommandBuild, 1,
			pre + "full build completed(/d).\n" + pre + "could not start server\nExamine the log output.\n", opengauss.Failed, opengauss.ErrFailed, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := opengauss.ReadResult(c.command, c.exit, c.out)
			err := r.Err()
			if r.Outcome != c.want || r.IsUncertain() != c.unsure || c.is == nil && err != nil || c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("%s, uncertain %v, error %v; want %s, %v, %v", r.Outcome, r.IsUncertain(), err, c.want, c.unsure, c.is)
			}
			var ce *opengauss.CommandError
			if errors.As(err, &ce) && (ce.Command != c.command || ce.ExitCode != c.exit || ce.Uncertain() != c.unsure) {
				t.Errorf("error is %+v", ce)
			}
			for o := opengauss.Unclear; o <= opengauss.Failed; o++ {
				other := opengauss.Result{Outcome: o}.Err()
				if o != r.Outcome && err != nil && other != nil && errors.Is(err, unwrapped(o)) {
					t.Errorf("error is also that of %s", o)
				}
			}
		})
	}
}

func unwrapped(o opengauss.Outcome) error {
	return map[opengauss.Outcome]error{opengauss.Unclear: opengauss.ErrUnclear, opengauss.NotRunning: opengauss.ErrNotRunning,
		opengauss.Refused: opengauss.ErrRefused, opengauss.Busy: opengauss.ErrBusy, opengauss.TimedOut: opengauss.ErrTimedOut,
		opengauss.Failed: opengauss.ErrFailed}[o]
}

// TestParseLogOfAMessageWithoutLineEnd: two messages on one line.
func TestParseLogOfAMessageWithoutLineEnd(t *testing.T) {
	log := opengauss.ParseLog(read(t, "result/modes.gs_ctl-notify-standby.out"))
	want := []string{"gs_ctl notify ,datadir is /opt/omm/data/n3 ", "waiting for server to response... ", "done", "notify server completed, mode change to Standby"}
	if len(log) != len(want) {
		t.Fatalf("%d lines: %q", len(log), log)
	}
	for i, l := range log {
		if l.Text != want[i] || l.PID != 8756 {
			t.Errorf("line %d: %+v, want %q", i, l, want[i])
		}
	}
	if got := log[0].Time; !got.Equal(time.Date(2026, 11, 21, 11, 42, 24, 180e6, time.UTC)) {
		t.Errorf("time %v", got)
	}
	if got, want := log[0].String(), "[2026-11-21 11:42:24.180][8756][][gs_ctl]: gs_ctl notify ,datadir is /opt/omm/data/n3 "; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func TestReadGuc(t *testing.T) {
	for _, c := range []struct {
		name string
		exit int
		out  string
		want opengauss.Outcome
	}{
		{"lock held", 1, "ERROR: could not lock file or directory \"/d/postgresql.conf.lock\", errormsg: x\n", opengauss.Busy},
		{"log directory busy, exit 0", 0, "another gs_guc command is running, init_log failed!\n", opengauss.Busy},
		{"cut off", -1, "expected instance path: [/d/postgresql.conf]\n", opengauss.Unclear},
		{"summary says that one failed", 0, "Total instances: 2. Failed instances: 1.\n\nSuccess to perform gs_guc!\n", opengauss.Unclear},
		{"failure", 1, "Total instances: 2. Failed instances: 1.\nFailure to perform gs_guc!\n", opengauss.Failed},
		{"server is starting", 1, "gs_guc reload: a=1: [/d/postgresql.conf]\ngaussDB state is Starting\nFailure to perform gs_guc!\n", opengauss.NotRunning},
	} {
		if r := opengauss.ReadGuc(c.exit, c.out); r.Outcome != c.want {
			t.Errorf("%s: %s, want %s", c.name, r, c.want)
		}
	}
}
