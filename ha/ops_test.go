// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// logged is the record of n automatic failovers, one each minute until now.
func failedOver(now int64, n int) func(*ha.Cluster) {
	return func(c *ha.Cluster) {
		c.FailoversRev, c.Failovers = 60, nil
		for i := range n {
			c.Failovers = append(c.Failovers, ha.Failover{
				Term: ha.Term(8 - n + i), From: "m9", To: "m1", Failure: ha.FailureNode, Automatic: true, Wall: now - int64(n-i)*int64(time.Minute),
			})
		}
	}
}

// failed adds a failure of a member as primary, so long ago.
func failed(now int64, name ha.MemberID, how ha.Failure, ago time.Duration) func(*ha.Cluster) {
	return func(c *ha.Cluster) {
		c.FailoversRev = 60
		c.Failovers = append(c.Failovers, ha.Failover{Term: 5, From: name, To: "m1", Failure: how, Wall: now - int64(ago)})
	}
}

func scheduled(to ha.MemberID, at int64) func(*ha.Cluster) {
	return func(c *ha.Cluster) {
		c.ScheduledRev = 70
		c.Scheduled = ha.Request{ID: "s1", Kind: ha.RequestSwitchover, To: to, Term: 6, By: "ann", NotBefore: at, From: "m1"}
	}
}

func inDowntime(name ha.MemberID, until int64) func(*ha.Cluster) {
	return member(name, func(m *ha.Member) {
		m.DowntimeRev, m.Downtime = 80, ha.Downtime{Reason: "new disks", By: "bob", Until: until}
	})
}

func approves(term ha.Term) func(*ha.Cluster) {
	return func(c *ha.Cluster) { c.ApprovalRev, c.Approval = 90, ha.Approval{Term: term, By: "ann"} }
}

func setting(change func(*ha.Settings)) func(*ha.Cluster) {
	return func(c *ha.Cluster) { change(&c.Settings) }
}

const randomWall = int64(1_000_000) * int64(time.Second)

// withOps adds to the records of every other random input what operators set,
// with times around now. Its chances are its own: the rest stays as it is.
func withOps(in *ha.Input, c *ha.Cluster) {
	r := rand.New(rand.NewPCG(in.Machine.Seq, uint64(in.View.ObsBegan)^uint64(in.Machine.Since)))
	if r.IntN(2) == 0 {
		return
	}
	some := func(n int) bool { return r.IntN(n) == 0 }
	when := func() int64 { return randomWall + int64(r.IntN(7)-3)*int64(10*time.Minute) }
	if some(2) {
		c.Pause.Until = when()
	}
	if some(4) {
		failedOver(when(), r.IntN(17))(c)
	}
	if some(4) {
		scheduled([]ha.MemberID{"", "m1", "m2"}[r.IntN(3)], when())(c)
	}
	if some(4) {
		inDowntime(c.Members[r.IntN(len(c.Members))].Name, when())(c)
	}
	if c.Settings.Approve = some(6); some(4) {
		approves(c.Reign.Term + ha.Term(r.IntN(2)))(c)
	}
}

// acts are the kinds of a decision's actions but for the daily ones.
func acts(d *ha.Decision) string {
	var out []string
	for _, a := range d.Actions {
		switch a.Kind {
		case ha.ActRenew, ha.ActObserve, ha.ActPublish:
		default:
			out = append(out, a.Kind.String())
		}
	}
	return strings.Join(out, " ")
}

// written is what a decision's transaction puts under keys that end in suffix.
func written(d *ha.Decision, suffix string) string {
	for _, a := range d.Actions {
		for _, op := range a.Txn.Then {
			if strings.HasSuffix(op.Key, suffix) {
				if op.Delete {
					return "deleted"
				}
				return string(op.Value)
			}
		}
	}
	return ""
}

// stands reports whether a decision's transaction stands on a key.
func stands(d *ha.Decision, suffix string) bool {
	for _, a := range d.Actions {
		for _, c := range a.Txn.If {
			if strings.HasSuffix(c.Key, suffix) {
				return true
			}
		}
	}
	return false
}

