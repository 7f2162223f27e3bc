// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"errors"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// device is a watchdog that a manager arms, feeds and disarms. It belongs to
// the machine: it counts on when the manager dies.
type device struct {
	fires int64 // 0: not armed
	span  int64
	armed uint64 // counts armings and feedings
}

// tick is what the device's time is rounded to: whole seconds, as hardware has
// it, where that leaves any.
func tick(within time.Duration) time.Duration {
	if within >= time.Second {
		return within.Truncate(time.Second)
	}
	return within
}

// mind carries out what a manager orders for its device.
func (m *member) mind(a *ha.Action) {
	c, how, run := m.c, m.fate(a.Kind), m.run
	took := c.span(m.i, drawHook, // a kind of its own would change the luck of all seeds
		20*time.Microsecond, 2*time.Millisecond)
	limit := m.clock.real(m.clock.local(c.now).Add(a.Limit))
	switch how {
	case FateFail:
		m.later(took, func() { m.finish(a, failed(errors.New("told to fail"))) })
		return
	case FateLost:
		return
	case FateCrashBefore, FateKillBefore:
		c.after(took, func() { m.strike(how) })
		return
	}
	m.later(took, func() { // not while it is frozen: the deed is the manager's own
		if c.now >= limit {
			m.finish(a, failed(errors.New("too late")))
			return
		}
		o := ha.Outcome{Result: ha.ResultDone}
		switch a.Kind {
		case ha.ActArm:
			o.Span = tick(a.TTL)
			m.device.span = m.clock.span(o.Span)
			m.device.fed(m)
		case ha.ActFeed:
			m.device.fed(m)
		case ha.ActDisarm:
			m.device.fires = 0
		}
		if how == FateCrashAfter || how == FateKillAfter {
			m.strike(how)
		}
		if how != FateUnanswered && how != FateLate && m.run == run {
			m.finish(a, o)
		}
	})
}

// fed lets the device wait for its time again.
func (d *device) fed(m *member) {
	d.fires = m.c.now + d.span
	d.armed++
	n := d.armed
	m.c.strictly(d.span, func() {
		if d.fires == 0 || d.armed != n || !m.up {
			return
		}
		m.tell("watchdog resets the machine")
		m.c.resets++
		d.fires = 0
		m.c.Crash(m.name)
		m.c.after(int64(3*time.Second), m.boot)
	})
}

// watched checks what a watchdog is for (W1, W2).
func (j *judge) watched() {
	for _, m := range j.c.members {
		if !m.writable() || m.device.fires == 0 && !j.c.opt.DeviceRequired {
			continue
		}
		k := &m.machine
		switch {
		case m.device.fires == 0 && k.State != ha.StateStarting && j.c.now >= j.excused[m.i].until:
			j.fail("W2: the server of %s is writable and its watchdog is not armed", m.name)
		case m.alive && k.State == ha.StatePrimary && !k.Quorum && k.Guard == ha.GuardArmed && !j.byQuorum() &&
			m.device.fires > m.clock.real(k.FireBy())+int64(time.Millisecond): // the device's span is rounded
			j.fail("W1: the watchdog of %s fires %v after it must have", m.name, time.Duration(m.device.fires-m.clock.real(k.FireBy())))
		}
	}
}

// fence switches a member's machine off; somebody switches it on again.
func (m *member) fence(name ha.MemberID) error {
	old := m.c.member(name)
	if old == nil {
		return errors.New("no such machine")
	}
	if !m.c.healed && m.c.chance(m.i, drawHook, 3) {
		return errors.New("the power switch does not answer")
	}
	m.tell("switches the machine of %s off", name)
	m.c.Crash(name)
	m.c.after(int64(3*time.Second), old.boot)
	return nil
}

// fenced checks F1 when a server becomes writable: with a device required, no
// other may be, whatever the mode.
func (j *judge) fenced(m *member, term ha.Term) {
	if j.c.opt.Settings.Fencing != ha.FenceDevice || term != j.term {
		return
	}
	for _, x := range j.c.members {
		if x != m && x.writable() && j.c.now >= j.excused[x.i].until {
			j.fail("F1: %s becomes writable in term %d, and %s still is", m.name, term, x.name)
		}
	}
}
