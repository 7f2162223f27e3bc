// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Reason is why a member is, or is not, the one to be promoted.
type Reason uint8

// The reasons, one for each member of an election.
const (
	ReasonChosen       Reason = iota + 1 // the best candidate
	ReasonEligible                       // could be promoted; another is better
	ReasonDead                           // no node lives under its name
	ReasonNotFinal                       // its position is not fixed yet
	ReasonNoData                         // it has no whole database
	ReasonForeign                        // its data belongs to another database
	ReasonNeverPromote                   // its tag says so
	ReasonLag                            // further behind than allowed
	ReasonBehindSeen                     // another member that was seen has acknowledged log that it lacks
	ReasonReserved                       // the grant is handed to another member
	ReasonIsPrimary                      // it holds the grant already
	ReasonNotStreaming                   // does not receive the primary's log
	ReasonFailedBefore                   // its last promotion failed; the others come first
	ReasonNotThere                       // no such member
	ReasonLeaving                        // its node is ending, or rebuilding its data
	ReasonDowntime                       // somebody works on it
	ReasonCoolDown                       // it failed as primary, or to become it; the others come first
	ReasonUnfit                          // one of its probes vetoes
	ReasonObjected                       // a probe of another member does
	ReasonCascade                        // cascade standby that may not be promoted
	ReasonCascadeLast                    // cascade standby that is promoted only when no other member can be
	ReasonStrayed                        // not known to have followed the primary that was taken over from another manager
)

var reasonTexts = [...]string{ // read-only
	ReasonChosen: "chosen", ReasonEligible: "eligible, another is better", ReasonDead: "no node lives under its name",
	ReasonNotFinal: "position not fixed yet", ReasonNoData: "no whole database", ReasonForeign: "data of another database",
	ReasonNeverPromote: "tagged never to be promoted", ReasonLag: "too far behind",
	ReasonBehindSeen: "lacks log that another member has", ReasonReserved: "the grant is handed to another member",
	ReasonIsPrimary: "is the primary", ReasonNotStreaming: "does not stream from the primary",
	ReasonFailedBefore: "its last promotion failed", ReasonNotThere: "no such member",
	ReasonLeaving: "its node is ending or rebuilding its data", ReasonDowntime: "in downtime",
	ReasonCoolDown: "cools down after failures as primary",
	ReasonUnfit:    "one of its probes vetoes", ReasonObjected: "a probe of another member vetoes",
	ReasonCascade: "cascade standby, not tagged promotable", ReasonCascadeLast: "cascade standby, the others come first",
	ReasonStrayed: "not known to have the log of the primary that was taken over",
}

// String gives the reason in a few words.
func (r Reason) String() string { return nameOf(r, reasonTexts[:]) }

// MarshalText gives the form of String.
func (r Reason) MarshalText() ([]byte, error) { return marshalName(r, reasonTexts[:]) }

// UnmarshalText reads the form of String.
func (r *Reason) UnmarshalText(text []byte) error { return unmarshalName(r, reasonTexts[:], text) }

// Verdict is what is thought of one member.
type Verdict struct {
	Member   MemberID `json:"member"`
	Reason   Reason   `json:"reason"`
	Timeline uint32   `json:"timeline"`
	LSN      LSN      `json:"lsn"`
	Behind   Bytes    `json:"behind"` // behind the last known position of the primary
}

// Hold is why an election does not promote anybody yet.
type Hold uint8

// The holds, in the order in which they are looked at.
const (
	HoldNone        Hold = iota
	HoldOldPrimary       // the former primary's node lives and has not said that its server is stopped
	HoldSettle           // members that live have not fixed their position
	HoldSeen             // too few of the synchronous set were seen to know all acknowledged writes
	HoldNoCandidate      // no member may be promoted
	HoldTurn             // another member is better and gets its chance first
	HoldApproval         // an operator has to approve the failover
)

