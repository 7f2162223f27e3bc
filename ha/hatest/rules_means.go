// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"
	"slices"

	"github.com/gausskit/gausskit/ha"
)

// checkMeans checks what a decision does with the node's own means: its
// watchdog, its probes and its fencing device.
func checkMeans(in *ha.Input, d *ha.Decision) error {
	for _, check := range [...]func(*ha.Input, *ha.Decision) error{checkGuard, checkHealth, checkFence} {
		if err := check(in, d); err != nil {
			return err
		}
	}
	return nil
}

// checkGuard checks W1 and W2 on one decision: from what it orders, not from
// what it thinks.
func checkGuard(in *ha.Input, d *ha.Decision) error {
	m := &d.Machine
	required, armed := in.Self.NeedsWatchdog, m.Guard == ha.GuardArmed
	if required && d.To == ha.StatePrimary && !armed {
		return fmt.Errorf("W2: primary, and the required watchdog is %v", m.Guard)
	}
	for i := range d.Actions {
		a := &d.Actions[i]
		toWrite := a.Kind == ha.ActPromote || a.Kind == ha.ActStart && a.Mode == ha.StartPrimary
		mayWrite := d.To == ha.StatePromoting || d.To == ha.StatePrimary || d.To == ha.StateDemoting && !m.Stopped
		leased := mayWrite && (!m.Quorum || d.To != ha.StatePrimary)
		switch {
		case toWrite && required && !armed:
			return fmt.Errorf("W2: %v, and the required watchdog is %v", a.Kind, m.Guard)
		case toWrite && in.Self.HasWatchdog && !armed && m.ArmAt == 0 && !m.Quorum:
			return fmt.Errorf("W2: %v before the watchdog was tried", a.Kind)
		case !in.Self.HasWatchdog && a.Kind.Lane() == ha.LaneGuard:
			return fmt.Errorf("W2: %v without a watchdog", a.Kind)
		case a.Kind == ha.ActArm && in.Now.Add(a.Limit+a.TTL) > m.FireBy():
			return fmt.Errorf("W1: armed by %v for %v, and it must fire by %v", in.Now.Add(a.Limit), a.TTL, m.FireBy())
		case a.Kind == ha.ActFeed && leased && in.Now.Add(a.Limit+m.GuardSpan) > m.FireBy():
			return fmt.Errorf("W1: fed by %v for %v, and it must fire by %v", in.Now.Add(a.Limit), m.GuardSpan, m.FireBy())
		case a.Kind == ha.ActDisarm && (leased || mayWrite && required):
			return fmt.Errorf("W2: disarmed while %v", d.To)
		}
	}
	return nil
}

// checkHealth checks P1 and P2 on one decision.
func checkHealth(in *ha.Input, d *ha.Decision) error {
	c, h := in.View.Cluster, &in.View.Health
	forced := c != nil && c.RequestRev != 0 && c.Request.Kind == ha.RequestFailover && c.Request.Force
	for _, a := range d.Actions {
		if a.Kind != ha.ActAcquire || d.Election == nil || forced {
			continue
		}
		if h.Unfit != "" {
			return fmt.Errorf("P1: takes the grant although %s", h.Unfit)
		}
		for i := range c.Members {
			if m := &c.Members[i]; m.Name != in.Self.Name && m.Alive() && m.Status.Health.Objects != "" {
				return fmt.Errorf("P1: takes the grant although %s objects", m.Name)
			}
		}
	}
	if d.From == ha.StatePrimary && d.Trigger == ha.TriggerUnfit && !in.Self.NeedsWatchdog {
		others := 0
		for i := range c.Members {
			if m := &c.Members[i]; m.Name != in.Self.Name && m.Alive() && m.Status.State == ha.StateStandby && m.Status.Health.Unfit == "" {
				others++
			}
		}
		if h.Lost == "" || others == 0 {
			return fmt.Errorf("P2: gives the grant away: %+v, %d others", h, others)
		}
	}
	return nil
}

// checkFence checks F1 on one decision.
func checkFence(in *ha.Input, d *ha.Decision) error {
	c := in.View.Cluster
	if c == nil || c.SettingsRev == 0 || c.Settings.Fencing == ha.FenceNone {
		return nil
	}
	level := c.Reign.Fenced
	if n := len(c.Reign.ToFence); n > 0 && d.Machine.Fences >= n {
		level = max(level, in.Self.Fence)
	}
	enough := c.Reign.Term == d.Machine.Term && level >= c.Settings.Fencing
	if d.From == ha.StatePromoting && d.To == ha.StatePrimary && !enough {
		return fmt.Errorf("F1: goes on as primary, fenced %v, required %v", level, c.Settings.Fencing)
	}
	for i := range d.Actions {
		a := &d.Actions[i]
		switch {
		case a.Kind == ha.ActPromote && !enough:
			return fmt.Errorf("F1: promotes, fenced %v, required %v", level, c.Settings.Fencing)
		case a.Kind == ha.ActFence && (in.Self.Fence == ha.FenceNone || a.To == ""):
			return fmt.Errorf("F1: fences %q", a.To)
		case a.Kind != ha.ActAcquire || c.Reign.Promoted || d.Election == nil:
			continue
		}
		op, _ := put(a, "/state/reign")
		next := decode[ha.Reign](op)
		// A reign that never began hands down whom it was to fence
		for _, old := range c.Reign.ToFence {
			if old != in.Self.Name && !slices.Contains(next.ToFence, old) {
				return fmt.Errorf("F1: forgets to fence %s: %+v", old, next)
			}
		}
	}
	return nil
}
