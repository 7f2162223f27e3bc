// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "time"

// The duties: what each state has to get done. Each is written so that it can
// be called at any time and orders the one next step that is missing.

// rejoinLimit bounds a rejoin. A copy of a large database takes hours.
const rejoinLimit = 24 * time.Hour

// handLag is how far behind the target of a switchover may be when the old
// primary is stopped: the rest is sent while it stops.
const handLag = 1 * MiB

// engineReady reports whether an engine action may be ordered now, on the
// grounds of an observation that shows the server as it is.
func (d *decider) engineReady() bool {
	if !d.fresh() {
		return false
	}
	if d.now < d.m.EngineAt {
		d.at(d.m.EngineAt)
		return false
	}
	return true
}

func (d *decider) upstream(m *Member) Upstream {
	if m == nil || !m.Known {
		return Upstream{}
	}
	up := Upstream{Member: m.Name, Address: m.Status.Address}
	if d.c.Reign.Quorum {
		up.Patience = d.set.SuspectAfter
	}
	return up
}

// dutyStarting finds out whose data this is, makes a new database where the
// cluster has none, and takes over what an earlier run of this node held.
func (d *decider) dutyStarting() {
	o := &d.in.View.Obs
	if d.adopting() {
		d.dutyAdopt()
		return
	}
	if !d.m.Loaded || !d.fresh() {
		return
	}
	id := &d.c.Identity
	switch {
	case d.ownFormerGrant(), o.Writable && d.c.GrantRev == 0 && id.SystemID != "" && !d.pausedOut():
		d.acquire("manager restarted", 0)
	case id.SystemID != "":
	case o.Data == DataPresent && o.SystemID != "":
		if id.By == "" || id.By == d.in.Self.Name {
			d.identify(o.SystemID)
		}
	case o.Data == DataNone && d.in.Self.CanInit && !d.in.Self.Tags.NeverPromote && !d.in.Self.Tags.Cascade: // it could not lead what it made
		d.found()
	}
}

// found makes a new database, once this member has claimed the right to. A
// member that already has data gets the chance to name the database first.
func (d *decider) found() {
	if wait := d.m.Since.Add(d.set.ElectionWait); d.now < wait {
		d.at(wait)
		return
	}
	switch {
	case d.c.IdentityRev == 0:
		d.identify("")
	case d.c.Identity.By == d.in.Self.Name && d.engineReady():
		d.order(Action{Kind: ActInit, Limit: d.set.PromoteLimit})
	}
}

// dutyStandby keeps the server running and following the holder.
func (d *decider) dutyStandby() {
	o, lead := &d.in.View.Obs, d.leader()
	if d.alien() {
		d.again() // data that was exchanged under a primary: the next decision judges it
		return
	}
	if d.considerJob() {
		return
	}
	if d.in.View.Closing || o.Data != DataPresent || d.m.SessionRev == 0 || !d.engineReady() {
		return
	}
	if o.Running && o.Role == RoleStandby && o.Upstream != "" {
		d.m.EndLSN = 0 // it is a standby like all others
	}
	up := Upstream{}
	switch {
	case !d.mayAttach():
	case d.cascades():
		up = d.parent()
	default:
		up = d.upstream(lead)
	}
	switch {
	case d.handsOff() && (!o.Running || o.Upstream == "" && !d.m.Detached && d.m.Doubt != d.c.Reign.Term):
		return // stopped, or detached, by hand; not by this node, for an election that a pause has ended
	case !o.Running && o.Role == RolePrimary && lead != nil:
		return // rejoined when the holder is promoted
	case !o.Running:
		d.order(Action{Kind: ActStart, Mode: StartStandby, Upstream: up, Limit: d.set.PromoteLimit})
	case o.Answers && up.Address != "" && (o.Upstream != up.Member || o.Address != up.Address):
		d.order(Action{Kind: ActFollow, Upstream: up, Limit: d.set.StoreLimit * 5})
	}
}

// handsOff reports whether a pause or a downtime forbids to touch a server that does not run.
// One that this node has stopped itself, for an order given during the pause,
// it also brings back.
func (d *decider) handsOff() bool {
	return (d.c.Paused() || d.inDowntime()) && d.m.EndLSN == 0 && d.m.Job.Step == JobSeen
}

