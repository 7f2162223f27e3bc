// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package kvtree

import (
	"container/heap"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// lease is a lease that the tree still knows.
type lease struct {
	id       dcs.LeaseID
	ttl      time.Duration
	deadline time.Duration // no renewal is accepted from here on
	sweep    time.Duration // the entries go here: deadline, rounded up to Options.Sweep
	keys     []string      // of its entries, sorted
	index    int           // in the heap
}

func (l *lease) attach(key string) {
	if i, ok := slices.BinarySearch(l.keys, key); !ok {
		l.keys = slices.Insert(l.keys, i, key)
	}
}

func (l *lease) detach(key string) {
	if i, ok := slices.BinarySearch(l.keys, key); ok {
		l.keys = slices.Delete(l.keys, i, i+1)
	}
}

// leaseHeap has the lease that is swept first at its top. Leases that are swept
// at the same time go in the order of their ids.
type leaseHeap []*lease

func (h leaseHeap) Len() int { return len(h) }

func (h leaseHeap) Less(i, j int) bool {
	if h[i].sweep != h[j].sweep {
		return h[i].sweep < h[j].sweep
	}
	return h[i].id < h[j].id
}

func (h leaseHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *leaseHeap) Push(x any) {
	l := x.(*lease)
	l.index = len(*h)
	*h = append(*h, l)
}

func (h *leaseHeap) Pop() any {
	old := *h
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return l
}

// Grant makes a lease that ends at now + ttl. Ids count up from 1. A ttl that
// is not positive gives dcs.ErrInvalid.
func (t *Tree) Grant(ttl, now time.Duration) (dcs.LeaseID, error) {
	if ttl <= 0 {
		return 0, fmt.Errorf("dcs: grant: ttl %v: want more than 0: %w", ttl, dcs.ErrInvalid)
	}
	t.Expire(now)
	t.lastLease++
	l := &lease{id: t.lastLease, ttl: ttl}
	t.renew(l, now)
	t.leases[l.id] = l
	heap.Push(&t.queue, l)
	return l.id, nil
}

// KeepAlive starts the time to live of a lease again, from now. After the
// lease's end it gives dcs.ErrLeaseNotFound, even where the entries wait for
// the next sweep, as etcd does.
func (t *Tree) KeepAlive(id dcs.LeaseID, now time.Duration) error {
	t.Expire(now)
	l := t.leases[id]
	if l == nil || l.deadline <= now {
		return fmt.Errorf("dcs: keep alive lease %d: %w", id, dcs.ErrLeaseNotFound)
	}
	t.renew(l, now)
	heap.Fix(&t.queue, l.index)
	return nil
}

// Revoke ends a lease and removes its entries. An unknown lease is no error.
func (t *Tree) Revoke(id dcs.LeaseID) {
	if l := t.leases[id]; l != nil {
		t.end(l)
	}
}

// Expire ends the leases whose time has come and reports whether an entry was
// removed. The entries of one lease go at one revision.
func (t *Tree) Expire(now time.Duration) bool {
	before := t.revision
	for len(t.queue) > 0 && t.queue[0].sweep <= now {
		t.end(t.queue[0])
	}
	return t.revision != before
}

// NextExpiry returns when Expire will next have something to do, unless the
// lease is renewed before; false when there is no lease.
func (t *Tree) NextExpiry() (time.Duration, bool) {
	if len(t.queue) == 0 {
		return 0, false
	}
	return t.queue[0].sweep, true
}

// renew sets the end of l. Sums beyond the range of durations are cut off: 292
// years are as good as for ever.
func (t *Tree) renew(l *lease, now time.Duration) {
	l.deadline = saturatingAdd(now, l.ttl)
	l.sweep = l.deadline
	if t.sweep > 0 {
		if late := l.deadline % t.sweep; late != 0 {
			l.sweep = saturatingAdd(l.deadline, t.sweep-late)
		}
	}
}

func saturatingAdd(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// end forgets l and removes its entries, at one revision.
func (t *Tree) end(l *lease) {
	heap.Remove(&t.queue, l.index)
	delete(t.leases, l.id)
	if len(l.keys) == 0 {
		return
	}
	t.revision++
	for _, key := range l.keys {
		i, _ := t.find(key)
		t.entries = slices.Delete(t.entries, i, i+1)
		t.changed(key)
	}
}
