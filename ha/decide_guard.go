// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "time"

// The watchdog. W1: a device that is armed for a holder whose lease protects
// the cluster fires before that lease can end, unless the holder renewed it or
// its server is stopped. W2: where a watchdog is required, no server is made
// writable, or left so, while it is not armed.

// FireBy is the instant by which a watchdog must have reset the machine: the
// deadline of R1 is a margin before the end of the lease, and three quarters of
// that margin are the node's own, to stop its server.
func (m *Machine) FireBy() Instant { return m.LeaseSent.Add(m.LeaseTTL - m.LeaseMargin/4) }

// guardSpan is the time that the device is set to: about half of what a renewal
// gives, so that it can be fed until shortly before it must have fired. Devices
// count in seconds, so where half is less than one, a whole one will do if a
// renewal still leaves time to feed.
func (d *decider) guardSpan() time.Duration {
	whole := d.m.LeaseTTL - d.m.LeaseMargin/4
	return max(whole/2, min(time.Second, whole-2*d.set.StoreLimit))
}

// boundByLease reports whether the device must fire when the lease ends. It
// need not where the standbys decide; only a required watchdog is armed then.
func (d *decider) boundByLease() bool { return !d.m.Quorum || d.m.State != StatePrimary }

// watched reports whether this node's server may be writable, or on its way to
// it, so that the device has to be armed.
func (d *decider) watched() bool {
	switch d.m.State {
	case StatePromoting:
		return true
	case StateStarting:
		return d.adopting()
	case StatePrimary:
		return !d.m.Quorum || d.in.Self.NeedsWatchdog
	case StateDemoting:
		return !d.m.Stopped
	}
	return false
}

// guarded reports whether the watchdog stands in the way of a writable server
// no more: it is armed, or need not be.
func (d *decider) guarded() bool {
	switch {
	case !d.in.Self.HasWatchdog, d.m.Guard == GuardArmed:
		return true
	case d.in.Self.NeedsWatchdog:
		return false
	}
	return d.m.Quorum || d.m.ArmAt != 0 // tried, and it cannot be had
}

// unguarded reports whether a primary has lost a watchdog that it must have.
func (d *decider) unguarded() bool {
	return d.in.Self.NeedsWatchdog && d.m.Guard != GuardArmed
}

// leashed reports whether an armed device fires before the lease can end, if it
// is not fed again.
func (d *decider) leashed() bool {
	return d.m.Guard != GuardArmed || d.m.FedAt.Add(d.m.GuardSpan*4/3) <= d.m.FireBy()
}

// guard orders what the watchdog needs.
func (d *decider) guard() {
	if !d.in.Self.HasWatchdog || d.m.State == StateStopped || !d.idle(LaneGuard) {
		return
	}
	switch armed := d.m.Guard == GuardArmed; {
	case d.watched() && armed:
		d.feed(d.boundByLease())
	case d.watched():
		d.arm()
	case armed, d.m.Guard == GuardUnknown && d.harmless():
		if d.now >= d.m.FeedAt {
			d.order(Action{Kind: ActDisarm, Limit: d.set.StoreLimit})
			return
		}
		d.at(d.m.FeedAt)
		if armed {
			d.feed(false) // it cannot be disarmed, and the server is no danger
		}
	}
}

// harmless reports whether the server is known not to be writable.
func (d *decider) harmless() bool {
	switch d.m.State {
	case StateStandby, StateElecting, StateRebuilding, StateFenced:
		return d.fresh() && !d.mayWrite()
	case StateDemoting, StateStopping:
		return d.m.Stopped
	}
	return false
}

// arm orders the arming, once a renewal is so young that the device would fire
// in time although nobody feeds it.
func (d *decider) arm() {
	if d.m.State == StateDemoting || d.m.PromoFail || d.m.LeaseTTL == 0 {
		return
	}
	if d.now < d.m.ArmAt {
		d.at(d.m.ArmAt)
		return
	}
	span := d.guardSpan()
	if spare := d.m.FireBy().Add(-span).Sub(d.now); spare > 0 {
		d.order(Action{Kind: ActArm, TTL: span, Limit: min(spare, d.set.StoreLimit)})
	}
}

// feed orders a feeding when it is due: three times in the device's span, and
// for the last time when the lease allows just one more, so that the node has
// all of its margin for stopping the server itself.
func (d *decider) feed(byLease bool) {
	m := &d.m
	due := max(m.FedAt.Add(m.GuardSpan/3), m.FeedAt)
	limit := m.GuardSpan / 3
	if byLease {
		latest := m.FireBy().Add(-m.GuardSpan)
		last := latest.Add(-m.LeaseMargin / 10)
		if m.FedAt >= last || d.now >= latest {
			return // only a renewal allows another
		}
		due = min(due, max(last, m.FeedAt))
		limit = min(limit, latest.Sub(d.now))
	}
	if d.now < due {
		d.at(due)
		return
	}
	d.order(Action{Kind: ActFeed, Limit: limit})
}

// absorbGuard takes what the device answered.
func (d *decider) absorbGuard(o *Outcome) {
	m := &d.m
	done := o.Result == ResultDone
	switch o.Kind {
	case ActArm:
		if done {
			m.Guard, m.GuardSpan, m.FedAt, m.FeedAt, m.ArmAt = GuardArmed, o.Span, o.Began, 0, 0
			m.GuardWhy = ""
			return
		}
		m.ArmAt = d.now.Add(4 * d.set.Heartbeat)
		m.Guard = GuardUnknown // it may still be armed, and is disarmed when that does no harm
		m.GuardWhy = "watchdog: " + o.Detail
		if m.State == StatePromoting && d.in.Self.NeedsWatchdog {
			m.PromoFail, m.Problem = true, m.GuardWhy
		}
	case ActFeed:
		switch {
		case done:
			m.FedAt, m.FeedAt = max(m.FedAt, o.Began), 0
		case d.now >= m.FedAt.Add(m.GuardSpan+d.set.StoreLimit) && m.FeedAt != 0:
			// It should have fired, and has not: it is no watchdog any more.
			m.Guard, m.GuardWhy = GuardUnknown, "watchdog: "+o.Detail
			m.ArmAt, m.FeedAt = d.now, 0
		default:
			m.FeedAt = d.now.Add(m.GuardSpan / 20)
		}
	case ActDisarm:
		if done {
			m.Guard, m.FeedAt = GuardOff, 0
			return
		}
		m.FeedAt = d.now.Add(d.set.Heartbeat)
	}
}
