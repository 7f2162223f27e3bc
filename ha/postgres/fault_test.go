// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*limit)
	t.Cleanup(cancel)
	return ctx
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (m *member) start(ctx context.Context, t testing.TB) {
	t.Helper()
	must(t, m.engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary, Term: 1}))
}

func (m *member) follow(ctx context.Context, t testing.TB, up *member) {
	t.Helper()
	must(t, m.engine.Start(ctx, ha.StartSpec{Mode: ha.StartStandby, Upstream: up.Upstream()}))
	m.streams(ctx, t)
}

func (m *member) streams(ctx context.Context, t testing.TB) {
	t.Helper()
	eventually(ctx, t, func() bool { return m.observe(ctx, t).Streaming })
}

func (m *member) observe(ctx context.Context, t testing.TB) ha.Observation {
	t.Helper()
	o, err := m.engine.Observe(ctx)
	must(t, err)
	return o
}

func eventually(ctx context.Context, t testing.TB, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("not in time")
		}
	}
}

func (m *member) ask(ctx context.Context, t testing.TB, sql string) string {
	t.Helper()
	conn, err := m.connect(ctx)
	must(t, err)
	defer conn.Close(ctx)
	var answer string
	must(t, conn.QueryRow(ctx, sql).Scan(&answer))
	return answer
}

// crashedPair is a crashed primary with a row that its promoted standby lacks.
func crashedPair(ctx context.Context, t testing.TB) (old, heir *member) {
	t.Helper()
	needPostgres(t)
	base := tempDir(t)
	old, heir = newCopy(t, base, "m1"), newCopy(t, base, "m2")
	old.start(ctx, t)
	heir.follow(ctx, t, old)
	must(t, heir.engine.Detach(ctx))
	must(t, old.Write(ctx, "lost"))
	must(t, old.engine.Stop(ctx, ha.StopKill))
	must(t, heir.engine.Promote(ctx, ha.PromoteSpec{Term: 2}))
	must(t, heir.Write(ctx, "new"))
	return old, heir
}

func TestManagerThatRestartsTakesOver(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	m := newCopy(t, tempDir(t), "m1")
	m.start(ctx, t)
	pid, err := m.pid()
	must(t, err)
	must(t, m.engine.Close())
	m.engine = m.newEngine()
	if o := m.observe(ctx, t); !o.Writable {
		t.Errorf("after the manager's restart: %+v", o)
	}
	m.start(ctx, t)
	if now, err := m.pid(); err != nil || now != pid {
		t.Errorf("pid %d, then %d, %v", pid, now, err)
	}
}

func TestStalePidFileIsNotBelieved(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	m, other := newCopy(t, base, "m1"), newCopy(t, base, "m2")
	other.start(ctx, t)
	otherPid, err := other.pid()
	must(t, err)
	m.start(ctx, t)
	must(t, m.engine.Stop(ctx, ha.StopFast))
	for name, text := range map[string]string{
		"dead process":     "4194303\n" + m.cfg.DataDir + "\n1700000000\n5432\n",
		"reused by us":     strconv.Itoa(os.Getpid()) + "\n" + m.cfg.DataDir + "\n1700000000\n5432\n",
		"another server":   strconv.Itoa(otherPid) + "\n" + m.cfg.DataDir + "\n1700000000\n5432\n\n\n\nready\n",
		"copied with it":   strconv.Itoa(otherPid) + "\n" + other.cfg.DataDir + "\n1700000000\n5432\n\n\n\nready\n",
		"not a number":     "hello\n",
		"empty":            "",
		"single user":      "-4194303\n" + m.cfg.DataDir + "\n",
		"the first of all": "1\n" + m.cfg.DataDir + "\n1700000000\n5432\n",
	} {
		t.Run(name, func(t *testing.T) {
			must(t, os.WriteFile(filepath.Join(m.cfg.DataDir, "postmaster.pid"), []byte(text), 0o600))
			lock := filepath.Join(m.cfg.DataDir+".run", fmt.Sprintf(".s.PGSQL.%d.lock", m.cfg.Port))
			must(t, os.WriteFile(lock, []byte(strings.ReplaceAll(text, other.cfg.DataDir, m.cfg.DataDir)), 0o600))
			if o := m.observe(ctx, t); o.Running || o.Role != ha.RolePrimary {
				t.Errorf("with a stale pid file: %+v", o)
			}
			m.start(ctx, t)
			must(t, m.engine.Stop(ctx, ha.StopImmediate))
		})
	}
	if o := other.observe(ctx, t); !o.Writable {
		t.Errorf("the other server: %+v", o)
	}
}

