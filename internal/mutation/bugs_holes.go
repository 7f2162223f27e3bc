// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

// holeBugs are holes of other managers that none of the other bugs stands for;
// see Holes.
func holeBugs() []Mutation {
	return []Mutation{
		{
			Name: "grant kept after a promotion that failed", Theme: every, Breaks: []string{"recovery"},
			Edits: []Edit{{"ha/decide_duty.go",
				"	if d.keepsGrant() && d.storeReady() && m.SessionRev != 0 && d.fresh() {",
				"	if !m.PromoFail && d.keepsGrant() && d.storeReady() && m.SessionRev != 0 && d.fresh() {"}},
		},
		{
			Name: "heir of a hand-over waited for without end", Theme: hand, Breaks: []string{"recovery"},
			Edits: []Edit{{"ha/candidate.go", "{ return 4 * e.set.StoreLimit }", "{ return 9999 * e.set.StoreLimit }"}},
		},
		{
			Name: "former primary never rejoined", Theme: tail, Breaks: []string{"recovery"},
			Edits: []Edit{{"ha/decide_trigger.go",
				"	case !d.handsOff() && d.leader() != nil && d.diverged(), d.fresh() && d.reinitDue():",
				"	case d.fresh() && d.reinitDue():"}},
		},
		{
			Name: "grant whose answer was lost not noticed", Theme: every, First: 640, Breaks: []string{"recovery"},
			Edits: []Edit{
				{"ha/decide.go", "	if d.grantMine() && d.c.GrantRev > d.m.GrantRev {", "	if d.grantMine() && d.c.GrantRev < d.m.GrantRev {"},
				{"ha/decide.go", "		if d.grantMine() { // took it just now, or again", "		if d.grantMine() && d.now < 0 {"},
			},
		},
		{
			Name: "giving back believed that failed", Theme: every, Breaks: []string{"recovery"},
			Edits: []Edit{{"ha/decide.go",
				"		if o.Kind == ActSyncRules && o.Result == ResultUncertain {",
				"		if o.Kind == ActRelease {\n			d.m.GaveBack, d.m.GaveRev = true, d.c.GrantRev\n		}\n		if o.Kind == ActSyncRules && o.Result == ResultUncertain {"}},
		},
		{
			Name: "late giving back deletes the grant of another", Theme: grant, Breaks: []string{"R1", "R2", "R4"},
			Edits: []Edit{{"ha/decide_store.go",
				"		If:   []dcs.Cond{{Key: k.grant(), Modified: d.grantRev()}, {Key: k.reign(), Modified: d.c.ReignRev}},\n		Then: []dcs.Op{{Key: k.reign(), Value: encode(r)}},\n	}\n	if d.grantRev()",
				"		If:   []dcs.Cond{d.sessionCond()},\n		Then: []dcs.Op{{Key: k.reign(), Value: encode(r)}},\n	}\n	if d.grantRev()"}},
		},
		{
			Name: "empty member makes a database of its own", Theme: every, Breaks: []string{"identity", "recovery"},
			Edits: []Edit{
				{"ha/decide_trigger.go", "	case o.Data == DataBroken, o.Data == DataNone && d.c.Identity.SystemID != \"\":", "	case o.Data == DataBroken:"},
				{"ha/decide_duty.go", "	case id.SystemID != \"\":\n	case o.Data", "	case id.SystemID != \"\" && o.Data != DataNone:\n	case o.Data"},
				{"ha/decide_duty.go", "	case d.c.Identity.By == d.in.Self.Name && d.engineReady():", "	case d.engineReady():"},
			},
		},
		{
			Name: "fixed half of the members locked out", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q5", "durability"},
			Edits: []Edit{{"ha/quorum.go", "n < len(r.Members)-r.K+1", "n < (len(r.Members)+2)/2"}},
		},
		{
			Name: "cool-down keeps the only candidate out", Theme: ops, Breaks: []string{"recovery"},
			Edits: []Edit{{"ha/candidate.go",
				"	case strayed(e.c, m):\n		return ReasonStrayed\n",
				"	case strayed(e.c, m):\n		return ReasonStrayed\n	case e.cooling(m.Name):\n		return ReasonCoolDown\n"}},
		},
		{
			Name: "primary that relies on its standbys stops for its lease", Theme: cut, Mode: "quorum", Breaks: []string{"N1"},
			Edits: []Edit{{"ha/decide_trigger.go", "	if d.relies() {\n		return false\n	}\n	deadline :=", "	deadline :="}},
		},
		{
			Name: "old records take the grant away from its holder", Theme: every, Breaks: []string{"N2"},
			Edits: []Edit{{"ha/decide.go",
				"	return d.m.GrantRev != 0 && d.c.Revision >= d.m.GrantRev && d.c.GrantRev != d.m.GrantRev && !d.lapsed()",
				"	return d.m.GrantRev != 0 && d.c.GrantRev != d.m.GrantRev && !d.lapsed()"}},
		},
		{
			Name: "one standby ends a reign where two can judge", Theme: cut, Mode: "quorum", Breaks: []string{"N3"},
			Edits: []Edit{{"ha/decide_quorum.go", "	return n >= min(2, judges) && rulesHold(", "	return judges > 0 && rulesHold("}},
		},
		{
			Name: "who says of itself that it is primary is followed", Theme: cut, Breaks: []string{"Q1", "Q4", "C2", "durability", "recovery"},
			Edits: []Edit{{"ha/decide.go",
				"	if r := &d.c.Reign; d.c.GrantRev == 0 && contest(d.c) && r.Holder != d.in.Self.Name {",
				"	for i := range d.c.Members {\n		if m := &d.c.Members[i]; m.Name != d.in.Self.Name && m.Status.State == StatePrimary && m.Status.Writable {\n			return m\n		}\n	}\n	if r := &d.c.Reign; d.c.GrantRev == 0 && contest(d.c) && r.Holder != d.in.Self.Name {"}},
		},
	}
}
