// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs/memory"
	"github.com/gausskit/gausskit/ha/hatest"
)

func TestDefaultsHoldTogether(t *testing.T) {
	if err := (ha.Settings{}).Validate(); err != nil {
		t.Error(err)
	}
	want := ha.Settings{
		TTL: 5 * time.Second, Margin: time.Second, Heartbeat: 5 * time.Second / 3, StoreLimit: time.Second,
		StopLimit: time.Second / 3, ElectionWait: 500 * time.Millisecond, PromoteLimit: time.Minute,
		RestartLimit: 10 * time.Second, HangLimit: 10 * time.Second, SwitchoverLimit: 30 * time.Second,
		RejoinAfter: 15 * time.Second, ParentSettle: 10 * time.Second, SuspectAfter: time.Second, MaxLag: 16 * ha.MiB,
		FailoverLimit: 3, FailoverWindow: time.Hour, PromoteCoolDown: 2 * time.Minute, CrashCoolDown: 10 * time.Minute, HangCoolDown: 10 * time.Minute,
	}
	if got := (ha.Settings{}).WithDefaults(); got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if want.WithDefaults() != want {
		t.Error("defaults change what is set")
	}
	for _, ttl := range []time.Duration{500 * time.Millisecond, 2 * time.Second, 7 * time.Second, time.Minute, time.Hour} {
		if err := (ha.Settings{TTL: ttl}).Validate(); err != nil {
			t.Errorf("what follows from TTL %v: %v", ttl, err)
		}
	}
}

func TestSettingsRules(t *testing.T) {
	for _, c := range []struct {
		set  ha.Settings
		want []string // one part of each violation
	}{
		{ha.Settings{TTL: 499 * time.Millisecond, ElectionWait: 1}, []string{"TTL 499ms: below 500ms"}},
		{ha.Settings{TTL: time.Hour + 1}, []string{"TTL 1h0m0.000000001s: above 1h"}},
		{ha.Settings{StoreLimit: 1 << 62, PromoteLimit: 1<<63 - 1}, []string{"StoreLimit 1281023h53m38.427387904s: above 720h", "PromoteLimit 2562047h47m16.854775807s: above 720h"}},
		{ha.Settings{Margin: 99 * time.Millisecond}, []string{"Margin 99ms: below 2% of TTL 5s"}},
		{ha.Settings{StopLimit: 334 * time.Millisecond}, []string{"Margin 1s: below 3 x StopLimit 334ms"}},
		{ha.Settings{Heartbeat: 2001 * time.Millisecond}, []string{"Heartbeat 2.001s + 2 x StoreLimit 1s: above TTL 5s - Margin 1s"}},
		{ha.Settings{StoreLimit: 1200 * time.Millisecond}, []string{"2 x StoreLimit 1.2s: above TTL 5s"}},
		{ha.Settings{Heartbeat: time.Millisecond}, []string{"Heartbeat 1ms: below 10ms"}},
		{ha.Settings{StoreLimit: time.Millisecond}, []string{"StoreLimit 1ms: below 10ms"}},
		{ha.Settings{ElectionWait: 6 * time.Second}, []string{"ElectionWait 6s: above TTL 5s"}},
		{ha.Settings{PromoteLimit: time.Millisecond}, []string{"PromoteLimit 1ms: below StoreLimit 1s"}},
		{ha.Settings{SwitchoverLimit: time.Millisecond}, []string{"SwitchoverLimit 1ms: below StoreLimit 1s"}},
		{ha.Settings{FailoverLimit: -2}, []string{"FailoverLimit -2: below -1, which is no limit"}},
		{ha.Settings{FailoverLimit: 17}, []string{"FailoverLimit 17: above 16, which is how many are remembered"}},
		{ha.Settings{FailoverWindow: time.Millisecond}, []string{"FailoverWindow 1ms: below 1s"}},
		{ha.Settings{CrashCoolDown: -1}, []string{"CrashCoolDown -1ns: negative"}},
		{ha.Settings{Durability: ha.Durability{K: -1}, TTL: -1, Margin: -1}, []string{"Durability.K -1: negative", "TTL -1ns: negative", "Margin -1ns: negative"}},
		{ha.Settings{TTL: time.Second, Margin: 10 * time.Millisecond, Heartbeat: time.Millisecond, ElectionWait: 2 * time.Second, PromoteLimit: 1},
			[]string{"Margin 10ms: below 2%", "Heartbeat 1ms: below", "ElectionWait 2s: above", "PromoteLimit 1ns: below"}},
	} {
		err := c.set.Validate()
		if err == nil {
			t.Errorf("%+v is accepted", c.set)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v\ndoes not say %q", err, w)
			}
		}
		if n := len(strings.Split(err.Error(), "\n")); n != len(c.want) {
			t.Errorf("%d violations, want %d: %v", n, len(c.want), err)
		}
	}
}

