// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

func TestMain(m *testing.M) {
	if testbed.IsManager() {
		os.Exit(testbed.ManagerMain(os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// scene is a cluster with a writer and a watcher.
type scene struct {
	*testbed.Cluster
	t       *testing.T
	ctx     context.Context
	dir     string
	ledger  *testbed.Ledger
	writer  *testbed.Writer
	watcher *testbed.Watcher
	still   func() // ends the writer
	end     func()
	absent  testbed.Latest[map[ha.MemberID]int] // how often a manager went away, less how often it came back
}

// newScene starts a cluster and returns when it is whole and written to.
func newScene(t *testing.T, bin postgres.Binaries, change ...func(*ha.Settings)) *scene {
	t.Helper()
	settings := ha.Settings{TTL: 2 * time.Second, Durability: ha.Durability{K: 1}}
	for _, c := range change {
		c(&settings)
	}
	dir, err := testbed.MakeDir("gktb", true)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	began := time.Now()
	now := func() time.Duration { return time.Since(began) }
	s := &scene{t: t, ctx: ctx, dir: dir, ledger: testbed.NewLedger(), watcher: &testbed.Watcher{Now: now}}
	s.Cluster, err = testbed.Open(ctx, testbed.Config{
		Name: "scene", Dir: dir, Members: []ha.MemberID{"m1", "m2", "m3"}, Binaries: bin, Now: now,
		Settings:   settings,
		Parameters: map[string]string{"fsync": "off"},
		Hooks: testbed.Hooks{
			Failed: func(err error) { t.Error(err) },
			StateChanged: func(c ha.StateChange) {
				t.Logf("%.3f %s: %s -> %s: %s, term %d", now().Seconds(), c.Member, c.From, c.To, c.Why, c.Term)
			},
			Absent: func(m ha.MemberID) func() {
				s.away(m, 1)
				return sync.OnceFunc(func() { s.away(m, -1) })
			},
		},
	})
	var group sync.WaitGroup
	s.end = sync.OnceFunc(func() {
		cancel()
		group.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", dir, err)
		}
	})
	t.Cleanup(s.end)
	s.must(err)
	client, err := s.Client()
	s.must(err)
	s.writer = &testbed.Writer{To: client, Ledger: s.ledger, Pace: time.Millisecond, Rest: 10 * time.Millisecond, Limit: 4 * time.Second}
	for _, m := range s.Members {
		group.Go(func() { s.watcher.Watch(ctx, m) })
		s.must(m.Start(ctx))
	}
	_, err = s.Admin.AwaitPrimary(ctx)
	s.must(err)
	s.must(s.Settle(ctx))
	s.must(s.Prepare(ctx))
	writing, stop := context.WithCancel(ctx)
	var writer sync.WaitGroup
	writer.Go(func() { s.writer.Write(writing) })
	s.still = func() {
		stop()
		writer.Wait()
	}
	t.Cleanup(s.still)
	s.must(s.writer.AwaitWrite(ctx))
	return s
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) away(m ha.MemberID, by int) {
	s.absent.Update(func(a *map[ha.MemberID]int) {
		if *a == nil {
			*a = map[ha.MemberID]int{}
		}
		(*a)[m] += by
	})
}

func (s *scene) isAway(m ha.MemberID) (away bool) {
	s.absent.View(func(a *map[ha.MemberID]int) { away = (*a)[m] > 0 })
	return away
}

// primary is the member that serves.
func (s *scene) primary() testbed.Member {
	s.t.Helper()
	st, err := s.Admin.AwaitPrimary(s.ctx)
	s.must(err)
	return s.Member(st.Primary)
}

// taken waits until another member than old has acknowledged a row.
func (s *scene) taken(old testbed.Member) {
	s.t.Helper()
	_, err := s.Status.Await(s.ctx, func(st *ha.ClusterStatus) bool {
		return st.Writable && st.Primary != old.Name()
	})
	s.must(err)
	s.must(s.writer.AwaitWrite(s.ctx))
	if last := s.last(); last.Member == old.Name() {
		s.t.Errorf("the last row was acknowledged by %s", last.Member)
	}
}

// last is the newest row that was acknowledged.
func (s *scene) last() testbed.Ack {
	acks := s.ledger.Snapshot()
	return acks[len(acks)-1]
}

// judge ends the writer, looks for lost rows and for two primaries, compares the
// members, and ends them in order.
func (s *scene) judge() {
	s.t.Helper()
	s.must(s.Settle(s.ctx))
	s.still()
	acks := s.ledger.Snapshot()
	p := s.primary()
	rows, err := p.Rows(s.ctx)
	s.must(err)
	if lost := s.ledger.Compare(acks, rows); len(lost) > 0 {
		s.t.Errorf("lost %v", lost)
	}
	if two := testbed.BehindBacks(acks); len(two) > 0 {
		s.t.Errorf("acknowledged by a former primary: %v", two)
	}
	if s.watcher.Asked() == 0 || len(s.watcher.Runs()) == 0 {
		s.t.Error("the watcher saw nothing")
	}
	for _, m := range s.Members {
		n, err := testbed.AwaitSame(s.ctx, p, m)
		s.must(err)
		if n < len(acks) {
			s.t.Errorf("%s has %d rows of %d", m.Name(), n, len(acks))
		}
	}
	for _, m := range append(slices.DeleteFunc(slices.Clone(s.Members), func(m testbed.Member) bool { return m == p }), p) {
		s.must(m.Stop(s.ctx))
	}
	s.end()
}

// TestMembersCrashAndComeBack with whatever servers there are: both kinds of
// members keep the contract.
func TestMembersCrashAndComeBack(t *testing.T) {
	play := func(t *testing.T, bin postgres.Binaries) {
		s := newScene(t, bin)
		p := s.primary()
		s.must(p.KillServer())
		s.must(s.writer.AwaitWrite(s.ctx))
		s.must(s.Settle(s.ctx))
		p = s.primary()
		s.must(p.Crash())
		s.taken(p)
		s.must(p.Start(s.ctx))
		s.must(s.Settle(s.ctx))
		s.judge()
	}
	t.Run("simulated", func(t *testing.T) { play(t, postgres.Binaries{}) })
	t.Run("postgres", func(t *testing.T) { play(t, needPostgres(t)) })
}

func needPostgres(t *testing.T) postgres.Binaries {
	t.Helper()
	if testing.Short() {
		t.Skip("real servers take their time")
	}
	bin, err := postgres.FindBinaries(t.Context())
	if err != nil {
		t.Skipf("no real servers: %v", err)
	}
	return bin
}

// TestFrozenMemberIsReplaced: a member that is frozen is told to be away, is
// replaced, and rejoins when it goes on.
func TestFrozenMemberIsReplaced(t *testing.T) {
	play := func(t *testing.T, bin postgres.Binaries) {
		s := newScene(t, bin)
		p := s.primary()
		thaw, err := p.Freeze()
		s.must(err)
		if !s.isAway(p.Name()) {
			t.Error("the manager is frozen, and nobody was told")
		}
		s.taken(p)
		s.must(thaw())
		if s.isAway(p.Name()) {
			t.Error("the manager goes on, and nobody was told")
		}
		s.judge()
	}
	t.Run("simulated", func(t *testing.T) { play(t, postgres.Binaries{}) })
	t.Run("postgres", func(t *testing.T) { play(t, needPostgres(t)) })
}

// TestFrozenManagerDecidesNothing: in quorum mode the primary goes on without
// its manager.
func TestFrozenManagerDecidesNothing(t *testing.T) {
	play := func(t *testing.T, bin postgres.Binaries) {
		s := newScene(t, bin, func(set *ha.Settings) { set.Durability.Quorum = true })
		p := s.primary()
		before := s.last()
		thaw, err := p.FreezeManager()
		s.must(err)
		// Its session ends with its lease.
		_, err = s.Status.Await(s.ctx, func(st *ha.ClusterStatus) bool {
			i := slices.IndexFunc(st.Members, func(m ha.MemberReport) bool { return m.Name == p.Name() })
			return i >= 0 && !st.Members[i].Alive
		})
		s.must(err)
		s.must(s.writer.AwaitWrite(s.ctx))
		s.must(thaw())
		s.must(s.Settle(s.ctx))
		s.must(s.writer.AwaitWrite(s.ctx))
		if after := s.last(); after.Member != p.Name() || after.Run != before.Run {
			t.Errorf("%s acknowledges in run %s, want %s in run %s", after.Member, after.Run, p.Name(), before.Run)
		}
		s.judge()
	}
	t.Run("simulated", func(t *testing.T) { play(t, postgres.Binaries{}) })
	t.Run("postgres", func(t *testing.T) { play(t, needPostgres(t)) })
}

func TestClusterLivesThroughOutages(t *testing.T) {
	s := newScene(t, postgres.Binaries{})
	start := s.StopEtcd()
	if err := s.Admin.Pause(withLimit(t, 200*time.Millisecond), "etcd is away"); err == nil {
		t.Error("a pause was taken while etcd is away")
	}
	s.must(start())
	s.must(s.Settle(s.ctx))
	p := s.primary()
	heal := s.Isolate(p.Name())
	s.taken(p)
	heal()
	s.judge()
}

func withLimit(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
