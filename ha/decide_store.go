// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"

	"github.com/gausskit/gausskit/ha/dcs"
)

// What a node writes into the store. Each transaction names the revisions of
// what was looked at, so that it changes nothing when that has changed.

// storeReady reports whether a transaction may be ordered now. Records that do
// not yet show this node's own last change would only bring a conflict.
func (d *decider) storeReady() bool {
	if !d.idle(LaneStore) || d.m.NeedLoad || d.in.View.Cluster == nil || d.m.Wrote != 0 {
		return false
	}
	if d.now < d.m.StoreAt {
		d.at(d.m.StoreAt)
		return false
	}
	return true
}

// keepBooks binds the name to the session, reads what is needed and publishes.
func (d *decider) keepBooks() {
	m := &d.m
	if !d.idle(LaneStore) || m.Lease == 0 {
		return
	}
	if d.now < m.StoreAt {
		d.at(m.StoreAt)
		return
	}
	switch {
	case m.NeedLoad || m.Wrote != 0 || d.in.View.Cluster == nil || m.SessionRev != 0 && !m.Loaded:
		d.order(Action{Kind: ActLoad, Limit: d.set.StoreLimit})
	case m.SessionRev == 0:
		d.openSession()
	default:
		d.publish()
		if d.idle(LaneStore) {
			d.publishShadow()
		}
	}
}

// openSession binds the member's name to the lease. A name that another run
// holds is left alone, unless that run is known to be dead: this one has the
// claim on the same data directory.
func (d *decider) openSession() {
	s := d.in.Self
	cond := dcs.Cond{Key: d.keys().session(s.Name)}
	if me := d.c.Member(s.Name); me != nil && me.Alive() {
		if me.Session.Instance != s.Instance && (s.Claim == "" || me.Session.Claim != s.Claim) {
			d.m.Problem = "another node lives under the name of this member"
			return
		}
		cond.Modified = me.SessionRev
	}
	d.m.Problem = ""
	d.commit(ActOpenSession, dcs.Txn{If: []dcs.Cond{cond}, Then: []dcs.Op{{
		Key: cond.Key, Value: encode(Session{Instance: s.Instance, Claim: s.Claim}), Lease: d.m.Lease,
	}}})
}

// identify claims the right to make the cluster's database (system ID empty),
// or says which database the cluster has.
func (d *decider) identify(systemID string) {
	if !d.storeReady() {
		return
	}
	op := dcs.Op{Key: d.keys().identity(), Value: encode(Identity{SystemID: systemID, By: d.in.Self.Name})}
	if systemID == "" {
		op.Lease = d.m.Lease
	} else {
		op.Value = encode(Identity{SystemID: systemID, By: d.in.Self.Name, Timeline: d.in.View.Obs.Timeline})
	}
	txn := dcs.Txn{
		If:   []dcs.Cond{{Key: op.Key, Modified: d.c.IdentityRev}, d.sessionCond()},
		Then: []dcs.Op{op},
	}
	if systemID != "" && d.c.SettingsRev == 0 {
		// All members go by what the founder was configured with.
		set := d.keys().settings()
		txn.If = append(txn.If, dcs.Cond{Key: set})
		txn.Then = append(txn.Then, dcs.Op{Key: set, Value: encode(d.in.Self.Defaults)})
	}
	d.commit(ActIdentify, txn)
}

func (d *decider) sessionCond() dcs.Cond {
	return dcs.Cond{Key: d.keys().session(d.in.Self.Name), Modified: d.m.SessionRev}
}

