// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"slices"
	"sync"
	"time"
)

// Events are told what happens, one after another, in order, on a goroutine
// of their own. A slow listener delays later events and never the node; when
// it is too far behind, events are dropped and counted. Nil fields cost
// nothing.
type Events struct {
	// StateChanged: the node went from one state to another.
	StateChanged func(StateChange)
	// Decided: a decision changed the state or ordered more than the daily
	// round of renewing, looking and publishing. The record holds what was
	// seen, done and why, with a verdict on each member when there was an
	// election. It may share memory with the node: read it, do not change it.
	Decided func(Record)
	// DurabilityChanged: a primary goes on with fewer confirmations than the
	// settings ask for, with even fewer, or with more again; see
	// [Durability].Degrade.
	DurabilityChanged func(DurabilityChange)
	// ParentChanged: a cascade standby streams from another member from now on.
	ParentChanged func(ParentChange)
	// Shadowed: a node in shadow mode has begun or ended an entry of its journal.
	Shadowed func(ShadowEvent)
	// Dropped: the listener was too slow for this many events.
	Dropped func(n int)
}

// StateChange is a node's step from one state to the next.
type StateChange struct {
	Member  MemberID  `json:"member"`
	From    State     `json:"from"`
	To      State     `json:"to"`
	Trigger Trigger   `json:"trigger"`
	Why     string    `json:"why"`
	Term    Term      `json:"term,omitempty"`
	LSN     LSN       `json:"lsn"`
	At      time.Time `json:"at"`
}

// DurabilityChange is a step of a primary into degraded mode, within it, or out
// of it. It is told when it is decided: writes are confirmed by fewer only after
// that, and by more a little later.
type DurabilityChange struct {
	Member   MemberID  `json:"member"`
	From     int       `json:"from"` // standbys that confirm a write, before
	To       int       `json:"to"`   // and from now on; 0 is asynchronous
	Want     int       `json:"want"` // what the settings ask for
	Degraded bool      `json:"degraded"`
	Term     Term      `json:"term"`
	LSN      LSN       `json:"lsn"`
	At       time.Time `json:"at"`
}

// ParentChange is a cascade standby's step from one parent to another. It is
// told when it is decided; the server follows a moment later.
type ParentChange struct {
	Member MemberID     `json:"member"`
	Choice ParentChoice `json:"choice"`
	Term   Term         `json:"term"` // of the newest reign
	LSN    LSN          `json:"lsn"`
	At     time.Time    `json:"at"`
}

// eventBacklog is how many events wait for a slow listener.
const eventBacklog = 256

// eventQueue delivers events. It has no goroutine when nobody listens.
type eventQueue struct {
	to   Events
	ch   chan func()
	done sync.WaitGroup
	lost int // owned by the loop
}

func newEventQueue(to Events) *eventQueue {
	q := &eventQueue{to: to}
	if to.StateChanged == nil && to.Decided == nil && to.DurabilityChanged == nil && to.ParentChanged == nil && to.Shadowed == nil {
		return q
	}
	q.ch = make(chan func(), eventBacklog)
	q.done.Go(func() {
		for deliver := range q.ch {
			deliver()
		}
	})
	return q
}

func (q *eventQueue) stateChanged(c StateChange) {
	if q.to.StateChanged != nil {
		q.push(func() { q.to.StateChanged(c) })
	}
}

func (q *eventQueue) durabilityChanged(c DurabilityChange) {
	if q.to.DurabilityChanged != nil {
		q.push(func() { q.to.DurabilityChanged(c) })
	}
}

func (q *eventQueue) parentChanged(c ParentChange) {
	if q.to.ParentChanged != nil {
		q.push(func() { q.to.ParentChanged(c) })
	}
}

// ShadowEvent is an entry of a shadow node's journal that has just begun, or
// ended (Entry.End is set then).
type ShadowEvent struct {
	Member MemberID    `json:"member"` // whose node tells
	Entry  ShadowEntry `json:"entry"`
	// Record is, when the entry begins and says what the node would do, the
	// decision that it would have made: it can be stored and replayed.
	Record *Record `json:"record,omitempty"`
}

func (q *eventQueue) shadowed(e ShadowEvent) {
	if q.to.Shadowed != nil {
		q.push(func() { q.to.Shadowed(e) })
	}
}

func (q *eventQueue) decided(in *Input, d *Decision) {
	if q.to.Decided != nil {
		record := Record{Input: *in, Decision: *d}
		record.Input.Outcomes = slices.Clone(in.Outcomes) // the loop uses the slice again
		q.push(func() { q.to.Decided(record) })
	}
}

func (q *eventQueue) push(deliver func()) {
	if q.lost > 0 && q.to.Dropped != nil {
		n := q.lost
		select {
		case q.ch <- func() { q.to.Dropped(n) }:
			q.lost = 0
		default:
			q.lost++
			return
		}
	}
	select {
	case q.ch <- deliver:
	default:
		q.lost++
	}
}

// close delivers what is queued and returns when the listener is done.
func (q *eventQueue) close() {
	if q.ch != nil {
		close(q.ch)
		q.done.Wait()
	}
}
