// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/ha/opengauss/release"
	"github.com/gausskit/gausskit/replconn"
)

// script replays runs of real programs, one answer per run.
type script struct {
	t       *testing.T
	answers []answer
	runs    []string
}

// answer is a run: what the command line must hold, and the sample it prints.
type answer struct {
	holds string
	file  string // of testdata
	exit  int
	text  string // instead of a file
	err   error
}

func (s *script) run(_ context.Context, p opengauss.Program) (opengauss.Output, error) {
	s.t.Helper()
	line := p.String()
	s.runs = append(s.runs, line)
	if len(s.answers) == 0 {
		s.t.Fatalf("run %q: nothing is left to answer", line)
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	if !strings.Contains(line, a.holds) {
		s.t.Errorf("run %q, want %q", line, a.holds)
	}
	if a.file != "" {
		a.text = read(s.t, a.file)
	}
	return opengauss.Output{Exit: a.exit, Stdout: a.text}, a.err
}

// scripted makes a tool that replays answers, all of which must be used.
func scripted(t *testing.T, dir string, answers ...answer) *opengauss.Tool {
	t.Helper()
	s := &script{t: t, answers: answers}
	tool, err := opengauss.NewTool(opengauss.ToolConfig{DataDir: dir, Run: s.run, Release: release.Latest()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if len(s.answers) > 0 {
			t.Errorf("%d runs are missing, the next is %q; ran %q", len(s.answers), s.answers[0].holds, s.runs)
		}
	})
	return tool
}

const opt = "/opt/omm/data/n1"

// TestTheRoleDecides: what a command prints and exits with is weighed against
// what the server is afterwards.
func TestTheRoleDecides(t *testing.T) {
	const (
		primary = "query/failover.after.gs_ctl-query-n1.out"
		standby = "query/failover.primary-down.gs_ctl-query-n1.out"
		cascade = "query/failover.primary-down.gs_ctl-query-n4.out"
		frozen  = "query/faults.primary-frozen.gs_ctl-query-n2.out"
	)
	for _, c := range []struct {
		name      string
		do        func(*opengauss.Tool) (opengauss.Result, error)
		answers   []answer
		want      opengauss.Outcome
		err       error
		uncertain bool
	}{
		{"failover", failover, []answer{{"query", standby, 0, "", nil}, {"failover -D /opt/omm/data/n1 -T 7 -t 60", "result/failover.gs_ctl-failover-n1.out", 0, "", nil}, {"query", primary, 0, "", nil}},
			opengauss.Done, nil, false},
		{"failover that did not happen", failover, []answer{{"query", standby, 0, "", nil}, {"failover", "result/failover.gs_ctl-failover-n1.out", 0, "", nil}, {"query", standby, 0, "", nil}},
			opengauss.Unclear, opengauss.ErrUnclear, true},
		{"failover that was late", failover, []answer{{"query", standby, 0, "", nil}, {"failover", "", 1, "[2026-11-21 11:43:58.009][1][][gs_ctl]:  failover timeout after 60 seconds. please manually check\n", nil}, {"query", primary, 0, "", nil}},
			opengauss.Done, nil, false},
		{"nobody can be asked", failover, []answer{{"query", standby, 0, "", nil}, {"failover", "result/failover.gs_ctl-failover-n1.out", 0, "", nil}, {"query", frozen, 0, "", nil}},
			opengauss.Unclear, opengauss.ErrUnclear, true},
		{"failover of a primary", failover, []answer{{"query", primary, 0, "", nil}, {"failover", "result/errors.gs_ctl-failover-on-primary.out", 0, "", nil}, {"query", primary, 0, "", nil}},
			opengauss.Already, nil, false},
		{"failover of a cascade standby", failover, []answer{{"query", cascade, 0, "", nil}, {"failover", "result/failover.primary-down.gs_ctl-failover-cascade-n4.out", 0, "", nil}, {"query", standby, 0, "", nil}},
			opengauss.Done, nil, false},
		{"failover in DCF mode", failover, []answer{{"query", "query/dcf.gs_ctl-query-d1.out", 0, "", nil}, {"failover", "result/dcf.gs_ctl-failover-on-follower.out", 1, "", nil}},
			opengauss.Refused, opengauss.ErrRefused, false},
		{"switchover that ran out of time exits 0", func(tool *opengauss.Tool) (opengauss.Result, error) {
			return tool.Switchover(context.Background(), 7, true, time.Minute)
		}, []answer{{"query", standby, 0, "", nil}, {"switchover -D /opt/omm/data/n1 -T 7 -t 60 -f", "result/modes.cascade.gs_ctl-switchover.out", 0, "", nil}, {"query", standby, 0, "", nil}},
			opengauss.TimedOut, opengauss.ErrTimedOut, true},
		{"switchover", func(tool *opengauss.Tool) (opengauss.Result, error) {
			return tool.Switchover(context.Background(), 7, false, 0)
		}, []answer{{"query", standby, 0, "", nil}, {"switchover", "result/switchover.gs_ctl-switchover-n2.out", 0, "", nil}, {"query", primary, 0, "", nil}},
			opengauss.Done, nil, false},
		{"start", func(tool *opengauss.Tool) (opengauss.Result, error) {
			return tool.Start(context.Background(), ha.RolePrimary, 0)
		}, []answer{{"start -D /opt/omm/data/n1 -M primary -t 60 -l /dev/null", "result/start.gs_ctl-start-n1-primary.out", 0, "", nil}, {"query", primary, 0, "", nil}},
			opengauss.Done, nil, false},
		{"start of a server that runs as something else", func(tool *opengauss.Tool) (opengauss.Result, error) {
			return tool.Start(context.Background(), ha.RoleStandby, 0)
		}, []answer{{"start", "result/errors.gs_ctl-start-already-running.out", 0, "", nil}, {"query", cascade, 0, "", nil}},
			opengauss.Unclear, opengauss.ErrUnclear, true},
		{"notify", func(tool *opengauss.Tool) (opengauss.Result, error) {
			return tool.Notify(context.Background(), ha.RoleStandby, 0, time.Second)
		}, []answer{{"notify -D /opt/omm/data/n1 -M standby -t 1", "result/modes.gs_ctl-notify-standby.out", 0, "", nil}, {"query", standby, 0, "", nil}},
			opengauss.Done, nil, false},
		{"notify of one that is not pending", func(tool *opengauss.Tool) (opengauss.Result, error) {
			return tool.Notify(context.Background(), ha.RoleStandby, 0, time.Second)
		}, []answer{{"notify", "result/modes.gs_ctl-notify-again.out", 1, "", nil}},
			opengauss.Refused, opengauss.ErrRefused, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := c.do(scripted(t, opt, c.answers...))
			if r.Outcome != c.want || !errors.Is(err, c.err) || (err != nil) != (c.err != nil) || ha.Uncertain(err) != c.uncertain {
				t.Errorf("%v (%q), %v, uncertain %v", r.Outcome, r.Line, err, ha.Uncertain(err))
			}
		})
	}
}

