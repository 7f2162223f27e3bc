// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/internal/kvtree"
)

// Store is a dcs.Store in memory. Make it with [New].
type Store struct {
	start time.Time // its monotonic reading is the zero of the tree's time

	mu struct {
		sync.Mutex
		tree   *kvtree.Tree
		groups kvtree.PrefixMap[*group] // of watches, by prefix
		dirty  []*group                 // touched since the last flush
		timer  *time.Timer              // calls expire; nil before the first lease
		armed  bool
		at     time.Duration // when an armed timer fires
		closed bool
	}
}

var _ dcs.Store = (*Store)(nil)

// New makes an empty store. It needs no Close, but a lease that is still alive
// keeps it in memory until the lease ends.
func New() *Store {
	s := &Store{start: time.Now()}
	s.mu.tree = kvtree.New(kvtree.Options{})
	s.mu.tree.OnChange(s.touchedLocked)
	return s
}

// Close makes all further calls fail with dcs.ErrClosed and tells the watches.
// It always returns nil.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return nil
	}
	s.mu.closed = true
	if s.mu.timer != nil {
		s.mu.timer.Stop()
	}
	s.mu.groups.Each(func(_ string, g *group) { g.offer(dcs.Update{Err: dcs.ErrClosed}) })
	return nil
}

// Load is described at dcs.Store.
func (s *Store) Load(ctx context.Context, prefix string) (dcs.Snapshot, error) {
	var snap dcs.Snapshot
	err := s.do(ctx, "load", func(t *kvtree.Tree, now time.Duration) error {
		t.Expire(now)
		snap = t.Load(prefix)
		return nil
	})
	return snap, err
}

// Commit is described at dcs.Store.
func (s *Store) Commit(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
	var rev dcs.Revision
	err := s.do(ctx, "commit", func(t *kvtree.Tree, now time.Duration) (err error) {
		rev, err = t.Commit(txn, now)
		return err
	})
	return rev, err
}

// Grant is described at dcs.Store. The ttl is not rounded.
func (s *Store) Grant(ctx context.Context, ttl time.Duration) (dcs.LeaseID, error) {
	var id dcs.LeaseID
	err := s.do(ctx, "grant", func(t *kvtree.Tree, now time.Duration) (err error) {
		id, err = t.Grant(ttl, now)
		return err
	})
	return id, err
}

// KeepAlive is described at dcs.Store.
func (s *Store) KeepAlive(ctx context.Context, id dcs.LeaseID) error {
	return s.do(ctx, "keepalive", func(t *kvtree.Tree, now time.Duration) error {
		return t.KeepAlive(id, now)
	})
}

// Revoke is described at dcs.Store.
func (s *Store) Revoke(ctx context.Context, id dcs.LeaseID) error {
	return s.do(ctx, "revoke", func(t *kvtree.Tree, now time.Duration) error {
		t.Expire(now)
		t.Revoke(id)
		return nil
	})
}

// do runs one request on the tree and tells the watches what it changed.
func (s *Store) do(ctx context.Context, op string, f func(*kvtree.Tree, time.Duration) error) error {
	if err := ctx.Err(); err != nil {
		return &dcs.UnavailableError{Op: op, Cause: err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return fmt.Errorf("dcs: %s: %w", op, dcs.ErrClosed)
	}
	now := time.Since(s.start)
	err := f(s.mu.tree, now)
	s.flushLocked()
	s.armLocked(now)
	return err
}

// armLocked sees to it that expire is called when the next lease ends. A timer
// that fires too early, because the lease was renewed, is left alone: renewals
// are frequent, and one needless look per time to live is cheap.
func (s *Store) armLocked(now time.Duration) {
	at, ok := s.mu.tree.NextExpiry()
	if !ok || s.mu.armed && s.mu.at <= at {
		return
	}
	s.mu.armed, s.mu.at = true, at
	if s.mu.timer == nil {
		s.mu.timer = time.AfterFunc(at-now, s.expire)
	} else {
		s.mu.timer.Reset(at - now)
	}
}

// expire is what the timer calls.
func (s *Store) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return
	}
	now := time.Since(s.start)
	s.mu.armed = false
	s.mu.tree.Expire(now)
	s.flushLocked()
	s.armLocked(now)
}
