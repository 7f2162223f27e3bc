// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package kvtree_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/internal/kvtree"
)

func put(key, value string) dcs.Op { return dcs.Op{Key: key, Value: []byte(value)} }

func mustCommit(t *testing.T, tree *kvtree.Tree, now time.Duration, ops ...dcs.Op) dcs.Revision {
	t.Helper()
	rev, err := tree.Commit(dcs.Txn{Then: ops}, now)
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

func keys(s dcs.Snapshot) []string {
	var names []string
	for _, e := range s.Entries {
		names = append(names, e.Key)
	}
	return names
}

func TestLeaseEndsAtItsDeadlineAndNotBefore(t *testing.T) {
	tree := kvtree.New(kvtree.Options{})
	id, err := tree.Grant(5*time.Second, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	mustCommit(t, tree, time.Second, dcs.Op{Key: "a", Lease: id}, dcs.Op{Key: "b", Lease: id}, put("c", "stays"))
	if at, ok := tree.NextExpiry(); !ok || at != 6*time.Second {
		t.Fatalf("NextExpiry = %v, %v; want 6s", at, ok)
	}
	if tree.Expire(6*time.Second - 1) {
		t.Fatal("lease ended 1 ns early")
	}
	before := tree.Revision()
	if !tree.Expire(6 * time.Second) {
		t.Fatal("lease did not end at its deadline")
	}
	if got := keys(tree.Load("")); !slices.Equal(got, []string{"c"}) {
		t.Fatalf("left: %v, want c", got)
	}
	if tree.Revision() != before+1 {
		t.Fatalf("two entries of one lease went in %d revisions, want 1", tree.Revision()-before)
	}
	if _, ok := tree.NextExpiry(); ok {
		t.Fatal("NextExpiry without a lease")
	}
}

// TestSweepDelaysEntriesNotTheAnswer shows the harder of the two worlds that
// etcd can be in: the holder is told at once, the others see the entry on.
func TestSweepDelaysEntriesNotTheAnswer(t *testing.T) {
	tree := kvtree.New(kvtree.Options{Sweep: 500 * time.Millisecond})
	id, err := tree.Grant(1200*time.Millisecond, 100*time.Millisecond) // ends at 1300, swept at 1500
	if err != nil {
		t.Fatal(err)
	}
	mustCommit(t, tree, 100*time.Millisecond, dcs.Op{Key: "grant", Lease: id})
	if err := tree.KeepAlive(id, 1300*time.Millisecond); !errors.Is(err, dcs.ErrLeaseNotFound) {
		t.Fatalf("keep-alive at the end: %v, want ErrLeaseNotFound", err)
	}
	if got := len(tree.Load("").Entries); got != 1 {
		t.Fatalf("%d entries before the sweep, want 1", got)
	}
	if at, _ := tree.NextExpiry(); at != 1500*time.Millisecond {
		t.Fatalf("NextExpiry = %v, want 1.5s", at)
	}
	if !tree.Expire(1500*time.Millisecond) || len(tree.Load("").Entries) != 0 {
		t.Fatal("entry outlived the sweep")
	}
}

func TestKeepAliveStartsTheTimeAgain(t *testing.T) {
	tree := kvtree.New(kvtree.Options{})
	first, _ := tree.Grant(2*time.Second, 0)
	second, _ := tree.Grant(3*time.Second, 0)
	if err := tree.KeepAlive(first, 1900*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if at, _ := tree.NextExpiry(); at != 3*time.Second {
		t.Fatalf("NextExpiry = %v, want 3s: lease %d must now be first", at, second)
	}
}

func TestHugeTimeToLiveDoesNotWrapAround(t *testing.T) {
	tree := kvtree.New(kvtree.Options{Sweep: 500 * time.Millisecond})
	if _, err := tree.Grant(math.MaxInt64, time.Hour); err != nil {
		t.Fatal(err)
	}
	if at, _ := tree.NextExpiry(); at != math.MaxInt64 {
		t.Fatalf("NextExpiry = %v, want the end of time", at)
	}
}

func TestAnEntryFollowsItsLastLease(t *testing.T) {
	tree := kvtree.New(kvtree.Options{})
	first, _ := tree.Grant(time.Second, 0)
	second, _ := tree.Grant(time.Second, 0)
	mustCommit(t, tree, 0, dcs.Op{Key: "k", Lease: first})
	mustCommit(t, tree, 0, dcs.Op{Key: "k", Lease: second})
	tree.Revoke(first)
	if len(tree.Load("k").Entries) != 1 {
		t.Fatal("entry went with a lease it was no longer bound to")
	}
	mustCommit(t, tree, 0, put("k", "free"))
	tree.Revoke(second)
	if len(tree.Load("k").Entries) != 1 {
		t.Fatal("entry without a lease went with a lease")
	}
}

func TestLoadsShareUntilAChangeBelowThePrefix(t *testing.T) {
	tree := kvtree.New(kvtree.Options{})
	mustCommit(t, tree, 0, put("a/1", "x"), put("b/1", "y"))
	first := tree.Load("a/")
	mustCommit(t, tree, 0, put("b/1", "z"))
	second := tree.Load("a/")
	if &first.Entries[0] != &second.Entries[0] {
		t.Error("a change elsewhere made a new slice")
	}
	if second.Revision != first.Revision+1 {
		t.Errorf("revision %d after %d, want the store's", second.Revision, first.Revision)
	}
	mustCommit(t, tree, 0, put("a/1", "w"))
	if third := tree.Load("a/"); string(third.Entries[0].Value) != "w" || string(first.Entries[0].Value) != "x" {
		t.Errorf("old snapshot %q, new one %q; want x and w", first.Entries[0].Value, third.Entries[0].Value)
	}
	if n := testing.AllocsPerRun(100, func() { tree.Load("a/") }); n != 0 {
		t.Errorf("Load of an unchanged prefix allocates %v times, want 0", n)
	}
}

func TestValuesAreCopied(t *testing.T) {
	tree := kvtree.New(kvtree.Options{})
	value := []byte("before")
	mustCommit(t, tree, 0, dcs.Op{Key: "k", Value: value})
	copy(value, "after!")
	if got := string(tree.Load("k").Entries[0].Value); got != "before" {
		t.Fatalf("value = %q, want what it was at the commit", got)
	}
}

func TestOnChangeNamesEveryKey(t *testing.T) {
	tree := kvtree.New(kvtree.Options{})
	var seen []string
	tree.OnChange(func(key string) { seen = append(seen, key) })
	id, _ := tree.Grant(time.Second, 0)
	mustCommit(t, tree, 0, dcs.Op{Key: "b", Lease: id}, dcs.Op{Key: "a", Lease: id}, put("c", ""))
	mustCommit(t, tree, 0, dcs.Op{Key: "c", Delete: true}, dcs.Op{Key: "absent", Delete: true})
	tree.Expire(time.Second)
	if want := []string{"b", "a", "c", "c", "a", "b"}; !slices.Equal(seen, want) {
		t.Fatalf("seen %v, want %v", seen, want)
	}
}

// model is the specification in its plainest form: everything is searched,
// nothing is kept.
type model struct {
	revision dcs.Revision
	entries  map[string]dcs.Entry
	leases   map[dcs.LeaseID]*modelLease
	granted  dcs.LeaseID
	sweep    time.Duration
}

type modelLease struct{ ttl, end time.Duration }

// gone says when the entries of l are removed.
func (m *model) gone(l *modelLease) time.Duration {
	if m.sweep == 0 {
		return l.end
	}
	return (l.end + m.sweep - 1) / m.sweep * m.sweep
}

func (m *model) expire(now time.Duration) {
	for {
		var next dcs.LeaseID
		for id, l := range m.leases {
			if m.gone(l) > now {
				continue
			}
			if next == 0 || m.gone(l) < m.gone(m.leases[next]) || m.gone(l) == m.gone(m.leases[next]) && id < next {
				next = id
			}
		}
		if next == 0 {
			return
		}
		m.revoke(next)
	}
}

func (m *model) revoke(id dcs.LeaseID) {
	if m.leases[id] == nil {
		return
	}
	delete(m.leases, id)
	n := len(m.entries)
	for k, e := range m.entries {
		if e.Lease == id {
			delete(m.entries, k)
		}
	}
	if len(m.entries) != n {
		m.revision++
	}
}

func (m *model) commit(txn dcs.Txn) error {
	for _, c := range txn.If {
		if m.entries[c.Key].Modified != c.Modified {
			return dcs.ErrConflict
		}
	}
	for _, op := range txn.Then {
		if op.Lease != 0 && m.leases[op.Lease] == nil {
			return dcs.ErrLeaseNotFound
		}
	}
	changes := false
	for _, op := range txn.Then {
		_, there := m.entries[op.Key]
		if op.Delete {
			changes = changes || there
			delete(m.entries, op.Key)
			continue
		}
		changes = true
		m.entries[op.Key] = dcs.Entry{Key: op.Key, Value: op.Value, Modified: m.revision + 1, Lease: op.Lease}
	}
	if changes {
		m.revision++
	}
	return nil
}

func (m *model) load(prefix string) []dcs.Entry {
	var found []dcs.Entry
	for k, e := range m.entries {
		if len(k) >= len(prefix) && k[:len(prefix)] == prefix {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b dcs.Entry) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return found
}

// randomTxn makes a transaction whose conditions mostly hold.
func randomTxn(r *rand.Rand, m *model) dcs.Txn {
	var txn dcs.Txn
	name := func() string { return fmt.Sprintf("%c/%d", 'a'+r.IntN(3), r.IntN(4)) }
	for range r.IntN(3) {
		c := dcs.Cond{Key: name()}
		if c.Modified = m.entries[c.Key].Modified; r.IntN(8) == 0 {
			c.Modified = dcs.Revision(r.IntN(5))
		}
		txn.If = append(txn.If, c)
	}
	for range r.IntN(4) {
		op := dcs.Op{Key: name(), Delete: r.IntN(3) == 0}
		if slices.ContainsFunc(txn.Then, func(o dcs.Op) bool { return o.Key == op.Key }) {
			continue
		}
		if !op.Delete {
			op.Value = fmt.Appendf(nil, "v%d", r.IntN(100))
			if r.IntN(2) == 0 {
				op.Lease = dcs.LeaseID(r.IntN(int(m.granted) + 2))
			}
		}
		txn.Then = append(txn.Then, op)
	}
	return txn
}

// TestAgainstModel runs random calls on a tree and on the model and compares
// every answer.
func TestAgainstModel(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		sweep := time.Duration(r.IntN(3)) * 50 * time.Millisecond
		tree := kvtree.New(kvtree.Options{Sweep: sweep})
		m := &model{entries: map[string]dcs.Entry{}, leases: map[dcs.LeaseID]*modelLease{}, sweep: sweep}
		var now time.Duration
		for step := range 200 {
			now += time.Duration(r.IntN(20)) * time.Millisecond
			what := compareStep(t, r, tree, m, now)
			if t.Failed() || tree.Revision() != m.revision {
				t.Fatalf("seed %d step %d: after %s: revision %d, model %d", seed, step, what, tree.Revision(), m.revision)
			}
			for _, prefix := range []string{"", "a/", "b", "c/1", "x"} {
				if got, want := tree.Load(prefix).Entries, m.load(prefix); !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d step %d: after %s: Load(%q):\n got %v\nwant %v", seed, step, what, prefix, got, want)
				}
			}
		}
	}
}

// compareStep does one random thing to both and says what.
func compareStep(t *testing.T, r *rand.Rand, tree *kvtree.Tree, m *model, now time.Duration) string {
	id := dcs.LeaseID(r.IntN(int(m.granted) + 2))
	switch n := r.IntN(20); {
	case n < 3:
		ttl := time.Duration(1+r.IntN(200)) * time.Millisecond
		m.expire(now)
		m.granted++
		m.leases[m.granted] = &modelLease{ttl: ttl, end: now + ttl}
		if got, err := tree.Grant(ttl, now); err != nil || got != m.granted {
			t.Errorf("Grant = %d, %v; want %d", got, err, m.granted)
		}
		return "grant"
	case n < 6:
		m.expire(now)
		var want error = dcs.ErrLeaseNotFound
		if l := m.leases[id]; l != nil && l.end > now {
			l.end, want = now+l.ttl, nil
		}
		if err := tree.KeepAlive(id, now); !errors.Is(err, want) {
			t.Errorf("KeepAlive(%d) = %v, want %v", id, err, want)
		}
		return "keep-alive"
	case n < 7:
		m.revoke(id)
		tree.Revoke(id)
		return "revoke"
	case n < 10:
		before := m.revision
		m.expire(now)
		if got := tree.Expire(now); got != (m.revision != before) {
			t.Errorf("Expire = %v", got)
		}
		return "expire"
	default:
		m.expire(now)
		txn := randomTxn(r, m)
		want := m.commit(txn)
		if _, err := tree.Commit(txn, now); !errors.Is(err, want) {
			t.Errorf("Commit(%+v) = %v, want %v", txn, err, want)
		}
		return fmt.Sprintf("commit %+v", txn)
	}
}

func TestInvalidRequestsChangeNothing(t *testing.T) {
	tree := kvtree.New(kvtree.Options{})
	for _, txn := range []dcs.Txn{
		{Then: []dcs.Op{put("a", "1"), put("a", "2")}},
		{Then: []dcs.Op{put("a", "1"), put("", "2")}},
		{If: []dcs.Cond{{Key: ""}}, Then: []dcs.Op{put("a", "1")}},
		{If: []dcs.Cond{{Key: "a", Modified: -1}}},
		{Then: []dcs.Op{{Key: "a", Lease: -1}}},
		{Then: []dcs.Op{{Key: "a", Delete: true, Value: []byte("x")}}},
	} {
		if _, err := tree.Commit(txn, 0); !errors.Is(err, dcs.ErrInvalid) {
			t.Errorf("%+v: %v, want ErrInvalid", txn, err)
		}
	}
	if _, err := tree.Grant(0, 0); !errors.Is(err, dcs.ErrInvalid) {
		t.Errorf("Grant(0): %v, want ErrInvalid", err)
	}
	if tree.Revision() != 0 {
		t.Errorf("revision %d, want 0", tree.Revision())
	}
}
