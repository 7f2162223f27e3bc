// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gaussdbsim_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
)

// wantCode checks the SQLSTATE of an error.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != code {
		t.Errorf("error %v, want SQLSTATE %s", err, code)
	}
}

func TestReplication(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 2)
	a, b := nodes[0], nodes[1]
	a.exec("insert into t values (1, 'one'), (2, 'two')")
	b.eventually("replicated", func() bool { return b.rows() == 2 })

	q := a.query()
	if q.HA.Role != ha.RolePrimary || len(q.Senders) != 1 || q.Senders[0].SyncState != opengauss.SyncSync {
		t.Errorf("primary: %+v", q)
	}
	if q := b.query(); q.HA.Role != ha.RoleStandby || q.Receiver.Locations.ReceiverReplay != a.query().Senders[0].Locations.SenderFlush {
		t.Errorf("standby: %+v", q)
	}
	_, err := b.open().Exec(t.Context(), "insert into t values (3, 'three')")
	wantCode(t, err, "25006")
	_, err = b.open().Exec(t.Context(), "select pg_current_xlog_location()")
	wantCode(t, err, "55000")

	b.mustCtl("stop", "-m", "fast")
	b.start("standby")
	b.follows()
}

// TestCrash kills the primary between commits and finds all that it confirmed.
func TestCrash(t *testing.T) {
	t.Parallel()
	a := newNodes(t, 1)[0]
	a.start("normal")
	a.exec("create table t(id int primary key)")
	conn := a.admin()
	for i := range 50 {
		if _, err := conn.Exec(t.Context(), "insert into t values ($1)", i); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.Exec(t.Context(), "begin"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "insert into t values (99)"); err != nil {
		t.Fatal(err)
	}
	a.kill()
	if out := a.ctl("query"); out.exit != 1 {
		t.Errorf("query of a dead server: exit %d", out.exit)
	}
	a.start("normal")
	if got := a.number("select count(*) from t"); got != 50 {
		t.Errorf("%d rows after the crash, want 50", got)
	}
}

func TestCascade(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	a, b, c := nodes[0], nodes[1], nodes[2]
	c.mustCtl("stop")
	c.start("cascade_standby")
	c.follows()
	a.exec("insert into t values (1, 'one')")
	c.eventually("replicated", func() bool { return c.rows() == 1 })
	if q := b.query(); len(q.Senders) != 1 || q.Senders[0].PeerRole.Role() != ha.RoleCascade {
		t.Errorf("upstream of the cascade: %+v", q)
	}
	c.mustCtl("switchover")
	if got := c.query().HA.Role; got != ha.RoleStandby {
		t.Errorf("the cascade became %s, want standby", got)
	}
	b.eventually("cascade", func() bool { return b.query().HA.Role == ha.RoleCascade })
	b.follows()
}

func TestFailover(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	a, b, c := nodes[0], nodes[1], nodes[2]
	a.exec("insert into t values (1, 'one')")
	a.kill()
	b.eventually("alone", func() bool { return b.query().HA.State == opengauss.StateNeedRepair })
	b.mustCtl("failover", "-T", "102")
	if q := b.query(); q.HA.Role != ha.RolePrimary {
		t.Fatalf("after failover: %+v", q)
	}
	c.follows()
	b.exec("insert into t values (2, 'two')")
	c.eventually("replicated", func() bool { return c.rows() == 2 })
	conn := c.admin()
	var term, lsn string
	if err := conn.QueryRow(t.Context(), "select term, lsn from pg_last_xlog_replay_location()").Scan(&term, &lsn); err != nil || term != "102" {
		t.Errorf("term %s at %s, %v; want 102", term, lsn, err)
	}
	// The new primary says where it was promoted; one that was started as one
	// says nothing.
	var at, received string
	if err := b.admin().QueryRow(t.Context(), "select lsn, pg_last_xlog_receive_location() from pg_last_xlog_replay_location()").Scan(&at, &received); err != nil ||
		at == "0/0" || at != received {
		t.Errorf("promoted at %s, received up to %s, %v", at, received, err)
	}
	// It had no more than the others: it rejoins without a build.
	a.start("standby")
	a.follows()
}

func TestDivergedIsRebuilt(t *testing.T) {
	for _, kind := range []string{"incremental", "auto", "full"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			nodes := cluster(t, 2, "synchronous_commit = local")
			a, b := nodes[0], nodes[1]
			a.exec("insert into t values (1, 'one')")
			b.eventually("replicated", func() bool { return b.rows() == 1 })
			b.mustCtl("stop")
			a.exec("insert into t values (2, 'lost')")
			a.mustCtl("stop")
			b.start("standby")
			b.mustCtl("failover")
			b.exec("insert into t values (3, 'kept')")
			a.start("standby")
			a.eventually("diverged", func() bool { return a.query().HA.NeedsBuild() })
			a.mustCtl("build", "-b", kind, "-M", "standby")
			a.follows()
			if got := a.number("select count(*) from t where v = 'lost'"); got != 0 {
				t.Errorf("the diverged row survived")
			}
			if got := a.number("select max(id) from t"); got != 3 {
				t.Errorf("last row is %d, want 3", got)
			}
		})
	}
}

