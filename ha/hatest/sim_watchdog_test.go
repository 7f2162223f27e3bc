// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

// watchedCluster is a settled cluster of three whose managers mind watchdogs.
func watchedCluster(t *testing.T, o hatest.Options) *hatest.Cluster {
	t.Helper()
	o.Device = true
	c := hatest.NewCluster(o)
	if !c.Settle(time.Minute) {
		t.Fatal("the cluster does not settle")
	}
	return c
}

// TestWatchdogLeavesTheHealthyAlone: hours of work, switchovers, restarts of
// servers and an outage of the store reset no machine.
func TestWatchdogLeavesTheHealthyAlone(t *testing.T) {
	for _, quorum := range []bool{false, true} {
		o := hatest.Options{DeviceRequired: true, ClockDrift: true}
		if quorum {
			o.Settings.Durability = ha.Durability{K: 1, Quorum: true}
		}
		c := watchedCluster(t, o)
		for range 6 {
			c.Switchover("")
			c.Run(20 * time.Second)
			c.KillServer(c.Primary())
			c.Run(20 * time.Second)
			old := c.Primary()
			c.Close(old)
			c.Run(20 * time.Second)
			c.Restart(old)
			c.Run(20 * time.Second)
			c.StoreDown()
			c.Run(20 * time.Second)
			c.StoreUp()
			c.Run(20 * time.Second)
		}
		if err := c.Broken(); err != nil {
			t.Error(err)
		}
		if n := c.Resets(); n != 0 {
			t.Errorf("quorum %v: %d machines were reset", quorum, n)
		}
		if !c.Settle(time.Minute) {
			t.Error("the cluster does not settle at the end")
		}
	}
}

// TestWatchdogStopsTheForsaken: a primary whose manager is killed or frozen
// is reset before its lease can end, so that never two servers are writable,
// and somebody is primary soon after.
func TestWatchdogStopsTheForsaken(t *testing.T) {
	for name, harm := range map[string]func(*hatest.Cluster, ha.MemberID){
		"killed": (*hatest.Cluster).KillNode,
		"frozen": (*hatest.Cluster).Freeze,
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				c := watchedCluster(t, hatest.Options{ClockDrift: true, Seed: seed, Sweep: time.Millisecond})
				c.Run(time.Duration(seed) * 37 * time.Millisecond)
				old, began := c.Primary(), c.Now()
				harm(c, old)
				for c.Resets() == 0 && c.Now() < began+10*time.Second {
					c.Run(10 * time.Millisecond)
				}
				if took := c.Now() - began; c.Resets() != 1 || took > 5*time.Second {
					t.Fatalf("seed %d: %d resets within %v, want one before the lease of 5s ends", seed, c.Resets(), took)
				}
				c.Run(8 * time.Second)
				if c.Primary() == "" { // mostly another; the old one when it was up again before its lease had ended
					t.Errorf("seed %d: no primary", seed)
				}
				if err := c.Broken(); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		})
	}
}

// TestWatchdogInQuorumMode: the automatic one lets a primary go on whose
// manager is frozen, because its standbys decide; the required one does not.
func TestWatchdogInQuorumMode(t *testing.T) {
	for _, required := range []bool{false, true} {
		o := hatest.Options{DeviceRequired: required}
		o.Settings.Durability = ha.Durability{K: 1, Quorum: true}
		c := watchedCluster(t, o)
		c.Run(10 * time.Second)
		old, acked := c.Primary(), c.Acked()
		c.Freeze(old)
		c.Run(20 * time.Second)
		if want := map[bool]int{true: 1}[required]; c.Resets() != want {
			t.Errorf("required %v: %d resets, want %d", required, c.Resets(), want)
		}
		if p := c.Primary(); !required && p != old {
			t.Errorf("the primary is %q, want still %q", p, old)
		}
		if n := c.Acked() - acked; n < 100 {
			t.Errorf("required %v: %d rows acknowledged in 20 s", required, n)
		}
		if err := c.Broken(); err != nil {
			t.Error(err)
		}
	}
}

// TestRequiredWatchdogThatFails: a member whose device cannot be armed is not
// promoted, another is; with an automatic one it does not matter.
func TestRequiredWatchdogThatFails(t *testing.T) {
	for _, required := range []bool{false, true} {
		c := watchedCluster(t, hatest.Options{DeviceRequired: required, Settings: ha.Settings{TTL: 3 * time.Second}})
		old := c.Primary()
		for _, m := range c.Members() {
			if m != old && m != "m3" {
				for range 3 {
					c.FailNext(m, ha.ActArm, hatest.FateFail)
				}
			}
		}
		c.Crash(old)
		if !c.Settle(0) {
			c.Run(30 * time.Second)
		}
		p := c.Primary()
		if p == "" || p == old {
			t.Fatalf("required %v: primary is %q", required, p)
		}
		if required && p != "m3" {
			t.Errorf("primary is %s, whose required watchdog cannot be armed", p)
		}
		if err := c.Broken(); err != nil {
			t.Error(err)
		}
	}
}
