// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

import "github.com/gausskit/gausskit/ha/hatest"

// cascadeBugs are bugs in what is done with cascade standbys.
func cascadeBugs() []Mutation {
	const (
		tail    = int(hatest.ThemeTail) // one in eight of its clusters has cascade standbys, too
		cascade = int(hatest.ThemeCascade)
	)
	return []Mutation{
		{
			Name: "cascade standbys follow each other", Theme: cascade, Breaks: []string{"C2"},
			Edits: []Edit{{"ha/cascade.go", "	case s.Tags.Cascade:\n		return ParentIsCascade\n", ""}},
		},
		{
			Name: "parent chosen before the own tag is known", Theme: cascade, Breaks: []string{"C2", "Q4"},
			Edits: []Edit{{"ha/decide_duty.go",
				"	case !d.mayAttach():\n	case d.cascades():\n		up = d.parent()\n",
				"	case d.cascades():\n		up = d.parent()\n	case !d.mayAttach():\n"}},
		},
		{
			Name: "former primary follows those that stream from it", Theme: cascade, Mode: "lease", First: 1480, Breaks: []string{"C2"},
			Edits: []Edit{
				{"ha/cascade.go", "	case s.Upstream == in.Member:\n		return ParentFollows\n", ""},
				{"ha/decide.go", "m.Start, m.Cascade = d.in.View.Obs.LSN, CascadeMemory{}", "m.Start = d.in.View.Obs.LSN"},
			},
		},
		{
			Name: "cascade standby counted as confirming", Theme: cascade, Breaks: []string{"C1"},
			Edits: []Edit{{"ha/quorum.go", "!m.Status.Tags.Cascade && ", ""}},
		},
		{
			Name: "cascade standby has a voice", Theme: cascade, Breaks: []string{"C3"},
			Edits: []Edit{{"ha/cascade.go", "	case !t.Promotable:\n		return true\n", ""}},
		},
		{
			Name: "forbidden cascade standby promoted", Theme: cascade, Breaks: []string{"C3", "C4"},
			Edits: []Edit{
				{"ha/cascade.go", "func (t *Tags) barred() bool { return t.Cascade && !t.Promotable }", "func (t *Tags) barred() bool { return false }"},
				{"ha/cascade.go", "	case !t.Promotable:\n		return true\n", ""},
			},
		},
		{
			Name: "cascade standby never gets another parent", Theme: cascade, Breaks: []string{"C6", "recovery"},
			Edits: []Edit{{"ha/cascade.go", "keep := in.Current != \"\" && (out.Fault == ParentFit ||", "keep := in.Current != \"\" && (true ||"}},
		},
		{
			Name: "starved cascade standby waits for ever", Theme: tail, Breaks: []string{"C6", "recovery"},
			Edits: []Edit{{"ha/decide_trigger.go", "		return d.starved()\n", "		return false\n"}},
		},
	}
}
