// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package kvtree

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// Options of a [Tree]. The zero value ends leases the moment their time is up.
type Options struct {
	// Sweep is how often the tree looks for ended leases: their entries go at
	// the first multiple of Sweep that is not before the lease's end. etcd
	// looks every 500 ms. Zero or less looks all the time.
	Sweep time.Duration
}

// Tree is a map of keys with revisions, transactions and leases; see the
// package comment. Make it with [New].
//
// The methods that take the time first end the leases whose time has come.
// Whoever waits for changes compares Revision before and after any call.
type Tree struct {
	sweep     time.Duration
	revision  dcs.Revision
	entries   []*dcs.Entry // sorted by key; an entry never changes, it is replaced
	leases    map[dcs.LeaseID]*lease
	queue     leaseHeap
	lastLease dcs.LeaseID

	loaded PrefixMap[[]dcs.Entry] // what Load has returned and is still true
	onKey  func(key string)
}

// maxLoaded bounds what a tree remembers of Loads with ever new prefixes.
const maxLoaded = 1 << 16

// New makes an empty tree at revision 0.
func New(o Options) *Tree {
	return &Tree{sweep: o.Sweep, leases: make(map[dcs.LeaseID]*lease)}
}

// OnChange sets the function that is called with each key that is put or
// removed, whatever the cause, as soon as it is. It must not call the tree.
func (t *Tree) OnChange(f func(key string)) { t.onKey = f }

// Revision returns the number of changes so far.
func (t *Tree) Revision() dcs.Revision { return t.revision }

// Load returns the entries below prefix. It ends no lease. Its slice is shared
// with other callers and stays as it is; it must not be changed.
func (t *Tree) Load(prefix string) dcs.Snapshot {
	s := dcs.Snapshot{Revision: t.revision}
	entries, ok := t.loaded.Get(prefix)
	if !ok {
		first, _ := t.find(prefix)
		last := first
		for last < len(t.entries) && strings.HasPrefix(t.entries[last].Key, prefix) {
			last++
		}
		if last > first {
			entries = make([]dcs.Entry, 0, last-first)
			for _, e := range t.entries[first:last] {
				entries = append(entries, *e)
			}
		}
		if t.loaded.Len() >= maxLoaded {
			t.loaded.Clear()
		}
		t.loaded.Set(prefix, entries)
	}
	s.Entries = entries
	return s
}

// Commit carries out a transaction as dcs.Store demands. A transaction that
// changes nothing (no Op, or only deletes of absent keys) returns the revision
// of the tree. An empty key, or a key in two Ops, gives dcs.ErrInvalid. Values
// are copied.
func (t *Tree) Commit(txn dcs.Txn, now time.Duration) (dcs.Revision, error) {
	if err := txn.Validate(); err != nil {
		return 0, fmt.Errorf("dcs: commit: %w", err)
	}
	t.Expire(now)
	for _, c := range txn.If {
		if is := t.modified(c.Key); is != c.Modified {
			return 0, fmt.Errorf("dcs: commit: key %q is at revision %d, not %d: %w", c.Key, is, c.Modified, dcs.ErrConflict)
		}
	}
	for _, op := range txn.Then {
		if !op.Delete && op.Lease != 0 && t.leases[op.Lease] == nil {
			return 0, fmt.Errorf("dcs: commit: put %q on lease %d: %w", op.Key, op.Lease, dcs.ErrLeaseNotFound)
		}
	}
	next := t.revision + 1
	for _, op := range txn.Then {
		if op.Delete {
			t.remove(op.Key, next)
		} else {
			t.put(op, next)
		}
	}
	return t.revision, nil
}

// modified returns when key was last changed, 0 when it is absent.
func (t *Tree) modified(key string) dcs.Revision {
	if i, ok := t.find(key); ok {
		return t.entries[i].Modified
	}
	return 0
}

func (t *Tree) put(op dcs.Op, at dcs.Revision) {
	e := &dcs.Entry{Key: op.Key, Modified: at, Lease: op.Lease}
	if len(op.Value) > 0 {
		e.Value = bytes.Clone(op.Value)
	}
	i, ok := t.find(op.Key)
	if ok {
		t.unbind(t.entries[i])
		t.entries[i] = e
	} else {
		t.entries = slices.Insert(t.entries, i, e)
	}
	if op.Lease != 0 {
		t.leases[op.Lease].attach(op.Key)
	}
	t.revision = at
	t.changed(op.Key)
}

func (t *Tree) remove(key string, at dcs.Revision) {
	i, ok := t.find(key)
	if !ok {
		return
	}
	t.unbind(t.entries[i])
	t.entries = slices.Delete(t.entries, i, i+1)
	t.revision = at
	t.changed(key)
}

// unbind takes an entry that is about to go from its lease.
func (t *Tree) unbind(e *dcs.Entry) {
	if l := t.leases[e.Lease]; l != nil {
		l.detach(e.Key)
	}
}

// find returns where key is, or belongs.
func (t *Tree) find(key string) (int, bool) {
	return slices.BinarySearchFunc(t.entries, key, func(e *dcs.Entry, k string) int {
		return strings.Compare(e.Key, k)
	})
}

// changed forgets the loaded slices that key was in and tells the observer.
func (t *Tree) changed(key string) {
	t.loaded.Match(key, func(prefix string, _ []dcs.Entry) { t.loaded.Delete(prefix) })
	if t.onKey != nil {
		t.onKey(key)
	}
}
