// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

func TestFirstPrimary(t *testing.T) {
	inLab(t, func(l *lab) {
		begin := time.Now()
		primary := l.healthy(3)
		if took := time.Since(begin); took > 5*time.Second {
			l.Errorf("took %v", took)
		}
		l.write(primary, "a")
		for _, m := range []ha.MemberID{"m1", "m2", "m3"} {
			l.has(m, "a")
		}
		s := l.status()
		if s.Term != 1 || s.Reign.Cause != "first primary" {
			l.Errorf("term %v, %+v", s.Term, s.Reign)
		}
		h, err := l.admin.History(l.Context())
		if err != nil || len(h) != 1 || h[0].Holder != primary || !h[0].Promoted {
			l.Errorf("history %+v, %v", h, err)
		}
		local := l.nodes[primary].Status()
		if local.State != ha.StatePrimary || !local.Writable || local.LeaseFor <= 0 || local.LeaseFor > 4*time.Second || local.Problem != "" {
			l.Errorf("%+v", local)
		}
	})
}

func TestSwitchover(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		l.write(old, "a")
		to := l.other(old, l.other(old)) // not the one that the policy would choose
		begin := time.Now()
		answer, err := l.nodes[old].Admin().Switchover(l.Context(), to)
		if err != nil || answer.Code != ha.AnswerDone || answer.Primary != to || answer.Term != 2 {
			l.Fatalf("%+v, %v\n%s", answer, err, l.picture())
		}
		if took := time.Since(begin); took > time.Second {
			l.Errorf("took %v", took)
		}
		if now := l.settled(3); now != to {
			l.Errorf("primary is %s", now)
		}
		l.write(to, "b")
		l.has(old, "a", "b")
		s := l.status()
		if s.Reign.Cause != "switchover" || s.Reign.Actor != string(old) || s.Reign.Former != old || s.Reign.Behind != 0 || s.Request != nil {
			l.Errorf("%+v", s.Reign)
		}
	})
}

func TestFailoverOnOrder(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		to := l.other(old)
		answer, err := l.admin.Failover(l.Context(), to)
		if err != nil || answer.Primary != to {
			l.Fatalf("%+v, %v\n%s", answer, err, l.picture())
		}
		if now := l.settled(3); now != to {
			l.Errorf("primary is %s", now)
		}
	})
}

// TestCrashOfANode: the loss of a whole machine, and its coming back.
func TestCrashOfANode(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		l.write(old, "a")
		l.crash(old)
		gap := l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != old })
		if b := (ha.Settings{}).Bound().NodeCrash.Total(); gap > b || gap > ha.DefaultTTL+time.Second {
			l.Errorf("took %v; bound %v", gap, b)
		}
		now := l.status().Primary
		l.write(now, "b")
		l.start(l.config(old))
		if p := l.settled(3); p != now {
			l.Errorf("the old primary's return made %s primary", p)
		}
		l.has(old, "a", "b")
	})
}

// TestDivergedPrimaryIsRejoined: what only the lost primary had is cut off, and
// the record says how much that was.
func TestDivergedPrimaryIsRejoined(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		l.write(old, "a")
		for _, m := range []ha.MemberID{"m1", "m2", "m3"} {
			if m != old { // the standbys stop to receive
				if err := l.servers.Server(m).Follow(l.Context(), ha.Upstream{}); err != nil {
					l.Fatal(err)
				}
			}
		}
		l.write(old, "lost")
		l.crash(old)
		l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != old })
		now := l.status().Primary
		l.write(now, "b")
		l.start(l.config(old))
		l.settled(3)
		l.has(old, "a", "b")
	})
}

// TestCrashOfTheServer: the node lives and starts its server again, in the
// same term.
func TestCrashOfTheServer(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		l.write(primary, "a")
		l.servers.Server(primary).Kill()
		gap := l.eventually(time.Minute, "writable again", l.servers.Server(primary).Writable)
		if gap > time.Second {
			l.Errorf("took %v", gap)
		}
		l.settled(3)
		if s := l.status(); s.Term != 1 || s.Primary != primary {
			l.Errorf("term %v of %s", s.Term, s.Primary)
		}
		l.has(primary, "a")
	})
}

