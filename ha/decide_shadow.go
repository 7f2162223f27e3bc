// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// Shadow is a shadow node's memory. A decision makes a new one.
type Shadow struct {
	Machine Machine `json:"machine"` // of the node that would act

	Record ShadowRecord `json:"record"` // what it has to tell
	Since  Instant      `json:"since,omitempty"`
	Told   bool         `json:"told,omitempty"` // what it would do stands in the journal

	Primary  MemberID     `json:"primary,omitempty"`  // last seen to accept writes
	Timeline uint32       `json:"timeline,omitempty"` // and what it wrote
	Due      Would        `json:"due,omitzero"`       // a promotion that was due since then
	DueAt    Instant      `json:"dueAt,omitempty"`
	DueRev   dcs.Revision `json:"dueRev,omitempty"` // of the primary's status then

	Split   MemberID `json:"split,omitempty"` // a second one that accepts writes
	SplitAt Instant  `json:"splitAt,omitempty"`

	Order   string  `json:"order,omitempty"` // to take over, seen
	OrderAt Instant `json:"orderAt,omitempty"`

	Led      uint32 `json:"led,omitempty"` // timeline that this member's server writes
	LedStart LSN    `json:"ledStart,omitempty"`
}

func (d *decider) inShadow() Trigger {
	switch {
	case d.m.Revoked:
		return TriggerClosed
	case d.in.View.Closing:
		return TriggerClosing
	case d.in.View.Cluster != nil && !shadowed(d.in.Self, d.in.View.Cluster):
		return TriggerTakeOver
	}
	return TriggerSteady
}

// dutyShadow finds out what this node would do, and orders none of it.
func (d *decider) dutyShadow() {
	m := &d.m
	if d.in.View.Closing {
		switch {
		case m.Revoked:
		case m.Lease == 0:
			m.Revoked = true
			d.again()
		case d.idle(LaneRenew) && d.now >= m.RenewAt || d.idle(LaneRenew) && d.idle(LaneStore):
			d.order(Action{Kind: ActRevoke, Lease: m.Lease, Limit: d.set.StoreLimit})
		}
		return
	}
	if d.in.View.Cluster == nil || !d.in.View.ObsKnown || m.SessionRev == 0 || !m.Loaded {
		return
	}
	s := d.shadow()
	m.Shadow = &s
	d.pretend(&s)
	d.compare(&s)
	d.witness(&s)
}

// witness looks at the server once more when there is an order to take over,
// and says what it saw: the manager that was stopped may have made another
// server writable a moment before.
func (d *decider) witness(s *Shadow) {
	if d.c.TakeOverRev == 0 {
		s.Order = ""
		return
	}
	if id := d.c.TakeOver.ID; s.Order != id {
		s.Order, s.OrderAt = id, d.now
	}
	switch {
	case s.Record.Saw == s.Order:
	case d.in.View.ObsBegan < s.OrderAt:
		d.m.ObserveAt = min(d.m.ObserveAt, d.now)
	default:
		o := &d.in.View.Obs
		// One that is silent on data that is not a standby's is frozen, not harmless.
		s.Record.Saw, s.Record.Writes = s.Order, o.Writable || o.Running && !o.Answers && o.Role != RoleStandby
	}
}

// shadow is the memory to go on with: a copy, or a new one with the journal of
// the run before.
func (d *decider) shadow() Shadow {
	if d.m.Shadow != nil {
		return *d.m.Shadow
	}
	s := Shadow{Since: d.now}
	if me := d.c.Member(d.in.Self.Name); me != nil {
		s.Record.Entries = slices.Clone(me.Shadow.Entries)
		for i := range s.Record.Entries {
			if e := &s.Record.Entries[i]; e.End == 0 && (e.Kind == ShadowWould || e.Kind == ShadowSplit) {
				e.End = max(d.in.View.Wall, e.Wall) // nobody was there to see when it ended
			}
		}
	}
	return s
}

// pretendRounds is how often a decision is followed up at once: what counts as
// done may lead to the next order.
const pretendRounds = 6