func TestOrphansAreEnded(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	m := newCopy(t, tempDir(t), "m1")
	m.start(ctx, t)
	busy := func() {
		conn, err := m.connect(ctx)
		must(t, err)
		// A session that does not look up keeps its process alive for a while.
		_, err = conn.Exec(ctx, "CREATE TEMP TABLE IF NOT EXISTS x (y int)")
		must(t, err)
		pid := strconv.Itoa(int(conn.PgConn().PID()))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			conn.PgConn().Exec(ctx, "DO $$ BEGIN FOR i IN 1..2000000000 LOOP END LOOP; END $$").Close()
		}()
		t.Cleanup(func() {
			conn.PgConn().Conn().Close()
			<-ended
			conn.Close(ctx)
		})
		eventually(ctx, t, func() bool {
			return m.ask(ctx, t, "SELECT coalesce(max(state), '') FROM pg_stat_activity WHERE query LIKE 'DO%' AND pid = "+pid) == "active"
		})
	}
	busy()
	must(t, m.Kill())
	m.start(ctx, t) // not kept out by the session
	busy()
	must(t, m.Kill())
	eventually(ctx, t, func() bool { return !m.observe(ctx, t).Answers })
	if o := m.observe(ctx, t); !o.Running {
		t.Errorf("a session outlives its postmaster: %+v", o)
	}
	must(t, m.engine.Stop(ctx, ha.StopFast))
	if pids, err := m.processes(); err != nil || len(pids) > 0 {
		t.Errorf("processes %v are left, %v", pids, err)
	}
}

func TestStandbyPromotedBehindTheManagersBackAcknowledgesNothing(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	primary, standby := newCopy(t, base, "m1"), newCopy(t, base, "m2")
	primary.start(ctx, t)
	standby.follow(ctx, t, primary)
	if got := standby.ask(ctx, t, "SELECT pg_promote()::text"); got != "true" {
		t.Fatal(got)
	}
	short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	if err := standby.Write(short, "x"); err == nil {
		t.Error("a write was acknowledged")
	}
	must(t, standby.engine.SetSync(ctx, ha.SyncSet{}))
	must(t, standby.Write(ctx, "y"))
}

func TestRejoinCopiesWhatCannotBeRewound(t *testing.T) {
	for _, inPlace := range []bool{false, true} {
		t.Run(fmt.Sprintf("in place %v", inPlace), func(t *testing.T) {
			ctx := testContext(t)
			old, heir := crashedPair(ctx, t)
			old.cfg.CopyInPlace = inPlace
			old.engine = old.newEngine()
			wal, err := filepath.Glob(filepath.Join(old.cfg.DataDir, "pg_wal", "0*"))
			must(t, err)
			for _, f := range wal {
				must(t, os.Remove(f))
			}
			spec := ha.RejoinSpec{Upstream: heir.Upstream(), NoCopy: true}
			if err := old.engine.Rejoin(ctx, spec); !errors.Is(err, ha.ErrNeedsRejoin) {
				t.Errorf("without a copy: %v", err)
			}
			spec.NoCopy = false
			must(t, old.engine.Rejoin(ctx, spec))
			old.streams(ctx, t)
			if lost, err := old.Has(ctx, "lost"); err != nil || lost {
				t.Errorf("the row that was to be lost: %v, %v", lost, err)
			}
			if left, err := filepath.Glob(filepath.Join(old.cfg.DataDir+".run", "*")); err != nil || strings.Contains(strings.Join(left, " "), "old") {
				t.Errorf("left in the run directory: %v, %v", left, err)
			}
		})
	}
}