var holdTexts = [...]string{ // read-only
	"none", "the former primary may still accept writes", "waiting for members to fix their position",
	"too few members of the synchronous set were seen", "no member may be promoted", "a better member goes first",
	"waiting for an operator's approval",
}

// String gives the hold in a few words.
func (h Hold) String() string { return nameOf(h, holdTexts[:]) }

// MarshalText gives the form of String.
func (h Hold) MarshalText() ([]byte, error) { return marshalName(h, holdTexts[:]) }

// UnmarshalText reads the form of String.
func (h *Hold) UnmarshalText(text []byte) error { return unmarshalName(h, holdTexts[:], text) }

// problem is what an operator should read while the hold lasts; nothing for
// those that pass by themselves.
func (h Hold) problem() string {
	switch h {
	case HoldOldPrimary, HoldSeen, HoldNoCandidate, HoldApproval:
		return "no election: " + h.String()
	}
	return ""
}

// Election is the record of one look at the candidates.
type Election struct {
	Term     Term      `json:"term"` // to be given
	Verdicts []Verdict `json:"verdicts"`
	Chosen   MemberID  `json:"chosen,omitempty"`
	Hold     Hold      `json:"hold"`
	Until    Instant   `json:"until,omitempty"` // when a hold may end by time alone
	Behind   Bytes     `json:"behind"`          // what promoting Chosen may lose; 0 with synchronous replication
	Loss     Loss      `json:"loss,omitzero"`   // the verdict on promoting Chosen
	Forced   bool      `json:"forced,omitempty"`
}

// Candidate is a member as a [Policy] sees it.
type Candidate struct {
	Member   MemberID
	Tags     Tags
	Timeline uint32
	LSN      LSN
	SameZone bool // as the former primary
	Failed   bool // its last promotion failed
	Lost     bool // it was primary, and its server crashed or hung
	// Preferred is set for members with that tag when Settings.FailBack honours it.
	Preferred bool
	// Cooling: it failed as primary repeatedly, or to become it, and its
	// cool-down lasts. It comes after all others, whatever the policy says.
	Cooling bool
	Weak    bool // one of its probes is suspect or dead
	// Cascade: it is a cascade standby that may be promoted. It comes after all
	// others, whatever the policy says.
	Cascade bool
}

// Policy compares two candidates that both may be promoted: negative when a
// goes first. With synchronous replication it sees only members with all
// acknowledged writes; with asynchronous replication it decides between data
// and preference within the lag limit.
type Policy func(a, b Candidate) int

// DefaultPolicy prefers members whose promotion has not just failed, then the
// higher timeline, the higher LSN, members whose server was not just lost,
// healthy probes, preferred members, the higher priority, the former
// primary's zone, and the smaller name.
func DefaultPolicy(a, b Candidate) int {
	return cmp.Or(
		cmpBool(a.Failed, b.Failed),
		-cmp.Compare(a.Timeline, b.Timeline),
		-cmp.Compare(a.LSN, b.LSN),
		cmpBool(a.Lost, b.Lost),
		cmpBool(a.Weak, b.Weak),
		-cmpBool(a.Preferred, b.Preferred),
		-cmp.Compare(a.Tags.Priority, b.Tags.Priority),
		-cmpBool(a.SameZone, b.SameZone),
		strings.Compare(string(a.Member), string(b.Member)),
	)
}

// cmpBool orders false before true.
func cmpBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// elector looks at the records of a cluster whose grant is free.
type elector struct {
	c        *Cluster
	set      Settings
	policy   Policy
	free     time.Duration // how long this node has seen the grant free
	freeFrom Instant
	last     LSN // last known position of the former primary
	wall     int64
	force    bool // a forced failover
	again    bool // nobody else may be promoted: the last holder may be, whatever its tag says
	to       MemberID
}

