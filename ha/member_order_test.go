// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

func pending(name ha.MemberID) func(*ha.Cluster) {
	return of(name, func(s *ha.MemberStatus) { s.PendingRestart = true })
}

// bidden gives a member an order.
func bidden(name ha.MemberID, q ha.MemberOrder) func(*ha.Cluster) {
	return member(name, func(m *ha.Member) {
		q.ID, q.Instance, q.By = "j1", m.Session.Instance, "ann"
		m.Order, m.OrderRev = q, 60
	})
}

func TestPlansForMembers(t *testing.T) {
	k := func(k int) func(*ha.Cluster) { return func(c *ha.Cluster) { c.Settings.Durability.K = k } }
	reinit := func(m ha.MemberID) ha.Order { return ha.Order{Kind: ha.OrderReinit, Member: m} }
	restart := func(m ha.MemberID) ha.Order { return ha.Order{Kind: ha.OrderRestart, Member: m} }
	with := func(o ha.Order, change func(*ha.Order)) ha.Order { change(&o); return o }
	force := func(o *ha.Order) { o.Force = true }
	for _, c := range []struct {
		name          string
		records       *ha.Cluster
		order         ha.Order
		refused, risk string // parts
		step          string // of the first
	}{
		{name: "reinit", records: led(3), order: reinit("m2"), step: "m2 stops its server and throws its data away"},
		{name: "reinit of a synchronous one", records: led(3, k(1), rule("m1", 1, "m2", "m3")), order: reinit("m2"), step: "m1 takes m2 out of the synchronous set"},
		{name: "reinit of the primary", records: led(3), order: reinit("m1"), refused: "m1: is the primary"},
		{name: "reinit of nobody", records: led(3), order: reinit(""), refused: "no member named"},
		{name: "reinit of a stranger", records: led(3), order: reinit("m9"), refused: "m9: no such member"},
		{name: "reinit of a dead one", records: led(3, member("m2", dead)), order: reinit("m2"), refused: "m2: no node lives"},
		{name: "reinit of a foreign one", records: led(3, of("m2", func(s *ha.MemberStatus) { s.State = ha.StateFenced })), order: reinit("m2"), refused: "another database"},
		{name: "reinit without a primary", records: led(3, noGrant), order: reinit("m2"), refused: "no primary to copy from"},
		{name: "reinit of the last copy", records: led(2, k(1), rule("m1", 1, "m2")), order: reinit("m2"), refused: "m2 has the last copy that the synchronous rules count on besides m1's"},
		{name: "reinit when the other does not stream", records: led(3, k(1), rule("m1", 1, "m2", "m3"), of("m3", func(s *ha.MemberStatus) { s.Streaming = false })), order: reinit("m2"), refused: "last copy"},
		{name: "reinit of one that no rule counts on", records: led(2, k(1), rule("m1", 1, "m3")), order: reinit("m2"), step: "m2 stops"},
		{name: "reinit of the last copy, forced", records: led(2, k(1), rule("m1", 1, "m2")), order: with(reinit("m2"), force), risk: "if m1 is lost before the copy is done, acknowledged writes are lost", step: "m2 stops"},
		{name: "reinit of the primary, forced", records: led(3), order: with(reinit("m1"), force), refused: "is the primary"},
		{name: "reinit twice", records: led(3, bidden("m2", ha.MemberOrder{Kind: ha.OrderReinit})), order: reinit("m2"), refused: "a reinit of m2 asked for by ann is under way"},
		{name: "reinit after an order to a run that is gone", records: led(3, bidden("m2", ha.MemberOrder{Kind: ha.OrderReinit}), member("m2", func(m *ha.Member) { m.Session.Instance = "run9" })), order: reinit("m2"), step: "m2 stops"},
		{name: "reinit beside a switchover", records: led(3, asked), order: reinit("m2"), step: "m2 stops"},
		{name: "switchover beside a reinit", records: led(3, bidden("m2", ha.MemberOrder{Kind: ha.OrderReinit})), order: ha.Order{Kind: ha.OrderSwitchover, To: "m3"}, step: "m1 writes a checkpoint"},
		{name: "limit", records: led(3), order: with(reinit("m2"), func(o *ha.Order) { o.Limit = -1 }), refused: "limit -1ns: want 0 to"},

		{name: "restart", records: led(3, pending("m2")), order: restart("m2"), step: "m2 stops its server in order"},
		{name: "restart without need", records: led(3), order: restart("m2"), refused: "m2: no restart is pending"},
		{name: "restart without need, forced", records: led(3), order: with(restart("m2"), force), step: "m2 stops"},
		{name: "restart of the primary", records: led(3, pending("m1")), order: restart("m1"), refused: "only when the order says so"},
		{name: "restart of the primary, forced", records: led(3), order: with(restart("m1"), force), refused: "only when the order says so"},
		{name: "restart of the primary in place", records: led(3, pending("m1")), order: with(restart("m1"), func(o *ha.Order) { o.Primary = true }), risk: "writes stand still", step: "m1 stops"},
		{name: "restart of the only one that confirms", records: led(2, pending("m2"), k(1), rule("m1", 1, "m2")), order: restart("m2"), risk: "writes wait", step: "m2 stops"},
		{name: "restart of one that rebuilds", records: led(3, pending("m2"), of("m2", func(s *ha.MemberStatus) { s.State = ha.StateRebuilding })), order: restart("m2"), refused: "m2 is rebuilding"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := ha.MakePlan("c1", c.records, c.order, nil)
			if (c.refused == "") != (p.Refused == "") || !strings.Contains(p.Refused, c.refused) {
				t.Errorf("refused: %q, want %q", p.Refused, c.refused)
			}
			if (c.risk == "") != (p.Risk == "") || !strings.Contains(p.Risk, c.risk) {
				t.Errorf("risk: %q, want %q", p.Risk, c.risk)
			}
			if c.refused == "" && (len(p.Steps) == 0 || !strings.HasPrefix(p.Steps[0], c.step)) {
				t.Errorf("steps: %q, want %q", p.Steps, c.step)
			}
		})
	}
}

