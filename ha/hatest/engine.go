// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// EngineCluster is what TestEngine needs to try an engine: three members whose
// data directories hold the same database, stopped in an orderly way, so that
// any of them can be started as primary and the others as its standbys.
type EngineCluster interface {
	// Member returns member i, from 0 to 2.
	Member(i int) EngineMember
}

// EngineMember is one member of an EngineCluster, with the means to use its
// server as a client does and to do it harm.
type EngineMember interface {
	// Engine returns the member's engine, always the same.
	Engine() ha.Engine
	// Twin returns another engine on the same data, as another manager on the
	// same machine would have it.
	Twin() ha.Engine
	// Upstream returns the member as its standbys follow it.
	Upstream() ha.Upstream

	// Write stores key durably through the server, and returns nil only when
	// the server has acknowledged it.
	Write(ctx context.Context, key string) error
	// Has reports whether key can be read through the server.
	Has(ctx context.Context, key string) (bool, error)

	// Kill ends the server's main process as kill -9 does.
	Kill() error
	// Freeze makes the server stand still, sockets open.
	Freeze() error
	// Thaw lets a frozen server go on.
	Thaw() error
	// Wipe empties the data directory of a stopped member.
	Wipe() error
}

// TestEngine checks the contract of ha.Engine, law by law, each on a cluster
// of its own. Optional abilities are checked where the engine has them.
func TestEngine(t *testing.T, newCluster func(testing.TB) EngineCluster) {
	laws := []struct {
		name string
		law  func(*lab)
	}{
		{"ObserveChangesNothing", observeChangesNothing},
		{"StartAndStopAreIdempotent", startAndStopAreIdempotent},
		{"StandbyFollowsItsUpstream", standbyFollowsItsUpstream},
		{"PromotionBringsTheSyncSet", promotionBringsTheSyncSet},
		{"StandbyDataIsPromotedByStart", standbyDataIsPromotedByStart},
		{"FollowLastsThroughARestart", followLasts},
		{"DetachedIsDeaf", detachedIsDeaf},
		{"SilenceOfTheUpstreamShows", silenceShows},
		{"RestartedStandbyKnowsItsEnd", restartedKnowsItsEnd},
		{"SyncSetIsInForce", syncSetIsInForce},
		{"SyncSetWithMoreThanThereAre", moreThanThereAre},
		{"DetachedStaysDeaf", detachedStaysDeaf},
		{"StopWinsOverStart", stopWinsOverStart},
		{"StopWinsOverPromote", stopWinsOverPromote},
		{"AcknowledgedSurvivesKill", acknowledgedSurvivesKill},
		{"CleanPrimaryMayFollow", cleanPrimaryMayFollow},
		{"RejoinLosesOnlyTheDivergedTail", rejoinLosesOnlyTheTail},
		{"RejoinCopiesIntoAnEmptyDirectory", rejoinCopies},
		{"InterruptedRejoinShows", interruptedRejoinShows},
		{"EndedContextIsUncertain", endedContextIsUncertain},
		{"ObserveOfAFrozenServerReturns", observeOfAFrozenServerReturns},
		{"ClaimExcludesASecondOne", claimExcludes},
		{"NotifyTellsOfAnEnd", notifyTells},
		{"InitKeepsItsHandsOffData", initKeepsOff},
		{"CopyTakesTheWholeOfTheUpstream", copyTakesAll},
		{"UnservedDataIsReplaced", unservedIsReplaced},
		{"ServedDataOfAnotherDatabaseStays", servedStays},
	}
	for _, l := range laws {
		t.Run(l.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), labLimit)
			defer cancel()
			l.law(&lab{T: t, ctx: ctx, cluster: newCluster(t)})
		})
	}
}

const (
	// labLimit bounds a law; it is never waited for where the law holds.
	labLimit = 60 * time.Second
	// hold is how long a law watches for something that must not happen.
	hold = 150 * time.Millisecond
	// slack is how late a method may return after its context has ended.
	slack = 5 * time.Second
)

// lab is a law under test on its cluster.
type lab struct {
	*testing.T
	ctx     context.Context
	cluster EngineCluster
}

func (l *lab) member(i int) EngineMember { return l.cluster.Member(i) }

// must fails the law when an action that has to work does not.
func (l *lab) must(what string, err error) {
	l.Helper()
	if err != nil {
		l.Fatalf("%s: %v", what, err)
	}
}

