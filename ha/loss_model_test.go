// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"fmt"
	"math/bits"

	"github.com/gausskit/gausskit/ha"
)

// A model of acknowledged writes that knows nothing of bounds and counts: it
// goes through all that may have happened. Members are bits; 0 is the last
// primary.

// set is a set of members.
type set uint16

func (s set) has(m int) bool { return s&(1<<m) != 0 }

func (s set) size() int { return bits.OnesCount16(uint16(s)) }

// modelRule is a rule of the model.
type modelRule struct {
	primary int
	k       int
	members set
}

// lossModel is what is true and what was seen: ends[m] is the end of the log of
// a member that was seen.
type lossModel struct {
	rules []modelRule
	seen  set
	ends  [9]int
}

// copies calls yield with every set of members that a write may be on when it
// was acknowledged under the rule: its primary, K or more of its members, and
// the last primary, which has what earlier ones acknowledged. Members that the
// rule does not name may have the write too; that only helps. It reports
// whether yield returned true for one.
func (r modelRule) copies(yield func(set) bool) bool {
	for acks := r.members; ; acks = (acks - 1) & r.members { // all subsets
		if acks.size() >= r.k && yield(acks|1<<r.primary|1) {
			return true
		}
		if acks == 0 {
			return false
		}
	}
}

// canBeOutOfSight reports whether a write can have been acknowledged that no
// member has that was seen: then also the furthest of those lacks it; else the
// furthest has it.
func (m *lossModel) canBeOutOfSight() bool {
	for _, r := range m.rules {
		if r.copies(func(c set) bool { return c&m.seen == 0 }) {
			return true
		}
	}
	return false
}

// furthestAck is the furthest position, up to limit, of a write that can have
// been acknowledged, seeing which ends the members have. 0 is none. A member
// that was seen has a write if its end is not before it, and only then.
func (m *lossModel) furthestAck(limit int) int {
	for at := limit; at > 0; at-- {
		var has set
		for i, end := range m.ends {
			if m.seen.has(i) && end >= at {
				has |= 1 << i
			}
		}
		for _, r := range m.rules {
			if r.copies(func(c set) bool { return c&m.seen&^has == 0 }) {
				return at
			}
		}
	}
	return 0
}

// modelNames are the names of the model's members.
var modelNames = func() (names [9]ha.MemberID) {
	for i := range names {
		names[i] = ha.MemberID(fmt.Sprintf("m%d", i))
	}
	return names
}()

// modelSets are the names of all sets of members; made once, because the tests
// go through all of them many times.
var modelSets = func() (sets [512][]ha.MemberID) {
	for s := range sets {
		for i, name := range modelNames {
			if set(s).has(i) {
				sets[s] = append(sets[s], name)
			}
		}
	}
	return sets
}()

// input writes the model as JudgeLoss wants it, into room that is used again.
func (m *lossModel) input(in *ha.LossInput, chosen int) {
	in.Rules, in.Seen = in.Rules[:0], in.Seen[:0]
	for _, r := range m.rules {
		in.Rules = append(in.Rules, ha.SyncRule{Primary: modelNames[r.primary], K: r.k, Members: modelSets[r.members]})
	}
	for i, end := range m.ends {
		if m.seen.has(i) {
			in.Seen = append(in.Seen, ha.MemberEnd{Member: modelNames[i], Timeline: 1, LSN: ha.LSN(end)})
		}
	}
	in.Chosen, in.Old.Member = modelNames[chosen], modelNames[0]
}

// furthest is a member with the furthest end of those that were seen.
func (m *lossModel) furthest() int {
	best := -1
	for i := range m.ends {
		if m.seen.has(i) && (best < 0 || m.ends[i] > m.ends[best]) {
			best = i
		}
	}
	return best
}

func (m *lossModel) String() string {
	text := ""
	for _, r := range m.rules {
		text += fmt.Sprintf("m%d ANY %d %v; ", r.primary, r.k, modelSets[r.members])
	}
	return text + fmt.Sprintf("seen %v, ends %v", modelSets[m.seen], m.ends)
}