// long: a table of elections and what limits them.
func TestFailoverLimit(t *testing.T) {
	now := election().View.Wall
	asks := func(c *ha.Cluster) {
		c.RequestRev, c.Request = 50, ha.Request{ID: "r1", Kind: ha.RequestFailover, Term: 7, By: "ann"}
	}
	for _, c := range []struct {
		name   string
		change []func(*ha.Cluster)
		want   string
		logged int // failovers on record afterwards, 0 for no change
	}{
		{name: "the first", want: "acquire", logged: 1},
		{name: "the third", change: []func(*ha.Cluster){failedOver(now, 2)}, want: "acquire", logged: 3},
		{name: "the fourth", change: []func(*ha.Cluster){failedOver(now, 3)}, want: "pause"},
		{name: "the fourth, outside the window", change: []func(*ha.Cluster){failedOver(now-int64(time.Hour), 3)}, want: "acquire", logged: 4},
		{name: "the fourth, partly in a window of 90 s", change: []func(*ha.Cluster){failedOver(now, 3), setting(func(s *ha.Settings) { s.FailoverWindow = 90 * time.Second })}, want: "acquire", logged: 4},
		{name: "the fourth, with a higher limit", change: []func(*ha.Cluster){failedOver(now, 3), setting(func(s *ha.Settings) { s.FailoverLimit = 4 })}, want: "acquire", logged: 4},
		{name: "without a limit", change: []func(*ha.Cluster){failedOver(now, 16), setting(func(s *ha.Settings) { s.FailoverLimit = -1 })}, want: "acquire", logged: 16},
		{name: "from a clock that is two hours ahead", change: []func(*ha.Cluster){failedOver(now+int64(2*time.Hour), 3)}, want: "acquire", logged: 4},
		{name: "the fourth, ordered", change: []func(*ha.Cluster){failedOver(now, 3), asks}, want: "acquire", logged: 4},
		{name: "the fourth, approved", change: []func(*ha.Cluster){failedOver(now, 3), approves(8)}, want: "acquire", logged: 4},
		{name: "the fourth, handed over", change: []func(*ha.Cluster){failedOver(now, 3), reign(func(r *ha.Reign) { r.Released, r.Exact, r.To = true, true, "m2" })}, want: "acquire"},
		{name: "the fourth, after a stop in order", change: []func(*ha.Cluster){failedOver(now, 3), reign(func(r *ha.Reign) { r.Released, r.Exact = true, true })}, want: "acquire"},
		{name: "the fourth, after a crash of the server", change: []func(*ha.Cluster){failedOver(now, 3), reign(func(r *ha.Reign) { r.Released, r.Failure = true, ha.FailureCrash })}, want: "pause"},
		{name: "the fourth, after a failed promotion", change: []func(*ha.Cluster){failedOver(now, 3), reign(func(r *ha.Reign) { r.Released, r.Failed = true, true })}, want: "pause"},
		{name: "the fourth, to the last holder", change: []func(*ha.Cluster){failedOver(now, 3), reign(func(r *ha.Reign) { r.Holder, r.Released, r.Failed = "m2", true, true })}, want: "acquire", logged: 4},
		{name: "ordered ones do not count", change: []func(*ha.Cluster){failedOver(now, 3), func(c *ha.Cluster) { c.Failovers[1].Automatic = false }}, want: "acquire", logged: 4},

		{name: "approval needed", change: []func(*ha.Cluster){setting(func(s *ha.Settings) { s.Approve = true })}, want: ""},
		{name: "approval of an earlier term", change: []func(*ha.Cluster){setting(func(s *ha.Settings) { s.Approve = true }), approves(7)}, want: ""},
		{name: "approval given", change: []func(*ha.Cluster){setting(func(s *ha.Settings) { s.Approve = true }), approves(8)}, want: "acquire", logged: 1},
		{name: "approval not needed for an order", change: []func(*ha.Cluster){setting(func(s *ha.Settings) { s.Approve = true }), asks}, want: "acquire", logged: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := election()
			for _, change := range c.change {
				change(in.View.Cluster)
			}
			in.Machine.FreeMark = max(in.View.Cluster.RequestRev, in.View.Cluster.ApprovalRev) // it has waited since the order
			d := ha.Decide(in)
			if got := acts(&d); got != c.want {
				t.Fatalf("ordered %q, want %q: %+v", got, c.want, d.Election)
			}
			var all []ha.Failover
			if text := written(&d, "/failovers"); text != "" {
				if err := json.Unmarshal([]byte(text), &all); err != nil {
					t.Fatal(err)
				}
			}
			if len(all) != c.logged {
				t.Fatalf("%d failovers on record, want %d", len(all), c.logged)
			}
			switch {
			case c.want == "" && (d.Election.Hold != ha.HoldApproval || !strings.Contains(d.Machine.Problem, "approval")):
				t.Errorf("hold %v, problem %q", d.Election.Hold, d.Machine.Problem)
			case c.want == "acquire" && !stands(&d, "/downtimes/m2"):
				t.Error("the grant is taken without looking at downtimes")
			case c.logged > 0 && !stands(&d, "/failovers"):
				t.Error("the log is overwritten blindly")
			case c.logged > 0 && (all[c.logged-1].Term != 8 || all[c.logged-1].To != "m2"):
				t.Errorf("logged %+v", all[c.logged-1])
			}
		})
	}
}

