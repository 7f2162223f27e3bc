// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3election/v3electionpb"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
	"github.com/gausskit/gausskit/internal/etcdtest"
)

// These tests play the published failures of etcd's helpers twice: with the
// helper, and with leases and transactions as package ha uses them. The helper's
// part only reports, because etcd may mend it; ours must hold.

// published reports whether the helper still does what the issue says.
func published(t *testing.T, wrong bool, what string) {
	t.Helper()
	if wrong {
		t.Logf("helper, as published: %s", what)
	} else {
		t.Logf("the helper no longer does this: %s", what)
	}
}

// campaign is what a candidate of package ha does, reduced to the store: wait
// until nobody has the grant, then take it, bound to the own lease.
func campaign(ctx context.Context, store dcs.Store, lease dcs.LeaseID, name string) (dcs.Revision, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for u := range store.Watch(ctx, "grant") {
		if u.Err != nil || value(u.Snapshot, "grant") != "absent" {
			continue
		}
		rev, err := store.Commit(ctx, dcs.Txn{
			If:   []dcs.Cond{{Key: "grant"}},
			Then: []dcs.Op{{Key: "grant", Value: []byte(name), Lease: lease}},
		})
		if !errors.Is(err, dcs.ErrConflict) {
			return rev, err
		}
	}
	return 0, ctx.Err()
}

// release gives the grant back if it is still the one that was taken at rev.
func release(ctx context.Context, store dcs.Store, rev dcs.Revision) error {
	_, err := store.Commit(ctx, dcs.Txn{
		If:   []dcs.Cond{{Key: "grant", Modified: rev}},
		Then: []dcs.Op{{Key: "grant", Delete: true}},
	})
	return err
}

func session(t *testing.T, c *clientv3.Client, options ...concurrency.SessionOption) *concurrency.Session {
	t.Helper()
	s, err := concurrency.NewSession(c, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Orphan)
	return s
}

// TestIssue19597 is about a candidate whose session ends while it waits. The
// helper waits on, and when the holder goes it reports success although it has
// no key in the store.
func TestIssue19597CandidateThatLostItsLeaseNeverWins(t *testing.T) {
	t.Parallel()
	s := server(t)
	c := client(t, s)

	t.Run("helper", func(t *testing.T) {
		holder, waiting := session(t, c), session(t, c)
		first := concurrency.NewElection(holder, "election")
		if err := first.Campaign(t.Context(), "m1"); err != nil {
			t.Fatal(err)
		}
		second := concurrency.NewElection(waiting, "election")
		won := make(chan error, 1)
		updates := etcd.New(c, "election").Watch(t.Context(), "")
		go func() { won <- second.Campaign(t.Context(), "m2") }()
		until(t, updates, "two candidates", func(u dcs.Update) bool { return len(u.Snapshot.Entries) == 2 })
		if _, err := c.Revoke(t.Context(), waiting.Lease()); err != nil {
			t.Fatal(err)
		}
		<-waiting.Done()
		select {
		case err := <-won:
			published(t, false, "Campaign waits on; it returned "+errText(err))
			return
		default:
		}
		if err := first.Resign(t.Context()); err != nil {
			t.Fatal(err)
		}
		err := <-won
		resp, getErr := c.Get(t.Context(), "election/", clientv3.WithPrefix())
		if getErr != nil {
			t.Fatal(getErr)
		}
		published(t, err == nil && len(resp.Kvs) == 0, "Campaign reports success with no key in the store")
	})

	store := etcd.New(c, "ours")
	t.Cleanup(func() { store.Close() })
	holder, waiting := grant(t, store, time.Minute), grant(t, store, time.Minute)
	rev, err := campaign(t.Context(), store, holder, "m1")
	if err != nil {
		t.Fatal(err)
	}
	lost := make(chan error, 1)
	go func() {
		_, err := campaign(t.Context(), store, waiting, "m2")
		lost <- err
	}()
	if _, err := c.Revoke(t.Context(), clientv3.LeaseID(waiting)); err != nil {
		t.Fatal(err)
	}
	// It need not wait to find out: the next renewal says so.
	if err := store.KeepAlive(t.Context(), waiting); !errors.Is(err, dcs.ErrLeaseNotFound) {
		t.Errorf("keep-alive: %v, want ErrLeaseNotFound", err)
	}
	if err := release(t.Context(), store, rev); err != nil {
		t.Fatal(err)
	}
	if err := <-lost; !errors.Is(err, dcs.ErrLeaseNotFound) {
		t.Errorf("candidate without a lease: %v, want ErrLeaseNotFound", err)
	}
	if got := value(load(t, store, ""), "grant"); got != "absent" {
		t.Errorf("grant = %s", got)
	}
}

