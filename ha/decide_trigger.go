// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "time"

// trigger finds what counts most of all that is so. In each state the order
// is: what endangers the cluster, what the program wants, what the state
// waits for.
func (d *decider) trigger() Trigger {
	switch d.m.State {
	case StateStarting:
		return d.inStarting()
	case StateShadow:
		return d.inShadow()
	case StateStandby:
		return d.inStandby()
	case StateElecting:
		return d.inElecting()
	case StatePromoting:
		return d.inPromoting()
	case StatePrimary:
		return d.inPrimary()
	case StateDemoting:
		return d.inDemoting()
	case StateRebuilding:
		return d.inRebuilding()
	case StateFenced:
		return d.inFenced()
	case StateStopping:
		return d.inStopping()
	}
	return TriggerSteady
}

// foreign reports whether the data is certainly not this cluster's, so that it
// is not this node's business.
func (d *decider) foreign() bool { return d.alien() && !d.surplus() }

// surplus reports whether the data is a new database that this node has made
// when another one became the cluster's: nobody has ever written to it, so it
// may go.
func (d *decider) surplus() bool {
	o := &d.in.View.Obs
	return d.alien() && o.Data == DataPresent && o.Unserved && !o.Writable
}

// alien reports whether the data is certainly of another database than the
// cluster's.
func (d *decider) alien() bool {
	o := &d.in.View.Obs
	if !d.fresh() {
		return false
	}
	if o.Data == DataForeign {
		return true
	}
	id := d.c.Identity.SystemID
	return id != "" && o.SystemID != "" && o.SystemID != id
}

// writable reports whether the server accepts writes now.
func (d *decider) writable() bool { return d.fresh() && d.in.View.Obs.Writable }

// mayWrite reports whether the server accepts writes, or would as soon as it
// stirs: one that is silent on a primary's data is frozen, not harmless.
func (d *decider) mayWrite() bool {
	o := &d.in.View.Obs
	return d.fresh() && (o.Writable || o.Running && !o.Answers && o.Role == RolePrimary)
}

func (d *decider) inStarting() Trigger {
	o := &d.in.View.Obs
	switch {
	case shadowed(d.in.Self, d.in.View.Cluster):
		return TriggerShadow
	case d.adopting():
		return d.inAdopting()
	case d.m.Adopted != 0 && d.grantMine() && d.holding():
		return TriggerGrantMine // also when asked to end: the grant is handed over then
	case d.foreign():
		return TriggerForeign
	case d.mayWrite() && d.rightless():
		return TriggerWritable
	case d.in.View.Closing:
		return TriggerClosing
	case !d.in.View.ObsKnown || !d.fresh() || !d.m.Loaded:
		return TriggerSteady
	case d.surplus():
		return TriggerDiverged
	case d.grantMine() && d.holding():
		return TriggerGrantMine
	case d.ownFormerGrant() || o.Writable:
		return TriggerSteady // about to be taken over, see dutyStarting
	case o.Data == DataBroken, o.Data == DataNone && d.c.Identity.SystemID != "":
		return TriggerDiverged
	case o.Data == DataPresent && d.c.Identity.SystemID != "" && o.SystemID != "":
		return TriggerReady
	}
	return TriggerSteady
}

// rightless reports whether a server that this node found writable must be
// stopped: somebody else is, or may be, primary, or nothing could be learned
// in the time that R1 leaves.
func (d *decider) rightless() bool {
	if d.m.FirstSeen == 0 {
		d.m.FirstSeen = d.now
	}
	limit := d.m.FirstSeen.Add(d.set.Margin)
	if d.grantMine() && d.holding() {
		return false
	}
	if !d.m.Loaded {
		d.at(limit)
		return d.now >= limit
	}
	switch {
	case d.c.GrantRev != 0:
		return !d.ownFormerGrant() || d.now >= limit
	case d.c.Reign.Term != 0 && d.c.Reign.Holder != d.in.Self.Name, d.c.Reign.Released:
		return true
	}
	d.at(limit)
	return d.now >= limit
}

// ownFormerGrant reports whether the grant is held by an earlier run of this
// node over the same data directory. That run is dead: this one has its claim.
func (d *decider) ownFormerGrant() bool {
	g, s := &d.c.Grant, d.in.Self
	return d.in.View.Obs.Data == DataPresent && d.c.GrantRev != 0 && g.Holder == s.Name && g.Instance != s.Instance && s.Claim != "" && g.Claim == s.Claim
}

