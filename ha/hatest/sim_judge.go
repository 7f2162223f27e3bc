// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
)

// judge checks the rules after every event. The first one that is broken
// stops the cluster.
type judge struct {
	c      *Cluster
	broken string

	duties [16]uint64 // of each state, a bit for each kind of action

	holder   string   // of the grant in the store now
	grant    ha.Grant // the newest that was ever given
	grantRev int64    // its revision
	lease    int64    // that it is bound to
	term     ha.Term  // the newest that was ever given
	excused  [maxMembers]excuse
	forced   bool
	given    circumstances // in which the newest term was given
	asked    circumstances // of the last transaction that wants the grant

	// Quorum mode: the newest reign in which a server became writable, and whose.
	quorum  bool // is, or was, the mode
	topTerm ha.Term
	top     *member

	ops opsJudge

	adopted *member // whose server was the primary when the cluster was taken over

	promotions, switchovers int
	doubles                 int // two servers were writable, excused
}

// circumstances are what the store knew right before a term was given.
type circumstances struct {
	published ha.LSN      // of the former primary
	free      bool        // no limit on the lag holds: forced, or replication is synchronous
	safe      bool        // the rules on record say that nothing acknowledged can be missing
	handed    ha.MemberID // to whom the grant was handed with the exact end of the log
	forbidden bool        // a pause was on, and nobody had ordered another primary
	ops       opsCircumstances
}

// excuse is for a member whose grant was taken from it by somebody who may
// not: until when its server may be writable without the grant, and whether
// another's may be at the same time.
type excuse struct {
	until  int64
	double bool
}

func (j *judge) init(c *Cluster) {
	j.c, j.quorum = c, c.opt.Settings.Durability.Quorum
	for _, s := range ha.States() {
		for _, k := range ha.Duties(s) {
			j.duties[s] |= 1 << k
		}
	}
}

func (j *judge) fail(format string, args ...any) {
	if j.broken == "" {
		j.broken = fmt.Sprintf(format, args...)
		j.c.tell("BROKEN: %s", j.broken)
	}
}

// excuseHolder allows a holder whose grant is taken away by hand to be
// writable until it can have noticed: at its own deadline at the latest.
func (j *judge) excuseHolder(m *member, double bool) {
	if m == nil {
		return
	}
	e := &j.excused[m.i]
	e.until = j.c.now + int64(j.c.set.TTL)*102/100 + 2*int64(m.slowWatch)
	e.double = e.double || double
}

// stored is called when the store has changed.
func (j *judge) stored() {
	r := j.c.store.records()
	j.operated(r)
	j.holder = ""
	if r.GrantRev != 0 {
		j.holder = string(r.Grant.Holder)
	}
	if r.GrantRev == 0 || int64(r.GrantRev) == j.grantRev {
		return
	}
	j.grantRev = int64(r.GrantRev)
	if r.Grant.Term <= j.term {
		j.fail("R2: term %d was given to %s after term %d", r.Grant.Term, r.Grant.Holder, j.term)
	}
	if r.Reign.Term != r.Grant.Term {
		j.fail("R2: grant of term %d stands beside the reign of term %d", r.Grant.Term, r.Reign.Term)
	}
	if j.looking() {
		j.begun(r)
	}
	j.given = j.asked
	if j.given.forbidden && j.grant.Holder != "" && r.Grant.Holder != j.grant.Holder {
		j.fail("pause: %s took the grant from %s during a pause", r.Grant.Holder, j.grant.Holder)
	}
	j.grant, j.term = r.Grant, r.Grant.Term
	if e, ok := j.c.store.tree.Load(j.c.keys.State() + "grant").Get(j.c.keys.State() + "grant"); ok {
		j.lease = int64(e.Lease)
	}
	j.granted(r)
	j.c.tell("term %d is given to %s: %s", r.Grant.Term, r.Grant.Holder, r.Reign.Cause)
	if r.Reign.Cause == "switchover" {
		j.switchovers++
	}
}