func TestSwitchover(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	a, b, c := nodes[0], nodes[1], nodes[2]
	conn := a.open()
	if _, err := conn.Exec(t.Context(), "insert into t values (1, 'one')"); err != nil {
		t.Fatal(err)
	}
	pid := a.pid()
	b.mustCtl("switchover", "-T", "7")
	if a.pid() != pid {
		t.Errorf("the old primary has another process")
	}
	if got := b.query().HA.Role; got != ha.RolePrimary {
		t.Fatalf("target is %s", got)
	}
	if _, err := conn.Exec(t.Context(), "insert into t values (2, 'two')"); err == nil {
		t.Errorf("a session survived the demotion")
	}
	a.follows()
	c.follows()
	b.exec("insert into t values (3, 'three')")
	for _, n := range []*node{a, c} {
		n.eventually("replicated", func() bool { return n.rows() == 2 })
	}
	if out := b.ctl("switchover"); out.exit != 0 {
		t.Errorf("switchover of a primary: exit %d", out.exit)
	}
}

// TestSwitchoverWithoutPrimary shows the trap: it exits 0.
func TestSwitchoverWithoutPrimary(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 2)
	a, b := nodes[0], nodes[1]
	a.kill()
	b.eventually("alone", func() bool { return b.query().HA.State == opengauss.StateNeedRepair })
	out := b.ctl("switchover", "-t", "2")
	res := opengauss.ReadResult(opengauss.CommandSwitchover, out.exit, out.text)
	if out.exit != 0 || res.Outcome != opengauss.TimedOut {
		t.Errorf("exit %d, outcome %s\n%s", out.exit, res.Outcome, out.text)
	}
	if got := b.query().HA.Role; got != ha.RoleStandby {
		t.Errorf("it became %s", got)
	}
}

