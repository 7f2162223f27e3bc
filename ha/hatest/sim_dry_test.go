// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

// TestStandbyThatTakesNoLog leaves the synchronous set, so that the other one
// can take over alone when the primary dies as well; and comes back into it.
func TestStandbyThatTakesNoLog(t *testing.T) {
	for name, harm := range map[string]struct {
		do, undo func(*hatest.Cluster, ha.MemberID)
	}{
		"hangs": {(*hatest.Cluster).HangServer, (*hatest.Cluster).WakeServer},
		"does not start": {
			func(c *hatest.Cluster, m ha.MemberID) {
				for range 500 {
					c.FailLater(m, ha.ActStart, 0, hatest.FateFail)
				}
				c.KillServer(m)
			},
			func(c *hatest.Cluster, m ha.MemberID) { c.HealAll() },
		},
		"is kept from it": {
			func(c *hatest.Cluster, m ha.MemberID) { c.Quiet(m, true) },
			func(c *hatest.Cluster, m ha.MemberID) { c.Quiet(m, false) },
		},
	} {
		for seed := range uint64(3) {
			set := ha.Settings{Durability: ha.Durability{K: 1, Quorum: true}}
			c := hatest.NewCluster(hatest.Options{Seed: seed, Settings: set, ClockDrift: true, WriteEvery: 50 * time.Millisecond})
			if !c.Settle(time.Minute) {
				t.Fatal("does not settle")
			}
			primary := c.Primary()
			i := slices.IndexFunc(c.Members(), func(m ha.MemberID) bool { return m != primary })
			standby := c.Members()[i]
			counts := func() bool {
				rules := c.Records().Rules
				return slices.ContainsFunc(rules, func(r ha.SyncRule) bool { return slices.Contains(r.Members, standby) })
			}
			harm.do(c, standby)
			c.Run(2 * ha.DefaultRejoinAfter)
			if counts() {
				t.Errorf("%s, seed %d: %s counts on: %+v", name, seed, standby, c.Records().Rules)
			}
			if seed == 0 { // it comes back
				harm.undo(c, standby)
				c.Run(time.Minute)
				if !counts() {
					t.Errorf("%s: %s does not count again: %+v", name, standby, c.Records().Rules)
				}
				continue
			}
			c.Crash(primary)
			c.Run(10 * time.Second)
			if now := c.Primary(); now == "" || now == standby {
				t.Errorf("%s, seed %d: the primary is %q", name, seed, now)
			}
			if err := c.Broken(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
