// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Fate is what can happen to one action of a member's manager.
type Fate uint8

// The fates.
const (
	FateFail        Fate = iota + 1 // it fails without an effect
	FateLost                        // it has no effect, and no answer comes
	FateUnanswered                  // it has its effect, and no answer comes
	FateLate                        // it has its effect after its time limit
	FateCrashBefore                 // the machine crashes right before the effect
	FateCrashAfter                  // the machine crashes right after the effect
	FateKillBefore                  // the manager dies right before the effect
	FateKillAfter                   // the manager dies right after the effect
	numFates
)

var fateNames = [numFates]string{ // read-only
	"", "fail", "lost", "unanswered", "late", "crash-before", "crash-after", "kill-before", "kill-after",
}

// String gives the fate as schedules and scripts write it.
func (f Fate) String() string {
	if f < numFates {
		return fateNames[f]
	}
	return "?"
}

// fateOf waits for an action.
type fateOf struct {
	kind ha.ActionKind // ActNone: any
	skip int           // so many others come first
	how  Fate
}

// fate returns what is to happen to the action that begins now; 0 for nothing.
func (m *member) fate(k ha.ActionKind) Fate {
	for i := range m.fates {
		f := &m.fates[i]
		if f.kind != ha.ActNone && f.kind != k {
			continue
		}
		if f.skip > 0 {
			f.skip--
			continue
		}
		how := f.how
		m.fates = append(m.fates[:i], m.fates[i+1:]...)
		m.tell("%s will be: %s", k, how)
		return how
	}
	return 0
}

// strike lets a crash happen that hangs on an action.
func (m *member) strike(how Fate) {
	if m.c.healed {
		return
	}
	switch how {
	case FateCrashBefore, FateCrashAfter:
		m.c.Crash(m.name)
	case FateKillBefore, FateKillAfter:
		m.c.KillNode(m.name)
	}
}

// guard is the watchdog: a device that stops a server whose manager has not
// renewed its right in time. A manager that lives stops its server itself, and
// before; so the device counts only after the manager was killed or frozen.
type guard struct {
	deadline int64 // 0: not armed
	sent     ha.Instant
	run      int
	suspect  bool
}

// renewed is called after each decision of a living manager.
func (g *guard) renewed(m *member) {
	if m.self.HasWatchdog {
		g.suspect = g.suspect && m.device.fires == 0
		return // its manager minds a device itself
	}
	k := &m.machine
	if k.State == ha.StatePrimary && k.Quorum {
		*g = guard{} // its lease ends nothing
		return
	}
	adopts := k.State == ha.StateStarting && k.Adopted != 0 && k.Taking != 0 // a device is armed before the first term is asked for
	if !adopts && (k.GrantRev == 0 || k.State != ha.StatePrimary && k.State != ha.StatePromoting) || g.run == m.run && g.sent == k.LeaseSent {
		return
	}
	margin := m.c.set.Margin
	*g = guard{deadline: m.clock.real(k.LeaseSent.Add(k.LeaseTTL - margin/4)), sent: k.LeaseSent, run: m.run}
}

// suspect arms the watchdog: the manager may not be there to stop the server.
func (m *member) suspect() {
	g := &m.guard
	if m.self.HasWatchdog {
		g.suspect = m.device.fires == 0 // an automatic one that could not be armed
		return
	}
	if g.suspect || g.deadline == 0 {
		return
	}
	g.suspect = true
	if m.c.opt.NoWatchdog {
		return
	}
	sent, run := g.sent, g.run
	m.c.strictly(g.deadline-m.c.now, func() {
		if !g.suspect || g.sent != sent || g.run != run {
			return
		}
		m.barrier++ // a start that the dead manager began ends, too
		if m.db.running && m.db.role == ha.RolePrimary {
			m.tell("watchdog stops the server")
			m.killServer()
		}
	})
}

// Crash takes the power from a machine: its manager and its server are gone at
// once, and log that was not flushed is lost.
func (c *Cluster) Crash(name ha.MemberID) {
	m := c.member(name)
	if m == nil || !m.up {
		return
	}
	m.tell("machine crashes")
	m.up, m.device.fires = false, 0
	m.barrier++
	m.endManager()
	m.db.crash()
	m.serverGone()
}

// KillNode kills a member's manager. Its server lives on.
func (c *Cluster) KillNode(name ha.MemberID) {
	if m := c.member(name); m != nil && m.alive {
		m.tell("manager is killed")
		m.suspect()
		m.endManager()
	}
}

