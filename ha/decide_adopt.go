// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// The take-over of a shadowed cluster: the node that the order names adopts its
// running primary and begins term 1; all others act from then on.

// adopting reports whether this node is to begin.
func (d *decider) adopting() bool {
	return d.c.TakeOverRev != 0 && d.c.Reign.Term == 0 && d.c.TakeOver.Primary == d.in.Self.Name
}

// inAdopting finds what counts while this node is to begin (S2): nobody else
// can be elected before term 1, so the server is left as it is, unless that
// term may be this node's already and its lease may be over (R1).
func (d *decider) inAdopting() Trigger {
	switch {
	case d.grantMine() && d.holding():
		return TriggerGrantMine
	case d.m.Taking != 0 && d.mayWrite() && d.overdue():
		return TriggerWritable
	}
	return TriggerSteady
}

// dutyAdopt judges the order on this node's own look at its server, and begins
// the first term or refuses.
func (d *decider) dutyAdopt() {
	if !d.m.Loaded || !d.fresh() || d.flying(ActAcquire) {
		return
	}
	if d.in.View.ObsBegan < d.m.Since {
		d.m.ObserveAt = min(d.m.ObserveAt, d.now)
		return
	}
	if why := d.notNow(); why != "" {
		d.refuseTakeOver(why)
		return
	}
	if d.guarded() && d.witnessed() {
		d.adopt()
	}
}

// witnessed reports whether all others have looked at their servers since the
// order was given.
func (d *decider) witnessed() bool {
	t := &d.c.TakeOver
	for i := range d.c.Members {
		m := &d.c.Members[i]
		if m.Name != d.in.Self.Name && m.Alive() && (m.Shadow.Instance != m.Session.Instance || m.Shadow.Saw != t.ID) {
			d.passed(t.Wall, TakeOverLimit)
			return false
		}
	}
	return true
}

// notNow is why this node does not begin; "" for nothing.
func (d *decider) notNow() string {
	t, o := &d.c.TakeOver, &d.in.View.Obs
	if age := time.Duration(d.in.View.Wall - t.Wall); age > TakeOverLimit || age < -TakeOverLimit {
		return fmt.Sprintf("the order was given %v ago, by this node's clock", age.Round(time.Second))
	}
	set := d.adoptedSettings()
	switch {
	case d.in.View.Closing:
		return "the primary's node is ending"
	case d.foreign(), o.SystemID == "":
		return "its server's database is not known"
	case !o.Writable:
		return fmt.Sprintf("%s: its server accepts no writes", d.in.Self.Name)
	case set.Validate() != nil:
		return set.Validate().Error()
	case set.Durability.K > 0 && !d.in.Self.CanSetSync:
		return "the engine cannot set a synchronous set"
	case d.in.Self.NeedsWatchdog && d.m.GuardWhy != "":
		return d.m.GuardWhy
	}
	for i := range d.c.Members {
		m := &d.c.Members[i]
		switch {
		case m.Name == d.in.Self.Name:
		case leads(m), m.Alive() && m.Shadow.Saw == t.ID && m.Shadow.Writes:
			return fmt.Sprintf("split brain: the server of %s accepts writes, too, or would as soon as it stirs", m.Name)
		case !m.Alive() && !slices.Contains(t.Without, m.Name):
			return fmt.Sprintf("%s: %s", m.Name, ReasonDead)
		}
	}
	return ""
}

// adoptedSettings are the cluster's settings from the first term on.
func (d *decider) adoptedSettings() Settings {
	if t := d.c.TakeOver.Settings; t != nil {
		return *t
	}
	if d.c.SettingsRev != 0 {
		return d.c.Settings
	}
	return d.in.Self.Defaults
}

// refuseTakeOver ends the order; everything is as before.
func (d *decider) refuseTakeOver(why string) {
	if !d.storeReady() {
		return
	}
	conds, ops := endOps(d.keys(), d.c, dcs.Cond{Key: d.keys().takeOver(), Modified: d.c.TakeOverRev},
		Answer{ID: d.c.TakeOver.ID, Code: AnswerRefused, Why: why})
	d.commit(ActAnswer, dcs.Txn{If: conds, Then: ops})
}

