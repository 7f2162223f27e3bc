// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/gausskit/gausskit/ha"
)

// ends gives the members of the model their ends, some the same. No standby is
// ahead of the primary. The standbys' order changes with turn.
func ends(n, turn int) (e [9]int) {
	e[0] = 2 * n
	for i := 1; i < n; i++ {
		e[i] = 1 + (i*3+turn)%n
	}
	return e
}

// lossSize is the most members that the enumerations go up to. They run in one
// goroutine: the race detector finds nothing there and makes them ten times
// slower.
func lossSize() int {
	if raceEnabled {
		return 6
	}
	return 9
}

// lossChecker compares verdicts with the model and counts.
type lossChecker struct {
	t             *testing.T
	in            ha.LossInput
	configs, safe int
}

// check demands that the furthest member that was seen is Safe exactly when
// the model finds no acknowledged write out of sight.
func (c *lossChecker) check(m *lossModel) ha.Loss {
	c.configs++
	best := m.furthest()
	if best < 0 { // nobody to promote: no verdict but Unknown
		m.input(&c.in, 1)
		if got := ha.JudgeLoss(c.in); got != (ha.Loss{}) {
			c.t.Fatalf("nobody seen: %v: %v", m, got)
		}
		return ha.Loss{}
	}
	m.input(&c.in, best)
	got := ha.JudgeLoss(c.in)
	want := ha.LossSafe
	if m.canBeOutOfSight() {
		want = ha.LossUnknown
	} else {
		c.safe++
	}
	if got.Kind != want {
		c.t.Fatalf("%v: promoting m%d: %v, want %v", m, best, got, want)
	}
	return got
}

// TestLossOneRule goes through every configuration of two to nine members with
// one rule: every K from 0 to one more than the set has, every set of
// standbys, every set of members that were seen. Nothing is left out.
func TestLossOneRule(t *testing.T) {
	c := &lossChecker{t: t}
	for n := 2; n <= lossSize(); n++ {
		for members := set(0); members < 1<<n; members += 2 { // without m0, the primary
			for k := 0; k <= members.size()+1; k++ {
				for seen := set(0); seen < 1<<n; seen++ {
					m := &lossModel{rules: []modelRule{{0, k, members}}, seen: seen, ends: ends(n, k)}
					c.check(m)
				}
			}
		}
	}
	t.Logf("%d configurations, %d of them safe", c.configs, c.safe)
}

// orbit is a pair of rules and a set of members seen, up to the names of the
// standbys. A verdict on the furthest member names nobody: it cannot change
// when standbys change their names (TestLossSymmetry shows it on all sizes
// that are small enough). What remains of a standby are three properties: is
// it in the first set, is it in the second, was it seen. So the orbits of n-1
// standbys are the ways to share them out to eight kinds.
type orbit struct {
	n      int
	k1, k2 int
	seenP  bool   // the primary was seen
	kinds  [8]int // by bits: in the first set, in the second, seen
	former int    // kind of the standby that was the first rule's primary, -1 for none
}

// model is the member of the orbit with the kinds in order. The former
// primary, if there is one, is m1; it is no member of its own set.
func (o *orbit) model() *lossModel {
	r1, r2 := modelRule{k: o.k1}, modelRule{k: o.k2}
	m := &lossModel{ends: ends(o.n, o.k1+o.k2)}
	if o.seenP {
		m.seen |= 1
	}
	at := 1
	put := func(kind int) {
		b := set(1) << at
		if kind&1 != 0 {
			r1.members |= b
		}
		if kind&2 != 0 {
			r2.members |= b
		}
		if kind&4 != 0 {
			m.seen |= b
		}
		at++
	}
	if o.former >= 0 {
		r1.primary = 1
		put(o.former)
	}
	for kind, n := range o.kinds {
		for range n {
			put(kind)
		}
	}
	m.rules = []modelRule{r1, r2}
	return m
}

