// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Sight is what a member sees when it asks the primary's server (see
// ha.Settings.AskPrimary).
type Sight uint8

// The sights. Two of them lie.
const (
	SightTrue  Sight = iota // what is
	SightBlind              // nothing answers
	SightRosy               // everything does
	numSights
)

var sightNames = [numSights]string{"true", "blind", "rosy"} // read-only

// SetSight makes a member see what is, or what is not.
func (c *Cluster) SetSight(name ha.MemberID, s Sight) {
	if m := c.member(name); m != nil && s < numSights {
		m.tell("sees other servers as: %s", sightNames[s])
		m.sight = s
	}
}

// Quiet keeps the log from a member, in both directions and without the end of
// a connection, while sessions get through: a receiver that hangs.
func (c *Cluster) Quiet(name ha.MemberID, quiet bool) {
	m := c.member(name)
	if m == nil || m.quiet == quiet {
		return
	}
	m.tell("log is kept from it: %v", quiet)
	if m.quiet = quiet; !quiet {
		m.resume()
	}
}

// askPeer asks another member's server. A server that does not run refuses at
// once; one that hangs, and a machine that is gone, say nothing, and the time
// limit of the action ends the question.
func (m *member) askPeer(a *ha.Action) {
	c, how := m.c, m.fate(a.Kind)
	peer := c.member(a.Upstream.Member)
	there := c.span(m.i, drawHook, 200*time.Microsecond, 4*time.Millisecond) + c.resent(m.i)
	back := c.span(m.i, drawHook, 200*time.Microsecond, 4*time.Millisecond) + c.resent(m.i)
	switch {
	case how == FateFail, m.sight == SightBlind:
		m.later(there+back, func() { m.finish(a, failed(errNotRunning)) })
		return
	case how == FateCrashBefore, how == FateKillBefore:
		c.after(there, func() { m.strike(how) })
		return
	case m.sight == SightRosy:
		m.later(there+back, func() { m.finish(a, ha.Outcome{Result: ha.ResultDone}) })
		return
	}
	c.after(there, func() {
		if how == FateCrashAfter || how == FateKillAfter {
			m.strike(how)
		}
		if peer == nil || !peer.up || peer.db.hung || how != 0 || !c.reaches(m.i, peer.i) {
			return
		}
		o := ha.Outcome{Result: ha.ResultDone}
		if !peer.writable() {
			o = failed(errNotRunning)
		}
		m.later(back, func() {
			if c.reaches(peer.i, m.i) {
				m.finish(a, o)
			}
		})
	})
}
