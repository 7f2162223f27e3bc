// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
)

// foreign is another manager, beside which the members' nodes look on
// ([Options].Shadow). It has rules of its own and sees everything: once in a
// while it restarts a primary's server in place, or, when that stays away,
// makes sure of it and promotes the furthest standby; and lets all others follow.
type foreign struct {
	c       *Cluster
	on      bool
	primary *member
	lostAt  int64 // 0: the primary's server accepts writes
	splits  bool  // it was made to promote a second one
	order   int   // counts take-overs
}

const (
	foreignEvery = 400 * time.Millisecond
	// foreignTTL is how long it waits for a primary to come back.
	foreignTTL = 7 * time.Second
	// takeOverPatience is how long the operator waits for a take-over before
	// withdrawing it.
	takeOverPatience = 8 * time.Second
)

func (f *foreign) init(c *Cluster) {
	f.c, f.on, f.primary = c, true, c.members[0]
	for i, m := range c.members {
		if m.db.data != ha.DataPresent {
			continue
		}
		m.up = true
		if m.db.alien = true; c.opt.Aliases {
			m.db.alias = ha.MemberID(fmt.Sprintf("node-%d", i+1))
		}
	}
	f.start(f.primary, ha.StartPrimary)
	f.tick()
}

func (f *foreign) tick() {
	c := f.c
	c.after(c.span(atClient, drawMisc, foreignEvery/2, foreignEvery*3/2), f.tick)
	if !f.on || c.judge.term != 0 {
		return
	}
	p := f.primary
	switch {
	case p.writable():
		f.lostAt = 0
		f.attend()
	case f.lostAt == 0:
		f.lostAt = c.now
	case p.up && !p.db.running && c.now-f.lostAt > int64(time.Second):
		f.start(p, ha.StartPrimary)
	case c.now-f.lostAt > int64(foreignTTL):
		if best := f.best(); best != nil {
			f.stop(p)
			f.promote(best)
		}
	}
}

// best is the standby that runs and has most log.
func (f *foreign) best() *member {
	var best *member
	for _, m := range f.c.members {
		if m != f.primary && m.up && m.db.running && !m.db.hung && m.db.role == ha.RoleStandby && (best == nil || m.db.flushed > best.db.flushed) {
			best = m
		}
	}
	return best
}

func (f *foreign) stop(m *member) {
	if m.db.running {
		m.tell("the other manager stops the server")
		m.barrier++
		m.db.crash()
		m.serverGone()
	}
}

func (f *foreign) promote(m *member) {
	c := f.c
	c.lastTL++
	if m.db.promote(ha.PromoteSpec{Sync: f.set(m)}, c.lastTL) != nil {
		return
	}
	f.primary, f.lostAt = m, 0
	lost, _ := c.writer.missing(m.db) // its own business
	m.tell("the other manager promotes on timeline %d at %s; %d rows are lost", c.lastTL, m.db.end(), lost)
	m.reconnect()
}

// set is the synchronous set that it wants under a primary.
func (f *foreign) set(p *member) ha.SyncSet {
	set := ha.SyncSet{K: f.c.opt.ForeignSync}
	for _, m := range f.c.members {
		if m != p && set.K > 0 {
			set.Members = append(set.Members, m.called())
		}
	}
	slices.Sort(set.Members)
	return set
}

func (f *foreign) start(m *member, mode ha.StartMode) {
	spec := ha.StartSpec{Mode: mode, Sync: f.set(m)}
	if mode == ha.StartStandby {
		spec = ha.StartSpec{Upstream: ha.Upstream{Member: f.primary.name, Address: f.primary.address()}}
	}
	if m.db.start(spec) == nil {
		m.tell("the other manager starts the server as %s at %s", m.db.role, m.db.end())
		m.reconnect()
		if m.alive {
			m.later(0, func() { m.decide(nil, true) })
		}
	}
}

