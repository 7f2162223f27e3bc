// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"
	"slices"

	"github.com/gausskit/gausskit/ha/dcs"
)

// The overlay: the records that would stand in the store if the servers, as
// their members' nodes see them, had been managed by these nodes.

// primaryOf is the member whose server is the primary, or was the last: on the
// newest timeline of all that accept writes, and of all that are left as a
// primary's when none does. It is nil when nobody has seen one.
func primaryOf(c *Cluster) *Member {
	var best *Member
	for i := range c.Members {
		m := &c.Members[i]
		if m.Known && m.Status.Role == RolePrimary && m.Status.Data == DataPresent && (best == nil || morePrimary(m, best) > 0) {
			best = m
		}
	}
	return best
}

func morePrimary(a, b *Member) int {
	return cmp.Or(
		cmpBool(leads(a), leads(b)),
		cmp.Compare(a.Status.Timeline, b.Status.Timeline),
		cmpBool(a.Alive(), b.Alive()),
		cmp.Compare(a.Status.LSN, b.Status.LSN),
	)
}

// leads reports whether a living node says that its server accepts writes.
func leads(m *Member) bool {
	return m.Alive() && m.Known && m.Status.Writable && m.Status.Instance == m.Session.Instance
}

// splitOf is a second member whose server accepts writes, or nil.
func splitOf(c *Cluster) *Member {
	p := primaryOf(c)
	for i := range c.Members {
		if m := &c.Members[i]; m != p && p != nil && leads(m) && leads(p) {
			return m
		}
	}
	return nil
}

// overlay lays those records over the ones that are there. Revisions are made
// up: only whether a record exists counts, and for the grant, whether it is
// another one. A term is the timeline that is written in it.
func overlay(c *Cluster, set Settings) *Cluster {
	out := &Cluster{
		Revision: c.Revision, Settings: c.Settings, SettingsRev: c.SettingsRev, Changes: c.Changes, ChangesRev: c.ChangesRev,
		Members: slices.Clone(c.Members),
	}
	for i := range out.Members {
		m := &out.Members[i]
		st, r := &m.Status, &m.Shadow
		m.OrderRev, st.State, st.Suspect, st.Final = 0, StateStandby, 0, 0
		if m.ShadowRev != 0 && r.Instance == st.Instance {
			st.State, st.Suspect, st.Final = r.As, r.Suspect, r.Final
		}
	}
	p := primaryOf(c)
	if p == nil {
		return out
	}
	st, r := &p.Status, p.Shadow
	if p.ShadowRev == 0 || r.Instance != st.Instance {
		r = ShadowRecord{}
	}
	term := Term(st.Timeline)
	out.Identity, out.IdentityRev = Identity{SystemID: st.SystemID, By: p.Name, Timeline: st.Timeline}, 1
	out.Reign, out.ReignRev = Reign{
		Term: term, Holder: p.Name, Instance: st.Instance, Promoted: true, Timeline: st.Timeline, Start: cmp.Or(r.Start, st.LSN),
		Quorum: set.Durability.Quorum && r.Sync.K > 0,
	}, 1
	if p.Alive() {
		out.Reign.Instance = p.Session.Instance
	}
	if r.Released == term && term != 0 && !st.Writable {
		out.Reign.Released, out.Reign.End, out.Reign.Exact, out.Reign.Lost = true, r.End, r.Exact, r.Lost
	} else if p.Alive() {
		out.Grant = Grant{Holder: p.Name, Term: term, Instance: p.Session.Instance, Claim: p.Session.Claim}
		out.GrantRev = p.SessionRev
	}
	if rules := inheritedRules(p.Name, &r); rules != nil {
		out.Rules, out.RulesRev = rules, 1
	}
	return out
}

// inheritedRules are what an election has to honour of the set that another
// manager has put in force: one whose names nobody knows promises nothing.
func inheritedRules(p MemberID, r *ShadowRecord) []SyncRule {
	switch {
	case r.Alien:
		return []SyncRule{{Primary: p}}
	case r.Sync.K > 0:
		return []SyncRule{ruleOf(p, r.Sync)}
	}
	return nil
}

