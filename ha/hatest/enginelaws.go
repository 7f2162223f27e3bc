// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha"
)

func observeChangesNothing(l *lab) {
	first := l.observe(l.member(0))
	if first.Data != ha.DataPresent || first.Running || !first.Clean || first.SystemID == "" || first.LSN == 0 || first.Timeline == 0 {
		l.Errorf("stopped: %+v", first)
	}
	l.same(first, l.observe(l.member(0)))
	if other := l.observe(l.member(1)); other.SystemID != first.SystemID || other.LSN != first.LSN {
		l.Errorf("members differ: %+v, %+v", first, other)
	}
	primary, standby := l.pair()
	a, again := l.observe(standby), l.observe(standby)
	a.Silent, again.Silent = 0, 0
	l.same(a, again)
	if a.Role != ha.RoleStandby || !a.Running || !a.Answers || a.Writable || a.SystemID != first.SystemID || a.Timeline != first.Timeline {
		l.Errorf("standby: %+v", a)
	}
	p := l.observe(primary)
	if p.Role != ha.RolePrimary || !p.Running || !p.Answers || !p.Writable || p.Upstream != "" {
		l.Errorf("primary: %+v", p)
	}
}

func startAndStopAreIdempotent(l *lab) {
	m := l.member(0)
	e := m.Engine()
	spec := ha.StartSpec{Mode: ha.StartPrimary, Term: 1}
	l.must("start", e.Start(l.ctx, spec))
	before := l.observe(m)
	l.write(m, "a")
	l.must("start again", e.Start(l.ctx, spec))
	l.must("start by another manager", m.Twin().Start(l.ctx, spec))
	l.wants("start in the other mode", e.Start(l.ctx, ha.StartSpec{Mode: ha.StartStandby}), ha.ErrWrongMode)
	for _, how := range []ha.StopMode{ha.StopFast, ha.StopImmediate, ha.StopKill} {
		l.must("stop "+how.String(), e.Stop(l.ctx, how))
		l.stopped(m)
		l.must("stop again", e.Stop(l.ctx, how))
		if o := l.observe(m); o.Clean != (how == ha.StopFast) || o.Role != ha.RolePrimary || o.Clean && o.LSN <= before.LSN {
			l.Errorf("after stop %v: %+v", how, o)
		}
		l.must("start after stop "+how.String(), e.Start(l.ctx, spec))
		if !l.has(m, "a") {
			l.Errorf("row lost by stop %v", how)
		}
	}
}

func standbyFollowsItsUpstream(l *lab) {
	primary, standby := l.pair()
	l.write(primary, "a")
	l.arrives(standby, "a")
	if standby.Write(l.ctx, "b") == nil {
		l.Error("a standby took a write")
	}
	o := l.observe(standby)
	if o.Upstream != primary.Upstream().Member || o.Address != primary.Upstream().Address {
		l.Errorf("standby: %+v", o)
	}
	name := standby.Upstream().Member
	l.eventually("the primary sees its receiver", func() bool {
		p := l.observe(primary)
		return len(p.Receivers) == 1 && p.Receivers[0].Member == name && p.Receivers[0].Streaming && p.Receivers[0].Applied > 0
	})
	l.eventually("all is applied", func() bool {
		o, p := l.observe(standby), l.observe(primary)
		return o.Applied == o.LSN && o.LSN == p.LSN
	})
	l.must("start again", standby.Engine().Start(l.ctx, ha.StartSpec{Mode: ha.StartStandby, Upstream: primary.Upstream()}))
	l.wants("start in the other mode", standby.Engine().Start(l.ctx, ha.StartSpec{Mode: ha.StartPrimary}), ha.ErrWrongMode)
	l.must("stop", standby.Engine().Stop(l.ctx, ha.StopFast))
	if o := l.observe(standby); o.Running || o.Role != ha.RoleStandby || o.Upstream != primary.Upstream().Member {
		l.Errorf("stopped standby: %+v", o)
	}
}

func promotionBringsTheSyncSet(l *lab) {
	primary, standby := l.pair()
	setter := l.sync(standby)
	l.write(primary, "a")
	l.arrives(standby, "a")
	before := l.observe(standby)
	l.must("stop", primary.Engine().Stop(l.ctx, ha.StopKill))
	set := ha.SyncSet{K: 1, Members: []ha.MemberID{l.member(2).Upstream().Member}}
	l.must("promote", standby.Engine().Promote(l.ctx, ha.PromoteSpec{Term: 2, Sync: set}))
	o := l.observe(standby)
	if o.Role != ha.RolePrimary || !o.Writable || !o.Sync.Equal(set) || o.Upstream != "" || o.Timeline <= before.Timeline || o.LSN < before.LSN {
		l.Errorf("promoted: %+v", o)
	}
	if !l.has(standby, "a") {
		l.Error("the promotion lost a row")
	}
	l.notAcknowledged(standby, "b")
	l.must("set sync", setter.SetSync(l.ctx, ha.SyncSet{}))
	l.write(standby, "c")
}

