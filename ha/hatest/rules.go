// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
)

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

// decode reads a record that a decision writes. What cannot be read is the zero
// value, which breaks the rules that are checked.
func decode[T any](op dcs.Op) (v T) {
	_ = json.Unmarshal(op.Value, &v)
	return v
}

// CheckDecision checks one decision against the steps of the safety argument
// of promise election (see ARCHITECTURE.md), each on its own terms and not by
// calling the code that is under test. The error begins with the rule:
//
//   - Q2: a primary outlives its deadline only with a synchronous set in force
//     that is on record, in a reign that is on record as one of quorum;
//   - Q3: a position is promised only by a member that has turned away from
//     the old holder, in a status that stands on its last one;
//   - Q4: no log is taken from the holder of a quorum reign while the member's
//     record may promise the contrary;
//   - Q5: who takes the grant from such a holder stands on enough promises for
//     every set that may be in force, and fails when one is taken back;
//   - Q6: neither the record of the reign nor the set in force becomes weaker
//     than what the node relies on;
//   - Q7: a synchronous set is on record before it comes into force;
//   - Q8: and has no member that takes no log while enough others do.
//
// Against what it says of whose the data is:
//
//   - identity: nothing is done with the server or the data of another database
//     than the cluster's, but for a copy in the place of a new one that nobody
//     can have written to.
//
// And against what it says of a node's own means:
//
//   - W1: a watchdog is armed and fed only if it then fires before the lease
//     can end;
//   - W2: no server is made writable, or left so, while a required watchdog is
//     not armed;
//   - P1: a member that a probe vetoes takes no grant; P2: a primary gives it
//     away for a probe only while another member could take it;
//   - V1: no member doubts the holder of a quorum reign earlier for what it saw
//     when it asked that one's server; V2: nor much later;
//   - F1: no promotion below the fencing level that is required, and whom to
//     fence is not forgotten.
//
// That no primary is given up needlessly:
//
//   - N1: a primary that relies on its standbys does not stop for its lease;
//   - N2: nobody gives up a grant for records that are older than it;
//   - N3: no member turns away from the holder of a quorum reign when it alone
//     doubts it and another one that could does not.
//
// And of cascade standbys:
//
//   - C1: none is in a synchronous set that comes into force;
//   - C2: each follows a member without the tag, or the primary, on records
//     that show its own tag, so nobody ever follows itself;
//   - C3: one that may not be promoted neither doubts nor promises;
//   - C4: and takes no grant in an election, unless a failover by force names it.
//
// And of shadow mode:
//
//   - S1: while another manager is in charge a node orders nothing of its
//     engine but looks, and changes no records but its own;
//   - S2: before the first term nobody acts but the node that the order to take
//     over names, and it does not stop its server while that term cannot be its own;
//   - S3: the first term begins over a server that accepts writes, on what every
//     other member has said, and none of them says that its own does; the set in
//     force is put on record with it.
func CheckDecision(in *ha.Input, d *ha.Decision) error {
	if err := checkMeans(in, d); err != nil {
		return err
	}
	if err := checkShadow(in, d); err != nil {
		return err
	}
	c := in.View.Cluster
	if c == nil {
		return nil
	}
	if err := checkReliance(in, d, c); err != nil {
		return err
	}
	if err := checkDoubt(in, d, c); err != nil {
		return err
	}
	if err := checkNeedless(in, d, c); err != nil {
		return err
	}
	if err := checkCascade(in, d, c); err != nil {
		return err
	}
	for i := range d.Actions {
		a := &d.Actions[i]
		if err := checkIdentity(in, d, a, c); err != nil {
			return fmt.Errorf("%w (%v)", err, a.Kind)
		}
		var err error
		switch a.Kind {
		case ha.ActPublish:
			err = checkPromise(in, a, c)
		case ha.ActFollow, ha.ActStart, ha.ActRejoin:
			if err = checkAttach(d, a, c); err == nil && a.Kind == ha.ActStart && a.Mode == ha.StartPrimary {
				err = checkSet(in, a, c)
			}
		case ha.ActAcquire:
			err = checkAcquire(in, d, a, c)
		case ha.ActReign:
			if op, ok := put(a, "/state/reign"); ok && !decode[ha.Reign](op).Quorum && d.Machine.Quorum {
				err = fmt.Errorf("Q6: the record gives up quorum while the node relies on it")
			}
		case ha.ActPromote, ha.ActSetSync:
			err = checkSet(in, a, c)
		}
		if err != nil {
			return fmt.Errorf("%w (%v)", err, a.Kind)
		}
	}
	return nil
}

