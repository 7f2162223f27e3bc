// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"fmt"
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// wallOf is a time as records have it, 0 for the zero time.
func wallOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// maxAhead is how far in the future a time in an order may be.
const maxAhead = 366 * 24 * time.Hour

// checkFields refuses what an order of this kind does not have: whoever gives
// it expects something to come of it.
func (p *Plan) checkFields() {
	o, not := &p.Order, ""
	switch {
	case !o.At.IsZero() && o.Kind != OrderSwitchover:
		not = "At"
	case !o.Until.IsZero() && o.Kind != OrderPause && o.Kind != OrderDowntime:
		not = "Until"
	case o.Member != "" && !slices.Contains([]OrderKind{OrderReinit, OrderRestart, OrderRemove, OrderDowntime, OrderEndDowntime}, o.Kind):
		not = "Member"
	case o.Undo != 0 && o.Kind != OrderConfig:
		not = "Undo"
	case (o.Manager != "" || len(o.Without) > 0) && o.Kind != OrderTakeOver:
		not = "Manager or Without"
	case (o.Primary || o.Limit != 0) && o.Kind != OrderReinit && o.Kind != OrderRestart:
		not = "Primary or Limit"
	}
	if not != "" && p.Refused == "" {
		p.Refused = fmt.Sprintf("a %s order has no %s", o.Kind, not)
	}
}

// checkTime refuses times that have passed, or are so far ahead that they must
// be a mistake. A plan knows no clock; whoever applies it does.
func (p *Plan) checkTime(now time.Time) {
	for _, t := range [...]time.Time{p.Order.At, p.Order.Until} {
		switch {
		case t.IsZero() || p.Refused != "":
		case !t.After(now):
			p.Refused = fmt.Sprintf("%s has passed", t.UTC().Format(time.RFC3339))
		case t.Sub(now) > maxAhead:
			p.Refused = fmt.Sprintf("%s is more than a year ahead", t.UTC().Format(time.RFC3339))
		}
	}
}

// untilText says when something ends by itself.
func untilText(t time.Time, otherwise string) string {
	if t.IsZero() {
		return otherwise
	}
	return "until " + t.UTC().Format(time.RFC3339) + ", by the clock of the node that ends it"
}

func (p *Plan) planPause(c *Cluster) {
	p.Steps = []string{
		"stop all automatic changes of roles; a primary that loses its lease still stops (R1)",
		"that lasts " + untilText(p.Order.Until, "until somebody resumes"),
	}
	switch {
	case p.Order.Reason == "":
		p.Refused = "a pause needs a reason"
	case c.Paused() && !p.Order.Force:
		p.Refused = fmt.Sprintf("paused already by %s: %s", c.Pause.By, c.Pause.Reason)
	case c.Paused():
		p.Steps = append(p.Steps, fmt.Sprintf("that replaces the pause by %s: %s", c.Pause.By, c.Pause.Reason))
	}
	if q := &c.Scheduled; c.ScheduledRev != 0 && (p.Order.Until.IsZero() || q.NotBefore < wallOf(p.Order.Until)) {
		p.Steps = append(p.Steps, fmt.Sprintf("the switchover scheduled by %s for %s will be refused if the pause is on then", q.By, clockText(q.NotBefore)))
	}
}

func (p *Plan) planResume(c *Cluster) {
	p.Steps = []string{"allow automatic changes of roles again"}
	if c.FailoversRev != 0 {
		p.Steps = append(p.Steps, "forget recent failovers: the limit counts from now, and cool-downs end")
	}
	if !c.Paused() {
		p.Refused = "not paused"
	}
}

