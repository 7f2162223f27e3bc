// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"context"
	"errors"
	"time"
)

// Watchdog is a device that resets the machine unless it is fed in time. It
// closes the gap that a node alone cannot close: one that is killed or frozen
// while its server lives on does not stop that server when the lease ends.
// Package ha/watchdog has the device of Linux.
//
// A node arms it before its server may become writable, and feeds it only as
// long as that lets it fire before the lease can end. It calls one method at a
// time, and none after Disarm has returned nil at the node's end.
type Watchdog interface {
	// Arm starts the device and returns how long after its last feeding it
	// fires at the latest: at most within, as near to it as the device can. It
	// counts as fed by this call. Arming an armed device sets it anew. When
	// Arm fails the device must not fire for want of Feed.
	Arm(ctx context.Context, within time.Duration) (time.Duration, error)
	// Feed lets an armed device wait for its time once more. It must not feed
	// after ctx's deadline: by the clock, looked at right before the feeding,
	// not by a timer that a frozen process has missed.
	Feed(ctx context.Context) error
	// Disarm makes the device fire no more for want of Feed. It is called
	// when the server is stopped or a standby, also to end what an earlier run
	// of the program has left armed; a device that is not armed is no error.
	Disarm(ctx context.Context) error
}

// WatchdogMode says how a node uses the device in [Config].Watchdog.
type WatchdogMode uint8

// The modes of using a watchdog.
const (
	// WatchdogAutomatic: use the device if there is one; when it cannot be
	// armed the node goes on without, and its status says so. A primary that
	// relies on its standbys (quorum mode) does without: its lease ends
	// nothing, and a frozen manager need not stop the writes.
	WatchdogAutomatic WatchdogMode = iota
	// WatchdogRequired: no server of this node is made writable, or left so,
	// while the device is not armed, in quorum mode as well. There the device
	// is fed as long as the node runs.
	WatchdogRequired
	// WatchdogOff: leave the device alone.
	WatchdogOff
)

var watchdogNames = [...]string{"automatic", "required", "off"} // read-only

// String gives the mode in lower case.
func (w WatchdogMode) String() string { return nameOf(w, watchdogNames[:]) }

// MarshalText gives the form of String.
func (w WatchdogMode) MarshalText() ([]byte, error) { return marshalName(w, watchdogNames[:]) }

// UnmarshalText reads the form of String.
func (w *WatchdogMode) UnmarshalText(text []byte) error {
	return unmarshalName(w, watchdogNames[:], text)
}

// GuardState is what a node knows of its watchdog.
type GuardState uint8

// The states of a watchdog.
const (
	GuardUnknown GuardState = iota // an earlier run may have left it armed
	GuardOff
	GuardArmed
)

var guardNames = [...]string{"unknown", "off", "armed"} // read-only

// String gives the state in lower case.
func (g GuardState) String() string { return nameOf(g, guardNames[:]) }

// MarshalText gives the form of String.
func (g GuardState) MarshalText() ([]byte, error) { return marshalName(g, guardNames[:]) }

// UnmarshalText reads the form of String.
func (g *GuardState) UnmarshalText(text []byte) error { return unmarshalName(g, guardNames[:], text) }

// errFeedLate: the time of a feeding was over before it could be done. Feeding
// now could let the device fire after the lease.
var errFeedLate = errors.New("ha: watchdog: too late to feed")

// askWatchdog arms, feeds or disarms. The node's clock counts sleep, a
// context's does not, so both are looked at.
func (n *Node) askWatchdog(ctx context.Context, a Action, began Instant, out *Outcome) (err error) {
	switch a.Kind {
	case ActArm:
		if out.Span, err = n.cfg.Watchdog.Arm(ctx, a.TTL); err != nil {
			return err
		}
		if out.Span <= 0 || out.Span > a.TTL {
			_ = n.cfg.Watchdog.Disarm(ctx)
			return errors.New("ha: watchdog: the device cannot fire within " + a.TTL.String())
		}
		return nil
	case ActFeed:
		if Instant(n.clock.Since()).Sub(began) >= a.Limit {
			return errFeedLate
		}
		return n.cfg.Watchdog.Feed(ctx)
	}
	return n.cfg.Watchdog.Disarm(ctx)
}

// leaveWatchdog is called when the node has ended and its server is known not
// to be writable: a device that stays armed would reset a healthy machine.
func (n *Node) leaveWatchdog() error {
	if !n.self.HasWatchdog {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return n.cfg.Watchdog.Disarm(ctx)
}
