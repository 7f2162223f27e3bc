// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// ack is an acknowledged row: who acknowledged it, and when at the earliest
// and at the latest.
type ack struct {
	n      int64
	member ha.MemberID
	run    string // of the server, from its start to its end
	when   interval
}

// ledger keeps account of all rows that were acknowledged.
type ledger struct {
	mu    sync.Mutex
	next  int64
	acks  []ack
	lost  map[int64]bool // missing at the last check that looked for them
	found map[int64]bool // missing once, there later
}

func newLedger() *ledger { return &ledger{lost: map[int64]bool{}, found: map[int64]bool{}} }

// number gives out the number of a row.
func (l *ledger) number() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	return l.next
}

func (l *ledger) acknowledged(a ack) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acks = append(l.acks, a)
}

// snapshot returns what was acknowledged so far. Nobody changes it.
func (l *ledger) snapshot() []ack {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acks[:len(l.acks):len(l.acks)]
}

// compare takes the rows of a primary, read after the snapshot was taken, and
// returns the acknowledged ones that are missing for the first time.
func (l *ledger) compare(acks []ack, rows map[int64]bool) (lost []ack) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range acks {
		switch there := rows[a.n]; {
		case there && l.lost[a.n]:
			delete(l.lost, a.n)
			l.found[a.n] = true
		case !there && !l.lost[a.n]:
			l.lost[a.n] = true
			lost = append(lost, a)
		}
	}
	return lost
}

// missing returns the acknowledged rows that are lost for good.
func (l *ledger) missing() []ack {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []ack
	for _, a := range l.acks {
		if l.lost[a.n] {
			out = append(out, a)
		}
	}
	return out
}

// behindBacks returns the rows that a server acknowledged although another
// member's had certainly acknowledged one before, and after this server's
// first. A server is restarted when it is demoted, so within one run of it
// there is no right to that.
func behindBacks(acks []ack) []ack {
	type key struct {
		member ha.MemberID
		run    string
	}
	runs := map[key][]ack{}
	for _, a := range acks {
		k := key{a.member, a.run}
		runs[k] = append(runs[k], a)
	}
	var out []ack
	for k, mine := range runs {
		first := slices.MinFunc(mine, func(a, b ack) int { return cmp.Compare(a.when.to, b.when.to) }).when.to
		rival := forever
		for _, a := range acks {
			if a.member != k.member && a.when.from > first {
				rival = min(rival, a.when.to)
			}
		}
		for _, a := range mine {
			if a.when.from > rival {
				out = append(out, a)
			}
		}
	}
	slices.SortFunc(out, func(a, b ack) int { return cmp.Compare(a.n, b.n) })
	return out
}

// gaps sorts the times between acknowledgements into a histogram.
type gaps struct {
	mu      sync.Mutex
	last    time.Duration
	counts  [len(gapEdges) + 1]int
	longest time.Duration
}

// gapEdges are the upper ends of the classes; the last class has none.
var gapEdges = [...]time.Duration{ // read-only
	10 * time.Millisecond, 30 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond, time.Second,
	2 * time.Second, 3 * time.Second, 5 * time.Second, 7 * time.Second, 10 * time.Second, 20 * time.Second, 60 * time.Second,
}

// add takes the time of an acknowledgement and returns how long the one before
// is ago.
func (g *gaps) add(now time.Duration) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	gap := now - g.last
	if g.last == 0 { // the first ends the start of the cluster
		gap = 0
	}
	g.last = now
	if gap == 0 {
		return 0
	}
	i := 0
	for i < len(gapEdges) && gap >= gapEdges[i] {
		i++
	}
	g.counts[i]++
	g.longest = max(g.longest, gap)
	return gap
}
