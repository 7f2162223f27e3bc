// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

import "github.com/gausskit/gausskit/ha/hatest"

// shadowBugs are bugs in what a node does beside another manager, and when it
// takes over from it.
func shadowBugs() []Mutation {
	const (
		theme   = int(hatest.ThemeShadow)
		suppose = "	switch {\n	case a.Kind == ActObserve:\n"
	)
	return []Mutation{
		{
			Name: "shadow takes the grant", Theme: theme, Breaks: []string{"S1"},
			Edits: []Edit{{"ha/decide_shadow.go", suppose, "	if a.Kind == ActAcquire && d.idle(LaneStore) {\n		d.order(*a)\n	}\n" + suppose}},
		},
		{
			Name: "shadow starts its server", Theme: theme, Breaks: []string{"S1"},
			Edits: []Edit{{"ha/decide_shadow.go", suppose, "	if a.Kind == ActStart && d.idle(LaneEngine) {\n		d.order(*a)\n	}\n" + suppose}},
		},
		{
			Name: "shadow promotes its server", Theme: theme, Breaks: []string{"S1"},
			Edits: []Edit{{"ha/decide_shadow.go", suppose, "	if a.Kind == ActAcquire && d.idle(LaneEngine) {\n		d.order(Action{Kind: ActPromote, Term: 1, Limit: d.set.PromoteLimit})\n	}\n" + suppose}},
		},
		{
			Name: "all act on the order to take over", Theme: theme, Breaks: []string{"S1", "S2"},
			Edits: []Edit{{"ha/shadow.go", "return c.Reign.Term == 0 && c.TakeOver.Primary != self.Name", "return false"}},
		},
		{
			Name: "take-over stops a server that has no grant yet", Theme: theme, Breaks: []string{"S1", "S2"},
			Edits: []Edit{{"ha/decide_trigger.go", "	case d.adopting():\n		return d.inAdopting()\n", "	case d.adopting() && !d.mayWrite():\n		return d.inAdopting()\n	case d.adopting() && !d.grantMine():\n		return TriggerWritable\n"}},
		},
		{
			Name: "take-over restarts the primary", Theme: theme, Breaks: []string{"R3", "S4"},
			Edits: []Edit{{"ha/decide_duty.go", "	if !d.fenced() || !d.engineReady()", "	if m.Adopted != 0 && d.engineReady() {\n		d.order(Action{Kind: ActStart, Mode: StartPrimary, Term: m.Term, Limit: d.set.PromoteLimit})\n		return\n	}\n	if !d.fenced() || !d.engineReady()"}},
		},
		{
			Name: "take-over while two servers accept writes", Theme: theme, Breaks: []string{"S3"},
			Edits: []Edit{{"ha/decide_adopt.go", "		case leads(m), m.Alive() && m.Shadow.Saw == t.ID && m.Shadow.Writes:\n", "		case false:\n"}},
		},
		{
			Name: "take-over on what others saw before the order", Theme: theme, Breaks: []string{"S3"},
			Edits: []Edit{{"ha/decide_adopt.go", "(m.Shadow.Instance != m.Session.Instance || m.Shadow.Saw != t.ID)", "m.Shadow.Instance != m.Session.Instance"}},
		},
		{
			Name: "left-over of a split elected after the take-over", Theme: theme, Breaks: []string{"durability"},
			Edits: []Edit{{"ha/candidate.go", "return r.Adopted && at != r.Timeline", "return false && r.Adopted && at != r.Timeline"}},
		},
		{
			Name: "log of an unrecorded promotion taken for a split's", Theme: theme, Breaks: []string{"durability"},
			Edits: []Edit{{"ha/candidate.go", "at != r.Timeline && (r.Promoted || at <= c.Identity.Timeline)", "at != r.Timeline"}},
		},
		{
			Name: "take-over forgets the set in force", Theme: theme, Breaks: []string{"S3"},
			Edits: []Edit{{"ha/decide_adopt.go", "if rules := inheritedRules(s.Name, &seen); rules != nil {", "if rules := inheritedRules(s.Name, &seen); false {"}},
		},
	}
}
