// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

// background returns the pid of one of the server's own processes.
func (m *member) background(ctx context.Context, t testing.TB, kind string) int {
	t.Helper()
	pid, err := strconv.Atoi(m.ask(ctx, t, "SELECT coalesce(max(pid), 0)::text FROM pg_stat_activity WHERE backend_type = '"+kind+"'"))
	must(t, err)
	return pid
}

// TestSetThatASessionShowsIsNotBelieved: whether commits wait at all is told by
// the checkpointer, which stands still here. All sessions show the new set, and
// the server goes on to acknowledge alone. A SetSync whose session is cut, or
// whose time is over, says that it does not know; and neither the same engine
// nor another one takes the set for being in force the next time, until the
// checkpointer has answered.
func TestSetThatASessionShowsIsNotBelieved(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	m := newCopy(t, tempDir(t), "m1")
	m.start(ctx, t)
	checkpointer := m.background(ctx, t, "checkpointer")
	must(t, syscall.Kill(checkpointer, syscall.SIGSTOP))
	t.Cleanup(func() { _ = syscall.Kill(checkpointer, syscall.SIGCONT) }) // it may be gone
	set := ha.SyncSet{K: 1, Members: []ha.MemberID{"m2"}}

	// The connection is cut after everything was sent.
	done := make(chan error, 1)
	go func() { done <- m.engine.SetSync(ctx, set) }()
	const cut = "SELECT coalesce(bool_or(pg_terminate_backend(pid)), false)::text FROM pg_stat_activity WHERE query = 'CHECKPOINT' AND state = 'active'"
	eventually(ctx, t, func() bool { return m.ask(ctx, t, cut) == "true" })
	select {
	case err := <-done:
		if !ha.Uncertain(err) {
			t.Errorf("cut: %v, want an uncertain error", err)
		}
	case <-ctx.Done():
		t.Fatal("cut: no end")
	}
	shows := func() {
		t.Helper()
		if o := m.observe(ctx, t); !o.Sync.Equal(set) {
			t.Errorf("a session shows %v", o.Sync)
		}
	}
	shows()
	must(t, m.Write(ctx, "acknowledged alone")) // that is why it must not be believed

	for name, e := range map[string]*postgres.Engine{"the same engine": m.engine, "another manager": m.newEngine()} {
		calls := map[string]func(context.Context) error{
			"set": func(ctx context.Context) error { return e.SetSync(ctx, set) },
			"take": func(ctx context.Context) error {
				return e.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary, Term: 1, Sync: set})
			},
		}
		for call, do := range calls {
			short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			if err := do(short); !ha.Uncertain(err) {
				t.Errorf("%s, %s: %v, want an uncertain error", name, call, err)
			}
			cancel()
			shows()
		}
	}
	must(t, m.Write(ctx, "acknowledged alone, still"))

	must(t, syscall.Kill(checkpointer, syscall.SIGCONT))
	must(t, m.engine.SetSync(ctx, set))
	short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	if err := m.Write(short, "alone"); err == nil {
		t.Error("acknowledged alone after SetSync has returned")
	}
}

// TestDetachedThroughTheBackDoor: what is not an order of the machine does not
// make a detached standby listen: a follow that was given up before, a server
// that is started by hand or reads its configuration again, another manager.
func TestDetachedThroughTheBackDoor(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	primary, standby := newCopy(t, base, "m1"), newCopy(t, base, "m2")
	primary.start(ctx, t)
	standby.follow(ctx, t, primary)
	must(t, primary.engine.SetSync(ctx, ha.SyncSet{K: 1, Members: []ha.MemberID{"m2"}}))
	must(t, primary.Write(ctx, "heard"))
	deaf := func(when string) {
		t.Helper()
		eventually(ctx, t, func() bool { return standby.observe(ctx, t).Answers })
		before := standby.observe(ctx, t)
		short, cancel := context.WithTimeout(ctx, 500*time.Millisecond) // some of wal_retrieve_retry_interval
		defer cancel()
		if err := primary.Write(short, when); err == nil {
			t.Errorf("%s: a write was acknowledged", when)
		}
		if o := standby.observe(ctx, t); o.Upstream != "" || o.Streaming || !before.Recovering && o.LSN != before.LSN {
			t.Errorf("%s: %+v, before it was %+v", when, o, before)
		}
	}

	given, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- standby.engine.Follow(given, primary.Upstream()) }()
	cancel()
	if err := <-done; err != nil && !ha.Uncertain(err) {
		t.Errorf("follow that was given up: %v", err)
	}
	must(t, standby.engine.Detach(ctx))
	deaf("after a follow that was given up")

	pid, err := standby.pid()
	must(t, err)
	for range 3 {
		must(t, syscall.Kill(pid, syscall.SIGHUP))
	}
	deaf("after a reload")

	must(t, standby.engine.Close())
	standby.engine = standby.newEngine()
	deaf("with another manager")

	must(t, standby.Kill())
	must(t, standby.engine.Stop(ctx, ha.StopKill)) // its children
	standby.byHand(ctx, t)
	deaf("started by hand")

	if o := standby.observe(ctx, t); o.Role != ha.RoleStandby {
		t.Fatalf("started by hand: %+v", o)
	}
	must(t, standby.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: primary.Upstream(), Term: 1}))
	standby.streams(ctx, t)
	must(t, primary.Write(ctx, "heard again"))
}

// byHand starts the server as an administrator would, without the engine.
func (m *member) byHand(ctx context.Context, t testing.TB) {
	t.Helper()
	bin, err := postgres.FindBinaries(ctx)
	must(t, err)
	info, err := os.Stat(m.cfg.DataDir)
	must(t, err)
	cmd := exec.CommandContext(ctx, filepath.Join(bin.Dir, "postgres"), "-D", m.cfg.DataDir)
	cmd.Dir = m.cfg.DataDir
	cmd.Env = []string{"LC_ALL=C"}
	if st := info.Sys().(*syscall.Stat_t); int(st.Uid) != os.Getuid() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: st.Uid, Gid: st.Gid}}
	}
	var log strings.Builder
	cmd.Stderr = &log
	must(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT) // it may be gone
		var exit *exec.ExitError
		if err := <-ended; err != nil && !errors.As(err, &exit) {
			t.Errorf("by hand: %v", err)
		}
		if t.Failed() {
			t.Logf("by hand:\n%s", log.String())
		}
	})
}
