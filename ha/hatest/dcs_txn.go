// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/gausskit/gausskit/ha/dcs"
)

// transactionLaws are the rules of Load and Commit for one caller.
func transactionLaws() []storeLaw {
	return []storeLaw{
		{"a new store is empty", func(t storeTest) {
			if s := t.load(""); len(s.Entries) != 0 {
				t.Fatalf("entries: %s", showEntries(s.Entries))
			}
		}},
		{"load returns what was committed, sorted", checkLoadSorted},
		{"a prefix covers exactly the keys that begin with it", checkPrefix},
		{"entries carry the revision that Commit returned", func(t storeTest) {
			rev := t.commit(dcs.Txn{Then: []dcs.Op{opPut("a", "1"), opPut("b", "1")}})
			for _, e := range t.load("").Entries {
				if e.Modified != rev {
					t.Errorf("%q modified at %d, Commit said %d", e.Key, e.Modified, rev)
				}
			}
		}},
		{"revisions grow with each change", func(t storeTest) {
			first := t.put("a", "1")
			second := t.put("a", "1")
			third := t.commit(dcs.Txn{Then: []dcs.Op{opDelete("a")}})
			if first >= second || second >= third {
				t.Errorf("revisions %d, %d, %d do not grow", first, second, third)
			}
		}},
		{"a condition on a wrong revision is a conflict that changes nothing", checkConflicts},
		{"a condition of zero demands absence", func(t storeTest) {
			absent := dcs.Txn{If: []dcs.Cond{{Key: "a"}}, Then: []dcs.Op{opPut("a", "1")}}
			t.commit(absent)
			t.refused(absent, dcs.ErrConflict)
		}},
		{"a key that was deleted and made again is another", func(t storeTest) {
			old := t.put("a", "1")
			t.commit(dcs.Txn{Then: []dcs.Op{opDelete("a")}})
			t.put("a", "1")
			t.refused(dcs.Txn{If: []dcs.Cond{{Key: "a", Modified: old}}, Then: []dcs.Op{opPut("a", "2")}}, dcs.ErrConflict)
		}},
		{"conditions and changes may concern different keys", func(t storeTest) {
			rev := t.put("term", "1")
			t.commit(dcs.Txn{If: []dcs.Cond{{Key: "term", Modified: rev}, {Key: "grant"}}, Then: []dcs.Op{opPut("history", "x")}})
			if _, ok := t.load("").Get("history"); !ok {
				t.Fatal("change is missing")
			}
		}},
		{"deleting an absent key is no error and no change", func(t storeTest) {
			rev := t.put("a", "1")
			got := t.commit(dcs.Txn{Then: []dcs.Op{opDelete("never")}})
			if got < rev {
				t.Errorf("revision %d after %d", got, rev)
			}
			if e, _ := t.load("").Get("a"); e.Modified != rev {
				t.Errorf("a was modified at %d, want %d", e.Modified, rev)
			}
		}},
		{"a transaction without changes only asks", func(t storeTest) {
			rev := t.put("a", "1")
			if got := t.commit(dcs.Txn{If: []dcs.Cond{{Key: "a", Modified: rev}}}); got < rev {
				t.Errorf("revision %d, want %d or later", got, rev)
			}
			t.refused(dcs.Txn{If: []dcs.Cond{{Key: "a"}}}, dcs.ErrConflict)
		}},
		{"an invalid transaction is refused whole", checkInvalid},
		{"values are bytes and belong to the store", checkValues},
		{"a loaded snapshot does not change", func(t storeTest) {
			t.put("a", "1")
			s := t.load("")
			t.put("a", "2")
			t.put("0", "x")
			if len(s.Entries) != 1 || string(s.Entries[0].Value) != "1" {
				t.Errorf("snapshot became %s", showEntries(s.Entries))
			}
		}},
		{"a context that has ended is honoured by every method", checkEndedContext},
	}
}

func checkLoadSorted(t storeTest) {
	var ops []dcs.Op
	for _, k := range []string{"m/b", "m/a", "config", "m/c", "grant"} {
		ops = append(ops, opPut(k, "value of "+k))
	}
	rev := t.commit(dcs.Txn{Then: ops})
	s := t.load("")
	t.wellFormed(s, "")
	if s.Revision < rev {
		t.Errorf("snapshot of revision %d after a commit of %d", s.Revision, rev)
	}
	if len(s.Entries) != len(ops) {
		t.Fatalf("entries: %s", showEntries(s.Entries))
	}
	for _, e := range s.Entries {
		if string(e.Value) != "value of "+e.Key {
			t.Errorf("%q = %q", e.Key, e.Value)
		}
	}
}

