// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// Decide is the heart of a node: from what the node remembers, what it sees
// and what became of its actions it decides the next state and what to do. It
// is a pure function. The same input gives the same decision, on any machine,
// in a simulator, or from a stored record.
//
// The parts, in the order in which they are called: absorb (outcomes become
// memory), trigger (what of all that is so counts most, decide_trigger.go),
// the transition table (transition.go), and duty (what the state has to get
// done, decide_duty.go and decide_store.go). A program that brings its own
// loop instead of a [Node] calls Decide after every outcome, every new
// snapshot, every observation, and at Decision.Wake; carries out the actions;
// and keeps Decision.Machine for the next call.
func Decide(in *Input) Decision {
	d := decider{in: in, now: in.Now, m: in.Machine, c: in.View.Cluster}
	if d.c == nil {
		d.c = &noCluster
	}
	d.set = d.settings()
	if in.Poked {
		d.m.ObserveAt, d.m.ObsAfter = d.now, d.now
	}
	for i := range in.Outcomes {
		d.absorb(&in.Outcomes[i])
	}
	d.learn()

	from := d.m.State
	row := Transition(from, d.trigger())
	if row.Kind == RowAllowed {
		d.enter(row.To, row.Trigger)
	}
	d.duty()
	d.session()
	d.look()
	d.ask()
	d.guard()
	return Decision{
		Machine: d.m, From: from, Trigger: row.Trigger, To: d.m.State, Why: row.Why,
		Actions: d.actions, Wake: d.wake, Election: d.election, Parent: d.parentChoice, Would: d.would,
	}
}

var noCluster Cluster // read-only: what is known before the first snapshot

// decider is the scratch space of one decision.
type decider struct {
	in  *Input
	now Instant
	m   Machine
	c   *Cluster
	set Settings

	actions  []Action
	wake     Instant
	election *Election
	would    *Record // of a shadow: the pretended decision that began what it would do

	parentChoice *ParentChoice
}

func (d *decider) settings() Settings {
	d.wake = never
	if d.c.SettingsRev != 0 {
		return d.c.Settings.WithDefaults()
	}
	return d.in.Self.Defaults.WithDefaults()
}

// at asks to be called again at t. What was due before now has been looked at
// already: asking for it again would spin.
func (d *decider) at(t Instant) {
	if d.now < t && t < d.wake {
		d.wake = t
	}
}

// again asks to be called at once: this decision made the next one possible.
func (d *decider) again() { d.wake = min(d.wake, d.now+1) }

// idle reports whether a lane can take an action.
func (d *decider) idle(l Lane) bool { return d.m.Flights[l].ID == 0 }

// flying reports whether an action of this kind is under way.
func (d *decider) flying(k ActionKind) bool {
	f := &d.m.Flights[k.Lane()]
	return f.ID != 0 && f.Kind == k
}

// order starts an action. Its lane must be idle and its kind a duty of the
// state; Decide's tests check the second on every simulated decision.
func (d *decider) order(a Action) {
	d.m.Seq++
	a.ID = d.m.Seq
	switch {
	case a.Kind == ActFollow, a.Kind == ActRejoin, a.Kind == ActStart:
		d.m.Detached, d.m.Bare = false, a.Kind == ActStart && a.Mode == StartStandby && a.Upstream.Address == "" && a.Upstream.Member == ""
	case a.Kind == ActSetSync:
		d.m.SyncDoubt = true // until it is done
	}
	d.m.Flights[a.Kind.Lane()] = Flight{ID: a.ID, Kind: a.Kind, Begun: d.now, Limit: a.Limit}
	if d.actions == nil {
		d.actions = make([]Action, 0, 2) // mostly: renew and observe
	}
	d.actions = append(d.actions, a)
}

// holding reports whether this node holds the grant as far as it can know:
// it took it, and no newer snapshot shows another.
func (d *decider) holding() bool { return d.m.GrantRev != 0 && !d.grantLost() }

func (d *decider) grantLost() bool {
	return d.m.GrantRev != 0 && d.c.Revision >= d.m.GrantRev && d.c.GrantRev != d.m.GrantRev && !d.lapsed()
}

// grantMine reports whether the records show this run of the node as holder.
// Records that are older than its own giving back do not.
func (d *decider) grantMine() bool {
	return d.c.GrantRev > d.m.GaveRev && d.c.Grant.Holder == d.in.Self.Name && d.c.Grant.Instance == d.in.Self.Instance
}