// TestPausesItself: the pause says what happened, what to do, and when it ends.
func TestPausesItself(t *testing.T) {
	in := flapping()
	d := ha.Decide(in)
	var p ha.Pause
	if err := json.Unmarshal([]byte(written(&d, "/pause")), &p); err != nil {
		t.Fatal(err)
	}
	want := "3 automatic failovers within 1h0m0s: term 5 m9 -> m1 (node lost), term 6 m9 -> m1 (node lost), term 7 m9 -> m1 (node lost); find the cause, then resume, or order a failover"
	if p.Reason != want || !p.Automatic || p.By != "m2" {
		t.Errorf("%+v", p)
	}
	if end := time.Duration(p.Until - in.View.Wall); end != 57*time.Minute {
		t.Errorf("ends in %v; the oldest leaves the window in 57 minutes", end)
	}
}

func TestCoolDowns(t *testing.T) {
	now := election().View.Wall
	long := func(s *ha.Settings) { s.CrashCoolDown = 2 * time.Hour }
	crash, hang, promote := ha.FailureCrash, ha.FailureHang, ha.FailurePromotion
	for _, c := range []struct {
		name   string
		change []func(*ha.Cluster)
		chosen ha.MemberID
		m2     ha.Reason
	}{
		{"nothing", nil, "m2", ha.ReasonChosen},
		{"one crash is bad luck", []func(*ha.Cluster){failed(now, "m2", crash, time.Minute)}, "m2", ha.ReasonChosen},
		{"two crashes", []func(*ha.Cluster){failed(now, "m2", crash, 30*time.Minute), failed(now, "m2", crash, time.Minute)}, "m3", ha.ReasonCoolDown},
		{"two crashes, cooled down", []func(*ha.Cluster){failed(now, "m2", crash, 30*time.Minute), failed(now, "m2", crash, 11*time.Minute)}, "m2", ha.ReasonChosen},
		{"two crashes, a longer cool-down", []func(*ha.Cluster){setting(long), failed(now, "m2", crash, 110*time.Minute), failed(now, "m2", crash, 100*time.Minute)}, "m3", ha.ReasonCoolDown},
		{"two crashes of the other", []func(*ha.Cluster){failed(now, "m3", crash, 2*time.Minute), failed(now, "m3", crash, time.Minute)}, "m2", ha.ReasonChosen},
		{"a crash and a hang", []func(*ha.Cluster){failed(now, "m2", crash, 2*time.Minute), failed(now, "m2", hang, time.Minute)}, "m2", ha.ReasonChosen},
		{"two hangs", []func(*ha.Cluster){failed(now, "m2", hang, 2*time.Minute), failed(now, "m2", hang, time.Minute)}, "m3", ha.ReasonCoolDown},
		{"a failed promotion", []func(*ha.Cluster){failed(now, "m2", promote, time.Minute)}, "m3", ha.ReasonCoolDown},
		{"a failed promotion long ago", []func(*ha.Cluster){failed(now, "m2", promote, 3*time.Minute)}, "m2", ha.ReasonChosen},
		{"its node was lost twice", []func(*ha.Cluster){failed(now, "m2", ha.FailureNode, 2*time.Minute), failed(now, "m2", ha.FailureNode, time.Minute)}, "m2", ha.ReasonChosen},
		{"both cool down", []func(*ha.Cluster){failed(now, "m2", promote, time.Minute), failed(now, "m3", promote, time.Minute)}, "m2", ha.ReasonChosen},
		{"alone", []func(*ha.Cluster){failed(now, "m2", promote, time.Minute), member("m3", dead)}, "m2", ha.ReasonChosen},
		{"in downtime", []func(*ha.Cluster){inDowntime("m2", 0)}, "m3", ha.ReasonDowntime},
		{"the crash just now is the second", []func(*ha.Cluster){failed(now, "m2", crash, time.Minute), reign(func(r *ha.Reign) { r.Holder, r.Released, r.Failure = "m2", true, crash })}, "m3", ha.ReasonCoolDown},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := election()
			in.View.Cluster.Member("m3").Status.Tags.NeverPromote = false
			for _, change := range c.change {
				change(in.View.Cluster)
			}
			in.Machine.FreeSince = in.Now.Add(-10 * time.Millisecond) // nobody's turn but the best one's
			d := ha.Decide(in)
			if d.Election == nil || d.Election.Chosen != c.chosen {
				t.Fatalf("%+v", d.Election)
			}
			if got := d.Election.Verdicts[1].Reason; got != c.m2 {
				t.Errorf("m2: %v, want %v", got, c.m2)
			}
		})
	}
}

