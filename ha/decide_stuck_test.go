// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// TestStandbyThatOnlySeemsToStream: a receiver that connects and is turned away
// again and again, because the log left the upstream's at an earlier fork, does
// not keep its member from being rejoined; one whose log grows does.
func TestStandbyThatOnlySeemsToStream(t *testing.T) {
	for grows, want := range map[bool]ha.State{false: ha.StateRebuilding, true: ha.StateStandby} {
		in := idleStandby()
		c, o := in.View.Cluster, &in.View.Obs
		set := c.Settings.WithDefaults()
		c.Reign.Promoted, c.Reign.Timeline, c.Reign.Start = true, 9, o.LSN+1000
		o.Timeline = 7
		for i := 0; i < 60; i++ {
			o.Streaming = i%4 == 3
			if grows {
				o.LSN++
				c.Reign.Start++
			}
			in.Now = in.Now.Add(set.RejoinAfter / 20)
			in.View.ObsBegan, in.View.ObsKnown = in.Now-ha.Instant(time.Millisecond), true
			in.Outcomes = nil
			in.Machine.Flights = ha.Machine{}.Flights
			in.Machine.ObsAfter = 0
			d := ha.Decide(in)
			if in.Machine = d.Machine; d.To != ha.StateStandby {
				break
			}
		}
		if in.Machine.State != want {
			t.Errorf("log grows: %v: %v, want %v", grows, in.Machine.State, want)
		}
	}
}
