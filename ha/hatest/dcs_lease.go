// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"errors"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// leaseLaws are the rules of Grant, KeepAlive and Revoke. No law demands that
// an entry goes soon after its lease, only that it goes; waiting is done with a
// watch, which is thereby tested as well.
func leaseLaws() []storeLaw {
	return []storeLaw{
		{"a lease never ends early and its entries vanish with it", checkLeaseEnds},
		{"a renewed lease lives on from the renewal", checkRenewal},
		{"each lease has an id of its own", func(t storeTest) {
			if a, b := t.grant(storeTTL), t.grant(storeTTL); a == b {
				t.Errorf("two leases %d", a)
			}
		}},
		{"a time to live that is not positive is refused", func(t storeTest) {
			for _, ttl := range []time.Duration{0, -1, -time.Hour} {
				if id, err := t.store.Grant(t.bounded(), ttl); !errors.Is(err, dcs.ErrInvalid) {
					t.Errorf("Grant(%v) = %d, %v; want ErrInvalid", ttl, id, err)
				}
			}
		}},
		{"a time to live of a fraction of a second is rounded up, not down", checkShortLease},
		{"entries say which lease they are bound to", func(t storeTest) {
			id := t.grant(time.Hour)
			t.commit(dcs.Txn{Then: []dcs.Op{{Key: "a", Lease: id}, opPut("b", "")}})
			s := t.load("")
			a, _ := s.Get("a")
			b, _ := s.Get("b")
			if a.Lease != id || b.Lease != 0 {
				t.Errorf("leases %d and %d, want %d and 0", a.Lease, b.Lease, id)
			}
		}},
		{"revoking removes all entries of the lease at once and no other", checkRevoke},
		{"revoking a lease that is gone is no error", func(t storeTest) {
			id := t.grant(time.Hour)
			t.revoke(id)
			t.revoke(id)
			t.revoke(4711)
		}},
		{"keeping alive a lease that is gone says so", func(t storeTest) {
			id := t.grant(time.Hour)
			t.revoke(id)
			for _, gone := range []dcs.LeaseID{id, 4711} {
				err := t.store.KeepAlive(t.bounded(), gone)
				t.is(err, dcs.ErrLeaseNotFound)
			}
		}},
		{"keeping alive a lease that ended by itself says so", func(t storeTest) {
			id := t.grant(storeTTL)
			w := t.watch(t.Context(), "")
			t.commit(dcs.Txn{Then: []dcs.Op{{Key: "a", Lease: id}}})
			w.until("the entry", holds("a", ""))
			w.until("the end of the lease", lacks("a"))
			t.is(t.store.KeepAlive(t.bounded(), id), dcs.ErrLeaseNotFound)
		}},
		{"a put on a lease that is gone changes nothing", func(t storeTest) {
			id := t.grant(time.Hour)
			t.revoke(id)
			t.put("a", "1")
			t.refused(dcs.Txn{Then: []dcs.Op{opPut("a", "2"), opPut("b", "2"), {Key: "c", Lease: id}}}, dcs.ErrLeaseNotFound)
		}},
		{"a conflict comes before a lease that is gone", func(t storeTest) {
			id := t.grant(time.Hour)
			t.revoke(id)
			t.put("a", "1")
			t.refused(dcs.Txn{If: []dcs.Cond{{Key: "a"}}, Then: []dcs.Op{{Key: "a", Lease: id}}}, dcs.ErrConflict)
		}},
		{"an entry follows the lease of its last put", checkRebind},
		{"a lease outlives its entries", func(t storeTest) {
			id := t.grant(time.Hour)
			t.commit(dcs.Txn{Then: []dcs.Op{{Key: "a", Lease: id}}})
			t.commit(dcs.Txn{Then: []dcs.Op{opDelete("a")}})
			if err := t.store.KeepAlive(t.bounded(), id); err != nil {
				t.Errorf("KeepAlive: %v", err)
			}
		}},
	}
}

