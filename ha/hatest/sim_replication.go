// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// stream is a standby's connection to its upstream.
type stream struct {
	up        *member // nil: none
	connected bool
	gen       int  // counts connections; what was sent on an old one is lost
	inflight  bool // log is on its way to the standby
	acking    bool // a position is on its way back
	acked     int  // records that the upstream knows to be flushed
	stalled   int64
	heard     int64 // last time that the upstream was known to live
	trying    bool  // a new attempt to connect is on the agenda
}

const (
	reconnectAfter = 300 * time.Millisecond
	// receiverTimeout is how long a connection without news is believed in.
	receiverTimeout = 3 * time.Second
)

// meets reports whether the servers of two machines can talk now.
func (m *member) meets(up *member) bool {
	return m != up && !m.quiet && m.up && up.up && up.db.running && !up.db.hung && m.c.reaches(m.i, up.i) && m.c.reaches(up.i, m.i)
}

// reconnect ends the connection of a server whose role, upstream or run has
// changed, and makes the one it should have.
func (m *member) reconnect() {
	m.disconnect()
	m.connect()
}

func (m *member) disconnect() {
	gen, trying := m.stream.gen+1, m.stream.trying
	m.stream = stream{gen: gen, trying: trying}
}

// serverGone ends all connections of a server that is gone.
func (m *member) serverGone() {
	m.disconnect()
	for _, s := range m.c.members {
		if s.stream.up == m {
			s.disconnect()
			s.retry()
		}
	}
}

func (m *member) retry() {
	if m.stream.trying || m.db.role != ha.RoleStandby || m.db.upstream.Member == "" {
		return
	}
	m.stream.trying = true
	m.c.after(int64(reconnectAfter), func() {
		m.stream.trying = false
		m.connect()
	})
}

// connect makes a standby stream if it can, and tries again later if not.
func (m *member) connect() {
	db, c := m.db, m.c
	if m.stream.connected || !m.up || !db.running || db.hung || db.role != ha.RoleStandby || db.data != ha.DataPresent {
		return
	}
	up := c.member(db.upstream.Member)
	if up == nil {
		return
	}
	if c.now < m.reading || up.address() != db.upstream.Address || up.copying || db.systemID != up.db.systemID || !m.meets(up) || !db.beginsOf(up.db) {
		m.retry()
		return
	}
	m.stream.up, m.stream.connected, m.stream.heard = up, true, c.now
	m.stream.gen++
	c.judge.follows(m)
	m.ack()
	m.pump()
}

// pump sends a standby what it lacks.
func (m *member) pump() {
	st, c := &m.stream, m.c
	if !st.connected || st.inflight || m.db.flushed >= st.up.db.flushed {
		return
	}
	st.inflight = true
	up, gen := st.up, st.gen
	batch := up.db.log[m.db.flushed:up.db.flushed:up.db.flushed]
	delay := c.span(m.i, drawNet, 300*time.Microsecond, 5*time.Millisecond) + int64(m.slowNet) + c.resent(m.i)
	c.after(delay, func() {
		if st.gen != gen {
			return
		}
		st.inflight = false
		if !c.reaches(up.i, m.i) || m.db.hung || m.quiet {
			m.stall()
			return
		}
		m.db.receive(batch)
		m.ack()
		m.pump()
		for _, s := range c.members {
			if s.stream.up == m {
				s.pump()
			}
		}
	})
}

// ack tells the upstream what is flushed.
func (m *member) ack() {
	st, c := &m.stream, m.c
	if !st.connected || st.acking || st.acked == m.db.flushed {
		return
	}
	st.acking = true
	pos, gen := m.db.flushed, st.gen
	c.after(c.span(m.i, drawAck, 200*time.Microsecond, 3*time.Millisecond)+c.resent(m.i), func() {
		if st.gen != gen {
			return
		}
		st.acking = false
		if !c.reaches(m.i, st.up.i) || m.quiet {
			m.stall()
			return
		}
		st.acked = pos
		st.up.release()
		m.ack()
	})
}

// stall notes that a message was lost. The connection ends when that lasts.
func (m *member) stall() {
	st, c := &m.stream, m.c
	if st.stalled != 0 {
		return
	}
	st.stalled = c.now
	gen, since := st.gen, c.now
	c.after(int64(receiverTimeout), func() {
		if st.gen == gen && st.stalled == since {
			m.disconnect()
			m.retry()
		}
	})
}

// silent is how long nothing has come from the upstream: a receiver asks a
// silent one for a sign of life.
func (m *member) silent() time.Duration {
	if m.meets(m.stream.up) {
		// What it says now was on its way, and so was the question.
		m.stream.heard = max(m.stream.heard, m.c.now-m.c.resent(m.i)-m.c.resent(m.i))
	}
	return time.Duration(m.c.now - m.stream.heard)
}

// resume sends again what was lost, after the network has changed.
func (m *member) resume() {
	if m.stream.connected && m.meets(m.stream.up) {
		m.stream.stalled = 0
		m.ack()
		m.pump()
	}
}

// drained reports whether every standby that is connected can be given the
// rest of the log.
func (m *member) drained() bool {
	for _, s := range m.c.members {
		if s.stream.connected && s.stream.up == m && (!s.meets(m) || s.db.hung) {
			return false
		}
	}
	return true
}

// stopInOrder gives the rest of the log to the connected standbys and stops.
func (m *member) stopInOrder() {
	m.db.stop()
	for _, s := range m.c.members {
		if s.stream.connected && s.stream.up == m {
			s.db.receive(m.db.log[s.db.flushed:m.db.flushed:m.db.flushed])
			for _, child := range m.c.members {
				if child.stream.up == s {
					child.pump()
				}
			}
		}
	}
}

// release acknowledges the rows that are safe by the synchronous set in force.
func (m *member) release() {
	db := m.db
	if !m.writable() || len(db.waiting) == 0 {
		return
	}
	safe := db.flushed
	if k := db.sync.K; k > 0 {
		m.c.judge.counts(m, db.sync)
		var acks [maxMembers]int
		n := 0
		for _, s := range m.c.members {
			if s.stream.connected && s.stream.up == m && db.sync.Has(s.called()) {
				acks[n] = s.stream.acked
				n++
			}
		}
		if n < k {
			return
		}
		slices.Sort(acks[:n])
		safe = min(safe, acks[n-k])
	}
	done := 0
	for done < len(db.waiting) && db.waiting[done].index <= safe {
		m.c.writer.acknowledged(m, db.waiting[done].row)
		done++
	}
	db.waiting = db.waiting[done:]
}
