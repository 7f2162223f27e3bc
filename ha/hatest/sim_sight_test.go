// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

// asking are settings with a second view of the primary, or without one.
func asking(ask bool) ha.Settings {
	return ha.Settings{Durability: ha.Durability{K: 1, Quorum: true}, AskPrimary: ask}
}

// sighted is a settled cluster.
func sighted(t *testing.T, seed uint64, set ha.Settings) *hatest.Cluster {
	t.Helper()
	c := hatest.NewCluster(hatest.Options{Seed: seed, Settings: set, ClockDrift: true, WriteEvery: 20 * time.Millisecond})
	if !c.Settle(time.Minute) {
		t.Fatal("does not settle")
	}
	c.Run(10*time.Second + time.Duration(seed)*137*time.Millisecond)
	return c
}

func see(c *hatest.Cluster, s hatest.Sight) {
	for _, m := range c.Members() {
		c.SetSight(m, s)
	}
}

// TestSightAloneMovesNobody: members that see nothing, or everything, when they
// ask, do not move a primary whose log they get; nor when one of them gets none.
func TestSightAloneMovesNobody(t *testing.T) {
	for _, sight := range []hatest.Sight{hatest.SightTrue, hatest.SightBlind, hatest.SightRosy} {
		for seed := range uint64(4) {
			c := sighted(t, seed, asking(true))
			before := c.Term()
			see(c, sight)
			c.Run(time.Minute)
			for _, m := range c.Members() {
				if m != c.Primary() {
					c.Quiet(m, true)
					break
				}
			}
			c.Run(time.Minute)
			if err := c.Broken(); err != nil {
				t.Fatal(err)
			}
			if c.Term() != before {
				t.Errorf("sight %d, seed %d: term %d after %d", sight, seed, c.Term(), before)
			}
		}
	}
}

// TestSecondViewAvoidsFailovers: the log of all standbys comes to a stop for
// longer than SuspectAfter, and the primary's server lives. Without a second
// view, or with a blind one, that moves the primary: the test can fail.
func TestSecondViewAvoidsFailovers(t *testing.T) {
	for _, x := range []struct {
		name  string
		ask   bool
		sight hatest.Sight
		moved bool
	}{
		{"without", false, hatest.SightTrue, true},
		{"with", true, hatest.SightTrue, false},
		{"blind", true, hatest.SightBlind, true},
	} {
		for seed := range uint64(4) {
			c := sighted(t, seed, asking(x.ask))
			before := c.Term()
			see(c, x.sight)
			for _, m := range c.Members() {
				c.Quiet(m, true)
			}
			c.Run(4 * time.Second)
			for _, m := range c.Members() {
				c.Quiet(m, false)
			}
			c.Run(20 * time.Second)
			if err := c.Broken(); err != nil {
				t.Fatal(err)
			}
			if moved := c.Term() != before; moved != x.moved {
				t.Errorf("%s, seed %d: term %d after %d", x.name, seed, c.Term(), before)
			}
		}
	}
}

// TestSecondViewCostsNothing: a machine that is lost is replaced as soon as
// without it, and HangLimit later when all others say that it lives.
func TestSecondViewCostsNothing(t *testing.T) {
	set := asking(true)
	bound := set.Bound().NodeCrash
	for sight, limit := range map[hatest.Sight]time.Duration{
		hatest.SightTrue: bound.Detect + bound.Decide, hatest.SightBlind: bound.Detect + bound.Decide,
		hatest.SightRosy: bound.Detect + bound.Decide + set.WithDefaults().HangLimit,
	} {
		for seed := range uint64(6) {
			c := sighted(t, seed, set)
			see(c, sight)
			c.Crash(c.Primary())
			if took := gap(c, limit); took > limit {
				t.Errorf("sight %d, seed %d: %v without writes, bound %v", sight, seed, took, limit)
			}
			if err := c.Broken(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