// TestServerThatCannotStart is given up after RestartLimit.
func TestServerThatCannotStart(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		l.engines[primary].set(func(_ context.Context, call string) error {
			if call == "start" {
				return errors.New("no space left on device")
			}
			return nil
		})
		l.servers.Server(primary).Kill()
		begin := time.Now()
		l.eventually(time.Second, "the reason", func() bool { return l.nodes[primary].Status().Problem == "start: no space left on device" })
		l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != primary })
		gap := time.Since(begin)
		if b := (ha.Settings{}).Bound().ServerCrash.Total(); gap > b || gap < ha.DefaultRestartLimit {
			l.Errorf("took %v; bound %v", gap, b)
		}
	})
}

// TestFrozenServer: it holds its sockets and answers nobody. It is killed after
// HangLimit; its member may be the best candidate again.
func TestFrozenServer(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		l.servers.Server(primary).Freeze()
		gap := l.eventually(time.Minute, "a primary in a new term", func() bool { s := l.status(); return s.Writable && s.Term == 2 })
		if gap < ha.DefaultHangLimit || gap > ha.DefaultHangLimit+8*time.Second {
			l.Errorf("took %v", gap)
		}
		l.servers.Server(primary).Thaw()
		l.settled(3)
	})
}

func TestPauseAndResume(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		if err := l.admin.Pause(l.Context(), "moving racks"); err != nil {
			l.Fatal(err)
		}
		l.eventually(time.Second, "all know", func() bool {
			return l.nodes["m1"].Status().Paused && l.nodes["m2"].Status().Paused && l.nodes["m3"].Status().Paused
		})
		l.servers.Server(primary).Kill()
		l.pass(2 * time.Minute)
		if s := l.status(); s.Term != 1 || s.Primary != primary || s.Pause == nil || s.Pause.Reason != "moving racks" {
			l.Errorf("%+v", s)
		}
		if l.servers.Server(primary).Writable() {
			l.Error("a paused node started its server")
		}
		if err := l.admin.Resume(l.Context()); err != nil {
			l.Fatal(err)
		}
		l.eventually(2*time.Second, "writable again", l.servers.Server(primary).Writable)
		if l.settled(3) != primary {
			l.Error("another primary")
		}
	})
}

// TestPauseKeepsR1: a paused primary that cannot renew its lease stops all the
// same, and takes its own grant back afterwards.
func TestPauseKeepsR1(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		if err := l.admin.Pause(l.Context(), "x"); err != nil {
			l.Fatal(err)
		}
		l.pass(time.Second)
		l.lines[primary].cut(true)
		l.eventually(ha.DefaultTTL, "stopped", func() bool { return !l.servers.Server(primary).Writable() })
		l.pass(time.Minute)
		if s := l.status(); s.Primary != "" {
			l.Errorf("a failover while paused: %s", s.Primary)
		}
	})
}

func TestCloseHandsOver(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		l.write(old, "a")
		begin := time.Now()
		if err := l.nodes[old].Close(l.Context()); err != nil {
			l.Error(err)
		}
		if l.servers.Server(old).Writable() {
			l.Error("the server still runs")
		}
		l.eventually(time.Minute, "another primary", func() bool { return l.status().Writable })
		if gap := time.Since(begin); gap > time.Second {
			l.Errorf("no primary for %v", gap)
		}
		s := l.status()
		if s.Term != 2 || s.Reign.Cause != "handed over" || s.Reign.Behind != 0 {
			l.Errorf("%+v", s.Reign)
		}
		l.has(s.Primary, "a")
		for _, m := range s.Members {
			if m.Name == old && m.Alive {
				l.Error("the closed node's session lives on")
			}
		}
		if err := l.nodes[old].Close(l.Context()); err != nil {
			l.Errorf("second Close: %v", err)
		}
		select {
		case <-l.nodes[old].Done():
		default:
			l.Error("Done is not closed")
		}
		if st := l.nodes[old].Status(); st.State != ha.StateStopped {
			l.Errorf("%+v", st)
		}
	})
}

