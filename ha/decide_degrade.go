// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

// Degraded mode: a primary goes on with fewer confirmations than the settings
// ask for when too few standbys are left, if the settings say so. It is told to
// everybody: in the primary's status, by an event, and in the synchronous
// rules, which say before the first such write that there may be some.

// keepsUp reports whether a member that may confirm writes does: its node
// lives, its server streams from this one, and is not further behind than a
// member that may be promoted. One that has to catch up would make writes wait.
func (d *decider) keepsUp(s syncMembers, m *Member) bool {
	if !s.has(m) {
		return false
	}
	o := &d.in.View.Obs
	for i := range o.Receivers {
		if r := &o.Receivers[i]; r.Member == m.Name {
			return r.Streaming && r.Flushed.Behind(o.LSN) <= d.set.MaxLag
		}
	}
	return false
}

// copies is how many standbys have to confirm a write now.
func (d *decider) copies() int { return d.m.copies(d.set.Durability.K) }

// copies is how many standbys have to confirm a write when the settings want so
// many.
func (m *Machine) copies(want int) int {
	if m.Degraded && m.State == StatePrimary {
		return min(m.DegradedK, want)
	}
	return want
}

// degrade lowers the number of confirmations to what standbys are left when
// too few have kept up for longer than the limit, and raises it as they return.
func (d *decider) degrade() {
	m, want := &d.m, d.set.Durability
	if want.Degrade == 0 || m.Degraded && m.DegradedK >= want.K {
		m.Degraded, m.DegradedK, m.DegradedWall = false, 0, 0
	}
	if want.Degrade == 0 || want.K == 0 {
		m.LackSince = 0
		return
	}
	have, set := 0, syncMembersOf(d.c, d.in.Self.Name, d.copies())
	set.all = false
	for i := range d.c.Members {
		if d.keepsUp(set, &d.c.Members[i]) {
			have++
		}
	}
	switch now := d.copies(); {
	case m.Degraded && have > now:
		m.DegradedK = min(have, want.K)
		m.LackSince = 0
	case have >= now:
		m.LackSince = 0
	case m.LackSince == 0:
		m.LackSince = d.now
		d.at(d.now.Add(want.Degrade))
	case d.now < m.LackSince.Add(want.Degrade):
		d.at(m.LackSince.Add(want.Degrade))
	default:
		if !m.Degraded {
			m.DegradedWall = d.in.View.Wall
		}
		m.Degraded, m.DegradedK, m.LackSince = true, have, 0
	}
	if m.Degraded && m.DegradedK >= want.K {
		m.Degraded, m.DegradedK, m.DegradedWall = false, 0, 0
	}
}
