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

// disturbed checks an order about a member's data: a database that is not the
// cluster's may be thrown away when nobody has ever written to it, and must
// be left alone otherwise.
func (j *judge) disturbed(m *member, a *ha.Action) {
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
