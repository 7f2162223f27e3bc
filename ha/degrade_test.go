// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
)

// lacking is a primary with ANY 1 (m2,m3) in force and on record whose standbys
// have gone, some time ago.
func lacking(since time.Duration, changes ...func(*ha.Input)) *ha.Input {
	in := idlePrimary()
	c := in.View.Cluster
	c.Settings.Durability = ha.Durability{K: 1, Degrade: 2 * time.Second}
	rule("m1", 1, "m2", "m3")(c)
	in.View.Obs.Sync = ha.SyncSet{K: 1, Members: []ha.MemberID{"m2", "m3"}}
	in.View.Obs.Receivers = nil
	in.Machine.Published.SyncK = 1
	in.Machine.LackSince = in.Now.Add(-since)
	for _, change := range changes {
		change(in)
	}
	return in
}

// ordered names the actions of a decision, with the rules and sets in them.
func ordered(d *ha.Decision) string {
	var words []string
	for i := range d.Actions {
		a := &d.Actions[i]
		switch a.Kind {
		case ha.ActPublish, ha.ActObserve, ha.ActRenew, ha.ActLoad:
			continue
		case ha.ActSyncRules:
			op, _ := put(a, "/sync")
			var rules []string
			for _, r := range decode[[]ha.SyncRule](op) {
				rules = append(rules, fmt.Sprintf("%s:%v", r.Primary, ha.SyncSet{K: r.K, Members: r.Members}))
			}
			words = append(words, "rules "+strings.Join(rules, " "))
		case ha.ActSetSync:
			words = append(words, "set "+a.Sync.String())
		case ha.ActReign:
			op, _ := put(a, "/state/reign")
			words = append(words, fmt.Sprintf("reign quorum=%t", decode[ha.Reign](op).Quorum))
		default:
			words = append(words, a.Kind.String())
		}
	}
	return strings.Join(words, ", ")
}