func standbyDataIsPromotedByStart(l *lab) {
	primary, standby := l.pair()
	l.write(primary, "a")
	l.arrives(standby, "a")
	before := l.observe(standby)
	l.must("stop", standby.Engine().Stop(l.ctx, ha.StopFast))
	l.must("stop", primary.Engine().Stop(l.ctx, ha.StopKill))
	l.startPrimary(standby, ha.SyncSet{})
	if o := l.observe(standby); !o.Writable || o.Timeline <= before.Timeline {
		l.Errorf("started: %+v, before %+v", o, before)
	}
	if !l.has(standby, "a") {
		l.Error("a row is lost")
	}
}

func followLasts(l *lab) {
	primary, standby := l.pair()
	third := l.member(2)
	l.startStandby(third, primary)
	l.must("follow", third.Engine().Follow(l.ctx, standby.Upstream()))
	l.streams(third)
	l.write(primary, "a")
	l.arrives(third, "a")
	for _, how := range []ha.StopMode{ha.StopFast, ha.StopKill} {
		l.must("stop", third.Engine().Stop(l.ctx, how))
		if o := l.observe(third); o.Upstream != standby.Upstream().Member || o.Role != ha.RoleStandby {
			l.Errorf("stopped %v after follow: %+v", how, o)
		}
	}
	l.startStandby(third, standby)
	l.must("detach", third.Engine().Detach(l.ctx))
	l.must("stop", third.Engine().Stop(l.ctx, ha.StopFast))
	l.must("start", third.Engine().Start(l.ctx, ha.StartSpec{Mode: ha.StartStandby}))
	if o := l.observe(third); o.Upstream != "" || o.Streaming || o.Role != ha.RoleStandby {
		l.Errorf("restarted after detach: %+v", o)
	}
}

func detachedIsDeaf(l *lab) {
	primary, standby := l.pair()
	setter := l.sync(primary)
	l.must("set sync", setter.SetSync(l.ctx, ha.SyncSet{K: 1, Members: []ha.MemberID{standby.Upstream().Member}}))
	l.write(primary, "a")
	l.must("detach", standby.Engine().Detach(l.ctx))
	o := l.observe(standby)
	if o.Upstream != "" || o.Streaming || !o.Answers {
		l.Errorf("detached: %+v", o)
	}
	l.notAcknowledged(primary, "b")
	l.must("detach again", standby.Engine().Detach(l.ctx))
	if after := l.observe(standby); after.LSN != o.LSN {
		l.Errorf("log arrived after detach: %v, then %v", o.LSN, after.LSN)
	}
	l.must("follow", standby.Engine().Follow(l.ctx, primary.Upstream()))
	l.write(primary, "c") // acknowledged by a standby that listens again
	l.arrives(standby, "c")
}

func syncSetIsInForce(l *lab) {
	primary, second := l.pair()
	third := l.member(2)
	setter := l.sync(primary)
	l.startStandby(third, primary)
	set := ha.SyncSet{K: 2, Members: []ha.MemberID{second.Upstream().Member, third.Upstream().Member}}
	l.must("set sync 2", setter.SetSync(l.ctx, set))
	l.write(primary, "a")
	l.eventually("both are synchronous", func() bool {
		o := l.observe(primary)
		return o.Sync.Equal(set) && len(o.Receivers) == 2 && o.Receivers[0].Sync && o.Receivers[1].Sync
	})
	l.must("detach", third.Engine().Detach(l.ctx))
	l.notAcknowledged(primary, "b")
	set.K = 1
	l.must("set sync 1", setter.SetSync(l.ctx, set))
	l.write(primary, "c")
	set.K = 2
	l.must("set sync 2", setter.SetSync(l.ctx, set))
	l.notAcknowledged(primary, "d")
	// One that streams leaves the set, and with it one confirmation.
	l.must("follow", third.Engine().Follow(l.ctx, primary.Upstream()))
	l.streams(third)
	one := ha.SyncSet{K: 1, Members: []ha.MemberID{third.Upstream().Member}}
	l.must("set sync 1 of another", setter.SetSync(l.ctx, one))
	l.write(primary, "e")
	l.must("detach", third.Engine().Detach(l.ctx))
	l.notAcknowledged(primary, "f")
	l.wants("set sync on a standby", l.sync(second).SetSync(l.ctx, set), ha.ErrWrongMode)
}

