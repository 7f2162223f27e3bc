// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

// TestTakeOverLeavesNoGap: while nodes take a healthy cluster over, writes go
// on, whatever the other manager's set and its names are and whatever is asked for.
func TestTakeOverLeavesNoGap(t *testing.T) {
	const bound = 600 * time.Millisecond
	longest := time.Duration(0)
	for seed := range uint64(32) {
		o := hatest.Options{Seed: seed, Shadow: true, ForeignSync: int(seed % 2), Aliases: seed%4 > 1, WriteEvery: 5 * time.Millisecond}
		o.Settings.Durability = []ha.Durability{{}, {K: 1}, {K: 1, Quorum: true}, {K: 2, Quorum: true}}[seed/4%4]
		c := hatest.NewCluster(o)
		c.Run(6 * time.Second)
		if err := c.Do("take-over"); err != nil {
			t.Fatal(err)
		}
		acked, since, gap := c.Acked(), c.Now(), time.Duration(0)
		for c.Now() < 10*time.Second && c.Broken() == nil {
			c.Run(2 * time.Millisecond)
			if n := c.Acked(); n > acked {
				acked, since = n, c.Now()
			}
			gap = max(gap, c.Now()-since)
		}
		if r := c.Records(); c.Broken() != nil || r.Reign.Term != 1 || c.Primary() != "m1" || !c.Settle(time.Second) {
			t.Fatalf("seed %d: term %d, primary %s, %v", seed, r.Reign.Term, c.Primary(), c.Broken())
		}
		if gap > bound {
			t.Errorf("seed %d: nothing was acknowledged for %v (%+v, the other manager's K is %d, other names: %v)", seed, gap, o.Settings.Durability, o.ForeignSync, o.Aliases)
		}
		longest = max(longest, gap)
	}
	t.Logf("longest gap: %v", longest)
}