func TestSettingsJSON(t *testing.T) {
	for _, c := range []struct {
		set  ha.Settings
		text string
	}{
		{ha.Settings{}, `{}`},
		{ha.Settings{TTL: 5 * time.Second, MaxLag: 16 * ha.MiB, Durability: ha.Durability{K: 2}}, `{"durability":{"k":2},"maxLag":"16 MiB","ttl":"5s"}`},
		{ha.Settings{FailoverLimit: -1, FailoverWindow: time.Minute, Approve: true}, `{"approve":true,"failoverLimit":-1,"failoverWindow":"1m0s"}`},
		{ha.Settings{StoreLimit: 1500 * time.Millisecond, RejoinAfter: time.Hour}, `{"rejoinAfter":"1h0m0s","storeLimit":"1.5s"}`},
	} {
		text, err := json.Marshal(c.set)
		if err != nil || string(text) != c.text {
			t.Errorf("%+v: %s, %v", c.set, text, err)
		}
		back := ha.Settings{TTL: 1} // is replaced, not added to
		if err := json.Unmarshal(text, &back); err != nil || back != c.set {
			t.Errorf("%s: %+v, %v", text, back, err)
		}
	}
	for text, want := range map[string]string{
		`{"tll":"5s"}`:             `tll: not a setting`,
		`{"TTL":"5s"}`:             `TTL: not a setting`,
		`{"ttl":5}`:                `ttl: want a duration such as "5s"`,
		`{"ttl":"5"}`:              `ttl: time: missing unit`,
		`{"failoverLimit":"3"}`:    `failoverLimit: `,
		`{"approve":1}`:            `approve: `,
		`{"maxLag":"16 XB"}`:       `maxLag: ha: parse bytes "16 XB"`,
		`{"maxLag":16}`:            `maxLag: `,
		`{"durability":{"k":"1"}}`: `durability: `,
		`{"durability":{"q":1}}`:   `durability: `,
		`[]`:                       `ha: parse settings`,
		`"5s"`:                     `ha: parse settings`,
	} {
		set := ha.Settings{TTL: 7}
		err := json.Unmarshal([]byte(text), &set)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
		if set != (ha.Settings{TTL: 7}) {
			t.Errorf("%s: half read: %+v", text, set)
		}
	}
}

func FuzzSettingsJSON(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"durability":{"k":2},"maxLag":"16 MiB","ttl":"5s"}`))
	f.Add([]byte(`{"ttl":"1h2m3.5s","heartbeat":"-1ms"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var set ha.Settings
		if json.Unmarshal(text, &set) != nil {
			return
		}
		out, err := json.Marshal(set)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var back ha.Settings
		if err := json.Unmarshal(out, &back); err != nil || back != set {
			t.Fatalf("%s -> %s -> %+v, %v", text, out, back, err)
		}
		_ = set.Validate() // must not panic, whatever was read
		_ = set.Bound()
	})
}

// TestBound checks the worst cases of the defaults, which the README names.
func TestBound(t *testing.T) {
	b := (ha.Settings{}).Bound()
	for _, c := range []struct {
		name string
		got  ha.Phases
		want ha.Phases
	}{
		{"node crash", b.NodeCrash, ha.Phases{Detect: 6500 * time.Millisecond, Decide: 4500 * time.Millisecond, Promote: time.Minute}},
		{"server crash", b.ServerCrash, ha.Phases{Detect: 5*time.Second/3 + time.Second, Decide: 16500*time.Millisecond - 1, Promote: time.Minute}},
		{"switchover", b.Switchover, ha.Phases{Detect: 30 * time.Second, Decide: 5500 * time.Millisecond, Promote: time.Minute}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, c.got, c.want)
		}
		if c.got.Total() != c.got.Detect+c.got.Decide+c.got.Promote {
			t.Errorf("%s: total %v", c.name, c.got.Total())
		}
	}
}

// randomSettings are valid ones, over the whole range.
func randomSettings(r *rand.Rand) ha.Settings {
	for {
		ms := func(n int64) time.Duration { return time.Duration(1+r.Int64N(n)) * time.Millisecond }
		s := ha.Settings{TTL: ms(20_000)}
		for _, f := range []*time.Duration{&s.Margin, &s.Heartbeat, &s.StoreLimit, &s.StopLimit, &s.ElectionWait, &s.PromoteLimit, &s.RestartLimit, &s.HangLimit, &s.SwitchoverLimit} {
			if r.IntN(2) == 0 {
				*f = ms(5_000)
			}
		}
		if s.Validate() == nil {
			return s
		}
	}
}