// dutyElecting fixes this member's position, and takes the grant when this
// member is the best candidate.
func (d *decider) dutyElecting() {
	o := &d.in.View.Obs
	if !d.electable() {
		return
	}
	if d.in.View.ObsBegan < d.m.FreeSince && d.m.ObserveAt > d.now {
		d.m.ObserveAt = d.now
	}
	if o.Data == DataPresent && !o.Running && !d.inDowntime() && (!o.Clean || !d.turnedAway()) && d.engineReady() {
		// The end of a log that was torn off is known only after recovery.
		d.order(Action{Kind: ActStart, Mode: StartStandby, Limit: d.set.PromoteLimit})
		return
	}
	if o.Answers && !o.Writable && !d.turnedAway() && d.engineReady() {
		d.order(Action{Kind: ActDetach, Limit: d.set.StoreLimit * 5})
		return
	}
	e := d.elector()
	d.election = e.elect(d.in.Self.Name)
	if d.election.Until != 0 {
		d.at(d.election.Until)
	}
	if d.m.Fails == 0 {
		d.m.Problem = d.election.Hold.problem()
	}
	if d.now < d.m.TakeAt {
		d.at(d.m.TakeAt)
		return
	}
	if d.election.Hold == HoldNone && d.election.Chosen == d.in.Self.Name && d.m.Published.Final == d.m.FreeTerm && d.mayLead() && !d.vetoed() && d.fenceable() {
		if d.allowed() {
			d.acquire(d.cause(), d.election.Behind)
		}
		return
	}
	d.giveUpRequest(e)
}

func (d *decider) elector() elector {
	e := elector{c: d.c, set: d.set, policy: d.in.Policy, freeFrom: d.m.FreeSince, free: d.now.Sub(d.m.FreeSince), wall: d.in.View.Wall}
	if e.policy == nil {
		e.policy = DefaultPolicy
	}
	if d.c.RequestRev != 0 && d.c.Request.Kind == RequestFailover {
		e.to, e.force = d.c.Request.To, d.c.Request.Force
	}
	return e
}

// cause says in a few words why the next term begins. What was handed over
// went to a member with all that was acknowledged: one that took the grant
// without the end of the log, with which some of that may be gone, has failed
// over.
func (d *decider) cause() string {
	r := &d.c.Reign
	switch {
	case r.Term == 0:
		return "first primary"
	case r.Released && r.Exact && d.in.View.Obs.LSN < r.End && asynchronous(d.c.Rules):
		return causeFailover
	case d.c.RequestRev != 0 && d.c.Request.Cause != "" && r.To == d.in.Self.Name:
		return d.c.Request.Cause
	case d.c.RequestRev != 0 && (r.To == d.in.Self.Name || d.c.Request.Kind == RequestFailover):
		return d.c.Request.Kind.String()
	case r.To == d.in.Self.Name, r.Released && r.Exact && !r.Failed:
		return "handed over"
	}
	return causeFailover
}

// causeFailover is the cause of a term that a failure or an order began which
// nobody prepared.
const causeFailover = "failover"

// dutyPromoting asks the hook, fences, waits for the watchdog, puts the synchronous set on record, confirms
// the grant (R3) and promotes.
func (d *decider) dutyPromoting() {
	m, o := &d.m, &d.in.View.Obs
	if d.in.Self.HasHook && m.Hooked != HookPromote {
		if d.idle(LaneEngine) && !m.PromoFail {
			d.order(Action{Kind: ActHook, Hook: HookPromote, Term: m.Term, Limit: d.set.SwitchoverLimit})
		}
		return
	}
	if !d.fenced() || !d.engineReady() || m.Promoted || m.PromoFail || o.Writable || !d.guarded() {
		return
	}
	k, loose := d.set.Durability.K, MemberID("")
	if d.c.Reign.Quorum {
		k = max(k, 1) // who is outvoted must not acknowledge alone, also when the settings have changed since
	}
	if len(d.c.Rules) == 0 {
		loose = d.former() // what was acknowledged before was so by it alone
	}
	sync := wantedSync(d.c, d.in.Self.Name, k)
	if wide := widened(d.c.Rules, d.in.Self.Name, sync, loose); wide != nil {
		d.commitRules(wide)
		return
	}
	if !d.confirmed() {
		return
	}
	switch {
	case !o.Running && m.Resumed && o.Role == RolePrimary:
		d.order(Action{Kind: ActStart, Mode: StartPrimary, Term: m.Term, Sync: sync, Limit: d.set.PromoteLimit})
	case !o.Running:
		d.order(Action{Kind: ActStart, Mode: StartStandby, Limit: d.set.PromoteLimit})
	case o.Answers:
		m.Start = max(m.Start, o.LSN)
		d.order(Action{Kind: ActPromote, Term: m.Term, Timeline: d.timeline(), Sync: sync, Limit: d.set.PromoteLimit})
	}
}

// former is the holder of the term before this node's own, also while the
// records at hand do not show that yet.
func (d *decider) former() MemberID {
	if d.c.Reign.Term < d.m.Term {
		return d.c.Reign.Holder
	}
	return d.c.Reign.Former
}