// before is called with every transaction that arrives: it notes what was
// known of the former primary when a term is given.
func (j *judge) before(txn *dcs.Txn) {
	for i := range txn.Then {
		if op := &txn.Then[i]; !op.Delete && strings.HasSuffix(op.Key, "/state/grant") {
			j.asked = circumstancesOf(j.c.store.records())
		}
	}
}

func circumstancesOf(r *ha.Cluster) circumstances {
	out := circumstances{
		forbidden: r.PauseRev != 0 && r.RequestRev == 0 && !(r.Reign.Released && r.Reign.To != ""),
		ops:       opsOf(r),
	}
	// A rule with K of 0 stands for a stretch in which standbys confirmed nothing.
	out.safe = len(r.Rules) > 0 && !slices.ContainsFunc(r.Rules, func(x ha.SyncRule) bool { return x.K == 0 })
	out.free = out.safe || r.RequestRev != 0 && r.Request.Force
	if r.Reign.Released && r.Reign.Exact {
		out.handed = r.Reign.To
	}
	if m := r.Member(r.Reign.Holder); m != nil && r.Reign.Promoted && m.Status.Timeline >= r.Reign.Timeline {
		out.published = m.Status.LSN
	}
	return out
}

// byQuorum reports whether the standbys decide who is primary: then servers may
// be writable side by side, and only one of them can acknowledge.
func (j *judge) byQuorum() bool { return j.quorum }

// excuses reports whether a server may accept writes beside another one: its
// lease, and not its standbys, would have to end it, and nobody is there to.
func (j *judge) excuses(m *member) bool {
	return (!j.quorum || !m.machine.Quorum) && j.mayDouble(m)
}

// acknowledges is called before a client is told that its row is committed.
func (j *judge) acknowledges(m *member) {
	if j.byQuorum() && !j.forced && j.top != nil && j.top != m && m.db.term <= j.topTerm {
		if j.excuses(m) {
			j.doubles++
			return
		}
		j.fail("Q1: the server of %s acknowledges in term %d after %s became primary in term %d", m.name, m.db.term, j.top.name, j.topTerm)
	}
}

// check is called after every event and right before a server stops.
func (j *judge) check() {
	if (j.c.opt.Device || j.c.opt.DeviceRequired) && !j.looking() {
		j.watched()
	}
	if j.broken != "" || j.byQuorum() || j.looking() {
		return
	}
	var first *member
	for _, m := range j.c.members {
		if !m.writable() {
			continue
		}
		if first != nil {
			j.two(first, m)
		}
		first = m
		j.rightful(m)
	}
}

func (j *judge) two(a, b *member) {
	if j.mayDouble(a) || j.mayDouble(b) {
		j.doubles++
		return
	}
	j.fail("R1: the servers of %s and %s accept writes at the same time", a.name, b.name)
}

func (j *judge) mayDouble(m *member) bool {
	e := &j.excused[m.i]
	return e.double && j.c.now < e.until || j.unguarded(m)
}

// unguarded reports whether nobody is there to stop the server, or the manager
// has come back so recently that it may not have done it: the hole that a
// watchdog closes.
func (j *judge) unguarded(m *member) bool {
	if !j.c.opt.NoWatchdog && !m.self.HasWatchdog || !m.guard.suspect {
		return false
	}
	set := j.c.set
	patience := set.Margin + 2*set.StopLimit + 2*set.StoreLimit + time.Second
	return !m.alive || m.frozen || j.c.now-m.backAt < int64(patience)
}

// rightful checks that a server that accepts writes has the grant and a lease
// that has not ended.
func (j *judge) rightful(m *member) {
	if j.c.now < j.excused[m.i].until || j.unguarded(m) {
		return
	}
	if j.holder != string(m.name) {
		j.fail("R1: the server of %s accepts writes while the grant is with %q", m.name, j.holder)
		return
	}
	if end := j.c.store.ends[dcs.LeaseID(j.lease)]; j.c.store.time() > end {
		j.fail("R1: the server of %s accepts writes %v after the end of its lease", m.name, j.c.store.time()-end)
	}
}

