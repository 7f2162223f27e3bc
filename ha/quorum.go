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

// wantedSync is the synchronous set that a primary should have: all members
// that may count, whether they live or not, so that a death does not change
// who must be seen.
func wantedSync(c *Cluster, me MemberID, k int) SyncSet {
	if k == 0 {
		return SyncSet{}
	}
	var names []MemberID
	for i := range c.Members {
		m := &c.Members[i]
		if m.Name != me && m.Known && !m.Status.Tags.NeverSync && m.Status.State != StateFenced {
			names = append(names, m.Name)
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
	n := 0
	for i := range c.Members {
		m := &c.Members[i]
		if m.Name != me && m.Known && !m.Status.Tags.NeverSync && m.Status.State != StateFenced {
			if n >= len(s.Members) || s.Members[n] != m.Name {
				return false
			}
			n++
		}
	}
	return n == len(s.Members)
}