// planSchedule is for a switchover that waits for its time.
func (p *Plan) planSchedule(c *Cluster) {
	p.Steps = append([]string{fmt.Sprintf("wait for %s; the primary carries it out then, at most %v late, or refuses it with its reasons",
		p.Order.At.UTC().Format(time.RFC3339), ScheduleGrace)}, p.Steps...)
	if p.Order.To == "" {
		p.Steps = append(p.Steps, fmt.Sprintf("void if %s is not the primary any more by then", c.Grant.Holder))
	}
	if q := &c.Scheduled; c.ScheduledRev != 0 {
		p.Refused = fmt.Sprintf("a switchover is scheduled by %s for %s; cancel that first", q.By, clockText(q.NotBefore))
	}
}

func (p *Plan) planCancel(c *Cluster) {
	q := &c.Scheduled
	switch {
	case c.ScheduledRev != 0:
		p.Target = q.To
		p.Steps = []string{fmt.Sprintf("call off the switchover scheduled by %s for %s", q.By, clockText(q.NotBefore))}
	case c.RequestRev != 0:
		p.Refused = fmt.Sprintf("the %s asked for by %s is under way already", c.Request.Kind, c.Request.By)
	default:
		p.Refused = "nothing is scheduled"
	}
}

// awaitsApproval reports whether an automatic failover waits for an operator.
func awaitsApproval(c *Cluster) bool {
	r := &c.Reign
	switch {
	case !c.Settings.Approve || c.Approved() || r.Term == 0 || c.RequestRev != 0:
		return false
	case contest(c):
		return doubted(c)
	}
	return c.GrantRev == 0 && (!r.Released || r.Failed || r.Failure != FailureNone)
}

// planApprove shows the election as the records have it.
func (p *Plan) planApprove(c *Cluster, policy Policy) {
	switch {
	case !c.Settings.Approve:
		p.Refused = "this cluster's failovers need no approval (Settings.Approve)"
		return
	case c.Approved():
		p.Refused = fmt.Sprintf("term %d is approved already by %s", c.Approval.Term, c.Approval.By)
		return
	case !awaitsApproval(c):
		p.Refused = "no automatic failover waits for an approval"
		return
	}
	e := elector{c: c, set: c.Settings.WithDefaults(), policy: policy, free: MaxLimit}
	if policy == nil {
		e.policy = DefaultPolicy
	}
	if n := len(c.Failovers); n > 0 {
		e.wall = c.Failovers[n-1].Wall
	}
	out := e.elect("")
	p.Verdicts, p.Target = out.Verdicts, out.Chosen
	who := string(out.Chosen)
	if who == "" {
		who = "the best member, when there is one (now: " + out.Hold.String() + ")"
	}
	p.Steps = []string{
		fmt.Sprintf("allow the failover from %s that begins term %d", c.Reign.Holder, c.Reign.Term+1),
		who + " takes the grant and is promoted; the others follow",
	}
	if len(c.Rules) == 0 {
		p.Risk = fmt.Sprintf("acknowledged writes may be lost, at least %s of log", out.Behind)
	}
}

// planDowntime begins or ends a downtime.
func (p *Plan) planDowntime(c *Cluster) {
	o := &p.Order
	m := c.Member(o.Member)
	switch {
	case m == nil:
		p.Refused = refusal(o.Member, ReasonNotThere)
		if o.Member == "" {
			p.Refused = "no member is named"
		}
		return
	case o.Kind == OrderEndDowntime:
		p.Steps = []string{fmt.Sprintf("%s is in service again", m.Name)}
		if !m.Down() {
			p.Refused = string(m.Name) + ": not in downtime"
		}
		return
	case c.Grant.Holder == m.Name:
		p.Refused = string(m.Name) + ": " + ReasonIsPrimary.String() + "; switch over first"
		return
	case o.Reason == "":
		p.Refused = "a downtime needs a reason"
		return
	case m.Down() && !o.Force:
		p.Refused = fmt.Sprintf("%s is in downtime already, by %s: %s", m.Name, m.Downtime.By, m.Downtime.Reason)
		return
	}
	p.Steps = []string{
		fmt.Sprintf("%s is not promoted, and its server is left alone when it does not run", m.Name),
		"its problems are no alarms",
		"that lasts " + untilText(o.Until, "until somebody ends it"),
	}
	p.downtimeRisk(c, m)
}

