// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// What operators set and nodes honour: pauses and downtimes that end by
// themselves, switchovers that wait for their time, the limit on automatic
// failovers, and approvals. All of it goes by the wall clock, which may be
// wrong: then things happen early or late, and nothing else.

// passed reports whether a moment of the wall clock is over for at least so
// long, and asks to be called again when it will be.
func (d *decider) passed(wall int64, late time.Duration) bool {
	left := time.Duration(wall-d.in.View.Wall) + late
	if left <= 0 {
		return true
	}
	if left <= MaxLimit {
		d.at(d.now.Add(left))
	}
	return false
}

// expire ends a pause or a downtime whose time has passed. Each member would
// do it, the primary first, so that they do not all write at once.
func (d *decider) expire() {
	if duties[d.m.State]&caretaking == 0 || d.m.SessionRev == 0 || !d.m.Loaded {
		return
	}
	if p := &d.c.Pause; d.c.PauseRev != 0 && p.Until != 0 && d.passed(p.Until, d.expireTurn()) {
		d.end(dcs.Cond{Key: d.keys().pause(), Modified: d.c.PauseRev})
		return
	}
	for i := range d.c.Members {
		m := &d.c.Members[i]
		if m.DowntimeRev != 0 && m.Downtime.Until != 0 && d.passed(m.Downtime.Until, d.expireTurn()) {
			d.end(dcs.Cond{Key: d.keys().downtime(m.Name), Modified: m.DowntimeRev})
			return
		}
	}
}

// end removes a record as it is known.
func (d *decider) end(record dcs.Cond) {
	if d.storeReady() {
		d.commit(ActExpire, dcs.Txn{If: []dcs.Cond{record}, Then: []dcs.Op{{Key: record.Key, Delete: true}}})
	}
}

// expireTurn is how long this member lets others go first.
func (d *decider) expireTurn() time.Duration {
	if d.m.State == StatePrimary {
		return 0
	}
	turn := d.set.StoreLimit
	for i := range d.c.Members {
		if d.c.Members[i].Name == d.in.Self.Name {
			break
		}
		turn += d.set.StoreLimit
	}
	return turn
}

// inDowntime reports whether somebody works on this member.
func (d *decider) inDowntime() bool {
	me := d.c.Member(d.in.Self.Name)
	return me != nil && me.Down()
}

// failureOf says which failure ends the reign when the holder's node finds it.
func (d *decider) failureOf(why Trigger) Failure {
	switch {
	case why == TriggerPromotionFailed:
		return FailurePromotion
	case why == TriggerDeadline:
		return FailureLease
	case why == TriggerServerLost && d.m.SilentSince != 0:
		return FailureHang
	case why == TriggerServerLost:
		return FailureCrash
	}
	return FailureNone
}

// failure says which one ended the newest reign, as the records show it;
// FailureNone when it was given back as somebody wanted.
func (d *decider) failure() Failure {
	r := &d.c.Reign
	switch old := d.c.Member(r.Holder); {
	case r.Term == 0:
		return FailureNone
	case r.Released && r.Failed:
		return FailurePromotion
	case r.Released:
		return r.Failure
	case contest(d.c) && old != nil && old.Alive():
		return FailureHang // its node lives and its standbys hear nothing
	}
	return FailureNode
}

// changes reports whether taking the grant would make another member primary
// because of a failure, without anybody having ordered it. The last holder
// may take it back: that changes nobody's role.
func (d *decider) changes() bool {
	return d.c.Reign.Holder != d.in.Self.Name && !d.ordered() && d.failure() != FailureNone
}

// automatic reports whether taking the grant would be an automatic failover.
func (d *decider) automatic() bool { return d.changes() && !d.c.Approved() }

// allowed reports whether this member, the best candidate, may take the grant
// now. An automatic failover may need an approval, and one too many makes
// automation pause itself.
func (d *decider) allowed() bool {
	if !d.automatic() {
		return true
	}
	if d.set.Approve {
		d.election.Hold = HoldApproval
		if d.m.Fails == 0 {
			d.m.Problem = HoldApproval.problem()
		}
		return false
	}
	n, oldest := recentFailovers(d.c.Failovers, d.in.View.Wall, d.set.FailoverWindow)
	if d.set.FailoverLimit < 0 || n < d.set.FailoverLimit || d.c.Paused() {
		return true
	}
	d.pauseItself(oldest)
	return false
}