// acquire takes the grant with the next term. The transaction fails when
// anything that the decision stood on has changed: the grant, the reign, the
// pause, the request, the synchronous rules, this node's own session, or, after an election,
// what another member has said of itself.
func (d *decider) acquire(cause string, behind Bytes) {
	if !d.storeReady() || !d.idle(LaneEngine) || d.m.SessionRev == 0 || d.now >= d.m.Deadline() {
		return // without a lease that holds it would have to give the grant back at once
	}
	k, s, r := d.keys(), d.in.Self, d.c.Reign
	d.m.Taking = r.Term + 1
	d.m.Behind = behind
	d.m.Fences, d.m.FenceWhy = 0, "" // of an earlier term
	d.m.Resumed = r.Holder == s.Name && r.Promoted && d.in.View.Obs.Role == RolePrimary
	against := contest(d.c) && d.election != nil
	next := Reign{
		Term: r.Term + 1, Holder: s.Name, Instance: s.Instance, Timeline: r.Timeline, Parent: r.Parent, Start: r.Start, Adopted: r.Adopted,
		Last: lastKnown(d.c), Former: r.Holder, Cause: cause, Behind: behind, Wall: d.in.View.Wall,
		Quorum: d.quorumNext(),
	}
	next.Fenced, next.ToFence = fenceDebt(d.c, s.Name)
	if d.election != nil {
		next.Loss = d.election.Loss
	}
	next.Promoted = next.Quorum && d.m.Resumed && (d.lapsed() || d.writable())
	switch {
	case d.c.RequestRev != 0:
		next.Actor, next.Why = d.c.Request.By, d.c.Request.Why
	case d.election != nil && d.changes() && d.c.Approved():
		next.Actor = d.c.Approval.By
	}
	txn := dcs.Txn{
		If: []dcs.Cond{
			{Key: k.grant(), Modified: d.c.GrantRev},
			{Key: k.reign(), Modified: d.c.ReignRev},
			{Key: k.pause(), Modified: d.c.PauseRev},
			{Key: k.rules(), Modified: d.c.RulesRev},
			d.sessionCond(),
		},
		Then: []dcs.Op{
			{Key: k.grant(), Lease: d.m.Lease, Value: encode(Grant{
				Holder: s.Name, Term: next.Term, Instance: s.Instance, Claim: s.Claim,
			})},
			{Key: k.reign(), Value: encode(next)},
		},
	}
	if d.c.RequestRev != 0 { // what was asked for needs no approval, as long as it is asked for
		txn.If = append(txn.If, dcs.Cond{Key: k.request(), Modified: d.c.RequestRev})
	}
	d.logFailover(&txn, &next)
	for i := range d.c.Members {
		m := &d.c.Members[i]
		if against && m.Status.Final != next.Term {
			continue // it promised nothing that this stands on, and may be busy
		}
		if d.election != nil && m.Name != s.Name {
			txn.If = append(txn.If, dcs.Cond{Key: k.member(m.Name), Modified: m.StatusRev})
		}
	}
	d.noteTaking()
	d.commit(ActAcquire, txn)
}

// release gives the grant back, with the end of the log and the heir.
func (d *decider) release() {
	k, r := d.keys(), d.c.Reign
	r.Released, r.End, r.Exact = true, d.m.EndLSN, d.m.EndExact
	r.To, r.Failed, r.Lost, r.Failure = d.m.HandTo, d.m.PromoFail, d.m.Lost, d.m.Failure
	if !r.Promoted && r.Term == d.m.Term {
		d.noteFence(&r)
	}
	txn := dcs.Txn{
		If:   []dcs.Cond{{Key: k.grant(), Modified: d.grantRev()}, {Key: k.reign(), Modified: d.c.ReignRev}},
		Then: []dcs.Op{{Key: k.reign(), Value: encode(r)}},
	}
	if d.grantRev() != 0 {
		txn.Then = append([]dcs.Op{{Key: k.grant(), Delete: true}}, txn.Then...)
	}
	d.commit(ActRelease, txn)
}

// grantRev is where the grant stands, as far as this node can know.
func (d *decider) grantRev() dcs.Revision {
	if d.c.Revision >= d.m.GrantRev {
		return d.c.GrantRev
	}
	return d.m.GrantRev
}

// returnGrant gives back a grant that reached this node too late to be used.
func (d *decider) returnGrant() {
	if d.grantMine() && d.storeReady() {
		d.release()
	}
}