// orbits calls yield with every orbit of n members whose two rules have the
// same primary, or, with a former one, whose first rule has another.
func orbits(n int, former bool, yield func(*orbit)) {
	kinds, standbys := []int{-1}, n-1
	if former {
		kinds, standbys = []int{0, 2, 4, 6}, n-2 // never in the first set
	}
	for _, f := range kinds {
		o := &orbit{n: n, former: f}
		share(&o.kinds, 0, standbys, func() {
			size1, size2 := 0, 0
			for kind, c := range o.kinds {
				size1 += c * (kind & 1)
				size2 += c * (kind >> 1 & 1)
			}
			if f >= 0 {
				size2 += f >> 1 & 1
			}
			for o.k1 = 0; o.k1 <= size1+1; o.k1++ {
				for o.k2 = 0; o.k2 <= size2+1; o.k2++ {
					o.seenP = false
					yield(o)
					o.seenP = true
					yield(o)
				}
			}
		})
	}
}

// share calls yield for every way to share n out to the kinds from the first on.
func share(kinds *[8]int, first, n int, yield func()) {
	if first == len(kinds)-1 {
		kinds[first] = n
		yield()
		return
	}
	for kinds[first] = 0; kinds[first] <= n; kinds[first]++ {
		share(kinds, first+1, n-kinds[first], yield)
	}
}

// TestLossTwoRules goes through every configuration of two to nine members, up
// to the names of the standbys, with two rules that both may have been in
// force: of the same primary, and of the last primary and one before it.
func TestLossTwoRules(t *testing.T) {
	for _, former := range []bool{false, true} {
		c := &lossChecker{t: t}
		for n := 2; n <= lossSize(); n++ {
			orbits(n, former, func(o *orbit) { c.check(o.model()) })
		}
		t.Logf("former primary %v: %d configurations up to the names of standbys, %d of them safe", former, c.configs, c.safe)
	}
}

// TestLossSymmetry goes through all pairs of rules of up to five members
// without leaving any out, and finds for each the verdict of its orbit. So the
// orbits are all there, and a verdict does not depend on names.
func TestLossSymmetry(t *testing.T) {
	for n := 2; n <= 5; n++ {
		verdicts, used := map[orbit]ha.Loss{}, map[orbit]bool{}
		few, all := &lossChecker{t: t}, &lossChecker{t: t}
		orbits(n, false, func(o *orbit) { verdicts[*o] = few.check(o.model()) })
		for s1 := set(0); s1 < 1<<n; s1 += 2 {
			for s2 := set(0); s2 < 1<<n; s2 += 2 {
				for seen := set(0); seen < 1<<n; seen++ {
					o := orbit{n: n, seenP: seen.has(0), former: -1}
					for i := 1; i < n; i++ {
						o.kinds[s1>>i&1|s2>>i&1<<1|seen>>i&1<<2]++
					}
					for o.k1 = 0; o.k1 <= s1.size()+1; o.k1++ {
						for o.k2 = 0; o.k2 <= s2.size()+1; o.k2++ {
							m := &lossModel{rules: []modelRule{{0, o.k1, s1}, {0, o.k2, s2}}, seen: seen, ends: ends(n, o.k1+o.k2)}
							got := all.check(m)
							want, ok := verdicts[o]
							if !ok || got.Kind != want.Kind {
								t.Fatalf("%v: %v, its orbit %v %v", m, got, want, ok)
							}
							used[o] = true
						}
					}
				}
			}
		}
		if len(used) != len(verdicts) {
			t.Errorf("%d members: %d orbits made, %d found", n, len(verdicts), len(used))
		}
		t.Logf("%d members: %d configurations in %d orbits", n, all.configs, len(verdicts))
	}
}

// TestLossCountsBytes goes through all ends, not just those of the furthest
// member: up to four members, each unseen or seen with one of three ends, all
// sets, K and candidates, and the last primary's end known exactly, at least,
// or not at all; with up to three members all pairs of rules, also with a
// former primary. The verdict, with its number of bytes, is that of the model.
func TestLossCountsBytes(t *testing.T) {
	const beyond = 9 // a position that only the unseen can have
	var in ha.LossInput
	count, configs := map[ha.LossKind]int{}, 0
	for n := 2; n <= 4; n++ {
		allRules(n, func(rules []modelRule) {
			allEnds(n, 3, func(m *lossModel) {
				m.rules = rules
				for chosen := range n {
					if m.seen.has(chosen) {
						m.input(&in, chosen)
						count[checkBytes(t, m, &in, chosen, beyond)]++
						configs++
					}
				}
			})
		})
	}
	t.Logf("%d configurations: %v", configs, count)
	for _, kind := range []ha.LossKind{ha.LossSafe, ha.LossUpTo, ha.LossUnknown} {
		if count[kind] == 0 {
			t.Errorf("never %v: the test shows nothing about it", kind)
		}
	}
}

