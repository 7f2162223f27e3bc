// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"context"

	"github.com/gausskit/gausskit/ha"
)

// The laws that promise election stands on beyond the others.

// detachedStaysDeaf: nothing but an order to follow, to start behind somebody
// or to rejoin makes a detached standby listen again: no restart of its server,
// however it ended, and no other manager.
func detachedStaysDeaf(l *lab) {
	primary, standby := l.pair()
	setter := l.sync(primary)
	set := ha.SyncSet{K: 1, Members: []ha.MemberID{standby.Upstream().Member}}
	l.must("set sync", setter.SetSync(l.ctx, set))
	l.write(primary, "a")
	l.must("detach", standby.Engine().Detach(l.ctx))
	twin := standby.Twin()
	start := func(e ha.Engine) {
		l.Helper()
		l.must("start", e.Start(l.ctx, ha.StartSpec{Mode: ha.StartStandby}))
	}
	for _, c := range []struct {
		when string
		do   func()
	}{
		{"at once", func() {}},
		{"after a start of what runs", func() { start(standby.Engine()) }},
		{"after a start by another manager", func() { start(twin) }},
		{"after an orderly restart", func() {
			l.must("stop", standby.Engine().Stop(l.ctx, ha.StopFast))
			start(standby.Engine())
		}},
		{"killed and started by another manager", func() {
			l.must("kill", standby.Kill())
			start(twin)
		}},
		{"after it stood still", func() {
			l.must("freeze", standby.Freeze())
			l.must("thaw", standby.Thaw())
		}},
	} {
		c.do()
		l.eventually("an answer", func() bool { return l.observe(standby).Answers })
		before := l.observe(standby)
		l.notAcknowledged(primary, c.when)
		if o := l.observe(standby); o.Upstream != "" || o.Streaming || !before.Recovering && o.LSN != before.LSN {
			l.Errorf("%s: %+v, before it was %+v", c.when, o, before)
		}
		if p := l.observe(primary); len(p.Receivers) != 0 {
			l.Errorf("%s: receivers %+v", c.when, p.Receivers)
		}
	}
	l.must("start behind the primary", twin.Stop(l.ctx, ha.StopFast))
	l.startStandby(standby, primary)
	l.write(primary, "b")
	l.arrives(standby, "b")
}

// moreThanThereAre: writes wait while a set demands more members than it has,
// whether it was set, brought by a start or by a promotion; and those that wait
// are acknowledged when the members come.
func moreThanThereAre(l *lab) {
	primary, second := l.pair()
	third := l.member(2)
	setter := l.sync(primary)
	two := ha.SyncSet{K: 2, Members: []ha.MemberID{second.Upstream().Member}}
	shows := func(m EngineMember, set ha.SyncSet) {
		l.Helper()
		if o := l.observe(m); !o.Writable || !o.Sync.Equal(set) {
			l.Errorf("want %v in force: %+v", set, o)
		}
	}
	l.must("set sync", setter.SetSync(l.ctx, two))
	shows(primary, two)
	l.notAcknowledged(primary, "a")
	none := ha.SyncSet{K: 1}
	l.must("set sync to nobody", setter.SetSync(l.ctx, none))
	shows(primary, none)
	l.notAcknowledged(primary, "b")
	l.must("kill", primary.Kill())
	l.startPrimary(primary, two)
	shows(primary, two)
	l.streams(second)
	l.notAcknowledged(primary, "c")

	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	waits := make(chan error, 1)
	go func() { waits <- primary.Write(ctx, "d") }()
	l.startStandby(third, primary)
	select {
	case err := <-waits:
		l.Fatalf("a write ended before the set had its members: %v", err)
	default:
	}
	both := ha.SyncSet{K: 2, Members: []ha.MemberID{second.Upstream().Member, third.Upstream().Member}}
	l.must("set sync", setter.SetSync(l.ctx, both))
	select {
	case err := <-waits:
		l.must("the write that waited", err)
	case <-l.ctx.Done():
		l.Fatal("the write that waited was not acknowledged")
	}
	l.write(primary, "e")
	l.arrives(second, "e")

	l.must("stop", primary.Engine().Stop(l.ctx, ha.StopKill))
	three := ha.SyncSet{K: 3, Members: []ha.MemberID{third.Upstream().Member}}
	l.must("promote", second.Engine().Promote(l.ctx, ha.PromoteSpec{Term: 2, Sync: three}))
	shows(second, three)
	l.notAcknowledged(second, "f")
}