func (m *member) endManager() {
	if !m.alive {
		return
	}
	m.alive, m.frozen, m.held = false, false, nil
	m.run++
	m.flights = [8]flight{}
}

// Restart starts a member's manager, and its machine if that has no power. A
// member that was late joins with it.
func (c *Cluster) Restart(name ha.MemberID) {
	if m := c.member(name); m != nil {
		m.boot()
	}
}

// Close asks a member's manager to end in order. A Restart begins anew.
func (c *Cluster) Close(name ha.MemberID) {
	m := c.member(name)
	if m == nil || !m.alive {
		return
	}
	m.tell("asked to end")
	m.later(0, func() {
		m.view.Closing = true
		m.decide(nil, false)
	})
}

// KillServer kills a member's server. Its manager notices.
func (c *Cluster) KillServer(name ha.MemberID) {
	if m := c.member(name); m != nil && m.up && m.db.running {
		m.tell("server is killed")
		m.killServer()
	}
}

func (m *member) killServer() {
	m.db.crash()
	m.serverGone()
	if m.alive {
		m.later(m.c.span(m.i, drawMisc, 100*time.Microsecond, 10*time.Millisecond), func() { m.decide(nil, true) })
	}
}

// HangServer makes a member's server not answer and not acknowledge anything.
func (c *Cluster) HangServer(name ha.MemberID) {
	if m := c.member(name); m != nil && m.db.running {
		m.tell("server hangs")
		m.db.hung = true
	}
}

// WakeServer ends what HangServer began.
func (c *Cluster) WakeServer(name ha.MemberID) {
	m := c.member(name)
	if m == nil || !m.db.hung {
		return
	}
	m.tell("server answers again")
	m.db.hung = false
	m.release()
	m.resume()
	m.connect()
}

// Freeze stops a member's manager as SIGSTOP does. Its server lives on.
func (c *Cluster) Freeze(name ha.MemberID) {
	if m := c.member(name); m != nil && m.alive && !m.frozen {
		m.tell("manager freezes")
		m.frozen = true
		m.suspect()
	}
}

// Thaw lets a frozen manager go on. All that has arrived meanwhile comes at once.
func (c *Cluster) Thaw(name ha.MemberID) {
	m := c.member(name)
	if m == nil || !m.frozen {
		return
	}
	m.tell("manager goes on")
	m.frozen, m.backAt = false, c.now
	for _, e := range m.held {
		e.at = c.now
		c.agenda.add(e)
	}
	m.held = nil
}

// FailNext gives a fate to the next action of a kind of a member's manager.
// ha.ActNone means the next of any kind.
func (c *Cluster) FailNext(name ha.MemberID, kind ha.ActionKind, how Fate) {
	c.FailLater(name, kind, 0, how)
}

// FailLater gives a fate to the action after the next n of a kind: with
// FateCrashBefore and its like a crash at any call.
func (c *Cluster) FailLater(name ha.MemberID, kind ha.ActionKind, n int, how Fate) {
	if m := c.member(name); m != nil {
		m.fates = append(m.fates, fateOf{kind: kind, skip: n, how: how})
	}
}

// SetHealth lets a member's probes say something.
func (c *Cluster) SetHealth(name ha.MemberID, h ha.Health) {
	m := c.member(name)
	if m == nil {
		return
	}
	m.tell("probes: %+v", h)
	m.health = h
	if m.alive {
		m.later(0, func() { m.decide(nil, false) })
	}
}

// SlowDisk makes the engine actions of a member take so many times as long;
// 1 is normal.
func (c *Cluster) SlowDisk(name ha.MemberID, times int) {
	if m := c.member(name); m != nil {
		m.tell("disk is %d times as slow", times)
		m.slowIO = int64(times)
	}
}

// SlowReplication delays the log on its way to a member; 0 is normal.
func (c *Cluster) SlowReplication(name ha.MemberID, by time.Duration) {
	if m := c.member(name); m != nil {
		m.tell("log arrives %v late", by)
		m.slowNet = by
	}
}

// SlowWatch delays what a member's watch delivers; 0 is normal.
func (c *Cluster) SlowWatch(name ha.MemberID, by time.Duration) {
	if m := c.member(name); m != nil {
		m.tell("watch is %v late", by)
		m.slowWatch = by
	}
}
