// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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
	if m.State == ha.StatePrimary && some(2) {
		c.Reign.Term, c.Reign.Holder, c.Reign.Instance = m.Term, in.Self.Name, in.Self.Instance
		if some(2) {
			c.Grant, c.GrantRev, m.GrantRev = ha.Grant{}, 0, 30
		}
	}
}

// electing tilts an input towards an election against a holder.
func electing(r *rand.Rand, in *ha.Input) {
	some := func(n int) bool { return r.IntN(n) == 0 }
	c, m, o := in.View.Cluster, &in.Machine, &in.View.Obs
	m.State, m.Doubt, m.FreeTerm, m.FreeSince = ha.StateElecting, c.Reign.Term, c.Reign.Term+1, in.Now.Add(-time.Duration(r.IntN(3000))*time.Millisecond)
	m.Lease, m.SessionRev, m.Loaded, m.GrantRev, m.ObsAfter, m.StoreAt, m.EngineAt = 7, 20, true, 0, 0, 0, 0
	m.Flights, in.Outcomes, in.View.Closing = [5]ha.Flight{}, nil, false
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

func put(a *ha.Action, key string) (dcs.Op, bool) {
	for _, op := range a.Txn.Then {
		if !op.Delete && strings.HasSuffix(op.Key, key) {
			return op, true
		}
	}
	return dcs.Op{}, false
}

func cond(a *ha.Action, key string) (dcs.Revision, bool) {
	for _, c := range a.Txn.If {
		if strings.HasSuffix(c.Key, key) {
			return c.Modified, true
		}
	}
	return 0, false
}

func decode[T any](op dcs.Op) (v T) {
	if err := json.Unmarshal(op.Value, &v); err != nil {
		panic(err)
	}
	return v
}

// checkQuorum checks one decision against the steps of the safety argument of
// promise election, each on its own terms and not by calling the code that is
// under test.
func checkQuorum(in *ha.Input, d *ha.Decision) error {
	c := in.View.Cluster
	if c == nil {
		return nil
	}
	if err := checkReliance(in, d, c); err != nil {
		return err
	}
	for i := range d.Actions {
		a := &d.Actions[i]
		var err error
		switch a.Kind {
		case ha.ActPublish:
			err = checkPromise(in, a, c)
		case ha.ActFollow, ha.ActStart, ha.ActRejoin:
			err = errors.Join(checkAttach(d, a, c), checkSet(in, a, c))
		case ha.ActAcquire:
			err = checkAcquire(in, d, a, c)
		case ha.ActReign:
			if op, ok := put(a, "/state/reign"); ok && !decode[ha.Reign](op).Quorum && d.Machine.Quorum {
				err = fmt.Errorf("the record gives up quorum while the node relies on it")
			}
		case ha.ActSetSync, ha.ActPromote:
			err = checkSet(in, a, c)
		}
		if err != nil {
			return fmt.Errorf("%v: %w", a.Kind, err)
		}
	}
	return nil
}

// checkReliance: a primary outlives its deadline only with a set in force that
// is on record, in a reign that is on record as one of quorum.
func checkReliance(in *ha.Input, d *ha.Decision, c *ha.Cluster) error {
	m, o := &d.Machine, &in.View.Obs
	reigned := slices.ContainsFunc(in.Outcomes, func(o ha.Outcome) bool {
		return o.Kind == ha.ActReign && o.Result == ha.ResultDone
	})
	if m.Quorum && m.Loose && !in.Machine.Quorum {
		return fmt.Errorf("relies on quorum while the server may become asynchronous")
	}
	if m.Quorum && !in.Machine.Quorum && !(reigned && in.Machine.AskedQuo) {
		return fmt.Errorf("relies on quorum that is not on record")
	}
	overdue := in.Now >= m.Deadline() || m.Lease == 0
	if d.From == ha.StatePrimary && d.To == ha.StatePrimary && overdue && !in.Machine.Quorum && !m.Quorum {
		return fmt.Errorf("stays primary after its deadline %v in lease mode", m.Deadline())
	}
	fresh := in.View.ObsKnown && in.View.ObsBegan >= m.ObsAfter && in.Machine.Flights[ha.LaneEngine].ID == 0 && in.Machine.Flights[ha.LaneStop].ID == 0
	if d.To == ha.StatePrimary && d.From == ha.StatePrimary && m.Quorum && fresh && o.Running && o.Writable {
		onRecord := slices.ContainsFunc(c.Rules, func(r ha.SyncRule) bool {
			return r.Primary == in.Self.Name && r.K == o.Sync.K && slices.Equal(r.Members, o.Sync.Members)
		})
		if o.Sync.K == 0 || !onRecord {
			return fmt.Errorf("relies on the set %v, which is not on record: %v", o.Sync, c.Rules)
		}
	}
	return nil
}

// checkSet: a set is on record before it may be in force. One that demands
// nobody is, too, and never in a quorum reign, whose holder has to be outvoted.
func checkSet(in *ha.Input, a *ha.Action, c *ha.Cluster) error {
	if a.Kind == ha.ActFollow || a.Kind == ha.ActRejoin || a.Kind == ha.ActStart && a.Mode != ha.StartPrimary {
		return nil
	}
	if a.Sync.K == 0 && c.Reign.Quorum {
		return fmt.Errorf("replication becomes asynchronous in a quorum reign")
	}
	onRecord := slices.ContainsFunc(c.Rules, func(r ha.SyncRule) bool {
		return r.Primary == in.Self.Name && r.K == a.Sync.K && slices.Equal(r.Members, a.Sync.Members)
	})
	restart := a.Kind == ha.ActStart && a.Sync.K == 0 // with no rule of its own: whatever was in force
	if !onRecord && !restart && (a.Sync.K > 0 || len(c.Rules) > 0) {
		return fmt.Errorf("the set %v is not on record: %v", a.Sync, c.Rules)
	}
	o := &in.View.Obs
	loose := slices.ContainsFunc(c.Rules, func(r ha.SyncRule) bool { return r.K == 0 && r.Primary == in.Self.Name })
	if a.Kind == ha.ActSetSync && a.Sync.K > 0 && o.Sync.K == 0 && !loose {
		return fmt.Errorf("the asynchronous stretch is not on record: %v", c.Rules)
	}
	return nil
}

// checkPromise: a status stands on the one before, and promises a position
// only after the member has turned away from the old holder.
func checkPromise(in *ha.Input, a *ha.Action, c *ha.Cluster) error {
	key := "/members/" + string(in.Self.Name)
	op, _ := put(a, key)
	if _, ok := cond(a, key); !ok {
		return fmt.Errorf("a status that does not stand on the last one could arrive late")
	}
	st := decode[ha.MemberStatus](op)
	if !c.Reign.Quorum || c.Reign.Released || c.Reign.Holder == in.Self.Name || st.Final != c.Reign.Term+1 {
		return nil
	}
	if o := &in.View.Obs; o.Upstream != "" || o.Streaming || !o.Running || !o.Answers || o.Role != ha.RoleStandby {
		return fmt.Errorf("a promise without having turned away: %+v", o)
	}
	if in.View.ObsBegan < in.Machine.ObsAfter || st.Suspect != c.Reign.Term {
		return fmt.Errorf("a promise on an old look at the server, or without doubt: %+v", st)
	}
	return nil
}

// checkAttach: no log is taken from the holder of a quorum reign while the
// record may promise the contrary.
func checkAttach(d *ha.Decision, a *ha.Action, c *ha.Cluster) error {
	m := &d.Machine
	if a.Upstream.Member == "" || !c.Reign.Quorum {
		return nil
	}
	if m.PublishedRev == 0 || m.PublishedRev > c.Revision || m.Promised > c.Reign.Term {
		return fmt.Errorf("attaches in term %v: promised %v, published at %v, records at %v", c.Reign.Term, m.Promised, m.PublishedRev, c.Revision)
	}
	return nil
}

// checkAcquire: who takes the grant from the holder of a quorum reign stands
// on enough promises for every set that may be in force, and fails when one of
// them is taken back.
func checkAcquire(in *ha.Input, d *ha.Decision, a *ha.Action, c *ha.Cluster) error {
	op, _ := put(a, "/state/reign")
	next := decode[ha.Reign](op)
	own := c.Reign.Quorum && c.Reign.Holder == in.Self.Name
	if next.Quorum && in.View.Obs.Role == ha.RolePrimary && !own {
		return fmt.Errorf("a quorum reign over a server whose set nobody knows")
	}
	if rev, ok := cond(a, "/state/sync"); !ok || rev != c.RulesRev {
		return fmt.Errorf("does not stand on the rules that were looked at")
	}
	if d.Election == nil || !c.Reign.Quorum || c.Reign.Released || d.Election.Forced {
		return nil
	}
	promised := map[ha.MemberID]bool{}
	for i := range c.Members {
		m := &c.Members[i]
		if m.SessionRev == 0 || m.Status.Final != c.Reign.Term+1 {
			continue
		}
		rev, ok := cond(a, "/members/"+string(m.Name))
		promised[m.Name] = m.Name == in.Self.Name || ok && rev == m.StatusRev
	}
	for _, r := range c.Rules {
		if r.K == 0 {
			continue // of an earlier reign: in this one standbys confirm, see checkSet
		}
		n := 0
		for _, name := range r.Members {
			if promised[name] {
				n++
			}
		}
		if !promised[r.Primary] && len(r.Members)-n >= r.K {
			return fmt.Errorf("%d members of %+v have not promised: they can still acknowledge", len(r.Members)-n, r)
		}
	}
	return nil
}

// TestQuorumDecisions checks the steps of the safety argument on random
// inputs of clusters in quorum mode.
func TestQuorumDecisions(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	seen := map[string]int{}
	for i := range 150_000 {
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
				if op, ok := put(a, "/members/"+string(in.Self.Name)); ok && decode[ha.MemberStatus](op).Final == c.Reign.Term+1 && !c.Reign.Released {
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
