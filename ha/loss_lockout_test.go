// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gausskit/gausskit/ha"
)

// Locking out a fixed half. openGauss's cluster manager CM, without its
// two-site modes, tells the standbys to refuse the old primary
// (disable_conn('prohibit_connection')) and promotes the furthest of those that
// did as soon as there are HALF_COUNT(vaildCount + 1) of them
// (cm_server/cms_arbitrate_datanode_pms.cpp, SendFailoverInQuarm). vaildCount
// counts all members that are no cascade standbys and stand in its sync list,
// the old primary included, whether they report or not (InstanceIsCandicate,
// GetCandiCondInfo). K is in no condition.

// lockedHalf is how many standbys are locked out in a group of n members when
// one of them is promoted.
func lockedHalf(n int) int { return (n + 1) / 2 }

// leastSafeK is the smallest K with which no acknowledged write can be missing
// on the furthest of any standbys that lockOut counts as enough, found by going
// through all of them. The set is all standbys; the old primary is not seen.
func leastSafeK(t *testing.T, n, lockOut int) int {
	var in ha.LossInput
	least := n // no K
	for k := n - 1; k >= 1; k-- {
		rule := modelRule{0, k, set(1<<n - 2)}
		loses := false
		for locked := set(0); locked < 1<<n; locked += 2 {
			if locked.size() != lockOut {
				continue
			}
			m := &lossModel{rules: []modelRule{rule}, seen: locked, ends: ends(n, k)}
			lost := m.canBeOutOfSight()
			m.input(&in, m.furthest())
			if safe := ha.JudgeLoss(in).Kind == ha.LossSafe; safe == lost {
				t.Errorf("%v: judged safe %v, a write can be lost %v", m, safe, lost)
			}
			// The old primary still acknowledges if K standbys are not locked out.
			if acknowledges := (rule.members &^ locked).size() >= k; acknowledges != lost {
				t.Errorf("%v: old primary acknowledges %v, a write can be lost %v", m, acknowledges, lost)
			}
			loses = loses || lost
		}
		if loses {
			break
		}
		least = k
	}
	return least
}

// TestHalfLockOut decides with which K a fixed half is enough: with half of
// the members, rounded down, and no fewer. With ANY 1 it is enough for two and
// three members and loses writes from four on. Locking out as many as K asks
// for is enough with every K.
func TestHalfLockOut(t *testing.T) {
	for n := 2; n <= 9; n++ {
		least := leastSafeK(t, n, lockedHalf(n))
		t.Logf("%d members: %d of %d standbys locked out; nothing lost with K >= %d", n, lockedHalf(n), n-1, least)
		if least != n/2 {
			t.Errorf("%d members: K >= %d is enough, expected %d", n, least, n/2)
		}
		for k := 1; k < n; k++ {
			if least := leastSafeK(t, n, n-1-k+1); least > k {
				t.Errorf("%d members, K %d: all but K-1 locked out, and K >= %d is needed", n, k, least)
			}
		}
	}
}

// streamed is a group of servers with their logs; 0 is the first primary.
type streamed struct {
	k      int
	logs   [][]string
	locked set // refuse the first primary
}

func newStreamed(n, k int) *streamed { return &streamed{k: k, logs: make([][]string, n)} }

// write writes a value on a primary whose log reaches some members, and
// reports whether the client is told that it is committed.
func (s *streamed) write(primary int, value string, reached set) bool {
	s.logs[primary] = append(s.logs[primary], value)
	acks := 0
	for m := range s.logs {
		if m != primary && reached.has(m) && (primary != 0 || !s.locked.has(m)) {
			s.logs[m] = slices.Clone(s.logs[primary])
			acks++
		}
	}
	return acks >= s.k
}

