// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"github.com/gausskit/gausskit/ha"
)

const (
	probePause = 5 * time.Millisecond  // between two questions to a server
	deafPause  = 20 * time.Millisecond // after one that was not answered
)

// watcher asks all servers all the time whether they accept writes.
type watcher struct {
	t     *timeline
	state latest[seen]
}

// seen is what the watcher has found out.
type seen struct {
	spans []span                   // in the order in which they began
	last  map[ha.MemberID]*lastOne // newest answers
	asked int
}

// lastOne is the newest answer of one member.
type lastOne struct {
	writable bool
	run      string
	open     int // index of the span that goes on; -1 for none
}

// span is a time during which a member accepted writes for certain: an answer
// holds for some moment between question and reply, so a span goes from the
// first reply to the last question.
type span struct {
	member   ha.MemberID
	run      string
	from, to time.Duration
}

// run asks one member until ctx ends.
func (w *watcher) run(ctx context.Context, m member) {
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, time.Second)
		asked := w.t.now()
		p, err := m.probe(limited)
		cancel()
		pause := probePause
		if err != nil {
			p, pause = probe{}, deafPause
		}
		w.state.update(func(s *seen) { s.add(m.name(), p, asked, w.t.now()) })
		if p.writable {
			w.t.sawLSN(p.lsn)
		}
		wait(ctx, pause)
	}
}

// add takes an answer that was asked for and given at these times.
func (s *seen) add(m ha.MemberID, p probe, asked, answered time.Duration) {
	if s.last == nil {
		s.last = map[ha.MemberID]*lastOne{}
	}
	l := s.last[m]
	if l == nil {
		l = &lastOne{open: -1}
		s.last[m] = l
	}
	s.asked++
	goesOn := l.writable && p.writable && l.run == p.run
	l.writable, l.run = p.writable, p.run
	switch {
	case goesOn:
		s.spans[l.open].to = max(s.spans[l.open].to, asked)
	case p.writable:
		l.open = len(s.spans)
		s.spans = append(s.spans, span{member: m, run: p.run, from: answered, to: answered})
	default:
		l.open = -1
	}
}

// doubles counts the pairs of members that accepted writes at the same time.
func doubles(spans []span) int {
	n := 0
	for i, a := range spans {
		for _, b := range spans[:i] {
			if a.member != b.member && max(a.from, b.from) < min(a.to, b.to) {
				n++
			}
		}
	}
	return n
}

// runs names the runs of servers that have accepted writes so far.
func (s *seen) runs() map[string]bool {
	out := map[string]bool{}
	for _, sp := range s.spans {
		out[string(sp.member)+"/"+sp.run] = true
	}
	return out
}

// awaitNewPrimary waits until a server accepts writes that is not one of the
// runs before.
func (w *watcher) awaitNewPrimary(ctx context.Context, before map[string]bool) error {
	_, err := w.state.await(ctx, func(s *seen) bool {
		for m, l := range s.last {
			if l.writable && !before[string(m)+"/"+l.run] {
				return true
			}
		}
		return false
	})
	return err
}
