// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// cascade makes a member of a cluster a cascade standby that streams from another.
func cascade(name, from ha.MemberID, t ha.Tags) func(*ha.Cluster) {
	t.Cascade = true
	return of(name, func(s *ha.MemberStatus) { s.Tags, s.Upstream, s.Parent = t, from, from })
}

// promotable are the tags of one that may be promoted.
func promotable() ha.Tags { return ha.Tags{Promotable: true} }

func inZoneOf(name ha.MemberID, z string) func(*ha.Cluster) {
	return of(name, func(s *ha.MemberStatus) { s.Tags.Zone = z })
}

func TestChooseParent(t *testing.T) {
	type input = ha.ParentInput
	waits := ha.Settings{CascadeWaits: true}.WithDefaults()
	tests := []struct {
		name    string
		members int
		changes []func(*ha.Cluster)
		in      input // of m5, or of the last member
		want    string
	}{
		{name: "the one that the tag names", in: input{Tags: ha.Tags{Parent: "m3"}}, want: "m3, preferred"},
		{name: "by name among equals", want: "m2, best standby"},
		{name: "in the same zone", changes: []func(*ha.Cluster){inZoneOf("m2", "a"), inZoneOf("m3", "b")}, in: input{Tags: ha.Tags{Zone: "b"}}, want: "m3, best standby"},
		{name: "with fewer others", changes: []func(*ha.Cluster){cascade("m4", "m2", ha.Tags{})}, want: "m3, best standby"},
		{name: "the current one stays", in: input{Current: "m4", Streams: true}, want: "m4, will do"},
		{name: "also when a better one has less to do", changes: []func(*ha.Cluster){cascade("m4", "m2", ha.Tags{})}, in: input{Current: "m2", Streams: true, Settled: true}, want: "m2, will do"},
		{name: "the preferred one has to prove itself", in: input{Current: "m2", Tags: ha.Tags{Parent: "m3"}, Streams: true}, want: "m2, will do"},
		{name: "and has done so", in: input{Current: "m2", Tags: ha.Tags{Parent: "m3"}, Streams: true, Settled: true}, want: "m3, preferred"},
		{name: "its node is gone", changes: []func(*ha.Cluster){member("m2", dead)}, in: input{Current: "m2"}, want: "m3, best standby; m2: no node lives under its name"},
		{name: "its node is gone and it feeds on", changes: []func(*ha.Cluster){member("m2", dead)}, in: input{Current: "m2", Streams: true, Patient: true}, want: "m2, will do; m2: no node lives under its name"},
		{name: "in downtime", changes: []func(*ha.Cluster){inDowntime("m2", 0)}, in: input{Current: "m2", Streams: true, Patient: true}, want: "m3, best standby; m2: in downtime"},
		{name: "about to be copied", changes: []func(*ha.Cluster){of("m2", func(s *ha.MemberStatus) { s.Reinit = true })}, in: input{Current: "m2", Streams: true, Patient: true}, want: "m3, best standby; m2: its node is ending or its data is being replaced"},
		{name: "does not stream, for a moment", changes: []func(*ha.Cluster){of("m2", func(s *ha.MemberStatus) { s.Streaming = false })}, in: input{Current: "m2", Patient: true}, want: "m2, will do; m2: does not stream from the primary"},
		{name: "does not stream", changes: []func(*ha.Cluster){of("m2", func(s *ha.MemberStatus) { s.Streaming = false })}, in: input{Current: "m2"}, want: "m3, best standby; m2: does not stream from the primary"},
		{name: "on an older timeline", changes: []func(*ha.Cluster){of("m2", func(s *ha.MemberStatus) { s.Timeline = 3 })}, in: input{Current: "m2"}, want: "m3, best standby; m2: not on the primary's timeline"},
		{name: "lags", changes: []func(*ha.Cluster){of("m2", func(s *ha.MemberStatus) { s.Lags = true })}, in: input{Current: "m2"}, want: "m3, best standby; m2: too far behind"},
		{name: "nothing comes from it", in: input{Current: "m2", Shunned: "m2"}, want: "m3, best standby; m2: nothing comes from it"},
		{name: "a cascade standby is no parent", changes: []func(*ha.Cluster){cascade("m2", "m3", ha.Tags{})}, in: input{Tags: ha.Tags{Parent: "m2"}}, want: "m4, best standby"},
		{name: "nor when it is the current one", changes: []func(*ha.Cluster){cascade("m2", "m3", ha.Tags{})}, in: input{Current: "m2", Streams: true, Patient: true}, want: "m4, best standby; m2: is a cascade standby itself"},
		{name: "the primary if there is nobody else", members: 2, want: "m1, no standby is fit"},
		{name: "unless it is to wait", members: 2, in: input{Settings: waits}, want: "nobody, no standby is fit, waits for one"},
		{name: "a parent that was promoted feeds on", in: input{Current: "m1", Streams: true}, want: "m1, will do; m1: is the primary"},
		{name: "until a standby has proved itself", in: input{Current: "m1", Streams: true, Settled: true}, want: "m2, best standby; m1: is the primary"},
		{name: "without a primary nobody moves", changes: []func(*ha.Cluster){noGrant, member("m1", dead)}, in: input{Current: "m2"}, want: "m2, will do"},
		{name: "nor before it is promoted", changes: []func(*ha.Cluster){reign(func(r *ha.Reign) { r.Promoted = false })}, in: input{Current: "m2"}, want: "m2, will do"},
		{name: "never from one that streams from it", changes: []func(*ha.Cluster){of("m2", func(s *ha.MemberStatus) { s.Upstream = "m5" }), reign(func(r *ha.Reign) { r.Promoted = false })}, in: input{Current: "m2"}, want: "nobody, none; m2: streams from the member itself"},
		{name: "a standby comes soon", members: 3, changes: []func(*ha.Cluster){of("m2", func(s *ha.MemberStatus) { s.State = ha.StateElecting })}, in: input{Patient: true}, want: "nobody, will do"},
		{name: "asked to take over", changes: []func(*ha.Cluster){asked, func(c *ha.Cluster) { c.Request.To = "m5" }}, in: input{Current: "m2", Streams: true, Tags: promotable()}, want: "m1, about to take over"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := test.members
			if n == 0 {
				n = 5
			}
			c := led(n, test.changes...)
			in := test.in
			in.Cluster, in.Member = c, c.Members[n-1].Name
			in.Tags.Cascade = true
			if in.Settings == (ha.Settings{}) {
				in.Settings = in.Settings.WithDefaults()
			}
			// m5's own record; its tags as it tells them
			c.Members[n-1].Status.Tags = in.Tags
			if got := ha.ChooseParent(&in).String(); got != test.want {
				t.Errorf("%s, want %s\n%+v", got, test.want, in.Verdicts())
			}
		})
	}
}

