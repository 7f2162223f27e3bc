// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Cascade standbys (Tags.Cascade) receive the log from another standby, so that
// the primary need not send it to them. They confirm no writes, have no voice
// in elections and are not promoted unless that is allowed. C1 to C6 of
// ARCHITECTURE.md are the rules; this file says who is one, and from whom it
// streams. What a node does about that is in decide_cascade.go.

// cascades reports whether a member with these tags is a cascade standby now.
// One that a rule on record still counts on, or that was primary last, is a
// voter like others until that has changed: what it has may be needed.
func cascades(c *Cluster, name MemberID, t *Tags) bool {
	return t.Cascade && c.Reign.Holder != name && !ruleNames(c.Rules, name)
}

// ruleNames reports whether a rule stands on a member, as the primary that wrote or
// as one that confirmed.
func ruleNames(rules []SyncRule, name MemberID) bool {
	for i := range rules {
		if r := &rules[i]; r.Primary == name || r.K > 0 && slices.Contains(r.Members, name) {
			return true
		}
	}
	return false
}

func (m *Member) cascades(c *Cluster) bool { return cascades(c, m.Name, &m.Status.Tags) }

// aside reports whether a member stays out of the election that is held, or
// would be: it fixes no position, nobody waits for it, and it goes on streaming
// from its parent. A cascade standby does, unless somebody has ordered that it
// be promoted, or it may be and nobody else can.
func aside(c *Cluster, name MemberID, t *Tags) bool {
	q, r := &c.Request, &c.Reign
	switch {
	case !cascades(c, name, t):
		return false
	case c.RequestRev != 0 && q.To == name && q.Kind == RequestFailover && (q.Force || t.Promotable):
		return false
	case !t.Promotable:
		return true
	case r.Released && r.To == name:
		return false
	}
	for i := range c.Members {
		if m := &c.Members[i]; m.Name != name && m.stands(c) {
			return true
		}
	}
	return false
}

func (m *Member) aside(c *Cluster) bool { return aside(c, m.Name, &m.Status.Tags) }

// stands reports whether a member that is no cascade standby lives and may be
// promoted, as far as its status tells.
func (m *Member) stands(c *Cluster) bool {
	s := &m.Status
	return m.Alive() && m.Known && !s.Tags.NeverPromote && !s.Tags.barred() && !m.cascades(c) && !m.Down() && s.Running &&
		s.Data == DataPresent && s.Health.Unfit == "" &&
		s.State != StateFenced && s.State != StateStopping && s.State != StateStopped && s.State != StateRebuilding
}

// barred reports whether a member with these tags is promoted by force only.
func (t *Tags) barred() bool { return t.Cascade && !t.Promotable }

// wasPrimary reports whether a member was primary last, or what it acknowledged
// as primary is vouched for by its own rule still: whoever made it primary, by
// force, may need it back.
func wasPrimary(c *Cluster, name MemberID) bool {
	return c.Reign.Holder == name || slices.ContainsFunc(c.Rules, func(r SyncRule) bool { return r.Primary == name })
}

// ParentReason is why a cascade standby streams from whom it does.
type ParentReason uint8

// The reasons.
const (
	ParentNone      ParentReason = iota // nothing was chosen yet
	ParentKept                          // the one that it has will do
	ParentPreferred                     // its tag names it
	ParentBest                          // the best of the standbys that are fit
	ParentPrimary                       // no standby is fit
	ParentHeir                          // it is asked to take over, so it streams from the primary
	ParentNobody                        // no standby is fit, and Settings.CascadeWaits
)

var parentReasons = [...]string{ // read-only
	"none", "will do", "preferred", "best standby", "no standby is fit", "about to take over", "no standby is fit, waits for one",
}

// String gives the reason in a few words.
func (r ParentReason) String() string { return nameOf(r, parentReasons[:]) }

// MarshalText gives the form of String.
func (r ParentReason) MarshalText() ([]byte, error) { return marshalName(r, parentReasons[:]) }

// UnmarshalText reads the form of String.
func (r *ParentReason) UnmarshalText(text []byte) error {
	return unmarshalName(r, parentReasons[:], text)
}

// ParentFault is why a member is not fit to be a cascade standby's parent.
type ParentFault uint8

// The faults, in the order in which they are looked at.
const (
	ParentFit         ParentFault = iota // nothing is against it
	ParentGone                           // there is no such member
	ParentItself                         // a member is not its own parent
	ParentDead                           // no node lives under its name
	ParentIsPrimary                      // it is the primary: only while no standby is fit
	ParentIsCascade                      // it is a cascade standby itself: chains are not built
	ParentDowntime                       // somebody works on it
	ParentLeaving                        // its node is ending, or its data is, or is to be, replaced
	ParentFollows                        // streams from the member itself, which was primary
	ParentUnreachable                    // nothing came from it
	ParentElecting                       // takes part in an election
	ParentDry                            // does not stream from the primary
	ParentTimeline                       // is not on the primary's timeline yet
	ParentLags                           // further behind than Settings.MaxLag
)

