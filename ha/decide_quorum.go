// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "time"

// Quorum mode: who is primary is decided by the synchronous standbys, not by
// the primary's lease (ARCHITECTURE.md, "Promise election").
//
// A standby that hears nothing from the holder's server says so (Suspect).
// When as many do as could outvote every synchronous set that may be in
// force, they turn away from the old holder for good (detach), fix the end of
// their log and promise it (Final). With promises of all but K-1 members of
// each set the old holder can acknowledge nothing any more, and whatever it
// has acknowledged is in the furthest promised log.

// contest reports whether the reign is one that only promises can end.
func contest(c *Cluster) bool { return c.Reign.Quorum && !c.Reign.Released }

// suspects reports whether the member doubts the holder of the newest reign,
// or is that holder and says itself that it is primary no more.
func suspects(c *Cluster) func(*Member) bool {
	return func(m *Member) bool {
		return m.Alive() && c.Reign.Term != 0 && m.Status.Suspect == c.Reign.Term
	}
}

// contested reports whether an election against the holder of a quorum reign
// can succeed, so that turning away from it makes sense: it is doubted enough,
// and an operator approves where that is needed. A holder that says itself
// that it is primary no more loses nothing by it.
func contested(c *Cluster) bool {
	if !doubted(c) {
		return false
	}
	old := c.Member(c.Reign.Holder)
	return !c.Settings.Approve || c.Approved() || c.RequestRev != 0 || old != nil && suspects(c)(old)
}

// doubted reports whether the members that doubt the holder of a quorum reign
// are enough for every rule, and at least two where two could judge.
func doubted(c *Cluster) bool {
	if !contest(c) {
		return false
	}
	doubts := suspects(c)
	n, judges, ordered := 0, 0, false
	for i := range c.Members {
		m := &c.Members[i]
		switch {
		case m.Name == c.Reign.Holder:
			if doubts(m) {
				return true
			}
		case m.cascades(c): // it confirms nothing, so it can outvote nobody
			ordered = ordered || doubts(m)
		case doubts(m):
			n++
			judges++
		case m.Alive() && m.Known && !m.Down() && !m.Status.Dry && m.Status.Running && m.Status.State != StateRebuilding && m.Status.Data == DataPresent && m.Status.State != StateFenced && m.Status.State != StateStopping:
			judges++
		}
	}
	if (n > 0 || ordered) && orderedAway(c) && c.Request.Force {
		return true
	}
	if n == 0 {
		return false
	}
	return n >= min(2, judges) && rulesHold(c.Rules, c.Members, doubts)
}

// orderedAway reports whether a failover was ordered that the holder cannot
// carry out itself, because its node is gone.
func orderedAway(c *Cluster) bool {
	old := c.Member(c.Reign.Holder)
	return c.RequestRev != 0 && c.Request.Kind == RequestFailover && (old == nil || !old.Alive())
}

// vacant reports whether an election may be held.
func (d *decider) vacant() bool {
	if d.aside() {
		return false
	}
	if contest(d.c) {
		return contested(d.c) && (d.suspect() || d.cascades())
	}
	return d.c.GrantRev == 0 && (d.c.Reign.Holder == d.in.Self.Name || oldPrimaryStopped(d.c))
}

// suspect reports whether this member doubts the holder of the newest reign.
func (d *decider) suspect() bool {
	r, o := &d.c.Reign, &d.in.View.Obs
	if !contest(d.c) {
		return false
	}
	if r.Holder == d.in.Self.Name {
		return (d.m.State == StateStandby || d.m.State == StateElecting) && d.fresh() && !d.mayWrite()
	}
	if d.m.State != StateElecting && d.cascades() && (d.aside() || !orderedAway(d.c)) {
		return false // it hears its parent, not the holder
	}
	switch d.m.State {
	case StateElecting:
		return d.m.Doubt == r.Term // it has turned away, or is about to
	case StateStandby:
		if !d.fresh() || o.Data != DataPresent || o.Writable || !o.Answers && (o.Running || !d.holderGivesUp()) {
			return false // what it hears says nothing
		}
	case StateRebuilding:
		if !d.fresh() || o.Data != DataPresent {
			return false
		}
	default:
		return false
	}
	old := d.c.Member(r.Holder)
	lives := old != nil && old.Alive()
	switch {
	case lives && old.Status.Suspect == r.Term, orderedAway(d.c):
		return true
	case !r.Promoted:
		return !lives // nobody was to hear from its server yet
	}
	patience := d.set.SuspectAfter
	if lives && old.Status.Instance == r.Instance && old.Status.State == StatePrimary && !old.Status.Running {
		patience += max(d.set.RestartLimit, 0) // its node knows, and starts it again
		if old.Status.Restarting {
			patience = max(patience, d.set.SuspectAfter+DefaultRestartLimit)
		}
	}
	last := d.lastSeen()
	d.at(last.Add(patience))
	return d.in.View.ObsBegan.Sub(last) >= patience
}