// attend lets all members follow the primary.
func (f *foreign) attend() {
	p := f.primary
	for _, m := range f.c.members {
		switch {
		case m == p || !m.up || m.db.hung || m.db.data != ha.DataPresent:
		case m.db.running && m.db.role == ha.RolePrimary:
			if !f.splits {
				f.stop(m)
			}
		case !m.db.running || !m.stream.connected && !m.db.beginsOf(p.db):
			f.stop(m)
			if !m.db.beginsOf(p.db) {
				alias := m.db.alias
				m.db.copyOf(p.db)
				m.db.alias, m.db.alien = alias, true
			}
			f.start(m, ha.StartStandby)
		case m.db.upstream.Address != p.address():
			m.db.upstream = ha.Upstream{Member: p.name, Address: p.address()}
			m.reconnect()
		}
	}
}

// called is the name under which the member's server connects to its upstream.
func (m *member) called() ha.MemberID { return cmp.Or(m.db.alias, m.name) }

// doForeign lets the other manager do something at once.
func doForeign(c *Cluster, args []string) error {
	f := &c.foreign
	if f.c == nil {
		return errors.New("there is no other manager")
	}
	if c.judge.term != 0 || c.Records().TakeOverRev != 0 {
		return nil // it was stopped for good
	}
	to := c.member(ha.MemberID(args[1]))
	if to == nil || to == f.primary {
		to = f.best()
	}
	switch args[0] {
	case "on", "off":
		f.on = args[0] == "on"
	case "switchover":
		if to == nil || !f.primary.writable() || !to.up || !to.db.running || to.db.hung || !to.stream.connected || !f.primary.drained() {
			return nil
		}
		old := f.primary
		old.tell("the other manager switches over to %s", to.name)
		old.barrier++
		old.stopInOrder()
		old.serverGone()
		f.promote(to)
	case "split": // it promotes a second one and leaves the first as it is
		if to != nil {
			old := f.primary
			f.splits = true
			f.promote(to)
			f.primary = old
		}
	case "heal":
		if f.splits {
			f.splits = false
			f.attend()
		}
	default:
		return fmt.Errorf("no deed %q of the other manager", args[0])
	}
	return nil
}

// doTakeOver stops the other manager and lets the nodes take over, all but the
// members that are named. What has no answer in time is withdrawn, and the
// other manager goes on.
func doTakeOver(c *Cluster, args []string) error {
	f := &c.foreign
	if f.c == nil {
		return errors.New("there is no other manager")
	}
	if c.judge.term != 0 || c.Records().TakeOverRev != 0 {
		return nil
	}
	var without []ha.MemberID
	for _, a := range args {
		if a != "" {
			without = append(without, ha.MemberID(a))
		}
	}
	for _, name := range without {
		if m := c.member(name); m == nil || m.writable() || m.db.hung {
			return nil // to name a member is the operator's word that its server takes no writes
		}
	}
	f.on = false
	set := c.set
	if c.Order(ha.Order{Kind: ha.OrderTakeOver, Manager: "the other manager", Without: without, Settings: &set}) != "" {
		f.on = true
		return nil
	}
	f.order++
	n := f.order
	var await func()
	end := c.now + int64(takeOverPatience)
	await = func() {
		r := c.Records()
		switch {
		case r.Reign.Term != 0 || f.order != n:
		case r.TakeOverRev == 0:
			f.on = true // refused
		case c.now >= end && !c.store.down && c.commit(dcs.Txn{
			If:   []dcs.Cond{{Key: c.keys.State() + "takeover", Modified: r.TakeOverRev}, {Key: c.keys.State() + "reign"}},
			Then: []dcs.Op{{Key: c.keys.State() + "takeover", Delete: true}},
		}):
			c.tell("the order to take over is withdrawn")
			f.on = true
		default:
			c.after(int64(100*time.Millisecond), await)
		}
	}
	await()
	return nil
}