// TestRestartOfAStandbyHoldsNothingUp: what happens to standbys is in no log.
func TestRestartOfAStandbyHoldsNothingUp(t *testing.T) {
	in := election()
	in.View.Cluster.Member("m3").Status.Running = false
	in.View.Cluster.Member("m3").Status.Final = 0
	if d := ha.Decide(in); acts(&d) != "acquire" {
		t.Errorf("%q: %+v", acts(&d), d.Election)
	}
}

func TestThingsEndByThemselves(t *testing.T) {
	now := idlePrimary().View.Wall
	for _, c := range []struct {
		name  string
		in    *ha.Input
		until time.Duration // from now; 0 for never
		want  string
		wake  time.Duration // at the latest
	}{
		{"of the primary, now", idlePrimary(), -1, "expire", 0},
		{"of the primary, soon", idlePrimary(), 100 * time.Millisecond, "", 100 * time.Millisecond},
		{"of the primary, never", idlePrimary(), 0, "", 0},
		{"of the primary, in ten years", idlePrimary(), 87600 * time.Hour, "", 0},
		{"of a standby, the primary goes first", idleStandby(), -1, "", 0},
		{"of a standby, the primary did not", idleStandby(), -2 * time.Second, "expire", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for what, begin := range map[string]func(*ha.Cluster, int64){
				"/pause":        func(r *ha.Cluster, at int64) { paused(r); r.Pause.Until = at },
				"/downtimes/m3": func(r *ha.Cluster, at int64) { inDowntime("m3", at)(r) },
			} {
				in := *c.in
				records := *in.View.Cluster
				records.Members = append([]ha.Member(nil), records.Members...)
				in.View.Cluster = &records
				at := int64(0)
				if c.until != 0 {
					at = now + int64(c.until)
				}
				begin(&records, at)
				d := ha.Decide(&in)
				if got := acts(&d); got != c.want {
					t.Errorf("%s: ordered %q, want %q", what, got, c.want)
				}
				if c.want == "expire" && (written(&d, what) != "deleted" || !stands(&d, what)) {
					t.Errorf("%s: %+v", what, d.Actions)
				}
				if c.wake != 0 && d.Wake > in.Now.Add(c.wake) {
					t.Errorf("%s: wakes in %v", what, d.Wake.Sub(in.Now))
				}
			}
		})
	}
}