// pretend lets the ordinary decision run on the overlay.
func (d *decider) pretend(s *Shadow) {
	obs, rec := translated(&d.in.View.Obs, d.c)
	c := overlay(d.c, d.set)
	self := *d.in.Self
	self.Shadow, self.HasHook, self.HasWatchdog, self.NeedsWatchdog, self.CanInit, self.CanAsk = false, false, false, false, false, false
	in := Input{Now: d.now, Self: &self, View: d.in.View, Policy: d.in.Policy, Poked: d.in.Poked}
	in.View.Cluster, in.View.Closing = c, false

	w := s.Machine
	standIn(&w, &d.m, &obs, c, self.Name, d.now)
	end := ending{s.Record.Released, s.Record.End, s.Record.Exact, s.Record.Lost}
	if c.Reign.Holder != self.Name || obs.Writable {
		end = ending{}
	}
	would, because := Would{}, Record{}
	for range pretendRounds {
		in.Machine, in.View.Obs = w, obs
		if w.State == StateElecting && w.Detached && contest(c) {
			in.View.Obs.Upstream, in.View.Obs.Address, in.View.Obs.Streaming = "", "", false
		}
		step := Decide(&in)
		w = step.Machine
		if x := wouldOf(&in, &step); x.Kind > would.Kind {
			would, because = x, Record{Input: in, Decision: step}
		}
		again := step.From != step.To
		for i := range step.Actions {
			again = d.suppose(&w, &step.Actions[i], &obs, c, &end) || again
		}
		w.Flights, w.EngineAt, w.StoreAt, w.Wrote = [numLanes]Flight{}, 0, 0, 0
		in.Poked = false
		if step.Wake != never {
			d.at(max(step.Wake, d.now.Add(10*time.Millisecond)))
		}
		if !again {
			break
		}
	}
	s.Machine = w
	if would.Kind == WouldPromote && s.Record.Would.Kind != WouldPromote && d.dueElsewhere(would.Term).Kind != WouldNothing {
		would = Would{} // that one would have done it by now, so this one's turn would not have come
	}
	if obs.Writable && s.Led != obs.Timeline {
		s.Led, s.LedStart = obs.Timeline, obs.LSN
	}
	rec.Instance, rec.As, rec.Entries = self.Instance, w.State, s.Record.Entries
	rec.Suspect, rec.Final = w.Published.Suspect, w.Published.Final
	rec.Released, rec.End, rec.Exact, rec.Lost = end.term, end.lsn, end.exact, end.lost
	if obs.Writable {
		rec.Start = s.LedStart
	}
	rec.Would, rec.Since, rec.Saw, rec.Writes = s.Record.Would, s.Record.Since, s.Record.Saw, s.Record.Writes
	s.Record = rec
	d.tellWould(s, would, &because)
}

// ending is the end of a reign, as its holder would have recorded it.
type ending struct {
	term  Term
	lsn   LSN
	exact bool
	lost  bool
}

// suppose takes those orders for done that no look could ever show to be, and
// those whose effect is there already. It reports whether there were any.
func (d *decider) suppose(w *Machine, a *Action, o *Observation, c *Cluster, end *ending) bool {
	switch {
	case a.Kind == ActObserve:
		d.m.ObserveAt = min(d.m.ObserveAt, d.now)
		return false
	case a.Kind == ActPublish:
		w.Published, w.PublishedAt = w.Publishing, d.now
		if w.Published.Final == 0 {
			w.Promised = 0
		}
	case a.Kind == ActDetach:
		w.Detached = true
	case a.Kind == ActStop && !o.Running:
		w.Stopped = true
	case a.Kind == ActRelease:
		w.GaveBack, w.GaveRev = true, c.GrantRev
		*end = ending{c.Reign.Term, w.EndLSN, w.EndExact, w.Lost}
	default:
		return false
	}
	return true
}