// handOver ends the time of the other manager: when all is well under it, the
// nodes take over.
func (c *Cluster) handOver() bool {
	f := &c.foreign
	for range 3 {
		if c.judge.term != 0 || c.judge.broken != "" {
			return true
		}
		f.splits = false
		well := func() bool {
			if !f.on || !f.primary.writable() || c.Records().TakeOverRev != 0 {
				return c.judge.term != 0
			}
			for _, m := range c.members {
				if m != f.primary && m.stream.up != f.primary {
					return false
				}
			}
			return true
		}
		c.runUntil(c.now+int64(60*time.Second), well)
		c.Run(2 * time.Second) // until all nodes have seen it
		if err := doTakeOver(c, nil); err != nil {
			c.judge.fail("take over: %v", err)
		}
		c.runUntil(c.now+int64(2*takeOverPatience), func() bool { return c.judge.term != 0 })
	}
	return c.judge.term != 0
}

// looking reports whether the nodes only look on, so that whatever servers do
// is the other manager's business.
func (j *judge) looking() bool { return j.c.opt.Shadow && j.term == 0 }

// touched is called when a member's node begins to do something to its server:
// not while it looks on (S1), and it does not touch the one it takes over (S4).
func (j *judge) touched(m *member, a *ha.Action) {
	switch {
	case j.looking() && a.Kind == ha.ActStop && m.machine.Taking != 0:
		// R1: it has asked for the first term, has no answer, and its lease may be over
	case j.looking():
		j.fail("S1: %s orders %q while another manager is in charge", m.name, a.Kind)
	case m.machine.Adopted != 0 && m.writable() && (a.Kind == ha.ActStart || a.Kind == ha.ActPromote || a.Kind == ha.ActRejoin || a.Kind == ha.ActFollow || a.Kind == ha.ActDetach):
		j.fail("S4: %s orders %q while it takes its running server over", m.name, a.Kind)
	}
}

// recorded is called when a transaction of a node has changed the store, with
// the records before: one that
// looks on changes its own records only, and the one that is ordered to begin
// ends the order or begins the first term.
func (j *judge) recorded(m *member, txn *dcs.Txn, r *ha.Cluster) {
	if !j.looking() {
		return
	}
	ordered := r.TakeOverRev != 0 && r.TakeOver.Primary == m.name
	for _, op := range txn.Then {
		key := strings.TrimPrefix(op.Key, j.c.keys.State())
		kind, of, _ := strings.Cut(key, "/")
		own := of == string(m.name) && (kind == "sessions" || kind == "members" || kind == "shadows")
		if !own && !ordered {
			j.fail("S1: %s changes %s while another manager is in charge", m.name, key)
		}
	}
}

// begun is called when the first term is given (S3): one server accepts writes,
// the holder's.
func (j *judge) begun(r *ha.Cluster) {
	for _, m := range j.c.members {
		if m.writable() && m.name != r.Grant.Holder && m.alive && !m.frozen {
			j.fail("S3: %s takes over while the server of %s accepts writes", r.Grant.Holder, m.name)
		}
	}
	if r.TakeOverRev == 0 || r.TakeOver.Primary != r.Grant.Holder {
		j.fail("S2: %s begins the first term, and was not ordered to", r.Grant.Holder)
	}
	j.adopted = j.c.member(r.Grant.Holder)
	if j.adopted != nil {
		j.c.writer.missing(j.adopted.db) // what was lost before is the other manager's business
	}
}

// tellShadow puts new entries of a shadow's journal into the story.
func (m *member) tellShadow(s *ha.Shadow) {
	if s == nil {
		m.journal = m.c.wall()
		return
	}
	for _, e := range s.Record.Entries {
		if e.Wall > m.journal {
			m.tell("journal: %s", e)
		}
	}
	for _, e := range s.Record.Entries {
		m.journal = max(m.journal, e.Wall)
	}
}

// shadowLines are what the nodes that look on would say in a status.
func (c *Cluster) shadowLines() []string {
	var lines []string
	for _, m := range c.members {
		if s := m.machine.Shadow; m.alive && s != nil {
			lines = append(lines, fmt.Sprintf("%s would be %s and would %s", m.name, s.Record.As, s.Record.Would))
		}
	}
	return lines
}
