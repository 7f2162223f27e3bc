// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"math/rand/v2"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// inGuard makes of random input one of a node with a watchdog.
func inGuard(r *rand.Rand, in *ha.Input) {
	some := func(n int) bool { return r.IntN(n) == 0 }
	self := *in.Self
	self.HasWatchdog, self.NeedsWatchdog = true, some(2)
	in.Self = &self
	m := &in.Machine
	if c := in.View.Cluster; c != nil && some(2) {
		self.Fence = []ha.FenceLevel{ha.FenceNone, ha.FenceStorage, ha.FenceDevice}[r.IntN(3)]
		c.Settings.Fencing = ha.FenceLevel(r.IntN(7))
		c.Reign.Fenced = ha.FenceLevel(r.IntN(7))
		c.Reign.ToFence = [][]ha.MemberID{nil, {"m1"}, {"m3", "m1"}}[r.IntN(3)]
		m.Fences = r.IntN(3)
		if some(3) {
			m.FenceWhy = "no answer"
		}
		if some(2) {
			c.Reign.Term = m.Term
		}
		c.SettingsRev = 1
	}
	m.Guard, m.GuardSpan = ha.GuardState(r.IntN(3)), 2*time.Second
	m.FedAt = in.Now.Add(-time.Duration(r.IntN(4000)) * time.Millisecond)
	for _, at := range []*ha.Instant{&m.FeedAt, &m.ArmAt} {
		if some(3) {
			*at = in.Now.Add(time.Duration(r.IntN(2000)-1500) * time.Millisecond)
		}
	}
	for i, h := range []*string{&in.View.Health.Unfit, &in.View.Health.Objects, &in.View.Health.Lost} {
		if some(4 + i) {
			*h = "probe data is dead"
		}
	}
	if c := in.View.Cluster; c != nil {
		for i := range c.Members {
			h := &c.Members[i].Status.Health
			if some(6) {
				h.Unfit = "probe data is dead"
			}
			if some(12) {
				h.Objects = "probe net is dead"
			}
			if some(2) && c.Members[i].Status.State == ha.StatePrimary {
				c.Members[i].Status.State = ha.StateStandby
			}
		}
	}
	for i := range in.Outcomes {
		in.Outcomes[i].Span = 2 * time.Second
	}
	if some(3) { // a quiet primary
		in.Outcomes, m.Flights, m.LeaseSent = nil, ha.Machine{}.Flights, in.Now.Add(-time.Duration(r.IntN(3000))*time.Millisecond)
	}
}