// translated is what was observed, with our names in the place of those that
// the other manager gave: an upstream is known by its address, a standby by
// what it calls itself. The record says what could not be translated.
func translated(o *Observation, c *Cluster) (Observation, ShadowRecord) {
	out := *o
	rec := ShadowRecord{Alias: o.Alias}
	if out.Upstream == "" && out.Address != "" {
		for i := range c.Members {
			if c.Members[i].Status.Address == out.Address {
				out.Upstream = c.Members[i].Name
			}
		}
	}
	if !o.Writable {
		return out, rec
	}
	out.Receivers = nil
	for _, r := range o.Receivers {
		name, ok := named(c, r.Member)
		if !ok {
			rec.Strangers++
			continue
		}
		r.Member = name
		out.Receivers = append(out.Receivers, r)
	}
	set := SyncSet{K: o.Sync.K}
	for _, alias := range o.Sync.Members {
		name, ok := named(c, alias)
		rec.Alien = rec.Alien || !ok
		if !slices.Contains(set.Members, name) {
			set.Members = append(set.Members, name)
		}
	}
	slices.Sort(set.Members)
	if rec.Alien = o.Sync.K > 0 && (rec.Alien || len(set.Members) != len(o.Sync.Members)); !rec.Alien {
		rec.Sync = set
	}
	out.Sync = rec.Sync
	return out, rec
}

// named finds the member that calls itself so. Nobody is found when several do.
func named(c *Cluster, alias MemberID) (MemberID, bool) {
	found := MemberID("")
	for i := range c.Members {
		m := &c.Members[i]
		a := m.Name
		if m.ShadowRev != 0 && m.Shadow.Alias != "" {
			a = m.Shadow.Alias
		}
		switch {
		case a != alias:
		case found != "":
			return "", false
		default:
			found = m.Name
		}
	}
	return found, found != ""
}

// standIn makes the machine of the node that would act fit what is: a state
// changes by what is observed, not by what was ordered.
func standIn(w *Machine, m *Machine, o *Observation, c *Cluster, me MemberID, now Instant) {
	mine := c.Reign.Holder == me
	switch {
	case mine && o.Writable && (w.State != StatePrimary || w.Term != c.Reign.Term):
		*w = Machine{State: StatePrimary, Since: now, Promoted: true, Published: w.Published}
	case !mine && !o.Writable && (w.State == StatePrimary || w.State == StatePromoting),
		w.State == StateDemoting && o.Running && o.Answers && !o.Writable,
		w.State == StateRebuilding && o.Streaming:
		*w = Machine{State: StateStandby, Since: now, DrySince: now, Heard: now, Published: w.Published}
	}
	if w.State == StateStandby && o.Streaming {
		w.Detached = false
	}
	if w.State == StatePrimary {
		w.GrantRev, w.Term, w.ReignRev, w.Confirmed, w.ConfirmAt = c.GrantRev, c.Reign.Term, 1, true, now
		w.SyncDoubt, w.Quorum = false, c.Reign.Quorum
	}
	w.Lease, w.LeaseTTL, w.LeaseMargin, w.LeaseSent, w.RenewAt = m.Lease, m.LeaseTTL, m.LeaseMargin, m.LeaseSent, never/2
	w.SessionRev, w.Loaded, w.NeedLoad, w.Wrote, w.StoreAt = m.SessionRev, true, false, 0, 0
	w.EngineAt, w.ObsAfter, w.TakeAt, w.Fails, w.Flights = 0, 0, 0, 0, [numLanes]Flight{}
	w.PublishedRev = max(1, statusRev(c, me))
}

func statusRev(c *Cluster, name MemberID) dcs.Revision {
	if m := c.Member(name); m != nil {
		return m.StatusRev
	}
	return 0
}