var parentFaults = [...]string{ // read-only
	"fit", "there is no such member", "is the member itself", "no node lives under its name", "is the primary", "is a cascade standby itself", "in downtime",
	"its node is ending or its data is being replaced", "streams from the member itself", "nothing comes from it", "takes part in an election", "does not stream from the primary",
	"not on the primary's timeline", "too far behind",
}

// String gives the fault in a few words.
func (f ParentFault) String() string { return nameOf(f, parentFaults[:]) }

// MarshalText gives the form of String.
func (f ParentFault) MarshalText() ([]byte, error) { return marshalName(f, parentFaults[:]) }

// UnmarshalText reads the form of String.
func (f *ParentFault) UnmarshalText(text []byte) error {
	return unmarshalName(f, parentFaults[:], text)
}

// passes reports whether the fault goes away by itself most often: one that
// has just come, as in every failover, is no reason to leave a parent.
func (f ParentFault) passes() bool { return f == ParentIsPrimary || f >= ParentUnreachable }

// forms reports whether following the member could close a circle.
func (f ParentFault) forms() bool {
	return f == ParentItself || f == ParentIsCascade || f == ParentFollows
}

// ParentInput is what the choice of a parent stands on.
type ParentInput struct {
	Cluster  *Cluster
	Settings Settings // defaults filled in
	Member   MemberID // the cascade standby
	Tags     Tags
	Current  MemberID // its parent now; empty for none
	Streams  bool     // log comes from there
	// Shunned is a member from which nothing came although it seems fit.
	Shunned MemberID
	// Patient keeps a current parent whose fault may pass, Settled prefers a
	// better one to a current parent that will do.
	Patient, Settled bool
}

// ParentChoice is from whom a cascade standby streams, and why.
type ParentChoice struct {
	Parent MemberID        `json:"parent,omitempty"` // empty: nobody
	Reason ParentReason    `json:"reason"`
	Former MemberID        `json:"former,omitempty"` // the parent before
	Fault  ParentFault     `json:"fault"`            // what is against it
	Others []ParentVerdict `json:"others,omitempty"` // one for each member, in a decision that changes the parent

	// Better is whom the member goes to when it has been fit for long enough:
	// the one that its tag names, or a standby instead of the primary.
	Better MemberID `json:"better,omitempty"`
}

// ParentVerdict is what is thought of one member as a parent.
type ParentVerdict struct {
	Member MemberID    `json:"member"`
	Fault  ParentFault `json:"fault"`
	Load   int         `json:"load,omitempty"` // other cascade standbys that stream from it
}

// String writes "m2, preferred" or "m3, best standby; m2: no node lives under
// its name".
func (p ParentChoice) String() string {
	out := string(cmp.Or(p.Parent, "nobody")) + ", " + p.Reason.String()
	if p.Former != "" && p.Fault != ParentFit {
		out += "; " + string(p.Former) + ": " + p.Fault.String()
	}
	return out
}

// ChooseParent chooses from whom a cascade standby streams. It is pure, and it
// allocates nothing. In this order:
//
//   - the primary, for one that was asked to take over from it;
//   - the current parent, unless something is against it, or a better one has
//     been fit for long enough;
//   - the one that its tag names, while it is fit;
//   - the best standby that is fit: in the member's zone, then with the fewest
//     other cascade standbys, then by name;
//   - the primary, unless Settings.CascadeWaits.
//
// A standby is fit that lives, streams from the primary on its timeline within
// MaxLag, and is no cascade standby itself. So there are no chains, and no
// loops (C2): edges lead from members with the tag to members without it.
func ChooseParent(in *ParentInput) ParentChoice {
	c, lead := in.Cluster, in.Cluster.lead()
	out := ParentChoice{Parent: in.Current, Reason: ParentKept, Former: in.Current, Fault: in.fault(c.Member(in.Current), in.Current)}
	if out.Fault.forms() {
		out.Parent, out.Reason = "", ParentNone // whatever comes of the rest
	}
	if lead == nil || !c.Reign.Promoted {
		return out // nobody is fit: what the parent has is all there is
	}
	if in.heir() {
		out.Parent, out.Reason = lead.Name, ParentHeir
		return out
	}
	best, why := in.best()
	if best == nil {
		best, why = lead, ParentPrimary
	}
	if best.Name != in.Current && (why == ParentPreferred || out.Fault == ParentIsPrimary) {
		out.Better = best.Name
	}
	keep := in.Current != "" && (out.Fault == ParentFit || in.Patient && (out.Fault.passes() || out.Fault == ParentDead && in.Streams))
	if out.Fault == ParentIsPrimary && why != ParentPrimary {
		keep = !in.Settled // it was promoted; a standby takes over once it has shown that it is one
	}
	switch {
	case in.Current == best.Name:
		out.Reason = ParentKept
	case why == ParentPreferred && in.Settled:
		out.Parent, out.Reason = best.Name, why
	case keep, why == ParentPrimary && in.Patient && in.soon():
	case why == ParentPrimary && in.Settings.CascadeWaits:
		out.Parent, out.Reason = "", ParentNobody
	default:
		out.Parent, out.Reason = best.Name, why
	}
	return out
}