// TestInterruptedCopyLeavesAMark kills nothing: its context ends while
// pg_basebackup runs.
func TestInterruptedCopyLeavesAMark(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	primary, empty := newCopy(t, base, "m1"), newMember(t, base, "m2")
	primary.start(ctx, t)
	short, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- empty.engine.Rejoin(short, ha.RejoinSpec{Upstream: primary.Upstream()}) }()
	eventually(ctx, t, func() bool { return empty.observe(ctx, t).Data == ha.DataBroken })
	cancel()
	if err := <-done; err == nil || !ha.Uncertain(err) {
		t.Errorf("interrupted copy: %v", err)
	}
	if o := empty.observe(ctx, t); o.Data != ha.DataBroken || o.Running {
		t.Errorf("after an interrupted copy: %+v", o)
	}
	if err := empty.engine.Init(ctx); !errors.Is(err, ha.ErrDataExists) {
		t.Errorf("init over a broken copy: %v", err)
	}
	must(t, empty.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: primary.Upstream()}))
	empty.streams(ctx, t)
}

// TestOlderReleasesRestartToFollow runs the way of PostgreSQL 12, which needs a
// restart for primary_conninfo, on whatever server there is.
func TestOlderReleasesRestartToFollow(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	primary, standby := newCopy(t, base, "m1"), newCopy(t, base, "m2")
	must(t, standby.engine.AsRelease(12))
	primary.start(ctx, t)
	standby.follow(ctx, t, primary)
	before, err := standby.pid()
	must(t, err)
	must(t, standby.engine.Detach(ctx))
	if o := standby.observe(ctx, t); o.Upstream != "" || o.Streaming {
		t.Errorf("detached: %+v", o)
	}
	must(t, standby.engine.Follow(ctx, primary.Upstream()))
	standby.streams(ctx, t)
	if after, err := standby.pid(); err != nil || after == before {
		t.Errorf("pid %d, then %d, %v", before, after, err)
	}
}

// TestPromotionsApartGetTimelinesApart: two members that are promoted without
// knowing of each other must not write different logs of the same timeline:
// the second could follow the first and nobody would see that they differ.
func TestPromotionsApartGetTimelinesApart(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	a, b, c := newCopy(t, base, "m1"), newCopy(t, base, "m2"), newCopy(t, base, "m3")
	a.start(ctx, t)
	b.follow(ctx, t, a)
	c.follow(ctx, t, a)
	must(t, b.engine.Detach(ctx))
	must(t, c.engine.Detach(ctx))
	must(t, a.engine.Stop(ctx, ha.StopKill))
	must(t, b.engine.Promote(ctx, ha.PromoteSpec{Term: 2, Timeline: 3}))
	must(t, b.Write(ctx, "lost"))
	must(t, b.engine.Stop(ctx, ha.StopKill))
	must(t, c.engine.Promote(ctx, ha.PromoteSpec{Term: 5, Timeline: 6}))
	must(t, c.Write(ctx, "kept"))
	if o := c.observe(ctx, t); o.Timeline != 6 {
		t.Errorf("timeline %d, want 6", o.Timeline)
	}
	for _, m := range []*member{a, b} {
		must(t, m.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: c.Upstream(), Term: 5}))
		m.streams(ctx, t)
		eventually(ctx, t, func() bool {
			kept, err := m.Has(ctx, "kept")
			return err == nil && kept
		})
		if lost, err := m.Has(ctx, "lost"); err != nil || lost {
			t.Errorf("a row of the other timeline: %v, %v", lost, err)
		}
		if o := m.observe(ctx, t); o.Timeline != 6 {
			t.Errorf("timeline %d after the rejoin, want 6", o.Timeline)
		}
	}
}

