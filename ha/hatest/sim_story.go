// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// The story: one line for each event, in fixed columns, made to be read from
// top to bottom by a person who wants to know what happened.

// line writes what happened to a member.
func (c *Cluster) line(m *member, what string) {
	role := "down"
	switch {
	case !m.up:
		role = "no power"
	case m.copying:
		role = "copying"
	case m.db.running && m.db.hung:
		role = "hangs"
	case m.db.running:
		role = m.db.role.String()
	case m.db.data == ha.DataNone:
		role = "empty"
	}
	state := m.machine.State.String()
	switch {
	case !m.alive:
		state = "-"
	case m.frozen:
		state = "frozen"
	}
	left := ""
	if m.alive && m.machine.GrantRev != 0 {
		now := m.clock.local(c.now)
		left = fmt.Sprintf("%.2fs", m.machine.LeaseSent.Add(m.machine.LeaseTTL).Sub(now).Seconds())
	}
	c.story = append(c.story, fmt.Sprintf("%9.3f  %-3s %-10s %-8s %3d  %-10s %6s  %s",
		time.Duration(c.now).Seconds(), m.name, state, role, m.machine.Term, m.db.end(), left, what))
}

// tell writes what happened to no member in particular.
func (c *Cluster) tell(format string, args ...any) {
	if c.tracing {
		c.story = append(c.story, fmt.Sprintf("%9.3f  --- %s", time.Duration(c.now).Seconds(), fmt.Sprintf(format, args...)))
	}
}

// StoryHeader names the columns of [Cluster.Trace].
const StoryHeader = "   time s  who state      server   term lsn        lease  event"

// telling reports whether actions of a kind stand in the story although
// nothing goes wrong.
func telling(k ha.ActionKind) bool {
	switch k {
	case ha.ActInit, ha.ActStart, ha.ActStop, ha.ActPromote, ha.ActFollow, ha.ActRejoin, ha.ActSetSync, ha.ActHook,
		ha.ActAcquire, ha.ActRelease, ha.ActConfirm, ha.ActReign, ha.ActSyncRules, ha.ActIdentify, ha.ActAnswer, ha.ActLease, ha.ActRevoke:
		return true
	}
	return false
}

func (m *member) tellAction(a *ha.Action) {
	if !telling(a.Kind) {
		return
	}
	extra := ""
	switch a.Kind {
	case ha.ActStop:
		extra = " " + a.Stop.String()
	case ha.ActStart:
		extra = " as standby"
		if a.Mode == ha.StartPrimary {
			extra = " as primary"
		}
		extra += " of " + string(a.Upstream.Member)
	case ha.ActFollow, ha.ActRejoin:
		extra = " " + string(a.Upstream.Member)
	case ha.ActSetSync:
		extra = " " + a.Sync.String()
	case ha.ActPromote:
		extra = " term " + a.Term.String()
	}
	m.tell("orders %s%s", a.Kind, extra)
}