// recordReign puts the promotion on record, with where the new timeline
// begins, and ends a request that asked for it.
// rely says that this node will rely on its standbys once it is on record.
func (d *decider) recordReign(rely bool) {
	if !d.storeReady() || !d.holding() || d.c.Grant.Term != d.m.Term {
		return
	}
	k, r, o := d.keys(), d.c.Reign, &d.in.View.Obs
	if !r.Promoted {
		d.noteFence(&r)
	}
	r.Promoted = true
	r.Quorum = d.byQuorum() && (rely || r.Quorum)
	d.m.AskedQuo = rely
	if r.Timeline != o.Timeline {
		r.Parent, r.Timeline, r.Start, r.Adopted = r.Timeline, o.Timeline, d.m.Start, false
		r.Last = min(r.Last, r.Start) // what was behind that is not in the log any more, and nobody lags it
	}
	txn := dcs.Txn{
		If: []dcs.Cond{{Key: k.grant(), Modified: d.m.GrantRev}, {Key: k.reign(), Modified: d.c.ReignRev}},
		Then: []dcs.Op{
			{Key: k.reign(), Value: encode(r)},
			{Key: k.term(r.Term), Value: encode(d.termEntry(r))},
		},
	}
	if q := &d.c.Request; d.c.RequestRev != 0 && q.Term < r.Term {
		a := Answer{ID: q.ID, Code: AnswerDone, Term: r.Term, Primary: r.Holder}
		if q.To != "" && q.To != r.Holder {
			a.Code, a.Why = AnswerFailed, string(q.To)+" did not become primary"
		} else if q.Kind == RequestSwitchover && r.Cause == causeFailover {
			a.Code, a.Why = AnswerFailed, string(r.Holder)+" took over by a failover: it did not get the end of the log of "+string(r.Former)
		}
		conds, ops := answerOps(k, d.c, a)
		txn.If, txn.Then = append(txn.If, conds...), append(txn.Then, ops...)
	}
	d.commit(ActReign, txn)
}

// commitRules puts synchronous rules on record, as long as the grant is held,
// and none of the members that they count on anew has said something else
// meanwhile: one that has taken its leave, to have its data thrown away, and then
// sees no rule that counts on it, is counted on by none that comes later. Before
// the promotion is on record nothing is thrown away, and the rules stand then.
func (d *decider) commitRules(rules []SyncRule) {
	if !d.storeReady() || !d.holding() || d.lapsed() {
		return
	}
	k := d.keys()
	d.m.RulesAsked = d.c.RulesRev
	txn := dcs.Txn{
		If:   []dcs.Cond{{Key: k.grant(), Modified: d.m.GrantRev}, {Key: k.rules(), Modified: d.c.RulesRev}},
		Then: []dcs.Op{{Key: k.rules(), Value: encode(rules)}},
	}
	for i := range d.c.Members {
		if m := &d.c.Members[i]; d.c.Reign.Promoted && counted(rules, m.Name) && !counted(d.c.Rules, m.Name) {
			txn.If = append(txn.If, dcs.Cond{Key: k.member(m.Name), Modified: m.StatusRev})
		}
	}
	d.commit(ActSyncRules, txn)
}

// rulesSure reports whether the rules are on record as this node sees them and
// stay so. A change that is under way, or that got no answer and may still
// arrive, could take a rule away after a set was brought into force on the
// strength of it; writing the rules once more makes it fail.
func (d *decider) rulesSure() bool {
	switch {
	case d.flying(ActSyncRules) || d.m.Wrote != 0 || d.m.NeedLoad:
		return false
	case d.m.RulesDoubt && d.c.RulesRev == d.m.RulesAsked:
		d.commitRules(d.c.Rules)
		return false
	}
	d.m.RulesDoubt = false
	return true
}

// answer ends the request with a refusal.
func (d *decider) answer(code AnswerCode, why string) {
	if !d.storeReady() {
		return
	}
	conds, ops := answerOps(d.keys(), d.c, Answer{
		ID: d.c.Request.ID, Code: code, Why: why, Term: d.c.Reign.Term, Primary: d.c.Grant.Holder,
	})
	d.commit(ActAnswer, dcs.Txn{If: conds, Then: ops})
}

