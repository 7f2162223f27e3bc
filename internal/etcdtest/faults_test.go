// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
	"github.com/gausskit/gausskit/internal/etcdtest"
)

func TestRestartLosesNothing(t *testing.T) {
	t.Parallel()
	s := server(t)
	store := direct(t, s)
	updates := store.Watch(t.Context(), "")
	id := grant(t, store, time.Minute)
	if _, err := store.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{{Key: "a", Value: []byte("1"), Lease: id}}}); err != nil {
		t.Fatal(err)
	}
	if err := store.KeepAlive(t.Context(), id); err != nil { // leaves an idle stream, which will break
		t.Fatal(err)
	}
	untilValue(t, updates, "a", "1")

	s.Stop()
	if err := untilError(t, updates); !errors.Is(err, dcs.ErrUnavailable) {
		t.Errorf("watch: %v, want ErrUnavailable", err)
	}
	if err := s.Restart(bounded(t, patience)); err != nil {
		t.Fatal(err)
	}
	untilValue(t, updates, "a", "1")
	if err := store.KeepAlive(bounded(t, patience), id); err != nil {
		t.Errorf("keep-alive after the restart: %v", err)
	}
	put(t, store, "a", "2")
	untilValue(t, updates, "a", "2")
}

func TestLostLeaderIsReplaced(t *testing.T) {
	t.Parallel()
	cluster, err := etcdtest.StartCluster(bounded(t, patience), t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	store := open(t, etcd.Config{Endpoints: cluster.Endpoints()})
	updates := store.Watch(t.Context(), "")
	id := grant(t, store, time.Minute)
	put(t, store, "a", "1")
	untilValue(t, updates, "a", "1")

	leader, err := cluster.Leader(bounded(t, patience))
	if err != nil {
		t.Fatal(err)
	}
	leader.Stop()
	ctx := bounded(t, patience)
	for { // as package ha does: decide again after each failure
		if err = store.KeepAlive(ctx, id); err == nil || ctx.Err() != nil {
			break
		}
		if !errors.Is(err, dcs.ErrUnavailable) {
			t.Errorf("keep-alive: %v, want ErrUnavailable or success", err)
		}
	}
	if err != nil {
		t.Fatalf("keep-alive never came through: %v", err)
	}
	put(t, store, "a", "2")
	untilValue(t, updates, "a", "2")
}

// TestPartitionedMemberIsNoticed leaves one member of three, which answers but
// has no leader.
func TestPartitionedMemberIsNoticed(t *testing.T) {
	t.Parallel()
	cluster, err := etcdtest.StartCluster(bounded(t, patience), t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	alone := cluster.Members[0]
	store := direct(t, alone)
	updates := store.Watch(t.Context(), "")
	id := grant(t, store, time.Minute)
	put(t, store, "a", "1")
	untilValue(t, updates, "a", "1")
	cluster.Members[1].Stop()
	cluster.Members[2].Stop()

	if err := untilError(t, updates); !errors.Is(err, dcs.ErrUnavailable) {
		t.Errorf("watch: %v, want ErrUnavailable", err)
	}
	// The watch has noticed, so the member knows that it has no leader: it must
	// refuse, not hang, and a refusal is certain.
	ctx := bounded(t, patience)
	_, commit := store.Commit(ctx, dcs.Txn{Then: []dcs.Op{{Key: "a", Value: []byte("2")}}})
	_, loaded := store.Load(ctx, "")
	for name, err := range map[string]error{"commit": commit, "load": loaded, "keepalive": store.KeepAlive(ctx, id)} {
		if !errors.Is(err, dcs.ErrUnavailable) || dcs.Uncertain(err) || ctx.Err() != nil {
			t.Errorf("%s: %v (uncertain: %v), want a certain ErrUnavailable before the time-out", name, err, dcs.Uncertain(err))
		}
	}
	for _, m := range cluster.Members[1:] {
		if err := m.Restart(bounded(t, patience)); err != nil {
			t.Fatal(err)
		}
	}
	untilValue(t, updates, "a", "1")
}

func TestSlowStoreWorks(t *testing.T) {
	t.Parallel()
	p, store := proxied(t, server(t))
	p.Delay(50 * time.Millisecond)
	id := grant(t, store, time.Minute)
	if err := store.KeepAlive(bounded(t, patience), id); err != nil {
		t.Error(err)
	}
	updates := store.Watch(t.Context(), "")
	put(t, store, "a", "1")
	untilValue(t, updates, "a", "1")
}

// TestCallsEndWithTheirContext freezes the network under every method: none may
// wait longer than its context, and each must be right about what it knows.
func TestCallsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	p, store := proxied(t, server(t))
	id := grant(t, store, time.Minute)
	p.Freeze()
	for name, call := range calls(store, id) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		began := time.Now()
		err := call(ctx)
		cancel()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v after its context ended", name, took)
		}
		if !errors.Is(err, dcs.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, want ErrUnavailable and context.DeadlineExceeded", name, err)
		}
		if want := name != "load"; dcs.Uncertain(err) != want {
			t.Errorf("%s: uncertain: %v, want %v: %v", name, !want, want, err)
		}
	}
}

