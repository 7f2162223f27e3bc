// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
	"github.com/gausskit/gausskit/internal/etcdtest"
)

// counter counts what a client sends: gRPC streams opened and messages sent, by
// method. It sees what the client library does by itself, too.
type counter struct {
	mu    sync.Mutex
	calls map[string]int
	sent  map[string]int
}

var _ stats.Handler = (*counter)(nil)

type methodKey struct{}

func (c *counter) TagRPC(ctx context.Context, info *stats.RPCTagInfo) context.Context {
	return context.WithValue(ctx, methodKey{}, info.FullMethodName[strings.LastIndexByte(info.FullMethodName, '/')+1:])
}

func (c *counter) HandleRPC(ctx context.Context, s stats.RPCStats) {
	method, _ := ctx.Value(methodKey{}).(string)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s.(type) {
	case *stats.Begin:
		c.calls[method]++
	case *stats.OutPayload:
		c.sent[method]++
	}
}

func (c *counter) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (c *counter) HandleConn(context.Context, stats.ConnStats)                       {}

// reset forgets everything and returns what was counted: calls and messages.
func (c *counter) reset() (calls, sent map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls, sent = c.calls, c.sent
	c.calls, c.sent = map[string]int{}, map[string]int{}
	return calls, sent
}

func total(counts map[string]int) int {
	n := 0
	for _, method := range slices.Sorted(maps.Keys(counts)) {
		n += counts[method]
	}
	return n
}

func countedClient(t testing.TB, s *etcdtest.Server, user, password string) (*clientv3.Client, *counter) {
	t.Helper()
	count := &counter{}
	count.reset()
	c, err := clientv3.New(clientv3.Config{
		Endpoints: s.Endpoints(), Username: user, Password: password, Logger: zap.NewNop(),
		DialOptions: []grpc.DialOption{grpc.WithStatsHandler(count)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, count
}

// TestIdleMemberMakesLessThanOneRequestPerSecond counts what a member sends that
// watches its cluster and renews its lease every third of the time to live,
// with user and password. The same renewals by the client library's
// KeepAliveOnce are counted beside it.
func TestIdleMemberMakesLessThanOneRequestPerSecond(t *testing.T) {
	s := server(t)
	withUsers(t, s)
	c, count := countedClient(t, s, "m1", "m1's password")
	store := etcd.New(c, "c1")
	t.Cleanup(func() { store.Close() })
	updates := store.Watch(t.Context(), "")
	id := grant(t, store, 5*time.Second)
	if _, err := store.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{{Key: "members/m1", Lease: id}}}); err != nil {
		t.Fatal(err)
	}
	untilValue(t, updates, "members/m1", "")
	if err := store.KeepAlive(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	count.reset()

	const renewals = 30
	for range renewals {
		if err := store.KeepAlive(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	calls, sent := count.reset()
	if calls["LeaseKeepAlive"] != 0 || sent["LeaseKeepAlive"] != renewals {
		t.Errorf("%d renewals opened streams %v and sent %v; want none and one message each", renewals, calls, sent)
	}
	const silence = 7 * time.Second
	var asked map[string]int
	for range 3 { // on a busy machine the watch may have found its server too slow
		count.reset()
		idle(t, silence)
		if calls, asked = count.reset(); total(calls) == 0 {
			break
		}
	}
	if total(calls) != 0 || total(asked) != asked["Watch"] || total(asked) > int(silence/(3*time.Second))+1 {
		t.Errorf("an idle watch opened %v and sent %v within %v", calls, asked, silence)
	}
	const ttl = 5 * time.Second // package ha's default
	rate := float64(sent["LeaseKeepAlive"])/renewals/(ttl/3).Seconds() + 1/(3*time.Second).Seconds()
	t.Logf("idle member, TTL %v: a renewal every %v and a question of its watch every 3s (%d in %v): %.2f requests/s",
		ttl, ttl/3, total(asked), silence, rate)
	if rate >= 1 {
		t.Errorf("%.2f requests/s, want below 1", rate)
	}

	// The lease has ended meanwhile; a longer one for the comparison.
	id = grant(t, store, time.Minute)
	count.reset()
	for range renewals {
		if _, err := c.KeepAliveOnce(t.Context(), clientv3.LeaseID(id)); err != nil {
			t.Fatal(err)
		}
	}
	calls, sent = count.reset()
	t.Logf("KeepAliveOnce, %d renewals: streams and calls %v, messages %v", renewals, calls, sent)
	if calls["Authenticate"] != renewals {
		t.Errorf("KeepAliveOnce no longer authenticates each time (%v): the comments in dcs/etcd are out of date", calls)
	}
}

func BenchmarkRenewal(b *testing.B) {
	s := server(b)
	c, count := countedClient(b, s, "", "")
	store := etcd.New(c, "c1")
	b.Cleanup(func() { store.Close() })
	id := grant(b, store, time.Minute)
	b.Run("KeepAlive", func(b *testing.B) {
		count.reset()
		for b.Loop() {
			if err := store.KeepAlive(b.Context(), id); err != nil {
				b.Fatal(err)
			}
		}
		calls, sent := count.reset()
		b.ReportMetric(float64(total(sent))/float64(b.N), "messages/op")
		b.ReportMetric(float64(total(calls))/float64(b.N), "streams/op")
		b.ReportMetric(float64(total(sent))/float64(b.N)/(5.0/3), "requests/s-idle-TTL5s")
	})
	b.Run("KeepAliveOnce", func(b *testing.B) {
		count.reset()
		for b.Loop() {
			if _, err := c.KeepAliveOnce(b.Context(), clientv3.LeaseID(id)); err != nil {
				b.Fatal(err)
			}
		}
		calls, sent := count.reset()
		b.ReportMetric(float64(total(sent))/float64(b.N), "messages/op")
		b.ReportMetric(float64(total(calls))/float64(b.N), "streams/op")
	})
}

func BenchmarkStore(b *testing.B) {
	s := server(b)
	store := direct(b, s)
	put(b, store, "a", "1")
	b.Run("Load", func(b *testing.B) {
		for b.Loop() {
			load(b, store, "")
		}
	})
	b.Run("Commit", func(b *testing.B) {
		for b.Loop() {
			put(b, store, "a", "1")
		}
	})
	b.Run("CommitToWatch", func(b *testing.B) {
		updates := store.Watch(b.Context(), "")
		<-updates
		for b.Loop() {
			rev := put(b, store, "a", "1")
			for u := range updates {
				if u.Snapshot.Revision >= rev {
					break
				}
			}
		}
	})
}
