// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
)

func contains(err error, text string) bool { return strings.Contains(err.Error(), text) }

func TestLeaseRevokedBehindOnesBack(t *testing.T) {
	t.Parallel()
	s := server(t)
	store := direct(t, s)
	id := grant(t, store, time.Minute)
	updates := store.Watch(t.Context(), "")
	mine := dcs.Op{Key: "grant", Value: []byte("m1"), Lease: id}
	if _, err := store.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{mine}}); err != nil {
		t.Fatal(err)
	}
	untilValue(t, updates, "grant", "m1")
	if _, err := client(t, s).Revoke(t.Context(), clientv3.LeaseID(id)); err != nil {
		t.Fatal(err)
	}
	untilValue(t, updates, "grant", "absent")
	if err := store.KeepAlive(t.Context(), id); !errors.Is(err, dcs.ErrLeaseNotFound) {
		t.Errorf("keep-alive: %v, want ErrLeaseNotFound", err)
	}
	if _, err := store.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{mine}}); !errors.Is(err, dcs.ErrLeaseNotFound) || !contains(err, `"grant" on lease`) {
		t.Errorf("commit: %v, want ErrLeaseNotFound that names the key", err)
	}
}

func TestKeyDeletedBehindOnesBack(t *testing.T) {
	t.Parallel()
	s := server(t)
	store := open(t, etcd.Config{Endpoints: s.Endpoints(), Prefix: "c1"})
	id := grant(t, store, time.Minute)
	updates := store.Watch(t.Context(), "")
	rev, err := store.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{{Key: "grant", Value: []byte("m1"), Lease: id}}})
	if err != nil {
		t.Fatal(err)
	}
	untilValue(t, updates, "grant", "m1")
	if _, err := client(t, s).Delete(t.Context(), "c1/grant"); err != nil {
		t.Fatal(err)
	}
	untilValue(t, updates, "grant", "absent")
	if err := store.KeepAlive(t.Context(), id); err != nil { // the lease is still ours, and worthless
		t.Errorf("keep-alive: %v", err)
	}
	_, err = store.Commit(t.Context(), dcs.Txn{If: []dcs.Cond{{Key: "grant", Modified: rev}}, Then: []dcs.Op{{Key: "config"}}})
	if !errors.Is(err, dcs.ErrConflict) || !contains(err, `key "grant" is at revision 0`) {
		t.Errorf("commit: %v, want ErrConflict that names the key", err)
	}
}

func TestManyClustersOverOneClient(t *testing.T) {
	t.Parallel()
	s := server(t)
	shared := client(t, s)
	const clusters = 50
	var stores []*etcd.Store
	var watches []<-chan dcs.Update
	for i := range clusters {
		// "c1" is a prefix of "c10": the stores must be apart all the same.
		store := etcd.New(shared, "c"+string(rune('0'+i/10))+strings.Repeat("0", i%10))
		stores = append(stores, store)
		watches = append(watches, store.Watch(t.Context(), ""))
	}
	for i, store := range stores {
		put(t, store, "name", strings.Repeat("x", i+1))
	}
	for i, w := range watches {
		u := untilValue(t, w, "name", strings.Repeat("x", i+1))
		if len(u.Snapshot.Entries) != 1 {
			t.Errorf("cluster %d sees %v", i, u.Snapshot.Entries)
		}
	}
	if err := stores[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := untilError(t, watches[0]); !errors.Is(err, dcs.ErrClosed) {
		t.Errorf("watch of the closed store: %v, want ErrClosed", err)
	}
	if _, err := stores[0].Load(t.Context(), ""); !errors.Is(err, dcs.ErrClosed) {
		t.Errorf("closed store: %v, want ErrClosed", err)
	}
	put(t, stores[1], "name", "alive")
	untilValue(t, watches[1], "name", "alive")

	shared.Close() // by its owner
	if err := untilError(t, watches[2]); !errors.Is(err, dcs.ErrClosed) {
		t.Errorf("watch after the client was closed: %v, want ErrClosed", err)
	}
	if err := stores[2].KeepAlive(t.Context(), 1); !errors.Is(err, dcs.ErrClosed) {
		t.Errorf("keep-alive after the client was closed: %v, want ErrClosed", err)
	}
}

// TestCloseEndsCallsInFlight closes the store under a commit that was sent: it
// is both closed and uncertain.
func TestCloseEndsCallsInFlight(t *testing.T) {
	t.Parallel()
	s := server(t)
	p, store := proxied(t, s)
	other := direct(t, s).Watch(t.Context(), "")
	p.HoldAnswers()
	failed := make(chan error, 1)
	go func() {
		_, err := store.Commit(context.WithoutCancel(t.Context()), dcs.Txn{Then: []dcs.Op{{Key: "a", Value: []byte("1")}}})
		failed <- err
	}()
	untilValue(t, other, "a", "1")
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; !errors.Is(err, dcs.ErrClosed) || !dcs.Uncertain(err) {
		t.Errorf("commit: %v (uncertain: %v), want an uncertain ErrClosed", err, dcs.Uncertain(err))
	}
}

func TestNoGoroutineIsLeftBehind(t *testing.T) {
	s := server(t)
	before := stacks()
	p, store := proxied(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	for range 5 {
		store.Watch(ctx, "") // nobody receives
	}
	updates := store.Watch(ctx, "")
	id := grant(t, store, time.Minute)
	for range 3 {
		if err := store.KeepAlive(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	until(t, updates, "the first snapshot", func(u dcs.Update) bool { return u.Err == nil })
	p.Cut()
	untilError(t, updates)
	cancel()
	for range updates {
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	p.Close()
	deadline := bounded(t, patience)
	for ctx := deadline; ; runtime.Gosched() {
		left := stacks() - before
		if left <= 0 {
			return
		}
		if ctx.Err() != nil {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines left:\n%s", left, buf[:runtime.Stack(buf, true)])
		}
	}
}

// stacks counts the goroutines that have anything of the client side in them;
// the server in this process has a life of its own.
func stacks() int {
	buf := make([]byte, 4<<20)
	n := 0
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "gausskit/ha/dcs/etcd.") || strings.Contains(g, "etcdtest.(*Proxy)") ||
			strings.Contains(g, "http2Client") || strings.Contains(g, "newClientStream") {
			n++
		}
	}
	return n
}
