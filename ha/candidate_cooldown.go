// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "time"

// repeated is how many crashes or hangs as primary begin a cool-down. One is
// bad luck; a promotion that fails begins its cool-down at once.
const repeated = 2

// cooling reports whether a member has failed so that the others come first
// for a while. Only what happened to it as primary, or on the way to it,
// counts: the restart of a standby says nothing about the next primary. Members
// whose wall clocks differ may disagree about the end of a cool-down; then
// both wait for each other for a turn, and one of them goes.
func (e elector) cooling(name MemberID) bool {
	return e.cools(name, FailurePromotion, 1, e.set.PromoteCoolDown) ||
		e.cools(name, FailureCrash, repeated, e.set.CrashCoolDown) ||
		e.cools(name, FailureHang, repeated, e.set.HangCoolDown)
}

func (e elector) cools(name MemberID, kind Failure, least int, coolDown time.Duration) bool {
	n, last := 0, false
	if r := &e.c.Reign; r.Released && r.Failure == kind && r.Holder == name {
		n, last = 1, true // just now: it is in no log yet
	}
	window := max(e.set.FailoverWindow, coolDown)
	for i := range e.c.Failovers {
		f := &e.c.Failovers[i]
		if f.From == name && f.Failure == kind && within(e.wall, f.Wall, window) {
			n++
			last = last || within(e.wall, f.Wall, coolDown)
		}
	}
	return last && n >= least
}
