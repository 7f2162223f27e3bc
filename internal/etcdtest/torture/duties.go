// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// duties records when managers could not do theirs. Lease mode assumes that a
// node runs as long as its server is writable; where it did not, rule R1 does
// not hold, and what happens then is counted apart.
type duties struct {
	now func() time.Duration
	mu  sync.Mutex
	// absent: the manager was killed or frozen. deaf: it could not reach etcd.
	absent, deaf map[ha.MemberID][]*testbed.Interval
}

func newDuties(now func() time.Duration) *duties {
	return &duties{now: now, absent: map[ha.MemberID][]*testbed.Interval{}, deaf: map[ha.MemberID][]*testbed.Interval{}}
}

// isAbsent begins an absence; the returned function ends it.
func (d *duties) isAbsent(m ha.MemberID) (end func()) { return d.begin(d.absent, m) }

// isDeaf begins a time without etcd; the returned function ends it.
func (d *duties) isDeaf(m ha.MemberID) (end func()) { return d.begin(d.deaf, m) }

func (d *duties) begin(in map[ha.MemberID][]*testbed.Interval, m ha.MemberID) func() {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := &testbed.Interval{From: d.now(), To: testbed.Forever}
	in[m] = append(in[m], i)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		i.To = d.now()
	}
}

// holes are the times at which a member's server may have been writable
// without a right to, because its manager could not stop it.
func (d *duties) holes(m ha.MemberID, set ha.Settings) []testbed.Interval {
	d.mu.Lock()
	defer d.mu.Unlock()
	clone := func(in []*testbed.Interval) []testbed.Interval {
		var out []testbed.Interval
		for _, i := range in {
			out = append(out, *i)
		}
		return out
	}
	return holes(clone(d.absent[m]), clone(d.deaf[m]), set)
}

// holes works them out. A lease that was renewed until trouble began cannot
// end before lead has passed, so until then the server had its right. A
// manager that is back before its deadline stops the server in time; one that
// comes later needs a moment to find out and to stop it.
func holes(absent, deaf []testbed.Interval, set ha.Settings) []testbed.Interval {
	set = set.WithDefaults()
	lead := set.TTL - set.Heartbeat - set.StoreLimit
	back := 3*set.Margin + set.StoreLimit
	troubles := merge(append(slices.Clone(absent), deaf...), set.Heartbeat+set.StoreLimit)
	var out []testbed.Interval
	for _, a := range absent {
		i := slices.IndexFunc(troubles, func(t testbed.Interval) bool { return t.Covers(a) })
		ends := max(troubles[i].From+lead, a.From)
		if a.To == testbed.Forever {
			out = append(out, testbed.Interval{From: ends, To: testbed.Forever})
		} else if ends < a.To+set.Margin {
			out = append(out, testbed.Interval{From: ends, To: a.To + back})
		}
	}
	return merge(out, 0)
}

// merge joins intervals that are not further apart than near.
func merge(all []testbed.Interval, near time.Duration) []testbed.Interval {
	slices.SortFunc(all, func(a, b testbed.Interval) int { return int(a.From - b.From) })
	var out []testbed.Interval
	for _, i := range all {
		if n := len(out); n > 0 && (out[n-1].To == testbed.Forever || i.From <= out[n-1].To+near) {
			out[n-1].To = max(out[n-1].To, i.To)
		} else {
			out = append(out, i)
		}
	}
	return out
}