func checkPrefix(t storeTest) {
	// '/'+1 is '0', and 0xff has no successor: the places where ranges go wrong.
	keys := []string{"a", "a/", "a/1", "a/\xff", "a/\xff\xff1", "a0", "b", "\xff", "\xff\xff"}
	for _, k := range keys {
		t.put(k, "x")
	}
	for _, prefix := range []string{"", "a", "a/", "a/1", "a/\xff", "\xff", "c"} {
		s := t.load(prefix)
		t.wellFormed(s, prefix)
		want := 0
		for _, k := range keys {
			if len(k) >= len(prefix) && k[:len(prefix)] == prefix {
				want++
			}
		}
		if len(s.Entries) != want {
			t.Errorf("Load(%q): %s, want %d entries", prefix, showEntries(s.Entries), want)
		}
	}
}

func checkConflicts(t storeTest) {
	a, b := t.put("a", "1"), t.put("b", "1")
	ops := []dcs.Op{opPut("a", "2"), opPut("c", "2"), opDelete("b")}
	for _, conds := range [][]dcs.Cond{
		{{Key: "a", Modified: a + 1000}},
		{{Key: "a"}},
		{{Key: "absent", Modified: a}},
		{{Key: "a", Modified: a}, {Key: "b", Modified: a}}, // one of two
		{{Key: "b", Modified: a}, {Key: "a", Modified: a}},
	} {
		t.refused(dcs.Txn{If: conds, Then: ops}, dcs.ErrConflict)
	}
	t.commit(dcs.Txn{If: []dcs.Cond{{Key: "a", Modified: a}, {Key: "b", Modified: b}, {Key: "c"}}, Then: ops})
	s := t.load("")
	if !holds("a", "2")(s) || !holds("c", "2")(s) || !lacks("b")(s) {
		t.Errorf("after a commit whose conditions hold: %s", showEntries(s.Entries))
	}
}

func checkInvalid(t storeTest) {
	t.put("a", "1")
	for _, txn := range []dcs.Txn{
		{Then: []dcs.Op{opPut("b", "1"), opPut("b", "2")}},
		{Then: []dcs.Op{opPut("b", "1"), opDelete("b")}},
		{Then: []dcs.Op{opPut("b", "1"), opPut("", "2")}},
		{If: []dcs.Cond{{Key: ""}}, Then: []dcs.Op{opPut("b", "1")}},
		{Then: []dcs.Op{opPut("b", "1"), {Key: "a", Delete: true, Value: []byte("x")}}},
	} {
		t.refused(txn, dcs.ErrInvalid)
	}
}

func checkValues(t storeTest) {
	value := []byte("\x00\xff\xfe text")
	t.commit(dcs.Txn{Then: []dcs.Op{{Key: "a", Value: value}, {Key: "empty"}}})
	value[0] = 'X'
	s := t.load("")
	if e, _ := s.Get("a"); string(e.Value) != "\x00\xff\xfe text" {
		t.Errorf("value = %q", e.Value)
	}
	if e, ok := s.Get("empty"); !ok || len(e.Value) != 0 {
		t.Errorf("empty value: %q, there: %v", e.Value, ok)
	}
}

func checkEndedContext(t storeTest) {
	id := t.grant(storeTTL)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, load := t.store.Load(ctx, "")
	_, commit := t.store.Commit(ctx, dcs.Txn{Then: []dcs.Op{opPut("a", "1")}})
	_, grant := t.store.Grant(ctx, storeTTL)
	for name, err := range map[string]error{
		"Load": load, "Commit": commit, "Grant": grant,
		"KeepAlive": t.store.KeepAlive(ctx, id), "Revoke": t.store.Revoke(ctx, id),
	} {
		if !errors.Is(err, dcs.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want ErrUnavailable and context.Canceled", name, err)
		}
		if dcs.Uncertain(err) {
			t.Errorf("%s: %v is uncertain, but it was never sent", name, err)
		}
	}
	for range t.store.Watch(ctx, "") { // must be closed: this loop ends
	}
	if len(t.load("").Entries) != 0 {
		t.Error("a commit with an ended context was carried out")
	}
}

// concurrencyLaws are the rules of Load and Commit for many callers.
func concurrencyLaws() []storeLaw {
	return []storeLaw{
		{"of callers that want an absent key one wins", checkOneWinner},
		{"concurrent compare-and-swap loses no increment", checkIncrements},
		{"reads are linearizable", checkLinearizable},
		{"nobody sees half a transaction", checkAtomic},
	}
}