// TestBoundCoversItsParts: whatever the settings, no part is left out, and a
// longer limit never makes a bound shorter.
func TestBoundCoversItsParts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5_000 {
		s := randomSettings(r).WithDefaults()
		b := s.Bound()
		if b.NodeCrash.Total() < s.TTL+s.ElectionWait+s.StoreLimit+s.PromoteLimit {
			t.Fatalf("%+v: node crash %+v", s, b.NodeCrash)
		}
		if b.ServerCrash.Total() < s.Heartbeat+s.RestartLimit+3*s.StopLimit+s.ElectionWait+s.PromoteLimit {
			t.Fatalf("%+v: server crash %+v", s, b.ServerCrash)
		}
		if b.Switchover.Total() < s.SwitchoverLimit+s.ElectionWait+s.PromoteLimit {
			t.Fatalf("%+v: switchover %+v", s, b.Switchover)
		}
		longer := s
		longer.PromoteLimit, longer.RestartLimit = s.PromoteLimit*2, s.RestartLimit*2
		if l := longer.Bound(); l.NodeCrash.Total() < b.NodeCrash.Total() || l.ServerCrash.Total() < b.ServerCrash.Total() {
			t.Fatalf("%+v: twice as long, and sooner done", s)
		}
	}
}

func TestConfigRules(t *testing.T) {
	good := func() ha.Config {
		return ha.Config{Cluster: "c1", Name: "m1", Address: "db1:5432", Store: memory.New(), Engine: hatest.NewServers().Server("m1")}
	}
	for _, c := range []struct {
		name   string
		change func(*ha.Config)
		want   []string
	}{
		{"nothing", func(c *ha.Config) {}, nil},
		{"no address", func(c *ha.Config) { c.Address = "" }, nil},
		{"IPv6", func(c *ha.Config) { c.Address = "[fe80::1%eth0]:5432" }, nil},
		{"empty", func(c *ha.Config) { *c = ha.Config{} }, []string{`Cluster "": want`, `Name "": want`, "Engine: missing", "Store: missing"}},
		{"names", func(c *ha.Config) { c.Cluster, c.Name = "a/b", "M1" }, []string{`Cluster "a/b"`, `Name "M1"`}},
		{"no port", func(c *ha.Config) { c.Address = "db1" }, []string{`Address "db1": want host:port`}},
		{"no host", func(c *ha.Config) { c.Address = ":5432" }, []string{"host is empty"}},
		{"port", func(c *ha.Config) { c.Address = "db1:65536" }, []string{"port is not in 1..65535"}},
		{"port name", func(c *ha.Config) { c.Address = "db1:pg" }, []string{"port is not in 1..65535"}},
		{"all at once", func(c *ha.Config) { c.Name, c.Store, c.Settings.TTL = "", nil, 1 }, []string{"Name", "Store: missing", "TTL 1ns: below", "Heartbeat 0s: below", "StoreLimit 0s: below", "ElectionWait 500ms: above"}},
		{"no synchronous set", func(c *ha.Config) {
			c.Settings.Durability.K = 1
			c.Engine = struct{ ha.Engine }{c.Engine}
		}, []string{"Durability.K 1: the engine cannot"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := good()
			c.change(&cfg)
			err := cfg.Validate()
			if len(c.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, ha.ErrConfig) {
				t.Fatalf("%v", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v\ndoes not say %q", err, w)
				}
			}
			if n := len(strings.Split(err.Error(), "\n")); n != len(c.want) {
				t.Errorf("%d violations, want %d: %v", n, len(c.want), err)
			}
			if n, serr := ha.Start(t.Context(), cfg); n != nil || serr == nil || serr.Error() != err.Error() {
				t.Errorf("Start says %v", serr)
			}
		})
	}
}

func ExampleSettings_Validate() {
	set := ha.Settings{TTL: 2 * time.Second, Heartbeat: time.Second, ElectionWait: 3 * time.Second}
	fmt.Println(set.Validate())
	// Output:
	// settings: Heartbeat 1s + 2 x StoreLimit 400ms: above TTL 2s - Margin 400ms, so one lost renewal would demote a primary
	// settings: ElectionWait 3s: above TTL 2s
}

// The worst case from the loss of a node to the first write.
func ExampleSettings_Bound() {
	set := ha.Settings{TTL: 3 * time.Second, PromoteLimit: 5 * time.Second}
	b := set.Bound().NodeCrash
	fmt.Println(b.Detect, "+", b.Decide, "+", b.Promote, "=", b.Total())
	// Output: 4.5s + 2.9s + 5s = 12.4s
}
