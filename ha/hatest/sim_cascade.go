// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Cascade standbys in the simulation: who is one, what must never happen to
// them, and what makes trouble for them.

// WithCascades turns members of a random cluster into cascade standbys: one or
// two of them for ThemeCascade, and now and then for the other themes. It has
// dice of its own, so that nothing else about the seed changes.
func WithCascades(o Options, theme Theme) Options {
	d := dice{seed: mix(o.Seed ^ 0xca)}
	if theme != ThemeCascade && !d.oneIn(8) {
		return o
	}
	if theme == ThemeCascade && o.Members == 3 && o.Settings.Durability.K < 2 && d.oneIn(2) {
		o.Members = 4
	}
	n := 1
	switch {
	case o.Members < 3 || o.Members == 3 && o.Settings.Durability.K > 1:
		if theme != ThemeCascade {
			return o
		}
		o.Members = 4
	case o.Members >= 5:
		n = 1 + d.below(2)
	}
	tags := map[ha.MemberID]ha.Tags{}
	for i := range o.Members {
		name := ha.MemberID(fmt.Sprintf("m%d", i+1))
		t := o.Tags[name]
		t.NeverSync = false // two can confirm
		tags[name] = t
	}
	for range n {
		i := 1 + d.below(o.Members-1)
		name := ha.MemberID(fmt.Sprintf("m%d", i+1))
		t := tags[name]
		t.Cascade, t.NeverPromote = true, false
		t.Promotable = d.oneIn(3)
		if d.oneIn(2) { // perhaps another cascade standby, or the primary: it has to stand that
			if p := ha.MemberID(fmt.Sprintf("m%d", 1+d.below(o.Members))); p != name {
				t.Parent = p
			}
		}
		tags[name] = t
	}
	o.Tags = tags
	o.Settings.ParentSettle = []time.Duration{500 * time.Millisecond, 2 * time.Second}[d.below(2)]
	o.Settings.CascadeWaits = d.oneIn(5)
	return o
}

// confirmers is k, or as many as can confirm where cascade standbys leave fewer:
// writes that wait for more would wait for ever.
func (g *generator) confirmers(k int) int {
	can := g.o.Members - 1
	for _, t := range g.o.Tags {
		if t.Cascade {
			can--
		}
	}
	return min(k, can)
}

// tagCascades makes cascade standbys of the members in a list, each perhaps
// with the parent that it prefers: "m4:m2,m5".
func (o *Options) tagCascades(list string, promotable bool) {
	if o.Tags == nil {
		o.Tags = map[ha.MemberID]ha.Tags{}
	}
	for _, word := range strings.Split(list, ",") {
		name, parent, _ := strings.Cut(word, ":")
		o.Tags[ha.MemberID(name)] = ha.Tags{Cascade: true, Promotable: promotable, Parent: ha.MemberID(parent)}
	}
}

// cascade reports whether a member is tagged as a cascade standby.
func (m *member) cascade() bool { return m.c.opt.Tags[m.name].Cascade }

// barred reports whether a member is a cascade standby that may not be promoted.
func (m *member) barred() bool { return m.cascade() && !m.c.opt.Tags[m.name].Promotable }

// follows is called when a server begins to stream: no circle of servers feeds
// itself. The holder of the grant is none of them as soon as it is promoted.
func (j *judge) follows(m *member) {
	for at, n := m, 0; n <= maxMembers; n++ {
		if !at.stream.connected || at.name == j.grant.Holder {
			return
		}
		if at = at.stream.up; at == m {
			j.fail("C2: %s streams from itself, by way of %s", m.name, m.stream.up.name)
			return
		}
	}
}

// counts is called when a server counts who has flushed a row: a cascade standby
// is never asked.
func (j *judge) counts(m *member, sync ha.SyncSet) {
	for _, name := range sync.Members {
		if s := j.c.member(name); s != nil && s.cascade() {
			j.fail("C1: %s counts on %s, which is a cascade standby", m.name, name)
		}
	}
}

// fed reports whether a member streams from whom it should when all is well:
// from the primary, and a cascade standby from a standby while there is one.
func (m *member) fed(p *member) bool {
	up := m.stream.up
	if !m.stream.connected || up == nil {
		return false
	}
	if !m.cascade() {
		return up == p
	}
	if up == p {
		for _, s := range m.c.members {
			if s != p && !s.cascade() && s.machine.State == ha.StateStandby {
				return false
			}
		}
		return true
	}
	return !up.cascade() && up.stream.connected && up.stream.up == p
}

// idle reports whether a cascade standby waits, as it is told to, because there
// is no standby that could feed it.
func (m *member) idle(p *member) bool {
	if !m.cascade() || !m.c.set.CascadeWaits {
		return false
	}
	for _, s := range m.c.members {
		if s != p && !s.cascade() {
			return false
		}
	}
	return true
}