// elect judges all members. me decides only whose turn it is.
func (e elector) elect(me MemberID) *Election {
	r := &e.c.Reign
	out := &Election{Term: r.Term + 1, Verdicts: make([]Verdict, 0, len(e.c.Members)), Forced: e.force}
	e.last = lastKnown(e.c)
	var able []Candidate
	top := e.top()
	for i := range e.c.Members {
		m := &e.c.Members[i]
		v := Verdict{Member: m.Name, Timeline: m.Status.Timeline, LSN: m.Status.LSN, Behind: shared(&e.c.Reign, m).Behind(e.last)}
		v.Reason = e.judge(m, v.Behind, top)
		if v.Reason == ReasonEligible {
			able = append(able, e.candidate(m))
		}
		out.Verdicts = append(out.Verdicts, v)
	}
	if len(able) == 0 && !e.again && e.free >= e.reserveFor() {
		// A person has made a member primary that is never to be promoted, and
		// the others may have lost what it then wrote. That it comes back is no
		// promotion.
		e.again = true
		return e.elect(me)
	}
	slices.SortFunc(able, func(a, b Candidate) int {
		return cmp.Or(cmpBool(a.Cascade, b.Cascade), cmpBool(a.Cooling, b.Cooling), e.policy(a, b), strings.Compare(string(a.Member), string(b.Member)))
	})
	e.hold(out, able, me)
	if out.Chosen != "" {
		out.Loss = JudgeLoss(e.lossInput(out.Chosen))
	}
	for i := range out.Verdicts {
		switch v := &out.Verdicts[i]; {
		case v.Member == out.Chosen:
			v.Reason = ReasonChosen
			if asynchronous(e.c.Rules) || e.force {
				out.Behind = v.Behind
			}
		case v.Reason == ReasonEligible && e.failed(v.Member):
			v.Reason = ReasonFailedBefore
		case v.Reason == ReasonEligible && e.cooling(v.Member):
			v.Reason = ReasonCoolDown
		}
	}
	return out
}

// lossInput is what the verdict on the loss stands on.
func (e elector) lossInput(chosen MemberID) LossInput {
	r := &e.c.Reign
	in := LossInput{Rules: e.c.Rules, Chosen: chosen, Seen: make([]MemberEnd, 0, len(e.c.Members))}
	for i := range e.c.Members {
		if m := &e.c.Members[i]; e.final(m) {
			in.Seen = append(in.Seen, MemberEnd{Member: m.Name, Timeline: m.Status.Timeline, LSN: m.Status.LSN})
		}
	}
	switch {
	case r.Term == 0:
		in.OldExact = true
	case !r.Promoted:
		// Who wrote last is some holder before, or this one for the moment that
		// it took to say so: nobody's end says how far it was.
		in.Old = MemberEnd{Timeline: r.Timeline, LSN: r.Last}
	case r.Released && r.Exact:
		in.Old, in.OldExact = MemberEnd{Member: r.Holder, Timeline: r.Timeline, LSN: r.End}, true
	default:
		in.Old = MemberEnd{Member: r.Holder, Timeline: r.Timeline, LSN: e.last}
	}
	if r.Parent != 0 {
		in.Branches = []Branch{{Timeline: r.Timeline, Parent: r.Parent, Start: r.Start}}
	}
	return in
}

func (e elector) candidate(m *Member) Candidate {
	c := Candidate{
		Member: m.Name, Tags: m.Status.Tags, Timeline: m.Status.Timeline, LSN: m.Status.LSN, Preferred: preferred(e.c, m), Weak: m.Status.Health.Weak,
		Cascade: m.cascades(e.c),
	}
	if old := e.c.Member(e.c.Reign.Holder); old != nil {
		c.SameZone = old.Status.Tags.Zone == m.Status.Tags.Zone
	}
	c.Failed, c.Lost, c.Cooling = e.failed(m.Name), e.c.Reign.Lost && e.c.Reign.Holder == m.Name, e.to == "" && e.cooling(m.Name)
	return c
}

// failed reports whether the newest term ended with a failed promotion of name.
func (e elector) failed(name MemberID) bool { return e.c.Reign.Failed && e.c.Reign.Holder == name }

