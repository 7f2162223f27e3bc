// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Revision counts the changes of a store. It grows with every transaction
// that changes something, never repeats, and orders all snapshots.
type Revision int64

// LeaseID names a lease. Zero is no lease.
type LeaseID int64

// Entry is one key with its value.
type Entry struct {
	Key      string   `json:"key"`
	Value    []byte   `json:"value"`
	Modified Revision `json:"modified"`        // revision of the last change
	Lease    LeaseID  `json:"lease,omitempty"` // lease whose end removes the entry; 0 for none
}

// Snapshot is all entries below a prefix at one revision, sorted by key.
// Receivers must not change it: it may be shared.
type Snapshot struct {
	Revision Revision `json:"revision"`
	Entries  []Entry  `json:"entries"`
}

// Get returns the entry of a key.
func (s Snapshot) Get(key string) (Entry, bool) {
	i, ok := slices.BinarySearchFunc(s.Entries, key, func(e Entry, k string) int {
		return strings.Compare(e.Key, k)
	})
	if !ok {
		return Entry{}, false
	}
	return s.Entries[i], true
}

// Cond is a condition of a transaction: the entry was last changed at
// Modified. Zero demands that the key is absent.
type Cond struct {
	Key      string   `json:"key"`
	Modified Revision `json:"modified"`
}

// Op is one change of a transaction: it puts Value, bound to Lease when that
// is not zero, or deletes the key. Deleting an absent key is no error.
type Op struct {
	Key    string  `json:"key"`
	Value  []byte  `json:"value,omitempty"`
	Lease  LeaseID `json:"lease,omitempty"`
	Delete bool    `json:"delete,omitempty"`
}

// Txn changes several entries at once, if all its conditions hold.
// A key may stand in at most one Op. Without an Op it only asks whether the
// conditions hold.
type Txn struct {
	If   []Cond `json:"if,omitempty"`
	Then []Op   `json:"then"`
}

// Validate returns an [ErrInvalid] that names all faults of the transaction:
// empty keys, keys in more than one Op, negative revisions and leases, deletes
// that carry a value or a lease. Stores call it before they do anything.
func (t Txn) Validate() error {
	var faults []error
	for i, c := range t.If {
		if c.Key == "" {
			faults = append(faults, fmt.Errorf("condition %d: empty key", i))
		}
		if c.Modified < 0 {
			faults = append(faults, fmt.Errorf("condition %d: key %q: negative revision %d", i, c.Key, c.Modified))
		}
	}
	for i, op := range t.Then {
		if op.Key == "" {
			faults = append(faults, fmt.Errorf("change %d: empty key", i))
		}
		if slices.ContainsFunc(t.Then[:i], func(o Op) bool { return o.Key == op.Key }) {
			faults = append(faults, fmt.Errorf("change %d: key %q is changed twice", i, op.Key))
		}
		if op.Lease < 0 {
			faults = append(faults, fmt.Errorf("change %d: key %q: negative lease %d", i, op.Key, op.Lease))
		}
		if op.Delete && (len(op.Value) > 0 || op.Lease != 0) {
			faults = append(faults, fmt.Errorf("change %d: delete of key %q with a value or a lease", i, op.Key))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrInvalid, errors.Join(faults...))
}

// Update is what a watch delivers: the newest snapshot, or an error that says
// why no newer one can be had right now. After an error the watch goes on by
// itself; the next update without an error is current again.
type Update struct {
	Snapshot Snapshot
	Err      error
}

// Store is a linearizable map of keys with leases. All methods may be called
// from several goroutines. They block until the store has answered or ctx
// ends, and never longer; a ctx without a deadline may block for ever.
//
// Errors wrap one of the sentinels of this package: [ErrConflict],
// [ErrLeaseNotFound], [ErrUnavailable], [ErrDenied], [ErrInvalid],
// [ErrClosed]. When ctx ends first it is an ErrUnavailable that wraps the
// context's error as well. An error of a method that changes something is to be
// taken as "may have happened" when [Uncertain] says so.
type Store interface {
	// Load reads all entries whose key begins with prefix. The read is
	// linearizable: it sees every transaction that ended before it began.
	Load(ctx context.Context, prefix string) (Snapshot, error)

	// Commit carries out a transaction and returns the revision of its
	// changes; of a transaction that changes nothing, the store's revision.
	// When a condition does not hold nothing changes and the error is
	// ErrConflict; otherwise a put on a lease that is gone changes nothing
	// and gives ErrLeaseNotFound.
	Commit(ctx context.Context, txn Txn) (Revision, error)

	// Watch delivers the entries below prefix, first as they are and then
	// after changes, until ctx ends; then the channel is closed. A slow
	// receiver misses intermediate snapshots, never the last one. Revisions
	// never go back. The watch survives lost connections and compaction. It
	// owns one goroutine at most, which ends with ctx. A store that is closed delivers
	// ErrClosed and then nothing more.
	Watch(ctx context.Context, prefix string) <-chan Update

	// Grant makes a lease that ends ttl after the store received the
	// request, or later; stores may round ttl up. A ttl that is not positive
	// gives ErrInvalid.
	Grant(ctx context.Context, ttl time.Duration) (LeaseID, error)

	// KeepAlive starts the lease's time to live again. ErrLeaseNotFound says
	// that the lease has ended: its entries are gone or about to go. Callers
	// count the new end from the moment before they called.
	KeepAlive(ctx context.Context, id LeaseID) error

	// Revoke ends a lease and removes its entries at once. Revoking a lease
	// that is gone is no error.
	Revoke(ctx context.Context, id LeaseID) error
}