// leader is the member that holds the grant, if it is another one. The holder
// of a quorum reign leads on when its lease has run out.
func (d *decider) leader() *Member {
	if r := &d.c.Reign; d.c.GrantRev == 0 && contest(d.c) && r.Holder != d.in.Self.Name {
		return d.c.Member(r.Holder)
	}
	if d.c.GrantRev == 0 || d.c.Grant.Holder == d.in.Self.Name {
		return nil
	}
	return d.c.Member(d.c.Grant.Holder)
}

// fresh reports whether the observation was begun after everything that this
// node did to the server had ended.
func (d *decider) fresh() bool {
	return d.in.View.ObsKnown && d.in.View.ObsBegan >= d.m.ObsAfter && d.idle(LaneEngine) && d.idle(LaneStop)
}

// absorb turns the end of an action into memory.
func (d *decider) absorb(o *Outcome) {
	f := &d.m.Flights[o.Kind.Lane()]
	if f.ID != o.ID {
		return // given up before; its effect shows in what is observed next
	}
	*f = Flight{}
	if o.Fault == FaultLeaseGone {
		d.loseSession()
	}
	switch o.Kind.Lane() {
	case LaneRenew:
		d.absorbRenew(o)
	case LaneStore:
		d.absorbStore(o)
	case LaneEngine:
		d.m.ObsAfter = d.now
		d.m.ObserveAt = d.now
		d.absorbEngine(o)
	case LaneGuard:
		d.absorbGuard(o)
	case LaneAsk:
		d.absorbAsk(o)
	case LaneStop:
		d.m.ObsAfter = d.now
		d.m.ObserveAt = d.now
		if o.Result == ResultDone {
			d.m.Stopped = true
		} else {
			if d.m.StopMode == StopKill { // each mode had its try
				d.m.StopAt = d.now.Add(d.set.Heartbeat / 10)
			}
			d.m.StopMode = min(d.m.StopMode+1, StopKill)
			d.m.Problem = o.Kind.String() + ": " + o.Detail
		}
	}
}

func (d *decider) absorbRenew(o *Outcome) {
	switch {
	case o.Kind == ActLease && d.m.Lease != 0 && (d.m.GrantRev != 0 || d.flying(ActAcquire)):
		// Made for changed settings, and too late: the grant is, or may be,
		// bound to the lease at hand. The new one runs out unused.
	case o.Kind == ActLease && o.Result == ResultDone:
		d.m.Lease, d.m.LeaseSent = o.Lease, o.Began
		d.m.LeaseTTL, d.m.LeaseMargin = d.m.AskedTTL, d.m.AskedMargin
		d.m.RenewAt = o.Began.Add(d.heartbeat())
		d.m.SessionRev, d.m.Loaded = 0, false
	case o.Kind == ActRenew && o.Result == ResultDone:
		d.m.LeaseSent = max(d.m.LeaseSent, o.Began) // R1: counted from the sending
		d.m.RenewAt = o.Began.Add(d.heartbeat())
	case o.Kind == ActRevoke && o.Result == ResultDone:
		d.loseSession()
		d.m.Revoked = true
	default:
		d.m.RenewAt = d.now.Add(d.set.StoreLimit / 4)
	}
}

// loseSession forgets a lease that has ended: everything bound to it is gone.
func (d *decider) loseSession() {
	d.m.Lease, d.m.SessionRev = 0, 0
	d.m.Loaded = false
}

func (d *decider) absorbStore(o *Outcome) {
	if o.Result != ResultDone {
		d.m.StoreAt = d.now.Add(d.set.StoreLimit / 10)
		d.m.NeedLoad = true
		if o.Kind == ActAcquire && o.Result != ResultUncertain && d.m.State == StateStarting && d.adopting() {
			d.m.Taking = 0 // it certainly did not happen
		}
		if o.Kind == ActSyncRules && o.Result == ResultUncertain {
			d.m.RulesDoubt = true
		}
		return
	}
	switch o.Kind {
	case ActIdentify, ActSyncRules, ActReign, ActAnswer, ActPause, ActExpire, ActDue, ActShadow:
		d.m.Wrote, d.m.StoreAt = o.Revision, d.now.Add(d.set.StoreLimit/10)
	}
	switch o.Kind {
	case ActLoad:
		d.m.NeedLoad, d.m.Wrote = false, 0
		d.m.Loaded = d.m.SessionRev != 0
	case ActConfirm:
		// The shell put what was read into the view before this decision.
		d.m.Confirmed = d.holding() && d.grantMine() && d.c.Grant.Term == d.m.Term
		d.m.ConfirmAt = o.Began
	case ActOpenSession:
		d.m.SessionRev = o.Revision
	case ActAcquire:
		d.m.GrantRev, d.m.Term = o.Revision, d.m.Taking
		d.m.ReignRev, d.m.Confirmed = 0, false
	case ActRelease:
		d.m.GaveBack, d.m.GaveRev = true, o.Revision
	case ActReign:
		d.m.ReignRev, d.m.Quorum = o.Revision, d.m.AskedQuo
	case ActPublish:
		d.m.Published, d.m.PublishedAt, d.m.PublishedRev = d.m.Publishing, d.now, o.Revision
		if d.m.Published.Final == 0 {
			d.m.Promised = 0
		}
	}
}

