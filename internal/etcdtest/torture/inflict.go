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
func (s *stage) victim(f fault) *member {
	st := s.status.get()
	i := slices.IndexFunc(s.members, func(m *member) bool { return m.name() == st.Primary })
	switch {
	case i < 0:
		return s.members[f.member]
	case f.primary:
		return s.members[i]
	}
	return s.members[(i+1+f.member%2)%len(s.members)]
}

// inflict does a fault and undoes it, also when ctx ends meanwhile.
func (s *stage) inflict(ctx context.Context, f fault) error {
	m := s.victim(f)
	self := party(m.name())
	other := others(m.name())[f.other]
	what := fmt.Sprintf("%s %s", f.kind, m.name())
	parts := []string{string(self)}
	switch f.kind {
	case breakLink:
		parts = []string{linkName(self, other)}
		a, b := self, other
		if f.reverse {
			a, b = b, a
		}
		what = fmt.Sprintf("%s: %s to %s", troubleNames[f.trouble], a, b)
	case isolate, vanish:
		if f.kind == isolate {
			parts = nil
		}
		for _, o := range others(m.name()) {
			parts = append(parts, linkName(self, o))
		}
	case stopEtcd:
		parts, what = nil, "stop etcd"
		for _, o := range s.etcdClients() {
			parts = append(parts, linkName(o, partyEtcd))
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
	wait(ctx, f.hold)
	s.story.say("fault", "end of: %s", what)
	if err := undo(); err != nil {
		return fmt.Errorf("end of %s: %w", what, err)
	}
	return nil
}

// begin does a fault and returns what undoes it, if anything has to.
func (s *stage) begin(ctx context.Context, f fault, m *member, self, other party, what string) (undo func() error, err error) {
	if f.kind != switchover && f.kind != killServer && f.kind != restart {
		s.story.say("fault", "%s for %s", what, round(f.hold))
	} else {
		s.story.say("fault", "%s", what)
	}
	switch f.kind {
	case killServer:
		if f.gentle {
			return nil, m.server.killPostmaster()
		}
		return nil, m.server.kill()
	case killManager:
		return m.start, m.killManager()
	case killBoth:
		return m.start, errors.Join(m.killManager(), m.server.kill())
	case freezeServer:
		return m.server.thaw, m.server.freeze()
	case freezeManager:
		return m.freezeManager()
	case freezeBoth:
		thaw, err := m.freezeManager()
		if err != nil {
			return nil, err
		}
		return func() error { return errors.Join(m.server.thaw(), thaw()) }, m.server.freeze()
	case breakLink:
		return s.breakLink(f, m, self, other), nil
	case isolate:
		return s.isolate(m), nil
	case vanish:
		healed := s.isolate(m)
		err := errors.Join(m.killManager(), m.server.kill())
		return func() error { return errors.Join(healed(), m.start()) }, err
	case stopEtcd:
		return s.stopEtcd(), nil
	case switchover:
		s.switchOver(ctx)
		return nil, nil
	default: // restart
		limited, cancel := context.WithTimeout(ctx, stopLimit)
		defer cancel()
		return nil, errors.Join(m.stop(limited), m.start())
	}
}

func (s *stage) breakLink(f fault, m *member, self, other party) (heal func() error) {
	hears := func() {}
	if other == partyEtcd {
		hears = s.duties.isDeaf(m.name())
	}
	a, b := self, other
	if f.reverse {
		a, b = b, a
	}
	s.net.impair(a, b, f.trouble)
	return func() error {
		s.net.heal(self, other)
		hears()
		return nil
	}
}

func (s *stage) isolate(m *member) (heal func() error) {
	hears := s.duties.isDeaf(m.name())
	for _, o := range others(m.name()) {
		s.net.impair(party(m.name()), o, troubleSilent)
	}
	return func() error {
		for _, o := range others(m.name()) {
			s.net.heal(party(m.name()), o)
		}
		hears()
		return nil
	}
}

// etcdClients are the parties that connect to etcd.
func (s *stage) etcdClients() []party {
	all := []party{partyOps}
	for _, m := range s.members {
		all = append(all, party(m.name()))
	}
	return all
}

// stopEtcd stops the store; what is returned starts it with what it had. Its
// connections are cut first: an orderly end would wait for them.
func (s *stage) stopEtcd() (start func() error) {
	var hears []func()
	for _, m := range s.members {
		hears = append(hears, s.duties.isDeaf(m.name()))
	}
	for _, o := range s.etcdClients() {
		s.net.impair(o, partyEtcd, troubleCut)
	}
	s.etcd.Stop()
	return func() error {
		// Its port may be taken for a moment by somebody's connection.
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err := s.etcd.Restart(ctx)
		for err != nil && ctx.Err() == nil {
			wait(ctx, 100*time.Millisecond)
			err = s.etcd.Restart(ctx)
		}
		for _, o := range s.etcdClients() {
			s.net.heal(o, partyEtcd)
		}
		for _, h := range hears {
			h()
		}
		return err
	}
}

// switchOver asks for a switchover to whoever is best. It may be refused.
func (s *stage) switchOver(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	answer, err := s.admin.Switchover(ctx, "")
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
