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
	}
}
