// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"time"

	"github.com/gausskit/gausskit/ha"
)

// The inputs of typical decisions of a three-member cluster.

// quiet is a machine whose session is in order, with nothing due.
func quiet(name ha.MemberID, s ha.State, c *ha.Cluster) *ha.Input {
	now := ha.Instant(time.Minute)
	instance := "run" + string(name[1:])
	member(name, func(m *ha.Member) { m.Lease = 7 })(c)
	status := c.Member(name).Status
	return &ha.Input{
		Now:  now,
		Self: &ha.Self{Cluster: "c1", Name: name, Instance: instance, Claim: "dir", CanInit: true, CanSetSync: true, CanCheckpoint: true},
		Machine: ha.Machine{
			State: s, Since: now.Add(-30 * time.Second), Seq: 40, Lease: 7, LeaseTTL: 5 * time.Second, LeaseMargin: time.Second,
			LeaseSent: now.Add(-time.Second), RenewAt: now.Add(500 * time.Millisecond), SessionRev: 20, Loaded: true,
			ObserveAt: now.Add(500 * time.Millisecond), Published: status, PublishedAt: now.Add(-time.Second), PublishedRev: c.Member(name).StatusRev,
		},
		View: ha.View{
			Cluster: c, ObsKnown: true, ObsBegan: now.Add(-time.Second), Wall: 1767225600e9,
			Obs: ha.Observation{
				Data: status.Data, Running: status.Running, Answers: true, Role: status.Role, Writable: status.Writable, SystemID: status.SystemID,
				Timeline: status.Timeline, LSN: status.LSN, Applied: status.Applied, Upstream: status.Upstream, Streaming: status.Streaming,
			},
		},
	}
}

func idlePrimary() *ha.Input {
	c := led(3, of("m1", func(s *ha.MemberStatus) { s.State = ha.StatePrimary }))
	in := quiet("m1", ha.StatePrimary, c)
	in.Machine.GrantRev, in.Machine.Term, in.Machine.ReignRev, in.Machine.Promoted = c.GrantRev, 7, c.ReignRev, true
	in.View.Obs.Receivers = []ha.Receiver{{Member: "m2", Streaming: true, Flushed: 0x5000}, {Member: "m3", Streaming: true, Flushed: 0x5000}}
	return in
}

func idleStandby() *ha.Input { return quiet("m2", ha.StateStandby, led(3)) }

// idleCascade streams from m2, which its tag names; m5 is a cascade standby, too.
func idleCascade() *ha.Input {
	tags := ha.Tags{Cascade: true, Parent: "m2"}
	c := led(5, cascade("m4", "m2", tags), cascade("m5", "m3", ha.Tags{}), of("m4", func(s *ha.MemberStatus) { s.ParentWhy = ha.ParentPreferred }))
	in := quiet("m4", ha.StateStandby, c)
	in.Self.Tags = tags
	in.Machine.Cascade.Parent, in.Machine.Cascade.Why = "m2", ha.ParentPreferred
	return in
}

// election: m2 has fixed its position and is the best.
func election() *ha.Input {
	in := quiet("m2", ha.StateElecting, records(3, of("m3", func(s *ha.MemberStatus) { s.Tags.NeverPromote = true })))
	in.Machine.FreeSince, in.Machine.FreeTerm = in.Now.Add(-3*time.Second), 8
	return in
}

// deadline: the last renewal that succeeded was sent too long ago.
func deadline() *ha.Input {
	in := idlePrimary()
	in.Machine.LeaseSent = in.Now.Add(-4 * time.Second)
	return in
}

// switchover: all is prepared, the server is to be stopped.
func switchover() *ha.Input {
	in := idlePrimary()
	asked(in.View.Cluster)
	in.Machine.HandID, in.Machine.HandTo, in.Machine.HandReady, in.Machine.HandSince = "r1", "m2", true, in.Now.Add(-time.Second)
	return in
}

// preparing: a switchover was asked for.
func preparing() *ha.Input {
	in := idlePrimary()
	asked(in.View.Cluster)
	return in
}

// promoting: m1 has the grant and has just read that again.
func promoting() *ha.Input {
	in := idlePrimary()
	in.Machine.State, in.Machine.ReignRev, in.Machine.Promoted = ha.StatePromoting, 0, false
	in.Machine.Confirmed, in.Machine.ConfirmAt = true, in.Now
	in.View.Cluster.Reign.Promoted = false
	in.View.Obs.Role, in.View.Obs.Writable = ha.RoleStandby, false
	return in
}

// founding: there is no database anywhere, and m1 may make it.
func founding() *ha.Input {
	c := records(3, member("m1", func(m *ha.Member) { m.SessionRev, m.Session.Instance, m.Status = 20, "run1", ha.MemberStatus{} }),
		of("m2", func(s *ha.MemberStatus) { *s = ha.MemberStatus{} }), of("m3", func(s *ha.MemberStatus) { *s = ha.MemberStatus{} }))
	c.Identity, c.Reign, c.ReignRev = ha.Identity{By: "m1"}, ha.Reign{}, 0
	in := quiet("m1", ha.StateStarting, c)
	in.View.Obs = ha.Observation{Data: ha.DataNone}
	return in
}

// flapping: m2 is the best, and there were as many failovers as may be.
func flapping() *ha.Input {
	in := election()
	failedOver(in.View.Wall, 3)(in.View.Cluster)
	return in
}

// expired: the time of a pause has passed.
func expired() *ha.Input {
	in := idlePrimary()
	paused(in.View.Cluster)
	in.View.Cluster.Pause.Until = in.View.Wall - 1
	return in
}

// due: the time of a scheduled switchover has come.
func due() *ha.Input {
	in := idlePrimary()
	scheduled("m2", in.View.Wall)(in.View.Cluster)
	return in
}

func foreign() *ha.Input {
	in := idleStandby()
	in.View.Obs.SystemID = "other"
	return in
}
