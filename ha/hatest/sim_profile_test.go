// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

// profiles are the settings that the package recommends, in both modes, and
// one quorum cluster whose lease is long.
func profiles() map[string]ha.Settings {
	out := map[string]ha.Settings{}
	for name, s := range map[string]ha.Settings{"fast": ha.Fast(), "balanced": ha.Balanced(), "careful": ha.Careful()} {
		s.Durability = ha.Durability{K: 1}
		out[name+" lease"] = s
		s.Durability.Quorum = true
		out[name+" quorum"] = s
	}
	long := out["fast quorum"]
	long.TTL, long.StoreLimit = 2*time.Minute, ha.Fast().WithDefaults().StoreLimit
	out["fast quorum, long lease"] = long
	return out
}

// gap runs until another row is acknowledged than those of now, and returns how
// long that took.
func gap(c *hatest.Cluster, limit time.Duration) time.Duration {
	began, acked := c.Now(), c.Acked()
	for c.Acked() == acked && c.Now() < began+2*limit {
		c.Run(5 * time.Millisecond)
	}
	return c.Now() - began
}

// TestProfilesKeepTheirBounds measures, for each profile and mode, the gap
// between two acknowledged rows when the primary's machine is lost, its server
// crashes, and its role is handed over.
func TestProfilesKeepTheirBounds(t *testing.T) {
	const seeds = 8
	for name, set := range profiles() {
		t.Run(name, func(t *testing.T) {
			if err := set.Validate(); err != nil {
				t.Fatal(err)
			}
			b := set.Bound()
			cases := map[string]struct {
				do    func(*hatest.Cluster)
				bound ha.Phases
			}{
				"node crash":   {func(c *hatest.Cluster) { c.Crash(c.Primary()) }, b.NodeCrash},
				"server crash": {func(c *hatest.Cluster) { c.KillServer(c.Primary()) }, b.ServerCrash},
				"switchover":   {func(c *hatest.Cluster) { c.Switchover("") }, b.Switchover},
			}
			for what, x := range cases {
				worst := time.Duration(0)
				for seed := range uint64(seeds) {
					c := hatest.NewCluster(hatest.Options{Seed: seed, Settings: set, ClockDrift: true, WriteEvery: 20 * time.Millisecond})
					if !c.Settle(time.Minute) {
						t.Fatal("does not settle")
					}
					c.Run(10*time.Second + time.Duration(seed)*271*time.Millisecond)
					x.do(c)
					worst = max(worst, gap(c, x.bound.Total()))
					if err := c.Broken(); err != nil {
						t.Fatal(err)
					}
				}
				if worst > x.bound.Total() {
					t.Errorf("%s: %v without writes, bound %v", what, worst, x.bound.Total())
				}
				if d := x.bound.Detect + x.bound.Decide; what == "node crash" && worst > d {
					t.Errorf("%s: %v without writes, bound %v without the promotion", what, worst, d)
				}
				t.Logf("%s: worst of %d %v, bound %v", what, seeds, worst.Round(time.Millisecond), x.bound.Total())
			}
		})
	}
}

// pausing lets each machine pause again and again, now the primary's, now a
// standby's, for minutes, and returns how many terms that cost.
func pausing(t *testing.T, o hatest.Options, pause time.Duration) ha.Term {
	t.Helper()
	c := hatest.NewCluster(o)
	if !c.Settle(time.Minute) {
		t.Fatal("does not settle")
	}
	c.Run(10 * time.Second)
	before := c.Term()
	for i := range 40 {
		m := c.Members()[i%len(c.Members())]
		if i%2 == 0 && c.Primary() != "" {
			m = c.Primary()
		}
		c.Freeze(m)
		c.HangServer(m)
		c.Run(pause)
		c.WakeServer(m)
		c.Thaw(m)
		c.Run(7*time.Second + time.Duration(i)*131*time.Millisecond)
	}
	if err := c.Broken(); err != nil {
		t.Fatal(err)
	}
	return c.Term() - before
}

// TestBalancedIsCalm: neither pauses of 1.5 s nor the loss of every fifth
// packet move the primary. Fast settings are moved by such pauses: the test can
// fail.
func TestBalancedIsCalm(t *testing.T) {
	for _, quorum := range []bool{false, true} {
		set := ha.Balanced()
		set.Durability = ha.Durability{K: 1, Quorum: quorum}
		for seed := range uint64(3) {
			o := hatest.Options{Seed: seed, Settings: set, ClockDrift: true}
			if n := pausing(t, o, 1500*time.Millisecond); n != 0 {
				t.Errorf("quorum %v, seed %d: %d failovers by pauses of 1.5 s", quorum, seed, n)
			}
			o.Loss = 20
			c := hatest.NewCluster(o)
			if !c.Settle(time.Minute) {
				t.Fatal("does not settle")
			}
			before := c.Term()
			c.Run(10 * time.Minute)
			if err := c.Broken(); err != nil {
				t.Fatal(err)
			}
			if n := c.Term() - before; n != 0 {
				t.Errorf("quorum %v, seed %d: %d failovers with 20%% of packets lost", quorum, seed, n)
			}
		}
	}
	fast := ha.Fast()
	fast.Durability = ha.Durability{K: 1, Quorum: true}
	if n := pausing(t, hatest.Options{Settings: fast}, 1500*time.Millisecond); n == 0 {
		t.Error("fast settings are not moved either: the test says nothing")
	}
}