// allRules calls yield with every rule of n members, and with every pair of
// two when they are few.
func allRules(n int, yield func([]modelRule)) {
	var rules []modelRule
	for members := set(0); members < 1<<n; members += 2 {
		for k := 0; k <= members.size()+1; k++ {
			rules = append(rules, modelRule{0, k, members})
		}
	}
	for i, r := range rules {
		yield(rules[i : i+1])
		for _, other := range rules {
			if n <= 3 {
				yield([]modelRule{r, other})
				r.primary = 1
				r.members &^= 1 << r.primary
				yield([]modelRule{r, other})
			}
		}
	}
}

// allEnds calls yield with n members each of which was not seen, or was seen
// with an end from 1 to furthest.
func allEnds(n, furthest int, yield func(*lossModel)) {
	states := 1
	for range n {
		states *= furthest + 1
	}
	for state := range states {
		m := &lossModel{}
		for i, s := 0, state; i < n; i, s = i+1, s/(furthest+1) {
			if m.ends[i] = s % (furthest + 1); m.ends[i] > 0 {
				m.seen |= 1 << i
			}
		}
		yield(m)
	}
}

// checkBytes compares one verdict with the model; then again with the last
// primary's end known otherwise than by seeing it.
func checkBytes(t *testing.T, m *lossModel, in *ha.LossInput, chosen, beyond int) ha.LossKind {
	t.Helper()
	known := 0
	for i, end := range m.ends {
		if m.seen.has(i) {
			known = max(known, end)
		}
	}
	judge := func(m *lossModel, known int) ha.Loss {
		t.Helper()
		got, has := ha.JudgeLoss(*in), m.ends[chosen]
		want := ha.Loss{}
		switch ack := m.furthestAck(beyond); {
		case ack <= has:
			want.Kind = ha.LossSafe
		case ack == beyond:
			want.Bytes = ha.Bytes(known - has)
		default:
			want = ha.Loss{Kind: ha.LossUpTo, Bytes: ha.Bytes(ack - has)}
		}
		if got != want {
			t.Fatalf("%v, old %+v exact %v: promoting m%d: %v, want %v", m, in.Old, in.OldExact, chosen, got, want)
		}
		return got
	}
	got := judge(m, known)
	if m.seen.has(0) {
		return got.Kind
	}
	for end := 1; end < beyond; end++ {
		in.Old.Timeline, in.Old.LSN = 1, ha.LSN(end)
		judge(m, max(known, end)) // at least
		in.OldExact = true        // for the model that is as good as seeing it
		exact := *m
		exact.seen |= 1
		exact.ends[0] = end
		judge(&exact, known)
		in.Old, in.OldExact = ha.MemberEnd{Member: in.Old.Member}, false
	}
	return got.Kind
}

