// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"context"
	"fmt"
)

// FenceLevel is how it is known, when a member is promoted, that the former
// primary acknowledges nothing any more: the higher, the less is assumed.
type FenceLevel uint8

// The levels.
const (
	// FenceNone: nothing is known; no promotion is so careless.
	FenceNone FenceLevel = iota
	// FenceLease: its lease is over, and its node stops it before that. A node
	// that is frozen alone does not.
	FenceLease
	// FenceLockedOut: enough of its standbys have turned away from it for
	// good, so that it can acknowledge nothing (quorum mode).
	FenceLockedOut
	// FenceStorage: a [Fencer] took its right to write from it at the storage.
	FenceStorage
	// FenceWatchdog: its lease is over, and a watchdog on its machine was armed
	// that fires before that.
	FenceWatchdog
	// FenceDevice: a [Fencer] switched its machine off.
	FenceDevice
	// FenceStopped: its own node stopped it and said so; or there was none.
	FenceStopped
)

var fenceNames = [...]string{"none", "lease", "locked out", "storage", "watchdog", "device", "stopped"} // read-only

// String gives the level in lower case.
func (f FenceLevel) String() string { return nameOf(f, fenceNames[:]) }

// MarshalText gives the form of String.
func (f FenceLevel) MarshalText() ([]byte, error) { return marshalName(f, fenceNames[:]) }

// UnmarshalText reads the form of String.
func (f *FenceLevel) UnmarshalText(text []byte) error { return unmarshalName(f, fenceNames[:], text) }

// Fencer is a device of the user's own that makes sure of a former primary: a
// power switch (IPMI), a cloud's API, the storage's registration.
type Fencer interface {
	// Level is what a Fence that returned nil proves: FenceStorage or
	// FenceDevice. It is asked once.
	Level() FenceLevel
	// Fence returns nil when the server of info.Old can certainly write
	// nothing any more, until a person or its node brings it back, also when
	// it was so before. It is called by the node that is about to promote its
	// own server, for every promotion that is no hand-over, and must return
	// soon after ctx ends. An error is no proof; a promotion that needs the
	// proof is given up then.
	Fence(ctx context.Context, info FenceInfo) error
}

// FenceInfo tells a fencer whom to fence.
type FenceInfo struct {
	Cluster string
	Member  MemberID // whose node asks
	Term    Term     // that it holds
	Old     MemberID // who must not write any more
	Address string   // host:port of its server; empty when it is not known
}

// askFencer asks the user's device; a panic in it is no proof.
func (n *Node) askFencer(ctx context.Context, a Action) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("ha: fence %s: it panicked: %v", a.To, r)
		}
	}()
	info := FenceInfo{Cluster: n.cfg.Cluster, Member: n.cfg.Name, Term: a.Term, Old: a.To, Address: a.Upstream.Address}
	if err := n.cfg.Fencer.Fence(ctx, info); err != nil {
		return fmt.Errorf("ha: fence %s: %w", a.To, err)
	}
	return ctx.Err() // too late to be of use
}