// adopt begins the first term over the running server (S3). It fails when the
// order, this node's session, or what any other member has said has changed.
func (d *decider) adopt() {
	if !d.storeReady() || !d.idle(LaneEngine) || d.m.SessionRev == 0 || d.now >= d.m.Deadline() {
		return
	}
	k, s, o, t := d.keys(), d.in.Self, &d.in.View.Obs, &d.c.TakeOver
	_, seen := translated(o, d.c)
	start := o.LSN
	if sh := d.m.Shadow; sh != nil && sh.Led == o.Timeline && sh.LedStart != 0 {
		start = sh.LedStart
	}
	d.m.Taking, d.m.Behind, d.m.Resumed, d.m.Adopted = 1, 0, true, d.now
	d.m.Fences, d.m.FenceWhy = 0, ""
	next := Reign{
		Term: 1, Holder: s.Name, Instance: s.Instance, Promoted: true, Timeline: o.Timeline, Start: start, Adopted: true, Last: o.LSN,
		Former: s.Name, Fenced: FenceStopped, Cause: "take over", Actor: t.By, Why: strings.TrimSuffix("from "+t.Manager+": "+t.Why, ": "), Wall: d.in.View.Wall,
	}
	txn := dcs.Txn{
		If: []dcs.Cond{
			{Key: k.takeOver(), Modified: d.c.TakeOverRev}, {Key: k.grant(), Modified: d.c.GrantRev},
			{Key: k.reign(), Modified: d.c.ReignRev}, {Key: k.identity(), Modified: d.c.IdentityRev},
			{Key: k.rules(), Modified: d.c.RulesRev}, {Key: k.settings(), Modified: d.c.SettingsRev},
			{Key: k.answers(), Modified: d.c.AnswersRev}, d.sessionCond(),
		},
		Then: []dcs.Op{
			{Key: k.grant(), Lease: d.m.Lease, Value: encode(Grant{Holder: s.Name, Term: 1, Instance: s.Instance, Claim: s.Claim})},
			{Key: k.reign(), Value: encode(next)},
			{Key: k.identity(), Value: encode(Identity{SystemID: o.SystemID, By: s.Name, Timeline: d.newestTimeline()})},
			{Key: k.settings(), Value: encode(d.adoptedSettings())},
			{Key: k.answers(), Value: encode(moreAnswers(d.c, Answer{ID: t.ID, Code: AnswerDone, Term: 1, Primary: s.Name}))},
		},
	}
	if rules := inheritedRules(s.Name, &seen); rules != nil {
		txn.Then = append(txn.Then, dcs.Op{Key: k.rules(), Value: encode(rules)})
	}
	for i := range d.c.Members {
		if m := &d.c.Members[i]; m.Name != s.Name {
			txn.If = append(txn.If, dcs.Cond{Key: k.member(m.Name), Modified: m.StatusRev}, dcs.Cond{Key: k.shadow(m.Name), Modified: m.ShadowRev})
		}
	}
	d.noteTaking()
	txn.Then = append(txn.Then, dcs.Op{Key: k.term(next.Term), Value: encode(d.termEntry(next))})
	d.commit(ActAcquire, txn)
}

// newestTimeline is the highest number of a timeline that any member's data has:
// those of our own promotions are above it, so that nothing that was left behind
// is taken for one of them.
func (d *decider) newestTimeline() uint32 {
	newest := d.in.View.Obs.Timeline
	for i := range d.c.Members {
		newest = max(newest, d.c.Members[i].Status.Timeline)
	}
	return newest
}

// renaming reports whether a new synchronous set has to wait: the standbys of
// a server that was taken over call themselves something else until they follow
// it in their own names, and a set of those names would let writes wait. It
// waits no longer than a standby is waited for elsewhere.
func (d *decider) renaming(want SyncSet) bool {
	if d.m.Adopted == 0 || want.K == 0 {
		return false
	}
	end := d.m.Adopted.Add(d.set.RejoinAfter)
	d.at(end)
	n := 0
	for i := range d.in.View.Obs.Receivers {
		if r := &d.in.View.Obs.Receivers[i]; r.Streaming && want.Has(r.Member) {
			n++
		}
	}
	return n < want.K && d.now < end
}

// takingCause is why a transaction that takes the grant does so.
func takingCause(a *Action) string {
	for _, op := range a.Txn.Then {
		var r Reign
		if strings.HasSuffix(op.Key, "/state/reign") && json.Unmarshal(op.Value, &r) == nil {
			return r.Cause
		}
	}
	return ""
}