// electable reports whether an election may be held and is allowed.
func (d *decider) electable() bool {
	return d.in.View.Cluster != nil && d.m.SessionRev != 0 && d.m.Loaded &&
		d.c.Identity.SystemID != "" && d.m.FreeSince != 0 && !d.pausedOut()
}

// pausedOut reports whether a pause keeps this member out of an election. The
// last holder may take the grant back: that changes nobody's role. An order
// that was given during the pause needs the positions of all.
func (d *decider) pausedOut() bool {
	return d.c.Paused() && !d.ordered() && d.c.Reign.Holder != d.in.Self.Name
}

// ordered reports whether a person wants another primary, or did when the
// grant was given back.
func (d *decider) ordered() bool {
	r := &d.c.Reign
	return d.c.RequestRev != 0 || r.Released && r.To != ""
}

// mayLead reports whether a pause allows this member to take the grant: as the
// one that an order wants, or, without one, as the last holder.
func (d *decider) mayLead() bool {
	me, r, q := d.in.Self.Name, &d.c.Reign, &d.c.Request
	switch {
	case !d.c.Paused():
		return true
	case d.c.RequestRev != 0 && (q.To == "" || q.To == me):
		return true
	case d.ordered():
		return r.Released && r.To == me
	}
	return r.Holder == me
}

func (d *decider) inStandby() Trigger {
	o := &d.in.View.Obs
	switch {
	case shadowed(d.in.Self, d.in.View.Cluster), d.adopting():
		return TriggerShadow
	case d.foreign():
		return TriggerForeign
	case d.surplus():
		return TriggerDiverged
	case d.grantMine() && d.holding():
		return TriggerGrantMine
	case d.mayWrite():
		return TriggerWritable
	case d.in.View.Closing:
		return TriggerClosing
	case d.fresh() && (o.Data == DataNone || o.Data == DataBroken):
		return TriggerDiverged
	case !d.handsOff() && d.leader() != nil && d.diverged(), d.fresh() && d.reinitDue():
		return TriggerDiverged
	case d.electable():
		return TriggerGrantFree
	}
	return TriggerSteady
}

// diverged reports whether this member's data cannot become a standby of the
// promoted holder by following alone.
func (d *decider) diverged() bool {
	o, r := &d.in.View.Obs, &d.c.Reign
	if !d.fresh() || d.c.Grant.Term != r.Term || !r.Promoted {
		return false
	}
	switch {
	case d.m.NeedsRejoin:
		return true
	case !o.Running && o.Role == RolePrimary:
		return true // may hold log that nobody else has; rejoining finds out (R4)
	case o.Timeline != 0 && o.Timeline < r.Timeline && o.LSN > r.Start:
		return true // wrote or received log that the new timeline does not have
	case d.cascades():
		return d.starved()
	case o.Running && o.Answers && !o.Streaming && d.m.DrySince != 0:
		dry := d.m.DrySince.Add(d.set.RejoinAfter)
		d.at(dry)
		return d.now >= dry
	}
	return false
}

func (d *decider) inElecting() Trigger {
	switch {
	case d.alien():
		return TriggerForeign
	case d.grantMine() && d.holding(), d.m.GrantRev != 0 && d.holding():
		return TriggerGrantMine
	case d.mayWrite():
		return TriggerWritable
	case d.in.View.Closing:
		return TriggerClosing
	case contest(d.c) && d.idleAcquire() && (d.m.FreeSince == 0 || d.contestOver()), d.pausedOut() && d.idleAcquire(),
		!contest(d.c) && d.c.GrantRev != 0 && d.idleAcquire(), d.aside() && d.idleAcquire():
		return TriggerGrantElsewhere
	}
	return TriggerSteady
}

// idleAcquire reports that no acquisition of this node is under way.
func (d *decider) idleAcquire() bool { return !d.flying(ActAcquire) }

// overdue reports whether the lease may have run out (R1): the session is
// gone, or its deadline has passed. It ends nothing while this node relies on
// its standbys.
func (d *decider) overdue() bool {
	if d.relies() {
		return false
	}
	deadline := d.m.Deadline()
	d.at(deadline)
	return d.m.Lease == 0 || d.now >= deadline
}