// timeline is the one that a promotion in this node's term begins, 0 to leave
// it to the engine. Servers choose the next number that they have not heard of;
// two that were promoted apart would choose the same, and nobody could tell
// their logs apart any more. A term is given once (R2), so this one is unique.
func (d *decider) timeline() uint32 {
	if d.c.Identity.Timeline == 0 {
		return 0
	}
	return d.c.Identity.Timeline + uint32(d.m.Term)
}

// confirmed reports whether the grant was read from the store as this
// member's a moment ago (R3), and orders that reading when it was not.
func (d *decider) confirmed() bool {
	if d.m.Confirmed && d.now.Sub(d.m.ConfirmAt) <= d.set.StoreLimit {
		return true
	}
	if d.storeReady() {
		d.m.Confirmed = false
		d.order(Action{Kind: ActConfirm, Term: d.m.Term, Limit: d.set.StoreLimit})
	}
	return false
}

// dutyPrimary keeps the server running, the synchronous set and its record in
// step, and prepares what a request asks for.
func (d *decider) dutyPrimary() {
	m, o := &d.m, &d.in.View.Obs
	if d.c.RequestRev != 0 && d.c.Request.Kind == RequestFailover {
		d.considerRequest() // also when the server is down: that may be why
	}
	if d.considerJob() {
		return
	}
	if !d.fresh() {
		return
	}
	if !o.Running {
		m.SyncLSN = 0
		if d.lapsed() { // the server cannot be started without the grant
			d.resume()
			return
		}
		if (!d.c.Paused() || d.restarting()) && d.engineReady() && d.guarded() && d.rulesSure() {
			d.restartInPlace()
		}
		return
	}
	if !o.Writable {
		return
	}
	d.degrade()
	if !d.keepReign() {
		return
	}
	d.keepSync()
	d.failBack()
	d.considerRequest()
	d.considerScheduled()
}

// restartInPlace starts a primary's server that has ended, with a set that is
// on record. In a quorum reign one without a set would acknowledge alone and
// could not be outvoted.
func (d *decider) restartInPlace() {
	sync := d.syncInForce()
	if sync.K == 0 && d.c.Reign.Quorum {
		sync = wantedSync(d.c, d.in.Self.Name, max(d.set.Durability.K, 1))
		if wide := widened(d.c.Rules, d.in.Self.Name, sync, ""); wide != nil {
			d.commitRules(wide)
			return
		}
	}
	if d.confirmed() {
		d.order(Action{Kind: ActStart, Mode: StartPrimary, Term: d.m.Term, Sync: sync, Limit: d.startLimit()})
	}
}

// startLimit bounds a start in place. With AtOnce there is one during a pause
// and after a restart on order only.
func (d *decider) startLimit() time.Duration {
	if d.set.RestartLimit == AtOnce {
		return DefaultRestartLimit
	}
	return d.set.RestartLimit
}

// syncInForce is a set that may be in force now: one that is on record for
// this primary. The newest is the last.
func (d *decider) syncInForce() SyncSet {
	for i := len(d.c.Rules) - 1; i >= 0; i-- {
		if r := &d.c.Rules[i]; r.Primary == d.in.Self.Name && (r.K > 0 || !d.c.Reign.Quorum) {
			return SyncSet{K: r.K, Members: r.Members}
		}
	}
	return SyncSet{}
}

// keepSync changes the synchronous set in two phases: a set is on record
// before it is in force, and a former one stays on record until enough of the
// new set have everything that was acknowledged under it.
func (d *decider) keepSync() {
	m, o, k := &d.m, &d.in.View.Obs, d.copies()
	if !d.in.Self.CanSetSync || k == 0 && d.c.Reign.Quorum {
		return
	}
	if d.m.SyncDoubt && k == 0 && o.Sync.K == 0 && len(d.c.Rules) == 0 && d.m.Adopted == 0 {
		d.m.SyncDoubt = false // nobody counts on anything
	}
	if !d.m.SyncDoubt && syncIs(o.Sync, d.c, d.in.Self.Name, k) {
		d.dropRules()
		return
	}
	m.SyncLSN = 0
	want, loose := wantedSync(d.c, d.in.Self.Name, k), MemberID("")
	if o.Sync.K == 0 {
		loose = d.in.Self.Name // this log has a part that the new set does not vouch for yet
	}
	wide := widened(d.c.Rules, d.in.Self.Name, want, loose)
	switch {
	case d.renaming(want):
	case wide != nil:
		d.commitRules(wide)
	case d.idle(LaneEngine) && d.rulesSure():
		m.AskedAsync = k == 0
		d.order(Action{Kind: ActSetSync, Sync: want, Term: m.Term, Limit: d.set.StoreLimit * 5})
	}
}

