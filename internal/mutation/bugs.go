// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

import "slices"

// The themes of schedules, as in package hatest.
const (
	every = iota
	sync
	tail
	lease
	grant
	hand
	cut
	ops
)

// Bugs returns the bugs that the simulation must catch: one for each rule of
// the role machine, and what other managers have got wrong.
func Bugs() []Mutation {
	return slices.Concat(roleBugs(), meansBugs(), dataBugs(), cascadeBugs(), shadowBugs(), holeBugs())
}

func roleBugs() []Mutation { // long: a table
	return []Mutation{
		{
			Name: "margin of the lease removed", Theme: lease, Breaks: []string{"R1"},
			Edits: []Edit{{"ha/input.go",
				"m.LeaseSent.Add(m.LeaseTTL - m.LeaseMargin)",
				"m.LeaseSent.Add(m.LeaseTTL)"}},
		},
		{
			Name: "deadline counted from the reply", Theme: lease, Breaks: []string{"R1"},
			Edits: []Edit{{"ha/decide.go",
				"d.m.LeaseSent = max(d.m.LeaseSent, o.Began)",
				"d.m.LeaseSent = max(d.m.LeaseSent, o.Ended)"}},
		},
		{
			Name: "grant not read again before the promotion", Theme: grant, Breaks: []string{"R1", "R3", "R4"},
			Edits: []Edit{{"ha/decide_duty.go",
				"	if d.m.Confirmed && d.now.Sub(d.m.ConfirmAt) <= d.set.StoreLimit {",
				"	if true {"}},
		},
		{
			Name: "grant given back before the server is stopped", Theme: hand, Breaks: []string{"R1"},
			Edits: []Edit{{"ha/decide_duty.go",
				"	if !m.Stopped {\n		d.stop(m.HandTo != \"\")\n		return\n	}\n	if d.keepsGrant() && d.storeReady() && m.SessionRev != 0 && d.fresh() {",
				"	if !m.Stopped {\n		d.stop(m.HandTo != \"\")\n	}\n	if d.keepsGrant() && d.storeReady() && m.SessionRev != 0 {"}},
		},
		{
			Name: "grant taken without looking whether it is free", Theme: every, Breaks: []string{"R1", "R2", "R4"},
			Edits: []Edit{{"ha/decide_store.go",
				"			{Key: k.grant(), Modified: d.c.GrantRev},\n			{Key: k.reign(), Modified: d.c.ReignRev},\n			{Key: k.pause(), Modified: d.c.PauseRev},\n",
				"			{Key: k.pause(), Modified: d.c.PauseRev},\n"}},
		},
		{
			Name: "promotion in the old term", Theme: every, Breaks: []string{"R2", "R4"},
			Edits: []Edit{{"ha/decide_store.go",
				"		Term: r.Term + 1, Holder: s.Name, Instance: s.Instance, Timeline",
				"		Term: max(r.Term, 1), Holder: s.Name, Instance: s.Instance, Timeline"}},
		},
		{
			Name: "positions compared as text", Theme: sync, Breaks: []string{"durability"},
			Edits: []Edit{{"ha/candidate.go",
				"cmp.Or(cmp.Compare(p.timeline, o.timeline), cmp.Compare(p.lsn, o.lsn))",
				"cmp.Or(cmp.Compare(p.timeline, o.timeline), cmp.Compare(p.lsn.String(), o.lsn.String()))"}},
		},
		{
			Name: "timeline left out of the comparison", Theme: tail, Breaks: []string{"durability", "verdict"},
			Edits: []Edit{{"ha/candidate.go",
				"cmp.Or(cmp.Compare(p.timeline, o.timeline), cmp.Compare(p.lsn, o.lsn))",
				"cmp.Compare(p.lsn, o.lsn)"}},
		},
		{
			Name: "members behind the furthest one may lead", Theme: sync, Breaks: []string{"durability"},
			Edits: []Edit{{"ha/candidate.go",
				"	case confirming(e.c.Rules) && m.position().compare(top) < 0:",
				"	case false:"}},
		},
		{
			Name: "one member too few seen", Theme: sync, Breaks: []string{"Q1", "Q5", "durability"},
			Edits: []Edit{{"ha/quorum.go",
				"n < len(r.Members)-r.K+1",
				"n < len(r.Members)-r.K"}},
		},
		{
			Name: "position fixed before the former primary was stopped", Theme: hand, Breaks: []string{"Q1", "Q3", "Q5", "durability", "switchover"},
			Edits: []Edit{{"ha/decide_store.go",
				" && d.fresh() && d.in.View.ObsBegan >= d.m.FreeSince &&\n",
				" &&\n"}},
		},
		{
			Name: "former synchronous set forgotten too early", Theme: sync, Breaks: []string{"durability"},
			Edits: []Edit{{"ha/decide_duty.go",
				"	if covered(o.Sync, o.Receivers, d.m.SyncLSN) {",
				"	if true {"}},
		},
		{
			Name: "new primary forgets the rules of the former one", Theme: sync, Breaks: []string{"durability"},
			Edits: []Edit{{"ha/decide_duty.go",
				"		d.commitRules(wide)\n		return\n	}\n	if !d.confirmed() {",
				"		d.commitRules(wide[len(wide)-1:])\n		return\n	}\n	if !d.confirmed() {"}},
		},
		{
			Name: "limit on the lag ignored", Theme: hand, Breaks: []string{"asynchronous loss"},
			Edits: []Edit{{"ha/candidate.go",
				"asynchronous(e.c.Rules) && (behind > e.set.MaxLag || ",
				"asynchronous(e.c.Rules) && ("}},
		},
		{
			Name: "tag ignored that forbids a promotion", Theme: every, Breaks: []string{"tags"},
			Edits: []Edit{{"ha/candidate.go",
				"	case s.Tags.NeverPromote && !e.force && !(e.again && e.c.Reign.Promoted && e.c.Reign.Holder == m.Name):",
				"	case false:"}},
		},
		{
			Name: "deleted grant taken as proof that the former primary is stopped", Theme: grant, Breaks: []string{"R1"},
			Edits: []Edit{{"ha/candidate.go",
				"	if old == nil || !old.Alive() || old.Status.Final == r.Term+1 {",
				"	if true {"}},
		},
		{
			Name: "former primary starts as primary again", Theme: every, Breaks: []string{"R1", "R3", "R4"},
			Edits: []Edit{{"ha/decide_duty.go",
				"		d.order(Action{Kind: ActStart, Mode: StartStandby, Upstream: up, Limit: d.set.PromoteLimit})",
				"		d.order(Action{Kind: ActStart, Mode: StartPrimary, Upstream: up, Limit: d.set.PromoteLimit})"}},
		},
		{
			Name: "end of the session ignored", Theme: grant, Breaks: []string{"R1", "recovery"},
			Edits: []Edit{{"ha/decide.go",
				"	if o.Fault == FaultLeaseGone {",
				"	if false {"}},
		},
		{
			Name: "stop not escalated", Theme: lease, Breaks: []string{"R1", "recovery"},
			Edits: []Edit{{"ha/decide.go",
				"			d.m.StopMode = min(d.m.StopMode+1, StopKill)\n",
				""}, {"ha/decide_duty.go",
				"		m.StopMode = min(m.StopMode+1, StopKill) // it did not even return\n",
				""}},
		},
		{
			Name: "failed stop believed", Theme: lease, Breaks: []string{"R1", "W2"},
			Edits: []Edit{{"ha/decide.go",
				"		if o.Result == ResultDone {\n			d.m.Stopped = true\n",
				"		if true {\n			d.m.Stopped = true\n"}, {"ha/decide_duty.go",
				"			m.Stopped = false // somebody started it again\n",
				""}},
		},
		{
			Name: "position of a torn log believed", Theme: sync, Mode: "lease", Breaks: []string{"recovery", "durability", "asynchronous loss"},
			Edits: []Edit{{"ha/decide_store.go",
				"(o.Running && o.Answers && !o.Recovering || !o.Running && o.Clean)",
				"(o.Running && o.Answers && !o.Recovering || !o.Running)"}, {"ha/decide_duty.go",
				"	if o.Data == DataPresent && !o.Running && !d.inDowntime() && (!o.Clean || !d.turnedAway()) && d.engineReady() {",
				"	if o.Data == DataNone {"}},
		},
		{
			Name: "pause ignored", Theme: grant, Breaks: []string{"pause"},
			Edits: []Edit{{"ha/record.go",
				"func (c *Cluster) Paused() bool { return c.PauseRev != 0 }",
				"func (c *Cluster) Paused() bool { return false }"}},
		},
		{
			Name: "grant of a former manager taken for one's own", Theme: lease, Breaks: []string{"R1", "R3", "R4", "recovery"},
			Edits: []Edit{{"ha/decide.go",
				" && d.c.Grant.Holder == d.in.Self.Name && d.c.Grant.Instance == d.in.Self.Instance\n",
				" && d.c.Grant.Holder == d.in.Self.Name\n"}},
		},
		{
			Name: "restart in place without asking for the grant", Theme: grant, Breaks: []string{"R1", "R3", "R4"},
			Edits: []Edit{{"ha/decide_duty.go",
				"	if d.confirmed() {\n		d.order(Action{Kind: ActStart, Mode: StartPrimary, Term: d.m.Term",
				"	if sync.K < 99 {\n		d.order(Action{Kind: ActStart, Mode: StartPrimary, Term: d.m.Term"}},
		},
		{
			Name: "lost grant ignored by a primary", Theme: grant, Breaks: []string{"R1"},
			Edits: []Edit{{"ha/decide_trigger.go",
				"		return TriggerDeadline\n	case !d.holding():\n		return TriggerGrantLost\n	case d.alien():\n		return TriggerForeign\n	case d.in.View.Closing:\n		return TriggerClosing\n	case d.serverLost():",
				"		return TriggerDeadline\n	case d.alien():\n		return TriggerForeign\n	case d.in.View.Closing:\n		return TriggerClosing\n	case d.serverLost():"}},
		},
		{
			Name: "deadline ignored", Theme: lease, Breaks: []string{"Q2", "R1"},
			Edits: []Edit{{"ha/decide_trigger.go",
				"	return d.m.Lease == 0 || d.now >= deadline\n",
				"	return d.m.Lease == 0\n"}},
		},
		{
			Name: "server that runs writable left alone by a new manager", Theme: lease, Breaks: []string{"R1"},
			Edits: []Edit{{"ha/decide_trigger.go",
				"	case d.mayWrite() && d.rightless():\n",
				"	case false:\n"}},
		},
		{
			Name: "synchronous sets not put on record", Theme: sync, Breaks: []string{"Q7", "durability"},
			Edits: []Edit{{"ha/decide_duty.go",
				"sync, loose); wide != nil {",
				"sync, loose); wide != nil && k > 9 {"}, {"ha/decide_duty.go",
				"	case wide != nil:",
				"	case wide != nil && k > 9:"}, {"ha/decide_duty.go",
				"	if covered(o.Sync, o.Receivers, d.m.SyncLSN) {",
				"	if false && covered(o.Sync, o.Receivers, d.m.SyncLSN) {"}},
		},
		{
			Name: "promise without having turned away", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q3", "durability"},
			Edits: []Edit{{"ha/decide_store.go",
				`	return d.m.Detached && o.Running && o.Role == RoleStandby && o.Upstream == "" && !o.Streaming`,
				`	return o.Running`}},
		},
		{
			Name: "log taken from the old holder in spite of a promise", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q4", "durability"},
			Edits: []Edit{{"ha/decide_quorum.go",
				"d.c.Revision >= d.m.PublishedRev && d.m.Promised <= d.c.Reign.Term",
				"d.c.Revision >= d.m.PublishedRev"}},
		},
		{
			Name: "log taken from a holder that only old records know", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q4", "durability"},
			Edits: []Edit{{"ha/decide_quorum.go",
				"d.m.PublishedRev != 0 && d.c.Revision >= d.m.PublishedRev && d.m.Promised",
				"d.m.PublishedRev != 0 && d.m.Promised"}},
		},
		{
			Name: "data rejoined to the old holder in spite of a promise", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q4", "durability"},
			Edits: []Edit{{"ha/decide_duty.go", " || !d.mayAttach() {", " {"}},
		},
		{
			Name: "quorum of promises one too small", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q5", "durability"},
			Edits: []Edit{{"ha/quorum.go", "n < len(r.Members)-r.K+1", "n < len(r.Members)-r.K"}},
		},
		{
			Name: "promise counted that may have been taken back", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q5", "durability"},
			Edits: []Edit{{"ha/decide_store.go", "if against && m.Status.Final != next.Term {", "if against {"}},
		},
		{
			Name: "election by synchronous sets that may have changed", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q5", "durability"},
			Edits: []Edit{{"ha/decide_store.go", "			{Key: k.rules(), Modified: d.c.RulesRev},\n			d.session", "			d.session"}},
		},
		{
			Name: "status that may arrive after a later one", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q3", "durability"},
			Edits: []Edit{{"ha/decide_store.go", "d.sessionCond(), {Key: k.member(d.in.Self.Name), Modified: last}}", "d.sessionCond()}"},
				{"ha/decide_store.go", "			last = me.StatusRev\n", "			_ = last\n"}},
		},
		{
			Name: "quorum reign over a server with an unknown set", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q6", "durability"},
			Edits: []Edit{{"ha/decide_quorum.go",
				"(d.in.View.Obs.Role != RolePrimary || r.Quorum && r.Holder == d.in.Self.Name)", "r != nil"}},
		},
		{
			Name: "lease ignored before quorum is on record", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q2"},
			Edits: []Edit{{"ha/decide_store.go", "	d.m.AskedQuo = rely\n", "	d.m.AskedQuo = rely\n	d.m.Quorum = rely\n"}},
		},
		{
			Name: "lease ignored in lease mode", Theme: lease, Mode: "lease", Breaks: []string{"R1", "Q2"},
			Edits: []Edit{{"ha/decide_quorum.go", "	return d.m.Quorum && (d.m.State == StatePrimary", "	return (d.m.State == StatePrimary"}},
		},
		{
			Name: "asynchronous replication while the record says quorum", Theme: every, Mode: "quorum", Breaks: []string{"Q1", "Q6", "durability"},
			Edits: []Edit{{"ha/decide_duty.go", "|| k == 0 && d.c.Reign.Quorum {", "{"}},
		},
		{
			Name: "position published before the own log is read", Theme: sync, Mode: "lease", Breaks: []string{"durability", "asynchronous loss", "verdict"},
			Edits: []Edit{{"ha/decide_store.go", "o.Running && o.Answers && !o.Recovering ||", "o.Running && o.Answers ||"}},
		},
		{
			Name: "free grant taken for the end of a quorum reign", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q3", "Q5", "durability", "busy"},
			Edits: []Edit{{"ha/decide_quorum.go",
				"		return contested(d.c) && (d.suspect() || d.cascades())\n",
				"		return contested(d.c) && (d.suspect() || d.cascades()) || d.c.GrantRev == 0 && oldPrimaryStopped(d.c)\n"}},
		},
		{
			Name: "promise on an old look at the server", Theme: cut, Mode: "quorum", Breaks: []string{"Q1", "Q3", "durability"},
			Edits: []Edit{{"ha/decide_store.go", "d.m.FreeSince != 0 && d.fresh() && d.in.View.ObsBegan >= d.m.FreeSince &&", "d.m.FreeSince != 0 &&"}},
		},
		{
			Name: "synchronous set not on record before the promotion", Theme: sync, Mode: "quorum", Breaks: []string{"Q7"},
			Edits: []Edit{{"ha/decide_duty.go", "sync, loose); wide != nil {", "sync, loose); wide != nil && k > 9 {"}},
		},
		{
			Name: "one automatic failover too many", Theme: ops, Breaks: []string{"flapping"},
			Edits: []Edit{{"ha/decide_ops.go",
				"n < d.set.FailoverLimit ||",
				"n <= d.set.FailoverLimit ||"}},
		},
		{
			Name: "failovers not put on record", Theme: ops, Breaks: []string{"flapping"},
			Edits: []Edit{{"ha/decide_ops.go",
				"	if failure == FailureNone {\n		return\n	}\n	old := d.c.Failovers",
				"	if d.c.FailoversRev != 0 || failure == FailureNone {\n		return\n	}\n	old := d.c.Failovers"}},
		},
		{
			Name: "member in downtime elected", Theme: ops, Breaks: []string{"downtime"},
			Edits: []Edit{{"ha/candidate.go",
				"	case m.Down() && !e.force:\n		return ReasonDowntime\n",
				""}},
		},
		{
			Name: "failover without the approval it needs", Theme: ops, Breaks: []string{"approval"},
			Edits: []Edit{{"ha/decide_ops.go",
				"	if d.set.Approve {\n",
				"	if d.set.Approve && d.c.ApprovalRev != 0 {\n"}},
		},
		{
			Name: "pause ended early", Theme: ops, Breaks: []string{"expiry"},
			Edits: []Edit{{"ha/decide_ops.go",
				"d.passed(p.Until, d.expireTurn())",
				"d.passed(p.Until, -d.set.TTL)"}},
		},
		{
			Name: "downtime ended early", Theme: ops, Breaks: []string{"expiry"},
			Edits: []Edit{{"ha/decide_ops.go",
				"d.passed(m.Downtime.Until, d.expireTurn())",
				"d.passed(m.Downtime.Until, -d.set.TTL)"}},
		},
		{
			Name: "switchover before its time", Theme: ops, Breaks: []string{"schedule"},
			Edits: []Edit{{"ha/decide_ops.go",
				"	if !d.passed(q.NotBefore, 0) {",
				"	if !d.passed(q.NotBefore, -d.set.StoreLimit) {"}},
		},
	}
}