// TestFrozenPrimary shows the answer from the state file.
func TestFrozenPrimary(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 2)
	a, b := nodes[0], nodes[1]
	if err := syscall.Kill(a.pid(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	b.eventually("disconnected", func() bool { return b.query().HA.State == opengauss.StateNeedRepair })
	if q := a.query(); q.IsLive() || q.HA.Role != ha.RolePrimary || q.HA.State != opengauss.StateNormal {
		t.Errorf("frozen: %+v", q)
	}
	if err := syscall.Kill(a.pid(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	b.follows()
}

// TestBuildFromStandby copies from a standby, and over a channel that is given.
func TestBuildFromStandby(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	a, b, c := nodes[0], nodes[1], nodes[2]
	a.exec("insert into t values (1, 'one')")
	c.mustCtl("build", "-b", "standby_full")
	c.follows()
	channel := fmt.Sprintf("localhost=127.0.0.1 localport=%d remotehost=127.0.0.1 remoteport=%d", c.port+1, a.port+1)
	c.mustCtl("build", "-b", "full", "-C", channel, "-q")
	if c.pid() != 0 {
		t.Errorf("it was started in spite of -q")
	}
	out := c.mustCtl("querybuild")
	if q, err := opengauss.ReadBuildQuery(out.exit, out.text); err != nil || q.State != opengauss.BuildCompleted {
		t.Errorf("querybuild: %+v, %v", q, err)
	}
	c.start("standby")
	c.follows()
	c.eventually("replicated", func() bool { return c.rows() == 1 })
	if out := b.ctl("build", "-b", "cross_cluster_full"); out.exit != 1 {
		t.Errorf("build from another cluster without channels: exit %d\n%s", out.exit, out.text)
	}
}

func TestNotify(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 2)
	b := nodes[1]
	b.mustCtl("stop")
	b.start("pending")
	if q := b.query(); q.HA.Role != ha.RolePending || q.HA.State != opengauss.StateNeedRepair {
		t.Errorf("pending: %+v", q)
	}
	_, err := pgconn.Connect(t.Context(), b.dsn())
	wantCode(t, err, "57P03")
	if out := b.ctl("failover"); out.exit != 1 {
		t.Errorf("failover of a pending server: exit %d", out.exit)
	}
	b.mustCtl("notify", "-M", "standby")
	b.follows()
	if out := b.ctl("notify", "-M", "standby"); out.exit != 1 {
		t.Errorf("second notify: exit %d", out.exit)
	}
}

// commitWithin reports whether a commit came back within a time.
func commitWithin(t *testing.T, n *node, d time.Duration, statement string) error {
	t.Helper()
	conn := n.admin()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	_, err := conn.Exec(ctx, statement)
	return err
}

func TestSynchronousCommit(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3, "synchronous_standby_names = 'ANY 1 (dn2, dn3)'")
	a, b, c := nodes[0], nodes[1], nodes[2]
	if q := a.query(); q.Senders[0].SyncState != opengauss.SyncQuorum {
		t.Errorf("sync state %s, want Quorum", q.Senders[0].SyncState)
	}
	b.mustCtl("stop", "-m", "immediate")
	if err := commitWithin(t, a, 10*time.Second, "insert into t values (1, 'one of two')"); err != nil {
		t.Errorf("with one of two standbys: %v", err)
	}
	c.mustCtl("stop", "-m", "immediate")
	a.eventually("alone", func() bool { return len(a.query().Senders) == 0 })
	if err := commitWithin(t, a, 500*time.Millisecond, "insert into t values (2, 'none')"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without standbys: %v, want it to hang", err)
	}
	// A waiting commit is in the log, and not to be seen before it is safe, but
	// for those that were cancelled.
	done := make(chan error, 1)
	go func() { done <- commitWithin(t, a, 30*time.Second, "insert into t values (3, 'waits')") }()
	a.eventually("waiting", func() bool {
		return a.number("select count(*) from pg_stat_activity where query like 'insert into t values (3%'") == 1
	})
	must(t, "gs_guc", "reload", "-D", a.dir, "-c", "most_available_sync=on")
	if err := <-done; err != nil {
		t.Errorf("released: %v", err)
	}
	if got := a.number("select count(*) from t where id = 3"); got != 1 {
		t.Errorf("released row is not there")
	}
}

// TestLocks uses disable_conn as CM does.
func TestLocks(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 2)
	a, b := nodes[0], nodes[1]
	lock := "select disable_conn('prohibit_connection', '', 0)"
	conn := b.admin()
	_, err := conn.Exec(t.Context(), lock)
	wantCode(t, err, "55000")
	b.eventually("locked", func() bool { _, err := conn.Exec(t.Context(), lock); return err == nil })
	if q := b.query(); q.HA.State != opengauss.StateNeedRepair {
		t.Errorf("locked: %s", q.HA.State)
	}
	conn.Close(context.Background())
	b.kill()
	b.start("standby") // the lock survives
	var mode, redo string
	if err := b.admin().QueryRow(t.Context(), "select disconn_mode, redo_finished from read_disable_conn_file()").Scan(&mode, &redo); err != nil ||
		mode != "prohibit_connection" || redo != "true" {
		t.Errorf("lock after restart: %s, redo %s, %v", mode, redo, err)
	}
	b.exec(fmt.Sprintf("select disable_conn('specify_connection', '127.0.0.1', %d)", a.port+1))
	b.follows()
	b.exec("select disable_conn('polling_connection', '', 0)")
}
