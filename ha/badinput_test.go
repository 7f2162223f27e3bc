// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
)

// TestSecondManagerOnTheSameData is refused at its start.
func TestSecondManagerOnTheSameData(t *testing.T) {
	inLab(t, func(l *lab) {
		l.healthy(3)
		cfg := l.config("m1")
		cfg.Name, cfg.Engine = "m4", l.servers.Server("m1").Twin()
		n, err := ha.Start(l.Context(), cfg)
		if n != nil || !errors.Is(err, ha.ErrClaimed) || !strings.Contains(err.Error(), "start m4 of c1") {
			l.Errorf("%v", err)
		}
		l.pass(10 * time.Second)
		if s := l.status(); s.Term != 1 {
			l.Errorf("%+v", s)
		}
	})
}

// TestSecondManagerUnderTheSameName has other data; it waits, says so, and
// touches nothing, whether it has data or not. When the first one is gone it
// takes its place.
func TestSecondManagerUnderTheSameName(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		first := l.nodes[primary]
		twin := l.config("m4") // another server
		twin.Name, twin.Address = primary, l.servers.Server(primary).Address()
		second := l.start(twin)
		l.eventually(30*time.Second, "the second one complains", func() bool {
			return strings.Contains(second.Status().Problem, "another node lives under the name")
		})
		l.pass(time.Minute)
		if s := l.status(); s.Term != 1 || s.Primary != primary || !s.Writable {
			l.Errorf("%+v", s)
		}
		if o, err := l.servers.Server("m4").Observe(l.Context()); err != nil || o.Data != ha.DataNone || o.Running {
			l.Errorf("the second one has touched its server: %+v, %v", o, err)
		}
		if err := first.Close(l.Context()); err != nil {
			l.Error(err)
		}
		l.eventually(time.Minute, "the second one is in", func() bool {
			s := second.Status()
			return s.Problem == "" && s.State == ha.StateStandby && s.Running
		})
	})
}

// TestWritableServerUnderATakenName: the second manager finds its own server
// writable and has no right to that.
func TestWritableServerUnderATakenName(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		stray := l.servers.Server("m4")
		if err := stray.Rejoin(l.Context(), ha.RejoinSpec{Upstream: ha.Upstream{Member: primary}}); err != nil {
			l.Fatal(err)
		}
		if err := stray.Promote(l.Context(), ha.PromoteSpec{}); err != nil {
			l.Fatal(err)
		}
		twin := l.config("m4")
		twin.Name = primary
		begin := time.Now()
		l.start(twin)
		for stray.Writable() { // not through pass, which would see two writable ones
			<-time.After(time.Millisecond)
			if time.Since(begin) > 2*time.Second {
				l.Fatal("still writable")
			}
		}
		l.pass(time.Minute)
		if s := l.status(); s.Primary != primary || s.Term != 1 {
			l.Errorf("%+v", s)
		}
	})
}

// TestUnreachableStoreAtTheStart: the node waits and says why; it starts
// nothing.
func TestUnreachableStoreAtTheStart(t *testing.T) {
	inLab(t, func(l *lab) {
		cfg := l.config("m1")
		l.lines["m1"].cut(true)
		n := l.start(cfg)
		l.pass(time.Minute)
		if s := n.Status(); s.State != ha.StateStarting || s.Running || !strings.Contains(s.StoreProblem, "store unavailable") {
			l.Errorf("%+v", s)
		}
		l.lines["m1"].cut(false)
		l.eventually(time.Minute, "a primary", func() bool { return l.status().Writable })
		if s := n.Status(); s.StoreProblem != "" {
			l.Errorf("%+v", s)
		}
	})
}

// TestWritableServerAndNoStore: a server that is found writable while the
// store cannot be asked is stopped within Margin.
func TestWritableServerAndNoStore(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		l.killManager(primary)
		cfg := l.config(primary)
		l.lines[primary].cut(true)
		l.start(cfg)
		server := l.servers.Server(primary)
		if took := l.eventually(ha.DefaultTTL/5+500*time.Millisecond, "stopped", func() bool { return !server.Writable() }); took < 500*time.Millisecond {
			l.Errorf("stopped after %v, without giving the store a chance", took)
		}
		l.lines[primary].cut(false)
		l.settled(3)
	})
}

// TestCloseOfANodeThatKnowsNothing: the server it found writable has nobody to
// watch over it, so it is stopped.
func TestCloseOfANodeThatKnowsNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		l.killManager(primary)
		cfg := l.config(primary)
		l.lines[primary].cut(true)
		n := l.start(cfg)
		l.pass(50 * time.Millisecond)
		ctx, cancel := context.WithCancel(l.Context())
		cancel()
		if err := n.Close(ctx); !errors.Is(err, context.Canceled) {
			l.Error(err)
		}
		if l.servers.Server(primary).Writable() {
			l.Error("left writable")
		}
	})
}

