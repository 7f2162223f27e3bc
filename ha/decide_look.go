// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"math"
	"time"
)

// When a node looks at its server, and how often.

// look orders the next observation.
func (d *decider) look() {
	if d.m.State == StateStopped || !d.idle(LaneObserve) {
		return
	}
	every := d.set.Heartbeat
	if w, ok := d.watchful(); ok {
		every = min(every, w)
	}
	switch {
	case d.expecting(), d.m.State == StatePrimary && d.m.Adopted != 0:
		every = min(every, 20*time.Millisecond)
	case d.hurried():
		every = min(every, 200*time.Millisecond)
	}
	due := min(d.m.ObserveAt, d.in.View.ObsBegan.Add(every))
	if d.in.View.ObsKnown && d.m.ObserveAt == 0 {
		due = d.in.View.ObsBegan.Add(every)
	}
	if d.now < due && !d.worthwhile(due, every) {
		return
	}
	d.m.ObserveAt = math.MaxInt64
	d.order(Action{Kind: ActObserve, Limit: d.set.StoreLimit})
}

// worthwhile reports whether to look a little before it is due, because the
// node is awake to renew its lease anyway; otherwise it asks to be woken, a
// little late when that makes one round of both. One process may run thousands
// of idle nodes, and being woken is what they cost.
func (d *decider) worthwhile(due Instant, every time.Duration) bool {
	near := every/2 + 1
	renew := d.m.Flights[LaneRenew]
	if renew.ID != 0 && renew.Kind == ActRenew && renew.Begun == d.now && due.Sub(d.now) < near && every == d.set.Heartbeat {
		return true
	}
	if next := d.m.RenewAt; renew.ID == 0 && d.m.Lease != 0 && due < next && next.Sub(due) < near && every == d.set.Heartbeat {
		due = next
	}
	d.at(due)
	return false
}

// hurried reports whether the server is on its way somewhere, so that it is
// looked at more often.
func (d *decider) hurried() bool {
	o := &d.in.View.Obs
	switch d.m.State {
	case StateElecting, StatePromoting:
		return true
	case StateStandby:
		return d.leader() != nil && !o.Streaming
	case StatePrimary:
		return !o.Running || !o.Answers || d.m.HandID != "" || d.m.SyncLSN != 0 || len(d.c.Rules) > 1
	}
	return false
}

// expecting reports whether the rest of the log is still on its way to the
// heir of a hand-over, while nobody can write.
func (d *decider) expecting() bool {
	r := &d.c.Reign
	return d.m.State == StateElecting && d.m.FreeSince != 0 && r.Released && r.To == d.in.Self.Name &&
		d.in.View.Obs.LSN < r.End && d.now < d.m.FreeSince.Add(d.set.ElectionWait)
}

// heartbeat is how often the lease is renewed: as the settings say, but
// never more seldom than the session's own time to live allows.
func (d *decider) heartbeat() time.Duration {
	if d.m.LeaseTTL == 0 {
		return d.set.Heartbeat
	}
	return min(d.set.Heartbeat, d.m.LeaseTTL/3)
}