func TestScheduledSwitchover(t *testing.T) {
	now := idlePrimary().View.Wall
	for _, c := range []struct {
		name   string
		change []func(*ha.Cluster)
		want   string
		code   ha.AnswerCode
		why    string
	}{
		{name: "not yet", change: []func(*ha.Cluster){scheduled("m2", now+1e9)}},
		{name: "due", change: []func(*ha.Cluster){scheduled("m2", now)}, want: "due"},
		{name: "due, to the best", change: []func(*ha.Cluster){scheduled("", now)}, want: "due"},
		{name: "during another order", change: []func(*ha.Cluster){scheduled("m2", now), asked}, want: "checkpoint"},
		{name: "during a pause", change: []func(*ha.Cluster){scheduled("m2", now), paused}, want: "answer", code: ha.AnswerRefused, why: "paused by ann: moving racks"},
		{name: "too late", change: []func(*ha.Cluster){scheduled("m2", now-int64(ha.ScheduleGrace))}, want: "answer", code: ha.AnswerRefused, why: "void: there was no chance"},
		{name: "to the one that is primary now", change: []func(*ha.Cluster){scheduled("m1", now)}, want: "answer", code: ha.AnswerDone, why: "m1 is the primary already"},
		{name: "away from one that was primary", change: []func(*ha.Cluster){scheduled("", now+1e9), func(c *ha.Cluster) { c.Scheduled.From = "m3" }}, want: "answer", code: ha.AnswerRefused, why: "void: m3 is not the primary any more"},
		{name: "a named one survives a change of primary", change: []func(*ha.Cluster){scheduled("m2", now), func(c *ha.Cluster) { c.Scheduled.From = "m3" }}, want: "due"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := idlePrimary()
			for _, change := range c.change {
				change(in.View.Cluster)
			}
			d := ha.Decide(in)
			if got := acts(&d); got != c.want {
				t.Fatalf("ordered %q, want %q", got, c.want)
			}
			switch c.want {
			case "due":
				var q ha.Request
				if err := json.Unmarshal([]byte(written(&d, "/request")), &q); err != nil || q.Term != 7 || q.ID != "s1" || written(&d, "/scheduled") != "deleted" {
					t.Errorf("%+v, %v", q, err)
				}
			case "answer":
				var a []ha.Answer
				if err := json.Unmarshal([]byte(written(&d, "/answers")), &a); err != nil || len(a) != 1 || a[0].ID != "s1" || a[0].Code != c.code || !strings.Contains(a[0].Why, c.why) {
					t.Errorf("%+v, %v", a, err)
				}
				if written(&d, "/scheduled") != "deleted" {
					t.Error("answered, and still scheduled")
				}
			}
		})
	}
}

// TestDowntimeOfAMember: its server is left alone, and does not count.
func TestDowntimeOfAMember(t *testing.T) {
	for _, down := range []bool{false, true} {
		in := idleStandby()
		in.View.Obs.Running, in.View.Obs.Answers, in.View.Obs.Streaming = false, false, false
		if down {
			inDowntime("m2", 0)(in.View.Cluster)
		}
		d := ha.Decide(in)
		if got := strings.Contains(acts(&d), "start"); got == down {
			t.Errorf("in downtime %v: server started %v", down, got)
		}
	}
	c := led(4)
	inDowntime("m3", 0)(c)
	if got := ha.WantedSync(c, "m1", 1); got.String() != "ANY 1 (m2,m4)" {
		t.Errorf("synchronous set %v", got)
	}
	dead(c.Member("m2"))
	dead(c.Member("m4"))
	if got := ha.WantedSync(c, "m1", 1); got.String() != "ANY 1 (m2,m4)" {
		t.Errorf("too few live: %v", got)
	}
}

// TestNobodyTurnsAwayWithoutApproval: in quorum mode the doubt is told, and the
// holder keeps its standbys until an operator approves.
func TestNobodyTurnsAwayWithoutApproval(t *testing.T) {
	for _, c := range []struct {
		name   string
		change []func(*ha.Cluster)
		want   ha.State
	}{
		{"no approval is needed", nil, ha.StateElecting},
		{"not approved", []func(*ha.Cluster){setting(func(s *ha.Settings) { s.Approve = true })}, ha.StateStandby},
		{"approved", []func(*ha.Cluster){setting(func(s *ha.Settings) { s.Approve = true }), approves(8)}, ha.StateElecting},
		{"approved for another term", []func(*ha.Cluster){setting(func(s *ha.Settings) { s.Approve = true }), approves(9)}, ha.StateStandby},
	} {
		r := led(3, noGrant, member("m1", dead), rule("m1", 1, "m2", "m3"), reign(func(r *ha.Reign) { r.Quorum = true }),
			of("m2", func(s *ha.MemberStatus) { s.Suspect = 7 }), of("m3", func(s *ha.MemberStatus) { s.Suspect = 7 }))
		for _, change := range c.change {
			change(r)
		}
		in := quiet("m2", ha.StateStandby, r)
		in.View.Obs.Streaming, in.View.Obs.Silent = false, time.Minute
		if d := ha.Decide(in); d.To != c.want {
			t.Errorf("%s: %v, want %v", c.name, d.To, c.want)
		}
	}
}