// wouldOf is the most important deed of a decision.
func wouldOf(in *Input, d *Decision) Would {
	out := Would{Member: in.Self.Name}
	see := func(k WouldKind, fill func()) {
		if k > out.Kind {
			out = Would{Kind: k, Member: in.Self.Name}
			if fill != nil {
				fill()
			}
		}
	}
	for i := range d.Actions {
		a := &d.Actions[i]
		switch a.Kind {
		case ActSyncRules, ActSetSync:
			see(WouldSync, func() {
				set := in.View.Cluster.settingsOr(in.Self.Defaults)
				out.Set = wantedSync(in.View.Cluster, in.Self.Name, set.Durability.K).String()
			})
		case ActFollow:
			see(WouldFollow, func() { out.To = a.Upstream.Member })
		case ActStart:
			see(WouldStart, nil)
		case ActRejoin:
			see(WouldRejoin, func() { out.To = a.Upstream.Member })
		case ActStop:
			if in.View.Obs.Running {
				see(WouldStop, nil)
			}
		case ActAcquire:
			see(WouldPromote, func() { out.Cause, out.Term = takingCause(a), d.Machine.Taking })
		}
	}
	if e := d.Election; e != nil && d.To == StateElecting && e.Hold.problem() != "" {
		see(WouldWait, func() { out.Hold = e.Hold })
	}
	if out.Kind == WouldNothing {
		return Would{}
	}
	return out
}

// settingsOr are the cluster's settings, or others where it has none yet.
func (c *Cluster) settingsOr(s Settings) Settings {
	if c.SettingsRev != 0 {
		return c.Settings.WithDefaults()
	}
	return s.WithDefaults()
}

// tellWould begins, goes on with or ends what this node would do. What lasts
// less than a heartbeat is no entry: servers on their way somewhere show
// themselves in between. Only a promotion is told at once.
func (d *decider) tellWould(s *Shadow, now Would, because *Record) {
	r := &s.Record
	if r.Would != now {
		if s.Told {
			s.endEntry(ShadowWould, d.in.View.Wall)
		}
		r.Would, r.Since, s.Since, s.Told = now, d.in.View.Wall, d.now, false
	}
	if now.Kind == WouldNothing || s.Told {
		return
	}
	if tell := s.Since.Add(d.set.Heartbeat); now.Kind != WouldPromote && d.now < tell {
		d.at(tell)
		return
	}
	e := ShadowEntry{Kind: ShadowWould, Wall: r.Since, Would: now, Why: because.Decision.Why}
	if x := because.Decision.Election; x != nil {
		e.Verdicts, e.Loss = x.Verdicts, x.Loss
	}
	d.enterJournal(s, e)
	s.Told, d.would = true, because
}

func (d *decider) enterJournal(s *Shadow, e ShadowEntry) {
	e.By = d.in.Self.Name
	if e.Wall == 0 {
		e.Wall = d.in.View.Wall
	}
	old := s.Record.Entries
	old = old[max(0, len(old)-KeptShadowEntries+1):]
	s.Record.Entries = append(append(make([]ShadowEntry, 0, len(old)+1), old...), e)
}

// endEntry ends the newest entry of a kind.
func (s *Shadow) endEntry(k ShadowKind, wall int64) {
	s.Record.Entries = slices.Clone(s.Record.Entries)
	for i := len(s.Record.Entries) - 1; i >= 0; i-- {
		if e := &s.Record.Entries[i]; e.Kind == k {
			e.End = max(wall, e.Wall)
			return
		}
	}
}