// TestDegradeStepByStep: what is on record comes before what is in force, on
// the way down and on the way up.
func TestDegradeStepByStep(t *testing.T) {
	streams := func(names ...ha.MemberID) func(*ha.Input) {
		return func(in *ha.Input) {
			for _, n := range names {
				in.View.Obs.Receivers = append(in.View.Obs.Receivers, ha.Receiver{Member: n, Streaming: true, Flushed: in.View.Obs.LSN})
			}
		}
	}
	degraded := func(k int) func(*ha.Input) {
		return func(in *ha.Input) { in.Machine.Degraded, in.Machine.DegradedK, in.Machine.LackSince = true, k, 0 }
	}
	records := func(change func(*ha.Cluster)) func(*ha.Input) {
		return func(in *ha.Input) { change(in.View.Cluster) }
	}
	inForce := func(k int, names ...ha.MemberID) func(*ha.Input) {
		return func(in *ha.Input) { in.View.Obs.Sync = ha.SyncSet{K: k, Members: names} }
	}
	quorum := records(func(c *ha.Cluster) { c.Settings.Durability.Quorum, c.Reign.Quorum = true, true })
	relying := func(in *ha.Input) { in.Machine.Quorum = true }
	for _, c := range []struct {
		name string
		in   *ha.Input
		want string
		k    int // confirmations afterwards; -1 for as many as the settings ask for
	}{
		{"too early", lacking(1999 * time.Millisecond), "", -1},
		{"not wanted", lacking(time.Hour, records(func(c *ha.Cluster) { c.Settings.Durability.Degrade = 0 })), "", -1},
		{"a standby is enough", lacking(time.Hour, streams("m3")), "", -1},
		{"one that is too far behind is not", lacking(3*time.Second, streams("m3"), func(in *ha.Input) { in.View.Obs.LSN += ha.LSN(17 * ha.MiB) }),
			"rules m1:ANY 1 (m2,m3) m1:async", 0},
		{"one whose node is gone is not", lacking(3*time.Second, streams("m3"), records(member("m3", dead))), "rules m1:ANY 1 (m2,m3) m1:async", 0},
		{"one that never counts is not", lacking(3*time.Second, streams("m3"), records(of("m3", func(s *ha.MemberStatus) { s.Tags.NeverSync = true }))), "rules m1:ANY 1 (m2,m3) m1:async", 0},
		{"the record first", lacking(2 * time.Second), "rules m1:ANY 1 (m2,m3) m1:async", 0},
		{"then the server", lacking(0, degraded(0), records(rule("m1", 0))), "set async", 0},
		{"then nothing: what was confirmed stays promised", lacking(0, degraded(0), records(rule("m1", 0)), inForce(0)), "", 0},
		{"to one of two", lacking(3*time.Second, streams("m3"), records(func(c *ha.Cluster) {
			c.Settings.Durability.K, c.Rules[0].K = 2, 2
		}), inForce(2, "m2", "m3")), "rules m1:ANY 2 (m2,m3) m1:ANY 1 (m2,m3)", 1},
		{"quorum is given up on record first", lacking(3*time.Second, quorum, relying), "reign quorum=false", 0},
		{"and only while the lease holds", lacking(3*time.Second, quorum, relying, func(in *ha.Input) { in.Machine.LeaseSent = in.Now.Add(-4 * time.Second) }), "", 0},
		{"back: the record first", lacking(0, degraded(0), records(rule("m1", 0)), records(func(c *ha.Cluster) { c.Rules = c.Rules[1:] }), inForce(0), streams("m2")), "rules m1:async m1:ANY 1 (m2,m3)", -1},
		{"back: then the server", lacking(0, degraded(0), records(rule("m1", 0)), inForce(0), streams("m2")), "set ANY 1 (m2,m3)", -1},
		{"back: the stretch is remembered until it is covered", lacking(0, records(rule("m1", 0)), streams("m2"), func(in *ha.Input) { in.View.Obs.LSN++; in.Machine.SyncLSN = in.View.Obs.LSN }), "", -1},
		{"back: forgotten when it is", lacking(0, records(rule("m1", 0)), streams("m2")), "rules m1:ANY 1 (m2,m3)", -1},
		{"back: no quorum before", lacking(0, records(rule("m1", 0)), streams("m2"), quorum, records(func(c *ha.Cluster) { c.Reign.Quorum = false })), "rules m1:ANY 1 (m2,m3)", -1},
		{"back: quorum at last", lacking(0, streams("m2"), quorum, records(func(c *ha.Cluster) { c.Reign.Quorum = false })), "reign quorum=true", -1},
		{"no quorum while a change to none may arrive", lacking(0, streams("m2"), quorum, records(func(c *ha.Cluster) { c.Reign.Quorum = false }),
			func(in *ha.Input) { in.Machine.Loose = true }), "", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := ha.Decide(c.in)
			if got := ordered(&d); got != c.want {
				t.Errorf("ordered %q, want %q", got, c.want)
			}
			if m := &d.Machine; m.Degraded != (c.k >= 0) || m.Degraded && m.DegradedK != c.k {
				t.Errorf("degraded %v to %d, want %d", m.Degraded, m.DegradedK, c.k)
			}
			if err := checkDecision(c.in, &d); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAsynchronousStretchIsRemembered: a rule that came after it does not make
// an election safe.
func TestAsynchronousStretchIsRemembered(t *testing.T) {
	c := records(3, of("m1", at(0x5400)), rule("m1", 0), rule("m1", 1, "m2", "m3"))
	e := ha.Elect(c, ha.Settings{}, nil, time.Minute, ha.Request{}, "m2")
	if e.Chosen != "m2" || e.Behind != 0x400 {
		t.Errorf("behind %d\n%s", e.Behind, wordOf(e))
	}
	e = ha.Elect(c, ha.Settings{MaxLag: 0x3ff}, nil, time.Minute, ha.Request{}, "m2")
	if e.Chosen != "" || e.Verdicts[1].Reason != ha.ReasonLag {
		t.Errorf("further behind than allowed:\n%s", wordOf(e))
	}
	c.Rules = c.Rules[1:]
	if e = ha.Elect(c, ha.Settings{MaxLag: 0x3ff}, nil, time.Minute, ha.Request{}, "m2"); e.Chosen != "m2" || e.Behind != 0 {
		t.Errorf("the standbys have confirmed everything:\n%s", wordOf(e))
	}
}

// TestLogOnAnotherTimelineIsBehind: what a former primary wrote after its heir
// was promoted is not the heir's log.
func TestLogOnAnotherTimelineIsBehind(t *testing.T) {
	c := records(2, of("m1", at(0x5000)), of("m2", func(s *ha.MemberStatus) { s.Timeline, s.LSN = 3, 0x5000 }))
	c.Reign.Start = 0x2000
	if e := ha.Elect(c, ha.Settings{}, nil, time.Minute, ha.Request{}, "m2"); e.Behind != 0x3000 {
		t.Errorf("behind %d\n%s", e.Behind, wordOf(e))
	}
}

// TestDegradeAndBack: the whole way, with real nodes: writes go on after the
// limit, everybody is told, and the standbys' return ends it.
func TestDegradeAndBack(t *testing.T) {
	for _, quorum := range []bool{false, true} {
		t.Run(fmt.Sprintf("quorum %v", quorum), func(t *testing.T) {
			inLab(t, func(l *lab) {
				steps := make(chan ha.DurabilityChange, 16)
				p := l.healthy(3, func(c *ha.Config) {
					c.Settings.Durability = ha.Durability{K: 1, Quorum: quorum, Degrade: 3 * time.Second}
					c.Events.DurabilityChanged = func(c ha.DurabilityChange) { steps <- c }
				})
				l.write(p, "a")
				l.pass(5 * time.Second) // until it has seen them
				others := []ha.MemberID{l.other(p), l.other(p, l.other(p))}
				for _, m := range others {
					l.crash(m)
				}
				took := l.eventually(time.Minute, "asynchronous", func() bool { return l.nodes[p].Status().Writable && l.nodes[p].Status().SyncK == 0 })
				if took < 3*time.Second {
					l.Errorf("degraded after %v", took)
				}
				l.write(p, "b")
				l.eventually(time.Minute, "status that says so", func() bool { return l.status().Degraded != nil })
				s := l.status()
				if d := *s.Degraded; d.K != 0 || d.Want != 1 || d.Since.IsZero() || s.Reign.Quorum || !l.nodes[p].Status().Degraded {
					l.Errorf("%+v, %+v", d, s.Reign)
				}
				if !slices.ContainsFunc(s.Rules, func(r ha.SyncRule) bool { return r.K == 0 && r.Primary == p }) {
					l.Errorf("not on record: %+v", s.Rules)
				}
				for _, m := range others {
					l.start(l.config(m))
				}
				l.eventually(time.Minute, "as before", func() bool {
					s := l.status()
					return s.Degraded == nil && len(s.Rules) == 1 && s.Rules[0].K == 1 && s.Reign.Quorum == quorum && !l.nodes[p].Status().Degraded
				})
				l.write(p, "c")
				if a, b := <-steps, <-steps; a.From != 1 || a.To != 0 || !a.Degraded || a.Want != 1 || a.Term != 1 || b.From != 0 || b.To != 1 || b.Degraded {
					l.Errorf("told %+v, %+v", a, b)
				}
			})
		})
	}
}

// TestDurabilityText: round trip, and errors that name what is wrong.
func TestDurabilityText(t *testing.T) {
	for text, want := range map[string]string{
		`{"durability":{"k":2,"quorum":true,"degrade":"30s"}}`: "",
		`{"durability":{"k":1}}`:                               "",
		`{"durability":{"k":1,"degrade":"soon"}}`:              "durability: degrade: ",
		`{"durability":{"k":1,"degrade":30}}`:                  "durability: ",
		`{"durability":{"k":1,"degraded":"1s"}}`:               `unknown field "degraded"`,
	} {
		var s ha.Settings
		err := s.UnmarshalJSON([]byte(text))
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if back, _ := s.MarshalJSON(); err == nil && string(back) != text {
			t.Errorf("%s came back as %s", text, back)
		}
	}
	for d, want := range map[ha.Durability]string{
		{K: 1, Degrade: -1}:               "Durability.Degrade -1ns: negative",
		{K: 1, Degrade: time.Millisecond}: "Durability.Degrade 1ms: below 100ms",
		{Degrade: time.Second}:            "Durability.Degrade 1s: needs Durability.K of 1 or more",
		{K: 1, Degrade: 2 * ha.MaxLimit}:  "Durability.Degrade 1440h0m0s: above 720h0m0s",
	} {
		if err := (ha.Settings{Durability: d}).Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", d, err, want)
		}
	}
}

// put finds what an action writes under a key.
func put(a *ha.Action, key string) (dcs.Op, bool) {
	for _, op := range a.Txn.Then {
		if !op.Delete && strings.HasSuffix(op.Key, key) {
			return op, true
		}
	}
	return dcs.Op{}, false
}

// decode reads a record that a decision writes.
func decode[T any](op dcs.Op) (v T) {
	if err := json.Unmarshal(op.Value, &v); err != nil {
		panic(err)
	}
	return v
}