// checkIdentity: data of another database is left alone, unless it is worth
// nothing and a copy takes its place.
func checkIdentity(in *ha.Input, d *ha.Decision, a *ha.Action, c *ha.Cluster) error {
	o := &in.View.Obs
	if !looked(in, d) || o.SystemID == "" || c.Identity.SystemID == "" || o.SystemID == c.Identity.SystemID {
		return nil
	}
	switch a.Kind {
	case ha.ActRejoin:
		if o.Unserved && !a.Copy {
			return nil
		}
	case ha.ActStart, ha.ActPromote, ha.ActAcquire, ha.ActFollow, ha.ActSetSync:
	default:
		return nil
	}
	return fmt.Errorf("identity: the cluster's database is %s, the data is of %s", c.Identity.SystemID, o.SystemID)
}

// checkSet: a synchronous set is on record before it comes into force. One that
// demands nobody is, too, unless replication has been asynchronous all the time,
// and never in a quorum reign, whose holder has to be outvoted.
func checkSet(in *ha.Input, a *ha.Action, c *ha.Cluster) error {
	onRecord := slices.ContainsFunc(c.Rules, func(r ha.SyncRule) bool {
		return r.Primary == in.Self.Name && r.K == a.Sync.K && slices.Equal(r.Members, a.Sync.Members)
	})
	if a.Sync.K == 0 && c.Reign.Quorum {
		return fmt.Errorf("Q6: replication becomes asynchronous in a quorum reign")
	}
	restart := a.Kind == ha.ActStart && a.Sync.K == 0 // with no rule of its own: whatever was in force
	if !onRecord && !restart && (a.Sync.K > 0 || len(c.Rules) > 0) {
		return fmt.Errorf("Q7: the set %v comes into force before it is on record: %v", a.Sync, c.Rules)
	}
	if a.Kind == ha.ActSetSync && needless(c, a.Sync) {
		return fmt.Errorf("Q8: the set %v has a member that takes no log, and does not need it", a.Sync)
	}
	loose := slices.ContainsFunc(c.Rules, func(r ha.SyncRule) bool { return r.K == 0 && r.Primary == in.Self.Name })
	if a.Kind == ha.ActSetSync && a.Sync.K > 0 && in.View.Obs.Sync.K == 0 && !loose {
		return fmt.Errorf("Q7: the asynchronous stretch is not on record: %v", c.Rules)
	}
	return nil
}

// looked reports whether what was observed is how the server is: nothing has
// been done to it since, nor is.
func looked(in *ha.Input, d *ha.Decision) bool {
	f := &in.Machine.Flights
	return in.View.ObsKnown && in.View.ObsBegan >= d.Machine.ObsAfter && f[ha.LaneEngine].ID == 0 && f[ha.LaneStop].ID == 0
}

// needless reports whether a set has a member that takes no log although its
// other members that live are enough.
func needless(c *ha.Cluster, set ha.SyncSet) bool {
	dry, wet := 0, 0
	for _, name := range set.Members {
		switch m := c.Member(name); {
		case m == nil || !m.Alive():
		case m.Status.Dry:
			dry++
		default:
			wet++
		}
	}
	return dry > 0 && set.K > 0 && wet >= set.K
}