// downtimeRisk says what the cluster can do without the member.
func (p *Plan) downtimeRisk(c *Cluster, m *Member) {
	k := c.Settings.Durability.K
	counts := syncMembers{c: c, me: c.Grant.Holder}
	sync, able := 0, 0
	for i := range c.Members {
		x := &c.Members[i]
		if x == m || !x.Alive() || x.Down() || x.Name == c.Grant.Holder {
			continue
		}
		if counts.has(x) {
			sync++
		}
		if !x.Status.Tags.NeverPromote && !x.Status.Tags.barred() && x.Status.Data == DataPresent {
			able++
		}
	}
	if k > 0 {
		p.Steps = append(p.Steps, fmt.Sprintf("%s is taken out of the synchronous set", m.Name))
	}
	switch {
	case sync < k && !p.Order.Force:
		p.Refused = fmt.Sprintf("writes would wait: %d must confirm them, and without %s %d live that may", k, m.Name, sync)
	case sync < k:
		p.Risk = fmt.Sprintf("writes wait until the downtime ends: %d must confirm them, and %d live that may", k, sync)
	case able == 0:
		p.Risk = "nobody is left to be promoted when the primary fails"
	}
}

// planRemove forgets a member. Its records are news, not data: what makes an
// election safe are the synchronous rules. A rule that names it stays as
// careful as it was, unless that is what is asked for.
func (p *Plan) planRemove(c *Cluster) {
	o := &p.Order
	m := c.Member(o.Member)
	switch {
	case o.Member == "":
		p.Refused = "no member is named"
		return
	case m == nil:
		p.Refused = refusal(o.Member, ReasonNotThere)
		return
	case m.Alive():
		p.Refused = string(m.Name) + ": a node lives under its name; close it first"
		return
	case c.Grant.Holder == m.Name:
		p.Refused = string(m.Name) + ": holds the grant until its lease runs out"
		return
	}
	p.Steps = []string{fmt.Sprintf("forget %s: its status and its downtime; if its node ever comes back it is a member like any other", m.Name)}
	need, risk := "", ""
	switch {
	case c.Reign.Holder == m.Name && c.GrantRev == 0:
		need = "it was the last primary, and nobody has taken over"
		risk = "nobody can tell any more how much a failover loses"
	case slices.ContainsFunc(c.Rules, func(r SyncRule) bool { return slices.Contains(r.Members, m.Name) }):
		need = "the synchronous rules count on it"
	}
	if kept, lost := rulesWithout(c, m.Name); len(lost) > 0 {
		p.Steps = append(p.Steps, fmt.Sprintf("elections demand nothing of it any more; %d rules remain", len(kept)))
		risk = joinRisk(risk, fmt.Sprintf("writes that, besides %s, only %s has confirmed are lost", lost[0], m.Name))
	} else if need != "" && risk == "" {
		risk = "writes may wait, and an election may need a forced failover, until the primary has replaced the rules"
	}
	switch {
	case need != "" && !o.Force:
		p.Refused = fmt.Sprintf("%s: %s", m.Name, need)
	case need != "":
		p.Risk = risk
	}
}