func (d *decider) absorbEngine(o *Outcome) {
	if o.Result == ResultDone {
		d.m.Fails, d.m.Problem, d.m.EngineAt = 0, "", 0
	} else if o.Kind != ActCheckpoint && o.Kind != ActHook && o.Kind != ActFence {
		d.m.Fails++
		d.m.Problem = o.Kind.String() + ": " + o.Detail
		d.m.EngineAt = d.now.Add(backoff(d.m.Fails, d.set.Heartbeat))
	}
	if o.Result == ResultDone {
		switch o.Kind {
		case ActDetach:
			d.m.Detached = true
		case ActStart:
			d.m.Detached = d.m.Bare
		case ActSetSync:
			d.m.SyncDoubt, d.m.Adopted = false, 0
		}
	}
	switch o.Kind {
	case ActPromote:
		d.m.Promoted = d.m.Promoted || o.Result == ResultDone
		d.m.PromoFail = d.m.PromoFail || o.Result == ResultFailed || o.Result == ResultRefused
	case ActStart:
		d.m.NeedsRejoin = d.m.NeedsRejoin || o.Fault == FaultNeedsRejoin
		d.m.ToldDown = false
		d.m.Confirmed = false
	case ActFollow:
		d.m.NeedsRejoin = d.m.NeedsRejoin || o.Fault == FaultNeedsRejoin
		d.m.DrySince = d.now
	case ActRejoin:
		d.m.Rejoined = o.Result == ResultDone
		if d.m.Rejoined && d.m.Job.Copying {
			d.m.Job.Step = JobDone
		}
		d.m.Job.Copying = false
	case ActSetSync:
		// It may still arrive, and let this server acknowledge alone.
		d.m.Loose = d.m.Loose || d.m.AskedAsync && o.Result == ResultUncertain
	case ActCheckpoint:
		d.m.HandReady = true
	case ActHook:
		d.absorbHook(o)
	case ActFence:
		d.absorbFence(o)
	}
}

func (d *decider) absorbHook(o *Outcome) {
	switch {
	case o.Result == ResultDone && d.m.State == StatePromoting:
		d.m.Hooked = HookPromote
	case o.Result == ResultDone:
		d.m.Hooked = HookSwitchover
	case d.m.State == StatePromoting:
		d.m.PromoFail, d.m.Problem = true, "hook: "+o.Detail
	default:
		d.m.HandTo, d.m.Problem = "", "hook: "+o.Detail
		d.m.Hooked = HookNone
		d.m.HandSince = -1 // refused: the answer says why
	}
}

// backoff grows with the failures in a row, from a tenth of a heartbeat to
// four of them.
func backoff(fails int, heartbeat time.Duration) time.Duration {
	return min(heartbeat/10<<min(fails-1, 10), 4*heartbeat)
}

// learn keeps the derived part of the memory in step with what is seen.
func (d *decider) learn() {
	d.learnSession()
	if d.m.Wrote != 0 && d.c.Revision >= d.m.Wrote {
		d.m.Wrote, d.m.StoreAt = 0, 0
	}
	if d.grantMine() && d.c.GrantRev > d.m.GrantRev {
		// The answer to an acquisition was lost; the record tells.
		d.m.GrantRev, d.m.Term, d.m.ReignRev = d.c.GrantRev, d.c.Grant.Term, 0
		d.m.Confirmed = false // that was another term
	}
	if d.in.View.Cluster == nil {
		return
	}
	d.hear()
	d.noteSign()
	d.noteLag()
	switch {
	case !d.vacant():
		d.m.FreeSince, d.m.FreeTerm = 0, d.c.Reign.Term+1
	case d.m.FreeSince == 0 || d.m.FreeTerm != d.c.Reign.Term+1 || d.m.FreeMark != d.mark():
		// Also when a pause ends, or an order or approval comes: only now do the others
		// begin to fix their positions, and they get the time for it.
		d.m.FreeSince, d.m.FreeTerm, d.m.FreeMark = d.now, d.c.Reign.Term+1, d.mark()
	}
	d.learnServer()
}