// final reports whether the member's position is its last word for this election.
func (e elector) final(m *Member) bool { return m.Alive() && m.Status.Final == e.c.Reign.Term+1 }

// position is a point in the history of the log: the later timeline wins,
// then the later byte.
type position struct {
	timeline uint32
	lsn      LSN
}

func (p position) compare(o position) int {
	return cmp.Or(cmp.Compare(p.timeline, o.timeline), cmp.Compare(p.lsn, o.lsn))
}

func (m *Member) position() position { return position{m.Status.Timeline, m.Status.LSN} }

// top is the furthest position of all members whose position is final. That of
// a cascade standby counts for nothing: what was acknowledged is on the members
// that the rules name, and it may have more than they, from a parent that died.
func (e elector) top() position {
	var top position
	for i := range e.c.Members {
		if m := &e.c.Members[i]; e.final(m) && m.position().compare(top) > 0 && !m.cascades(e.c) && !strayed(e.c, m) {
			top = m.position()
		}
	}
	return top
}

// judge gives one member its reason, ReasonEligible when nothing is against it.
func (e elector) judge(m *Member, behind Bytes, top position) Reason {
	s := &m.Status
	switch {
	case !m.Alive():
		return ReasonDead
	case s.State == StateRebuilding || s.State == StateStopping || s.State == StateStopped:
		return ReasonLeaving
	case !m.Known || s.Data != DataPresent:
		return ReasonNoData
	case e.c.Identity.SystemID != "" && s.SystemID != "" && s.SystemID != e.c.Identity.SystemID:
		return ReasonForeign
	case s.Tags.barred() && !(e.force && e.to == m.Name) && !wasPrimary(e.c, m.Name):
		return ReasonCascade
	case m.aside(e.c):
		return ReasonCascadeLast
	case !e.final(m):
		return ReasonNotFinal
	case s.Tags.NeverPromote && !e.force && !(e.again && e.c.Reign.Promoted && e.c.Reign.Holder == m.Name):
		return ReasonNeverPromote
	case m.Down() && !e.force:
		return ReasonDowntime
	case e.to != "" && e.to != m.Name:
		return ReasonReserved
	case e.force:
		return ReasonEligible
	case s.Health.Unfit != "":
		return ReasonUnfit
	case objected(e.c, m.Name):
		return ReasonObjected
	case strayed(e.c, m):
		return ReasonStrayed
	case confirming(e.c.Rules) && m.position().compare(top) < 0:
		return ReasonBehindSeen
	case asynchronous(e.c.Rules) && (behind > e.set.MaxLag || e.set.MaxLagTime > 0 && s.LagTime > e.set.MaxLagTime):
		return ReasonLag
	case e.c.Reign.To == m.Name && e.c.Reign.Exact && s.LSN < e.c.Reign.End && e.free < e.reserveFor():
		return ReasonLag // a hand-over loses nothing: the rest of the log is still to come
	}
	return ReasonEligible
}

// strayed reports whether a member is on another timeline than that of a primary
// that was taken over, before it has followed it: it may be what a split under
// the former manager left behind, whatever its number and its length. What the
// holder of a later term wrote before that was on record has a higher number
// than all that the former manager left.
func strayed(c *Cluster, m *Member) bool {
	r, at := &c.Reign, m.Status.Timeline
	return r.Adopted && at != r.Timeline && (r.Promoted || at <= c.Identity.Timeline)
}

// shared is how far the member's log goes along with that of the newest reign:
// what an older timeline has behind the point where they part is other log.
func shared(r *Reign, m *Member) LSN {
	if r.Promoted && m.Status.Timeline < r.Timeline {
		return min(m.Status.LSN, r.Start)
	}
	return m.Status.LSN
}

// reserveFor is how long a grant that was handed to a member waits for it.
func (e elector) reserveFor() time.Duration { return 4 * e.set.StoreLimit }

