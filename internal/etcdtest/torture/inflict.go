// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// claim takes parts of the stage for one fault, all or none: two faults never
// handle the same process or connection.
func (s *stage) claim(parts ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(parts, func(p string) bool { return s.busy[p] }) {
		return false
	}
	for _, p := range parts {
		s.busy[p] = true
	}
	return true
}

func (s *stage) release(parts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range parts {
		delete(s.busy, p)
	}
}

// victim is the member that a fault hits.
func (s *stage) victim(f fault) *testbed.Real {
	st := s.cluster.Status.Get()
	i := slices.IndexFunc(s.cluster.Servers(), func(m *testbed.Real) bool { return m.Name() == st.Primary })
	switch {
	case i < 0:
		return s.cluster.Servers()[f.member]
	case f.primary:
		return s.cluster.Servers()[i]
	}
	return s.cluster.Servers()[(i+1+f.member%2)%len(s.cluster.Servers())]
}

// inflict does a fault and undoes it, also when ctx ends meanwhile.
func (s *stage) inflict(ctx context.Context, f fault) error {
	m := s.victim(f)
	self := testbed.Party(m.Name())
	other := others(m.Name())[f.other]
	what := fmt.Sprintf("%s %s", f.kind, m.Name())
	parts := []string{string(self)}
	switch f.kind {
	case breakLink:
		parts = []string{testbed.LinkName(self, other)}
		a, b := self, other
		if f.reverse {
			a, b = b, a
		}
		what = fmt.Sprintf("%s: %s to %s", f.trouble, a, b)
	case isolate, vanish:
		if f.kind == isolate {
			parts = nil
		}
		for _, o := range others(m.Name()) {
			parts = append(parts, testbed.LinkName(self, o))
		}
	case stopEtcd:
		parts, what = nil, "stop etcd"
		for _, o := range s.cluster.Net.Others(testbed.PartyEtcd) {
			parts = append(parts, testbed.LinkName(o, testbed.PartyEtcd))
		}
	case switchover:
		parts, what = []string{"request"}, "request a switchover"
	}
	if !s.claim(parts...) {
		return nil
	}
	defer s.release(parts...)
	s.count(f)
	undo, err := s.begin(ctx, f, m, self, other, what)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if undo == nil {
		return nil
	}
	testbed.Wait(ctx, f.hold)
	s.story.say("fault", "end of: %s", what)
	if err := undo(); err != nil {
		return fmt.Errorf("end of %s: %w", what, err)
	}
	return nil
}

// begin does a fault and returns what undoes it, if anything has to.
func (s *stage) begin(ctx context.Context, f fault, m *testbed.Real, self, other testbed.Party, what string) (undo func() error, err error) {
	if f.kind != switchover && f.kind != killServer && f.kind != restart {
		s.story.say("fault", "%s for %s", what, round(f.hold))
	} else {
		s.story.say("fault", "%s", what)
	}
	start := func() error { return m.Start(ctx) }
	switch f.kind {
	case killServer:
		if f.gentle {
			return nil, m.Server.KillPostmaster()
		}
		return nil, m.Server.Kill()
	case killManager:
		return start, m.KillManager()
	case killBoth:
		return start, m.Crash()
	case freezeServer:
		return m.Server.Thaw, m.Server.Freeze()
	case freezeManager:
		return m.FreezeManager()
	case freezeBoth:
		return m.Freeze()
	case breakLink:
		return s.breakLink(f, m, self, other), nil
	case isolate:
		heal := s.cluster.Isolate(m.Name())
		return func() error { heal(); return nil }, nil
	case vanish:
		heal := s.cluster.Isolate(m.Name())
		return func() error { heal(); return start() }, m.Crash()
	case stopEtcd:
		return s.cluster.StopEtcd(), nil
	case switchover:
		s.switchOver(ctx)
		return nil, nil
	default: // restart
		limited, cancel := context.WithTimeout(ctx, testbed.StopLimit)
		defer cancel()
		return nil, errors.Join(m.Stop(limited), start())
	}
}

func (s *stage) breakLink(f fault, m *testbed.Real, self, other testbed.Party) (heal func() error) {
	hears := func() {}
	if other == testbed.PartyEtcd {
		hears = s.duties.isDeaf(m.Name())
	}
	a, b := self, other
	if f.reverse {
		a, b = b, a
	}
	s.cluster.Net.Impair(a, b, f.trouble)
	return func() error {
		s.cluster.Net.Heal(self, other)
		hears()
		return nil
	}
}

// switchOver asks for a switchover to whoever is best. It may be refused.
func (s *stage) switchOver(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	answer, err := s.cluster.Admin.Switchover(ctx, "")
	var refused *ha.RefusedError
	switch {
	case err == nil:
		s.story.say("admin", "switchover: %s is primary in term %d", answer.Primary, answer.Term)
	case errors.As(err, &refused):
		s.story.say("admin", "switchover refused: %v", err)
	default:
		s.story.say("admin", "switchover: %v", err)
	}
}
