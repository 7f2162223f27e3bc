// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"context"

	"github.com/gausskit/gausskit/ha/dcs"
)

// group is all watches of one prefix.
type group struct {
	prefix  string
	watches map[chan dcs.Update]struct{}
	dirty   bool // stands in Store.mu.dirty
}

// offer replaces what the receivers have not taken yet. The channels hold one
// update; only the owner of the store's mutex sends, so there is room after the
// old update has been taken out, by us or by the receiver.
func (g *group) offer(u dcs.Update) {
	for ch := range g.watches {
		select {
		case <-ch:
		default:
		}
		ch <- u
	}
}

// Watch is described at dcs.Store. It needs no goroutine: an update waits in
// the channel, and a newer one takes its place.
func (s *Store) Watch(ctx context.Context, prefix string) <-chan dcs.Update {
	ch := make(chan dcs.Update, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.mu.groups.Get(prefix)
	if !ok {
		g = &group{prefix: prefix, watches: make(map[chan dcs.Update]struct{})}
		s.mu.groups.Set(prefix, g)
	}
	g.watches[ch] = struct{}{}
	if s.mu.closed {
		ch <- dcs.Update{Err: dcs.ErrClosed}
	} else {
		ch <- dcs.Update{Snapshot: s.mu.tree.Load(prefix)}
	}
	context.AfterFunc(ctx, func() { s.unwatch(g, ch) })
	return ch
}

// unwatch is called once, when the context of a watch has ended.
func (s *Store) unwatch(g *group, ch chan dcs.Update) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(g.watches, ch)
	if len(g.watches) == 0 {
		s.mu.groups.Delete(g.prefix)
	}
	close(ch)
}

// touchedLocked is called by the tree for each key that changes.
func (s *Store) touchedLocked(key string) {
	s.mu.groups.Match(key, func(_ string, g *group) {
		if !g.dirty {
			g.dirty = true
			s.mu.dirty = append(s.mu.dirty, g)
		}
	})
}

// flushLocked gives the watches that were touched the new state.
func (s *Store) flushLocked() {
	for i, g := range s.mu.dirty {
		g.dirty = false
		g.offer(dcs.Update{Snapshot: s.mu.tree.Load(g.prefix)})
		s.mu.dirty[i] = nil
	}
	s.mu.dirty = s.mu.dirty[:0]
}
