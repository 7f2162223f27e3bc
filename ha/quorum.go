// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "slices"

// rulesHold reports whether the members that were seen are enough to know all
// acknowledged writes, under each of the rules. A write that was acknowledged
// under a rule is on its primary and on at least K of its members; so is it
// on one that was seen, when the primary was seen, or all but K-1 of the
// members.
func rulesHold(rules []SyncRule, members []Member, seen func(*Member) bool) bool {
	for _, r := range rules {
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

// syncMembers says which members a synchronous set should have: all that
// live and may count. When fewer than k live it is all that may count, so that
// writes wait for them instead of being acknowledged with too few copies.
type syncMembers struct {
	c   *Cluster
	me  MemberID
	all bool
}

func syncMembersOf(c *Cluster, me MemberID, k int) syncMembers {
	s, n := syncMembers{c: c, me: me}, 0
	for i := range c.Members {
		if s.has(&c.Members[i]) {
			n++
		}
	}
	s.all = n < k
	return s
}

func (s syncMembers) has(m *Member) bool {
	return m.Name != s.me && m.Known && !m.Status.Tags.NeverSync && m.Status.State != StateFenced && !m.Down() && (s.all || m.Alive())
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