func (l *lab) observe(m EngineMember) ha.Observation {
	l.Helper()
	o, err := m.Engine().Observe(l.ctx)
	l.must("observe", err)
	return o
}

// eventually waits until ok says true.
func (l *lab) eventually(what string, ok func() bool) {
	l.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-l.ctx.Done():
			l.Fatalf("%s: not within %v", what, labLimit)
		}
	}
}

func (l *lab) startPrimary(m EngineMember, sync ha.SyncSet) {
	l.Helper()
	l.must("start primary", m.Engine().Start(l.ctx, ha.StartSpec{Mode: ha.StartPrimary, Term: 1, Sync: sync}))
}

// startStandby starts m behind up and waits until it streams.
func (l *lab) startStandby(m, up EngineMember) {
	l.Helper()
	l.must("start standby", m.Engine().Start(l.ctx, ha.StartSpec{Mode: ha.StartStandby, Upstream: up.Upstream(), Term: 1}))
	l.streams(m)
}

func (l *lab) streams(m EngineMember) {
	l.Helper()
	l.eventually("streaming", func() bool { return l.observe(m).Streaming })
}

// pair starts member 0 as primary and member 1 as its standby.
func (l *lab) pair() (primary, standby EngineMember) {
	l.Helper()
	primary, standby = l.member(0), l.member(1)
	l.startPrimary(primary, ha.SyncSet{})
	l.startStandby(standby, primary)
	return primary, standby
}

func (l *lab) write(m EngineMember, key string) {
	l.Helper()
	l.must("write "+key, m.Write(l.ctx, key))
}

func (l *lab) has(m EngineMember, key string) bool {
	l.Helper()
	found, err := m.Has(l.ctx, key)
	l.must("read "+key, err)
	return found
}

// arrives waits until key can be read through m.
func (l *lab) arrives(m EngineMember, key string) {
	l.Helper()
	l.eventually("arrival of "+key, func() bool { return l.has(m, key) })
}

// notAcknowledged checks that a write of key is not acknowledged.
func (l *lab) notAcknowledged(m EngineMember, key string) {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.ctx, hold)
	defer cancel()
	if err := m.Write(ctx, key); err == nil {
		l.Fatalf("write %s was acknowledged", key)
	}
}

// stopped checks that m's server does not run.
func (l *lab) stopped(m EngineMember) {
	l.Helper()
	if o := l.observe(m); o.Running || o.Answers || o.Writable {
		l.Fatalf("the server still runs: %+v", o)
	}
}

// diverge makes member 0 a crashed primary that has acknowledged a write which
// its successor, member 1, has never seen.
func (l *lab) diverge() (old, heir EngineMember) {
	l.Helper()
	old, heir = l.pair()
	l.write(old, "common")
	l.arrives(heir, "common")
	l.must("detach", heir.Engine().Detach(l.ctx))
	l.write(old, "lost")
	l.must("kill", old.Kill())
	l.must("stop", old.Engine().Stop(l.ctx, ha.StopKill))
	l.must("promote", heir.Engine().Promote(l.ctx, ha.PromoteSpec{Term: 2}))
	l.write(heir, "new")
	return old, heir
}

// healed checks that what diverge has left was rejoined.
func (l *lab) healed(old, heir EngineMember) {
	l.Helper()
	l.streams(old)
	l.arrives(old, "new")
	if !l.has(old, "common") || l.has(old, "lost") {
		l.Errorf("after the rejoin: common %v, lost %v", l.has(old, "common"), l.has(old, "lost"))
	}
	if !l.has(heir, "common") || !l.has(heir, "new") {
		l.Error("the upstream has lost rows")
	}
	if o := l.observe(old); o.Role != ha.RoleStandby || o.Upstream != heir.Upstream().Member {
		l.Errorf("after the rejoin: %+v", o)
	}
}

// wants checks an error that callers branch on.
func (l *lab) wants(what string, err, want error) {
	l.Helper()
	if !errors.Is(err, want) {
		l.Errorf("%s: %v, want %v", what, err, want)
	}
}

func (l *lab) sync(m EngineMember) ha.SyncSetter {
	l.Helper()
	s, ok := m.Engine().(ha.SyncSetter)
	if !ok {
		l.Skip("the engine has no synchronous replication")
	}
	return s
}

// same compares two observations.
func (l *lab) same(a, b ha.Observation) {
	l.Helper()
	if !reflect.DeepEqual(a, b) {
		l.Errorf("two observations differ:\n%+v\n%+v", a, b)
	}
}