// status is what this node has to tell about its member.
func (d *decider) status() MemberStatus {
	o, s := &d.in.View.Obs, d.in.Self
	st := MemberStatus{
		Instance: s.Instance, Address: s.Address, Tags: s.Tags, State: d.m.State, Problem: d.m.Problem,
		Guarded: d.m.Guard == GuardArmed, Health: d.in.View.Health,
	}
	if !d.in.View.ObsKnown {
		return st
	}
	st.Role, st.Data, st.Running, st.Writable = o.Role, o.Data, o.Running, o.Writable
	st.Streaming, st.Upstream, st.SystemID = o.Streaming, o.Upstream, o.SystemID
	st.PendingRestart, st.Reinit, st.Restarting = o.PendingRestart, d.withdraws(), d.restarting()
	st.Dry = d.dry()
	st.Timeline, st.LSN, st.Applied = o.Timeline, o.LSN, o.Applied
	if st.Problem == "" {
		st.Problem = o.Problem
	}
	if d.m.State == StateShadow {
		ours, _ := translated(o, d.c)
		st.Upstream = ours.Upstream
	}
	if d.m.State == StateStandby && !s.Tags.Cascade {
		st.Lags = d.lags()
	}
	if s.Tags.Cascade {
		m := &d.m.Cascade
		st.Parent, st.ParentWhy, st.ParentSince = m.Parent, m.Why, m.Wall
		st.Problem = cmp.Or(st.Problem, forsaken(d.c, s.Name, &s.Tags))
	}
	if d.m.State == StatePrimary && o.Writable {
		st.Narrow = d.set.Durability.Spread && syncMembersOf(d.c, d.in.Self.Name, d.copies()).away == ""
		st.SyncK, st.Degraded, st.DegradedSince = o.Sync.K, d.m.Degraded, d.m.DegradedWall
	}
	if d.suspect() {
		st.Suspect = d.c.Reign.Term
	}
	if d.m.State == StateElecting && d.m.FreeSince != 0 && d.fresh() && d.in.View.ObsBegan >= d.m.FreeSince &&
		!o.Writable && (o.Running && o.Answers && !o.Recovering || !o.Running && o.Clean) && d.turnedAway() {
		st.Final = d.m.FreeTerm
		if d.set.MaxLagTime > 0 {
			st.LagTime = d.lagTime()
		}
	}
	return st
}

// dry reports whether this member has failed for long to take log from a
// primary that is there. Where no primary is, nobody fails.
func (d *decider) dry() bool {
	if d.m.State != StateStandby && d.m.State != StateRebuilding || d.m.DrySince == 0 || d.leader() == nil || !d.c.Reign.Promoted {
		return false
	}
	from := d.m.DrySince.Add(d.set.RejoinAfter)
	d.at(from)
	return d.now >= from
}

// turnedAway reports whether nothing can come from the old holder any more,
// also after a restart of this member's server. Only a quorum reign needs it:
// in the others the old holder's server is known to be stopped. That nobody is
// followed is not enough: an order to follow that got no answer may still come
// into effect, unless turning away was ordered after it and has succeeded.
func (d *decider) turnedAway() bool {
	o := &d.in.View.Obs
	if !contest(d.c) || d.c.Reign.Holder == d.in.Self.Name {
		return true
	}
	return d.m.Detached && o.Running && o.Role == RoleStandby && o.Upstream == "" && !o.Streaming
}

// publish writes the status: at once when something else than a position
// changed, and with a heartbeat's patience when only positions did.
func (d *decider) publish() {
	st := d.status()
	if st == d.m.Published {
		return
	}
	moved := st
	moved.LSN, moved.Applied = d.m.Published.LSN, d.m.Published.Applied
	if next := d.m.PublishedAt.Add(d.set.Heartbeat); moved == d.m.Published && d.now < next && d.m.State != StateElecting {
		d.at(next)
		return
	}
	d.m.Publishing = st
	d.m.Promised = max(d.m.Promised, st.Final)
	k := d.keys()
	// On top of its own last status: one that got no answer must not arrive
	// after this one, least of all with a promise that was taken back.
	last := d.m.PublishedRev
	if d.c.Revision >= last {
		last = 0
		if me := d.c.Member(d.in.Self.Name); me != nil {
			last = me.StatusRev
		}
	}
	txn := dcs.Txn{
		If:   []dcs.Cond{d.sessionCond(), {Key: k.member(d.in.Self.Name), Modified: last}},
		Then: []dcs.Op{{Key: k.member(d.in.Self.Name), Value: encode(st)}},
	}
	if d.m.State == StatePrimary && d.holding() && !d.lapsed() {
		// A primary whose watch is late learns here that its grant is gone.
		txn.If = append(txn.If, dcs.Cond{Key: k.grant(), Modified: d.m.GrantRev})
	}
	d.commit(ActPublish, txn)
}