func checkLeaseEnds(t storeTest) {
	w := t.watch(t.Context(), "")
	asked := time.Now()
	id := t.grant(storeTTL)
	t.commit(dcs.Txn{Then: []dcs.Op{{Key: "a", Lease: id}, {Key: "b", Lease: id}, opPut("c", "stays")}})
	w.until("the entries", holds("a", ""))
	s := w.until("the end of the lease", lacks("a"))
	if lived := time.Since(asked); lived < storeTTL {
		t.Errorf("lease of %v ended within %v of being asked for", storeTTL, lived)
	}
	if !lacks("b")(s) || !holds("c", "stays")(s) {
		t.Errorf("after the end: %s, want c alone", showEntries(s.Entries))
	}
}

func checkRenewal(t storeTest) {
	w := t.watch(t.Context(), "")
	id := t.grant(storeTTL)
	t.commit(dcs.Txn{Then: []dcs.Op{{Key: "a", Lease: id}}})
	w.until("the entry", holds("a", ""))
	var renewed time.Time
	for deadline := time.Now().Add(2 * storeTTL); time.Now().Before(deadline); {
		renewed = time.Now()
		if err := t.store.KeepAlive(t.bounded(), id); err != nil {
			t.Fatalf("KeepAlive: %v", err)
		}
		t.pause(storeTTL / 4)
	}
	if !holds("a", "")(t.load("")) {
		t.Fatal("entry vanished although its lease was renewed")
	}
	w.until("the end of the lease", lacks("a"))
	if lived := time.Since(renewed); lived < storeTTL {
		t.Errorf("lease of %v ended within %v of its last renewal", storeTTL, lived)
	}
}

// pause lets d pass: the only way to test what must not happen in the meantime.
func (t storeTest) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

func checkShortLease(t storeTest) {
	const ttl = storeTTL + storeTTL/2
	w := t.watch(t.Context(), "")
	asked := time.Now()
	id := t.grant(ttl)
	t.commit(dcs.Txn{Then: []dcs.Op{{Key: "a", Lease: id}}})
	w.until("the entry", holds("a", ""))
	w.until("the end of the lease", lacks("a"))
	if lived := time.Since(asked); lived < ttl {
		t.Errorf("lease of %v ended within %v", ttl, lived)
	}
	if _, err := t.store.Grant(t.bounded(), time.Nanosecond); err != nil {
		t.Errorf("Grant(1ns): %v", err)
	}
}

func checkRevoke(t storeTest) {
	gone, stays := t.grant(time.Hour), t.grant(time.Hour)
	t.commit(dcs.Txn{Then: []dcs.Op{{Key: "a", Lease: gone}, {Key: "b", Lease: stays}, {Key: "c", Lease: gone}, opPut("d", "")}})
	before := t.load("").Revision
	t.revoke(gone)
	s := t.load("")
	if len(s.Entries) != 2 || !holds("b", "")(s) || !holds("d", "")(s) {
		t.Errorf("after the revocation: %s, want b and d", showEntries(s.Entries))
	}
	if s.Revision <= before {
		t.Errorf("revision %d after %d: the removal is a change", s.Revision, before)
	}
}

func checkRebind(t storeTest) {
	first, second := t.grant(time.Hour), t.grant(time.Hour)
	put := func(key string, id dcs.LeaseID) { t.commit(dcs.Txn{Then: []dcs.Op{{Key: key, Lease: id}}}) }
	put("moved", first)
	put("moved", second)
	put("freed", first)
	put("freed", 0)
	put("bound", 0)
	put("bound", first)
	t.revoke(first)
	s := t.load("")
	if !holds("moved", "")(s) || !holds("freed", "")(s) || !lacks("bound")(s) {
		t.Errorf("after the first lease: %s, want moved and freed", showEntries(s.Entries))
	}
	t.revoke(second)
	if !lacks("moved")(t.load("")) {
		t.Error("entry outlived the lease of its last put")
	}
}