// lead is the member whose server is the newest primary: the holder of the
// grant, or of a quorum reign whose lease has run out.
func (c *Cluster) lead() *Member {
	switch {
	case c.GrantRev != 0:
		return c.Member(c.Grant.Holder)
	case contest(c):
		return c.Member(c.Reign.Holder)
	}
	return nil
}

// heir reports whether the member is to take over, so that the primary has to
// see it stream.
func (in *ParentInput) heir() bool {
	q := &in.Cluster.Request
	return in.Cluster.RequestRev != 0 && q.To == in.Member && q.Kind == RequestSwitchover && in.Tags.Promotable
}

// best is the standby to stream from if there were no current parent, or nil.
func (in *ParentInput) best() (*Member, ParentReason) {
	c := in.Cluster
	if name := in.Tags.Parent; name != "" {
		if m := c.Member(name); in.fault(m, name) == ParentFit {
			return m, ParentPreferred
		}
	}
	var best *Member
	var load int
	for i := range c.Members {
		m := &c.Members[i]
		if in.fault(m, m.Name) != ParentFit {
			continue
		}
		if n := in.load(m.Name); best == nil || in.before(m, best, n, load) {
			best, load = m, n
		}
	}
	return best, ParentBest
}

// soon reports whether a standby is on its way to be fit, as after a failover.
func (in *ParentInput) soon() bool {
	for i := range in.Cluster.Members {
		switch m := &in.Cluster.Members[i]; in.fault(m, m.Name) {
		case ParentElecting, ParentDry, ParentTimeline:
			if m.Status.Running {
				return true
			}
		}
	}
	return false
}

// before orders two members that are fit.
func (in *ParentInput) before(a, b *Member, loadA, loadB int) bool {
	zone := func(m *Member) bool { return in.Tags.Zone != "" && m.Status.Tags.Zone == in.Tags.Zone }
	return cmp.Or(-cmpBool(zone(a), zone(b)), cmp.Compare(loadA, loadB), strings.Compare(string(a.Name), string(b.Name))) < 0
}

// load counts the other cascade standbys that have chosen a member.
func (in *ParentInput) load(name MemberID) (n int) {
	for i := range in.Cluster.Members {
		if m := &in.Cluster.Members[i]; m.Name != in.Member && m.Alive() && m.Status.Tags.Cascade && m.Status.Parent == name {
			n++
		}
	}
	return n
}

// fault says what is against a member as a parent.
func (in *ParentInput) fault(m *Member, name MemberID) ParentFault {
	c := in.Cluster
	switch {
	case m == nil || !m.Known:
		return ParentGone
	case name == in.Member:
		return ParentItself
	case m == c.lead():
		return ParentIsPrimary
	}
	s := &m.Status
	switch {
	case s.Tags.Cascade:
		return ParentIsCascade
	case m.Down():
		return ParentDowntime
	case s.Reinit || s.Data != DataPresent || s.State == StateRebuilding || s.State == StateFenced || s.State == StateStopping || s.State == StateStopped:
		return ParentLeaving
	case !m.Alive():
		return ParentDead
	case s.Upstream == in.Member:
		return ParentFollows
	case name == in.Shunned:
		return ParentUnreachable
	case s.State != StateStandby:
		return ParentElecting
	case !s.Running || !s.Streaming || s.Upstream != c.Reign.Holder:
		return ParentDry
	case s.Timeline != c.Reign.Timeline:
		return ParentTimeline
	case s.Lags:
		return ParentLags
	}
	return ParentFit
}

// Verdicts says of each member what is against it as a parent.
func (in *ParentInput) Verdicts() []ParentVerdict {
	out := make([]ParentVerdict, 0, len(in.Cluster.Members))
	for i := range in.Cluster.Members {
		m := &in.Cluster.Members[i]
		out = append(out, ParentVerdict{Member: m.Name, Fault: in.fault(m, m.Name), Load: in.load(m.Name)})
	}
	return out
}

// validate returns what does not go together in the tags of a member.
func (t *Tags) validate(name MemberID) []error {
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf("Tags."+format, args...))
		}
	}
	bad(t.Parent != "" && !t.Cascade, "Parent %q: needs Tags.Cascade", t.Parent)
	bad(t.Parent == name && name != "", "Parent %q: is the member itself", t.Parent)
	if t.Parent != "" {
		if err := t.Parent.Validate(); err != nil {
			bad(true, "Parent: %w", err)
		}
	}
	bad(t.Promotable && !t.Cascade, "Promotable: needs Tags.Cascade; other members may be promoted unless NeverPromote")
	bad(t.Promotable && t.NeverPromote, "Promotable: contradicts NeverPromote")
	bad(t.Preferred && t.Cascade, "Preferred: a cascade standby is promoted only when no other member can be")
	return errs
}
