// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"errors"
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha"
)

var (
	errNoData      = errors.New("hatest: no database in the directory")
	errNotRunning  = errors.New("hatest: server does not run or answer")
	errInterrupted = errors.New("hatest: interrupted")
	errNoUpstream  = errors.New("hatest: upstream cannot be reached")
	errAlien       = errors.New("hatest: data of another database")
)

// look observes the server: what it is at one moment of the time that the
// question takes.
func (m *member) look(a *ha.Action) {
	c := m.c
	took := c.span(m.i, drawObserve, time.Millisecond, 15*time.Millisecond)
	if m.db.hung {
		took += int64(200 * time.Millisecond)
	}
	how := m.fate(a.Kind)
	if how == FateLost || how == FateUnanswered || how == FateLate {
		took = m.clock.span(a.Limit) + 1
	}
	began := m.clock.local(c.now)
	var obs ha.Observation
	m.later(took/2, func() { obs = m.observation() })
	m.later(took, func() {
		if !m.flying(a) {
			return
		}
		m.view.ObsBegan, m.view.ObsKnown = began, how == 0
		if how == 0 {
			m.view.Obs = obs
			m.finish(a, ha.Outcome{Result: ha.ResultDone})
			return
		}
		m.finish(a, failed(errNotRunning))
	})
}

// observation adds to what the database knows who receives from it.
func (m *member) observation() ha.Observation {
	if m.copying {
		return ha.Observation{Data: ha.DataBroken}
	}
	o := m.db.observe()
	if o.Answers && !o.Writable {
		if o.Recovering = m.c.now < m.reading; o.Recovering {
			o.LSN = min(o.LSN, m.db.lsn(m.db.control))
			o.Timeline, o.Applied = m.db.timelineAt(min(m.db.control, m.db.flushed)), o.LSN
		}
		if o.Streaming = m.stream.connected; o.Streaming {
			o.Silent = m.silent()
		}
	}
	if o.Answers {
		for _, s := range m.c.members {
			if s.stream.connected && s.stream.up == m {
				at := m.db.lsn(s.stream.acked)
				o.Receivers = append(o.Receivers, ha.Receiver{
					Member: s.called(), Streaming: true, Sync: m.db.sync.Has(s.called()), Flushed: at, Applied: at,
				})
			}
		}
	}
	return o
}

// effort is how long an engine action takes.
func (m *member) effort(a *ha.Action) int64 {
	ms := func(lo, hi int) int64 {
		return m.c.span(m.i, drawEngine, time.Duration(lo)*time.Millisecond, time.Duration(hi)*time.Millisecond) * max(m.slowIO, 1)
	}
	switch a.Kind {
	case ha.ActInit:
		return ms(200, 600)
	case ha.ActStart:
		return ms(60, 400)
	case ha.ActPromote:
		return ms(30, 200)
	case ha.ActFollow, ha.ActDetach, ha.ActSetSync:
		return ms(3, 40)
	case ha.ActCheckpoint:
		return ms(5, 400)
	case ha.ActHook, ha.ActFence:
		return m.c.span(m.i, drawHook, time.Millisecond, 400*time.Millisecond)
	case ha.ActStop:
		switch a.Stop {
		case ha.StopFast:
			return ms(20, 300)
		case ha.StopImmediate:
			return ms(5, 20)
		}
		return int64(2 * time.Millisecond)
	}
	return ms(50, 200)
}