// holderGivesUp reports whether the holder of a quorum reign lives and says that
// it is primary no more. Then there is nothing to hear from it, and a member
// whose server is down need not wait for that: it is a former primary that is
// to be rejoined, and a rule may still count on what it has.
func (d *decider) holderGivesUp() bool {
	old := d.c.Member(d.c.Reign.Holder)
	return old != nil && old.Alive() && old.Status.Suspect == d.c.Reign.Term
}

// hear notes the last sign of life of the upstream.
func (d *decider) hear() {
	if o := &d.in.View.Obs; contest(d.c) && d.fresh() && o.Streaming && o.Upstream == d.c.Reign.Holder {
		d.m.Heard = max(d.m.Heard, d.in.View.ObsBegan.Add(-o.Silent))
	}
}

// watchful is how often a standby looks whether the upstream lives.
func (d *decider) watchful() (time.Duration, bool) {
	if d.m.State != StateStandby || !contest(d.c) || !d.c.Reign.Promoted || d.c.Reign.Holder == d.in.Self.Name || d.cascades() {
		return 0, false
	}
	if d.now.Sub(d.m.Heard) > d.set.SuspectAfter/2 {
		return max(d.set.SuspectAfter/20, 20*time.Millisecond), true
	}
	return d.set.SuspectAfter / 5, true
}

// contestLimit is how long members stay turned away from a holder when no
// election succeeds.
func (d *decider) contestLimit() time.Duration { return d.set.ElectionWait + 8*d.set.StoreLimit }

// contestOver reports whether an election against the holder of a quorum
// reign has failed: the holder may be well, and needs its standbys.
func (d *decider) contestOver() bool {
	if !contest(d.c) || d.m.FreeSince == 0 {
		return false
	}
	end := d.m.FreeSince.Add(d.contestLimit())
	d.at(end)
	return d.now >= end
}

// mayAttach reports whether this member may take log from the holder: not
// while its record may promise the contrary, and not on the strength of
// records that are older than the taking back of that promise.
//
// This holds in all reigns: one that is none of quorum now may be one again
// before the promise is forgotten by those who count it.
func (d *decider) mayAttach() bool {
	return d.m.PublishedRev != 0 && d.c.Revision >= d.m.PublishedRev && d.m.Promised <= d.c.Reign.Term
}

// relies reports whether this node's server may accept writes although its
// lease may be over: it can acknowledge only what its standbys confirm, and
// the records say that nothing but their promises ends the reign.
func (d *decider) relies() bool {
	return d.m.Quorum && (d.m.State == StatePrimary || d.m.State == StateDemoting)
}

// lapsed reports whether the grant of a holder that relies on its standbys has
// ended with its lease, and nobody else has begun a reign.
func (d *decider) lapsed() bool {
	r := &d.c.Reign
	return d.relies() && d.c.GrantRev == 0 && r.Quorum && r.Term == d.m.Term && r.Holder == d.in.Self.Name && r.Instance == d.in.Self.Instance && !r.Released
}

// resume takes the grant again, with the next term, after it has lapsed. The
// server does not notice.
func (d *decider) resume() {
	if d.m.Loaded {
		d.acquire("resumed", 0)
	}
}

// quorumNext reports whether the next reign of this node may be a quorum reign
// from its beginning. A server that is, or was left, a primary may have any
// synchronous set in force, unless its reign was one already.
func (d *decider) quorumNext() bool {
	r := &d.c.Reign
	if d.lapsed() {
		return true
	}
	return d.set.Durability.Quorum && (d.in.View.Obs.Role != RolePrimary || r.Quorum && r.Holder == d.in.Self.Name)
}

// recorded reports whether the synchronous set in force demands something and
// is on record, and that this log was written asynchronously for a while is not
// any more: then the standbys know all that was acknowledged.
func (d *decider) recorded() bool {
	o, me := &d.in.View.Obs, d.in.Self.Name
	return !d.m.SyncDoubt && o.Sync.K > 0 && hasRule(d.c.Rules, ruleOf(me, o.Sync)) && !hasRule(d.c.Rules, SyncRule{Primary: me})
}

// byQuorum reports whether the settings want the standbys to decide, and there
// are standbys that confirm.
func (d *decider) byQuorum() bool { return d.set.Durability.Quorum && d.copies() > 0 }

// keepReign keeps the record of the reign as the settings want it, and reports
// whether there is nothing to do. The record says quorum before this node
// relies on it, and this node has ceased to rely before the record says no.
func (d *decider) keepReign() bool {
	m, want := &d.m, d.byQuorum()
	if m.Quorum && !d.recorded() {
		m.Quorum = false // somebody else changed the set
		d.again()        // the deadline counts again
	}
	if m.Quorum && !want && !d.lapsed() {
		if d.now >= m.Deadline() || !d.leashed() {
			return true // not before the lease holds again, and the watchdog goes by it
		}
		m.Quorum = false
		d.again()
	}
	rely := want && !m.Loose && d.recorded() && d.rulesSure()
	switch {
	case d.lapsed():
		d.resume()
		return false
	case m.ReignRev == 0, d.c.Reign.Quorum && !want && !m.Quorum, rely && !m.Quorum:
		d.recordReign(rely)
		return m.ReignRev != 0
	}
	return true
}