// interrupt runs action, ends its context when due says so, and stops the
// server by force while action may still run.
func (l *lab) interrupt(m EngineMember, due func(ha.Observation) bool, action func(context.Context) error) {
	l.Helper()
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- action(ctx) }()
	var err error
	ended := false
	l.eventually("the moment to interrupt", func() bool {
		select {
		case err = <-done:
			ended = true
		default:
		}
		return ended || due(l.observe(m))
	})
	cancel()
	l.must("stop", m.Engine().Stop(l.ctx, ha.StopKill))
	l.stopped(m)
	if !ended {
		err = <-done
	}
	if err != nil && !ha.Uncertain(err) {
		l.Errorf("interrupted: %v, want an uncertain error", err)
	}
	l.stopped(m)
}

func stopWinsOverStart(l *lab) {
	m := l.member(0)
	start := func(ctx context.Context) error {
		return m.Engine().Start(ctx, ha.StartSpec{Mode: ha.StartPrimary, Term: 1})
	}
	l.interrupt(m, func(ha.Observation) bool { return true }, start)
	l.interrupt(m, func(o ha.Observation) bool { return o.Running }, start)
	l.startPrimary(m, ha.SyncSet{})
	l.write(m, "a")
}

func stopWinsOverPromote(l *lab) {
	_, standby := l.pair()
	promote := func(ctx context.Context) error {
		return standby.Engine().Promote(ctx, ha.PromoteSpec{Term: 2})
	}
	l.interrupt(standby, func(ha.Observation) bool { return true }, promote)
	l.startPrimary(standby, ha.SyncSet{})
	l.write(standby, "a")
}

func acknowledgedSurvivesKill(l *lab) {
	m := l.member(0)
	l.startPrimary(m, ha.SyncSet{})
	l.write(m, "a")
	l.must("kill", m.Kill())
	l.startPrimary(m, ha.SyncSet{}) // without a stop: what the dead one left is the engine's business
	if o := l.observe(m); !o.Writable {
		l.Errorf("restarted: %+v", o)
	}
	if !l.has(m, "a") {
		l.Error("an acknowledged row is lost")
	}
	l.write(m, "b")
}

func cleanPrimaryMayFollow(l *lab) {
	old, heir := l.pair()
	l.write(old, "a")
	l.must("stop", old.Engine().Stop(l.ctx, ha.StopFast))
	end := l.observe(old)
	if o := l.observe(heir); !end.Clean || o.LSN != end.LSN {
		l.Errorf("a clean stop ends at %v (clean %v), the standby has %v", end.LSN, end.Clean, o.LSN)
	}
	l.must("promote", heir.Engine().Promote(l.ctx, ha.PromoteSpec{Term: 2}))
	l.write(heir, "b")
	l.startStandby(old, heir)
	l.arrives(old, "b")
	if !l.has(old, "a") {
		l.Error("a row is lost")
	}
	heirLog := l.observe(heir).Timeline
	l.eventually("the new timeline arrives", func() bool { return l.observe(old).Timeline == heirLog })
}

func rejoinLosesOnlyTheTail(l *lab) {
	old, heir := l.diverge()
	l.wants("start of diverged data", old.Engine().Start(l.ctx, ha.StartSpec{Mode: ha.StartStandby, Upstream: heir.Upstream()}), ha.ErrNeedsRejoin)
	l.stopped(old)
	l.must("rejoin", old.Engine().Rejoin(l.ctx, ha.RejoinSpec{Upstream: heir.Upstream(), Term: 2, NoCopy: true}))
	l.healed(old, heir)
	l.must("rejoin again", old.Engine().Rejoin(l.ctx, ha.RejoinSpec{Upstream: heir.Upstream(), Term: 2, NoCopy: true}))
	l.healed(old, heir)
}