// ordered is called when a manager begins an engine action: no server may be
// made writable unless the store has said a moment ago that it may (R3).
func (j *judge) ordered(m *member, a *ha.Action) {
	if a.Kind != ha.ActPromote && !(a.Kind == ha.ActStart && a.Mode == ha.StartPrimary) {
		return
	}
	if a.Kind == ha.ActPromote && m.health.Unfit != "" && !m.machine.Resumed && !j.forced {
		j.fail("P1: %s is promoted although %s", m.name, m.health.Unfit)
	}
	if j.byQuorum() && m.readTerm == a.Term && a.Term < j.term {
		return // somebody was faster, and this server will be able to acknowledge nothing
	}
	if a.Term != j.term || j.grant.Holder != m.name {
		j.fail("R4: %s is to be writable in term %d; the newest is %d of %s", m.name, a.Term, j.term, j.grant.Holder)
		return
	}
	limit := 2 * int64(j.c.set.StoreLimit) * 102 / 100
	if m.readTerm != a.Term || j.c.now-m.readAt > limit {
		j.fail("R3: %s is to be writable in term %d and has not just read that it holds the grant", m.name, a.Term)
	}
}

// read notes that the store told a member that it holds the grant.
func (j *judge) read(m *member) {
	if j.holder == string(m.name) && j.grant.Instance == m.self.Instance {
		m.readTerm, m.readAt = j.grant.Term, j.c.now
	}
}

// becameWritable is called when a server begins to accept writes.
func (j *judge) becameWritable(m *member, term ha.Term) {
	j.promotions++
	j.fenced(m, term)
	if term >= j.topTerm {
		j.top, j.topTerm = m, term
	} else if j.byQuorum() {
		return
	}
	if !j.byQuorum() && term < j.term && j.holder != string(m.name) {
		if j.c.now >= j.excused[m.i].until {
			j.fail("R4: the server of %s accepts writes in term %d; the newest is %d", m.name, term, j.term)
		}
		return // excused: somebody took its lease away by hand; it is no new primary
	}
	j.durable(m)
}

// durable checks what a new primary has: every row that standbys vouched for,
// and of the others all but what the limit on the lag gives up.
func (j *judge) durable(m *member) {
	c := j.c
	lost, promised := c.writer.missing(m.db)
	if lost > 0 {
		c.tell("%d acknowledged rows are lost", lost)
	}
	if j.forced {
		return
	}
	r := c.Records()
	if r.Reign.Cause == "switchover" && j.given.handed == m.name && lost > 0 {
		j.fail("switchover: %d acknowledged rows are missing on %s", lost, m.name)
	}
	if c.opt.Tags[m.name].NeverPromote && m != j.adopted { // whom the other manager promoted stays
		j.fail("tags: %s was promoted", m.name)
	}
	if m.barred() {
		j.fail("C4: %s was promoted, and is a cascade standby that may not be", m.name)
	}
	if promised > 0 {
		j.fail("durability: %d rows that standbys had confirmed are missing on the new primary %s", promised, m.name)
		return
	}
	if lost > 0 && j.given.safe {
		j.fail("verdict: %d acknowledged rows are missing on %s, and the rules on record promise them all", lost, m.name)
		return
	}
	if lost > 0 && r.Reign.Term == term(m) && r.Reign.Loss.Kind == ha.LossSafe {
		j.fail("verdict: %d acknowledged rows are missing on %s, and its reign is on record as safe", lost, m.name)
		return
	}
	end := m.db.end()
	if behind := end.Behind(j.given.published); behind > c.set.MaxLag && !j.given.free {
		j.fail("asynchronous loss: %s is %d bytes behind the published position %s, and MaxLag is %d", m.name, behind, j.given.published, c.set.MaxLag)
	} else if behind > r.Reign.Behind && r.Reign.Term == term(m) && !j.given.free {
		j.fail("asynchronous loss: %s is %d bytes behind, and the record says %d", m.name, behind, r.Reign.Behind)
	}
}