// TestLossDegraded shows asynchronous replication and rules that are not kept.
func TestLossDegraded(t *testing.T) {
	rule := ha.SyncRule{Primary: "a", K: 1, Members: []ha.MemberID{"b", "c"}}
	seen := []ha.MemberEnd{{"b", 1, 100}, {"c", 1, 80}}
	old := ha.MemberEnd{Member: "a", Timeline: 1, LSN: 164}
	for _, c := range []struct {
		name string
		in   ha.LossInput
		want string
	}{
		{"nothing known", ha.LossInput{Seen: seen, Chosen: "b"}, "unknown"},
		{"never a primary", ha.LossInput{Seen: seen, Chosen: "b", OldExact: true}, "safe"},
		{"asynchronous, end unknown", ha.LossInput{Seen: seen, Chosen: "b", Old: ha.MemberEnd{Member: "a"}}, "unknown"},
		{"asynchronous, end at least", ha.LossInput{Seen: seen, Chosen: "b", Old: old}, "unknown, at least 64 B not there"},
		{"asynchronous, end exact", ha.LossInput{Seen: seen, Chosen: "b", Old: old, OldExact: true}, "loses up to 64 B"},
		{"asynchronous, has all", ha.LossInput{Seen: []ha.MemberEnd{{"b", 1, 164}}, Chosen: "b", Old: old, OldExact: true}, "safe"},
		{"asynchronous, exact but no timeline", ha.LossInput{Seen: seen, Chosen: "b", Old: ha.MemberEnd{Member: "a", LSN: 164}, OldExact: true}, "unknown"},
		{"old primary back", ha.LossInput{Seen: append(seen[:2:2], ha.MemberEnd{Member: "a", Timeline: 1, LSN: 120}), Chosen: "b", Old: old}, "loses up to 20 B"},
		{"old primary itself", ha.LossInput{Seen: append(seen[:2:2], ha.MemberEnd{Member: "a", Timeline: 1, LSN: 120}), Chosen: "a", Old: old}, "safe"},
		{"old primary back with more than its exact end", ha.LossInput{Seen: []ha.MemberEnd{{"b", 1, 164}, {"a", 1, 170}}, Chosen: "b", Old: old, OldExact: true}, "loses up to 6 B"},
		{"old primary back with less than its exact end", ha.LossInput{Seen: []ha.MemberEnd{{"b", 1, 150}, {"a", 1, 140}}, Chosen: "b", Old: old, OldExact: true}, "loses up to 14 B"},
		{"old primary's end from an older timeline", ha.LossInput{Seen: []ha.MemberEnd{{"b", 2, 90}}, Chosen: "b", Old: old}, "unknown"},
		{"chosen without its timeline", ha.LossInput{Rules: []ha.SyncRule{rule}, Seen: []ha.MemberEnd{{"b", 0, 100}, {"c", 1, 80}}, Chosen: "b", Old: old}, "unknown"},
		{"member without its timeline", ha.LossInput{Rules: []ha.SyncRule{rule}, Seen: []ha.MemberEnd{{"b", 1, 100}, {"c", 0, 120}}, Chosen: "b", Old: old}, "unknown, at least 64 B not there"},
		{"branch of no timeline", ha.LossInput{Seen: seen, Chosen: "b", Old: old, Branches: []ha.Branch{{math.MaxUint32, 1, 50}}}, "unknown, at least 64 B not there"},
		{"rule", ha.LossInput{Rules: []ha.SyncRule{rule}, Seen: seen, Chosen: "b", Old: old}, "safe"},
		{"rule, second best", ha.LossInput{Rules: []ha.SyncRule{rule}, Seen: seen, Chosen: "c", Old: old}, "loses up to 20 B"},
		{"rule that the server leaves", ha.LossInput{Rules: []ha.SyncRule{rule}, Degrades: true, Seen: seen, Chosen: "b", Old: old}, "unknown, at least 64 B not there"},
		{"rule that it left, end exact", ha.LossInput{Rules: []ha.SyncRule{rule}, Degrades: true, Seen: seen, Chosen: "b", Old: old, OldExact: true}, "loses up to 64 B"},
		{"rule, asynchronous before", ha.LossInput{Rules: []ha.SyncRule{{Primary: "a"}, rule}, Seen: seen, Chosen: "b", Old: old}, "unknown, at least 64 B not there"},
		{"two needed, one had sufficed", ha.LossInput{Rules: []ha.SyncRule{{Primary: "a", K: 2, Members: rule.Members}, rule}, Seen: seen[:1], Chosen: "b", Old: old}, "unknown, at least 64 B not there"},
		{"two needed", ha.LossInput{Rules: []ha.SyncRule{{Primary: "a", K: 2, Members: rule.Members}}, Seen: seen[:1], Chosen: "b", Old: old}, "safe"},
		{"more needed than there are", ha.LossInput{Rules: []ha.SyncRule{{Primary: "a", K: 3, Members: rule.Members}}, Seen: seen[1:], Chosen: "c", Old: old}, "safe"},
		{"more needed, but left", ha.LossInput{Rules: []ha.SyncRule{{Primary: "a", K: 3, Members: rule.Members}}, Degrades: true, Seen: seen[1:], Chosen: "c", Old: old}, "unknown, at least 84 B not there"},
		{"chosen not seen", ha.LossInput{Rules: []ha.SyncRule{rule}, Seen: seen, Chosen: "d", Old: old}, "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ha.JudgeLoss(c.in); got.String() != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
}

// TestLossAcrossTimelines counts bytes from where logs part, and does not
// guess where that is.
func TestLossAcrossTimelines(t *testing.T) {
	branches := []ha.Branch{{Timeline: 5, Parent: 3, Start: 80}, {Timeline: 3, Parent: 2, Start: 50}}
	for _, c := range []struct {
		name     string
		chosen   ha.MemberEnd
		old      ha.MemberEnd
		branches []ha.Branch
		want     string
	}{
		{"before the branch", ha.MemberEnd{"b", 3, 70}, ha.MemberEnd{"a", 5, 150}, branches, "loses up to 80 B"},
		{"beyond the branch: diverged", ha.MemberEnd{"b", 3, 100}, ha.MemberEnd{"a", 5, 150}, branches, "loses up to 70 B"},
		{"further than the new log, and diverged", ha.MemberEnd{"b", 3, 200}, ha.MemberEnd{"a", 5, 150}, branches, "loses up to 70 B"},
		{"nothing written after the branch", ha.MemberEnd{"b", 3, 80}, ha.MemberEnd{"a", 5, 80}, branches, "safe"},
		{"two branches", ha.MemberEnd{"b", 2, 100}, ha.MemberEnd{"a", 5, 150}, branches, "loses up to 100 B"},
		{"branch not known", ha.MemberEnd{"b", 3, 100}, ha.MemberEnd{"a", 5, 150}, nil, "unknown, at least 50 B not there"},
		{"one of two not known", ha.MemberEnd{"b", 2, 100}, ha.MemberEnd{"a", 5, 150}, branches[:1], "unknown, at least 50 B not there"},
		{"no ancestor", ha.MemberEnd{"b", 4, 100}, ha.MemberEnd{"a", 5, 150}, branches, "unknown, at least 50 B not there"},
		{"branches in a circle", ha.MemberEnd{"b", 1, 100}, ha.MemberEnd{"a", 5, 150}, []ha.Branch{{5, 5, 80}}, "unknown, at least 50 B not there"},
		{"newer timeline, smaller LSN", ha.MemberEnd{"b", 5, 90}, ha.MemberEnd{"a", 3, 150}, branches, "safe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := ha.LossInput{Seen: []ha.MemberEnd{c.chosen}, Chosen: "b", Old: c.old, OldExact: true, Branches: c.branches}
			if got := ha.JudgeLoss(in); got.String() != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
}

// TestLossIsReadBack checks the words and their JSON; the zero value promises
// nothing.
func TestLossIsReadBack(t *testing.T) {
	roundTrip(t, ha.LossUnknown, "unknown", "safe", "loses up to")
	for _, l := range []ha.Loss{{}, {Kind: ha.LossSafe}, {Kind: ha.LossUpTo, Bytes: 3 * ha.MiB}, {Bytes: 17}} {
		text, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		var back ha.Loss
		if err := json.Unmarshal(text, &back); err != nil || back != l {
			t.Errorf("%s is read as %v, %v", text, back, err)
		}
	}
	if text, err := json.Marshal(ha.Loss{Kind: 9}); err == nil {
		t.Errorf("no such kind, and written as %s", text)
	}
}

func ExampleJudgeLoss() {
	in := ha.LossInput{
		Rules: []ha.SyncRule{{Primary: "m1", K: 1, Members: []ha.MemberID{"m2", "m3"}}},
		Seen: []ha.MemberEnd{
			{Member: "m2", Timeline: 1, LSN: 0x3000000},
			{Member: "m3", Timeline: 1, LSN: 0x3002000},
		},
		Old:    ha.MemberEnd{Member: "m1", Timeline: 1, LSN: 0x3001000}, // at least
		Chosen: "m3",
	}
	fmt.Println("both standbys seen, m3:", ha.JudgeLoss(in))
	in.Chosen = "m2"
	fmt.Println("both standbys seen, m2:", ha.JudgeLoss(in))
	in.Seen = in.Seen[:1]
	fmt.Println("only m2 seen:", ha.JudgeLoss(in))
	// Output:
	// both standbys seen, m3: safe
	// both standbys seen, m2: loses up to 8 KiB
	// only m2 seen: unknown, at least 4 KiB not there
}

// BenchmarkLoss judges a promotion among nine members with two rules: more
// than an election ever has to look at.
func BenchmarkLoss(b *testing.B) {
	m := &lossModel{
		rules: []modelRule{{0, 4, 0x1fe}, {0, 3, 0x0fe}},
		seen:  0x1f8, ends: ends(9, 0),
	}
	var in ha.LossInput
	m.input(&in, m.furthest())
	b.ReportAllocs()
	for b.Loop() {
		if ha.JudgeLoss(in).Kind != ha.LossSafe {
			b.Fatal(ha.JudgeLoss(in))
		}
	}
}