func rejoinCopies(l *lab) {
	primary, third := l.member(0), l.member(2)
	l.startPrimary(primary, ha.SyncSet{})
	l.write(primary, "a")
	l.must("wipe", third.Wipe())
	if o := l.observe(third); o.Data != ha.DataNone || o.Running || o.SystemID != "" {
		l.Errorf("wiped: %+v", o)
	}
	if third.Engine().Start(l.ctx, ha.StartSpec{Mode: ha.StartPrimary}) == nil {
		l.Error("nothing was started as primary")
	}
	l.must("rejoin", third.Engine().Rejoin(l.ctx, ha.RejoinSpec{Upstream: primary.Upstream(), NoCopy: true}))
	l.streams(third)
	l.arrives(third, "a")
	l.write(primary, "b")
	l.arrives(third, "b")
}

func interruptedRejoinShows(l *lab) {
	old, heir := l.diverge()
	before := l.observe(old)
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- old.Engine().Rejoin(ctx, ha.RejoinSpec{Upstream: heir.Upstream(), Term: 2})
	}()
	var err error
	ended := false
	l.eventually("broken data or the end", func() bool {
		select {
		case err = <-done:
			ended = true
		default:
		}
		return ended || l.observe(old).Data == ha.DataBroken
	})
	cancel()
	if !ended {
		err = <-done
	}
	switch o := l.observe(old); {
	case err == nil: // it was quicker
	case !ha.Uncertain(err):
		l.Errorf("interrupted rejoin: %v, want an uncertain error", err)
	case o.Data == ha.DataBroken:
		if o.Running {
			l.Errorf("broken data runs: %+v", o)
		}
		l.wants("start of broken data", old.Engine().Start(l.ctx, ha.StartSpec{Mode: ha.StartPrimary}), ha.ErrNeedsRejoin)
	case o.Data == ha.DataPresent && o.Role == ha.RoleStandby: // past the dangerous part
	case o.Data != before.Data || o.LSN != before.LSN:
		l.Errorf("interrupted rejoin left %+v, before it was %+v", o, before)
	}
	l.must("rejoin", old.Engine().Rejoin(l.ctx, ha.RejoinSpec{Upstream: heir.Upstream(), Term: 2}))
	l.healed(old, heir)
}

func endedContextIsUncertain(l *lab) {
	primary, standby := l.pair()
	ctx, cancel := context.WithCancel(l.ctx)
	cancel()
	e := standby.Engine()
	calls := map[string]func() error{
		"start":   func() error { return e.Start(ctx, ha.StartSpec{Mode: ha.StartStandby, Upstream: primary.Upstream()}) },
		"stop":    func() error { return l.member(2).Engine().Stop(ctx, ha.StopFast) },
		"promote": func() error { return e.Promote(ctx, ha.PromoteSpec{Term: 2}) },
		"follow":  func() error { return e.Follow(ctx, primary.Upstream()) },
		"detach":  func() error { return e.Detach(ctx) },
		"rejoin":  func() error { return e.Rejoin(ctx, ha.RejoinSpec{Upstream: primary.Upstream()}) },
	}
	for name, call := range calls {
		if err := call(); !ha.Uncertain(err) {
			l.Errorf("%s with a context that has ended: %v, want an uncertain error", name, err)
		}
	}
	if _, err := e.Observe(ctx); err != nil && !errors.Is(err, context.Canceled) {
		l.Errorf("observe with a context that has ended: %v", err)
	}
	if o := l.observe(standby); o.Role != ha.RoleStandby || o.Upstream != primary.Upstream().Member {
		l.Errorf("after calls that did nothing: %+v", o)
	}
}

func observeOfAFrozenServerReturns(l *lab) {
	m := l.member(0)
	l.startPrimary(m, ha.SyncSet{})
	l.observe(m)
	l.must("freeze", m.Freeze())
	for range 2 { // once with what was open before, once without
		const patience = 200 * time.Millisecond
		ctx, cancel := context.WithTimeout(l.ctx, patience)
		began := time.Now()
		o, err := m.Engine().Observe(ctx)
		cancel()
		l.must("observe a frozen server", err)
		if took := time.Since(began); took > patience+slack {
			l.Errorf("observe took %v, its context %v", took, patience)
		}
		if !o.Running || o.Answers || o.Problem == "" || o.Data != ha.DataPresent {
			l.Errorf("frozen: %+v", o)
		}
	}
	l.must("thaw", m.Thaw())
	l.eventually("an answer after the thaw", func() bool { return l.observe(m).Writable })
	l.must("freeze", m.Freeze())
	l.must("stop a frozen server", m.Engine().Stop(l.ctx, ha.StopKill))
	l.stopped(m)
}

