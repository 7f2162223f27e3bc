// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"
)

const (
	writePause = 2 * time.Millisecond  // after an acknowledged write
	retryPause = 20 * time.Millisecond // after a write that failed
	writeLimit = 5 * time.Second       // for one write, connecting included
	longGap    = 100 * time.Millisecond
)

// writer is an application: it inserts numbered rows, one after the other, and
// remembers which were acknowledged.
type writer struct {
	to    client
	t     *timeline
	state latest[written]
}

// written is what a writer knows.
type written struct {
	begun int64   // number of the newest row that was sent
	acked []int64 // numbers of the acknowledged rows; only ever appended to

	last    time.Duration // when the newest acknowledgement came, or when counting began
	longest time.Duration // without acknowledgement, since mark
	marked  int           // acknowledged before mark
	failing bool
}

// run writes until ctx ends.
func (w *writer) run(ctx context.Context) {
	for ctx.Err() == nil {
		if w.write(ctx) {
			wait(ctx, writePause)
		} else {
			wait(ctx, retryPause)
		}
	}
}

func (w *writer) write(ctx context.Context) bool {
	var n int64
	w.state.update(func(s *written) { s.begun++; n = s.begun })
	limited, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	err := w.to.insert(limited, n)
	if ctx.Err() != nil {
		return false // the program ends
	}
	var first bool
	var gap time.Duration
	w.state.update(func(s *written) {
		now := w.t.now()
		if err != nil {
			first, s.failing = !s.failing && len(s.acked) > 0, true
			return
		}
		gap = now - s.last
		s.acked = append(s.acked, n)
		s.last, s.longest, s.failing = now, max(s.longest, gap), false
	})
	switch {
	case first:
		w.t.say(kindWrites, "write %d fails: %v", n, short(err))
	case err == nil && gap > longGap:
		w.t.say(kindWrites, "writes go on; none was acknowledged for %s", seconds(gap))
	}
	return err == nil
}

// mark begins a measurement. It counts from the last acknowledgement, or with
// fromNow from this moment.
func (w *writer) mark(fromNow bool) {
	w.state.update(func(s *written) {
		s.longest, s.marked = 0, len(s.acked)
		if fromNow {
			s.last = w.t.now()
		}
	})
}

// measured returns the longest time without an acknowledgement since mark, the
// one that goes on now included, and how many there were.
func (w *writer) measured() (gap time.Duration, acked int) {
	s := w.state.get()
	return max(s.longest, w.t.now()-s.last), len(s.acked) - s.marked
}

// awaitWrite waits until a write is acknowledged that began after the call.
func (w *writer) awaitWrite(ctx context.Context) error {
	sent := w.state.get().begun
	_, err := w.state.await(ctx, func(s *written) bool {
		return len(s.acked) > 0 && s.acked[len(s.acked)-1] > sent
	})
	return err
}

// wait waits for d or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
