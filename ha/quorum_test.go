// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gausskit/gausskit/ha"
)

// acknowledgedSeen asks by brute force whether every write that standbys can
// have confirmed under the rules is on a member that was seen: it goes through
// all sets of members that may have acknowledged.
func acknowledgedSeen(rules []ha.SyncRule, members []ha.Member, seen func(*ha.Member) bool) bool {
	bit := map[ha.MemberID]uint{}
	var saw uint
	for i := range members {
		bit[members[i].Name] = 1 << i
		if seen(&members[i]) {
			saw |= 1 << i
		}
	}
	for _, r := range rules {
		if r.K == 0 {
			continue // no standby has confirmed anything, and none is asked for
		}
		for acks := range uint(1) << len(r.Members) {
			if bits.OnesCount(acks) < r.K {
				continue // not acknowledged
			}
			copies := bit[r.Primary]
			for i, m := range r.Members {
				if acks&(1<<i) != 0 {
					copies |= bit[m]
				}
			}
			if copies&saw == 0 {
				return false
			}
		}
	}
	return true
}

// TestRulesHold compares the arithmetic of the rules with brute force, for
// every rule over up to seven members and every set that may be seen.
func TestRulesHold(t *testing.T) {
	for n := 1; n <= 7; n++ {
		c := records(n)
		for set := range uint(1) << n {
			var names []ha.MemberID
			for i := 1; i < n; i++ {
				if set&(1<<i) != 0 {
					names = append(names, c.Members[i].Name)
				}
			}
			if set&1 != 0 { // the set without its primary; m1 is that
				continue
			}
			for k := 0; k <= len(names)+1; k++ {
				rules := []ha.SyncRule{{Primary: "m1", K: k, Members: names}}
				for saw := range uint(1) << n {
					seen := func(m *ha.Member) bool {
						return saw&(1<<slices.IndexFunc(c.Members, func(x ha.Member) bool { return x.Name == m.Name })) != 0
					}
					if got, want := ha.RulesHold(rules, c.Members, seen), acknowledgedSeen(rules, c.Members, seen); got != want {
						t.Fatalf("%d members, rule %+v, seen %b: %v, brute force says %v", n, rules[0], saw, got, want)
					}
				}
			}
		}
	}
}

// TestEachRuleCounts: with several rules each must hold.
func TestEachRuleCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		c := randomRecords(r)
		saw := r.Uint32()
		seen := func(m *ha.Member) bool { return saw&(1<<(m.Name[1]-'0')) != 0 }
		all := true
		for i := range c.Rules {
			all = all && ha.RulesHold(c.Rules[i:i+1], c.Members, seen)
		}
		if got := ha.RulesHold(c.Rules, c.Members, seen); got != all {
			t.Fatalf("rules %+v: %v together, %v one by one", c.Rules, got, all)
		}
	}
}

// TestMembersThatAreGone: a rule names members that have no record any more;
// they were not seen.
func TestMembersThatAreGone(t *testing.T) {
	c := records(2)
	seen := func(*ha.Member) bool { return true }
	rules := []ha.SyncRule{{Primary: "gone", K: 1, Members: []ha.MemberID{"m2", "lost"}}}
	if ha.RulesHold(rules, c.Members, seen) {
		t.Error("a write may be on gone and lost only")
	}
	rules[0].K = 2
	if !ha.RulesHold(rules, c.Members, seen) {
		t.Error("every write is on m2")
	}
}

func TestWantedSync(t *testing.T) {
	alive := func(names ...ha.MemberID) func(*ha.Cluster) {
		return func(c *ha.Cluster) {
			for i := range c.Members {
				if m := &c.Members[i]; !slices.Contains(names, m.Name) {
					dead(m)
				}
			}
		}
	}
	for _, c := range []struct {
		name    string
		records *ha.Cluster
		k       int
		want    string
	}{
		{"asynchronous", records(3), 0, "async"},
		{"all that live", records(4, alive("m1", "m2", "m4")), 1, "ANY 1 (m2,m4)"},
		{"never the primary itself", records(3, alive("m1", "m2", "m3")), 2, "ANY 2 (m2,m3)"},
		{"fewer than K live: all, so that writes wait", records(3, alive("m1", "m2")), 2, "ANY 2 (m2,m3)"},
		{"nobody lives", records(3, alive("m1")), 1, "ANY 1 (m2,m3)"},
		{"alone", records(1), 1, "ANY 1 ()"},
		{"tagged", records(3, alive("m1", "m2", "m3"), of("m3", func(s *ha.MemberStatus) { s.Tags.NeverSync = true })), 1, "ANY 1 (m2)"},
		{"fenced", records(3, alive("m1", "m2", "m3"), of("m2", func(s *ha.MemberStatus) { s.State = ha.StateFenced })), 1, "ANY 1 (m3)"},
		{"never told anything", records(3, alive("m1", "m2", "m3"), member("m2", func(m *ha.Member) { m.Known = false })), 1, "ANY 1 (m3)"},
	} {
		got := ha.WantedSync(c.records, "m1", c.k)
		if got.String() != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
		if !ha.SyncIs(got, c.records, "m1", c.k) {
			t.Errorf("%s: %v is not recognised as the wanted one", c.name, got)
		}
		for _, other := range []ha.SyncSet{{K: c.k + 1, Members: got.Members}, {K: 1, Members: append(slices.Clone(got.Members), "x")}, {K: 1, Members: []ha.MemberID{"m1"}}} {
			if ha.SyncIs(other, c.records, "m1", c.k) {
				t.Errorf("%s: %v passes for %v", c.name, other, got)
			}
		}
	}
}

// TestSyncIsAgrees: the quick question and the long answer are the same.
func TestSyncIsAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 20_000 {
		c, k := randomRecords(r), r.IntN(3)
		want := ha.WantedSync(c, "m1", k)
		have := want
		if r.IntN(2) == 0 {
			have = ha.WantedSync(randomRecords(r), "m1", r.IntN(3))
		}
		if got := ha.SyncIs(have, c, "m1", k); got != have.Equal(want) {
			t.Fatalf("set %v, wanted %v: %v", have, want, got)
		}
	}
}

func TestCovered(t *testing.T) {
	set := ha.SyncSet{K: 2, Members: []ha.MemberID{"m2", "m3", "m4"}}
	at := func(lsns ...ha.LSN) (out []ha.Receiver) {
		for i, l := range lsns {
			out = append(out, ha.Receiver{Member: ha.MemberID(fmt.Sprintf("m%d", i+2)), Flushed: l})
		}
		return out
	}
	for _, c := range []struct {
		receivers []ha.Receiver
		want      bool
	}{
		{nil, false}, {at(10), false}, {at(10, 9, 9), false}, {at(10, 9, 10), true}, {at(11, 11, 11), true},
		{at(9, 9, 9, 10, 10), false}, // m5 and m6 are not in the set
	} {
		if got := ha.Covered(set, c.receivers, 10); got != c.want {
			t.Errorf("%+v: %v", c.receivers, got)
		}
	}
}