func (d *decider) inPromoting() Trigger {
	limit := d.m.Since.Add(d.set.PromoteLimit)
	d.at(limit)
	switch {
	case d.overdue():
		return TriggerDeadline
	case !d.holding():
		return TriggerGrantLost
	case d.alien():
		return TriggerForeign
	case d.in.View.Closing:
		return TriggerClosing
	case d.m.PromoFail, d.now >= limit, d.m.NeedsRejoin, d.vetoed() && !d.m.Resumed && !d.m.Promoted && !d.flying(ActPromote):
		return TriggerPromotionFailed
	case (d.m.Promoted || d.writable()) && d.guarded() && d.fenceOver():
		return TriggerPromoted
	}
	return TriggerSteady
}

func (d *decider) inPrimary() Trigger {
	switch {
	case d.overdue():
		return TriggerDeadline
	case !d.holding():
		return TriggerGrantLost
	case d.alien():
		return TriggerForeign
	case d.in.View.Closing:
		return TriggerClosing
	case d.serverLost():
		return TriggerServerLost
	case d.unfit():
		return TriggerUnfit
	case d.readyToHand():
		return TriggerHandOver
	}
	return TriggerSteady
}

// serverLost reports whether the primary's server has to be given up.
func (d *decider) serverLost() bool {
	o := &d.in.View.Obs
	if d.c.Paused() {
		return false
	}
	if d.fresh() && o.Running && o.Answers && !o.Writable && d.m.Promoted && o.Role == RoleStandby {
		return true // somebody else made a standby of it
	}
	if d.m.NeedsRejoin {
		return true
	}
	late := func(since Instant, limit time.Duration) bool {
		if since == 0 {
			return false
		}
		d.at(since.Add(limit))
		// A node that was frozen finds that time has passed; only another look
		// tells whether anything is still wrong.
		return d.now >= since.Add(limit) && d.in.View.ObsBegan >= since.Add(limit/2)
	}
	return late(d.m.DownSince, d.restartLimit()) || late(d.m.SilentSince, d.set.HangLimit)
}

// restartLimit is how long the server may be down. One that was stopped to be
// restarted was not given up.
func (d *decider) restartLimit() time.Duration {
	if d.restarting() {
		return max(d.set.RestartLimit, DefaultRestartLimit)
	}
	return max(d.set.RestartLimit, 0) // AtOnce is none at all
}

// readyToHand reports whether everything that can be done before the stop of
// a switchover is done.
func (d *decider) readyToHand() bool {
	if d.m.HandID == "" || d.m.HandID != d.c.Request.ID || d.m.HandSince < 0 || d.c.RequestRev == 0 {
		return false
	}
	if d.c.Request.Kind == RequestFailover {
		return true
	}
	return d.m.HandReady && d.m.HandTo != "" && d.m.ReignRev != 0 && (!d.in.Self.HasHook || d.m.Hooked == HookSwitchover)
}

func (d *decider) inDemoting() Trigger {
	if d.m.Stopped && (d.m.GaveBack || !d.keepsGrant()) {
		return TriggerReleased
	}
	return TriggerSteady
}

// keepsGrant reports whether the grant may still be this node's, so that it
// has to be given back.
func (d *decider) keepsGrant() bool {
	if d.flying(ActAcquire) {
		return true
	}
	return d.holding() || d.grantMine()
}

func (d *decider) inRebuilding() Trigger {
	o := &d.in.View.Obs
	switch {
	case d.foreign():
		return TriggerForeign
	case d.mayWrite():
		return TriggerWritable
	case d.in.View.Closing:
		return TriggerClosing
	case d.m.Rejoined:
		return TriggerRejoined
	case d.fresh() && o.Data == DataPresent && !d.surplus() && d.electable() && !d.grantMine():
		return TriggerGrantFree
	}
	return TriggerSteady
}

func (d *decider) inFenced() Trigger {
	o := &d.in.View.Obs
	switch {
	case d.in.View.Closing:
		return TriggerClosing
	case d.fresh() && !d.foreign() && o.Data != DataUnknown && d.in.View.Cluster != nil:
		return TriggerReady
	}
	return TriggerSteady
}

func (d *decider) inStopping() Trigger {
	keep := d.in.Self.KeepServer
	switch {
	case d.mayWrite() && !d.foreign():
		return TriggerWritable
	case d.m.Revoked && (d.m.Stopped || keep || d.foreign()):
		return TriggerClosed
	}
	return TriggerSteady
}
