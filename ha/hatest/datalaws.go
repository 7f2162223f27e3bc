// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"context"

	"github.com/gausskit/gausskit/ha"
)

// The laws about data that is thrown away: which may be, and which may not.

// copyTakesAll: a copy that was asked for leaves nothing of the old data, not
// even where following would have been enough, and cannot be asked for and
// forbidden in one.
func copyTakesAll(l *lab) {
	primary, standby := l.pair()
	l.write(primary, "a")
	l.arrives(standby, "a")
	spec := ha.RejoinSpec{Upstream: primary.Upstream(), Term: 1, Copy: true}
	for _, how := range []string{"of a standby that streams", "of one that was killed", "of one that was stopped"} {
		switch how {
		case "of one that was killed":
			l.must("kill", standby.Kill())
		case "of one that was stopped":
			l.must("stop", standby.Engine().Stop(l.ctx, ha.StopFast))
		}
		both := spec
		both.NoCopy = true
		if standby.Engine().Rejoin(l.ctx, both) == nil {
			l.Errorf("a copy %s was made that was forbidden as well", how)
		}
		l.must("copy "+how, standby.Engine().Rejoin(l.ctx, spec))
		l.streams(standby)
		if o := l.observe(standby); o.Data != ha.DataPresent || o.Role != ha.RoleStandby || o.Upstream != primary.Upstream().Member || o.Unserved {
			l.Errorf("copy %s: %+v", how, o)
		}
		l.write(primary, how)
		l.arrives(standby, how)
		if !l.has(standby, "a") {
			l.Errorf("copy %s: a row is missing", how)
		}
	}
	// What the upstream does not have is gone, and nothing is left half-way.
	old, heir := standby, primary
	l.must("stop", heir.Engine().Stop(l.ctx, ha.StopFast))
	l.must("promote", old.Engine().Promote(l.ctx, ha.PromoteSpec{Term: 2}))
	l.write(old, "lost")
	l.must("stop", old.Engine().Stop(l.ctx, ha.StopKill))
	l.startPrimary(heir, ha.SyncSet{})
	l.must("copy over diverged data", old.Engine().Rejoin(l.ctx, spec))
	l.streams(old)
	if l.has(old, "lost") || !l.has(old, "a") {
		l.Errorf("after a copy: lost %v, a %v", l.has(old, "lost"), l.has(old, "a"))
	}
	gone := heir.Upstream()
	l.must("stop", heir.Engine().Stop(l.ctx, ha.StopFast))
	before := l.observe(old)
	if old.Engine().Rejoin(l.ctx, ha.RejoinSpec{Upstream: gone, Copy: true}) == nil {
		l.Error("a copy of a server that does not run")
	}
	if o := l.observe(old); o.Data != ha.DataPresent || o.SystemID != before.SystemID || o.LSN < before.LSN {
		l.Errorf("a copy that could not begin left %+v, before it was %+v", o, before)
	}
}

// newborn makes a new database at member 2, whose data is wiped for it, and
// starts member 0 as the primary of another one.
func (l *lab) newborn() (born, primary EngineMember) {
	l.Helper()
	born, primary = l.member(2), l.member(0)
	i, ok := born.Engine().(ha.Initialiser)
	if !ok {
		l.Skip("the engine does not initialise")
	}
	if o := l.observe(born); o.Unserved {
		l.Errorf("data that others have as well: %+v", o)
	}
	l.must("wipe", born.Wipe())
	l.must("init", i.Init(l.ctx))
	l.startPrimary(primary, ha.SyncSet{})
	l.write(primary, "a")
	return born, primary
}

// unservedIsReplaced: what Init has made says so until somebody could write to
// it, and is thrown away when another database became the cluster's.
func unservedIsReplaced(l *lab) {
	born, primary := l.newborn()
	unserved := func(when string) {
		l.Helper()
		if o := l.observe(born); !o.Unserved {
			l.Errorf("%s: %+v", when, o)
		}
	}
	unserved("initialised")
	twin, err := born.Twin().Observe(l.ctx)
	if l.must("observe", err); !twin.Unserved {
		l.Errorf("as another manager sees it: %+v", twin)
	}
	// It may have been a candidate before it was overtaken.
	for _, how := range []ha.StopMode{ha.StopFast, ha.StopKill} {
		l.must("start", born.Engine().Start(l.ctx, ha.StartSpec{Mode: ha.StartStandby}))
		l.must("detach", born.Engine().Detach(l.ctx))
		unserved("as a standby of nobody")
		l.must("stop", born.Engine().Stop(l.ctx, how))
		unserved("stopped " + how.String())
	}
	l.wants("rejoin that must not copy", born.Engine().Rejoin(l.ctx, ha.RejoinSpec{Upstream: primary.Upstream(), NoCopy: true}), ha.ErrNeedsRejoin)
	unserved("after a rejoin that was refused")
	l.must("rejoin", born.Engine().Rejoin(l.ctx, ha.RejoinSpec{Upstream: primary.Upstream(), Term: 1}))
	l.streams(born)
	l.arrives(born, "a")
	if o, p := l.observe(born), l.observe(primary); o.SystemID != p.SystemID || o.Unserved || p.Unserved {
		l.Errorf("rejoined: %+v, %+v", o, p)
	}
}

// servedStays: data of another database is refused, whatever is asked, as soon
// as somebody could have written to it: as a primary, also for a moment.
func servedStays(l *lab) {
	born, primary := l.newborn()
	serve := []struct {
		how string
		do  func(context.Context) error
	}{
		{"started as primary", func(ctx context.Context) error {
			return born.Engine().Start(ctx, ha.StartSpec{Mode: ha.StartPrimary, Term: 1})
		}},
		{"promoted", func(ctx context.Context) error {
			if err := born.Engine().Start(ctx, ha.StartSpec{Mode: ha.StartStandby}); err != nil {
				return err
			}
			return born.Engine().Promote(ctx, ha.PromoteSpec{Term: 1})
		}},
	}
	for _, s := range serve {
		l.must("wipe", born.Wipe())
		l.must("init", born.Engine().(ha.Initialiser).Init(l.ctx))
		l.must(s.how, s.do(l.ctx))
		l.must("kill", born.Kill())
		l.must("stop", born.Engine().Stop(l.ctx, ha.StopKill))
		before := l.observe(born)
		if before.Unserved {
			l.Errorf("%s and killed: %+v", s.how, before)
		}
		// A recovery as a standby does not make it new again.
		l.must("start", born.Engine().Start(l.ctx, ha.StartSpec{Mode: ha.StartStandby}))
		l.must("stop", born.Engine().Stop(l.ctx, ha.StopFast))
		for _, spec := range []ha.RejoinSpec{{}, {Copy: true}, {NoCopy: true}} {
			spec.Upstream = primary.Upstream()
			if born.Engine().Rejoin(l.ctx, spec) == nil {
				l.Fatalf("%s: rejoined with %+v", s.how, spec)
			}
			if o := l.observe(born); o.Data != ha.DataPresent || o.Unserved || o.SystemID != before.SystemID {
				l.Errorf("%s, after a rejoin that was refused: %+v", s.how, o)
			}
		}
		l.must("stop", born.Engine().Stop(l.ctx, ha.StopFast))
	}
}
