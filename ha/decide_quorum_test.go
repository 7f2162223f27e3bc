// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
)

// inQuorum makes of random input one of a cluster in quorum mode.
func inQuorum(r *rand.Rand, in *ha.Input) {
	some := func(n int) bool { return r.IntN(n) == 0 }
	c := in.View.Cluster
	if c == nil {
		return
	}
	c.Settings.Durability = ha.Durability{K: 1 + r.IntN(2), Quorum: !some(5)}
	if some(10) {
		c.Settings.Durability = ha.Durability{}
	}
	c.Reign.Quorum, c.Reign.Promoted = !some(6), !some(4)
	if !some(3) {
		c.Reign.Released = false
	}
	for i := range c.Members {
		s := &c.Members[i].Status
		if !some(3) {
			s.Suspect = c.Reign.Term
		}
		s.Final = []ha.Term{0, c.Reign.Term, c.Reign.Term + 1, c.Reign.Term + 1, c.Reign.Term + 1}[r.IntN(5)]
	}
	m, o := &in.Machine, &in.View.Obs
	c.Settings.AskPrimary = some(2)
	m.Seen, m.SeenTerm, m.Asked = m.Heard.Add(time.Duration(r.IntN(20_000)-5000)*time.Millisecond), c.Reign.Term-ha.Term(r.IntN(2)), c.Reign.Term-ha.Term(r.IntN(2))
	m.Quorum, m.AskedQuo = some(2), some(2)
	m.Doubt = c.Reign.Term - ha.Term(r.IntN(2))
	m.Promised = c.Reign.Term + ha.Term(r.IntN(2))
	m.PublishedRev = dcs.Revision(r.IntN(2) * (r.IntN(2)*50 + 60))
	if some(2) {
		o.Upstream, o.Streaming = "", false
	}
	if some(2) {
		o.Silent = time.Duration(r.IntN(3000)) * time.Millisecond
	}
	if len(c.Rules) > 0 && some(2) {
		o.Sync = ha.SyncSet{K: c.Rules[0].K, Members: c.Rules[0].Members}
		c.Rules[0].Primary = in.Self.Name
	}
	if some(3) {
		electing(r, in)
	}
	if m.State == ha.StateRebuilding && c.GrantRev != 0 && some(2) {
		c.Reign.Term, c.Reign.Holder, c.Reign.Promoted, c.PauseRev = c.Grant.Term, c.Grant.Holder, true, 0
		m.SessionRev, m.Loaded, m.Flights, in.Outcomes, m.ObsAfter, m.EngineAt = 20, true, ha.Machine{}.Flights, nil, 0, 0
	}
	if m.State == ha.StatePrimary && some(2) {
		c.Reign.Term, c.Reign.Holder, c.Reign.Instance = m.Term, in.Self.Name, in.Self.Instance
		if some(2) {
			c.Grant, c.GrantRev, m.GrantRev = ha.Grant{}, 0, 30
			if some(2) {
				m.LeaseSent, m.SessionRev, m.Loaded, m.Quorum, m.StoreAt = in.Now.Add(-time.Second), 20, true, true, 0
				c.Reign.Quorum, c.Reign.Released, m.Flights, in.Outcomes = true, false, ha.Machine{}.Flights, nil
			}
		}
		c.Reign.Quorum = c.Reign.Quorum || m.Quorum // a node relies only on what is on record
	}
}

// electing tilts an input towards an election against a holder.
func electing(r *rand.Rand, in *ha.Input) {
	some := func(n int) bool { return r.IntN(n) == 0 }
	c, m, o := in.View.Cluster, &in.Machine, &in.View.Obs
	m.State, m.Doubt, m.FreeTerm, m.FreeSince = ha.StateElecting, c.Reign.Term, c.Reign.Term+1, in.Now.Add(-time.Duration(r.IntN(3000))*time.Millisecond)
	m.Lease, m.SessionRev, m.Loaded, m.GrantRev, m.ObsAfter, m.StoreAt, m.EngineAt = 7, 20, true, 0, 0, 0, 0
	m.Flights, in.Outcomes, in.View.Closing = ha.Machine{}.Flights, nil, false
	m.FreeMark = max(c.PauseRev, c.RequestRev)
	c.Reign.Quorum, c.Reign.Released, c.Identity.SystemID = true, false, "db"
	in.View.ObsKnown, in.View.ObsBegan = true, in.Now.Add(-time.Duration(r.IntN(1000))*time.Millisecond)
	o.Data, o.SystemID, o.Running, o.Answers, o.Writable, o.Role = ha.DataPresent, "db", true, true, false, ha.RoleStandby
	if some(6) {
		o.Running, o.Answers, o.Clean = false, false, true
	}
	for i := range c.Members {
		if x := &c.Members[i]; x.SessionRev != 0 && x.Name != c.Reign.Holder {
			x.Status.Suspect = c.Reign.Term
		}
	}
	if me := c.Member(in.Self.Name); me != nil {
		me.Known, me.SessionRev, me.Lease, me.Session.Instance = true, 20, 7, in.Self.Instance
		if some(2) {
			m.Published.Final, me.Status.Final, m.PublishedRev = c.Reign.Term+1, c.Reign.Term+1, me.StatusRev
		}
	}
}

// TestQuorumDecisions checks the steps of the safety argument on random
// inputs of clusters in quorum mode.
func TestQuorumDecisions(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	seen := map[string]int{}
	for i := range 200_000 {
		in := randomInput(r)
		inQuorum(r, in)
		d := ha.Decide(in)
		if err := checkDecision(in, &d); err != nil {
			t.Fatalf("case %d: %v\ninput: %s", i, err, text(in, 0))
		}
		c := in.View.Cluster
		for j := range d.Actions {
			a := &d.Actions[j]
			switch {
			case c == nil || !c.Reign.Quorum:
			case a.Kind == ha.ActAcquire && d.Election != nil && !c.Reign.Released:
				seen["acquire against a holder"]++
			case a.Kind == ha.ActAcquire && d.To == ha.StatePrimary:
				seen["acquire in place"]++
			case a.Kind == ha.ActPublish:
				if d.Machine.Publishing.Final == c.Reign.Term+1 && !c.Reign.Released {
					seen["promise"]++
				}
			case a.Kind == ha.ActFollow, a.Kind == ha.ActStart && a.Upstream.Member != "", a.Kind == ha.ActRejoin, a.Kind == ha.ActDetach:
				seen[a.Kind.String()]++
			}
		}
		if d.From == ha.StatePrimary && d.To == ha.StatePrimary && in.Now >= d.Machine.Deadline() && d.Machine.Quorum {
			seen["outlives its deadline"]++
		}
	}
	t.Log(seen)
	for _, what := range []string{"acquire against a holder", "acquire in place", "promise", "follow", "start", "rejoin", "detach", "outlives its deadline"} {
		if seen[what] < 5 {
			t.Errorf("%d random inputs led to %q: the test says little about it", seen[what], what)
		}
	}
}
