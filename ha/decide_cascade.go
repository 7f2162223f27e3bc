// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"
	"time"
)

// CascadeMemory is what the node of a cascade standby remembers of its parent.
type CascadeMemory struct {
	Parent MemberID     `json:"parent,omitempty"` // chosen
	Why    ParentReason `json:"why,omitempty"`
	Wall   int64        `json:"wall,omitempty"` // when, by View.Wall

	FaultSince  Instant  `json:"faultSince,omitempty"`  // something is against the parent since
	Better      MemberID `json:"better,omitempty"`      // whom to go to instead
	BetterSince Instant  `json:"betterSince,omitempty"` // since when
	Unfed       Instant  `json:"unfed,omitempty"`       // there is a primary and no log arrives since
	Shunned     MemberID `json:"shunned,omitempty"`     // nothing came from it
	ShunUntil   Instant  `json:"shunUntil,omitempty"`
}

// cascades reports whether this member is a cascade standby now.
func (d *decider) cascades() bool {
	return d.in.Self.Tags.Cascade && cascades(d.c, d.in.Self.Name, &d.in.Self.Tags)
}

// aside reports whether this member stays out of elections (C3).
func (d *decider) aside() bool {
	return d.in.Self.Tags.Cascade && aside(d.c, d.in.Self.Name, &d.in.Self.Tags)
}

// parentPatience is how long a parent may be unfit, or silent, in ways that
// pass by themselves.
func (d *decider) parentPatience() time.Duration { return min(d.set.ParentSettle, d.set.RejoinAfter/4) }

// shunFor is for how many times the patience a member is left out from which
// nothing came.
const shunFor = 10

// parent chooses from whom this cascade standby streams. It is called on the
// grounds of a fresh observation and of records that show this run's own tags.
func (d *decider) parent() Upstream {
	m, o := &d.m.Cascade, &d.in.View.Obs
	in := ParentInput{
		Cluster: d.c, Settings: d.set, Member: d.in.Self.Name, Tags: d.in.Self.Tags,
		Current: cmp.Or(m.Parent, o.Upstream), Shunned: m.Shunned, Patient: true,
	}
	in.Streams = o.Streaming && o.Upstream == in.Current
	if m.Shunned != "" {
		if d.now >= m.ShunUntil {
			m.Shunned, in.Shunned = "", ""
		}
		d.at(m.ShunUntil)
	}
	choice := ChooseParent(&in)
	d.unfed()
	if choice.Fault != ParentFit || choice.Better != "" || !in.Streams || m.FaultSince != 0 || m.Better != "" {
		d.weighParent(&in, &choice)
		choice = ChooseParent(&in)
	}
	d.noteParent(&in, &choice)
	return d.upstream(d.c.Member(m.Parent))
}

// weighParent lets time pass for what only time decides: a fault that may go
// away, silence, and a better parent that has to prove itself.
func (d *decider) weighParent(in *ParentInput, choice *ParentChoice) {
	m, patience := &d.m.Cascade, d.parentPatience()
	since := func(t *Instant, is bool, limit time.Duration) bool {
		switch {
		case !is:
			*t = 0
			return false
		case *t == 0:
			*t = d.now
		}
		d.at(t.Add(limit))
		return d.now >= t.Add(limit)
	}
	silent := !in.Streams && d.in.View.Obs.Answers && d.in.View.Obs.Upstream == in.Current && d.m.DrySince != 0
	if silent && choice.Fault == ParentFit && in.Current != "" {
		d.at(d.m.DrySince.Add(patience))
		if d.now >= d.m.DrySince.Add(patience) {
			m.Shunned, m.ShunUntil = in.Current, d.now.Add(shunFor*patience)
			in.Shunned, in.Patient = in.Current, false
			d.at(m.ShunUntil)
			m.FaultSince, m.Better, m.BetterSince = 0, "", 0
			return
		}
	}
	if in.Streams && d.toPrimary(in) {
		// The primary may be gone, and nobody fit because of that: then there
		// will be another one, and most likely the parent streams from that.
		patience += d.set.TTL + StoreSlack
	}
	in.Patient = !since(&m.FaultSince, choice.Fault != ParentFit && choice.Fault != ParentIsPrimary, patience) && in.Current != m.Shunned
	if choice.Better != m.Better {
		m.Better, m.BetterSince = choice.Better, 0
	}
	in.Settled = since(&m.BetterSince, m.Better != "", d.set.ParentSettle)
}

// toPrimary reports whether a member that is impatient would turn to the primary.
func (d *decider) toPrimary(in *ParentInput) bool {
	now := *in
	now.Patient = false
	return ChooseParent(&now).Reason == ParentPrimary
}

// unfed follows for how long this member could have received log, and did not.
func (d *decider) unfed() {
	m, o, lead := &d.m.Cascade, &d.in.View.Obs, d.c.lead()
	switch {
	case o.Streaming || !o.Running || !o.Answers || lead == nil || !d.c.Reign.Promoted || m.Why == ParentNobody && m.Shunned == "":
		m.Unfed = 0
	case m.Unfed == 0:
		m.Unfed = d.in.View.ObsBegan
	}
}

// starved reports whether no parent could feed this member, so that its data
// has to be looked at.
func (d *decider) starved() bool {
	m := &d.m.Cascade
	if m.Unfed == 0 || d.in.View.Obs.Streaming {
		return false
	}
	end := m.Unfed.Add(d.set.RejoinAfter)
	d.at(end)
	return d.now >= end
}

// noteParent remembers the choice. One that changes the parent goes into the
// record of the decision, with what was thought of each member.
func (d *decider) noteParent(in *ParentInput, choice *ParentChoice) {
	m := &d.m.Cascade
	if choice.Parent == m.Parent && (choice.Reason == ParentKept || choice.Reason == m.Why) {
		return
	}
	if choice.Parent != in.Current || choice.Reason == ParentNobody {
		made := *choice
		made.Others = in.Verdicts()
		d.parentChoice = &made
	}
	m.Parent, m.Why, m.Wall = choice.Parent, choice.Reason, d.in.View.Wall
	m.FaultSince, m.Better, m.BetterSince = 0, "", 0
}

// onlyCascade is what an operator reads when the cluster has no primary and
// the only member that could become one is a cascade standby that may not.
const onlyCascade = "no election: the only member left is a cascade standby that may not be promoted; a failover that names it, with force, does it all the same"

// forsaken says that a member is the only one left and may not be promoted.
func forsaken(c *Cluster, name MemberID, t *Tags) string {
	if !t.barred() || c.GrantRev != 0 || c.Reign.Term == 0 || !aside(c, name, t) {
		return ""
	}
	for i := range c.Members {
		if m := &c.Members[i]; m.Name != name && (m.stands(c) || m.Alive() && m.Status.Tags.Promotable) {
			return ""
		}
	}
	return onlyCascade
}
