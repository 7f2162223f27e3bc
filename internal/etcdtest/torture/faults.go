// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// kind is a kind of fault.
type kind uint8

// The kinds of faults.
const (
	killServer kind = iota
	killManager
	killBoth
	freezeServer
	freezeManager
	freezeBoth
	breakLink  // between two parties
	isolate    // a member, from everybody
	vanish     // isolate a member and kill it: a machine that lost power
	stopEtcd   // and start it again
	switchover // a request: no fault, but a bad moment for one
	restart    // of a member, in order
	numKinds
)

var kindNames = [numKinds]string{ // read-only
	"kill server", "kill manager", "kill both", "freeze server", "freeze manager", "freeze both",
	"break link", "isolate", "vanish", "stop etcd", "switchover", "restart",
}

// String names the kind.
func (k kind) String() string { return kindNames[k] }

// weights are how often a kind is drawn, compared with the others.
var weights = [numKinds]int{4, 3, 4, 3, 4, 4, 10, 3, 2, 2, 4, 2} // read-only

// allKinds are all kinds.
func allKinds() []kind {
	var all []kind
	for k := range numKinds {
		all = append(all, k)
	}
	return all
}

// parseKinds reads a list such as "kill server,isolate". Empty is all.
func parseKinds(text string) ([]kind, error) {
	if text == "" {
		return allKinds(), nil
	}
	var kinds []kind
	for _, word := range strings.Split(text, ",") {
		i := slices.Index(kindNames[:], strings.TrimSpace(word))
		if i < 0 {
			return nil, fmt.Errorf("fault %q: want some of %s", word, strings.Join(kindNames[:], ", "))
		}
		kinds = append(kinds, kind(i))
	}
	return kinds, nil
}

// fault is one fault as it was drawn: the seed decides all of it, and only who
// is primary when it happens decides whom it hits.
type fault struct {
	kind    kind
	after   time.Duration   // since the begin of its round
	hold    time.Duration   // until it is undone
	primary bool            // hits the primary, if there is one
	member  int             // else this one, or counted from the primary
	other   int             // the other party of a link, of others()
	trouble testbed.Trouble // of a link
	gentle  bool            // kill the postmaster alone, and let its children find out
	reverse bool            // the one way is the other way
}

// draw draws the faults of one round. It takes the same number of random
// numbers whatever it draws.
func draw(rng *rand.Rand, kinds []kind) []fault {
	faults := make([]fault, 0, 3)
	n := 1 + []int{0, 1, 1, 2, 2}[rng.IntN(5)]
	for range 3 {
		f := fault{
			kind: pick(rng, kinds), after: millis(rng.IntN(2500)), hold: holdTime(rng),
			primary: rng.IntN(5) < 3, member: rng.IntN(3), other: rng.IntN(4), trouble: testbed.Trouble(rng.IntN(int(testbed.TroubleLossy))),
			gentle: rng.IntN(2) == 0, reverse: rng.IntN(2) == 0,
		}
		if len(faults) == 0 {
			f.after = 0
		}
		if len(faults) < n {
			faults = append(faults, f)
		}
	}
	return faults
}

func pick(rng *rand.Rand, kinds []kind) kind {
	sum := 0
	for _, k := range kinds {
		sum += weights[k]
	}
	n := rng.IntN(sum)
	for _, k := range kinds {
		if n -= weights[k]; n < 0 {
			return k
		}
	}
	return kinds[0]
}

// holdTime is a blink, or shorter or longer than a lease.
func holdTime(rng *rand.Rand) time.Duration {
	from, to := [...]int{50, 1000, 4000, 8000}, [...]int{1000, 4000, 8000, 14000}
	class, share := []int{0, 0, 1, 1, 2, 2, 3}[rng.IntN(7)], rng.Float64()
	return millis(from[class] + int(share*float64(to[class]-from[class])))
}

func millis(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// round is a time for a story.
func round(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// memberNames are the members.
func memberNames() []ha.MemberID { return []ha.MemberID{"m1", "m2", "m3"} }

// others are all parties that a member has connections with, in an order that
// the seed relies on.
func others(m ha.MemberID) []testbed.Party {
	all := []testbed.Party{testbed.PartyEtcd, testbed.PartyApp}
	for _, o := range memberNames() {
		if o != m {
			all = append(all, testbed.Party(o))
		}
	}
	return all
}
