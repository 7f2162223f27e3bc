// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gausskit/gausskit/ha"
)

const (
	probePause = 5 * time.Millisecond  // between two questions to a server
	deafPause  = 20 * time.Millisecond // after one that was not answered
)

// watcher asks all servers all the time whether they accept writes, beside the
// network.
type watcher struct {
	story *story

	mu    sync.Mutex
	asked int
	spans []*span // in the order in which they began
}

// span is a time during which a member accepted writes for certain: an answer
// holds for some moment between question and reply, so a span goes from the
// first reply to the last question.
type span struct {
	member ha.MemberID
	run    string // of the server
	time   interval
}

// probe is the answer of a server.
type probe struct {
	writable bool
	run      string
}

const probeQuery = `SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off',
	pg_postmaster_start_time()::text`

// watch asks one member until ctx ends.
func (w *watcher) watch(ctx context.Context, m *member) {
	var conn *pgx.Conn
	var open *span
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, time.Second)
		var p probe
		var err error
		if conn == nil {
			conn, err = m.connect(limited)
		}
		asked := w.story.now()
		if err == nil {
			err = conn.QueryRow(limited, probeQuery).Scan(&p.writable, &p.run)
		}
		answered := w.story.now()
		cancel()
		pause := probePause
		if err != nil {
			pause = deafPause
			if conn != nil {
				hangUp(conn)
				conn = nil
			}
		}
		if ctx.Err() == nil {
			open = w.add(m.name(), open, p, interval{asked, answered})
		}
		wait(ctx, pause)
	}
	if conn != nil {
		hangUp(conn)
	}
}

// add takes an answer and returns the span that goes on, if one does.
func (w *watcher) add(m ha.MemberID, open *span, p probe, when interval) *span {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	switch {
	case !p.writable:
		if open != nil {
			w.story.say(string(m), "* does not accept writes any more")
		}
		return nil
	case open != nil && open.run == p.run:
		open.time.to = max(open.time.to, when.from)
		return open
	}
	s := &span{m, p.run, interval{when.to, when.to}}
	w.spans = append(w.spans, s)
	w.story.say(string(m), "* accepts writes")
	return s
}

// questions is how many were answered, or not.
func (w *watcher) questions() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// overlap is a time during which two members accepted writes.
type overlap struct {
	a, b ha.MemberID
	time interval
}

// overlaps returns the times during which two members accepted writes.
func (w *watcher) overlaps() []overlap {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []overlap
	for i, b := range w.spans {
		for _, a := range w.spans[:i] {
			both := interval{max(a.time.from, b.time.from), min(a.time.to, b.time.to)}
			if a.member != b.member && both.from < both.to {
				out = append(out, overlap{a.member, b.member, both})
			}
		}
	}
	return out
}
