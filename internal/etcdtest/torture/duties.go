// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// interval is a time from from to to, counted from the start of the run.
type interval struct{ from, to time.Duration }

// covers reports whether all of o is in i.
func (i interval) covers(o interval) bool { return i.from <= o.from && o.to <= i.to }

// meets reports whether o and i have a moment in common.
func (i interval) meets(o interval) bool { return i.from <= o.to && o.from <= i.to }

// forever ends an interval that has not ended yet.
const forever = time.Duration(1<<63 - 1)

// duties records when managers could not do theirs. Lease mode assumes that a
// node runs as long as its server is writable; where it did not, rule R1 does
// not hold, and what happens then is counted apart.
type duties struct {
	now func() time.Duration
	mu  sync.Mutex
	// absent: the manager was killed or frozen. deaf: it could not reach etcd.
	absent, deaf map[ha.MemberID][]*interval
}

func newDuties(now func() time.Duration) *duties {
	return &duties{now: now, absent: map[ha.MemberID][]*interval{}, deaf: map[ha.MemberID][]*interval{}}
}

// isAbsent begins an absence; the returned function ends it.
func (d *duties) isAbsent(m ha.MemberID) (end func()) { return d.begin(d.absent, m) }

// isDeaf begins a time without etcd; the returned function ends it.
func (d *duties) isDeaf(m ha.MemberID) (end func()) { return d.begin(d.deaf, m) }

func (d *duties) begin(in map[ha.MemberID][]*interval, m ha.MemberID) func() {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := &interval{d.now(), forever}
	in[m] = append(in[m], i)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		i.to = d.now()
	}
}

// holes are the times at which a member's server may have been writable
// without a right to, because its manager could not stop it.
func (d *duties) holes(m ha.MemberID, set ha.Settings) []interval {
	d.mu.Lock()
	defer d.mu.Unlock()
	clone := func(in []*interval) []interval {
		var out []interval
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
func holes(absent, deaf []interval, set ha.Settings) []interval {
	set = set.WithDefaults()
	lead := set.TTL - set.Heartbeat - set.StoreLimit
	back := 3*set.Margin + set.StoreLimit
	troubles := merge(append(slices.Clone(absent), deaf...), set.Heartbeat+set.StoreLimit)
	var out []interval
	for _, a := range absent {
		i := slices.IndexFunc(troubles, func(t interval) bool { return t.covers(a) })
		ends := max(troubles[i].from+lead, a.from)
		if a.to == forever {
			out = append(out, interval{ends, forever})
		} else if ends < a.to+set.Margin {
			out = append(out, interval{ends, a.to + back})
		}
	}
	return merge(out, 0)
}

// merge joins intervals that are not further apart than near.
func merge(all []interval, near time.Duration) []interval {
	slices.SortFunc(all, func(a, b interval) int { return int(a.from - b.from) })
	var out []interval
	for _, i := range all {
		if n := len(out); n > 0 && (out[n-1].to == forever || i.from <= out[n-1].to+near) {
			out[n-1].to = max(out[n-1].to, i.to)
		} else {
			out = append(out, i)
		}
	}
	return out
}