// TestUnsentIsCertain cuts the network: what finds no connection was never sent.
func TestUnsentIsCertain(t *testing.T) {
	t.Parallel()
	s := server(t)
	p, store := proxied(t, s)
	id := grant(t, store, time.Minute)
	updates := store.Watch(t.Context(), "")
	until(t, updates, "the first snapshot", func(u dcs.Update) bool { return u.Err == nil })
	p.Cut()
	untilError(t, updates) // now the client knows, too
	for name, call := range calls(store, id) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		err := call(ctx)
		cancel()
		if !errors.Is(err, dcs.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, want ErrUnavailable and context.DeadlineExceeded", name, err)
		}
		// A stream that was idle says only that it broke.
		if dcs.Uncertain(err) && name != "keepalive" {
			t.Errorf("%s: %v is uncertain, but was never sent", name, err)
		}
	}
	p.Heal()
	if snap := load(t, store, ""); len(snap.Entries) != 0 {
		t.Errorf("entries: %v, want none", snap.Entries)
	}
	if err := store.KeepAlive(bounded(t, patience), id); err != nil {
		t.Error(err)
	}
}

// calls lists the methods that ask once, in the shape of a test table.
func calls(store dcs.Store, id dcs.LeaseID) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"load": func(ctx context.Context) error {
			_, err := store.Load(ctx, "")
			return err
		},
		"commit": func(ctx context.Context) error {
			_, err := store.Commit(ctx, dcs.Txn{If: []dcs.Cond{{Key: "never", Modified: 7}}, Then: []dcs.Op{{Key: "x"}}})
			return err
		},
		"grant": func(ctx context.Context) error {
			_, err := store.Grant(ctx, time.Minute)
			return err
		},
		"keepalive": func(ctx context.Context) error { return store.KeepAlive(ctx, id) },
		"revoke":    func(ctx context.Context) error { return store.Revoke(ctx, 4711) },
	}
}