func TestCloseOfAStandby(t *testing.T) {
	for _, keep := range []bool{false, true} {
		inLab(t, func(l *lab) {
			primary := l.healthy(3, func(c *ha.Config) { c.KeepServer = keep })
			standby := l.other(primary)
			if err := l.nodes[standby].Close(l.Context()); err != nil {
				l.Error(err)
			}
			o, err := l.servers.Server(standby).Observe(l.Context())
			if err != nil || o.Running != keep {
				l.Errorf("KeepServer %v, running %v, %v", keep, o.Running, err)
			}
			if s := l.status(); s.Primary != primary || s.Term != 1 {
				l.Errorf("%+v", s)
			}
		})
	}
}

func TestCloseAll(t *testing.T) {
	inLab(t, func(l *lab) {
		l.healthy(3)
		for _, n := range l.nodes {
			if err := n.Close(l.Context()); err != nil {
				l.Error(err)
			}
		}
		for name := range l.nodes {
			if l.servers.Server(name).Writable() {
				l.Errorf("%s is still writable", name)
			}
		}
		l.members(3) // and again
		l.settled(3)
	})
}

// TestCloseInAHurry: when the caller has no time, the server is stopped at
// once and the grant is left to run out.
func TestCloseInAHurry(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		ctx, cancel := context.WithCancelCause(l.Context())
		hurry := errors.New("power is failing")
		cancel(hurry)
		begin := time.Now()
		err := l.nodes[old].Close(ctx)
		if !errors.Is(err, hurry) {
			l.Errorf("%v", err)
		}
		if l.servers.Server(old).Writable() {
			l.Error("still writable")
		}
		if took := time.Since(begin); took > 100*time.Millisecond {
			l.Errorf("took %v", took)
		}
		l.eventually(time.Minute, "another primary", func() bool { return l.status().Writable })
	})
}

// TestCloseInAHurryOfAStubbornServer: an immediate stop that hangs is followed
// by one that does not ask.
func TestCloseInAHurryOfAStubbornServer(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		l.engines[old].set(func(ctx context.Context, call string) error {
			if call == "stop fast" || call == "stop immediate" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		ctx, cancel := context.WithTimeout(l.Context(), 100*time.Millisecond)
		defer cancel()
		if err := l.nodes[old].Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			l.Error(err)
		}
		if l.servers.Server(old).Writable() {
			l.Error("still writable")
		}
		l.eventually(time.Minute, "another primary", func() bool { return l.status().Writable })
	})
}

func TestRun(t *testing.T) {
	inLab(t, func(l *lab) {
		ctx, cancel := context.WithCancel(l.Context())
		ended := make(chan error)
		go func() { ended <- ha.Run(ctx, l.config("m1")) }()
		l.eventually(time.Minute, "a primary", func() bool { return l.status().Writable })
		cancel()
		if err := <-ended; err != nil {
			l.Error(err)
		}
		if l.servers.Server("m1").Writable() {
			l.Error("still writable")
		}
		if err := ha.Run(l.Context(), ha.Config{}); !errors.Is(err, ha.ErrConfig) {
			l.Error(err)
		}
	})
}

// TestPrimaryContext: work that only the primary may do ends with the role.
func TestPrimaryContext(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		to := l.other(old)
		standby, cancel := l.nodes[to].PrimaryContext(l.Context())
		defer cancel()
		if context.Cause(standby) != nil {
			<-standby.Done()
		}
		l.pass(time.Millisecond)
		if !errors.Is(context.Cause(standby), ha.ErrNotPrimary) {
			l.Errorf("on a standby: %v", context.Cause(standby))
		}
		work, cancel := l.nodes[old].PrimaryContext(l.Context())
		defer cancel()
		l.pass(time.Minute)
		if err := work.Err(); err != nil {
			l.Errorf("on the primary: %v", err)
		}
		short, done := l.nodes[old].PrimaryContext(l.Context())
		done()
		if !errors.Is(short.Err(), context.Canceled) || errors.Is(context.Cause(short), ha.ErrNotPrimary) {
			l.Errorf("work that is done: %v", context.Cause(short))
		}
		if _, err := l.admin.Switchover(l.Context(), to); err != nil {
			l.Fatal(err)
		}
		if !errors.Is(context.Cause(work), ha.ErrNotPrimary) {
			l.Errorf("after the switchover: %v", context.Cause(work))
		}
		l.settled(3)
		again, cancel := l.nodes[to].PrimaryContext(l.Context())
		defer cancel()
		if again.Err() != nil {
			l.Error("the new primary's context has ended")
		}
		if err := l.nodes[to].Close(l.Context()); err != nil {
			l.Error(err)
		}
		if !errors.Is(context.Cause(again), ha.ErrNotPrimary) {
			l.Errorf("after Close: %v", context.Cause(again))
		}
	})
}