func checkOneWinner(t storeTest) {
	const callers, rounds = 4, 10
	for round := range rounds {
		key := fmt.Sprintf("grant/%d", round)
		var winners atomic.Int32
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				_, err := t.store.Commit(t.bounded(), dcs.Txn{
					If:   []dcs.Cond{{Key: key}},
					Then: []dcs.Op{opPut(key, strconv.Itoa(c))},
				})
				switch {
				case err == nil:
					winners.Add(1)
				case !errors.Is(err, dcs.ErrConflict):
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		wg.Wait()
		if n := winners.Load(); n != 1 {
			t.Fatalf("round %d: %d winners", round, n)
		}
	}
}

// increment adds one to the number in key and returns the new number.
func (t storeTest) increment(ctx context.Context, key string) (int, error) {
	for {
		s, err := t.store.Load(ctx, key)
		if err != nil {
			return 0, err
		}
		e, _ := s.Get(key)
		n, _ := strconv.Atoi(string(e.Value))
		_, err = t.store.Commit(ctx, dcs.Txn{
			If:   []dcs.Cond{{Key: key, Modified: e.Modified}},
			Then: []dcs.Op{opPut(key, strconv.Itoa(n+1))},
		})
		if !errors.Is(err, dcs.ErrConflict) {
			return n + 1, err
		}
	}
}

func checkIncrements(t storeTest) {
	const callers, each = 4, 10
	var seen sync.Map
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range each {
				n, err := t.increment(t.bounded(), "counter")
				if err != nil {
					t.Errorf("increment: %v", err)
					return
				}
				if _, twice := seen.LoadOrStore(n, true); twice {
					t.Errorf("two callers made it %d", n)
				}
			}
		})
	}
	wg.Wait()
	if !holds("counter", strconv.Itoa(callers*each))(t.load("")) {
		t.Errorf("after %d increments: %s", callers*each, showEntries(t.load("").Entries))
	}
}

// checkLinearizable has one writer count up and readers check that they never
// see less than what was acknowledged before they asked, nor more than what
// was sent before they were answered. For a register that only grows that is
// linearizability.
func checkLinearizable(t storeTest) {
	const last = 40
	var sent, acknowledged atomic.Int64
	reads := make(chan struct{}) // one value for each read, so that the writer does not outrun the readers
	ctx, cancel := context.WithCancel(t.bounded())
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				least := acknowledged.Load()
				s, err := t.store.Load(t.bounded(), "register")
				if err != nil {
					t.Errorf("Load: %v", err)
				}
				e, _ := s.Get("register")
				n, _ := strconv.ParseInt(string(e.Value), 10, 64)
				if most := sent.Load(); n < least || n > most {
					t.Errorf("read %d; %d was acknowledged before, %d sent", n, least, most)
				}
				select {
				case reads <- struct{}{}:
				case <-ctx.Done():
				}
			}
		})
	}
	for n := int64(1); n <= last && !t.Failed(); n++ {
		sent.Store(n)
		_, err := t.store.Commit(t.bounded(), dcs.Txn{Then: []dcs.Op{opPut("register", strconv.FormatInt(n, 10))}})
		if err != nil {
			t.Errorf("Commit: %v", err)
		}
		acknowledged.Store(n)
		for range 4 {
			select {
			case <-reads:
			case <-ctx.Done():
				t.Errorf("readers are stuck")
			}
		}
	}
	cancel()
	wg.Wait()
}

// checkAtomic has a writer change two keys together, in turns together with
// deleting both, while a reader and a watch look for a difference.
func checkAtomic(t storeTest) {
	const last = 60
	whole := func(where string, s dcs.Snapshot) {
		x, okX := s.Get("x")
		y, okY := s.Get("y")
		if okX != okY || string(x.Value) != string(y.Value) || x.Modified != y.Modified {
			t.Errorf("%s shows half a transaction: %s", where, showEntries(s.Entries))
		}
	}
	var done atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for !done.Load() && !t.Failed() {
			s, err := t.store.Load(t.bounded(), "")
			if err != nil {
				t.Errorf("Load: %v", err)
				return
			}
			whole("Load", s)
		}
	})
	updates := t.store.Watch(t.bounded(), "")
	wg.Go(func() {
		for u := range updates {
			whole("Watch", u.Snapshot)
			if holds("x", "end")(u.Snapshot) || t.Failed() {
				return
			}
		}
	})
	for n := range last {
		ops := []dcs.Op{opPut("x", strconv.Itoa(n)), opPut("y", strconv.Itoa(n))}
		if n%3 == 2 {
			ops = []dcs.Op{opDelete("y"), opDelete("x")}
		}
		t.commit(dcs.Txn{Then: ops})
	}
	t.commit(dcs.Txn{Then: []dcs.Op{opPut("x", "end"), opPut("y", "end")}})
	done.Store(true)
	wg.Wait()
}
