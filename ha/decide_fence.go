// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "slices"

// Fencing. F1: no server is promoted, and none goes on as primary from a
// promotion, unless the former primary is fenced at the level that the settings
// require, or stopped by its own node. Who has not been is on record
// (Reign.ToFence) and is inherited by the next term when a promotion is given
// up, so that a failed attempt fences nobody.

// fenceOf is how the holder of the newest reign is fenced, as far as the
// records show, at a moment when the grant may be taken by me.
func fenceOf(c *Cluster, me MemberID) FenceLevel {
	r := &c.Reign
	if r.Term == 0 || r.Released || r.Holder == me {
		return FenceStopped
	}
	old := c.Member(r.Holder)
	alive := old != nil && old.Alive()
	switch {
	case alive && old.Status.Final == r.Term+1:
		return FenceStopped
	case contest(c):
		return FenceLockedOut
	case alive && oldPrimaryStopped(c):
		return FenceStopped
	case old != nil && old.Status.Guarded && old.Status.Instance == r.Instance:
		return FenceWatchdog
	}
	return FenceLease
}

// fenceDebt is what the next term begins with: how the former primaries are
// fenced, and who of them were not seen stopped.
func fenceDebt(c *Cluster, me MemberID) (FenceLevel, []MemberID) {
	r, level := &c.Reign, fenceOf(c, me)
	var debt []MemberID
	if !r.Promoted { // its own promotion was given up, perhaps because of this
		for _, m := range r.ToFence {
			if m != me {
				debt = append(debt, m)
			}
		}
	}
	if len(debt) > 0 {
		level = min(level, r.Fenced)
	}
	if fenceOf(c, me) < FenceStopped && !slices.Contains(debt, r.Holder) {
		debt = append(debt, r.Holder)
	}
	return level, debt
}

// fenceable reports whether this member could fence as the settings require;
// else it does not take the grant, and says why.
func (d *decider) fenceable() bool {
	if d.set.Fencing == FenceNone {
		return true
	}
	level, debt := fenceDebt(d.c, d.in.Self.Name)
	if len(debt) > 0 {
		level = max(level, d.in.Self.Fence)
	}
	if level >= d.set.Fencing {
		return true
	}
	d.m.Problem = "no promotion: fencing level " + d.set.Fencing.String() + " is required, and " + level.String() + " is all there is"
	return false
}

// fenced orders what fencing lacks, and reports whether a promotion may go on.
func (d *decider) fenced() bool {
	m, r := &d.m, &d.c.Reign
	if d.in.Self.Fence == FenceNone && d.set.Fencing == FenceNone {
		return true
	}
	if r.Term != m.Term || m.PromoFail {
		return false // what it begins with is not seen yet
	}
	level := d.fenceLevel()
	switch {
	case m.Fences < len(r.ToFence) && d.in.Self.Fence != FenceNone && m.FenceWhy == "":
		if d.idle(LaneEngine) && d.idle(LaneStop) {
			old := r.ToFence[m.Fences]
			d.order(Action{Kind: ActFence, Term: m.Term, To: old, Upstream: d.upstream(d.c.Member(old)), Limit: d.set.SwitchoverLimit})
		}
		return false
	case level < d.set.Fencing:
		m.PromoFail = true
		m.Problem = "fencing level " + d.set.Fencing.String() + " is required, and " + level.String() + " was reached"
		if m.FenceWhy != "" {
			m.Problem += ": " + m.FenceWhy
		}
		d.again()
		return false
	}
	return true
}

// fenceOver reports whether nothing is left to fence before a server that is
// writable may go on as primary.
func (d *decider) fenceOver() bool {
	if d.in.Self.Fence == FenceNone && d.set.Fencing == FenceNone {
		return true
	}
	r := &d.c.Reign
	tried := d.in.Self.Fence == FenceNone || d.m.Fences >= len(r.ToFence) || d.m.FenceWhy != ""
	return r.Term == d.m.Term && tried && d.fenceLevel() >= d.set.Fencing
}

// fenceLevel is the level that this term has reached.
func (d *decider) fenceLevel() FenceLevel {
	r := &d.c.Reign
	if n := len(r.ToFence); n > 0 && d.m.Fences >= n {
		return max(r.Fenced, d.in.Self.Fence)
	}
	return r.Fenced
}

// noteFence puts the verdict into the record of the reign.
func (d *decider) noteFence(r *Reign) {
	r.Fenced = d.fenceLevel()
	if d.m.Fences >= len(r.ToFence) {
		r.ToFence = nil
	}
}

func (d *decider) absorbFence(o *Outcome) {
	if o.Result == ResultDone {
		d.m.Fences++
		return
	}
	d.m.FenceWhy = o.Detail
}
