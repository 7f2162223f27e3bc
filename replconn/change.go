// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import "strings"

// Change is what a server takes the difference between two texts of a setting
// for, when its configuration is reloaded.
type Change uint8

// The kinds of change; the first six are those of ReplConnInfoChangeType in
// knl_thread.h.
const (
	// Unchanged: nothing is restarted. The text may differ all the same: when
	// the old one contains iscascade and the new one is the beginning of it, the
	// server sees no change, but uses the new channel.
	Unchanged Change = iota
	// ChangedAddress: any other difference.
	ChangedAddress
	// AddedOldLocal: was empty, and the local side is that of replconninfo1, so
	// no listener is opened. When replconninfo1 itself is added, the server
	// compares it with itself: it is always AddedOldLocal.
	AddedOldLocal
	// AddedNewLocal: was empty, with a local side of its own.
	AddedNewLocal
	// AddedRecovery: iscascade and iscrossregion appear; nothing is restarted.
	AddedRecovery
	// RemovedRecovery: had iscascade and becomes empty; the channel goes, its
	// connections and listener stay.
	RemovedRecovery
	// ChangedCross: a cross_cluster_replconninfo setting has another text.
	ChangedCross
)

var changes = labels{ // read-only
	Unchanged:       {code: "unchanged"},
	ChangedAddress:  {code: "changed-address"},
	AddedOldLocal:   {code: "added-old-local"},
	AddedNewLocal:   {code: "added-new-local"},
	AddedRecovery:   {code: "added-recovery"},
	RemovedRecovery: {code: "removed-recovery"},
	ChangedCross:    {code: "changed-cross"},
}

// String returns the kind's code, for example "changed-address".
func (c Change) String() string { return changes.code("Change", uint8(c)) }

// MarshalText implements [encoding.TextMarshaler] with the code.
func (c Change) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// classify is IsReplConnInfoChanged (guc_storage.cpp), and the comparison in
// assign_cross_cluster_replconninfo. channel is what the server reads in the
// new text, first the channel of replconninfo1 at that moment; nil is none.
func classify(slot Slot, old, text string, channel, first *ServerChannel) Change {
	switch {
	case slot.IsCrossCluster():
		if old != text {
			return ChangedCross
		}
		return Unchanged
	case old == "":
		return classifyAdded(text, channel, first)
	}
	was, is := strings.Contains(old, KeyIsCascade), strings.Contains(text, KeyIsCascade)
	switch {
	case !was && is && strings.Contains(text, KeyIsCrossRegion):
		return AddedRecovery
	case was && text == "":
		return RemovedRecovery
	case was && !is && hasPrefixFold(old, text):
		return Unchanged
	case old == text:
		return Unchanged
	}
	return ChangedAddress
}

func classifyAdded(text string, channel, first *ServerChannel) Change {
	switch {
	case text == "":
		return Unchanged
	case first == nil:
		return AddedNewLocal
	case channel != nil && (first.LocalHost != channel.LocalHost ||
		first.LocalPort != channel.LocalPort || first.LocalHeartbeatPort != channel.LocalHeartbeatPort):
		return AddedNewLocal
	}
	return AddedOldLocal
}

// hasPrefixFold is strncasecmp over the length of prefix, for ASCII.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := 0; i < len(prefix); i++ {
		a, b := s[i], prefix[i]
		if a != b && (a^b != 0x20 || !isLetter(a)) {
			return false
		}
	}
	return true
}
