// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import "github.com/gausskit/gausskit/ha"

// What people do to data directories, and whose data may be thrown away.

// strangeID is the system identifier of a database that no member has made.
const strangeID = "7310000000000999999"

// Exchange puts another database, which clients have written to, into the data
// directory of a member whose server and manager do not run: somebody mounts
// the wrong disk. Nobody may touch it. [Cluster.GiveBack] ends that.
func (c *Cluster) Exchange(name ha.MemberID) {
	m := c.member(name)
	if m == nil || m.alive || m.db.running || m.aside != nil || m.copying || m.db.data != ha.DataPresent {
		return
	}
	m.tell("its data is exchanged for another database")
	own := *m.db
	m.aside = &own
	m.barrier++
	m.db.create(strangeID, c.opt.Base)
	m.db.unserved = false
	m.db.flushed = m.db.write(0, ownRecord, 1)
	m.db.control = m.db.flushed
	m.reconnect()
}

// GiveBack puts a member's own data in place again; see Exchange. Its manager
// and machine are started anew by a Restart.
func (c *Cluster) GiveBack(name ha.MemberID) {
	m := c.member(name)
	if m == nil || m.aside == nil {
		return
	}
	c.Crash(name)
	m.tell("its own data is back")
	served := m.db.served + 1
	*m.db, m.aside = *m.aside, nil
	m.db.served = served
}

// touched checks an order about a member's data: a database that is not the
// cluster's may be thrown away when nobody has ever written to it, and must
// be left alone otherwise.
func (j *judge) touched(m *member, a *ha.Action) {
	if m.aside == nil || m.db.data != ha.DataPresent {
		return
	}
	switch a.Kind {
	case ha.ActInit, ha.ActStart, ha.ActPromote, ha.ActFollow, ha.ActDetach, ha.ActRejoin, ha.ActSetSync:
		j.fail("identity: %s orders %q about a database that is not the cluster's", m.name, a.Kind)
	}
}

// replaced checks what a copy is about to take the place of.
func (j *judge) replaced(m, up *member) {
	if m.db.data != ha.DataPresent || m.copying || m.db.systemID == up.db.systemID {
		return
	}
	for _, r := range m.db.log {
		if r.row != 0 {
			j.fail("identity: %s throws rows away that clients have written to another database", m.name)
			return
		}
	}
}

// adrift adds what goes wrong with the identity of data, with luck of its own:
// the other faults stay what they are. Founders are overtaken while their
// servers are being made, and disks are mixed up.
func (g *generator) adrift(seed uint64) {
	d := dice{seed: mix(seed ^ 0xad)}
	switch {
	case g.o.Empty && d.oneIn(2):
		at := d.between(founding, 2*founding)
		who := "m" + string(rune('1'+d.below(g.o.Members)))
		g.add(at, "%s %s", d.pick("freeze", "freeze", "revoke", "cut-off"), who)
		g.add(at+g.o.Settings.TTL+d.between(founding, 8*founding), "%s", d.pick("thaw all", "heal", "restart all"))
	case !g.o.Empty && d.oneIn(16):
		who := "m" + string(rune('1'+d.below(g.o.Members)))
		at := d.between(2*founding, faultTime/2)
		g.add(at, "crash %s", who)
		g.add(at, "exchange %s", who)
		g.add(at+d.between(founding, faultTime/4), "restart %s", who)
		if d.oneIn(2) {
			g.add(at+d.between(faultTime/4, faultTime/3), "give-back %s", who)
			g.add(at+d.between(faultTime/3, faultTime/2), "restart all")
		}
	}
}

// founding is about when the first member of an empty cluster makes its
// database: after ElectionWait.
const founding = faultTime / 40
