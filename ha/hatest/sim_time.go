// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"time"

	"github.com/gausskit/gausskit/ha"
)

// event is something that happens at one instant of virtual time. An event
// that belongs to a run of a member's manager does not happen when that run
// has ended, and waits while it is frozen.
type event struct {
	at  int64 // nanoseconds of virtual time
	seq uint64
	m   *member // nil: happens whatever becomes of the managers
	run int
	do  func()
	// strict events come when they must: a watchdog's time, which nothing but a
	// broken device delays.
	strict bool
	// own events are the manager's own clock: one that is late is a manager that
	// did not run.
	own bool
}

func (e *event) before(o *event) bool {
	if e.at != o.at {
		return e.at < o.at
	}
	return e.seq < o.seq
}

// agenda is a heap of events, earliest first; events of one instant happen in
// the order in which they were put in.
type agenda struct {
	heap []event
	seq  uint64
}

func (a *agenda) add(e event) {
	a.seq++
	e.seq = a.seq
	h := append(a.heap, e)
	i := len(h) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !h[i].before(&h[up]) {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
	a.heap = h
}

func (a *agenda) next() event {
	h := a.heap
	first, n := h[0], len(h)-1
	h[0] = h[n]
	h[n] = event{}
	h = h[:n]
	i := 0
	for {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < n; c++ {
			if h[c].before(&h[least]) {
				least = c
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	a.heap = h
	return first
}

// clock is a member's monotonic clock: it begins near zero with each run of
// the manager and runs up to one percent too fast or too slow.
type clock struct {
	origin int64 // virtual time when it stood at zero
	ppm    int64 // parts per million too fast
}

const million = 1_000_000

func (c clock) local(at int64) ha.Instant {
	d := at - c.origin
	return ha.Instant(d + d/million*c.ppm + d%million*c.ppm/million)
}

// real returns the first virtual time at which the clock shows t or more.
func (c clock) real(t ha.Instant) int64 {
	if t > ha.Instant(1e15) { // eleven days: never
		return int64(1e15) * 2
	}
	l := int64(t)
	at := c.origin + l - l/million*c.ppm
	for c.local(at) < t {
		at += max(1, int64(t-c.local(at)))
	}
	for c.local(at) >= t && at > c.origin {
		at -= max(1, int64(c.local(at)-t))
	}
	for c.local(at) < t {
		at++
	}
	return at
}

// span returns how much virtual time passes while the clock advances by d.
func (c clock) span(d time.Duration) int64 {
	return int64(d) - int64(d)/million*c.ppm
}