// drive begins an engine action. What it does to the server belongs to the
// machine, not to the manager: it may happen although nobody waits for it any
// more, but not after a stop that has ended.
func (m *member) drive(a *ha.Action) {
	c, how, barrier := m.c, m.fate(a.Kind), m.barrier
	c.judge.disturbed(m, a)
	c.judge.ordered(m, a)
	c.judge.touched(m, a)
	took := m.effort(a)
	if a.Kind == ha.ActRejoin && how != 0 && how < FateCrashBefore {
		how = FateFail // it has a day: nobody waits for one that hangs
	}
	switch how {
	case FateFail:
		m.later(took, func() { m.finish(a, failed(errors.New("told to fail"))) })
		return
	case FateLost:
		if a.Kind == ha.ActSetSync {
			m.showSync(a.Sync, took)
		}
		return
	case FateLate:
		took += m.clock.span(a.Limit)
	case FateCrashBefore, FateKillBefore:
		c.after(took, func() { m.strike(how) })
		return
	}
	switch a.Kind {
	case ha.ActStop:
		m.driveStop(a, took, how)
		return
	case ha.ActRejoin:
		m.driveRejoin(a, how)
		return
	}
	run, turned := m.run, m.turned
	c.after(took, func() {
		if m.barrier != barrier || !m.up || a.Kind == ha.ActFollow && m.turned != turned {
			m.report(a, 0, run, errInterrupted)
			return
		}
		if !(m.run == run && m.flying(a)) && c.chance(m.i, drawFate, 2) {
			return // given up, and its process ended with it
		}
		m.report(a, how, run, m.perform(a))
	})
}

// showSync lets sessions of the server show a set that is not in force: the
// process that commits go by has not read it, and nobody has an answer.
func (m *member) showSync(set ha.SyncSet, took int64) {
	barrier := m.barrier
	m.c.after(took, func() {
		if m.barrier == barrier && m.up && m.writable() {
			m.tell("shows %s, and %s is in force", set, m.db.sync)
			m.db.shown = &set
		}
	})
}

// report tells the manager how an engine action ended, after a moment.
func (m *member) report(a *ha.Action, how Fate, run int, err error) {
	if how == FateCrashAfter || how == FateKillAfter {
		m.strike(how)
	}
	if how == FateUnanswered || m.run != run {
		return
	}
	m.later(m.c.span(m.i, drawReply, 200*time.Microsecond, 4*time.Millisecond), func() { m.finish(a, failed(err)) })
}

// perform does the deed, but for stops and rejoins.
func (m *member) perform(a *ha.Action) error {
	db, c := m.db, m.c
	switch a.Kind {
	case ha.ActFence:
		return m.fence(a.To)
	case ha.ActHook:
		if err := c.opt.Hook(m.name, a.Hook, a.To); err != nil {
			return fmt.Errorf("%w: %w", errVeto, err)
		}
		return nil
	case ha.ActCheckpoint:
		if !db.running || db.hung {
			return errNotRunning
		}
		db.control = db.flushed
		return nil
	case ha.ActInit:
		if db.data != ha.DataNone {
			return ha.ErrDataExists
		}
		db.create(fmt.Sprintf("73100000000000%05d", c.draw(m.i, drawMisc)%100000), c.opt.Base)
		m.tell("made database %s", db.systemID)
		return nil
	case ha.ActSetSync:
		if !m.writable() {
			return errNotRunning
		}
		db.sync, db.shown = a.Sync, nil
		m.release()
		return nil
	case ha.ActFollow, ha.ActDetach:
		if !db.running || db.hung || db.role != ha.RoleStandby {
			return errNotRunning
		}
		if a.Kind == ha.ActDetach {
			m.turned++ // from here on no order before it has an effect
		}
		db.upstream, db.alias, db.alien = a.Upstream, "", false
		db.unserved = db.unserved && a.Upstream.Member == ""
		m.reconnect()
		return nil
	}
	return m.performRole(a)
}

// performRole starts or promotes the server.
func (m *member) performRole(a *ha.Action) error {
	db, c := m.db, m.c
	was := m.writable()
	switch a.Kind {
	case ha.ActStart:
		if m.copying {
			return errNoData
		}
		if up := c.member(a.Upstream.Member); a.Mode == ha.StartStandby && !db.running && up != nil && m.meets(up) && m.diverged(up) {
			return ha.ErrNeedsRejoin
		}
		if err := db.start(ha.StartSpec{Mode: a.Mode, Upstream: a.Upstream, Term: a.Term, Sync: a.Sync}); err != nil {
			return err
		}
		db.alias, db.alien = "", false
		m.tell("server up as %s at %s", db.role, db.end())
		if m.reading = 0; a.Mode == ha.StartStandby && c.chance(m.i, drawEngine, 3) {
			m.reading = c.now + c.span(m.i, drawEngine, 50*time.Millisecond, 800*time.Millisecond)
		}
	case ha.ActPromote:
		c.lastTL++
		if err := db.promote(ha.PromoteSpec{Term: a.Term, Sync: a.Sync}, c.lastTL); err != nil {
			return err
		}
		m.tell("promoted in term %d on timeline %d at %s", a.Term, c.lastTL, db.end())
	}
	if !was && m.writable() {
		c.judge.becameWritable(m, a.Term)
	}
	m.reconnect()
	return nil
}

