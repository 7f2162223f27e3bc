// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
	"github.com/gausskit/gausskit/ha/hatest"
	"github.com/gausskit/gausskit/internal/etcdtest"
)

// TestMain runs more tests at the same time than there are processors: nearly
// all their time is spent waiting for leases, tokens and servers that stop.
func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "test.parallel" })
	if !chosen {
		if err := flag.Set("test.parallel", "6"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// patience bounds every wait; it is reached only when something is wrong.
const patience = 30 * time.Second

func bounded(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// server starts a server for one test.
func server(t testing.TB, options ...etcdtest.Option) *etcdtest.Server {
	t.Helper()
	s, err := etcdtest.Start(bounded(t, patience), t.TempDir(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// proxied returns a proxy of the server and a store that goes through it.
func proxied(t testing.TB, s *etcdtest.Server) (*etcdtest.Proxy, *etcd.Store) {
	t.Helper()
	p, err := etcdtest.NewProxy(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, open(t, etcd.Config{Endpoints: []string{"http://" + p.Addr()}})
}

// open opens a store for one test.
func open(t testing.TB, cfg etcd.Config) *etcd.Store {
	t.Helper()
	s, err := etcd.Open(bounded(t, patience), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func direct(t testing.TB, s *etcdtest.Server) *etcd.Store {
	t.Helper()
	return open(t, etcd.Config{Endpoints: s.Endpoints()})
}

// client makes a plain client for one test.
func client(t testing.TB, s *etcdtest.Server) *clientv3.Client {
	t.Helper()
	c, err := s.Client(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func put(t testing.TB, s dcs.Store, key, value string) dcs.Revision {
	t.Helper()
	rev, err := s.Commit(bounded(t, patience), dcs.Txn{Then: []dcs.Op{{Key: key, Value: []byte(value)}}})
	if err != nil {
		t.Fatalf("put %s: %v", key, err)
	}
	return rev
}

func load(t testing.TB, s dcs.Store, prefix string) dcs.Snapshot {
	t.Helper()
	snap, err := s.Load(bounded(t, patience), prefix)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return snap
}

func grant(t testing.TB, s dcs.Store, ttl time.Duration) dcs.LeaseID {
	t.Helper()
	id, err := s.Grant(bounded(t, patience), ttl)
	if err != nil {
		t.Fatalf("grant: %v", err)
	}
	return id
}

// value returns the value of a key, or "absent".
func value(s dcs.Snapshot, key string) string {
	e, ok := s.Get(key)
	if !ok {
		return "absent"
	}
	return string(e.Value)
}

// until receives updates until one satisfies done.
func until(t testing.TB, updates <-chan dcs.Update, what string, done func(dcs.Update) bool) dcs.Update {
	t.Helper()
	ctx := bounded(t, patience)
	for {
		select {
		case u, ok := <-updates:
			if !ok {
				t.Fatalf("watch ended while waiting for %s", what)
			}
			if done(u) {
				return u
			}
		case <-ctx.Done():
			t.Fatalf("gave up waiting for %s", what)
		}
	}
}

func untilValue(t testing.TB, updates <-chan dcs.Update, key, want string) dcs.Update {
	t.Helper()
	return until(t, updates, key+" = "+want, func(u dcs.Update) bool { return u.Err == nil && value(u.Snapshot, key) == want })
}

func untilError(t testing.TB, updates <-chan dcs.Update) error {
	t.Helper()
	return until(t, updates, "an error", func(u dcs.Update) bool { return u.Err != nil }).Err
}

func TestStoreKeepsTheContract(t *testing.T) {
	s := server(t)
	c := client(t, s)
	var n atomic.Int32
	hatest.TestDCS(t, func(t testing.TB) dcs.Store {
		store := etcd.New(c, fmt.Sprintf("contract/%d", n.Add(1)))
		t.Cleanup(func() { store.Close() })
		return store
	})
}

func TestClusterKeepsTheContract(t *testing.T) {
	cluster, err := etcdtest.StartCluster(bounded(t, patience), t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Stop)
	var n atomic.Int32
	hatest.TestDCS(t, func(t testing.TB) dcs.Store {
		return open(t, etcd.Config{Endpoints: cluster.Endpoints(), Prefix: fmt.Sprintf("contract/%d", n.Add(1))})
	})
}