// long: a table of plans.
func TestPlansOfOperators(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	needs := func(c *ha.Cluster) { c.Settings.Approve = true }
	gone := func(names ...ha.MemberID) func(*ha.Cluster) {
		return func(c *ha.Cluster) {
			for _, n := range names {
				dead(c.Member(n))
			}
		}
	}
	k := func(n int) func(*ha.Cluster) { return func(c *ha.Cluster) { c.Settings.Durability.K = n } }
	pause := ha.Order{Kind: ha.OrderPause, Reason: "x", Until: at}
	down := ha.Order{Kind: ha.OrderDowntime, Member: "m2", Reason: "disks", Until: at}
	forced := func(o ha.Order) ha.Order { o.Force = true; return o }
	remove := ha.Order{Kind: ha.OrderRemove, Member: "m2"}
	for _, c := range []struct {
		name    string
		records *ha.Cluster
		order   ha.Order
		refused string
		step    string
		risk    string
	}{
		{"pause until", led(3), pause, "", "that lasts until 2026-01-02T03:04:05Z", ""},
		{"pause for ever", led(3), ha.Order{Kind: ha.OrderPause, Reason: "x"}, "", "until somebody resumes", ""},
		{"pause over a schedule", led(3, scheduled("m2", at.UnixNano()-1)), pause, "", "scheduled by ann for 2026-01-02T03:04:04Z will be refused", ""},
		{"another pause", led(3, paused), forced(pause), "", "replaces the pause by ann", ""},
		{"resume forgets failovers", led(3, paused, failedOver(0, 3)), ha.Order{Kind: ha.OrderResume}, "", "forget recent failovers", ""},

		{"schedule", led(3), ha.Order{Kind: ha.OrderSwitchover, To: "m2", At: at}, "", "wait for 2026-01-02T03:04:05Z", ""},
		{"schedule to the best", led(3), ha.Order{Kind: ha.OrderSwitchover, At: at}, "", "void if m1 is not the primary", ""},
		{"schedule to a dead one", led(3, gone("m2")), ha.Order{Kind: ha.OrderSwitchover, To: "m2", At: at}, "", "not possible now, judged anew at that time: m2: no node lives", ""},
		{"schedule during an order", led(3, asked), ha.Order{Kind: ha.OrderSwitchover, To: "m2", At: at}, "", "wait for", ""},
		{"schedule to nobody", led(3), ha.Order{Kind: ha.OrderSwitchover, To: "m9", At: at}, "m9: no such member", "", ""},
		{"schedule twice", led(3, scheduled("m3", at.UnixNano())), ha.Order{Kind: ha.OrderSwitchover, At: at}, "scheduled by ann for 2026-01-02T03:04:05Z; cancel that first", "wait", ""},
		{"a failover has no time", led(3), ha.Order{Kind: ha.OrderFailover, At: at}, "a failover order has no At", "m2 takes", "lost"},
		{"a resume has no end", led(3, paused), ha.Order{Kind: ha.OrderResume, Until: at}, "a resume order has no Until", "allow", ""},
		{"a pause has no member", led(3), ha.Order{Kind: ha.OrderPause, Reason: "x", Member: "m1"}, "a pause order has no Member", "stop", ""},
		{"cancel", led(3, scheduled("m2", at.UnixNano())), ha.Order{Kind: ha.OrderCancel}, "", "call off the switchover scheduled by ann", ""},
		{"cancel nothing", led(3), ha.Order{Kind: ha.OrderCancel}, "nothing is scheduled", "", ""},
		{"cancel too late", led(3, asked), ha.Order{Kind: ha.OrderCancel}, "under way already", "", ""},

		{"approve", records(3, needs), ha.Order{Kind: ha.OrderApprove}, "", "m2 takes the grant", "at least 0 B"},
		{"approve, nobody fit", records(3, needs, gone("m2", "m3")), ha.Order{Kind: ha.OrderApprove}, "", "no member may be promoted", "at least 0 B"},
		{"approve what is well", led(3, needs), ha.Order{Kind: ha.OrderApprove}, "no automatic failover waits", "", ""},
		{"approve what needs none", records(3), ha.Order{Kind: ha.OrderApprove}, "need no approval", "", ""},
		{"approve twice", records(3, needs, approves(8)), ha.Order{Kind: ha.OrderApprove}, "approved already by ann", "", ""},
		{"approve a hand-over", records(3, needs, reign(func(r *ha.Reign) { r.Released, r.Exact = true, true })), ha.Order{Kind: ha.OrderApprove}, "no automatic failover waits", "", ""},

		{"downtime", led(3), down, "", "that lasts until 2026-01-02T03:04:05Z", ""},
		{"downtime of the primary", led(3), ha.Order{Kind: ha.OrderDowntime, Member: "m1", Reason: "x"}, "m1: is the primary; switch over first", "", ""},
		{"downtime of nobody", led(3), ha.Order{Kind: ha.OrderDowntime, Member: "m9", Reason: "x"}, "m9: no such member", "", ""},
		{"downtime of no name", led(3), ha.Order{Kind: ha.OrderDowntime, Reason: "x"}, "no member is named", "", ""},
		{"downtime without a reason", led(3), ha.Order{Kind: ha.OrderDowntime, Member: "m2"}, "needs a reason", "", ""},
		{"downtime twice", led(3, inDowntime("m2", 0)), down, "already, by bob: new disks", "", ""},
		{"downtime made longer", led(4, inDowntime("m2", 0)), forced(down), "", "that lasts until", ""},
		{"downtime of the last candidate", led(2), down, "", "not promoted", "nobody is left"},
		{"downtime that stops writes", led(3, k(2)), down, "writes would wait: 2 must confirm them, and without m2 1 live", "not promoted", ""},
		{"downtime that stops writes, forced", led(3, k(2)), forced(down), "", "taken out of the synchronous set", "writes wait until"},
		{"downtime beside a spare", led(4, k(2)), down, "", "taken out of the synchronous set", ""},
		{"end of a downtime", led(3, inDowntime("m2", 0)), ha.Order{Kind: ha.OrderEndDowntime, Member: "m2"}, "", "in service again", ""},
		{"end of no downtime", led(3), ha.Order{Kind: ha.OrderEndDowntime, Member: "m2"}, "m2: not in downtime", "in service", ""},
		{"switchover to one in downtime", led(3, inDowntime("m2", 0)), ha.Order{Kind: ha.OrderSwitchover, To: "m2"}, "m2: in downtime", "", ""},
		{"switchover to the best, not in downtime", led(3, inDowntime("m2", 0)), ha.Order{Kind: ha.OrderSwitchover}, "", "m3 takes", ""},

		{"remove", led(3, gone("m2")), remove, "", "forget m2", ""},
		{"remove one that lives", led(3), remove, "m2: a node lives", "", ""},
		{"remove nobody", led(3), ha.Order{Kind: ha.OrderRemove, Member: "m9"}, "no such member", "", ""},
		{"remove no name", led(3), ha.Order{Kind: ha.OrderRemove}, "no member is named", "", ""},
		{"remove a dead primary whose lease runs", led(3, gone("m1")), ha.Order{Kind: ha.OrderRemove, Member: "m1"}, "m1: holds the grant", "", ""},
		{"remove the last primary", records(3), ha.Order{Kind: ha.OrderRemove, Member: "m1"}, "it was the last primary", "forget", ""},
		{"remove the last primary, forced", records(3), forced(ha.Order{Kind: ha.OrderRemove, Member: "m1"}), "", "forget m1", "nobody can tell any more"},
		{"remove one that counts", led(3, gone("m2"), rule("m1", 1, "m2", "m3")), remove, "m2: the synchronous rules count on it", "forget", ""},
		{"remove one that counts, forced", led(3, gone("m2"), rule("m1", 1, "m2", "m3")), forced(remove), "", "forget m2", "writes may wait"},
		{"remove one that counts, no primary", records(3, gone("m2"), rule("m1", 1, "m2", "m3")), forced(remove), "", "1 rules remain", "besides m1, only m2 has confirmed are lost"},
		{"remove one of two that confirmed", records(3, gone("m2"), rule("m1", 2, "m2", "m3")), forced(remove), "", "forget m2", "writes may wait"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := ha.MakePlan("c1", c.records, c.order, nil)
			if (c.refused == "") != (p.Refused == "") || !strings.Contains(p.Refused, c.refused) {
				t.Errorf("refused: %q, want %q", p.Refused, c.refused)
			}
			if !strings.Contains(strings.Join(p.Steps, "\n"), c.step) || p.Refused == "" && len(p.Steps) == 0 {
				t.Errorf("steps: %q, want %q", p.Steps, c.step)
			}
			if (c.risk == "") != (p.Risk == "") || !strings.Contains(p.Risk, c.risk) {
				t.Errorf("risk: %q, want %q", p.Risk, c.risk)
			}
			if p.Refused == "" {
				txn := p.Txn(ha.KeysOf("c1"), c.records, ha.Issue{ID: "r1", Actor: "ann", Wall: 1})
				if err := txn.Validate(); err != nil || len(txn.Then) == 0 {
					t.Errorf("%v: %+v", err, txn)
				}
			}
		})
	}
}

