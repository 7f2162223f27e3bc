// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

import "github.com/gausskit/gausskit/ha/hatest"

// meansBugs are bugs in what a node does with its watchdog, its probes and its
// fencing device.
func meansBugs() []Mutation {
	const (
		lease = int(hatest.ThemeLease)
		every = int(hatest.ThemeAny)
		grant = int(hatest.ThemeGrant)
		cut   = int(hatest.ThemeCut)

		synced = int(hatest.ThemeSync)
	)
	return []Mutation{
		{
			Name: "watchdog fed as long as the node runs", Theme: lease, Mode: "lease", Breaks: []string{"W1", "R1"},
			Edits: []Edit{{"ha/decide_guard.go", "d.feed(d.boundByLease())", "d.feed(false)"}},
		},
		{
			Name: "watchdog fires after the lease", Theme: lease, Mode: "lease", Breaks: []string{"W1", "R1"},
			Edits: []Edit{{"ha/decide_guard.go", "limit = min(limit, latest.Sub(d.now))", "limit = m.GuardSpan"}},
		},
		{
			Name: "promotion does not wait for the watchdog", Theme: grant, Breaks: []string{"W2"},
			Edits: []Edit{{"ha/decide_duty.go", "|| o.Writable || !d.guarded() {", "|| o.Writable {"}},
		},
		{
			Name: "watchdog disarmed before the server is stopped", Theme: every, Breaks: []string{"W2"},
			Edits: []Edit{{"ha/decide_guard.go", "		return !d.m.Stopped\n	}\n	return false\n}\n\n// guarded", "		return false\n	}\n	return false\n}\n\n// guarded"}},
		},
		{
			Name: "grant taken against a probe's veto", Theme: every, Breaks: []string{"P1"},
			Edits: []Edit{{"ha/decide_duty.go", "&& !d.vetoed() ", ""}, {"ha/candidate.go", "	case s.Health.Unfit != \"\":\n		return ReasonUnfit\n", ""}},
		},
		{
			Name: "primary gives the grant to nobody for a probe", Theme: hand, Breaks: []string{"P2"},
			Edits: []Edit{{"ha/decide_health.go", "&& !d.c.Paused() && d.successor()", "&& !d.c.Paused()"}},
		},
		{
			Name: "standby doubts when either view of the primary is dead", Theme: cut, Mode: "quorum", Breaks: []string{"V1"},
			Edits: []Edit{{"ha/decide_ask.go", "max(d.m.Heard, min(d.m.Seen, d.m.Heard.Add(d.set.HangLimit)))", "min(d.m.Heard, d.m.Seen)"}},
		},
		{
			Name: "answer of the primary's server believed for ever", Theme: cut, Mode: "quorum", Breaks: []string{"V2"},
			Edits: []Edit{{"ha/decide_ask.go", "max(d.m.Heard, min(d.m.Seen, d.m.Heard.Add(d.set.HangLimit)))", "max(d.m.Heard, d.m.Seen)"}},
		},
		{
			Name: "member that takes no log counts on", Theme: synced, Breaks: []string{"Q8"},
			Edits: []Edit{{"ha/quorum.go", "m.Alive() && !m.Status.Dry)", "m.Alive())"}},
		},
		{
			Name: "failed promotion forgets whom to fence", Theme: every, Breaks: []string{"F1"},
			Edits: []Edit{{"ha/decide_fence.go", "	if !r.Promoted { // its own", "	if false { // its own"}},
		},
		{
			Name: "promotion below the fencing level", Theme: every, Breaks: []string{"F1"},
			Edits: []Edit{{"ha/decide_fence.go", "	case level < d.set.Fencing:\n		m.PromoFail = true", "	case level > FenceStopped:\n		m.PromoFail = true"}},
		},
	}
}