// lockOut locks out the standbys and returns the furthest of them if they are
// enough.
func (s *streamed) lockOut(standbys set) (int, error) {
	s.locked |= standbys
	if n := s.locked.size(); n < lockedHalf(len(s.logs)) {
		return 0, fmt.Errorf("%d locked out, want %d", n, lockedHalf(len(s.logs)))
	}
	best := -1
	for m, log := range s.logs {
		if s.locked.has(m) && (best < 0 || len(log) > len(s.logs[best])) {
			best = m
		}
	}
	return best, nil
}

// judge is the verdict on promoting a member after the lock-out.
func (s *streamed) judge(chosen int) ha.Loss {
	n := len(s.logs)
	m := &lossModel{rules: []modelRule{{0, s.k, set(1<<n - 2)}}, seen: s.locked}
	for i, log := range s.logs {
		m.ends[i] = len(log)
	}
	var in ha.LossInput
	m.input(&in, chosen)
	return ha.JudgeLoss(in)
}

// TestHalfLockOutLosesWrites are the two counterexamples, four and five
// members, ANY 1. The last standby is on the side of the old primary.
func TestHalfLockOutLosesWrites(t *testing.T) {
	for n := 4; n <= 5; n++ {
		last := n - 1
		others := set(1<<last - 2) // the standbys but the last: a half, as CM counts
		all := others | 1<<last

		t.Run(fmt.Sprintf("%d members, primary and a standby crash", n), func(t *testing.T) {
			s := newStreamed(n, 1)
			if !s.write(0, "w1", all) || !s.write(0, "w2", 1<<last) {
				t.Fatal("not acknowledged")
			}
			// m0 and the last one crash; the others report and are locked out.
			promoted, err := s.lockOut(others)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(s.logs[promoted], "w2") {
				t.Error("w2 is there: no counterexample")
			}
			if got := s.judge(promoted); got.Kind != ha.LossUnknown {
				t.Errorf("judged %v, and w2 is lost", got)
			}
		})

		t.Run(fmt.Sprintf("%d members, partition", n), func(t *testing.T) {
			s := newStreamed(n, 1)
			if !s.write(0, "w1", all) {
				t.Fatal("not acknowledged")
			}
			// m0 and the last one are cut off from the others and from the arbiter.
			promoted, err := s.lockOut(others)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.judge(promoted); got.Kind != ha.LossUnknown {
				t.Errorf("judged %v, and the old primary still acknowledges", got)
			}
			old, young := s.write(0, "w2", 1<<last), s.write(promoted, "w3", others&^(1<<promoted))
			if !old || !young {
				t.Errorf("old primary acknowledges %v, new one %v: no counterexample", old, young)
			}
			if slices.Contains(s.logs[promoted], "w2") || slices.Contains(s.logs[0], "w3") {
				t.Error("both logs have both writes: no counterexample")
			}
		})
	}
}

// TestHalfLockOutSuffices is the same with three members, where a half is all
// standbys, and with four and five and ANY 2: the old primary acknowledges
// nothing after the lock-out, and everything from before is on the new one.
func TestHalfLockOutSuffices(t *testing.T) {
	for _, c := range []struct{ n, k int }{{2, 1}, {3, 1}, {4, 2}, {5, 2}} {
		standbys := set(1<<c.n - 2)
		for locked := set(0); locked < 1<<c.n; locked += 2 {
			if locked.size() != lockedHalf(c.n) {
				continue
			}
			for reached := set(0); reached < 1<<c.n; reached += 2 {
				s := newStreamed(c.n, c.k)
				s.write(0, "w1", standbys)
				told := s.write(0, "w2", reached)
				promoted, err := s.lockOut(locked)
				if err != nil {
					t.Fatal(err)
				}
				if told && !slices.Contains(s.logs[promoted], "w2") {
					t.Errorf("%+v: w2 on %b, locked out %b: lost", c, reached, locked)
				}
				if got := s.judge(promoted); got.Kind != ha.LossSafe {
					t.Errorf("%+v: locked out %b: %v", c, locked, got)
				}
				if s.write(0, "w3", standbys) {
					t.Errorf("%+v: locked out %b: the old primary acknowledges", c, locked)
				}
			}
		}
	}
}