// long: a table of an order's steps.
//
// TestMemberOrdersStepByStep: what a node does with an order, and that a change
// of the primary goes first.
func TestMemberOrdersStepByStep(t *testing.T) {
	standby := func(q ha.MemberOrder, changes ...func(*ha.Input)) *ha.Input {
		in := idleStandby()
		bidden("m2", q)(in.View.Cluster)
		for _, change := range changes {
			change(in)
		}
		return in
	}
	records := func(change func(*ha.Cluster)) func(*ha.Input) {
		return func(in *ha.Input) { change(in.View.Cluster) }
	}
	at := func(step ha.JobStep) func(*ha.Input) {
		return func(in *ha.Input) {
			in.Machine.Job = ha.Job{ID: "j1", Since: in.Now.Add(-time.Second), Step: step, As: in.Machine.State}
		}
	}
	primary := func(q ha.MemberOrder, changes ...func(*ha.Input)) *ha.Input {
		in := idlePrimary()
		bidden("m1", q)(in.View.Cluster)
		for _, change := range changes {
			change(in)
		}
		return in
	}
	down := func(in *ha.Input) {
		in.View.Obs.Running, in.View.Obs.Answers, in.View.Obs.Writable = false, false, false
	}
	leaves := records(of("m2", func(s *ha.MemberStatus) { s.Reinit = true })) // on record
	reinit, restart := ha.MemberOrder{Kind: ha.OrderReinit}, ha.MemberOrder{Kind: ha.OrderRestart, Force: true}
	inPlace := ha.MemberOrder{Kind: ha.OrderRestart, Force: true, Primary: true}
	sync := records(func(c *ha.Cluster) { c.Settings.Durability.K = 1; rule("m1", 1, "m2", "m3")(c) })
	for _, c := range []struct {
		name string
		in   *ha.Input
		want string
		to   ha.State
	}{
		{"restart", standby(restart), "stop", ha.StateStandby},
		{"restart without need", standby(ha.MemberOrder{Kind: ha.OrderRestart}), "answer refused: no restart is pending", ha.StateStandby},
		{"restart that is pending", standby(ha.MemberOrder{Kind: ha.OrderRestart}, func(in *ha.Input) { in.View.Obs.PendingRestart = true }), "stop", ha.StateStandby},
		{"restart waits for a switchover", standby(restart, records(asked)), "", ha.StateStandby},
		{"restart waits for an election", standby(restart, records(noGrant), records(member("m1", dead))), "", ha.StateElecting},
		{"restart: up again", standby(restart, at(ha.JobDone)), "answer done: ", ha.StateStandby},
		{"restart: to be started", standby(restart, at(ha.JobDone), down), "start", ha.StateStandby},
		{"restart: to be started, also during a pause", standby(restart, at(ha.JobDone), down, records(paused)), "start", ha.StateStandby},
		{"restart too late", standby(ha.MemberOrder{Kind: ha.OrderRestart, Force: true, Limit: time.Second}, at(ha.JobDone), down), "answer failed: not done after 1s, start", ha.StateStandby},
		{"restart never begun", standby(ha.MemberOrder{Kind: ha.OrderRestart, Force: true, Limit: time.Second}, at(ha.JobSeen), records(asked)), "answer refused: something more urgent", ha.StateStandby},
		{"order to another run", standby(restart, records(member("m2", func(m *ha.Member) { m.Order.Instance = "run1" }))), "answer failed: the member's node was started anew", ha.StateStandby},
		{"order of a newer release", standby(ha.MemberOrder{}), "answer refused: this node's release does not know", ha.StateStandby},
		{"restart of the primary", primary(restart), "answer refused: is the primary", ha.StatePrimary},
		{"restart of the primary in place", primary(inPlace), "stop", ha.StatePrimary},
		{"restart of the primary waits for a switchover", primary(inPlace, records(asked)), "checkpoint", ha.StatePrimary},
		{"restart of the primary: confirms first", primary(inPlace, at(ha.JobDone), down), "confirm", ha.StatePrimary},
		{"restart of the primary: not given up early", primary(inPlace, at(ha.JobDone), down, records(func(c *ha.Cluster) { c.Settings.RestartLimit = time.Second }),
			func(in *ha.Input) { in.Machine.DownSince = in.Now.Add(-5 * time.Second) }), "confirm", ha.StatePrimary},

		{"reinit, asynchronous", standby(reinit, at(ha.JobBegun), leaves), "rejoin copy", ha.StateRebuilding},
		{"reinit: first out of the set", standby(reinit, sync), "", ha.StateStandby},
		{"reinit: waits for the rules", standby(reinit, sync, at(ha.JobBegun)), "", ha.StateStandby},
		{"reinit: no rule counts on it, and one may soon", standby(reinit, sync, at(ha.JobBegun), records(func(c *ha.Cluster) { c.Rules[0].Members = c.Rules[0].Members[1:] })), "", ha.StateStandby},
		{"reinit: no rule counts on it", standby(reinit, sync, at(ha.JobBegun), leaves, records(func(c *ha.Cluster) { c.Rules[0].Members = c.Rules[0].Members[1:] })), "rejoin copy", ha.StateRebuilding},
		{"reinit, forced", standby(ha.MemberOrder{Kind: ha.OrderReinit, Force: true}, sync, at(ha.JobBegun)), "rejoin copy", ha.StateRebuilding},
		{"reinit of the last copy", standby(reinit, sync, records(of("m3", func(s *ha.MemberStatus) { s.Streaming = false }))), "answer refused: it is the last copy", ha.StateStandby},
		{"reinit waits for a switchover", standby(reinit, at(ha.JobBegun), records(asked)), "", ha.StateStandby},
		{"reinit: streams again", standby(reinit, at(ha.JobDone)), "answer done: ", ha.StateStandby},
		{"reinit: not in a quorum reign while a promise may be on record", standby(reinit, at(ha.JobBegun), leaves, records(reign(func(r *ha.Reign) { r.Quorum = true })),
			func(in *ha.Input) { in.Machine.Promised, in.Machine.PublishedRev = 8, 10 }), "", ha.StateRebuilding},
		{"reinit of the primary", primary(reinit), "answer refused: is the primary", ha.StatePrimary},
		{"reinit of foreign data", func() *ha.Input {
			in := foreign()
			bidden("m2", reinit)(in.View.Cluster)
			return in
		}(), "answer refused: data of another database", ha.StateFenced},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := ha.Decide(c.in)
			var words []string
			for i := range d.Actions {
				a := &d.Actions[i]
				switch word := a.Kind.String(); a.Kind {
				case ha.ActPublish, ha.ActObserve, ha.ActRenew, ha.ActLoad:
				case ha.ActAnswer:
					op, _ := put(a, "/answers")
					all := decode[[]ha.Answer](op)
					words = append(words, fmt.Sprintf("answer %s: %s", all[len(all)-1].Code, all[len(all)-1].Why))
				case ha.ActRejoin:
					words = append(words, strings.TrimSpace(fmt.Sprintf("%s %s", word, map[bool]string{true: "copy"}[a.Copy])))
				default:
					words = append(words, word)
				}
			}
			if got := strings.Join(words, ", "); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
				if !(c.to == ha.StateElecting && !strings.Contains(got, "stop")) {
					t.Errorf("ordered %q, want %q", got, c.want)
				}
			}
			if d.To != c.to {
				t.Errorf("is %v, want %v", d.To, c.to)
			}
			if err := checkDecision(c.in, &d); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestReinit: the whole way, in both modes: the data is gone and comes back,
// and nothing that was confirmed depends on it meanwhile.
func TestReinit(t *testing.T) {
	for _, quorum := range []bool{false, true} {
		t.Run(fmt.Sprintf("quorum %v", quorum), func(t *testing.T) {
			inLab(t, func(l *lab) {
				p := l.healthy(3, func(c *ha.Config) { c.Settings.Durability = ha.Durability{K: 1, Quorum: quorum} })
				l.write(p, "a")
				l.pass(5 * time.Second)
				m := l.other(p)
				var copied bool
				l.engines[m].set(func(_ context.Context, call string) error {
					if call == "rejoin" {
						copied = true
						for _, r := range l.status().Rules {
							if strings.Contains(fmt.Sprint(r.Members), string(m)) {
								l.Errorf("a rule counts on %s: %+v", m, r)
							}
						}
					}
					return nil
				})
				answer, err := l.admin.Reinit(l.Context(), m, false)
				if err != nil || answer.Code != ha.AnswerDone || !copied {
					l.Fatalf("%+v, %v, copied %v\n%s", answer, err, copied, l.picture())
				}
				if now := l.settled(3); now != p {
					l.Errorf("primary is %s", now)
				}
				l.write(p, "b")
				l.has(m, "a", "b")
				l.eventually(time.Minute, "back in the set", func() bool {
					s := l.status()
					return len(s.Rules) == 1 && strings.Contains(fmt.Sprint(s.Rules[0].Members), string(m)) && s.Reign.Quorum == quorum
				})
				if _, err := l.admin.Reinit(l.Context(), p, true); !errors.Is(err, ha.ErrRefused) {
					l.Errorf("reinit of the primary: %v", err)
				}
			})
		})
	}
}

// TestRestartOfMembers: standby and primary, in both modes, without a change of
// the primary.
func TestRestartOfMembers(t *testing.T) {
	for _, quorum := range []bool{false, true} {
		t.Run(fmt.Sprintf("quorum %v", quorum), func(t *testing.T) {
			inLab(t, func(l *lab) {
				p := l.healthy(3, func(c *ha.Config) { c.Settings.Durability = ha.Durability{K: 1, Quorum: quorum} })
				l.pass(5 * time.Second)
				for _, m := range []ha.MemberID{l.other(p), p} {
					var refused *ha.RefusedError
					if _, err := l.admin.Restart(l.Context(), m, false, m == p); !errors.As(err, &refused) || !strings.Contains(refused.Why, "no restart is pending") {
						l.Errorf("%s: %v", m, err)
					}
					l.servers.Server(m).ChangeSetting()
					l.eventually(time.Minute, "pending", func() bool {
						for _, r := range l.status().Members {
							if r.Name == m {
								return r.Status.PendingRestart
							}
						}
						return false
					})
					if _, err := l.admin.Restart(l.Context(), p, false, false); !errors.Is(err, ha.ErrRefused) {
						l.Errorf("restart of the primary without saying so: %v", err)
					}
					answer, err := l.admin.Restart(l.Context(), m, false, m == p)
					if err != nil || answer.Code != ha.AnswerDone || answer.Primary != p {
						l.Fatalf("%s: %+v, %v\n%s", m, answer, err, l.picture())
					}
					if o, err := l.servers.Server(m).Observe(l.Context()); err != nil || o.PendingRestart || !o.Running {
						l.Errorf("%s: %+v, %v", m, o, err)
					}
					if now := l.settled(3); now != p || l.status().Term != 1 {
						l.Errorf("primary is %s in term %v", now, l.status().Term)
					}
				}
				l.write(p, "a")
			})
		})
	}
}

// TestFailoverGoesBeforeRestart: both orders are given at once; the restart
// waits, and neither blocks the other.
func TestFailoverGoesBeforeRestart(t *testing.T) {
	inLab(t, func(l *lab) {
		p := l.healthy(3)
		l.pass(5 * time.Second)
		m := l.other(p)
		plan, err := l.admin.Plan(l.Context(), ha.Order{Kind: ha.OrderRestart, Member: m, Force: true})
		if err != nil {
			l.Fatal(err)
		}
		l.crash(p)
		done := make(chan error, 1)
		go func() {
			_, err := l.admin.Apply(l.Context(), plan)
			done <- err
		}()
		l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != p })
		if err := <-done; err != nil && !errors.Is(err, ha.ErrRefused) && !errors.Is(err, ha.ErrFailed) {
			l.Error(err)
		}
		l.eventually(time.Minute, "no order left", func() bool {
			for _, r := range l.status().Members {
				if r.Order != nil {
					return false
				}
			}
			return true
		})
		l.oneWritable()
	})
}
