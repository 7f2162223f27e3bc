// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

// Probes (View.Health). P1: a member whose own probe vetoes does not take the
// grant, and one that another member's probe objects to does not either,
// unless a forced failover names the risk. P2: a primary gives the grant away
// for a probe only while another member could take it, so that a fault that
// all have in common, or a wrong probe, stops nobody's writes; and it does not
// take the grant back before the probe has recovered.

// unfit reports whether the primary has lost what it must have to go on.
func (d *decider) unfit() bool {
	return d.unguarded() || d.in.View.Health.Lost != "" && !d.c.Paused() && d.successor()
}

// successor reports whether a member lives that could be promoted instead.
func (d *decider) successor() bool {
	if d.in.View.Health.Objects != "" {
		return false
	}
	for i := range d.c.Members {
		m := &d.c.Members[i]
		if m.Name != d.in.Self.Name && m.Alive() && m.Known && m.Status.State == StateStandby && m.Status.Data == DataPresent &&
			m.Status.Running && !m.Status.Tags.NeverPromote && !m.Status.Tags.Cascade && m.Status.Health.Unfit == "" && !objected(d.c, m.Name) {
			return true
		}
	}
	return false
}

// vetoed reports whether this member's own probe forbids its promotion now;
// the record that the others go by may be older.
func (d *decider) vetoed() bool {
	forced := d.c.RequestRev != 0 && d.c.Request.Kind == RequestFailover && d.c.Request.Force
	return d.in.View.Health.Unfit != "" && !forced
}

// objected reports whether a probe of another member that lives forbids the
// promotion of name.
func objected(c *Cluster, name MemberID) bool {
	for i := range c.Members {
		if m := &c.Members[i]; m.Name != name && m.Alive() && m.Status.Health.Objects != "" {
			return true
		}
	}
	return false
}
