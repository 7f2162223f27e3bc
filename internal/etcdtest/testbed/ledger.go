// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"cmp"
	"slices"
	"sync"

	"github.com/gausskit/gausskit/ha"
)

// Ack is an acknowledged row: who acknowledged it, and between when.
type Ack struct {
	N      int64
	Member ha.MemberID
	Run    string   // of the server, from its start to its end
	When   Interval // from sending the row to the answer
}

// Ledger keeps account of all rows that were acknowledged. All methods may be
// called from any goroutine.
type Ledger struct {
	mu   sync.Mutex
	next int64
	acks []Ack
	lost map[int64]bool // missing at the last check that looked for them
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger { return &Ledger{lost: map[int64]bool{}} }

// Number gives out the number of a row: 1, 2 and so on.
func (l *Ledger) Number() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	return l.next
}

// Acknowledged enters a row.
func (l *Ledger) Acknowledged(a Ack) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acks = append(l.acks, a)
}

// Len is how many acknowledgements there are.
func (l *Ledger) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acks)
}

// Snapshot returns what was acknowledged so far. Nobody changes it.
func (l *Ledger) Snapshot() []Ack {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acks[:len(l.acks):len(l.acks)]
}

// Compare takes the sorted rows of a primary, read after the snapshot was
// taken, and returns the acknowledged ones that are missing and were not at the
// last comparison.
func (l *Ledger) Compare(acks []Ack, rows []int64) (lost []Ack) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range acks {
		_, there := slices.BinarySearch(rows, a.N)
		switch {
		case there && l.lost[a.N]:
			delete(l.lost, a.N)
		case !there && !l.lost[a.N]:
			l.lost[a.N] = true
			lost = append(lost, a)
		}
	}
	return lost
}

// Missing returns the acknowledged rows that were lost at the last comparison.
func (l *Ledger) Missing() []Ack {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Ack
	for _, a := range l.acks {
		if l.lost[a.N] {
			out = append(out, a)
		}
	}
	return out
}

// BehindBacks returns the rows that a server acknowledged although another
// member's, which came after it, had certainly acknowledged one before. A server
// is restarted when it is demoted, so within one run of it there is no right to
// that. The run that began to acknowledge later is not blamed for what the
// former one does.
func BehindBacks(acks []Ack) []Ack {
	type key struct {
		member ha.MemberID
		run    string
	}
	type run struct {
		acks  []Ack
		first Interval // no earlier acknowledgement than From; there is one by To
	}
	runs := map[key]*run{}
	for _, a := range acks {
		k := key{a.Member, a.Run}
		r := runs[k]
		if r == nil {
			r = &run{first: a.When}
			runs[k] = r
		}
		r.acks = append(r.acks, a)
		r.first = Interval{min(r.first.From, a.When.From), min(r.first.To, a.When.To)}
	}
	var out []Ack
	for k, mine := range runs {
		rival := Forever
		for o, other := range runs {
			if o.member == k.member || other.first.To < mine.first.From {
				continue // it came before
			}
			for _, a := range other.acks {
				if a.When.From > mine.first.To {
					rival = min(rival, a.When.To)
				}
			}
		}
		for _, a := range mine.acks {
			if a.When.From > rival {
				out = append(out, a)
			}
		}
	}
	slices.SortFunc(out, func(a, b Ack) int { return cmp.Compare(a.N, b.N) })
	return out
}
