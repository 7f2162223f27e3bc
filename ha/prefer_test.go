// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

func zone(name ha.MemberID, z string) func(*ha.Cluster) {
	return of(name, func(s *ha.MemberStatus) { s.Tags.Zone = z })
}

func TestSpread(t *testing.T) {
	spread := func(c *ha.Cluster) { c.Settings.Durability.Spread = true }
	dry := func(name ha.MemberID) func(*ha.Cluster) {
		return of(name, func(s *ha.MemberStatus) { s.Streaming = false })
	}
	for _, c := range []struct {
		name    string
		records *ha.Cluster
		k       int
		want    string
	}{
		{"only the other zone", led(3, spread, zone("m1", "a"), zone("m2", "a"), zone("m3", "b")), 1, "ANY 1 (m3)"},
		{"not asked for", led(3, zone("m1", "a"), zone("m2", "a"), zone("m3", "b")), 1, "ANY 1 (m2,m3)"},
		{"one zone only", led(3, spread, zone("m1", "a"), zone("m2", "a"), zone("m3", "a")), 1, "ANY 1 (m2,m3)"},
		{"the primary's zone is not known", led(3, spread, zone("m2", "a"), zone("m3", "b")), 1, "ANY 1 (m2,m3)"},
		{"a zone that is not known is no other", led(3, spread, zone("m1", "a"), zone("m3", "b")), 1, "ANY 1 (m3)"},
		{"too few there", led(4, spread, zone("m1", "a"), zone("m2", "a"), zone("m3", "b"), zone("m4", "a")), 2, "ANY 2 (m2,m3,m4)"},
		{"enough there", led(4, spread, zone("m1", "a"), zone("m2", "b"), zone("m3", "b"), zone("m4", "a")), 2, "ANY 2 (m2,m3)"},
		{"it does not stream", led(3, spread, zone("m1", "a"), zone("m2", "a"), zone("m3", "b"), dry("m3")), 1, "ANY 1 (m2,m3)"},
		{"its node is gone", led(3, spread, zone("m1", "a"), zone("m2", "a"), zone("m3", "b"), member("m3", dead)), 1, "ANY 1 (m2)"},
		{"asynchronous", led(3, spread, zone("m1", "a"), zone("m3", "b")), 0, "async"},
	} {
		got := ha.WantedSync(c.records, "m1", c.k)
		if got.String() != c.want || !ha.SyncIs(got, c.records, "m1", c.k) {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

// TestSpreadKeepsItsSteps: the narrower set is on record before it is in force,
// and the status tells when the zones are not kept apart.
func TestSpreadKeepsItsSteps(t *testing.T) {
	in := lacking(0)
	c := in.View.Cluster
	in.Machine.LackSince = 0
	in.View.Obs.Receivers = []ha.Receiver{{Member: "m2", Streaming: true, Flushed: 0x5000}, {Member: "m3", Streaming: true, Flushed: 0x5000}}
	c.Settings.Durability = ha.Durability{K: 1, Spread: true}
	for name, z := range map[ha.MemberID]string{"m1": "a", "m2": "a", "m3": "b"} {
		zone(name, z)(c)
	}
	d := ha.Decide(in)
	if got := ordered(&d); got != "rules m1:ANY 1 (m2,m3) m1:ANY 1 (m3)" {
		t.Errorf("ordered %q", got)
	}
	rule("m1", 1, "m3")(c)
	if d = ha.Decide(in); ordered(&d) != "set ANY 1 (m3)" {
		t.Errorf("ordered %q", ordered(&d))
	}
	member("m3", dead)(c)
	in.View.Obs.Sync, c.Rules = ha.SyncSet{K: 1, Members: []ha.MemberID{"m2"}}, []ha.SyncRule{{Primary: "m1", K: 1, Members: []ha.MemberID{"m2"}}}
	if d = ha.Decide(in); !d.Machine.Publishing.Narrow || ordered(&d) != "" {
		t.Errorf("ordered %q, tells %+v", ordered(&d), d.Machine.Publishing)
	}
}

func TestMaxLagTime(t *testing.T) {
	set := ha.Settings{MaxLagTime: 5 * time.Second}
	late := func(d time.Duration) func(*ha.MemberStatus) {
		return func(s *ha.MemberStatus) { s.LagTime = d }
	}
	for _, c := range []struct {
		name    string
		records *ha.Cluster
		want    ha.MemberID
	}{
		{"within", records(2, of("m2", late(5*time.Second))), "m2"},
		{"behind for too long", records(2, of("m2", late(5*time.Second+1))), ""},
		{"not known for how long", records(2, of("m2", late(ha.MaxLimit))), ""},
		{"confirmed writes have no age", records(2, of("m2", late(time.Hour)), rule("m1", 1, "m2")), "m2"},
		{"an asynchronous stretch has", records(2, of("m2", late(time.Hour)), rule("m1", 0), rule("m1", 1, "m2")), ""},
	} {
		if e := ha.Elect(c.records, set, nil, time.Minute, ha.Request{}, "m2"); e.Chosen != c.want {
			t.Errorf("%s: %q\n%s", c.name, e.Chosen, wordOf(e))
		}
	}
	if e := ha.Elect(records(2, of("m2", late(time.Hour))), set, nil, time.Minute, ha.Request{Kind: ha.RequestFailover, Force: true}, "m2"); e.Chosen != "m2" {
		t.Errorf("forced:\n%s", wordOf(e))
	}
	// What a member tells of itself.
	in := election()
	in.View.Cluster.Settings.MaxLagTime = 5 * time.Second
	of("m1", at(0x6000))(in.View.Cluster)
	in.Machine.ToldRev, in.Machine.ToldAt, in.Machine.EvenAt = 10, in.Now.Add(-10*time.Second), in.Now.Add(-17*time.Second)
	in.Machine.Published.Final = 0
	if d := ha.Decide(in); d.Machine.Publishing.LagTime != 7*time.Second || d.Machine.Publishing.Final != 8 {
		t.Errorf("tells %+v", d.Machine.Publishing)
	}
	of("m1", at(0x5000))(in.View.Cluster) // it has all that the primary told
	in.Machine.Published.LagTime = time.Second
	if d := ha.Decide(in); d.Machine.Publishing.LagTime != 0 {
		t.Errorf("tells %+v", d.Machine.Publishing)
	}
}

func TestFailBackSteps(t *testing.T) {
	const wall = int64(1767225600e9) // midnight
	input := func(changes ...func(*ha.Input)) *ha.Input {
		in := idlePrimary()
		in.View.Wall = wall + int64(3*time.Hour)
		c := in.View.Cluster
		c.Settings.FailBack = ha.FailBack{Mode: ha.FailBackPreferred, After: 30 * time.Second, From: 2 * time.Hour, To: 4 * time.Hour}
		of("m3", func(s *ha.MemberStatus) { s.Tags.Preferred = true })(c)
		in.Machine.FitMember, in.Machine.FitSince = "m3", in.Now.Add(-30*time.Second)
		for _, change := range changes {
			change(in)
		}
		return in
	}
	records := func(change func(*ha.Cluster)) func(*ha.Input) {
		return func(in *ha.Input) { change(in.View.Cluster) }
	}
	clock := func(d time.Duration) func(*ha.Input) {
		return func(in *ha.Input) { in.View.Wall = wall + int64(d) }
	}
	mode := func(f ha.FailBack) func(*ha.Input) {
		return records(func(c *ha.Cluster) { c.Settings.FailBack = f })
	}
	for _, c := range []struct {
		name string
		in   *ha.Input
		want bool
	}{
		{"due", input(), true},
		{"never", input(mode(ha.FailBack{})), false},
		{"only when needed", input(mode(ha.FailBack{Mode: ha.FailBackNeeded})), false},
		{"before the window", input(clock(2*time.Hour - 1)), false},
		{"the window begins", input(clock(2 * time.Hour)), true},
		{"after the window", input(clock(4 * time.Hour)), false},
		{"over midnight", input(clock(time.Hour), mode(ha.FailBack{Mode: ha.FailBackPreferred, After: time.Second, From: 23 * time.Hour, To: 2 * time.Hour})), true},
		{"all day", input(mode(ha.FailBack{Mode: ha.FailBackPreferred, After: time.Second})), true},
		{"not fit for long enough", input(func(in *ha.Input) { in.Machine.FitSince++ }), false},
		{"another one was fit", input(func(in *ha.Input) { in.Machine.FitMember = "m2" }), false},
		{"too far behind", input(func(in *ha.Input) { in.View.Obs.LSN += ha.LSN(2 * ha.MiB) }), false},
		{"never to be promoted", input(records(of("m3", func(s *ha.MemberStatus) { s.Tags.NeverPromote = true }))), false},
		{"gone", input(records(member("m3", dead))), false},
		{"paused", input(records(paused)), false},
		{"during a switchover", input(records(asked)), false},
		{"the primary is preferred itself", input(func(in *ha.Input) { in.Self.Tags.Preferred = true }), false},
	} {
		d := ha.Decide(c.in)
		var got ha.Request
		for i := range d.Actions {
			if op, ok := put(&d.Actions[i], "/request"); ok {
				got = decode[ha.Request](op)
			}
		}
		if (got.ID != "") != c.want || c.want && (got.To != "m3" || got.Cause != "fail-back" || got.Kind != ha.RequestSwitchover || got.Term != 7) {
			t.Errorf("%s: %+v", c.name, got)
		}
		if err := checkDecision(c.in, &d); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestFailBack: the preferred member is primary again, once, by itself.
func TestFailBack(t *testing.T) {
	inLab(t, func(l *lab) {
		l.healthy(3, func(c *ha.Config) {
			c.Settings.FailBack = ha.FailBack{Mode: ha.FailBackPreferred, After: 20 * time.Second}
			c.Tags.Preferred = c.Name == "m3"
		})
		l.eventually(time.Minute, "m3 is primary", func() bool { s := l.status(); return s.Writable && s.Primary == "m3" && s.Reign.Promoted })
		l.settled(3)
		if s := l.status(); s.Term > 1 && (s.Reign.Cause != "fail-back" || s.Reign.Why == "") {
			l.Errorf("%+v", s.Reign)
		}
		l.crash("m3")
		l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != "m3" })
		back := l.config("m3")
		back.Tags.Preferred = true
		l.start(back)
		l.settled(3)
		took := l.eventually(time.Minute, "m3 is primary again", func() bool { s := l.status(); return s.Writable && s.Primary == "m3" })
		if took < 15*time.Second {
			l.Errorf("after %v", took)
		}
		if now := l.settled(3); now != "m3" || l.status().Reign.Cause != "fail-back" {
			l.Errorf("%s: %+v", now, l.status().Reign)
		}
		term := l.status().Term
		l.pass(time.Minute)
		if l.status().Term != term {
			l.Errorf("term %v after %v", l.status().Term, term)
		}
	})
}

// TestPreferredGoesFirst among members that are as good, when it is asked for.
func TestPreferredGoesFirst(t *testing.T) {
	like := of("m3", func(s *ha.MemberStatus) { s.Tags.Preferred = true })
	for mode, want := range map[ha.FailBackMode]ha.MemberID{ha.FailBackNever: "m2", ha.FailBackNeeded: "m3", ha.FailBackPreferred: "m3"} {
		c := records(3, like, of("m2", func(s *ha.MemberStatus) { s.Tags.Priority = 9 }))
		c.Settings.FailBack.Mode = mode
		if e := ha.Elect(c, c.Settings, nil, time.Minute, ha.Request{}, want); e.Chosen != want {
			t.Errorf("%v:\n%s", mode, wordOf(e))
		}
		c = led(3, like, of("m2", at(0x5001)))
		c.Settings.FailBack.Mode = mode
		if p := ha.MakePlan("c1", c, ha.Order{Kind: ha.OrderSwitchover}, nil); p.Target != want {
			t.Errorf("%v: switchover to %s", mode, p.Target)
		}
	}
}

// TestAtOnce: a primary's server that crashed is not waited for.
func TestAtOnce(t *testing.T) {
	inLab(t, func(l *lab) {
		p := l.healthy(3, func(c *ha.Config) { c.Settings.RestartLimit = ha.AtOnce })
		l.pass(5 * time.Second)
		l.write(p, "a")
		l.servers.Server(p).Kill()
		took := l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != p })
		if took > time.Second {
			l.Errorf("took %v", took)
		}
		now := l.settled(3)
		l.has(now, "a")
		if _, err := l.admin.Restart(l.Context(), now, true, true); err != nil {
			l.Error(err)
		}
		if again := l.settled(3); again != now {
			l.Errorf("a restart on order made %s primary", again)
		}
	})
	if err := (ha.Settings{RestartLimit: -2}).Validate(); err == nil || !strings.Contains(err.Error(), "RestartLimit -2ns: negative") {
		t.Error(err)
	}
	if err := (ha.Settings{RestartLimit: ha.AtOnce}).Validate(); err != nil {
		t.Error(err)
	}
	if b := (ha.Settings{RestartLimit: ha.AtOnce}).Bound(); b.ServerCrash.Total() != (ha.Settings{RestartLimit: time.Nanosecond}).Bound().ServerCrash.Total()-1 {
		t.Errorf("%+v", b)
	}
}

func TestSettingsOfCandidates(t *testing.T) {
	for text, want := range map[string]string{
		`{"failBack":{"mode":"preferred","after":"10m0s","window":"22:30-04:00"},"maxLagTime":"20s","restartLimit":"-1ns"}`: "",
		`{"durability":{"k":1,"spread":true},"failBack":{"mode":"needed"}}`:                                                 "",
		`{"failBack":{"mode":"often"}}`:                            "failBack: ",
		`{"failBack":{"mode":"preferred","window":"2-4"}}`:         "want a window such as",
		`{"failBack":{"mode":"preferred","window":"02:00-25:00"}}`: "want a window such as",
		`{"failBack":{"mode":"preferred","when":"now"}}`:           `unknown field "when"`,
	} {
		var s ha.Settings
		err := s.UnmarshalJSON([]byte(text))
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if back, _ := s.MarshalJSON(); err == nil && string(back) != text {
			t.Errorf("%s came back as %s", text, back)
		}
		if err == nil && s.Validate() != nil {
			t.Errorf("%s: %v", text, s.Validate())
		}
	}
	for want, s := range map[string]ha.Settings{
		"MaxLagTime 1s: below 2 x Heartbeat":        {MaxLagTime: time.Second},
		"Durability.Spread: needs":                  {Durability: ha.Durability{Spread: true}},
		"FailBack.After -1ns":                       {FailBack: ha.FailBack{Mode: ha.FailBackPreferred, After: -1}},
		"are for mode preferred, not needed":        {FailBack: ha.FailBack{Mode: ha.FailBackNeeded, After: 1}},
		"want times of a day":                       {FailBack: ha.FailBack{Mode: ha.FailBackPreferred, From: 24 * time.Hour}},
		"want whole minutes":                        {FailBack: ha.FailBack{Mode: ha.FailBackPreferred, From: time.Second}},
		"FailBack.Mode FailBackMode(9): not a mode": {FailBack: ha.FailBack{Mode: 9}},
	} {
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