// compare notes what the present manager does, beside what was due.
func (d *decider) compare(s *Shadow) {
	p := primaryOf(d.c)
	if p == nil {
		return
	}
	d.noteDue(s, p)
	switch led := p.Status.Timeline; {
	case !leads(p):
	case s.Primary == "":
		s.Primary, s.Timeline = p.Name, led
	case s.Primary != p.Name || s.Timeline != led, d.isBack(s, p):
		e := ShadowEntry{Kind: ShadowChanged, From: s.Primary, To: p.Name, Timeline: led, Would: s.Due}
		if s.Primary == p.Name {
			e.Kind = ShadowBack
		}
		if s.Due.Kind != WouldNothing {
			e.After = d.now.Sub(s.DueAt)
		}
		if s.Timeline == led && s.Primary != p.Name {
			e.Would, e.After = Would{}, 0 // two shared a timeline: what was due says nothing
		}
		d.enterJournal(s, e)
		s.Primary, s.Timeline, s.Due, s.DueAt, s.DueRev = p.Name, led, Would{}, 0, 0
	}
	d.noteSplit(s, p)
}

// isBack reports whether the primary is well again after somebody else was due:
// nobody would promote any more, and it has said something since, or would
// have lost its session if it did not live.
func (d *decider) isBack(s *Shadow, p *Member) bool {
	if s.Due.Kind == WouldNothing || s.Primary != p.Name || d.due(s, p).Kind != WouldNothing {
		return false
	}
	silent := s.DueAt.Add(d.set.TTL)
	d.at(silent)
	return p.StatusRev > s.DueRev || d.now >= silent
}

// noteDue notes the first promotion that some node would have ordered since
// the primary was last seen.
func (d *decider) noteDue(s *Shadow, p *Member) {
	if s.Due.Kind != WouldNothing {
		return
	}
	if due := d.due(s, p); due.Kind == WouldPromote {
		s.Due, s.DueAt, s.DueRev = due, d.now, p.StatusRev
	}
}

// due is a promotion that some node would order now, against this primary.
func (d *decider) due(s *Shadow, p *Member) Would {
	next := Term(p.Status.Timeline) + 1
	if w := s.Record.Would; w.Kind == WouldPromote && w.Term == next {
		return w
	}
	return d.dueElsewhere(next)
}

// dueElsewhere is a promotion that another member's node would order now.
func (d *decider) dueElsewhere(next Term) Would {
	for i := range d.c.Members {
		m := &d.c.Members[i]
		w := m.Shadow.Would
		if m.Name != d.in.Self.Name && m.Alive() && m.ShadowRev != 0 && m.Shadow.Instance == m.Session.Instance && w.Kind == WouldPromote && w.Term == next {
			return w
		}
	}
	return Would{}
}

// noteSplit notes that two servers accept writes, once every node that says so
// has looked again: one that is frozen is known to be gone after a TTL.
func (d *decider) noteSplit(s *Shadow, p *Member) {
	other := splitOf(d.c)
	switch {
	case other == nil && s.Split != "":
		if s.SplitAt < 0 {
			s.endEntry(ShadowSplit, d.in.View.Wall)
		}
		s.Split, s.SplitAt = "", 0
	case other == nil:
	case s.Split == "":
		s.Split, s.SplitAt = other.Name, d.now
		d.at(d.now.Add(d.set.TTL))
	case s.SplitAt >= 0:
		if told := s.SplitAt.Add(d.set.TTL); d.now < told {
			d.at(told)
			return
		}
		d.enterJournal(s, ShadowEntry{Kind: ShadowSplit, From: p.Name, To: other.Name, Timeline: p.Status.Timeline})
		s.SplitAt = -1 // told
	}
}

// publishShadow writes the shadow's own record when it has changed.
func (d *decider) publishShadow() {
	me := d.c.Member(d.in.Self.Name)
	if d.m.Shadow == nil || d.m.State != StateShadow || d.in.View.Closing || !d.storeReady() || d.m.SessionRev == 0 {
		return
	}
	rec, rev := &d.m.Shadow.Record, dcs.Revision(0)
	if me != nil {
		if rev = me.ShadowRev; rev != 0 && rec.same(&me.Shadow) {
			return
		}
	}
	key := d.keys().shadow(d.in.Self.Name)
	d.commit(ActShadow, dcs.Txn{
		If:   []dcs.Cond{d.sessionCond(), {Key: key, Modified: rev}},
		Then: []dcs.Op{{Key: key, Value: encode(rec)}},
	})
}
