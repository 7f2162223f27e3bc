// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"cmp"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
)

// place returns the network address of a member, of "store" or of "client".
func (c *Cluster) place(name ha.MemberID) (int, bool) {
	switch name {
	case "store":
		return atStore, true
	case "client":
		return atClient, true
	}
	if m := c.member(name); m != nil {
		return m.i, true
	}
	return 0, false
}

// Cut loses every message from one place to another, in this direction only.
// Places are members, "store" and "client".
func (c *Cluster) Cut(from, to ha.MemberID) {
	a, ok := c.place(from)
	b, ok2 := c.place(to)
	if ok && ok2 {
		c.tell("cut %s -> %s", from, to)
		c.cut[a][b] = true
	}
}

// Partition lets only members, "store" and "client" of one group reach each
// other. Who is in no group is in one of its own with all others like it.
func (c *Cluster) Partition(groups ...[]ha.MemberID) {
	c.tell("partition %v", groups)
	var in [maxMembers + 2]int
	for g, names := range groups {
		for _, name := range names {
			if at, ok := c.place(name); ok {
				in[at] = g + 1
			}
		}
	}
	for a := range in {
		for b := range in {
			c.cut[a][b] = in[a] != in[b]
		}
	}
}

// Heal makes the network whole.
func (c *Cluster) Heal() {
	c.tell("network is whole")
	c.cut = [maxMembers + 2][maxMembers + 2]bool{}
	c.rewatch()
	for _, m := range c.members {
		m.resume()
	}
}

// SlowStore makes a member's requests to the store, and the answers and news
// it gets, take up to so much longer; 0 is normal.
func (c *Cluster) SlowStore(name ha.MemberID, by time.Duration) {
	if m := c.member(name); m != nil {
		m.tell("store is up to %v slower", by)
		m.slowStore = by
	}
}

// StoreDown stops the store. Requests get no answer; its leases wait, as
// etcd's do while it has no leader.
func (c *Cluster) StoreDown() {
	if !c.store.down {
		c.tell("store is down")
		c.store.down, c.store.stopped = true, c.now
	}
}

// StoreUp ends what StoreDown began.
func (c *Cluster) StoreUp() {
	s := &c.store
	if !s.down {
		return
	}
	c.tell("store is up")
	s.down = false
	s.offset += c.now - s.stopped
	s.sweepAt = 0
	s.plan()
	c.rewatch()
}

// DeleteGrant deletes the grant's key, as a careless person would.
func (c *Cluster) DeleteGrant() {
	r := c.Records()
	if c.store.down || r.GrantRev == 0 {
		return
	}
	c.tell("grant is deleted by hand")
	c.judge.excuseHolder(c.member(r.Grant.Holder), false)
	c.commit(dcs.Txn{Then: []dcs.Op{{Key: c.keys.State() + "grant", Delete: true}}})
}

// RevokeLease ends the lease of a member's session behind its back.
func (c *Cluster) RevokeLease(name ha.MemberID) {
	r := c.Records().Member(name)
	if c.store.down || r == nil || !r.Alive() {
		return
	}
	c.tell("lease of %s is revoked by hand", name)
	c.judge.excuseHolder(c.member(name), true)
	c.store.tree.Expire(c.store.time())
	c.store.tree.Revoke(r.Lease)
	c.store.changed()
}

func (c *Cluster) commit(txn dcs.Txn) bool {
	if c.store.down {
		return false
	}
	_, err := c.store.tree.Commit(txn, c.store.time())
	c.store.changed()
	return err == nil
}

// Order gives the cluster an order as an Admin would, with the same checks,
// and reports why it was refused: a text, "" when it was taken.
func (c *Cluster) Order(o ha.Order) string {
	if c.store.down {
		return "store is down"
	}
	r := c.Records()
	p := ha.MakePlan(clusterName, r, o, c.opt.Policy)
	if p.Refused != "" {
		c.tell("order %s %s: refused: %s", o.Kind, cmp.Or(o.To, o.Member), p.Refused)
		return p.Refused
	}
	c.requests++
	c.tell("order %s %s", o.Kind, cmp.Or(o.To, o.Member))
	c.judge.ops.ordering = o.Kind
	defer func() { c.judge.ops.ordering = 0 }()
	if !c.commit(p.Txn(c.keys, r, ha.Issue{ID: "r" + ha.Term(c.requests).String(), Actor: "operator", Wall: c.wall()})) {
		return "conflict"
	}
	return ""
}

// Switchover asks for a planned change of primary; to may be "".
func (c *Cluster) Switchover(to ha.MemberID) string {
	return c.Order(ha.Order{Kind: ha.OrderSwitchover, To: to})
}

// Failover asks for a change of primary without the old one's help.
func (c *Cluster) Failover(to ha.MemberID, force bool) string {
	c.judge.forced = c.judge.forced || force
	return c.Order(ha.Order{Kind: ha.OrderFailover, To: to, Force: force})
}

// Pause stops all automatic changes of roles.
func (c *Cluster) Pause() string {
	return c.Order(ha.Order{Kind: ha.OrderPause, Reason: "maintenance"})
}

// Resume allows them again.
func (c *Cluster) Resume() string { return c.Order(ha.Order{Kind: ha.OrderResume}) }

// Configure changes the cluster's settings in the store.
func (c *Cluster) Configure(s ha.Settings) string {
	return c.Order(ha.Order{Kind: ha.OrderConfig, Settings: &s})
}

// HealAll ends all faults at once: power, network, store, clocks' victims,
// servers that hang and fates that wait. Members that are late join.
func (c *Cluster) HealAll() {
	c.tell("all faults end")
	c.healed = true
	defer func() { c.healed = false }()
	c.StoreUp()
	c.cut = [maxMembers + 2][maxMembers + 2]bool{}
	c.writer.big = false
	for _, m := range c.members {
		m.health, m.sight, m.quiet = ha.Health{}, SightTrue, false
		m.fates, m.slowIO, m.slowNet, m.slowWatch, m.slowStore, m.skew = nil, 0, 0, 0, 0, 0
		c.GiveBack(m.name)
		c.WakeServer(m.name)
		c.Thaw(m.name)
		m.boot()
		m.resume()
	}
	c.rewatch()
}

// resent is by how much a message is late because it was lost (Options.Loss).
func (c *Cluster) resent(who int) int64 {
	if c.opt.Loss <= 0 {
		return 0
	}
	late, again := int64(0), int64(200*time.Millisecond)
	for late < int64(time.Minute) && int(c.draw(who, drawNet)%100) < c.opt.Loss {
		late += again
		again *= 2
	}
	return late
}
