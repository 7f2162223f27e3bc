// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

// Taking is how a node came to its newest grant, kept for the record.
type Taking struct {
	Free   Instant    `json:"free,omitempty"` // when an election could be held
	LSN    LSN        `json:"lsn,omitempty"`
	Table  []Verdict  `json:"table,omitempty"`
	Forced bool       `json:"forced,omitempty"`
	Phases TermPhases `json:"phases,omitzero"`
}

// noteSign notes the last sign of life of the upstream's server.
func (d *decider) noteSign() {
	if o := &d.in.View.Obs; d.fresh() && o.Streaming && !d.cascades() && (d.m.State == StateStandby || d.m.State == StateElecting) {
		d.m.Sign = max(d.m.Sign, d.in.View.ObsBegan.Add(-o.Silent))
	}
}

// noteTaking notes what an acquisition stands on.
func (d *decider) noteTaking() {
	t := Taking{LSN: d.in.View.Obs.LSN}
	if d.election != nil && d.m.FreeSince != 0 {
		t.Free, t.Table, t.Forced = d.m.FreeSince, d.election.Verdicts, d.election.Forced
		if d.m.Sign != 0 && d.c.Reign.Term != 0 {
			t.Phases.Detected = max(t.Free.Sub(d.m.Sign), 0)
		}
	}
	d.m.Took = t
}

// notePhase measures the phase that ends with the step into a state; since is
// when the state before it began.
func (d *decider) notePhase(s State, since Instant) {
	switch t := &d.m.Took; {
	case s == StatePromoting && t.Free != 0:
		t.Phases.Decided = d.now.Sub(t.Free)
	case s == StatePrimary:
		t.Phases.Promoted = d.now.Sub(since)
	}
}

// termEntry is what history keeps of the reign.
func (d *decider) termEntry(r Reign) TermEntry {
	t := &d.m.Took
	return TermEntry{Reign: r, LSN: max(t.LSN, d.m.Start), Candidates: t.Table, Forced: t.Forced, Phases: t.Phases}
}
