// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/internal/kvtree"
)

func (s *store) init(c *Cluster) {
	s.c = c
	s.tree = kvtree.New(kvtree.Options{Sweep: c.opt.Sweep})
	s.ends, s.ttls = make(map[dcs.LeaseID]time.Duration), make(map[dcs.LeaseID]time.Duration)
	s.dirty = true
	s.tree.OnChange(func(string) { s.dirty = true })
	if c.opt.ClockDrift {
		s.ppm = int64(c.draw(atStore, drawClock)%(2*maxPPM+1)) - maxPPM
	}
}

const maxPPM = ha.MaxDrift * 1000

// time is the store's own clock. It stands still while the store is down, as
// etcd's leases do when it has no leader.
func (s *store) time() time.Duration {
	at := s.c.now
	if s.down {
		at = s.stopped
	}
	return time.Duration(s.clock().local(at))
}

func (s *store) clock() clock { return clock{origin: s.offset, ppm: s.ppm} }

// records returns the decoded records at the tree's revision.
func (s *store) records() *ha.Cluster {
	if rev := s.tree.Revision(); s.decoded == nil || s.decoded.Revision != rev {
		next, err := s.c.keys.DecodeAfter(s.decoded, s.tree.Load(s.c.keys.State()))
		if err != nil {
			s.c.judge.fail("records cannot be read: %v", err)
			return s.decoded
		}
		s.decoded = next
	}
	return s.decoded
}

// changed is called after everything that may have changed the tree.
func (s *store) changed() {
	s.plan()
	if !s.dirty {
		return
	}
	s.dirty = false
	s.c.judge.stored()
	for _, m := range s.c.members {
		m.watch()
	}
}

// plan makes sure that the next lease ends in time.
func (s *store) plan() {
	at, ok := s.tree.NextExpiry()
	if !ok || s.down {
		return
	}
	real := s.clock().real(ha.Instant(at))
	if s.sweepAt > s.c.now && s.sweepAt <= real {
		return
	}
	s.sweepAt = max(real, s.c.now+1)
	s.c.after(s.sweepAt-s.c.now, s.expire)
}

func (s *store) expire() {
	if s.down || s.c.now < s.sweepAt {
		return
	}
	s.sweepAt = 0
	s.tree.Expire(s.time())
	s.changed()
}

// answer is what the store says to one request.
type answer struct {
	err      error
	lease    dcs.LeaseID
	revision dcs.Revision
	cluster  *ha.Cluster
}

// serve carries out one request the moment it arrives.
func (s *store) serve(m *member, a *ha.Action) answer {
	var out answer
	now := s.time()
	if s.tree.Expire(now) {
		s.changed()
	}
	switch a.Kind {
	case ha.ActLease:
		if out.lease, out.err = s.tree.Grant(a.TTL, now); out.err == nil {
			s.ttls[out.lease], s.ends[out.lease] = a.TTL, now+a.TTL
		}
	case ha.ActRenew:
		if out.err = s.tree.KeepAlive(a.Lease, now); out.err == nil {
			s.ends[a.Lease] = now + s.ttls[a.Lease]
		}
	case ha.ActRevoke:
		s.tree.Revoke(a.Lease)
	case ha.ActLoad, ha.ActConfirm:
		out.cluster = s.records()
		s.c.judge.read(m)
	default:
		s.c.judge.before(&a.Txn)
		was := s.records()
		if out.revision, out.err = s.tree.Commit(a.Txn, now); out.err == nil {
			s.c.judge.recorded(m, &a.Txn, was)
		}
	}
	s.changed()
	return out
}

// ask sends a request of a member on its way. The request and the answer take
// their time, and either can be lost.
func (m *member) ask(a *ha.Action) {
	c, how := m.c, m.fate(a.Kind)
	there := c.span(m.i, drawStore, 200*time.Microsecond, 4*time.Millisecond) + m.storeDelay(drawStore)
	back := c.span(m.i, drawReply, 200*time.Microsecond, 4*time.Millisecond) + m.storeDelay(drawReply)
	switch how {
	case FateFail:
		m.later(back, func() {
			m.finish(a, ha.Outcome{Result: ha.ResultFailed, Fault: ha.FaultUnavailable, Detail: "told to fail"})
		})
		return
	case FateLost:
		return
	case FateLate:
		there += m.clock.span(a.Limit) * 3 / 2
	case FateCrashBefore, FateKillBefore:
		c.after(there, func() { m.strike(how) })
		return
	}
	c.after(there, func() {
		if c.store.down || !c.reaches(m.i, atStore) {
			return
		}
		out := c.store.serve(m, a)
		if how == FateCrashAfter || how == FateKillAfter {
			m.strike(how)
		}
		if how == FateUnanswered || !c.reaches(atStore, m.i) {
			return
		}
		m.later(back, func() {
			if c.reaches(atStore, m.i) {
				m.answered(a, out)
			}
		})
	})
}

// storeDelay is what a slow way to the store adds.
func (m *member) storeDelay(what drawing) int64 {
	late := m.c.resent(m.i)
	if m.slowStore == 0 {
		return late
	}
	return late + m.c.span(m.i, what, 0, m.slowStore)
}

func (m *member) answered(a *ha.Action, out answer) {
	o := ha.Outcome{Result: ha.ResultDone, Lease: out.lease, Revision: out.revision}
	if out.err != nil {
		o = failed(out.err)
	}
	if out.cluster != nil && m.flying(a) {
		m.see(out.cluster)
	}
	m.finish(a, o)
}

// watch tells the member of a change after a while: of the newest state, when
// the news arrives.
func (m *member) watch() {
	if m.watching || !m.alive {
		return
	}
	m.watching = true
	delay := m.c.span(m.i, drawWatch, 200*time.Microsecond, 6*time.Millisecond) + m.storeDelay(drawWatch) + int64(m.slowWatch)
	news := m.c.store.records()
	m.later(delay, func() {
		m.watching = false
		c := m.c
		if c.store.down || !c.reaches(atStore, m.i) {
			m.missed = true // delivered when the way is free again
			return
		}
		m.missed = false
		if c.store.tree.Revision() != news.Revision {
			m.watch()
		}
		if m.see(news) {
			m.decide(nil, false)
		}
	})
}

// rewatch delivers what was missed.
func (c *Cluster) rewatch() {
	for _, m := range c.members {
		if m.missed && m.alive && !c.store.down && c.reaches(atStore, m.i) {
			m.missed = false
			m.watch()
		}
	}
}

// see takes newer records and reports whether they are newer.
func (m *member) see(news *ha.Cluster) bool {
	if old := m.view.Cluster; old != nil && old.Revision >= news.Revision {
		return false
	}
	m.view.Cluster = news
	return true
}