func TestSlotsComeAndGo(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	a, b, c := newCopy(t, base, "m-1"), newCopy(t, base, "m-2"), newCopy(t, base, "m-3")
	const slots = "SELECT coalesce(string_agg(slot_name, ',' ORDER BY slot_name), '') FROM pg_replication_slots"
	// The upstream is down when it is followed: the slot comes later.
	must(t, c.engine.Start(ctx, ha.StartSpec{Mode: ha.StartStandby, Upstream: a.Upstream()}))
	a.start(ctx, t)
	b.follow(ctx, t, a)
	// A receiver shows as streaming for a moment before its slot is refused.
	eventually(ctx, t, func() bool { return a.ask(ctx, t, slots) == "gausskit_m_d2,gausskit_m_d3" })
	c.streams(ctx, t)
	must(t, c.engine.Follow(ctx, b.Upstream()))
	c.streams(ctx, t)
	eventually(ctx, t, func() bool { return a.ask(ctx, t, slots) == "gausskit_m_d2" })
	// An upstream that is down when it is left gives the slot up when it is back.
	must(t, b.engine.Stop(ctx, ha.StopFast))
	must(t, c.engine.Follow(ctx, a.Upstream()))
	c.streams(ctx, t)
	b.follow(ctx, t, a)
	eventually(ctx, t, func() bool {
		return b.ask(ctx, t, slots) == "" && a.ask(ctx, t, slots) == "gausskit_m_d2,gausskit_m_d3"
	})
	must(t, c.engine.Follow(ctx, b.Upstream()))
	c.streams(ctx, t)
	eventually(ctx, t, func() bool { return b.ask(ctx, t, slots) == "gausskit_m_d3" && a.ask(ctx, t, slots) == "gausskit_m_d2" })
	// A switchover: the old primary gives up the slots of its standbys.
	must(t, a.engine.Stop(ctx, ha.StopFast))
	must(t, b.engine.Promote(ctx, ha.PromoteSpec{Term: 2}))
	a.follow(ctx, t, b)
	if got := a.ask(ctx, t, slots); got != "" {
		t.Errorf("slots of the former primary: %s", got)
	}
	if got := b.ask(ctx, t, slots); got != "gausskit_m_d1,gausskit_m_d3" {
		t.Errorf("slots of the new primary: %s", got)
	}
}

// TestSettingsOfOthersAreFound: ALTER SYSTEM wins over our file, so its value is
// named while the server runs and removed before the next start.
func TestSettingsOfOthersAreFound(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	m := newCopy(t, tempDir(t), "m1")
	m.start(ctx, t)
	conn, err := m.connect(ctx)
	must(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "ALTER SYSTEM SET synchronous_standby_names = 'mine'")
	must(t, err)
	err = m.engine.SetSync(ctx, ha.SyncSet{K: 1, Members: []ha.MemberID{"m2"}})
	if err == nil || !strings.Contains(err.Error(), "postgresql.auto.conf") {
		t.Errorf("set sync against ALTER SYSTEM: %v", err)
	}
	must(t, m.engine.Stop(ctx, ha.StopImmediate))
	m.start(ctx, t)
	if o := m.observe(ctx, t); o.Sync.K != 0 || o.PendingRestart {
		t.Errorf("started: %+v", o)
	}
	must(t, m.Write(ctx, "a"))
}

func TestPendingRestartShows(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	m := newCopy(t, tempDir(t), "m1")
	m.start(ctx, t)
	conn, err := m.connect(ctx)
	must(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "ALTER SYSTEM SET max_locks_per_transaction = 128")
	must(t, err)
	_, err = conn.Exec(ctx, "SELECT pg_reload_conf()")
	must(t, err)
	eventually(ctx, t, func() bool { return m.observe(ctx, t).PendingRestart })
}

