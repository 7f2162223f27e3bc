// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"
	"slices"
	"strings"
)

// considerRequest prepares what a request asks of the primary, or refuses it.
func (d *decider) considerRequest() {
	m, q := &d.m, &d.c.Request
	if d.c.RequestRev == 0 {
		m.HandID, m.HandTo, m.HandReady, m.HandSince, m.Hooked = "", "", false, 0, HookNone
		return
	}
	if q.Term < m.Term {
		if m.ReignRev == 0 {
			return // it may be what made this term: recording the reign answers it
		}
		d.answer(AnswerRefused, "it was made for an earlier term")
		return
	}
	if m.HandID != q.ID {
		m.HandID, m.HandTo, m.HandReady, m.HandSince, m.Hooked = q.ID, "", false, d.now, HookNone
	}
	if m.HandSince < 0 {
		d.answer(AnswerRefused, m.Problem)
		return
	}
	late := m.HandSince.Add(d.set.SwitchoverLimit)
	target, reason := switchTarget(d.c, &d.in.View.Obs, *q, d.in.Policy)
	switch {
	case reason == ReasonEligible:
		m.HandTo = target
		d.prepareHandOver(q)
	case reason.waits() && d.now < late:
		d.at(late)
	default:
		d.answer(AnswerRefused, refusal(target, reason))
	}
}

// prepareHandOver asks the hook and writes a checkpoint, while writes go on.
func (d *decider) prepareHandOver(q *Request) {
	m := &d.m
	if !d.idle(LaneEngine) {
		return
	}
	switch {
	case q.Kind == RequestFailover:
	case d.in.Self.HasHook && m.Hooked != HookSwitchover:
		d.order(Action{Kind: ActHook, Hook: HookSwitchover, Term: m.Term, To: m.HandTo, Limit: d.set.SwitchoverLimit})
		return
	case !m.HandReady && d.in.Self.CanCheckpoint:
		d.order(Action{Kind: ActCheckpoint, Limit: d.set.SwitchoverLimit})
		return
	}
	m.HandReady = true
	d.again() // the next decision stops the server
}

// waits reports whether time alone may do away with the reason.
func (r Reason) waits() bool {
	return r == ReasonLag || r == ReasonNotStreaming || r == ReasonDead || r == ReasonNoData || r == ReasonLeaving
}

// hope orders reasons by how soon they may be gone: which one to tell when
// nobody is able.
func (r Reason) hope() int {
	switch {
	case r == ReasonNotThere:
		return 0
	case !r.waits():
		return 1
	case r == ReasonDead:
		return 2
	}
	return 3
}

// switchTarget finds the member that a request wants as primary, as the
// primary sees it, and why it cannot be when it cannot.
func switchTarget(c *Cluster, o *Observation, q Request, policy Policy) (MemberID, Reason) {
	if q.To != "" {
		return q.To, judgeTarget(c, o, q, q.To)
	}
	if policy == nil {
		policy = DefaultPolicy
	}
	var able []Candidate
	worst := ReasonNotThere
	for i := range c.Members {
		m := &c.Members[i]
		switch r := judgeTarget(c, o, q, m.Name); {
		case r == ReasonEligible:
			able = append(able, Candidate{
				Member: m.Name, Tags: m.Status.Tags, Timeline: m.Status.Timeline, LSN: m.Status.LSN, Preferred: preferred(c, m), Weak: m.Status.Health.Weak,
				Cascade: m.cascades(c),
			})
		case m.Name != c.Grant.Holder && r.hope() > worst.hope():
			worst = r
		}
	}
	if len(able) == 0 {
		return "", worst
	}
	if liked := func(x Candidate) bool { return x.Preferred && !x.Cascade }; q.Kind == RequestSwitchover && slices.ContainsFunc(able, liked) {
		able = slices.DeleteFunc(able, func(x Candidate) bool { return !liked(x) }) // it gets the rest of the log anyway
	}
	best := slices.MinFunc(able, func(a, b Candidate) int {
		return cmp.Or(cmpBool(a.Cascade, b.Cascade), policy(a, b), strings.Compare(string(a.Member), string(b.Member)))
	})
	return best.Member, ReasonEligible
}

// judgeTarget says why a member cannot take over from a primary that lives.
func judgeTarget(c *Cluster, o *Observation, q Request, name MemberID) Reason {
	m := c.Member(name)
	switch {
	case m == nil:
		return ReasonNotThere
	case name == c.Grant.Holder:
		return ReasonIsPrimary
	case m.Status.Tags.NeverPromote && !q.Force:
		return ReasonNeverPromote
	case m.Status.Tags.barred() && !(q.Force && q.To == name && q.Kind == RequestFailover):
		return ReasonCascade
	case m.Down() && !q.Force:
		return ReasonDowntime
	case !m.Alive():
		return ReasonDead
	case m.Status.State == StateFenced:
		return ReasonForeign
	case m.Status.State == StateRebuilding || m.Status.State == StateStopping:
		return ReasonLeaving
	case m.Status.Data != DataPresent:
		return ReasonNoData
	case m.Status.Health.Unfit != "" && !q.Force:
		return ReasonUnfit
	case objected(c, name) && !q.Force:
		return ReasonObjected
	case q.Kind == RequestFailover:
		return ReasonEligible
	}
	for i := range o.Receivers {
		if r := &o.Receivers[i]; r.Member == name && r.Streaming {
			if r.Flushed.Behind(o.LSN) > handLag {
				return ReasonLag
			}
			return ReasonEligible
		}
	}
	return ReasonNotStreaming
}

// heir is the standby to which a primary that ends hands the grant: the best
// one that streams from it, or nobody.
func (d *decider) heir() MemberID {
	to, reason := switchTarget(d.c, &d.in.View.Obs, Request{Kind: RequestSwitchover}, d.in.Policy)
	if reason != ReasonEligible {
		return ""
	}
	return to
}

// giveUpRequest ends a failover request that nobody can carry out: the member
// it names may not be promoted, and has had its time.
func (d *decider) giveUpRequest(e elector) {
	if d.c.RequestRev == 0 || d.c.Request.Kind != RequestFailover || d.election.Hold != HoldNoCandidate {
		return
	}
	if e.free < e.reserveFor() {
		d.at(d.m.FreeSince.Add(e.reserveFor()))
		return
	}
	why := "no member may be promoted"
	for _, v := range d.election.Verdicts {
		if v.Member == d.c.Request.To {
			why = string(v.Member) + ": " + v.Reason.String()
		}
	}
	d.answer(AnswerRefused, why)
}