func errText(err error) string {
	if err == nil {
		return "success"
	}
	return err.Error()
}

// TestIssue22123 is about giving up leadership with a request that fails. The
// helper forgets its key, and the next Resign says that all is well.
func TestIssue22123FailedReleaseIsNotForgotten(t *testing.T) {
	t.Parallel()
	s := server(t)
	c := client(t, s)
	ended, cancel := context.WithCancel(t.Context())
	cancel()

	election := concurrency.NewElection(session(t, c), "election")
	if err := election.Campaign(t.Context(), "m1"); err != nil {
		t.Fatal(err)
	}
	first, second := election.Resign(ended), election.Resign(t.Context())
	resp, err := c.Get(t.Context(), "election/", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	published(t, first != nil && second == nil && len(resp.Kvs) == 1, "the second Resign succeeds and the key is still there")

	store := etcd.New(c, "ours")
	t.Cleanup(func() { store.Close() })
	id := grant(t, store, time.Minute)
	rev, err := campaign(t.Context(), store, id, "m1")
	if err != nil {
		t.Fatal(err)
	}
	if err := release(ended, store, rev); err == nil || dcs.Uncertain(err) {
		t.Errorf("release with an ended context: %v, want a certain error", err)
	}
	if got := value(load(t, store, ""), "grant"); got != "m1" {
		t.Fatalf("grant = %s", got)
	}
	if err := release(t.Context(), store, rev); err != nil {
		t.Errorf("second release: %v", err)
	}
	if got := value(load(t, store, ""), "grant"); got != "absent" {
		t.Errorf("grant = %s after it was given back", got)
	}
}

// TestIssue22082 is about giving a lock back when the answer is lost. The
// helper's Unlock deletes whatever has the key, so its repetition deletes the
// lock that was taken since.
func TestIssue22082RepeatedReleaseHurtsNoLaterHolder(t *testing.T) {
	t.Parallel()
	s := server(t)
	direct := client(t, s)
	p, ours := proxied(t, s)
	updates := etcd.New(direct, "").Watch(t.Context(), "")

	// lose runs f while answers are held, until the key is gone, and returns
	// f's error.
	lose := func(key string, f func(context.Context) error) error {
		p.HoldAnswers()
		defer p.Heal()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		failed := make(chan error, 1)
		go func() { failed <- f(ctx) }()
		untilValue(t, updates, key, "absent")
		cancel()
		return <-failed
	}

	t.Run("helper", func(t *testing.T) {
		c, err := clientv3.New(clientv3.Config{Endpoints: []string{p.Addr()}, Logger: zap.NewNop()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		lease := session(t, direct).Lease()
		m := concurrency.NewMutex(session(t, c, concurrency.WithLease(lease)), "lock")
		if err := m.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		key := m.Key()
		untilValue(t, updates, key, "")
		if err := lose(key, m.Unlock); err == nil {
			t.Fatal("Unlock succeeded without an answer")
		}
		later := concurrency.NewMutex(session(t, direct, concurrency.WithLease(lease)), "lock")
		if err := later.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		again := m.Unlock(t.Context())
		resp, err := direct.Get(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		published(t, again == nil && len(resp.Kvs) == 0, "the repeated Unlock deletes the later lock")
	})

	id := grant(t, ours, time.Minute)
	rev, err := campaign(t.Context(), ours, id, "m1")
	if err != nil {
		t.Fatal(err)
	}
	untilValue(t, updates, "grant", "m1")
	err = lose("grant", func(ctx context.Context) error { return release(ctx, ours, rev) })
	if !dcs.Uncertain(err) {
		t.Errorf("release without an answer: %v, want an uncertain error", err)
	}
	if _, err := campaign(t.Context(), ours, id, "m1 again"); err != nil {
		t.Fatal(err)
	}
	if err := release(t.Context(), ours, rev); !errors.Is(err, dcs.ErrConflict) {
		t.Errorf("repeated release: %v, want ErrConflict", err)
	}
	if got := value(load(t, ours, ""), "grant"); got != "m1 again" {
		t.Errorf("grant = %s", got)
	}
}

// TestIssue17623 is about a candidate that waits longer than its auth token
// lives. The helper runs in the server and uses the token of the request to the
// end, so the candidate fails with "invalid auth token" when its turn comes.
func TestIssue17623CandidateOutlivesItsToken(t *testing.T) {
	t.Parallel()
	s := server(t, etcdtest.WithTokenTTL(1))
	withUsers(t, s)
	root := asRoot(t, s)
	first, err := root.Grant(t.Context(), 60)
	if err != nil {
		t.Fatal(err)
	}
	second, err := root.Grant(t.Context(), 60)
	if err != nil {
		t.Fatal(err)
	}
	// Without etcd's client, which would begin again with a new token.
	conn, err := grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	token, err := pb.NewAuthClient(conn).Authenticate(t.Context(), &pb.AuthenticateRequest{Name: "root", Password: "root's password"})
	if err != nil {
		t.Fatal(err)
	}
	lead := func(lease clientv3.LeaseID) error {
		ctx := metadata.AppendToOutgoingContext(t.Context(), "token", token.GetToken())
		_, err := v3electionpb.NewElectionClient(conn).Campaign(ctx, &v3electionpb.CampaignRequest{Name: []byte("election"), Lease: int64(lease)})
		return err
	}
	watch := asRoot(t, s).Watch(t.Context(), "election/", clientv3.WithPrefix())
	if err := lead(first.ID); err != nil {
		t.Fatal(err)
	}
	<-watch
	helped := make(chan error, 1)
	go func() { helped <- lead(second.ID) }()
	<-watch // the second candidate waits

	store, other := open(t, asM1(s)), open(t, asM1(s))
	rev, err := campaign(t.Context(), store, grant(t, store, time.Minute), "m1")
	if err != nil {
		t.Fatal(err)
	}
	waiting := grant(t, other, time.Minute)
	won := make(chan error, 1)
	go func() {
		_, err := campaign(t.Context(), other, waiting, "m2")
		won <- err
	}()

	idle(t, 2500*time.Millisecond)
	if _, err := root.Revoke(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	err = <-helped
	published(t, err != nil, "the candidate that waited is told "+errText(err))
	if err := release(bounded(t, patience), store, rev); err != nil {
		t.Fatal(err)
	}
	if err := <-won; err != nil {
		t.Errorf("candidate that waited longer than its token lives: %v", err)
	}
}

// TestSessionDoneIsNoFence is about the holder's idea of its own lease. The
// helper counts from the arrival of the answer, so an answer that was long on
// its way makes it believe in a lease that the store has ended. Counted from
// before the call, as doc.go says, the lease cannot end earlier than its holder
// thinks.
func TestSessionDoneIsNoFence(t *testing.T) {
	t.Parallel()
	const ttl = 5 * time.Second
	s := server(t)
	p, ours := proxied(t, s)
	updates := direct(t, s).Watch(t.Context(), "")
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{p.Addr()}, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	helper := session(t, c, concurrency.WithTTL(int(ttl.Seconds())))
	if _, err := c.Put(t.Context(), "helper", "", clientv3.WithLease(helper.Lease())); err != nil {
		t.Fatal(err)
	}
	id := grant(t, ours, ttl)
	if _, err := campaign(t.Context(), ours, id, "m1"); err != nil {
		t.Fatal(err)
	}
	if err := ours.KeepAlive(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	untilValue(t, updates, "grant", "m1")

	observer := client(t, s)
	untilRenewed(t, observer, helper.Lease())
	p.HoldAnswers() // renewals arrive, answers do not
	asked := time.Now()
	renewed := make(chan error, 1)
	go func() { renewed <- ours.KeepAlive(t.Context(), id) }()
	untilRenewed(t, observer, helper.Lease())
	p.Freeze() // no later renewal arrives
	idle(t, time.Second)
	p.HoldAsks() // now the answers come
	if err := <-renewed; err != nil {
		t.Fatal(err)
	}
	deadline := asked.Add(ttl) // what package ha makes of it, before its margin

	gone := map[string]time.Time{}
	done := helper.Done()
	var doneAt time.Time
	for ctx := bounded(t, patience); len(gone) < 2 || doneAt.IsZero(); {
		select {
		case u := <-updates:
			for _, key := range []string{"helper", "grant"} {
				if value(u.Snapshot, key) == "absent" && gone[key].IsZero() {
					gone[key] = time.Now()
				}
			}
		case <-done:
			doneAt, done = time.Now(), nil
		case <-ctx.Done():
			t.Fatal("leases did not end")
		}
	}
	late := doneAt.Sub(gone["helper"]).Round(time.Millisecond)
	published(t, late > 0, "Session.Done fired "+late.String()+" after the key had gone")
	if gone["grant"].Before(deadline) {
		t.Errorf("the store ended our lease %v before its holder expected it", deadline.Sub(gone["grant"]))
	}
}

// untilRenewed waits until the time to live of a lease, in seconds, goes up.
func untilRenewed(t *testing.T, c *clientv3.Client, id clientv3.LeaseID) {
	t.Helper()
	ctx := bounded(t, patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for last := int64(1 << 32); ; <-tick.C {
		resp, err := c.TimeToLive(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if resp.TTL > last {
			return
		}
		last = resp.TTL
	}
}
