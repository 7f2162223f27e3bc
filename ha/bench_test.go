// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

func steadyInputs() map[string]*ha.Input {
	sync := idlePrimary()
	sync.View.Cluster.Settings.Durability.K = 1
	sync.View.Cluster.Settings.Durability.Degrade = time.Second
	sync.Machine.Published.SyncK = 1
	rule("m1", 1, "m2", "m3")(sync.View.Cluster)
	sync.View.Obs.Sync = ha.SyncSet{K: 1, Members: []ha.MemberID{"m2", "m3"}}
	waits := idlePrimary() // for all that can be set to end or begin later
	later := waits.View.Wall + int64(time.Hour)
	scheduled("m2", later)(waits.View.Cluster)
	inDowntime("m3", later)(waits.View.Cluster)
	paused(waits.View.Cluster)
	waits.View.Cluster.Pause.Until = later
	failedOver(waits.View.Wall, 16)(waits.View.Cluster)
	return map[string]*ha.Input{
		"cascade standby":               idleCascade(),
		"primary with orders that wait": waits,
		"primary":                       idlePrimary(), "standby": idleStandby(), "synchronous primary": sync}
}

// BenchmarkDecideSteady is a decision of a three-member cluster in which
// nothing has changed.
func BenchmarkDecideSteady(b *testing.B) {
	for name, in := range steadyInputs() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := ha.Decide(in); len(d.Actions) != 0 {
					b.Fatal("something to do: ", d.Actions)
				}
			}
		})
	}
}

// BenchmarkDecideElection is a decision that judges all members.
func BenchmarkDecideElection(b *testing.B) {
	in := election()
	b.ReportAllocs()
	for b.Loop() {
		if d := ha.Decide(in); d.Election == nil {
			b.Fatal("no election")
		}
	}
}

// TestSteadyDecisionsAllocateNothing: a node decides several times in each
// heartbeat, mostly that there is nothing to do.
func TestSteadyDecisionsAllocateNothing(t *testing.T) {
	for name, in := range steadyInputs() {
		var d ha.Decision
		if n := testing.AllocsPerRun(100, func() { d = ha.Decide(in) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
		if len(d.Actions) != 0 || d.From != d.To {
			t.Errorf("%s: something to do: %v to %v, %+v", name, d.From, d.To, d.Actions)
		}
	}
}