// pauseItself turns automation off until the oldest failover has left the
// window. It fails when anything it stands on has changed.
func (d *decider) pauseItself(oldest int64) {
	if !d.storeReady() {
		return
	}
	k := d.keys()
	d.commit(ActPause, dcs.Txn{
		If: []dcs.Cond{
			{Key: k.pause(), Modified: d.c.PauseRev}, {Key: k.reign(), Modified: d.c.ReignRev},
			{Key: k.failovers(), Modified: d.c.FailoversRev}, {Key: k.request(), Modified: d.c.RequestRev},
		},
		Then: []dcs.Op{{Key: k.pause(), Value: encode(Pause{
			Reason: flapReason(d.c.Failovers, d.in.View.Wall, d.set.FailoverWindow), By: string(d.in.Self.Name), Wall: d.in.View.Wall,
			Until: oldest + int64(d.set.FailoverWindow), Automatic: true,
		})}},
	})
}

// logFailover adds to the taking of the grant what is remembered of it, and
// what allowed it: the limit, the approval, and that this member is in service.
func (d *decider) logFailover(txn *dcs.Txn, next *Reign) {
	if d.election == nil {
		return
	}
	k, failure := d.keys(), d.failure()
	if me := d.c.Member(d.in.Self.Name); me != nil {
		txn.If = append(txn.If, dcs.Cond{Key: k.downtime(me.Name), Modified: me.DowntimeRev})
	}
	if d.automatic() {
		txn.If = append(txn.If, dcs.Cond{Key: k.settings(), Modified: d.c.SettingsRev}, dcs.Cond{Key: k.request()})
	}
	if failure == FailureNone {
		return
	}
	old := d.c.Failovers
	if len(old) >= KeptFailovers {
		old = old[len(old)-KeptFailovers+1:]
	}
	log := append(append(make([]Failover, 0, len(old)+1), old...), Failover{
		Term: next.Term, From: d.c.Reign.Holder, To: next.Holder, Failure: failure, Automatic: d.automatic(), Wall: next.Wall,
	})
	txn.If = append(txn.If, dcs.Cond{Key: k.failovers(), Modified: d.c.FailoversRev})
	txn.Then = append(txn.Then, dcs.Op{Key: k.failovers(), Value: encode(log)})
}

// considerScheduled makes a request of a scheduled switchover whose time has
// come; what it needs is judged then, like that of any other. One that names
// its target survives a change of primary. One that does not was meant to
// move the primary it was made for, and is void when another has taken over.
func (d *decider) considerScheduled() {
	q, me := &d.c.Scheduled, d.in.Self.Name
	if d.c.ScheduledRev == 0 || d.m.ReignRev == 0 {
		return
	}
	if q.To == "" && q.From != me {
		d.endScheduled(AnswerRefused, "void: "+string(q.From)+" is not the primary any more")
		return
	}
	if !d.passed(q.NotBefore, 0) {
		return
	}
	switch {
	case d.passed(q.NotBefore, ScheduleGrace):
		d.endScheduled(AnswerRefused, "void: there was no chance to carry it out within "+ScheduleGrace.String()+" of its time")
	case d.c.Paused():
		d.endScheduled(AnswerRefused, "paused by "+d.c.Pause.By+": "+d.c.Pause.Reason)
	case q.To == me:
		d.endScheduled(AnswerDone, string(me)+" is the primary already")
	case d.c.RequestRev == 0:
		d.makeDue()
	}
}

func (d *decider) makeDue() {
	if !d.storeReady() || !d.holding() {
		return
	}
	k, q := d.keys(), d.c.Scheduled
	q.Term = d.m.Term
	d.commit(ActDue, dcs.Txn{
		If: []dcs.Cond{
			{Key: k.grant(), Modified: d.m.GrantRev}, {Key: k.scheduled(), Modified: d.c.ScheduledRev},
			{Key: k.request(), Modified: d.c.RequestRev}, {Key: k.pause(), Modified: d.c.PauseRev},
		},
		Then: []dcs.Op{{Key: k.scheduled(), Delete: true}, {Key: k.request(), Value: encode(q)}},
	})
}

// endScheduled answers a scheduled switchover that will not become a request.
func (d *decider) endScheduled(code AnswerCode, why string) {
	if !d.storeReady() {
		return
	}
	conds, ops := scheduledOps(d.keys(), d.c, Answer{
		ID: d.c.Scheduled.ID, Code: code, Why: why, Term: d.c.Reign.Term, Primary: d.c.Grant.Holder,
	})
	d.commit(ActAnswer, dcs.Txn{If: conds, Then: ops})
}