func TestUnreachableStoreIsAClearError(t *testing.T) {
	t.Parallel()
	s := server(t)
	s.Stop()
	began := time.Now()
	_, err := etcd.Open(t.Context(), etcd.Config{Endpoints: s.Endpoints(), DialTimeout: 300 * time.Millisecond})
	if !errors.Is(err, dcs.ErrUnavailable) || dcs.Uncertain(err) {
		t.Errorf("Open: %v, want a certain ErrUnavailable", err)
	}
	if time.Since(began) > 10*time.Second {
		t.Errorf("Open took %v", time.Since(began))
	}
	for _, want := range []string{s.Addr(), "connection refused"} {
		if err == nil || !contains(err, want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
}

// TestAnswerLost lets a commit succeed and loses the answer. The error must say
// that the outcome is unknown, and a load finds out.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	s := server(t)
	p, store := proxied(t, s)
	other := direct(t, s)
	updates := other.Watch(t.Context(), "")
	put(t, store, "warm", "up")
	untilValue(t, updates, "warm", "up")

	for round, end := range []func(context.CancelFunc){
		func(cancel context.CancelFunc) { cancel() }, // the caller loses patience
		func(context.CancelFunc) { p.Cut() },         // the connection breaks
	} {
		p.HoldAnswers()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		key := fmt.Sprintf("grant/%d", round)
		failed := make(chan error, 1)
		go func() {
			_, err := store.Commit(ctx, dcs.Txn{If: []dcs.Cond{{Key: key}}, Then: []dcs.Op{{Key: key, Value: []byte("mine")}}})
			failed <- err
		}()
		untilValue(t, updates, key, "mine") // it has happened
		end(cancel)
		err := <-failed
		cancel()
		if !errors.Is(err, dcs.ErrUnavailable) || !dcs.Uncertain(err) {
			t.Errorf("round %d: %v (uncertain: %v), want an uncertain ErrUnavailable", round, err, dcs.Uncertain(err))
		}
		p.Heal()
		if got := value(load(t, store, ""), key); got != "mine" {
			t.Errorf("round %d: loaded %s", round, got)
		}
	}
}

func TestWatchSurvivesCompactionWhileCut(t *testing.T) {
	t.Parallel()
	s := server(t)
	p, store := proxied(t, s)
	other := direct(t, s)
	updates := store.Watch(t.Context(), "")
	put(t, other, "a", "1")
	first := untilValue(t, updates, "a", "1")

	p.Cut()
	untilError(t, updates)
	var last dcs.Revision
	for n := range 20 {
		last = put(t, other, "a", fmt.Sprint("while cut ", n))
	}
	if _, err := client(t, s).Compact(bounded(t, patience), int64(last)); err != nil {
		t.Fatal(err)
	}
	p.Heal()
	u := untilValue(t, updates, "a", "while cut 19")
	if u.Snapshot.Revision < last || first.Snapshot.Revision >= last {
		t.Errorf("revision %d, want %d or later", u.Snapshot.Revision, last)
	}
	put(t, other, "a", "after")
	untilValue(t, updates, "a", "after")
}

// TestHealedConnectionComesBackSoon is about the pauses between attempts to
// connect: gRPC alone would wait up to two minutes after a long outage.
func TestHealedConnectionComesBackSoon(t *testing.T) {
	t.Parallel()
	p, store := proxied(t, server(t))
	updates := store.Watch(t.Context(), "")
	until(t, updates, "the first snapshot", func(u dcs.Update) bool { return u.Err == nil })
	p.Cut()
	for range 4 { // long enough for the pauses to have grown
		untilError(t, updates)
	}
	p.Heal()
	began := time.Now()
	until(t, updates, "a snapshot", func(u dcs.Update) bool { return u.Err == nil })
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("came back after %v", took)
	}
}

// TestFrozenMemberIsLeft freezes one member of three: it keeps its connections
// and says nothing. Requests and watches must go on with the others.
func TestFrozenMemberIsLeft(t *testing.T) {
	t.Parallel()
	cluster, err := etcdtest.StartCluster(bounded(t, patience), t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	var proxies []*etcdtest.Proxy
	var endpoints []string
	for _, m := range cluster.Members {
		p, err := etcdtest.NewProxy(m.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		proxies = append(proxies, p)
		endpoints = append(endpoints, p.Addr())
	}
	store := open(t, etcd.Config{Endpoints: endpoints})
	var watches []<-chan dcs.Update
	for range 6 { // at least one with each member
		w := store.Watch(t.Context(), "")
		until(t, w, "the first snapshot", func(u dcs.Update) bool { return u.Err == nil })
		watches = append(watches, w)
	}
	id := grant(t, store, time.Minute)
	if err := store.KeepAlive(t.Context(), id); err != nil {
		t.Fatal(err)
	}

	proxies[0].Freeze()
	began := time.Now()
	put(t, open(t, etcd.Config{Endpoints: cluster.Endpoints()}), "a", "1")
	for tries := 1; ; tries++ {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err := store.KeepAlive(ctx, id)
		cancel()
		if err == nil {
			t.Logf("renewal came through with attempt %d", tries)
			break
		}
		if tries == 10 {
			t.Fatalf("keep-alive, ten times: %v", err)
		}
	}
	for _, w := range watches {
		untilValue(t, w, "a", "1")
	}
	t.Logf("all watches had the change after %v", time.Since(began).Round(100*time.Millisecond))
}