// TestRemovalKeepsRulesCareful: with the rules that a forced removal leaves, an
// election that goes on has all writes that were on more than the removed
// member: every write that two of three confirmed, for instance.
func TestRemovalKeepsRulesCareful(t *testing.T) {
	for n := 2; n <= 4; n++ {
		for k := 1; k <= n; k++ {
			c := records(n + 1)
			var names []ha.MemberID
			for _, m := range c.Members[1:] {
				names = append(names, m.Name)
			}
			rule("m1", k, names...)(c)
			dead(c.Member("m2"))
			p := ha.MakePlan("c1", c, ha.Order{Kind: ha.OrderRemove, Member: "m2", Force: true}, nil)
			txn := p.Txn(ha.KeysOf("c1"), c, ha.Issue{})
			var rules []ha.SyncRule
			for _, op := range txn.Then {
				if strings.HasSuffix(op.Key, "/sync") {
					if err := json.Unmarshal(op.Value, &rules); err != nil {
						t.Fatal(err)
					}
				}
			}
			for acked := range 1 << n { // who of S has the write
				for seen := range 1 << n {
					if count(acked) < k || acked&^1 == 0 || seen&1 != 0 {
						continue // not acknowledged, or on the removed member alone
					}
					holds := ha.RulesHold(rules, c.Members, func(m *ha.Member) bool {
						return m.Name != "m1" && seen&(1<<(m.Name[1]-'2')) != 0
					})
					if holds && acked&seen == 0 {
						t.Fatalf("n %d, K %d: rules %v hold for %b and miss a write on %b", n, k, rules, seen, acked)
					}
				}
			}
		}
	}
}

