// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "time"

// The profiles are settings to begin with: how soon a failure is believed,
// against how often one is believed that was none. They leave Durability and
// MaxLag as they are by default, and fit lease and quorum mode; [Settings.Bound]
// says for each what it means:
//
//	s := ha.Balanced()
//	s.Durability = ha.Durability{K: 1, Quorum: true}
//	fmt.Println(s.Bound().NodeCrash.Total())

// Fast believes in a failure after one second of silence (quorum mode) or three
// (lease mode): for a quiet network and machines that do not pause. A pause of
// a second can move the primary.
func Fast() Settings {
	return Settings{
		TTL: 3 * time.Second, SuspectAfter: time.Second, ElectionWait: 300 * time.Millisecond,
		RestartLimit: 3 * time.Second, HangLimit: 3 * time.Second,
	}
}

// Balanced stays as it is when machines pause for one and a half seconds, or
// when a fifth of all packets is lost: for most clusters.
func Balanced() Settings {
	return Settings{
		TTL: 10 * time.Second, Heartbeat: 2 * time.Second, StoreLimit: time.Second, SuspectAfter: 3 * time.Second,
	}
}

// Careful waits ten seconds (quorum mode) or thirty (lease mode): for clusters
// in which a needless failover costs more than half a minute without writes,
// or whose machines are moved while they run.
func Careful() Settings {
	return Settings{
		TTL: 30 * time.Second, Margin: 5 * time.Second, Heartbeat: 5 * time.Second, StoreLimit: 3 * time.Second,
		SuspectAfter: 10 * time.Second, ElectionWait: 2 * time.Second,
		RestartLimit: 30 * time.Second, HangLimit: 30 * time.Second, SwitchoverLimit: time.Minute, RejoinAfter: 30 * time.Second,
	}
}
