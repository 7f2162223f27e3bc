// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"fmt"

	"github.com/gausskit/gausskit/ha/dcs"
)

// JobStep is how far a node is with an order to its member.
type JobStep uint8

// The steps.
const (
	JobSeen  JobStep = iota // not begun: it waits until nothing more urgent is under way
	JobBegun                // restart: the server is being stopped; reinit: the data is to be thrown away
	JobDone                 // the server has been stopped, or the data copied; it has to come up
)

// Job is a node's memory of the order that it carries out.
type Job struct {
	ID      string  `json:"id,omitempty"`
	Since   Instant `json:"since,omitempty"`
	Step    JobStep `json:"step,omitempty"`
	As      State   `json:"as,omitempty"`      // state in which it was begun
	Copying bool    `json:"copying,omitempty"` // the rejoin under way throws the data away
}

// considerJob carries on with an order to this member, and reports whether it
// keeps the server busy.
func (d *decider) considerJob() bool {
	j, me := &d.m.Job, d.c.Member(d.in.Self.Name)
	if me == nil || me.OrderRev == 0 {
		if j.ID != "" {
			*j = Job{}
		}
		return false
	}
	q := &me.Order
	if j.ID != q.ID {
		*j = Job{ID: q.ID, Since: d.now}
	}
	end := j.Since.Add(q.limit())
	d.at(end)
	switch {
	case q.Instance != d.in.Self.Instance:
		d.reply(me, AnswerFailed, "the member's node was started anew meanwhile")
	case d.now >= end && j.Step == JobSeen:
		d.reply(me, AnswerRefused, fmt.Sprintf("something more urgent was under way for %v", q.limit()))
	case d.now >= end:
		d.reply(me, AnswerFailed, fmt.Sprintf("not done after %v", q.limit()))
	case d.m.State == StateFenced:
		d.reply(me, AnswerRefused, ReasonForeign.String())
	case q.Kind == OrderRestart:
		return d.jobRestart(me)
	case q.Kind == OrderReinit:
		d.jobReinit(me)
	default:
		d.reply(me, AnswerRefused, "this node's release does not know the order")
	}
	return false
}

// calm reports whether nobody changes the primary now: that goes first.
func (d *decider) calm() bool {
	lead := d.m.State == StatePrimary && d.m.ReignRev != 0 || d.leader() != nil && d.c.Reign.Promoted
	return lead && d.c.RequestRev == 0 && d.m.FreeSince == 0 && !d.in.View.Closing
}

// jobRestart stops the server; that it is started again is the state's duty.
func (d *decider) jobRestart(me *Member) bool {
	m, o, q := &d.m, &d.in.View.Obs, &me.Order
	switch {
	case m.State != StateStandby && m.State != StatePrimary:
	case m.Job.Step != JobSeen && m.Job.As != m.State:
		d.reply(me, AnswerFailed, fmt.Sprintf("the member is %s now", m.State))
	case m.Job.Step == JobBegun && !m.Stopped:
		d.stop(false)
		return true
	case m.Job.Step == JobBegun:
		m.Job.Step = JobDone
	case m.Job.Step == JobDone:
		if d.fresh() && o.Running && o.Answers && (m.State == StateStandby || o.Writable) {
			d.reply(me, AnswerDone, "")
		}
	case m.State == StatePrimary && !q.Primary:
		d.reply(me, AnswerRefused, ReasonIsPrimary.String())
	case d.fresh() && o.Running && o.Answers && !q.Force && !o.PendingRestart:
		d.reply(me, AnswerRefused, "no restart is pending")
	case d.engineReady() && o.Running && d.calm():
		m.Job.Step, m.Job.As = JobBegun, m.State
		m.Stopped, m.StopMode, m.StopAt = false, StopFast, 0
		d.stop(false)
		return true
	}
	return false
}

// jobReinit takes the member out of the synchronous set, which its status asks
// for once the step is JobBegun; see reinitDue for the rest.
func (d *decider) jobReinit(me *Member) {
	m, o := &d.m, &d.in.View.Obs
	switch {
	case m.State == StatePrimary:
		d.reply(me, AnswerRefused, ReasonIsPrimary.String())
	case m.Job.Step == JobDone && m.State == StateStandby:
		if d.fresh() && o.Streaming {
			d.reply(me, AnswerDone, "")
		}
	case m.Job.Step != JobSeen || !d.calm():
	case !me.Order.Force && !spared(d.c, me.Name):
		d.reply(me, AnswerRefused, "it is the last copy that the synchronous rules count on besides the primary's")
	default:
		m.Job.Step = JobBegun
	}
}

// withdraws reports whether the data of this member is about to go, so that
// nobody may count on it.
func (d *decider) withdraws() bool {
	me := d.c.Member(d.in.Self.Name)
	return d.m.Job.Step == JobBegun && me != nil && me.OrderRev != 0 && me.Order.ID == d.m.Job.ID && me.Order.Kind == OrderReinit
}

// reinitDue reports whether the data may be thrown away now: it is on record
// that this member takes its leave, so that no rule will count on it (see
// commitRules), and none does any more, or the operator has said that it does
// not matter. Whatever this
// member has promised is taken back before a copy is made, see mayAttach.
func (d *decider) reinitDue() bool {
	if !d.withdraws() || !d.calm() {
		return false
	}
	me := d.c.Member(d.in.Self.Name)
	return me.Order.Force || me.Known && me.Status.Reinit && !counted(d.c.Rules, me.Name)
}

// restarting reports whether the server is down because somebody wanted it to
// be started anew.
func (d *decider) restarting() bool {
	return d.m.Job.Step != JobSeen && d.m.Job.As == d.m.State && (d.m.State == StateStandby || d.m.State == StatePrimary)
}

// reply ends the order to this member.
func (d *decider) reply(me *Member, code AnswerCode, why string) {
	if !d.storeReady() {
		return
	}
	k := d.keys()
	a := Answer{ID: me.Order.ID, Code: code, Why: why, Term: d.c.Reign.Term, Primary: d.c.Grant.Holder}
	d.commit(ActAnswer, dcs.Txn{
		If:   []dcs.Cond{{Key: k.order(me.Name), Modified: me.OrderRev}, {Key: k.answers(), Modified: d.c.AnswersRev}},
		Then: []dcs.Op{{Key: k.order(me.Name), Delete: true}, {Key: k.answers(), Value: encode(moreAnswers(d.c, a))}},
	})
}
