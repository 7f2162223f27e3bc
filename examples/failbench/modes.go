// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"

	"github.com/gausskit/gausskit/ha"
)

// mode is a kind of cluster.
type mode uint8

// The modes.
const (
	modeLease       mode = iota // gausskit: whoever holds the lease is primary
	modeQuorum                  // gausskit: the synchronous standbys decide
	modePatroni                 // Patroni with its defaults
	modePatroniFast             // Patroni with the shortest times that its manual allows
	numModes
)

var modeNames = [numModes]string{"lease", "quorum", "patroni", "patroni-fast"} // read-only

// String names the mode.
func (m mode) String() string { return modeNames[m] }

// patroni reports whether the cluster is run by Patroni.
func (m mode) patroni() bool { return m == modePatroni || m == modePatroniFast }

func allModes() []mode { return []mode{modeLease, modeQuorum, modePatroni, modePatroniFast} }

func defaultModes() []mode { return []mode{modeLease, modeQuorum} }

// settingsOf are the settings of a gausskit cluster: one standby must have what
// is acknowledged, as many failovers as there are faults, and the defaults for
// all else.
func settingsOf(m mode, ttl time.Duration) ha.Settings {
	s := ha.Settings{TTL: ttl, FailoverLimit: -1, Durability: ha.Durability{K: 1}}
	if m == modeQuorum {
		s.Durability.Quorum = true
	}
	return s
}

// rhythm is how often the managers of a cluster look at it when nothing
// happens: the moment of a fault is random within it.
func (m mode) rhythm(ttl time.Duration) time.Duration {
	switch m {
	case modePatroni:
		return patroniTimes(m).loopWait
	case modePatroniFast:
		return patroniTimes(m).loopWait
	}
	return settingsOf(m, ttl).WithDefaults().Heartbeat
}

// patience is how long a frozen or killed manager can go unnoticed at most,
// with some time for taking over.
func (m mode) patience(ttl time.Duration) time.Duration {
	if m.patroni() {
		ttl = patroniTimes(m).ttl
	}
	return ttl + 15*time.Second
}