// TestGarbageInTheStore: the record is named, and nothing is done.
func TestGarbageInTheStore(t *testing.T) {
	keys := ha.KeysOf("c1")
	put := func(l *lab, key, value string) {
		if _, err := l.store.Commit(l.Context(), dcs.Txn{Then: []dcs.Op{{Key: key, Value: []byte(value)}}}); err != nil {
			l.Fatal(err)
		}
	}
	for _, key := range []string{keys.GrantKey(), keys.State() + "reign", keys.MemberKey("m2"), keys.SessionKey("m3"), keys.State() + "config"} {
		t.Run(strings.TrimPrefix(key, keys.State()), func(t *testing.T) {
			inLab(t, func(l *lab) {
				put(l, key, "{")
				l.members(1)
				l.pass(30 * time.Second)
				if s := l.nodes["m1"].Status(); s.State != ha.StateStarting || s.Running || !strings.Contains(s.StoreProblem, "record "+key) {
					l.Errorf("%+v", s)
				}
				if _, err := l.admin.Status(l.Context()); err == nil || !strings.Contains(err.Error(), key) {
					l.Errorf("status: %v", err)
				}
				if err := l.admin.Pause(l.Context(), "x"); err == nil || !strings.Contains(err.Error(), key) {
					l.Errorf("pause: %v", err)
				}
			})
		})
	}
	t.Run("while running", func(t *testing.T) {
		inLab(t, func(l *lab) {
			primary := l.healthy(3)
			put(l, keys.GrantKey(), "[]")
			l.pass(time.Minute)
			if s := l.nodes[l.other(primary)].Status(); !strings.Contains(s.StoreProblem, "record "+keys.GrantKey()) || s.State != ha.StateStandby {
				l.Errorf("%+v", s)
			}
			text, err := json.Marshal(ha.Grant{})
			if err != nil {
				l.Fatal(err)
			}
			put(l, keys.GrantKey(), string(text))
			if _, err := l.store.Commit(l.Context(), dcs.Txn{Then: []dcs.Op{{Key: keys.GrantKey(), Delete: true}}}); err != nil {
				l.Fatal(err)
			}
			l.settled(3)
		})
	})
	t.Run("unknown records are left alone", func(t *testing.T) {
		inLab(t, func(l *lab) {
			put(l, keys.State()+"newer", "\x00")
			l.healthy(3)
			s, err := l.store.Load(l.Context(), keys.State()+"newer")
			if err != nil || len(s.Entries) != 1 {
				l.Errorf("%+v, %v", s, err)
			}
		})
	})
}

// TestForeignData: the server of another database is never touched.
func TestForeignData(t *testing.T) {
	inLab(t, func(l *lab) {
		l.healthy(3)
		stranger := l.servers.Server("m4")
		if err := errors.Join(stranger.Init(l.Context()), stranger.Start(l.Context(), ha.StartSpec{Mode: ha.StartPrimary}),
			stranger.Write(l.Context(), "ten years of work"), stranger.Stop(l.Context(), ha.StopFast)); err != nil {
			l.Fatal(err)
		}
		cfg := l.config("m4")
		l.engines["m4"].set(func(_ context.Context, call string) error {
			if call != "observe" && call != "release" {
				l.Errorf("the engine was asked to %s", call)
			}
			return nil
		})
		n := l.start(cfg)
		l.eventually(time.Minute, "fenced", l.state("m4", ha.StateFenced))
		l.pass(time.Minute)
		if err := n.Close(l.Context()); err != nil {
			l.Error(err)
		}
	})
}

// TestSurplusFounder: a member that has made a database when the cluster got
// another one throws its own away, because nobody has ever written to it. It
// does so also when it has started it as a standby, and with another manager.
func TestSurplusFounder(t *testing.T) {
	inLab(t, func(l *lab) {
		l.healthy(3)
		late := l.servers.Server("m4")
		if err := errors.Join(late.Init(l.Context()), late.Start(l.Context(), ha.StartSpec{Mode: ha.StartStandby})); err != nil {
			l.Fatal(err)
		}
		n := l.start(l.config("m4"))
		l.eventually(time.Minute, "a standby", l.state("m4", ha.StateStandby))
		l.eventually(time.Minute, "the cluster's data", func() bool {
			o, err := late.Observe(l.Context())
			return err == nil && o.Streaming && !o.Unserved
		})
		if err := n.Close(l.Context()); err != nil {
			l.Error(err)
		}
	})
}

// TestEngineThatFailsAlways: the node waits between its tries, and says why.
func TestEngineThatFailsAlways(t *testing.T) {
	inLab(t, func(l *lab) {
		cfg := l.config("m1")
		var calls atomic.Int64
		l.engines["m1"].set(func(_ context.Context, call string) error {
			calls.Add(1)
			if call == "release" {
				return nil
			}
			return errors.New("exec format error")
		})
		n := l.start(cfg)
		l.pass(time.Minute)
		if s := n.Status(); s.State != ha.StateStarting || s.Running {
			l.Errorf("%+v", s)
		}
		if calls.Load() > 600 {
			l.Errorf("%d calls in a minute", calls.Load())
		}
		l.engines["m1"].set(nil)
		l.eventually(time.Minute, "a primary", func() bool { return l.status().Writable })
	})
}