// silenceShows: a standby whose upstream stands still, with all connections
// open, says so about as soon as it was told to be patient; and while the
// upstream lives, however idle, it does not.
func silenceShows(l *lab) {
	const patience = 600 * time.Millisecond
	primary, standby := l.pair()
	up := primary.Upstream()
	up.Patience = patience
	l.must("follow", standby.Engine().Follow(l.ctx, up))
	silent := func() bool {
		o := l.observe(standby)
		return !o.Streaming || o.Silent >= patience
	}
	l.eventually("streaming", func() bool { return !silent() })
	for began := time.Now(); time.Since(began) < 3*patience; {
		if silent() {
			l.Fatalf("an idle upstream counts as silent: %+v", l.observe(standby))
		}
	}
	l.must("freeze", primary.Freeze())
	began := time.Now()
	l.eventually("silence", silent)
	if took := time.Since(began); took > 2*patience+slack {
		l.Errorf("silence shows after %v, asked for was %v", took, patience)
	}
	l.must("thaw", primary.Thaw())
	l.eventually("streaming again", func() bool { return !silent() })
}

// restartedKnowsItsEnd: a standby that crashed and is started on its own says
// Recovering as long as it shows less log than it has confirmed.
func restartedKnowsItsEnd(l *lab) {
	primary, standby := l.member(0), l.member(1)
	l.startPrimary(primary, ha.SyncSet{K: 1, Members: []ha.MemberID{standby.Upstream().Member}})
	l.startStandby(standby, primary)
	for i := range 20 {
		l.write(primary, fmt.Sprintf("before the crash %d", i))
	}
	before := l.observe(standby)
	l.must("kill", standby.Kill())
	l.must("start on its own", standby.Engine().Start(l.ctx, ha.StartSpec{Mode: ha.StartStandby}))
	l.eventually("the end of its log", func() bool {
		o := l.observe(standby)
		if o.Answers && !o.Recovering && o.LSN < before.LSN {
			l.Fatalf("its log ends at %v, it says; it had confirmed %v", o.LSN, before.LSN)
		}
		return o.Answers && !o.Recovering
	})
}

func claimExcludes(l *lab) {
	m := l.member(0)
	first, ok := m.Engine().(ha.Claimer)
	if !ok {
		l.Skip("the engine has no claims")
	}
	second := m.Twin().(ha.Claimer)
	name, err := first.Claim(l.ctx)
	l.must("claim", err)
	again, err := first.Claim(l.ctx)
	l.must("claim again", err)
	_, err = second.Claim(l.ctx)
	l.wants("claim by another", err, ha.ErrClaimed)
	l.must("release by another", second.Release())
	_, err = second.Claim(l.ctx)
	l.wants("claim by another after it released nothing", err, ha.ErrClaimed)
	l.must("release", first.Release())
	taken, err := second.Claim(l.ctx)
	l.must("claim after release", err)
	if name == "" || again != name || taken != name {
		l.Errorf("claims of one directory: %q, %q, %q", name, again, taken)
	}
	other, err := l.member(1).Engine().(ha.Claimer).Claim(l.ctx)
	l.must("claim of another directory", err)
	if other == name {
		l.Errorf("claims of two directories: %q", name)
	}
}

func notifyTells(l *lab) {
	m := l.member(0)
	n, ok := m.Engine().(ha.Notifier)
	if !ok {
		l.Skip("the engine does not notify")
	}
	l.startPrimary(m, ha.SyncSet{})
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	poke := n.Notify(ctx)
	l.must("kill", m.Kill())
	// Notices may be merged, so one must do; what it tells of may take a moment
	// longer to be seen.
	select {
	case <-poke:
	case <-l.ctx.Done():
		l.Fatal("no notice of the end")
	}
	l.eventually("the end", func() bool { return !l.observe(m).Answers })
	cancel()
	l.eventually("the channel is closed", func() bool {
		_, open := <-poke
		return !open
	})
}

func initKeepsOff(l *lab) {
	m := l.member(0)
	i, ok := m.Engine().(ha.Initialiser)
	if !ok {
		l.Skip("the engine does not initialise")
	}
	before := l.observe(m)
	l.wants("init over data", i.Init(l.ctx), ha.ErrDataExists)
	l.same(before, l.observe(m))
	l.must("wipe", m.Wipe())
	l.must("init", i.Init(l.ctx))
	o := l.observe(m)
	if o.Data != ha.DataPresent || o.Running || !o.Clean || o.SystemID == "" || o.SystemID == before.SystemID {
		l.Errorf("initialised: %+v", o)
	}
	l.startPrimary(m, ha.SyncSet{})
	if o := l.observe(m); !o.Writable {
		l.Errorf("started: %+v", o)
	}
}
