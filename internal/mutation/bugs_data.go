// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

// dataBugs are bugs in whose data is thrown away, and when.
func dataBugs() []Mutation {
	return []Mutation{
		{
			Name: "founder that was overtaken keeps its database", Theme: every, Breaks: []string{"recovery"},
			Edits: []Edit{{"ha/decide_trigger.go", "o.Data == DataPresent && o.Unserved && !o.Writable", "false && o.Writable"}},
		},
		{
			Name: "served data of another database thrown away", Theme: every, Breaks: []string{"identity"},
			Edits: []Edit{{"ha/decide_trigger.go", "o.Data == DataPresent && o.Unserved && !o.Writable", "o.Data == DataPresent && !o.Writable"}},
		},
		{
			Name: "data not compared with the identity on record", Theme: every, Breaks: []string{"identity"},
			Edits: []Edit{{"ha/decide_trigger.go", "	return id != \"\" && o.SystemID != \"\" && o.SystemID != id", "	return id == \"?\" && o.SystemID != id"}},
		},
		{
			Name: "last primary counted although it was not seen", Theme: sync, Breaks: []string{"durability", "Q5", "verdict"},
			Edits: []Edit{{"ha/candidate.go", "r.Promoted && last != nil && e.final(last)", "r.Promoted && last != nil"}},
		},
		{
			Name: "hand-over on record without the end of the log", Theme: hand, Mode: "lease", Breaks: []string{"switchover"},
			Edits: []Edit{{"ha/decide_duty.go", "	case r.Released && r.Exact && d.in.View.Obs.LSN < r.End && asynchronous(d.c.Rules):\n		return causeFailover\n", ""}},
		},
		{
			Name: "data thrown away by order while rules count on it", Theme: ops, Breaks: []string{"reinit"},
			Edits: []Edit{{"ha/decide_member.go", "Order.Force || me.Known && me.Status.Reinit && !counted(d.c.Rules, me.Name)", "Order.Force || d.c.Revision > 0"}},
		},
		{
			Name: "log that a forced failover gave up is still lagged", Theme: ops, Mode: "lease", Breaks: []string{"recovery"},
			Edits: []Edit{{"ha/decide_store.go", "		r.Last = min(r.Last, r.Start) //", "		//"}},
		},
		{
			Name: "synchronous set believed because the server shows it", Theme: sync, Breaks: []string{"Q1", "durability", "verdict"},
			Edits: []Edit{{"ha/decide.go", "d.m.SyncDoubt = true // until it is done", ""}},
		},
		{
			Name: "server that follows nobody taken for one that has turned away", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q3", "durability"},
			Edits: []Edit{{"ha/decide_store.go", "return d.m.Detached && o.Running &&", "return o.Running &&"}},
		},
	}
}