// TestPrimaryWhoseEngineFailsAlways cannot be stopped in order; the grant goes
// on only when its lease has run out.
func TestPrimaryWhoseEngineFailsAlways(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		var calls atomic.Int64
		l.engines[primary].set(func(_ context.Context, call string) error {
			calls.Add(1)
			return errors.New("input/output error")
		})
		l.servers.Server(primary).Kill()
		l.pass(2 * time.Minute)
		if calls.Load() > 5_000 {
			l.Errorf("%d calls in two minutes", calls.Load())
		}
		if s := l.nodes[primary].Status(); s.Problem == "" {
			l.Errorf("no problem is told: %+v", s)
		}
	})
}

// TestLostAnswers: requests that happened and whose answers were lost lead to
// the same end, with one term for each grant.
func TestLostAnswers(t *testing.T) {
	for n := 1; n <= 12; n++ {
		inLab(t, func(l *lab) {
			cfgs := []ha.Config{l.config("m1"), l.config("m2"), l.config("m3")}
			for _, line := range l.lines {
				line.loseAnswers(n)
			}
			for _, cfg := range cfgs {
				l.start(cfg)
			}
			primary := l.settled(3)
			for _, line := range l.lines {
				line.loseAnswers(n)
			}
			if _, err := l.admin.Switchover(l.Context(), l.other(primary)); err != nil && !errors.Is(err, ha.ErrFailed) && !errors.Is(err, ha.ErrRefused) {
				l.Errorf("%d answers lost: %v", n, err)
			}
			l.settled(3)
			h, err := l.admin.History(l.Context())
			if err != nil {
				l.Fatal(err)
			}
			for i := 1; i < len(h); i++ {
				if h[i].Term <= h[i-1].Term {
					l.Errorf("terms %v, %v", h[i-1].Term, h[i].Term)
				}
			}
		})
	}
}

// TestStoreLost: the primary stops before its lease can end, nobody else
// begins, and the cluster is back when the store is.
func TestStoreLost(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		l.pass(3 * time.Second)
		lost := time.Now()
		for _, line := range l.lines {
			line.cut(true)
		}
		l.eventually(ha.DefaultTTL, "stopped", func() bool { return !l.servers.Server(primary).Writable() })
		if took := time.Since(lost); took > 4*time.Second+10*time.Millisecond {
			l.Errorf("stopped after %v: later than TTL - Margin", took)
		}
		l.pass(time.Minute)
		for name, n := range l.nodes {
			if s := n.Status(); s.Writable || s.StoreProblem == "" {
				l.Errorf("%s: %+v", name, s)
			}
		}
		for _, line := range l.lines {
			line.cut(false)
		}
		back := time.Now()
		l.settled(3)
		if took := time.Since(back); took > 10*time.Second {
			l.Errorf("back after %v", took)
		}
	})
}

// TestPartitionedPrimary: only the primary loses the store.
func TestPartitionedPrimary(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		l.lines[old].cut(true)
		l.eventually(ha.DefaultTTL+time.Second, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != old })
		l.lines[old].cut(false)
		l.settled(3)
	})
}

// TestGrantDeletedByHand: its holder stops, and only then somebody begins.
func TestGrantDeletedByHand(t *testing.T) {
	inLab(t, func(l *lab) {
		l.healthy(3)
		if _, err := l.store.Commit(l.Context(), dcs.Txn{Then: []dcs.Op{{Key: ha.KeysOf("c1").GrantKey(), Delete: true}}}); err != nil {
			l.Fatal(err)
		}
		l.eventually(30*time.Second, "term 2", func() bool { s := l.status(); return s.Term == 2 && s.Writable })
		l.settled(3)
	})
}

// TestLeaseRevokedBehindItsBack: the primary's session is gone, its server too.
func TestLeaseRevokedBehindItsBack(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		s, err := l.store.Load(l.Context(), ha.KeysOf("c1").SessionKey(primary))
		if err != nil || len(s.Entries) != 1 {
			l.Fatal(err)
		}
		// A revoked lease breaks the store's promise that none ends early: for a
		// moment both may be writable, which nobody can prevent. So the server is
		// looked at only once its node had the time to hear of it.
		if err := l.store.Revoke(l.Context(), s.Entries[0].Lease); err != nil {
			l.Fatal(err)
		}
		<-time.After(100 * time.Millisecond)
		l.settled(3)
		if s := l.status(); s.Term != 2 {
			l.Errorf("%+v", s)
		}
	})
}

// TestServerMadeWritableByHand: a standby that somebody promoted is stopped and
// rejoined.
func TestServerMadeWritableByHand(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		other := l.other(primary)
		if err := l.servers.Server(other).Promote(l.Context(), ha.PromoteSpec{}); err != nil {
			l.Fatal(err)
		}
		<-time.After(3 * time.Second) // a heartbeat until it is seen
		if l.settled(3) != primary {
			l.Error("another primary")
		}
		if s := l.status(); s.Term != 1 {
			l.Errorf("term %v", s.Term)
		}
	})
}