// mark is the newest word of an operator that an election may have waited for.
func (d *decider) mark() dcs.Revision {
	return max(d.c.PauseRev, d.c.RequestRev, d.c.ApprovalRev)
}

// learnSession believes the records more than an answer: one may have been
// lost, and a name may be taken away.
func (d *decider) learnSession() {
	if d.in.View.Cluster == nil || d.m.Lease == 0 {
		return
	}
	me := d.c.Member(d.in.Self.Name)
	if me != nil && me.StatusRev > d.m.PublishedRev && d.m.PublishedRev != 0 && !d.flying(ActPublish) {
		// An older status whose answer never came has reached the store after a
		// newer one. What the records say is what the others go by.
		d.m.Published, d.m.PublishedRev = me.Status, me.StatusRev
		if me.Status.Final == 0 && me.Status.Instance == d.in.Self.Instance {
			d.m.Promised = 0
		}
	}
	bound := me != nil && me.Alive() && me.Lease == d.m.Lease && me.Session.Instance == d.in.Self.Instance
	switch {
	case d.m.SessionRev == 0 && bound:
		d.m.SessionRev = me.SessionRev
	case d.m.SessionRev != 0 && d.c.Revision >= d.m.SessionRev && !bound:
		d.m.SessionRev, d.m.Loaded = 0, false
	}
}

// learnServer follows how long the server has been down, silent or dry. A
// server that cannot even be looked at counts as silent.
func (d *decider) learnServer() {
	if !d.in.View.ObsKnown && d.in.View.ObsBegan >= d.m.ObsAfter && d.m.SilentSince == 0 {
		d.m.SilentSince = d.in.View.ObsBegan
	}
	if d.c.Paused() {
		d.m.DownSince, d.m.SilentSince = 0, 0
	}
	if !d.fresh() {
		return
	}
	o := &d.in.View.Obs
	since := func(t *Instant, is bool) {
		switch {
		case !is:
			*t = 0
		case *t == 0:
			*t = d.in.View.ObsBegan
		}
	}
	since(&d.m.DownSince, !o.Running && !d.c.Paused())
	since(&d.m.SilentSince, o.Running && !o.Answers && !d.c.Paused())
	since(&d.m.DrySince, !o.Streaming || d.stuck())
	d.m.DryLSN = 0
	if d.m.DrySince != 0 && d.m.State == StateStandby {
		d.m.DryLSN = o.LSN
	}
}

// stuck reports whether a standby that could take no log shows as streaming
// for a moment, and still has none of its upstream's timeline, and no more log
// than before: its receiver connects and is turned away again and again, because
// its log left the upstream's at an earlier fork.
func (d *decider) stuck() bool {
	o, r := &d.in.View.Obs, &d.c.Reign
	return d.m.DrySince != 0 && o.LSN == d.m.DryLSN && o.Timeline != 0 && o.Timeline < r.Timeline && r.Promoted && d.leader() != nil
}

