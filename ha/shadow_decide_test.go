// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"math/rand/v2"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// inShadow makes a random input one of a node that looks on, or is ordered to
// take over.
func inShadow(r *rand.Rand, in *ha.Input) {
	some := func(n int) bool { return r.IntN(n) == 0 }
	in.Self.Shadow = !some(8)
	if in.Machine.State = []ha.State{ha.StateShadow, ha.StateShadow, ha.StateStarting, ha.StateStandby}[r.IntN(4)]; in.Machine.State == ha.StateStandby && !some(3) {
		in.Machine.State = ha.StateShadow
	}
	c := in.View.Cluster
	if c == nil {
		return
	}
	if !some(6) {
		c.Grant, c.GrantRev, c.Reign, c.ReignRev, c.Identity, c.IdentityRev = ha.Grant{}, 0, ha.Reign{}, 0, ha.Identity{}, 0
		in.Machine.GrantRev, in.Machine.Term = 0, 0
	}
	for i := range c.Members {
		m := &c.Members[i]
		m.Status.Instance = m.Session.Instance
		m.Status.State, m.Status.Role, m.Status.Writable = ha.StateShadow, ha.RoleStandby, false
		if i == 0 || some(6) {
			m.Status.Role, m.Status.Writable = ha.RolePrimary, !some(4)
		}
		m.ShadowRev, m.Shadow = 50, ha.ShadowRecord{
			Instance: m.Session.Instance, As: ha.StateStandby, Saw: []string{"", "t1"}[min(1, r.IntN(6))], Alias: []ha.MemberID{"", "node-1", "m2"}[r.IntN(3)],
			Final: ha.Term(r.IntN(2) * 4), Suspect: ha.Term(r.IntN(2) * 3), Sync: ha.SyncSet{K: r.IntN(2), Members: []ha.MemberID{"m2", "m3"}},
		}
		if some(6) {
			m.Shadow.Would = ha.Would{Kind: ha.WouldPromote, Member: m.Name, Term: 4}
		}
	}
	in.Machine.SessionRev, in.Machine.Loaded = 20, !some(5)
	if me := c.Member(in.Self.Name); me != nil {
		me.Known, me.SessionRev, me.Lease, me.Session.Instance, me.Status.Instance = true, 20, in.Machine.Lease, in.Self.Instance, in.Self.Instance
		me.Shadow.Instance = in.Self.Instance
	}
	if some(3) {
		c.TakeOverRev, c.TakeOver = 60, ha.TakeOver{
			ID: "t1", Primary: in.Self.Name, Manager: "the other one", Wall: in.View.Wall, Without: []ha.MemberID{"m1", "m2", "m3", "m4"}[:r.IntN(5)],
		}
		if some(5) {
			c.TakeOver.Primary = "m3"
		}
		if !some(4) {
			in.View.Obs.Running, in.View.Obs.Answers, in.View.Obs.Role, in.View.Obs.Writable = true, true, ha.RolePrimary, true
			in.View.Obs.Data, in.View.Obs.SystemID, in.View.Obs.Sync = ha.DataPresent, "db", ha.SyncSet{}
			in.Machine.Since, in.Machine.ObsAfter, in.View.ObsBegan = 0, 0, in.Now.Add(-time.Millisecond)
		}
	}
}

// shadowing: a node that looks on has something to tell besides its status.
func shadowing() *ha.Input {
	c := led(3)
	c.Grant, c.GrantRev, c.Reign, c.ReignRev, c.Identity, c.IdentityRev = ha.Grant{}, 0, ha.Reign{}, 0, ha.Identity{}, 0
	in := quiet("m2", ha.StateShadow, c)
	in.Self.Shadow = true
	d := ha.Decide(in)
	in.Machine.Published = d.Machine.Publishing
	c.Member("m2").Status = d.Machine.Publishing
	return in
}
