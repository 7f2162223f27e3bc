// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// storeLaw is one rule of the contract of dcs.Store; its name is the rule.
type storeLaw struct {
	name  string
	check func(storeTest)
}

// TestDCS checks that a store keeps the contract of dcs.Store. Each rule is a
// subtest, and the subtest's name says the rule; they run in parallel, each on
// a store of its own.
//
// open returns an empty store and registers with Cleanup what must be closed.
// Several stores may share one server if their keys are apart. Leases are
// granted for one second, so a store whose shortest time to live is long makes
// the suite slow: it waits for several leases to end.
func TestDCS(t *testing.T, open func(testing.TB) dcs.Store) {
	testDCS(t, open, storePatience, "")
}

// testDCS checks the law with the name only, or all when that is empty.
func testDCS(t *testing.T, open func(testing.TB) dcs.Store, patience time.Duration, only string) {
	for _, law := range slices.Concat(transactionLaws(), concurrencyLaws(), leaseLaws(), watchLaws()) {
		if only != "" && law.name != only {
			continue
		}
		t.Run(law.name, func(t *testing.T) {
			t.Parallel()
			law.check(storeTest{T: t, store: open(t), patience: patience})
		})
	}
}

// storePatience is how long the suite waits for anything. It is generous because it is
// reached only when a store breaks a rule.
const storePatience = 20 * time.Second

// storeTTL is the time to live of the leases that the suite waits for.
const storeTTL = time.Second

// storeTest is a store under test with words for what the laws do.
type storeTest struct {
	*testing.T
	store    dcs.Store
	patience time.Duration // bounds each wait
}

// bounded gives a context for one request.
func (t storeTest) bounded() context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), t.patience)
	t.Cleanup(cancel)
	return ctx
}

func (t storeTest) load(prefix string) dcs.Snapshot {
	t.Helper()
	s, err := t.store.Load(t.bounded(), prefix)
	if err != nil {
		t.Fatalf("Load(%q): %v", prefix, err)
	}
	return s
}

// commit must succeed.
func (t storeTest) commit(txn dcs.Txn) dcs.Revision {
	t.Helper()
	rev, err := t.store.Commit(t.bounded(), txn)
	if err != nil {
		t.Fatalf("Commit(%+v): %v", txn, err)
	}
	return rev
}

// put sets key without a condition.
func (t storeTest) put(key, value string) dcs.Revision {
	t.Helper()
	return t.commit(dcs.Txn{Then: []dcs.Op{opPut(key, value)}})
}

// refused demands that a transaction fails with want and changes nothing.
func (t storeTest) refused(txn dcs.Txn, want error) {
	t.Helper()
	before := t.load("")
	_, err := t.store.Commit(t.bounded(), txn)
	t.is(err, want)
	if dcs.Uncertain(err) {
		t.Errorf("Uncertain(%v) = true, but it says that nothing changed", err)
	}
	t.same(t.load("").Entries, before.Entries)
}

// is demands that err wraps want.
func (t storeTest) is(err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func (t storeTest) same(got, want []dcs.Entry) {
	t.Helper()
	if !slices.EqualFunc(got, want, equalEntries) {
		t.Fatalf("entries:\n got %s\nwant %s", showEntries(got), showEntries(want))
	}
}

func (t storeTest) grant(ttl time.Duration) dcs.LeaseID {
	t.Helper()
	id, err := t.store.Grant(t.bounded(), ttl)
	if err != nil {
		t.Fatalf("Grant(%v): %v", ttl, err)
	}
	if id == 0 {
		t.Fatal("Grant gave lease 0, which means no lease")
	}
	return id
}

func (t storeTest) revoke(id dcs.LeaseID) {
	t.Helper()
	if err := t.store.Revoke(t.bounded(), id); err != nil {
		t.Fatalf("Revoke(%d): %v", id, err)
	}
}

// watching is a watch under test.
type watching struct {
	storeTest
	updates <-chan dcs.Update
	last    *dcs.Revision
	prefix  string
}

func (t storeTest) watch(ctx context.Context, prefix string) watching {
	return watching{storeTest: t, updates: t.store.Watch(ctx, prefix), last: new(dcs.Revision), prefix: prefix}
}

// until receives snapshots until one satisfies done, and returns it. Each is
// checked: sorted, below the prefix, no older than the one before.
func (w watching) until(what string, done func(dcs.Snapshot) bool) dcs.Snapshot {
	w.Helper()
	ctx := w.bounded()
	for {
		select {
		case u, ok := <-w.updates:
			if !ok {
				w.Fatalf("watch ended while waiting for %s", what)
			}
			if u.Err != nil {
				w.Logf("watch: %v", u.Err)
				continue
			}
			w.wellFormed(u.Snapshot, w.prefix)
			if u.Snapshot.Revision < *w.last {
				w.Fatalf("watch went back from revision %d to %d", *w.last, u.Snapshot.Revision)
			}
			*w.last = u.Snapshot.Revision
			if done(u.Snapshot) {
				return u.Snapshot
			}
		case <-ctx.Done():
			w.Fatalf("gave up waiting for %s", what)
		}
	}
}

// wellFormed checks what is true of every snapshot.
func (t storeTest) wellFormed(s dcs.Snapshot, prefix string) {
	t.Helper()
	for i, e := range s.Entries {
		switch {
		case len(e.Key) < len(prefix) || e.Key[:len(prefix)] != prefix:
			t.Fatalf("entry %q is not below %q", e.Key, prefix)
		case i > 0 && s.Entries[i-1].Key >= e.Key:
			t.Fatalf("entries not sorted: %q before %q", s.Entries[i-1].Key, e.Key)
		case e.Modified <= 0 || e.Modified > s.Revision:
			t.Fatalf("entry %q modified at %d in a snapshot of revision %d", e.Key, e.Modified, s.Revision)
		}
	}
}

func opPut(key, value string) dcs.Op { return dcs.Op{Key: key, Value: []byte(value)} }

func opDelete(key string) dcs.Op { return dcs.Op{Key: key, Delete: true} }

func equalEntries(a, b dcs.Entry) bool {
	return a.Key == b.Key && string(a.Value) == string(b.Value) && a.Modified == b.Modified && a.Lease == b.Lease
}

func showEntries(entries []dcs.Entry) string {
	s := ""
	for _, e := range entries {
		s += fmt.Sprintf("%q=%q@%d", e.Key, e.Value, e.Modified)
		if e.Lease != 0 {
			s += fmt.Sprintf("(lease %d)", e.Lease)
		}
		s += " "
	}
	return "[" + s + "]"
}

// holds returns a condition for until: key has value.
func holds(key, value string) func(dcs.Snapshot) bool {
	return func(s dcs.Snapshot) bool {
		e, ok := s.Get(key)
		return ok && string(e.Value) == value
	}
}

// lacks returns a condition for until: key is absent.
func lacks(key string) func(dcs.Snapshot) bool {
	return func(s dcs.Snapshot) bool {
		_, ok := s.Get(key)
		return !ok
	}
}
