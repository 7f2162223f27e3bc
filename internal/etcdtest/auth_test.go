// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
	"github.com/gausskit/gausskit/internal/etcdtest"
)

// withUsers turns authentication on: root may do all, m1 what is below "c1/".
func withUsers(t *testing.T, s *etcdtest.Server) {
	t.Helper()
	c := client(t, s)
	ctx := bounded(t, patience)
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.RoleAdd(ctx, "root"))
	must(c.UserAdd(ctx, "root", "root's password"))
	must(c.UserGrantRole(ctx, "root", "root"))
	must(c.RoleAdd(ctx, "c1"))
	must(c.RoleGrantPermission(ctx, "c1", "c1/", "c10", clientv3.PermissionType(clientv3.PermReadWrite)))
	must(c.UserAdd(ctx, "m1", "m1's password"))
	must(c.UserGrantRole(ctx, "m1", "c1"))
	must(c.AuthEnable(ctx))
}

func asM1(s *etcdtest.Server) etcd.Config {
	return etcd.Config{Endpoints: s.Endpoints(), Prefix: "c1", User: "m1", Password: "m1's password"}
}

// asRoot is for what the tests do behind the adapter's back.
func asRoot(t *testing.T, s *etcdtest.Server) *clientv3.Client {
	t.Helper()
	c, err := clientv3.New(clientv3.Config{Endpoints: s.Endpoints(), Username: "root", Password: "root's password", Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestWrongUsersAreDenied(t *testing.T) {
	t.Parallel()
	s := server(t)
	withUsers(t, s)
	for name, change := range map[string]func(*etcd.Config){
		"wrong password": func(c *etcd.Config) { c.Password = "guessed" },
		"unknown user":   func(c *etcd.Config) { c.User = "nobody" },
		"no user":        func(c *etcd.Config) { c.User, c.Password = "", "" },
		"other's prefix": func(c *etcd.Config) { c.Prefix = "c2" },
		"whole etcd":     func(c *etcd.Config) { c.Prefix = "" },
	} {
		cfg := asM1(s)
		change(&cfg)
		_, err := etcd.Open(bounded(t, patience), cfg)
		if !errors.Is(err, dcs.ErrDenied) || errors.Is(err, dcs.ErrUnavailable) || dcs.Uncertain(err) {
			t.Errorf("%s: %v, want ErrDenied alone", name, err)
		}
		if err != nil && contains(err, string(cfg.Password)) && cfg.Password != "" {
			t.Errorf("%s: error %q tells the password", name, err)
		}
	}
	store := open(t, asM1(s))
	put(t, store, "a", "1")
	if got := value(load(t, store, ""), "a"); got != "1" {
		t.Errorf("a = %s", got)
	}
}

// TestExpiredTokenIsRenewed lets the tokens of etcd (one second here, five
// minutes by default) expire under idle stores, one for each method, since one
// renewed token is good for all.
func TestExpiredTokenIsRenewed(t *testing.T) {
	t.Parallel()
	s := server(t, etcdtest.WithTokenTTL(1))
	withUsers(t, s)
	first := open(t, asM1(s))
	updates := first.Watch(t.Context(), "")
	id := grant(t, first, time.Minute)
	put(t, first, "a", "1")
	untilValue(t, updates, "a", "1")

	calls := map[string]func(context.Context, *etcd.Store) error{
		"load": func(ctx context.Context, store *etcd.Store) error {
			_, err := store.Load(ctx, "")
			return err
		},
		"commit": func(ctx context.Context, store *etcd.Store) error {
			_, err := store.Commit(ctx, dcs.Txn{If: []dcs.Cond{{Key: "b"}}, Then: []dcs.Op{{Key: "b", Lease: id}}})
			return err
		},
		"grant": func(ctx context.Context, store *etcd.Store) error {
			_, err := store.Grant(ctx, time.Minute)
			return err
		},
		"keepalive": func(ctx context.Context, store *etcd.Store) error { return store.KeepAlive(ctx, id) },
		"watch": func(ctx context.Context, store *etcd.Store) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			return (<-store.Watch(ctx, "")).Err
		},
		"revoke": func(ctx context.Context, store *etcd.Store) error { return store.Revoke(ctx, 4711) },
	}
	stores := map[string]*etcd.Store{}
	for name := range calls {
		stores[name] = open(t, asM1(s))
		load(t, stores[name], "")
	}
	idle(t, 2500*time.Millisecond)
	for name, call := range calls {
		if err := call(bounded(t, patience), stores[name]); err != nil {
			t.Errorf("%s with an expired token: %v", name, err)
		}
	}
	put(t, first, "a", "2") // the first watch has lived through it all
	untilValue(t, updates, "a", "2")
}

// idle lets time pass in the server, which has a clock of its own: tokens
// expire when nothing happens, and that cannot be waited for in another way.
func idle(t *testing.T, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// TestRevokedPermission takes a permission away under an open watch and gives it
// back.
func TestRevokedPermission(t *testing.T) {
	t.Parallel()
	s := server(t)
	withUsers(t, s)
	store := open(t, asM1(s))
	root := asRoot(t, s)
	put(t, store, "a", "1")
	if _, err := root.UserRevokeRole(bounded(t, patience), "m1", "c1"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(bounded(t, patience), ""); !errors.Is(err, dcs.ErrDenied) {
		t.Errorf("load: %v, want ErrDenied", err)
	}
	updates := store.Watch(t.Context(), "")
	if err := untilError(t, updates); !errors.Is(err, dcs.ErrDenied) {
		t.Errorf("watch: %v, want ErrDenied", err)
	}
	if _, err := root.UserGrantRole(bounded(t, patience), "m1", "c1"); err != nil {
		t.Fatal(err)
	}
	untilValue(t, updates, "a", "1")
}

// TestChangedUsersDisturbNobody changes users while a store works: etcd then
// refuses requests made with the older revision of its user table.
func TestChangedUsersDisturbNobody(t *testing.T) {
	t.Parallel()
	s := server(t)
	withUsers(t, s)
	store := open(t, asM1(s))
	root := asRoot(t, s)
	for n := range 10 {
		if _, err := root.UserAdd(bounded(t, patience), "other"+string(rune('a'+n)), "x"); err != nil {
			t.Fatal(err)
		}
		put(t, store, "a", "1")
	}
}