func failover(tool *opengauss.Tool) (opengauss.Result, error) {
	return tool.Failover(context.Background(), 7, time.Minute)
}

func TestArgumentsThatAreRefused(t *testing.T) {
	ctx := t.Context()
	tool := scripted(t, opt)
	for name, do := range map[string]func() error{
		"term 0":            func() error { _, err := tool.Failover(ctx, 0, 0); return err },
		"term of 32 bits":   func() error { _, err := tool.Failover(ctx, 1<<31, 0); return err },
		"start as unknown":  func() error { _, err := tool.Start(ctx, ha.RoleUnknown, 0); return err },
		"notify as normal":  func() error { _, err := tool.Notify(ctx, ha.RoleNormal, 1, 0); return err },
		"stop by kill":      func() error { _, err := tool.Stop(ctx, ha.StopKill, 0); return err },
		"minority of none":  func() error { _, err := tool.SetRunMode(ctx, dcf.RunMinority, 0, 0); return err },
		"normal with votes": func() error { _, err := tool.SetRunMode(ctx, dcf.RunNormal, 1, 0); return err },
		"leader by hand":    func() error { _, err := tool.ChangeRole(ctx, dcf.RoleLeader, 0); return err },
		"node 0":            func() error { _, err := tool.RemoveMember(ctx, 0); return err },
		"node without address": func() error {
			_, err := tool.AddMember(ctx, opengauss.DCFMember{ID: 4, Port: 1})
			return err
		},
		"value with a quote": func() error {
			_, err := tool.GucSet(ctx, false, opengauss.Guc{Name: "application_name", Value: "a'b"})
			return err
		},
		"value out of range": func() error {
			_, err := tool.GucSet(ctx, false, opengauss.Guc{Name: "wal_keep_segments", Value: "1"})
			return err
		},
		"password option": func() error {
			return tool.Init(ctx, opengauss.InitOptions{Node: "n1", Password: "x", Options: []string{"-w", "x"}})
		},
		"build as primary": func() error {
			_, err := tool.Build(ctx, opengauss.BuildOptions{Mode: opengauss.BuildFull, As: ha.RolePrimary})
			return err
		},
		"build of no kind": func() error { _, err := tool.Build(ctx, opengauss.BuildOptions{}); return err },
		"secure files": func() error {
			_, err := tool.Build(ctx, opengauss.BuildOptions{Mode: opengauss.BuildCopySecureFiles})
			return err
		},
	} {
		if err := do(); err == nil || ha.Uncertain(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, dir := range []string{"data", "/opt/$x", "/opt/a;b", "/opt/a\nb"} {
		if _, err := opengauss.NewTool(opengauss.ToolConfig{DataDir: dir, Run: (&script{t: t}).run}); err == nil {
			t.Errorf("data directory %q is taken", dir)
		}
	}
}

func TestOptionsFollowTheRelease(t *testing.T) {
	s := &script{t: t}
	tool, err := opengauss.NewTool(opengauss.ToolConfig{DataDir: opt, Run: s.run, Release: release.V210})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for name, do := range map[string]func() error{
		"main standby": func() error { _, err := tool.Start(ctx, ha.RoleMainStandby, 0); return err },
		"cross cluster": func() error {
			_, err := tool.Build(ctx, opengauss.BuildOptions{Mode: opengauss.BuildCrossClusterFull})
			return err
		},
		"startwalrcv": func() error { _, err := tool.StartWalReceiver(ctx, 0); return err },
		"verify": func() error {
			_, err := tool.Build(ctx, opengauss.BuildOptions{Mode: opengauss.BuildFull, VerifyCommit: true})
			return err
		},
	} {
		if err := do(); !errors.Is(err, opengauss.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(s.runs) > 0 {
		t.Errorf("ran %q", s.runs)
	}
}

// TestBuildSparesPrimaries: gs_ctl destroys the data of a stopped primary.
func TestBuildSparesPrimaries(t *testing.T) {
	database := func(t *testing.T) string {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, "global"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "global", "pg_control"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	full := opengauss.BuildOptions{Mode: opengauss.BuildFull}
	noServer := answer{"query", "result/stopped.gs_ctl-query.out", 1, "", nil}
	built := answer{"build", "result/build.gs_ctl-build-full-n2.out", 0, "", nil}
	standby := answer{"query", "query/cluster.gs_ctl-query-n2.out", 0, "", nil}

	t.Run("running", func(t *testing.T) {
		tool := scripted(t, database(t), answer{"query", "query/primary.gs_ctl-query-alone.out", 0, "", nil})
		if _, err := tool.Build(t.Context(), full); !errors.Is(err, opengauss.ErrWouldDestroy) {
			t.Error(err)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		tool := scripted(t, database(t), noServer, answer{"pg_controldata", "control/stopped.pg_controldata.out", 0, "", nil})
		if _, err := tool.Build(t.Context(), full); !errors.Is(err, opengauss.ErrWouldDestroy) {
			t.Error(err)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		tool := scripted(t, database(t), noServer, answer{"pg_controldata", "", 1, "could not open file\n", nil})
		if _, err := tool.Build(t.Context(), full); !errors.Is(err, opengauss.ErrWouldDestroy) {
			t.Error(err)
		}
	})
	t.Run("given up", func(t *testing.T) {
		o := full
		o.Discard = true
		if r, err := scripted(t, database(t), built, standby).Build(t.Context(), o); err != nil || r.Outcome != opengauss.Done {
			t.Error(r.Outcome, err)
		}
	})
	t.Run("standby", func(t *testing.T) {
		if _, err := scripted(t, database(t), standby, built, standby).Build(t.Context(), full); err != nil {
			t.Error(err)
		}
	})
	t.Run("empty", func(t *testing.T) {
		if _, err := scripted(t, t.TempDir(), noServer, built, standby).Build(t.Context(), full); err != nil {
			t.Error(err)
		}
	})
	t.Run("incomplete", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "build_completed.start"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := scripted(t, dir, built, standby).Build(t.Context(), full); !errors.Is(err, opengauss.ErrFailed) {
			t.Error(err)
		}
	})
}

func TestBuildOptions(t *testing.T) {
	host, err := replconn.ParseHost("10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	local, _ := replconn.DeriveEndpoint(host, 5432)
	remote, _ := replconn.DeriveEndpoint(host, 6432)
	o := opengauss.BuildOptions{
		Mode: opengauss.BuildStandbyFull, As: ha.RoleCascade, From: &replconn.Channel{Local: local, Remote: remote}, Term: 9,
		ReceiveLimit: 1500 * time.Millisecond, VerifyCommit: true, KeepStopped: true, Discard: true,
	}
	want := "build -D /opt/omm/data/n1 -b standby_full -M cascade_standby -l /dev/null -C localhost=10.0.0.1 localport=5433 " +
		"localheartbeatport=5437 localservice=5436 remotehost=10.0.0.1 remoteport=6433 remoteheartbeatport=6437 remoteservice=6436 -T 9 -r 2 --verify-commit -q"
	if _, err := scripted(t, opt, answer{want, "result/build.gs_ctl-build-full-n4-cascade.out", 0, "", nil}).Build(t.Context(), o); err != nil {
		t.Error(err)
	}
}

// TestBuildProgress: what gs_ctl writes into the state file is reported, each
// step once.
func TestBuildProgress(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		write := func(percent int32) {
			s := opengauss.StateFile{Mode: opengauss.ModeStandby, State: 7, HasChannel: true,
				Build: opengauss.BuildInfo{Mode: opengauss.BuildFull, Done: uint64(percent) * 10, Total: 1000, Percent: percent, Remaining: 3}}
			b, err := s.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "gaussdb.state"), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run := func(ctx context.Context, p opengauss.Program) (opengauss.Output, error) {
			for _, percent := range []int32{10, 10, 60} {
				write(percent)
				time.Sleep(time.Second) // virtual
			}
			return opengauss.Output{Stdout: read(t, "result/build.gs_ctl-build-full-n2.out")}, nil
		}
		tool, err := opengauss.NewTool(opengauss.ToolConfig{DataDir: dir, Run: run, Release: release.Latest()})
		if err != nil {
			t.Fatal(err)
		}
		var seen []int
		_, err = tool.Build(t.Context(), opengauss.BuildOptions{Mode: opengauss.BuildFull, Discard: true, KeepStopped: true,
			Progress: func(p opengauss.BuildProgress) { seen = append(seen, p.Percent) }})
		if err != nil || !slices.Equal(seen, []int{10, 60}) {
			t.Errorf("%v, %v", seen, err)
		}
	})
}

func TestStop(t *testing.T) {
	gone := answer{"status", "result/stopped.gs_ctl-status.out", 3, "", nil}
	runs := answer{"status", "result/primary.gs_ctl-status.out", 0, "", nil}
	ctx := t.Context()
	if r, err := scripted(t, opt, answer{"stop -D /opt/omm/data/n1 -m fast -t 60", "result/stop.gs_ctl-stop-n2-default.out", 0, "", nil}, gone).Stop(ctx, ha.StopFast, 0); err != nil || r.Outcome != opengauss.Done {
		t.Error(r.Outcome, err)
	}
	if _, err := scripted(t, opt, answer{"stop", "result/stopped.gs_ctl-stop.out", 1, "", nil}, gone).Stop(ctx, ha.StopFast, 0); err != nil {
		t.Errorf("a stopped server: %v", err)
	}
	if _, err := scripted(t, opt, answer{"stop", "result/stop.gs_ctl-stop-n2-default.out", 0, "", nil}, runs).Stop(ctx, ha.StopImmediate, 0); !ha.Uncertain(err) {
		t.Errorf("a server that still runs: %v", err)
	}
}

// TestCollisionsAreTriedAgain: two runs of gs_ctl by one user collide over the
// log directory, whatever their data directories.
func TestCollisionsAreTriedAgain(t *testing.T) {
	collision := answer{"query", "", 1, "another gs_ctl command is running, init_log failed!\n", nil}
	synctest.Test(t, func(t *testing.T) {
		tool := scripted(t, opt, collision, collision, answer{"query", "query/primary.gs_ctl-query-alone.out", 0, "", nil})
		if q, err := tool.Query(t.Context()); err != nil || q.HA.Role != ha.RolePrimary {
			t.Error(q, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 70*time.Millisecond)
		defer cancel()
		if _, err := scripted(t, opt, collision, collision).Query(ctx); !errors.Is(err, opengauss.ErrBusy) {
			t.Error(err)
		}
	})
}

func TestEndedContexts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tool := scripted(t, opt, answer{"reload", "", 0, "", context.Canceled})
	if _, err := tool.Reload(ctx); !ha.Uncertain(err) {
		t.Errorf("cut off: %v", err)
	}
	cancel()
	if _, err := tool.Reload(ctx); !ha.Uncertain(err) { // any ended context is
		t.Errorf("ended before: %v", err)
	}
}

func TestGucByTool(t *testing.T) {
	ctx := t.Context()
	set := scripted(t, opt, answer{"gs_guc reload -D /opt/omm/data/n1 -c most_available_sync=on -c synchronous_standby_names='ANY 1(dn2,dn3)'", "guc/primary.gs_guc-reload.out", 0, "", nil})
	r, err := set.GucSet(ctx, true, opengauss.Guc{Name: "most_available_sync", Value: "on"}, opengauss.Guc{Name: "synchronous_standby_names", Value: "ANY 1(dn2,dn3)"})
	if err != nil || r.Outcome != opengauss.Requested || !r.HasChanged() {
		t.Error(r, err)
	}
	check := scripted(t, opt, answer{"gs_guc check -D /opt/omm/data/n1 -c port", "guc/stopped.gs_guc-check-port.out", 0, "", nil})
	if r, err := check.GucCheck(ctx, "port"); err != nil || len(r.Values) != 1 || !r.Values[0].IsSet {
		t.Error(r, err)
	}
	unset := scripted(t, opt, answer{"gs_guc set -D /opt/omm/data/n1 -c port", "guc/stopped.gs_guc-set-unknown.out", 1, "", nil})
	if _, err := unset.GucUnset(ctx, false, "port"); err == nil {
		t.Error("a failure is none")
	}
	rule, _, err := conf.ParseHBARule("host all all 10.0.0.0/8 sha256")
	if err != nil {
		t.Fatal(err)
	}
	hba := scripted(t, opt, answer{"gs_guc set -D /opt/omm/data/n1 -h host all all 10.0.0.0/8 sha256", "guc/stopped.gs_guc-set-hba.out", 0, "", nil})
	if _, err := hba.GucHBA(ctx, false, rule); err != nil {
		t.Error(err)
	}
}

func TestDCFByTool(t *testing.T) {
	ctx := t.Context()
	for _, c := range []struct {
		do   func(*opengauss.Tool) (opengauss.Result, error)
		run  answer
		want opengauss.Outcome
	}{
		{func(tool *opengauss.Tool) (opengauss.Result, error) {
			return tool.SetRunMode(ctx, dcf.RunMinority, 1, 0)
		},
			answer{"setrunmode -D /opt/omm/data/n1 -x minority -t 60 -v 1", "result/dcf.majority-lost.gs_ctl-setrunmode-minority.out", 0, "", nil}, opengauss.Done},
		{func(tool *opengauss.Tool) (opengauss.Result, error) { return tool.SetRunMode(ctx, dcf.RunNormal, 0, 0) },
			answer{"setrunmode -D /opt/omm/data/n1 -x normal -t 60", "result/dcf.gs_ctl-setrunmode-normal.out", 0, "", nil}, opengauss.Done},
		{func(tool *opengauss.Tool) (opengauss.Result, error) {
			return tool.ChangeRole(ctx, dcf.RolePassive, 20*time.Second)
		},
			answer{"changerole -D /opt/omm/data/n1 -R passive -t 20", "result/dcf.gs_ctl-changerole-passive.out", 2, "", nil}, opengauss.TimedOut},
		{func(tool *opengauss.Tool) (opengauss.Result, error) { return tool.RemoveMember(ctx, 4) },
			answer{"member -D /opt/omm/data/n1 -O remove -u 4", "result/dcf.gs_ctl-member-remove.out", 0, "", nil}, opengauss.Requested},
		{func(tool *opengauss.Tool) (opengauss.Result, error) {
			return tool.SetRunMode(ctx, dcf.RunMinority, 1, 0)
		},
			answer{"setrunmode", "result/misc.gs_ctl-setrunmode-no-dcf.out", 1, "", nil}, opengauss.Refused},
	} {
		if r, err := c.do(scripted(t, opt, c.run)); r.Outcome != c.want || (err == nil) != (c.want == opengauss.Done || c.want == opengauss.Requested) {
			t.Errorf("%s: %v, %v", c.run.holds, r.Outcome, err)
		}
	}
}

func TestInitByTool(t *testing.T) {
	var line, password string
	run := func(_ context.Context, p opengauss.Program) (opengauss.Output, error) {
		line = p.String()
		_, after, _ := strings.Cut(line, "--pwfile=")
		file, _, _ := strings.Cut(after, " ")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(info.Mode(), err)
		}
		password = string(text)
		return opengauss.Output{}, nil
	}
	tool, err := opengauss.NewTool(opengauss.ToolConfig{DataDir: opt, Run: run})
	if err != nil {
		t.Fatal(err)
	}
	const secret = "Gauss_123"
	if err := tool.Init(t.Context(), opengauss.InitOptions{Node: "dn1", User: "omm", Password: secret, DCF: true, Options: []string{"--locale=C"}}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(line, secret) || password != secret+"\n" || !strings.Contains(line, " -U omm -c --locale=C") {
		t.Errorf("%q, file %q", line, password)
	}
	_, after, _ := strings.Cut(line, "--pwfile=")
	file, _, _ := strings.Cut(after, " ")
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the password's file is still there: %v", err)
	}
}