// diverged reports whether an upstream that can be asked does not have all of
// this server's log and never will.
func (m *member) diverged(up *member) bool {
	n := min(m.db.flushed, up.db.flushed)
	return n > 0 && m.db.log[n-1] != up.db.log[n-1] ||
		m.db.flushed > up.db.flushed && m.db.timelineAt(m.db.flushed) != up.db.timelineAt(up.db.flushed)
}

// driveStop stops the server. An orderly stop ends only when every standby
// that is connected has all log; a server that hangs does not stop in order.
func (m *member) driveStop(a *ha.Action, took int64, how Fate) {
	c, run, served := m.c, m.run, m.db.served
	var try func()
	try = func() {
		given := !(m.run == run && m.flying(a)) || m.flights[ha.LaneStop].cancelled && m.flights[ha.LaneStop].id == a.ID
		if !m.up || given && (m.db.served != served || c.chance(m.i, drawFate, 2)) {
			return
		}
		if a.Stop != ha.StopKill && m.db.running && m.db.hung || a.Stop == ha.StopFast && !m.drained() {
			if !given {
				c.after(int64(100*time.Millisecond), try)
			}
			return
		}
		c.judge.check()
		m.barrier++
		was := m.db.running
		if a.Stop == ha.StopFast {
			m.stopInOrder()
		} else if m.db.running {
			m.db.crash()
		}
		if was {
			m.tell("server stopped (%s) at %s", a.Stop, m.db.end())
		}
		m.serverGone()
		m.report(a, how, run, nil)
	}
	c.after(took, try)
}

// driveRejoin makes the data a standby of the upstream's. From the moment it
// begins to replace anything until it is done there is no whole database.
func (m *member) driveRejoin(a *ha.Action, how Fate) {
	c, run, barrier := m.c, m.run, m.barrier
	up := c.member(a.Upstream.Member)
	c.after(c.span(m.i, drawEngine, 20*time.Millisecond, 200*time.Millisecond), func() {
		if m.barrier != barrier || !m.up || m.run != run || !m.flying(a) {
			m.report(a, 0, run, errInterrupted)
			return
		}
		if up == nil || !m.meets(up) {
			m.report(a, how, run, errNoUpstream)
			return
		}
		if m.db.data == ha.DataPresent && !m.copying && m.db.systemID != up.db.systemID && !m.db.unserved {
			m.report(a, how, run, errAlien)
			return
		}
		if m.db.running {
			m.db.crash()
			m.serverGone()
		}
		long := c.span(m.i, drawEngine, 200*time.Millisecond, 1500*time.Millisecond) * max(m.slowIO, 1)
		follow := !a.Copy && m.db.data == ha.DataPresent && !m.copying && m.db.systemID == up.db.systemID && m.db.beginsOf(up.db)
		if follow {
			long /= 8
		} else {
			if a.Copy && m.db.data == ha.DataPresent && !m.copying {
				c.judge.thrownAway(m)
			}
			c.judge.replaced(m, up)
			m.copying = true
			m.tell("data is being replaced by a copy of %s's", up.name)
		}
		c.after(long, func() {
			if m.barrier != barrier || !m.up || m.run != run || !m.flying(a) {
				m.report(a, 0, run, errInterrupted) // what was begun stays as it is
				return
			}
			if !m.meets(up) {
				m.report(a, how, run, errNoUpstream)
				return
			}
			if !follow {
				m.db.copyOf(up.db)
				m.copying = false
			}
			err := m.db.start(ha.StartSpec{Mode: ha.StartStandby, Upstream: a.Upstream})
			m.db.alias, m.db.alien = "", false
			m.tell("rejoined %s at %s", up.name, m.db.end())
			m.reconnect()
			m.report(a, how, run, err)
		})
	})
}