// TestParentsFormNoLoops: whatever each believes of the others, a choice never
// leads from a member with the tag to another with it.
func TestParentsFormNoLoops(t *testing.T) {
	for mask := range 1 << 10 {
		c := led(5)
		for i := range c.Members {
			s := &c.Members[i].Status
			s.Tags.Cascade = mask>>i&1 != 0
			s.Streaming = mask>>(i+5)&1 != 0
		}
		for i := 1; i < 5; i++ {
			for _, current := range []ha.MemberID{"", "m1", "m2", "m3", "m4", "m5"} {
				in := ha.ParentInput{Cluster: c, Settings: ha.Settings{}.WithDefaults(), Member: c.Members[i].Name, Tags: ha.Tags{Cascade: true}, Current: current, Patient: true, Streams: true}
				p := ha.ChooseParent(&in).Parent
				if p == in.Member || p != "" && p != c.Grant.Holder && c.Member(p).Status.Tags.Cascade {
					t.Fatalf("mask %b: %s streams from %s", mask, in.Member, p)
				}
			}
		}
	}
}

func TestCascadeStandbyInElections(t *testing.T) {
	tests := []struct {
		name    string
		changes []func(*ha.Cluster)
		q       ha.Request
		want    string
	}{
		{"the others elect", []func(*ha.Cluster){cascade("m3", "m2", ha.Tags{}), of("m3", func(s *ha.MemberStatus) { s.Final, s.LSN, s.State = 0, 0x9000, ha.StateStandby })}, ha.Request{},
			"m1: no node lives under its name, m2: chosen, m3: cascade standby, not tagged promotable; none, m2"},
		{"what it has counts for nothing", []func(*ha.Cluster){rule("m1", 1, "m2"), cascade("m3", "m2", promotable()), of("m3", at(0x9000))}, ha.Request{},
			"m1: no node lives under its name, m2: chosen, m3: cascade standby, the others come first; none, m2"},
		{"alone it is not promoted", []func(*ha.Cluster){cascade("m3", "m2", ha.Tags{}), member("m2", dead)}, ha.Request{},
			"m1: no node lives under its name, m2: no node lives under its name, m3: cascade standby, not tagged promotable; no member may be promoted, "},
		{"unless it may be", []func(*ha.Cluster){cascade("m3", "m2", promotable()), member("m2", dead)}, ha.Request{},
			"m1: no node lives under its name, m2: no node lives under its name, m3: chosen; none, m3"},
		{"but the rules hold for it as for all", []func(*ha.Cluster){rule("m1", 1, "m2"), cascade("m3", "m2", promotable()), member("m2", dead)}, ha.Request{},
			"m1: no node lives under its name, m2: no node lives under its name, m3: eligible, another is better; too few members of the synchronous set were seen, "},
		{"force names it", []func(*ha.Cluster){rule("m1", 1, "m2"), cascade("m3", "m2", ha.Tags{}), member("m2", dead)}, ha.Request{Kind: ha.RequestFailover, To: "m3", Force: true},
			"m1: no node lives under its name, m2: no node lives under its name, m3: chosen; none, m3"},
		{"force for anybody does not mean it", []func(*ha.Cluster){cascade("m3", "m2", ha.Tags{}), member("m2", dead)}, ha.Request{Kind: ha.RequestFailover, Force: true},
			"m1: no node lives under its name, m2: no node lives under its name, m3: cascade standby, not tagged promotable; no member may be promoted, "},
		{"a rule still counts on it", []func(*ha.Cluster){rule("m1", 1, "m2", "m3"), cascade("m3", "m1", ha.Tags{}), of("m3", func(s *ha.MemberStatus) { s.Final = 0 })}, ha.Request{},
			"m1: no node lives under its name, m2: eligible, another is better, m3: cascade standby, not tagged promotable; too few members of the synchronous set were seen, "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := records(3, test.changes...)
			if test.q.Kind != 0 {
				c.RequestRev, c.Request = 50, test.q
			}
			e := ha.Elect(c, ha.Settings{}, nil, time.Minute, test.q, "m2")
			var parts []string
			for _, v := range e.Verdicts {
				parts = append(parts, string(v.Member)+": "+v.Reason.String())
			}
			if got := strings.Join(parts, ", ") + "; " + e.Hold.String() + ", " + string(e.Chosen); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

func TestCascadeStandbyConfirmsNothing(t *testing.T) {
	c := led(4, cascade("m4", "m2", ha.Tags{}))
	if got := ha.WantedSync(c, "m1", 1).String(); got != "ANY 1 (m2,m3)" {
		t.Errorf("set %s", got)
	}
	// With fewer than K left the set is all that may count: still not this one.
	if got := ha.WantedSync(led(3, cascade("m3", "m2", ha.Tags{})), "m1", 2).String(); got != "ANY 2 (m2)" {
		t.Errorf("set %s", got)
	}
}

func TestOrdersToCascadeStandbys(t *testing.T) {
	order := func(k ha.OrderKind, to ha.MemberID, force bool) ha.Order {
		return ha.Order{Kind: k, To: to, Force: force}
	}
	tests := []struct {
		name  string
		tags  ha.Tags
		order ha.Order
		want  string // refused, or the risk
	}{
		{"switchover", ha.Tags{}, order(ha.OrderSwitchover, "m4", false), "m4: cascade standby, not tagged promotable"},
		{"switchover with force", ha.Tags{}, order(ha.OrderSwitchover, "m4", true), "m4: cascade standby, not tagged promotable"},
		{"failover", ha.Tags{}, order(ha.OrderFailover, "m4", false), "m4: cascade standby, not tagged promotable"},
		{"failover with force", ha.Tags{}, order(ha.OrderFailover, "m4", true), "m4 is a cascade standby, which has confirmed nothing: it may lack what others have; acknowledged writes behind 0/5000 may be lost, at least 0 B of log"},
		{"failover of one that may be promoted", promotable(), order(ha.OrderFailover, "m4", false), "acknowledged writes behind 0/5000 may be lost, at least 0 B of log"},
		{"switchover to the best", promotable(), order(ha.OrderSwitchover, "", false), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := ha.MakePlan("c1", led(4, cascade("m4", "m2", test.tags)), test.order, nil)
			if got := p.Refused + p.Risk; got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
			if p.Order.To == "" && p.Target != "m2" {
				t.Errorf("target %s", p.Target)
			}
			for _, v := range p.Verdicts {
				if v.Member == "m4" && !test.tags.Promotable && !test.order.Force && v.Reason != ha.ReasonCascade {
					t.Errorf("verdict %v", v.Reason)
				}
			}
		})
	}
}

func TestCascadeTagsThatMakeNoSense(t *testing.T) {
	l := newLab(t)
	tests := map[string]ha.Tags{
		`Tags.Parent "m2": needs Tags.Cascade`: {Parent: "m2"}, `Tags.Parent "m1": is the member itself`: {Cascade: true, Parent: "m1"},
		"Tags.Parent: ": {Cascade: true, Parent: "no name"}, "Tags.Promotable: needs Tags.Cascade": {Promotable: true},
		"Tags.Promotable: contradicts NeverPromote": {Cascade: true, Promotable: true, NeverPromote: true}, "Tags.Preferred: ": {Cascade: true, Preferred: true},
	}
	for want, tags := range tests {
		cfg := l.config("m1")
		cfg.Tags = tags
		if err := cfg.Validate(); !errors.Is(err, ha.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", tags, err, want)
		}
	}
	cfg := l.config("m1")
	cfg.Tags = ha.Tags{Cascade: true, Promotable: true, Parent: "m2", Priority: 3}
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
}

// TestCascadeStandby: real nodes over simulated servers.
func TestCascadeStandby(t *testing.T) {
	inLab(t, func(l *lab) {
		var told []string
		for _, name := range []ha.MemberID{"m1", "m2", "m3", "m4"} {
			cfg := l.config(name)
			if name == "m4" {
				cfg.Tags = ha.Tags{Cascade: true, Parent: "m2"}
				cfg.Events.ParentChanged = func(c ha.ParentChange) { told = append(told, c.Choice.String()) }
				cfg.Events.Decided = func(r ha.Record) {
					if err := r.Replay(); err != nil {
						t.Error(err)
					}
				}
			}
			l.start(cfg)
			l.eventually(time.Minute, "m1 to be primary", func() bool { s := l.status(); return s.Writable && s.Primary == "m1" })
		}
		from := func(up ha.MemberID) func() bool {
			return func() bool {
				for _, m := range l.status().Members {
					if m.Name == "m4" {
						return m.Status.Streaming && m.Status.Upstream == up
					}
				}
				return false
			}
		}
		l.eventually(time.Minute, "m4 to stream from m2", from("m2"))
		l.write("m1", "a")
		l.has("m4", "a")
		s := l.status()
		if want := "m1  primary\n  m2  standby\n    m4  cascade standby (preferred)\n  m3  standby\n"; s.Tree() != want {
			t.Errorf("tree:\n%swant:\n%s", s.Tree(), want)
		}
		if local := l.nodes["m4"].Status(); local.Role != ha.RoleCascade || local.Parent != "m2" || local.ParentWhy != ha.ParentPreferred {
			t.Errorf("%+v", local)
		}
		l.crash("m2")
		l.eventually(time.Minute, "m4 to stream from m3", from("m3"))
		l.write("m1", "b")
		l.has("m4", "a", "b")
		l.crash("m1")
		l.eventually(time.Minute, "m3 to be primary", func() bool { s := l.status(); return s.Writable && s.Primary == "m3" })
		l.write("m3", "c")
		l.has("m4", "a", "b", "c")
		l.crash("m3")
		l.eventually(time.Minute, "m4 to say that it is not promoted", func() bool {
			return strings.Contains(strings.Join(l.status().Alarms(), "\n"), "m4: no election: the only member left is a cascade standby")
		})
		if s := l.nodes["m4"].Status(); s.Writable || !strings.HasPrefix(s.Problem, "no election") {
			t.Errorf("%+v", s)
		}
		if got := strings.Join(told, "\n"); !strings.HasPrefix(got, "m2, preferred") || !strings.Contains(got, "m3, best standby; m2: no node lives under its name") {
			t.Errorf("told:\n%s", got)
		}
	})
}
