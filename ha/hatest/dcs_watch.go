// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// watchLaws are the rules of Watch. Every snapshot a watch delivers in any law
// is checked as well: sorted, below the prefix, no older than the last.
func watchLaws() []storeLaw {
	return []storeLaw{
		{"a watch begins with what is there", func(t storeTest) {
			t.put("a/1", "x")
			t.put("b/1", "y")
			first := t.watch(t.Context(), "a/").until("the first snapshot", func(dcs.Snapshot) bool { return true })
			t.same(first.Entries, t.load("a/").Entries)
		}},
		{"a watch of nothing begins with nothing", func(t storeTest) {
			first := t.watch(t.Context(), "a/").until("the first snapshot", func(dcs.Snapshot) bool { return true })
			if len(first.Entries) != 0 {
				t.Errorf("entries: %s", showEntries(first.Entries))
			}
		}},
		{"a watch sees puts, deletes and revocations", checkWatchKinds},
		{"a watch delivers what Load would", checkWatchEqualsLoad},
		{"a watch sees only its prefix", func(t storeTest) {
			w := t.watch(t.Context(), "a/")
			for n := range 10 {
				t.put("b/"+strconv.Itoa(n), "other")
				t.put("a", "shorter")
			}
			t.put("a/1", "mine") // until checks that nothing else is in any snapshot
			w.until("the entry", holds("a/1", "mine"))
		}},
		{"a slow receiver gets the last value", checkSlowReceiver},
		{"a slow receiver delays nobody", func(t storeTest) {
			t.store.Watch(t.bounded(), "") // nobody receives
			w := t.watch(t.Context(), "")
			for n := range 200 {
				t.put("a", strconv.Itoa(n))
			}
			w.until("the last value", holds("a", "199"))
		}},
		{"a watch ends with its context and not before", checkWatchEnds},
		{"watches are independent of each other", func(t storeTest) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := t.store.Watch(ctx, "")
			w := t.watch(t.Context(), "")
			cancel()
			for range ended {
			}
			t.put("a", "1")
			w.until("the entry", holds("a", "1"))
		}},
	}
}

func checkWatchKinds(t storeTest) {
	w := t.watch(t.Context(), "")
	t.put("a", "1")
	w.until("a put", holds("a", "1"))
	t.put("a", "2")
	w.until("a second put", holds("a", "2"))
	t.commit(dcs.Txn{Then: []dcs.Op{opDelete("a")}})
	w.until("a delete", lacks("a"))
	id := t.grant(time.Hour)
	t.commit(dcs.Txn{Then: []dcs.Op{{Key: "b", Lease: id}}})
	w.until("a put with a lease", holds("b", ""))
	t.revoke(id)
	w.until("a revocation", lacks("b"))
}

// checkWatchEqualsLoad compares, after every change, the watch's snapshot of
// that revision with a load.
func checkWatchEqualsLoad(t storeTest) {
	w := t.watch(t.Context(), "m/")
	id := t.grant(time.Hour)
	for n := range 20 {
		op := dcs.Op{Key: "m/" + strconv.Itoa(n%7), Value: []byte(strconv.Itoa(n)), Lease: id * dcs.LeaseID(n%2)}
		if n%5 == 4 {
			op = opDelete("m/" + strconv.Itoa((n-1)%7))
		}
		rev := t.commit(dcs.Txn{Then: []dcs.Op{op, opPut("marker", "")}})
		got := w.until("revision "+strconv.FormatInt(int64(rev), 10), func(s dcs.Snapshot) bool { return s.Revision >= rev })
		t.same(got.Entries, t.load("m/").Entries)
	}
}

// checkSlowReceiver changes keys many times before anything is received. When
// the store has told the watch cannot be seen from outside; that a second watch
// knows the last value is a good sign of it.
func checkSlowReceiver(t storeTest) {
	const rounds, last = 5, 40
	slow, quick := t.watch(t.Context(), ""), t.watch(t.Context(), "")
	for round := range rounds {
		value := func(n int) string { return strconv.Itoa(round) + "." + strconv.Itoa(n) }
		var wg sync.WaitGroup
		for writer := range 2 {
			wg.Go(func() {
				for n := range last {
					op := opPut("k"+strconv.Itoa(writer), value(n))
					if _, err := t.store.Commit(t.bounded(), dcs.Txn{Then: []dcs.Op{op}}); err != nil {
						t.Errorf("Commit: %v", err)
						return
					}
				}
			})
		}
		wg.Wait()
		both := func(s dcs.Snapshot) bool {
			return holds("k0", value(last-1))(s) && holds("k1", value(last-1))(s)
		}
		quick.until("both last values, quickly", both)
		slow.until("both last values, slowly", both)
	}
}

func checkWatchEnds(t storeTest) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := t.watch(ctx, "")
	t.put("a", "1")
	w.until("the entry", holds("a", "1"))
	cancel()
	patience := t.bounded()
	for {
		select {
		case _, ok := <-w.updates:
			if !ok {
				return
			}
		case <-patience.Done():
			t.Fatal("watch is still open after its context ended")
		}
	}
}