// cascadeTheme breaks parents: they crash, lag, are cut off from their child
// or from the primary, are promoted, rebuilt, or worked on, while primaries
// crash; and perhaps only cascade standbys are left.
func (g *generator) cascadeTheme() {
	at := g.between(time.Second, 4*time.Second)
	child, other := g.cascadeMember(), g.member()
	for range 2 + g.below(3) {
		switch g.below(13) {
		case 0:
			g.add(at, "crash parent:%s", child)
		case 1:
			g.add(at, "%s parent:%s", g.pick("kill-server", "kill-node", "close", "hang", "freeze"), child)
		case 2:
			g.add(at, "cut parent:%s %s", child, child)
			g.add(at, "cut %s parent:%s", child, child)
		case 3:
			g.add(at, "cut parent:%s primary", child)
			g.add(at, "cut primary parent:%s", child)
		case 4:
			g.add(at, "slow-log parent:%s %v", child, g.between(50*time.Millisecond, 3*time.Second))
			g.add(at+g.between(0, time.Second), "crash primary")
		case 5:
			g.add(at, "crash primary")
			g.add(at+g.between(0, 2*g.o.Settings.TTL), "crash parent:%s", child)
		case 6:
			g.add(at, "switchover parent:%s", child)
		case 7:
			g.add(at, "%s %s", g.pick("switchover", "failover"), child)
		case 8:
			g.add(at, "reinit parent:%s force", child)
		case 9:
			g.add(at, "downtime parent:%s %v force", child, g.between(500*time.Millisecond, 6*time.Second))
		case 10: // everybody but the cascade standbys
			for i := range g.o.Members {
				name := ha.MemberID(fmt.Sprintf("m%d", i+1))
				if !g.o.Tags[name].Cascade {
					g.add(at, "%s %s", g.pick("crash", "crash", "close"), name)
				}
			}
			if g.oneIn(5) {
				g.add(at+g.takeover(), "failover %s force", child)
			}
		case 11: // the child runs ahead of the parent's heir
			g.add(at, "slow-log standby %v", g.between(500*time.Millisecond, 3*time.Second))
			g.add(at, "slow-log %s %v", other, g.between(500*time.Millisecond, 3*time.Second))
			g.add(at+g.between(0, time.Second), "crash parent:%s", child)
			g.add(at+g.between(0, time.Second), "crash primary")
		case 12:
			g.add(at, "slow-watch %s %v", g.pick("all", child), g.between(100*time.Millisecond, 3*time.Second))
			g.add(at+g.between(0, time.Second), "crash parent:%s", child)
		}
		at += g.between(10*time.Millisecond, g.takeover())
		if g.oneIn(2) {
			g.add(at, "%s", g.pick("crash primary", "restart all", "heal", "kill-server "+child, "crash "+child, "hang "+child, "kill-node "+child,
				"freeze "+child, "switchover", "slow-log all 0s", "crash standby"))
			at += g.between(0, 2*time.Second)
		}
		if g.oneIn(3) {
			child = g.cascadeMember()
		}
	}
	for _, all := range []string{"heal", "thaw all", "wake all", "slow-log all 0s", "slow-watch all 0s", "restart all"} {
		g.add(at+g.between(0, 3*time.Second), "%s", all)
	}
}

// cascadeMember is one of the cluster's cascade standbys.
func (g *generator) cascadeMember() string {
	var names []string
	for i := range g.o.Members {
		if name := fmt.Sprintf("m%d", i+1); g.o.Tags[ha.MemberID(name)].Cascade {
			names = append(names, name)
		}
	}
	if names == nil {
		return g.member()
	}
	return g.pick(names...)
}

// parentOf is whom a member's server is set to follow; the first standby when
// that is nobody.
func (c *Cluster) parentOf(name ha.MemberID) ha.MemberID {
	if m := c.member(name); m != nil && !m.writable() && c.member(m.db.upstream.Member) != nil {
		return m.db.upstream.Member
	}
	return c.inRole(false)
}

// A cascade standby may go without log, while all is well but for its parent,
// for hungry: to notice, to try another one, and to be rejoined once. It is
// twice the RejoinAfter of random clusters; an order may make that longer.
const hungry = 8 * time.Second

func (c *Cluster) starving(d time.Duration) bool {
	return d > hungry && d > 2*c.Records().Settings.WithDefaults().RejoinAfter
}

// watchFeeding looks now and then whether cascade standbys are fed although
// something fails: the rest of a run shows only that they are in the end.
func (c *Cluster) watchFeeding() {
	const every = 200 * time.Millisecond
	for _, m := range c.members {
		if !m.cascade() {
			continue
		}
		switch p := c.member(c.Primary()); {
		case p == nil || m == p || c.set.CascadeWaits || !m.undisturbed() || !m.hasFood(p):
			m.hungry = 0
		case m.stream.connected && (m.stream.up == p || m.stream.up.stream.up == p):
			m.hungry = max(0, m.hungry-every)
		default:
			m.hungry += every
		}
		if c.starving(m.hungry) {
			c.judge.fail("C6: nothing has fed %s for %v, and it could be", m.name, m.hungry)
		}
	}
	c.after(int64(every), c.watchFeeding)
}

// undisturbed reports whether nothing is in the way of a member's manager and
// server.
func (m *member) undisturbed() bool {
	c := m.c
	return m.up && m.alive && m.aside == nil && !m.quiet && !m.frozen && !m.db.hung && !m.copying && len(m.fates) == 0 && m.slowWatch == 0 && m.slowStore == 0 && m.slowIO <= 1 &&
		m.slowNet == 0 && !c.store.down && c.reaches(m.i, atStore) && c.reaches(atStore, m.i) && c.now-m.backAt > int64(2*time.Second)
}

// hasFood reports whether the primary leads undisturbed, and a standby that is
// fit to be a parent can be reached.
func (m *member) hasFood(p *member) bool {
	r := m.c.Records()
	if !p.undisturbed() || p.machine.State != ha.StatePrimary || p.machine.ReignRev == 0 || m.c.judge.holder != string(p.name) || !r.Reign.Promoted || !m.meets(p) {
		return false
	}
	if me := r.Member(m.name); me == nil || me.Down() || r.Paused() || r.RequestRev != 0 {
		return false
	}
	for _, s := range m.c.members {
		x := r.Member(s.name)
		if s != p && s != m && !s.cascade() && s.undisturbed() && m.meets(s) && s.stream.connected && s.stream.up == p &&
			s.machine.State == ha.StateStandby && x != nil && x.Status.Streaming && !x.Status.Lags && !x.Status.Reinit && !x.Down() && x.Alive() {
			return true
		}
	}
	return false
}
