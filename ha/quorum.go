// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "slices"

// rulesHold reports whether the members that were seen are enough to know all
// writes that standbys confirmed, under each of the rules. A write that was
// acknowledged under a rule is on its primary and on at least K of its members;
// so is it on one that was seen, when the primary was seen, or all but K-1 of
// the members. A rule with K of 0 demands nobody: no member but the primary
// need have what was acknowledged under it, see asynchronous.
func rulesHold(rules []SyncRule, members []Member, seen func(*Member) bool) bool {
	for _, r := range rules {
		if r.K == 0 {
			continue
		}
		n, primary := 0, false
		for i := range members {
			m := &members[i]
			if !seen(m) {
				continue
			}
			primary = primary || m.Name == r.Primary
			if slices.Contains(r.Members, m.Name) {
				n++
			}
		}
		if !primary && n < len(r.Members)-r.K+1 {
			return false
		}
	}
	return true
}

// asynchronous reports whether writes may have been acknowledged that no
// standby confirmed, as far as the rules on record tell: what a promotion may
// lose of them is limited by the lag limits only.
func asynchronous(rules []SyncRule) bool {
	return len(rules) == 0 || slices.ContainsFunc(rules, func(r SyncRule) bool { return r.K == 0 })
}

// confirming reports whether some rule promises that confirmed writes survive.
func confirming(rules []SyncRule) bool {
	return slices.ContainsFunc(rules, func(r SyncRule) bool { return r.K > 0 })
}

// widened is what the record has to say before a set may be in force under
// me: its rule, after those that are there, and, when the log has a part that
// was written asynchronously under a primary and the record has not said so
// yet, a rule with K of 0 for that. It is nil when the record is wide enough.
// No rules at all say that replication has been asynchronous all the time.
func widened(rules []SyncRule, me MemberID, set SyncSet, loose MemberID) []SyncRule {
	var add [2]SyncRule
	n := 0
	if lone := (SyncRule{Primary: loose}); set.K > 0 && loose != "" && !hasRule(rules, lone) {
		add[n], n = lone, n+1
	}
	if r := ruleOf(me, set); !hasRule(rules, r) && (set.K > 0 || len(rules) > 0) {
		add[n], n = r, n+1
	}
	if n == 0 {
		return nil
	}
	return append(append(make([]SyncRule, 0, len(rules)+n), rules...), add[:n]...)
}

// syncMembers says which members a synchronous set should have: all that
// live, take log and may count. When fewer than k do it is all that may count, so
// that writes wait for them instead of being acknowledged with too few copies.
// A member that takes no log would have to promise in the next election, and
// cannot tell anything for it.
type syncMembers struct {
	c   *Cluster
	me  MemberID
	all bool
	// away is the zone from which nobody counts; "" when all do.
	away string
}

func syncMembersOf(c *Cluster, me MemberID, k int) syncMembers {
	s, n := syncMembers{c: c, me: me, away: awayFrom(c, me, k)}, 0
	for i := range c.Members {
		if s.has(&c.Members[i]) {
			n++
		}
	}
	s.all = n < k
	return s
}

// awayFrom is the zone of a primary whose writes k members of other zones can
// confirm, when that is asked for.
func awayFrom(c *Cluster, me MemberID, k int) string {
	m := c.Member(me)
	if !c.Settings.Durability.Spread || m == nil || m.Status.Tags.Zone == "" || k == 0 {
		return ""
	}
	s, n := syncMembers{c: c, me: me, away: m.Status.Tags.Zone}, 0
	for i := range c.Members {
		if x := &c.Members[i]; s.has(x) && x.Status.Streaming {
			n++
		}
	}
	if n < k {
		return ""
	}
	return s.away
}

func (s syncMembers) has(m *Member) bool {
	if z := m.Status.Tags.Zone; s.away != "" && (z == s.away || z == "") {
		return false
	}
	return m.Name != s.me && m.Known && !m.Status.Tags.NeverSync && !m.Status.Tags.Cascade && !m.Status.Reinit && m.Status.State != StateFenced && !m.Down() && (s.all || m.Alive() && !m.Status.Dry)
}

// wantedSync is the synchronous set that a primary should have.
func wantedSync(c *Cluster, me MemberID, k int) SyncSet {
	if k == 0 {
		return SyncSet{}
	}
	s := syncMembersOf(c, me, k)
	var names []MemberID
	for i := range c.Members {
		if s.has(&c.Members[i]) {
			names = append(names, c.Members[i].Name)
		}
	}
	return SyncSet{K: k, Members: names}
}

// ruleOf is the rule that a set in force under a primary makes.
func ruleOf(me MemberID, s SyncSet) SyncRule {
	return SyncRule{Primary: me, K: s.K, Members: s.Members}
}

func (r SyncRule) equal(o SyncRule) bool {
	return r.Primary == o.Primary && r.K == o.K && slices.Equal(r.Members, o.Members)
}

func hasRule(rules []SyncRule, r SyncRule) bool {
	return slices.ContainsFunc(rules, r.equal)
}

// covered reports whether k members of the set have flushed up to lsn: from
// then on the set alone vouches for everything before.
func covered(s SyncSet, receivers []Receiver, lsn LSN) bool {
	n := 0
	for i := range receivers {
		if receivers[i].Flushed >= lsn && s.Has(receivers[i].Member) {
			n++
		}
	}
	return n >= s.K
}

// syncIs reports whether a set in force is the wanted one, without building
// that: it is asked in every decision of a primary.
func syncIs(s SyncSet, c *Cluster, me MemberID, k int) bool {
	if s.K != k {
		return false
	}
	if k == 0 {
		return true
	}
	want, n := syncMembersOf(c, me, k), 0
	for i := range c.Members {
		if !want.has(&c.Members[i]) {
			continue
		}
		if n >= len(s.Members) || s.Members[n] != c.Members[i].Name {
			return false
		}
		n++
	}
	return n == len(s.Members)
}
