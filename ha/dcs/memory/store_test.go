// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package memory_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/memory"
)

// The contract itself is tested by package hatest, which imports this one.

func put(t testing.TB, s *memory.Store, key string, lease dcs.LeaseID) {
	t.Helper()
	if _, err := s.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{{Key: key, Lease: lease}}}); err != nil {
		t.Fatal(err)
	}
}

func TestLeaseEndsToTheNanosecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		updates := s.Watch(t.Context(), "")
		<-updates
		short, _ := s.Grant(t.Context(), 5*time.Second)
		long, _ := s.Grant(t.Context(), 7*time.Second)
		start := time.Now()
		put(t, s, "a", short)
		put(t, s, "b", long)
		time.Sleep(3 * time.Second) // virtual
		if err := s.KeepAlive(t.Context(), short); err != nil {
			t.Fatal(err)
		}
		for _, want := range []struct {
			after time.Duration
			left  int
		}{{3 * time.Second, 2}, {7 * time.Second, 1}, {8 * time.Second, 0}} {
			u := <-updates
			if got := time.Since(start); got != want.after || len(u.Snapshot.Entries) != want.left {
				t.Errorf("after %v %d entries, want %d after %v", got, len(u.Snapshot.Entries), want.left, want.after)
			}
		}
	})
}

func TestClosedStoreSaysSo(t *testing.T) {
	s := memory.New()
	id, err := s.Grant(t.Context(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	updates := s.Watch(ctx, "")
	for range 2 { // Close twice is no error
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if u := <-updates; !errors.Is(u.Err, dcs.ErrClosed) {
		t.Errorf("watch delivered %+v, want ErrClosed", u)
	}
	if u := <-s.Watch(ctx, ""); !errors.Is(u.Err, dcs.ErrClosed) {
		t.Errorf("new watch delivered %+v, want ErrClosed", u)
	}
	cancel()
	for range updates { // the context ends it, as ever
	}
	_, load := s.Load(t.Context(), "")
	_, commit := s.Commit(t.Context(), dcs.Txn{})
	_, grant := s.Grant(t.Context(), time.Second)
	for name, err := range map[string]error{
		"Load": load, "Commit": commit, "Grant": grant,
		"KeepAlive": s.KeepAlive(t.Context(), id), "Revoke": s.Revoke(t.Context(), id),
	} {
		if !errors.Is(err, dcs.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
}

func TestWatchesCostNoGoroutines(t *testing.T) {
	s := memory.New()
	before := runtime.NumGoroutine()
	for i := range 1000 {
		s.Watch(t.Context(), fmt.Sprintf("c%d/", i))
	}
	if n := runtime.NumGoroutine() - before; n > 10 {
		t.Errorf("1000 watches started %d goroutines", n)
	}
}

func TestErrorsNameTheKey(t *testing.T) {
	s := memory.New()
	put(t, s, "c1/grant", 0)
	_, err := s.Commit(t.Context(), dcs.Txn{If: []dcs.Cond{{Key: "c1/grant", Modified: 7}}})
	if !errors.Is(err, dcs.ErrConflict) || !strings.Contains(err.Error(), `"c1/grant" is at revision 1, not 7`) {
		t.Errorf("error %q does not say what is wrong", err)
	}
}