func count(set int) (n int) {
	for ; set != 0; set &= set - 1 {
		n++
	}
	return n
}

// What a pause that ends by itself looks like before it begins.
func ExampleOrder() {
	cluster := &ha.Cluster{GrantRev: 5, Grant: ha.Grant{Holder: "m1", Term: 1}, Reign: ha.Reign{Term: 1, Holder: "m1"}}
	plan := ha.MakePlan("orders", cluster, ha.Order{
		Kind: ha.OrderPause, Reason: "new switch in rack 4", Until: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC),
	}, nil)
	for _, step := range plan.Steps {
		fmt.Println("-", step)
	}
	// Output:
	// - stop all automatic changes of roles; a primary that loses its lease still stops (R1)
	// - that lasts until 2026-03-01T06:00:00Z, by the clock of the node that ends it
}

// TestPauseBringsBackWhoTurnedAway: a pause that ends an election in a quorum
// reign, automation's own for instance, must not leave the holder without the
// standbys that had turned away from it. What a person detached stays so.
func TestPauseBringsBackWhoTurnedAway(t *testing.T) {
	for _, c := range []struct {
		name  string
		doubt ha.Term
		want  string
	}{
		{"turned away for an election", 7, "follow"},
		{"for an earlier election", 6, ""},
		{"by hand", 0, ""},
	} {
		r := led(3, paused, rule("m1", 1, "m2", "m3"), reign(func(r *ha.Reign) { r.Quorum = true }),
			of("m1", func(s *ha.MemberStatus) { s.Address = "m1:5432" }))
		in := quiet("m2", ha.StateStandby, r)
		in.View.Obs.Streaming, in.View.Obs.Upstream = false, ""
		in.Machine.Doubt, in.Machine.PublishedRev, in.Machine.Heard = c.doubt, 60, in.Now
		if d := ha.Decide(in); acts(&d) != c.want {
			t.Errorf("%s: %q, want %q", c.name, acts(&d), c.want)
		}
	}
}