// thrownAway is called before a member's data is thrown away by order: rows
// that standbys had confirmed must be on two other members, unless the order
// says that it does not matter.
func (j *judge) thrownAway(m *member) {
	if r := j.c.Records().Member(m.name); r == nil || r.Order.Force || j.forced {
		return
	}
	copies := make([]int, len(j.c.writer.rows))
	for _, o := range j.c.members {
		if o == m || o.copying {
			continue
		}
		db := o.db
		if o.aside != nil { // its disk lies somewhere, as that of a machine without power does
			db = o.aside
		}
		for i := range db.log[:db.flushed] {
			copies[db.log[i].row]++
		}
	}
	for row := range j.c.writer.rows {
		if r := &j.c.writer.rows[row]; r.acked && !r.lost && r.k > 0 && copies[row] < 2 {
			j.fail("reinit: row %d, which standbys had confirmed, is on %d members but %s", row, copies[row], m.name)
			return
		}
	}
}

func term(m *member) ha.Term { return m.db.term }

// twice checks that the same input gives the same decision.
func (j *judge) twice(m *member, in *ha.Input, d ha.Decision) {
	if again := ha.Decide(in); !reflect.DeepEqual(d, again) {
		j.fail("determinism: two decisions of %s for one input differ", m.name)
	}
}

// decided checks one decision.
func (j *judge) decided(m *member, in *ha.Input, d *ha.Decision) {
	if err := CheckDecision(in, d); err != nil && !j.forced {
		j.fail("%v", err)
	}
	row := ha.Transition(d.From, d.Trigger)
	if row.Kind != ha.RowAllowed && row.Kind != ha.RowIgnored {
		j.fail("table: %s met %q while %s: %s: %s", m.name, d.Trigger, d.From, row.Kind, row.Why)
	}
	for i := range d.Actions {
		if k := d.Actions[i].Kind; j.duties[d.To]&(1<<k) == 0 {
			j.fail("duties: %s orders %q while %s", m.name, k, d.To)
		}
	}
	slot := &m.recent[m.made%uint64(len(m.recent))]
	if m.made >= uint64(len(m.recent)) && j.c.now-*slot < int64(busyWithin) {
		j.fail("busy: %s made %d decisions in %v", m.name, len(m.recent), time.Duration(j.c.now-*slot))
	}
	*slot = j.c.now
	m.made++
}

// busyWithin is the least time in which a manager may make 64 decisions.
const busyWithin = 60 * time.Millisecond

// settled reports whether the cluster is as it should be when nothing fails:
// one writable primary that holds the grant and is known to, and all others
// stream from it.
func (c *Cluster) settled() bool {
	var p *member
	for _, m := range c.members {
		if m.writable() {
			if p != nil {
				return false
			}
			p = m
		}
	}
	if p == nil || !p.alive || p.machine.State != ha.StatePrimary || c.judge.holder != string(p.name) || p.machine.ReignRev == 0 {
		return false
	}
	for _, m := range c.members {
		if m.machine.State == ha.StateFenced && m.aside != nil {
			continue // somebody has put another database in its place
		}
		if m != p && (!m.alive || m.machine.State != ha.StateStandby || !m.fed(p) && !m.idle(p)) {
			return false
		}
	}
	r := c.Records()
	return r.RequestRev == 0 && !slices.ContainsFunc(r.Members, func(m ha.Member) bool { return m.OrderRev != 0 })
}

// Settle runs until the cluster has one writable primary that all others
// follow and no order waits, or until limit has passed. It reports which.
func (c *Cluster) Settle(limit time.Duration) bool {
	if c.settled() {
		return true
	}
	last := int64(0)
	return c.runUntil(c.now+int64(limit), func() bool {
		if c.now-last < int64(50*time.Millisecond) {
			return false
		}
		last = c.now
		return c.settled()
	})
}

// agree checks, once the cluster has settled, that the followers' logs are
// the beginning of the primary's.
func (j *judge) agree() {
	p := j.c.member(j.c.Primary())
	if p == nil {
		return
	}
	for _, m := range j.c.members {
		if m.db.systemID == p.db.systemID && !m.db.beginsOf(p.db) {
			j.fail("agreement: the log of %s is not a part of the log of the primary %s", m.name, p.name)
		}
	}
}