// checkReliance: a primary outlives its deadline only with a set in force that
// is on record, in a reign that is on record as one of quorum.
func checkReliance(in *ha.Input, d *ha.Decision, c *ha.Cluster) error {
	m, o := &d.Machine, &in.View.Obs
	reigned := slices.ContainsFunc(in.Outcomes, func(o ha.Outcome) bool {
		return o.Kind == ha.ActReign && o.Result == ha.ResultDone
	})
	if m.Quorum && m.Loose && !in.Machine.Quorum {
		return fmt.Errorf("Q2: relies on quorum while the server may become asynchronous")
	}
	if m.Quorum && !in.Machine.Quorum && !(reigned && in.Machine.AskedQuo) {
		return fmt.Errorf("Q2: relies on quorum that is not on record")
	}
	overdue := in.Now >= m.Deadline() || m.Lease == 0
	if d.From == ha.StatePrimary && d.To == ha.StatePrimary && overdue && !m.Quorum && d.Wake > in.Now+1 {
		return fmt.Errorf("Q2: stays primary after its deadline %v in lease mode", m.Deadline())
	}
	if d.To == ha.StatePrimary && d.From == ha.StatePrimary && m.Quorum && looked(in, d) && o.Running && o.Writable {
		onRecord := slices.ContainsFunc(c.Rules, func(r ha.SyncRule) bool {
			return r.Primary == in.Self.Name && r.K == o.Sync.K && slices.Equal(r.Members, o.Sync.Members)
		})
		if o.Sync.K == 0 || !onRecord {
			return fmt.Errorf("Q2: relies on the set %v, which is not on record: %v", o.Sync, c.Rules)
		}
	}
	return nil
}

// checkPromise: a status stands on the one before, and promises a position
// only after the member has turned away from the old holder.
func checkPromise(in *ha.Input, a *ha.Action, c *ha.Cluster) error {
	key := "/members/" + string(in.Self.Name)
	op, _ := put(a, key)
	if _, ok := cond(a, key); !ok {
		return fmt.Errorf("Q3: a status that does not stand on the last one could arrive late")
	}
	st := decode[ha.MemberStatus](op)
	if !c.Reign.Quorum || c.Reign.Released || c.Reign.Holder == in.Self.Name || st.Final != c.Reign.Term+1 {
		return nil
	}
	if o := &in.View.Obs; o.Upstream != "" || o.Streaming || !o.Running || !o.Answers || o.Role != ha.RoleStandby {
		return fmt.Errorf("Q3: a promise without having turned away: %+v", o)
	}
	if in.View.ObsBegan < in.Machine.ObsAfter || st.Suspect != c.Reign.Term {
		return fmt.Errorf("Q3: a promise on an old look at the server, or without doubt: %+v", st)
	}
	return nil
}

// checkAttach: no log is taken from the holder of a quorum reign while the
// record may promise the contrary.
func checkAttach(d *ha.Decision, a *ha.Action, c *ha.Cluster) error {
	m := &d.Machine
	if a.Upstream.Member == "" {
		return nil
	}
	if m.PublishedRev == 0 || m.PublishedRev > c.Revision || m.Promised > c.Reign.Term {
		return fmt.Errorf("Q4: attaches in term %v: promised %v, published at %v, records at %v", c.Reign.Term, m.Promised, m.PublishedRev, c.Revision)
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
		return fmt.Errorf("Q6: a quorum reign over a server whose set nobody knows")
	}
	if rev, ok := cond(a, "/state/sync"); !ok || rev != c.RulesRev {
		return fmt.Errorf("Q5: does not stand on the rules that were looked at")
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
	if c.Reign.Promoted && promised[c.Reign.Holder] {
		return nil // see ARCHITECTURE.md, 5.3: no set but its own can be in force
	}
	for _, r := range c.Rules {
		if r.K == 0 {
			continue // in a quorum reign standbys confirm, see checkSet
		}
		n := 0
		for _, name := range r.Members {
			if promised[name] {
				n++
			}
		}
		if !promised[r.Primary] && len(r.Members)-n >= r.K {
			return fmt.Errorf("Q5: %d members of %+v have not promised: they can still acknowledge", len(r.Members)-n, r)
		}
	}
	return nil
}