// TestFrozenUpstreamIsNoReasonToHang: everything that asks an upstream is
// bounded by its context.
func TestFrozenUpstreamIsNoReasonToHang(t *testing.T) {
	ctx := testContext(t)
	old, heir := crashedPair(ctx, t)
	must(t, heir.Freeze())
	defer func() { must(t, heir.Thaw()) }()
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if err := old.engine.Rejoin(short, ha.RejoinSpec{Upstream: heir.Upstream()}); !ha.Uncertain(err) {
		t.Errorf("rejoin with a frozen upstream: %v", err)
	}
	if o := old.observe(ctx, t); o.Data != ha.DataPresent || o.Running {
		t.Errorf("after a rejoin that did nothing: %+v", o)
	}
}

// TestSecretsStaySecret looks for the password wherever others could.
func TestSecretsStaySecret(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	base := tempDir(t)
	first := newMember(t, base, "m1")
	must(t, first.engine.Init(ctx))
	first.start(ctx, t)
	second := newMember(t, base, "m2")
	must(t, second.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: first.Upstream()}))
	second.streams(ctx, t)
	secret := string(testPassword)
	for _, m := range []*member{first, second} {
		pids, err := m.processes()
		must(t, err)
		for _, pid := range pids {
			for _, file := range []string{"cmdline", "environ"} {
				if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file)); err == nil && strings.Contains(string(text), secret) {
					t.Errorf("password in /proc/%d/%s", pid, file)
				}
			}
		}
		for _, file := range []string{m.engine.LogFile(), filepath.Join(m.cfg.DataDir, "gausskit.conf"), filepath.Join(m.cfg.DataDir, "pg_hba.conf")} {
			text, err := os.ReadFile(file)
			must(t, err)
			if strings.Contains(string(text), secret) {
				t.Errorf("password in %s", file)
			}
		}
		info, err := os.Stat(filepath.Join(m.cfg.DataDir+".run", "pass"))
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("password file has mode %v", info.Mode())
		}
	}
	for _, text := range []string{fmt.Sprint(first.cfg), fmt.Sprintf("%+v %#v", first.cfg, first.cfg), first.engine.ConnString("postgres")} {
		if strings.Contains(text, secret) || strings.Contains(text, strconv.Quote(secret)) {
			t.Error("password is printed: " + text)
		}
	}
	conn, err := pgx.Connect(ctx, second.engine.ConnString("postgres"))
	must(t, err)
	defer conn.Close(ctx)
	var conninfo string
	must(t, conn.QueryRow(ctx, "SELECT conninfo FROM pg_stat_wal_receiver").Scan(&conninfo))
	if strings.Contains(conninfo, secret) {
		t.Errorf("password in the receiver's connection string: %s", conninfo)
	}
}

func TestServerThatDiesTellsWhy(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	m := newCopy(t, tempDir(t), "m1")
	m.cfg.Parameters["shared_buffers"] = "1"
	m.engine = m.newEngine()
	err := m.engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary})
	var failure *postgres.CommandError
	if !errors.As(err, &failure) || failure.Command != "postgres" || failure.ExitCode != 1 || !strings.Contains(failure.Line, "shared_buffers") {
		t.Errorf("start with a bad setting: %v", err)
	}
	if ha.Uncertain(err) {
		t.Error("the end of the server is certain")
	}
	if o := m.observe(ctx, t); o.Running {
		t.Errorf("observed: %+v", o)
	}
}

// TestFastStopOfAFrozenServerIsUncertain: a fast stop gives up with its
// context and says so.
func TestFastStopOfAFrozenServerIsUncertain(t *testing.T) {
	needPostgres(t)
	ctx := testContext(t)
	m := newCopy(t, tempDir(t), "m1")
	m.start(ctx, t)
	must(t, m.Freeze())
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if err := m.engine.Stop(short, ha.StopFast); !ha.Uncertain(err) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("fast stop of a frozen server: %v", err)
	}
	glance, cancelGlance := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancelGlance()
	if o := m.observe(glance, t); !o.Running || o.Answers {
		t.Errorf("observed: %+v", o)
	}
	must(t, m.Thaw()) // the signal was waiting
	eventually(ctx, t, func() bool { return !m.observe(ctx, t).Running })
}