// hold decides whether the best candidate may go, and whose turn it is.
func (e elector) hold(out *Election, able []Candidate, me MemberID) {
	r := &e.c.Reign
	switch {
	case !contest(e.c) && !oldPrimaryStopped(e.c):
		out.Hold = HoldOldPrimary
	case e.free < e.set.ElectionWait && e.unsettled():
		out.Hold, out.Until = HoldSettle, e.freeFrom.Add(e.set.ElectionWait)
	case !e.force && !e.seenEnough():
		out.Hold = HoldSeen
	case len(able) == 0:
		out.Hold = HoldNoCandidate
		if e.free < e.reserveFor() {
			out.Until = e.freeFrom.Add(e.reserveFor())
		}
	default:
		out.Chosen = able[0].Member
		if t := e.c.Member(r.To); t != nil && t.Alive() && e.free < e.reserveFor() && e.to == "" {
			out.Chosen = r.To
			if !slices.ContainsFunc(able, func(c Candidate) bool { return c.Member == r.To }) {
				out.Chosen, out.Hold, out.Until = "", HoldTurn, e.freeFrom.Add(e.reserveFor())
				return
			}
		}
		rank := slices.IndexFunc(able, func(c Candidate) bool { return c.Member == me })
		if out.Chosen == me || rank < 0 {
			return
		}
		// The best one gets its chance; when it does not take it, the next does.
		turn := e.set.ElectionWait + time.Duration(rank)*2*e.set.StoreLimit
		if r.To != "" {
			turn += e.reserveFor()
		}
		if e.free < turn {
			out.Hold, out.Until = HoldTurn, e.freeFrom.Add(turn)
			return
		}
		out.Chosen = me
	}
}

// oldPrimaryStopped reports whether the last holder's server is known not to
// accept writes: the holder gave the grant back (which it does only then), or
// its session is over (then its deadline has passed, R1), or its node says so
// itself. A grant that was merely deleted proves nothing.
func oldPrimaryStopped(c *Cluster) bool {
	r := &c.Reign
	if r.Term == 0 || r.Released {
		return true
	}
	old := c.Member(r.Holder)
	if old == nil || !old.Alive() || old.Status.Final == r.Term+1 {
		return true
	}
	// A later run of the same node: its own word counts, once it has given it.
	return old.Session.Instance != r.Instance && old.Status.Instance == old.Session.Instance &&
		!old.Status.Writable && old.Status.State != StateStarting && old.Status.State != StateDemoting
}

// unsettled reports whether a member that lives and has data may still fix
// its position.
func (e elector) unsettled() bool {
	for i := range e.c.Members {
		m := &e.c.Members[i]
		if contest(e.c) && !suspects(e.c)(m) {
			continue // it still hears from the old holder, or is that
		}
		if m.Down() && !m.Status.Running || m.aside(e.c) {
			continue // its server is left as it is, or it has no voice
		}
		if m.Alive() && !e.final(m) && m.Status.Data != DataNone && m.Status.Data != DataBroken &&
			m.Status.State != StateFenced && m.Status.State != StateStopping {
			return true
		}
	}
	return false
}

// seenEnough reports whether the members that were seen have everything that
// standbys confirmed. The last primary has, by itself: what was confirmed under
// it, and, because it was elected on that, all that was before; but for what a
// forced failover gave up when it made it primary.
func (e elector) seenEnough() bool {
	r := &e.c.Reign
	if last := e.c.Member(r.Holder); r.Promoted && last != nil && e.final(last) {
		return true
	}
	return rulesHold(e.c.Rules, e.c.Members, e.final)
}

// lastKnown is the furthest position of the former primary that anybody
// knows: from its status, which outlives it, and from what it said when it
// gave the grant back.
func lastKnown(c *Cluster) LSN {
	r := &c.Reign
	last := max(r.Last, r.End, r.Start)
	if m := c.Member(r.Holder); m != nil && r.Promoted && m.Status.Timeline >= r.Timeline {
		last = max(last, m.Status.LSN)
	}
	return last
}