// dropRules takes rules from the record that the set in force has outgrown.
// That replication is asynchronous stays on record until a set vouches for the
// whole log. Where it is so because standbys are missing, what they had
// confirmed before stays promised, too: nobody has given that up.
func (d *decider) dropRules() {
	o := &d.in.View.Obs
	if o.Sync.K == 0 {
		lone := SyncRule{Primary: d.in.Self.Name}
		if d.set.Durability.K == 0 && len(d.c.Rules) > 0 && !(len(d.c.Rules) == 1 && d.c.Rules[0].equal(lone)) {
			d.commitRules([]SyncRule{lone})
		}
		return
	}
	if len(d.c.Rules) == 1 && d.c.Rules[0].equal(ruleOf(d.in.Self.Name, o.Sync)) {
		return
	}
	if d.m.SyncLSN == 0 {
		d.m.SyncLSN = o.LSN
	}
	if covered(o.Sync, o.Receivers, d.m.SyncLSN) {
		d.commitRules([]SyncRule{ruleOf(d.in.Self.Name, o.Sync)})
	}
}

// dutyDemoting stops the server, harder from try to try, and then gives the
// grant back with the end of the log.
func (d *decider) dutyDemoting() {
	m, o := &d.m, &d.in.View.Obs
	if d.fresh() && m.Stopped {
		if o.Running {
			m.Stopped = false // somebody started it again
		} else if m.EndLSN == 0 {
			m.EndLSN, m.EndExact = o.LSN, o.Clean
		}
	}
	if !m.Stopped {
		d.stop(m.HandTo != "")
		return
	}
	if d.keepsGrant() && d.storeReady() && m.SessionRev != 0 && d.fresh() {
		d.release()
	}
}

// stopLimit bounds a stop: settings that came after the lease do not change
// how soon it ends (R1).
func (d *decider) stopLimit() time.Duration {
	if d.m.LeaseMargin == 0 {
		return d.set.StopLimit
	}
	return min(d.set.StopLimit, d.m.LeaseMargin/2)
}

// stop orders the next, harder stop unless one is under way that may still
// succeed in time. An orderly stop before a hand-over gets more time as long
// as the lease allows it.
func (d *decider) stop(orderly bool) {
	m := &d.m
	f := &m.Flights[LaneStop]
	limit := d.stopLimit()
	if orderly && m.StopMode == StopFast {
		limit = d.set.SwitchoverLimit
	}
	switch {
	case f.ID == 0 && d.now < m.StopAt:
		d.at(m.StopAt)
		return
	case f.ID == 0:
	case m.State == StateDemoting && f.Limit > d.stopLimit() && (d.overdue() || !d.holding()):
		m.StopMode = StopImmediate // R1 goes before an orderly end
		limit = d.stopLimit()
	case d.now >= f.Begun.Add(2*f.Limit):
		m.StopMode = min(m.StopMode+1, StopKill) // it did not even return
	default:
		d.at(f.Begun.Add(2 * f.Limit))
		return
	}
	d.order(Action{Kind: ActStop, Stop: m.StopMode, Limit: limit})
	d.at(d.now.Add(2 * limit))
}

// dutyRebuilding rejoins the promoted holder.
func (d *decider) dutyRebuilding() {
	d.returnGrant()
	d.considerJob()
	lead := d.leader()
	promoted := lead != nil && lead.Alive() && d.c.Reign.Promoted && d.c.Reign.Term == d.c.Grant.Term
	if d.flying(ActRejoin) {
		if lead != nil && lead.Name != d.m.RejoinFrom && d.idle(LaneStop) && d.now >= d.m.EngineAt {
			d.m.EngineAt = d.now.Add(d.set.Heartbeat)
			d.order(Action{Kind: ActStop, Stop: StopImmediate, Limit: d.set.StopLimit})
		}
		return
	}
	if !promoted || d.handsOff() || d.m.SessionRev == 0 || !d.engineReady() || !d.mayAttach() {
		return
	}
	d.m.RejoinFrom, d.m.Job.Copying = lead.Name, d.reinitDue()
	// Surplus data is replaced by a copy in any case, and by no order: what is
	// asked for with Copy is the cluster's own (5.11, D1).
	whole := d.m.Job.Copying && !d.surplus()
	d.order(Action{Kind: ActRejoin, Upstream: d.upstream(lead), Term: d.c.Reign.Term, Copy: whole, Limit: rejoinLimit})
}

// dutyStopping stops a standby's server unless told to leave it, and then
// ends the session.
func (d *decider) dutyStopping() {
	m := &d.m
	if !m.Stopped && !d.in.Self.KeepServer && !d.foreign() {
		d.stop(true)
		return
	}
	switch {
	case m.Revoked:
	case m.Lease == 0:
		m.Revoked = true
		d.again()
	case d.idle(LaneRenew) && d.idle(LaneStore) && d.now >= m.RenewAt || d.idle(LaneRenew) && m.Published.State == StateStopping:
		d.order(Action{Kind: ActRevoke, Lease: m.Lease, Limit: d.set.StoreLimit})
	}
}