// TestWatchDeliversTheLast: a receiver that looks seldom misses steps, never
// the end.
func TestWatchDeliversTheLast(t *testing.T) {
	inLab(t, func(l *lab) {
		l.members(3)
		ctx, cancel := context.WithCancel(l.Context())
		watches := map[ha.MemberID]<-chan ha.LocalStatus{}
		for name, n := range l.nodes {
			watches[name] = n.Watch(ctx)
		}
		cluster := l.admin.Watch(ctx)
		primary := l.settled(3)
		l.pass(10 * time.Second)
		for name, w := range watches {
			want := l.nodes[name].Status()
			got := <-w
			got.LeaseFor = want.LeaseFor
			if got != want {
				l.Errorf("%s: watch says %+v, status %+v", name, got, want)
			}
		}
		if s := <-cluster; s.Primary != primary || s.Revision != l.status().Revision {
			l.Errorf("cluster watch is at revision %v", s.Revision)
		}
		cancel()
		l.pass(time.Millisecond)
		for name, w := range watches {
			if _, ok := <-w; ok {
				l.Errorf("%s: watch is open after its context has ended", name)
			}
		}
		last := l.nodes[primary].Watch(l.Context())
		if err := l.nodes[primary].Close(l.Context()); err != nil {
			l.Error(err)
		}
		if s := <-last; s.State != ha.StateStopped {
			l.Errorf("last word: %+v", s)
		}
		if _, ok := <-last; ok {
			l.Error("watch is open after the node has ended")
		}
		if s, ok := <-l.nodes[primary].Watch(l.Context()); !ok || s.State != ha.StateStopped {
			l.Errorf("watch of an ended node: %+v, %v", s, ok)
		}
	})
}

// TestTwoClustersInOneProcess share a store and nothing else.
func TestTwoClustersInOneProcess(t *testing.T) {
	inLab(t, func(l *lab) {
		first := l.healthy(3)
		other := newLab(l.T)
		other.store, other.admin = l.store, ha.NewAdmin(l.store, "c2", "test")
		second := other.healthy(3, func(c *ha.Config) { c.Cluster, c.Store = "c2", l.store })
		l.write(first, "first")
		other.write(second, "second")
		if _, err := other.admin.Switchover(l.Context(), other.other(second)); err != nil {
			l.Error(err)
		}
		other.settled(3)
		if s := l.status(); s.Term != 1 || s.Primary != first {
			l.Errorf("a switchover of c2 changed c1: %+v", s)
		}
		other.has(other.status().Primary, "second")
		l.has(first, "first")
		for _, n := range other.all {
			if err := n.Close(l.Context()); err != nil {
				l.Error(err)
			}
		}
	})
}

// TestManagerRestart: a manager that was killed finds its server running and
// takes it over; writes never stand still.
func TestManagerRestart(t *testing.T) {
	inLab(t, func(l *lab) {
		primary := l.healthy(3)
		l.killManager(primary)
		l.pass(time.Second)
		l.start(l.config(primary))
		l.eventually(time.Minute, "taken over", func() bool {
			if !l.servers.Server(primary).Writable() {
				l.Fatal("a write gap")
			}
			s := l.status()
			return s.Term == 2 && s.Primary == primary && s.Reign.Promoted
		})
		l.write(primary, "a")
		l.settled(3)
		if s := l.status(); s.Term != 2 || s.Reign.Cause != "manager restarted" {
			l.Errorf("%+v", s.Reign)
		}
	})
}

// TestManagerRestartTooLate: meanwhile another member has become primary; the
// server that is found writable is stopped and rejoined. Only one with
// synchronous replication could not acknowledge in between; the lab would see
// both writable, so the server is gone for that time.
func TestManagerRestartTooLate(t *testing.T) {
	inLab(t, func(l *lab) {
		old := l.healthy(3)
		l.killManager(old)
		l.servers.Server(old).Kill()
		l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != old })
		now := l.status().Primary
		l.start(l.config(old))
		if p := l.settled(3); p != now {
			l.Errorf("primary is %s", p)
		}
	})
}