// enter changes the state and forgets what belonged to the old one.
func (d *decider) enter(s State, why Trigger) {
	m := &d.m
	d.notePhase(s, m.Since)
	adopts := m.State == StateStarting && m.Adopted != 0
	m.State, m.Since = s, d.now
	m.Fails, m.EngineAt = 0, 0
	if s != StateStarting && s != StateShadow {
		m.Shadow = nil
	}
	switch s {
	case StatePromoting:
		m.Confirmed, m.Hooked, m.Promoted, m.PromoFail, m.ReignRev = false, HookNone, false, false, 0
		m.Start, m.Cascade = d.in.View.Obs.LSN, CascadeMemory{}
		m.Problem, m.Quorum, m.Loose, m.Failure, m.ArmAt = "", false, false, FailureNone, 0
		m.Fences, m.FenceWhy = 0, ""
		if adopts { // nobody is promoted, so nobody is asked
			m.Hooked = HookPromote
		}
	case StatePrimary:
		m.HandTo, m.HandID, m.HandSince, m.HandReady, m.Hooked = "", "", 0, false, HookNone
		m.DownSince, m.SilentSince, m.ToldDown, m.SyncLSN = 0, 0, false, 0
		m.SyncDoubt = !m.Promoted // found writable: who knows what an earlier run was about to change
		m.SyncAt, m.LackSince, m.Degraded, m.DegradedK, m.DegradedWall = 0, 0, false, 0, 0
	case StateDemoting:
		m.Stopped, m.GaveBack, m.EndLSN, m.EndExact = false, false, 0, false
		m.StopMode, m.StopAt, m.Failure = StopFast, 0, d.failureOf(why)
		m.Lost = why == TriggerServerLost
		if m.Lost || why == TriggerUnfit {
			m.StopMode = StopImmediate
		}
		if why == TriggerPromotionFailed {
			m.TakeAt = d.now.Add(d.set.Heartbeat) // what failed at once would fail at once again
		}
		if why == TriggerDeadline {
			// Renewals may arrive although no answer does. They must end, or
			// nobody else would ever get the grant.
			d.loseSession()
		}
		if why == TriggerHandOver && d.c.Request.Kind == RequestFailover {
			m.StopMode = StopImmediate
		}
		if why == TriggerClosing {
			m.HandTo = d.heir()
		}
	case StateStandby:
		m.GrantRev, m.Term = 0, 0
		if d.grantMine() { // took it just now, or again
			m.GrantRev, m.Term = d.c.GrantRev, d.c.Grant.Term
		}
		if me := d.c.Member(d.in.Self.Name); m.Doubt == 0 && me != nil && (me.Status.Suspect == d.c.Reign.Term || me.Status.Final == d.c.Reign.Term+1) {
			m.Doubt = d.c.Reign.Term // an earlier run of this node had turned away
		}
		m.NeedsRejoin, m.DrySince, m.Heard, m.Quorum, m.Cascade.Unfed = false, d.now, d.now, false, 0
	case StateElecting:
		m.Doubt = d.c.Reign.Term
	case StateRebuilding:
		m.Rejoined = false
	case StateStopping:
		m.Stopped, m.Revoked = false, false
		m.StopMode, m.StopAt = StopFast, 0
	case StateStarting:
		m.FirstSeen, m.Loaded = 0, false
		m.Taking, m.Adopted, m.ObserveAt = 0, 0, d.now
	case StateShadow:
		m.Taking = 0 // whatever was asked of the store stood on an order that is void
	}
}

// duty lets the state do its work.
func (d *decider) duty() {
	switch d.m.State {
	case StateStarting:
		d.dutyStarting()
	case StateShadow:
		d.dutyShadow()
	case StateStandby:
		d.dutyStandby()
	case StateElecting:
		d.dutyElecting()
	case StatePromoting:
		d.dutyPromoting()
	case StatePrimary:
		d.dutyPrimary()
	case StateDemoting:
		d.dutyDemoting()
	case StateRebuilding:
		d.dutyRebuilding()
	case StateFenced:
		d.returnGrant()
		d.considerJob()
	case StateStopping:
		d.dutyStopping()
	}
}

// session keeps the lease and the name, in every state but the last.
func (d *decider) session() {
	m := &d.m
	if m.State == StateStopped || m.State == StateStopping && m.Revoked || m.State == StateShadow && d.in.View.Closing {
		return
	}
	if d.idle(LaneRenew) {
		switch {
		case m.Lease == 0 && d.now >= m.RenewAt, d.outdatedLease():
			m.AskedTTL, m.AskedMargin = d.set.TTL, d.set.Margin
			d.order(Action{Kind: ActLease, TTL: d.set.TTL, Limit: d.set.StoreLimit})
		case m.Lease == 0:
			d.at(m.RenewAt)
		case d.now >= m.RenewAt:
			d.order(Action{Kind: ActRenew, Lease: m.Lease, Limit: d.renewLimit()})
		default:
			d.at(m.RenewAt)
		}
	}
	d.expire()
	d.keepBooks()
}

// renewLimit bounds a renewal: settings that came after the lease do not let
// one that hangs use up all the time that the lease leaves.
func (d *decider) renewLimit() time.Duration {
	if d.m.LeaseTTL == 0 {
		return d.set.StoreLimit
	}
	return min(d.set.StoreLimit, max((d.m.LeaseTTL-d.m.LeaseMargin-d.heartbeat())/2, time.Millisecond))
}

// outdatedLease reports whether the settings ask for another time to live than
// the session has, and the session can be moved: not under a grant, which is
// bound to the lease too.
func (d *decider) outdatedLease() bool {
	return d.m.State == StateStandby && d.m.Lease != 0 && d.m.LeaseTTL != d.set.TTL && d.m.GrantRev == 0 &&
		!d.grantMine() && d.idle(LaneStore) && d.m.SessionRev != 0
}

func (d *decider) keys() Keys { return KeysOf(d.in.Self.Cluster) }

// commit orders a transaction on the store lane.
func (d *decider) commit(k ActionKind, txn dcs.Txn) {
	d.order(Action{Kind: k, Txn: txn, Limit: d.set.StoreLimit})
}