func joinRisk(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// rulesWithout is the rules of an election that does not wait for a member that
// never returns, and the primaries of those that become less careful by it. It
// changes nothing while a primary holds the grant or may go on without it:
// that one replaces the rules itself, in two phases (5.3).
//
// A write that was acknowledged under {K, S} is on at least K-1 of S without
// the member, so {K-1, S without it} says the same about the rest. With K of 1
// it may be on the member alone: then all that can be asked is the rest.
func rulesWithout(c *Cluster, name MemberID) (rules []SyncRule, lost []MemberID) {
	if c.GrantRev != 0 || contest(c) {
		return c.Rules, nil
	}
	for _, r := range c.Rules {
		if !slices.Contains(r.Members, name) {
			rules = append(rules, r)
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(r.Members), func(m MemberID) bool { return m == name })
		if r.K == 1 {
			lost = append(lost, r.Primary)
		}
		if len(rest) > 0 {
			rules = append(rules, SyncRule{Primary: r.Primary, K: max(r.K-1, 1), Members: rest})
		}
	}
	return rules, lost
}

// opsTxn carries out the plans of this file.
func (p *Plan) opsTxn(k Keys, c *Cluster, by Issue, guard []dcs.Cond) dcs.Txn {
	o := &p.Order
	txn := dcs.Txn{If: guard}
	when := func(key string, rev dcs.Revision) { txn.If = append(txn.If, dcs.Cond{Key: key, Modified: rev}) }
	then := func(op dcs.Op) { txn.Then = append(txn.Then, op) }
	switch o.Kind {
	case OrderSwitchover:
		when(k.scheduled(), c.ScheduledRev)
		then(dcs.Op{Key: k.scheduled(), Value: encode(Request{
			ID: by.ID, Kind: RequestSwitchover, To: o.To, Term: c.Reign.Term, By: by.Actor, Why: o.Reason, Wall: by.Wall,
			NotBefore: wallOf(o.At), From: c.Grant.Holder,
		})})
	case OrderCancel:
		conds, ops := scheduledOps(k, c, Answer{
			ID: c.Scheduled.ID, Code: AnswerCancelled, Why: "cancelled by " + by.Actor, Term: c.Reign.Term, Primary: c.Grant.Holder,
		})
		txn.If, txn.Then = append(txn.If, conds...), ops
	case OrderResume:
		then(dcs.Op{Key: k.pause(), Delete: true})
		if c.FailoversRev != 0 {
			when(k.failovers(), c.FailoversRev)
			then(dcs.Op{Key: k.failovers(), Delete: true})
		}
	case OrderApprove:
		when(k.approval(), c.ApprovalRev)
		then(dcs.Op{Key: k.approval(), Value: encode(Approval{Term: c.Reign.Term + 1, By: by.Actor, Wall: by.Wall})})
	case OrderDowntime:
		when(k.downtime(o.Member), c.Member(o.Member).DowntimeRev)
		then(dcs.Op{Key: k.downtime(o.Member), Value: encode(Downtime{
			Reason: o.Reason, By: by.Actor, Wall: by.Wall, Until: wallOf(o.Until),
		})})
	case OrderEndDowntime:
		when(k.downtime(o.Member), c.Member(o.Member).DowntimeRev)
		then(dcs.Op{Key: k.downtime(o.Member), Delete: true})
	case OrderRemove:
		p.removal(k, c, &txn)
	}
	return txn
}

// removal takes away what a member left, unless it has come back.
func (p *Plan) removal(k Keys, c *Cluster, txn *dcs.Txn) {
	m := c.Member(p.Order.Member)
	txn.If = append(txn.If,
		dcs.Cond{Key: k.session(m.Name)}, dcs.Cond{Key: k.member(m.Name), Modified: m.StatusRev},
		dcs.Cond{Key: k.downtime(m.Name), Modified: m.DowntimeRev}, dcs.Cond{Key: k.rules(), Modified: c.RulesRev})
	if m.Known {
		txn.Then = append(txn.Then, dcs.Op{Key: k.member(m.Name), Delete: true})
	}
	if m.Down() {
		txn.Then = append(txn.Then, dcs.Op{Key: k.downtime(m.Name), Delete: true})
	}
	named := slices.ContainsFunc(c.Rules, func(r SyncRule) bool { return slices.Contains(r.Members, m.Name) })
	if rules, _ := rulesWithout(c, m.Name); named && c.GrantRev == 0 && !contest(c) {
		txn.Then = append(txn.Then, dcs.Op{Key: k.rules(), Value: encode(rules)})
	}
}
