// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"time"

	"github.com/gausskit/gausskit/ha"
)

// writer is the client: it writes numbered rows to every server that accepts
// writes and that it reaches, also to an old primary, and notes what it was
// told is committed.
type writer struct {
	c       *Cluster
	rows    []rowState // by number
	acked   int
	lost    int
	big     bool // rows are large for a while
	paused  bool
	nothing bool // replication is, or is to be, asynchronous
}

type rowState struct {
	acked bool
	lost  bool
	k     int8 // how many standbys vouched for it
}

func (w *writer) init(c *Cluster) {
	w.c = c
	w.rows = make([]rowState, 1, 1024)
	c.after(int64(c.opt.WriteEvery), w.tick)
}

func (w *writer) tick() {
	c := w.c
	every := c.opt.WriteEvery
	c.after(c.span(atClient, drawWrite, every/2, every*5/2), w.tick)
	if w.paused {
		return
	}
	for _, m := range c.members {
		if m.writable() && c.reaches(atClient, m.i) {
			w.write(m)
		}
	}
}

func (w *writer) write(m *member) {
	c, db := w.c, m.db
	row := int32(len(w.rows))
	w.rows = append(w.rows, rowState{})
	size := c.opt.RowSize/2 + ha.Bytes(c.draw(atClient, drawRow)%uint64(c.opt.RowSize))
	if w.big {
		size *= 64
	}
	n := db.write(row, size, db.timelineAt(len(db.log)))
	served := db.served
	c.after(c.span(m.i, drawMisc, 100*time.Microsecond, 4*time.Millisecond), func() {
		if !m.up || !db.running || db.served != served || len(db.log) < n || db.log[n-1].row != row {
			return
		}
		db.flushed = max(db.flushed, n)
		db.waiting = append(db.waiting, commit{row: row, index: n})
		m.release()
		for _, s := range c.members {
			if s.stream.up == m {
				s.pump()
			}
		}
	})
}

// acknowledged is called when the server tells the client that a row is safe.
func (w *writer) acknowledged(m *member, row int32) {
	w.c.judge.acknowledges(m)
	if !w.c.reaches(m.i, atClient) || w.rows[row].acked {
		return
	}
	w.rows[row].acked, w.rows[row].k = true, int8(m.db.sync.K)
	if w.nothing {
		w.rows[row].k = 0 // the server has not got the news yet
	}
	if w.c.judge.excuses(m) {
		w.rows[row].lost = true // in the hole that has no watchdog nobody promises anything
	}
	w.acked++
}

// promiseNothing is called when replication becomes asynchronous: from then on
// rows that standbys had confirmed can be lost like all others.
func (w *writer) promiseNothing() {
	w.nothing = true
	for i := range w.rows {
		w.rows[i].k = 0
	}
}

// missing counts the acknowledged rows that a new primary does not have, and
// how many of them were promised never to be lost.
func (w *writer) missing(db *database) (lost, promised int) {
	has := make([]bool, len(w.rows))
	for i := range db.log {
		has[db.log[i].row] = true
	}
	for row := range w.rows {
		r := &w.rows[row]
		if !r.acked || r.lost || has[row] {
			continue
		}
		r.lost = true
		lost++
		if r.k > 0 {
			promised++
		}
	}
	w.lost += lost
	return lost, promised
}
