// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// switchOff is a fencing device that all members share.
type switchOff struct {
	mu    sync.Mutex
	calls []string
	fails func(ctx context.Context, info ha.FenceInfo) error
}

func (s *switchOff) install(c *ha.Config) { c.Fencer = s }

func (s *switchOff) require(l ha.FenceLevel) func(*ha.Config) {
	return func(c *ha.Config) { c.Settings.Fencing = l }
}

func (s *switchOff) Level() ha.FenceLevel { return ha.FenceDevice }

func (s *switchOff) Fence(ctx context.Context, i ha.FenceInfo) error {
	s.mu.Lock()
	s.calls = append(s.calls, fmt.Sprintf("%s fences %s at %s in term %s", i.Member, i.Old, i.Address, i.Term))
	fails := s.fails
	s.mu.Unlock()
	if fails != nil {
		return fails(ctx, i)
	}
	return nil
}

func (s *switchOff) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *switchOff) fail(f func(context.Context, ha.FenceInfo) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = f
}

func (l *lab) newPrimary(than ha.MemberID) ha.Reign {
	l.Helper()
	l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != than && s.Reign.Promoted })
	return l.status().Reign
}

// TestFencer is called before a failover, with the old primary's name and
// address, not before a hand-over; the verdict is on record.
func TestFencer(t *testing.T) {
	inLab(t, func(l *lab) {
		var off switchOff
		first := l.healthy(3, off.install, off.require(ha.FenceDevice))
		if f := l.status().Reign.Fenced; f != ha.FenceStopped {
			t.Errorf("first primary: %v", f)
		}
		old := l.other(first)
		if _, err := l.admin.Switchover(l.Context(), old); err != nil {
			t.Fatal(err)
		}
		l.settled(3)
		if calls := off.said(); len(calls) != 0 || l.status().Reign.Fenced != ha.FenceStopped {
			t.Errorf("a hand-over: %q, %+v", calls, l.status().Reign)
		}
		l.crash(old)
		r := l.newPrimary(old)
		want := fmt.Sprintf("%s fences %s at %s in term 3", r.Holder, old, l.servers.Server(old).Address())
		if calls := off.said(); len(calls) != 1 || calls[0] != want {
			t.Errorf("got %q, want %q", calls, want)
		}
		if r.Fenced != ha.FenceDevice || len(r.ToFence) != 0 {
			t.Errorf("on record: %+v", r)
		}
		if h, err := l.admin.History(l.Context()); err != nil || h[len(h)-1].Fenced != ha.FenceDevice {
			t.Errorf("history: %+v, %v", h, err)
		}
	})
}

// TestFencerThatFails: nobody is promoted, whoever tries, until it works; a
// failed attempt does not make the next one forget whom to fence.
func TestFencerThatFails(t *testing.T) {
	for name, fail := range map[string]func(context.Context, ha.FenceInfo) error{
		"error": func(context.Context, ha.FenceInfo) error { return errors.New("no route to the switch") },
		"panic": func(context.Context, ha.FenceInfo) error { panic("no route to the switch") },
		"hangs": func(ctx context.Context, _ ha.FenceInfo) error { <-ctx.Done(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				var off switchOff
				old := l.healthy(3, off.install, off.require(ha.FenceDevice), func(c *ha.Config) { c.Settings.SwitchoverLimit = 2 * time.Second })
				off.fail(fail)
				l.crash(old)
				l.pass(90 * time.Second)
				if s := l.status(); s.Writable {
					t.Fatalf("promoted: %+v", s.Reign)
				}
				tried := map[string]bool{}
				for _, c := range off.said() {
					who, whom, _ := strings.Cut(c, " fences ")
					tried[who] = true
					if !strings.HasPrefix(whom, string(old)) {
						t.Errorf("%s", c)
					}
				}
				if len(tried) != 2 {
					t.Errorf("tried by %v, want both standbys", tried)
				}
				off.fail(nil)
				if r := l.newPrimary(old); r.Fenced != ha.FenceDevice {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}

// TestFencingNotRequired: a device that fails does not stand in the way, and
// the record says what was known instead.
func TestFencingNotRequired(t *testing.T) {
	inLab(t, func(l *lab) {
		var off switchOff
		old := l.healthy(3, off.install)
		off.fail(func(context.Context, ha.FenceInfo) error { return errors.New("no route to the switch") })
		l.crash(old)
		if r := l.newPrimary(old); r.Fenced != ha.FenceLease || !slices.Equal(r.ToFence, []ha.MemberID{old}) {
			t.Errorf("%+v", r)
		}
	})
}

// TestFencingLevels that need no device.
func TestFencingLevels(t *testing.T) {
	quorum := func(c *ha.Config) { c.Settings.Durability = ha.Durability{K: 1, Quorum: true} }
	cases := map[string]struct {
		prepare func(*lab) func(*ha.Config)
		want    ha.FenceLevel
	}{
		"lease":      {func(*lab) func(*ha.Config) { return func(*ha.Config) {} }, ha.FenceLease},
		"locked out": {func(*lab) func(*ha.Config) { return quorum }, ha.FenceLockedOut},
		"watchdog": {func(l *lab) func(*ha.Config) {
			_, give := kennel(l, ha.WatchdogRequired)
			return give
		}, ha.FenceWatchdog},
	}
	for name, c := range cases {
		for _, more := range []ha.FenceLevel{0, 1} {
			t.Run(fmt.Sprintf("%s, %d more required", name, more), func(t *testing.T) {
				inLab(t, func(l *lab) {
					old := l.healthy(3, c.prepare(l))
					required := c.want
					if more > 0 {
						required = ha.FenceStopped
					}
					if err := l.admin.SetConfig(l.Context(), func(s *ha.Settings) { s.Fencing = required }); err != nil {
						t.Fatal(err)
					}
					l.pass(5 * time.Second)
					l.crash(old)
					if more == 0 {
						if r := l.newPrimary(old); r.Fenced != c.want {
							t.Errorf("%+v", r)
						}
						return
					}
					l.pass(time.Minute)
					if s := l.status(); s.Writable || s.Reign.Holder != old {
						t.Errorf("promoted below the level: %+v", s.Reign)
					}
					said := false
					for _, n := range l.nodes {
						said = said || strings.Contains(n.Status().Problem, "fencing level stopped is required, and "+c.want.String())
					}
					if !said {
						t.Errorf("no node says why: %s", l.picture())
					}
				})
			})
		}
	}
}

func TestFencingConfig(t *testing.T) {
	for want, c := range map[string]ha.Config{
		"Fencing device: Fencer is missing":        {Settings: ha.Settings{Fencing: ha.FenceDevice}},
		"Fencing locked out: needs":                {Settings: ha.Settings{Fencing: ha.FenceLockedOut}},
		"Fencing watchdog: a watchdog fences":      {Settings: ha.Settings{Fencing: ha.FenceWatchdog, Durability: ha.Durability{K: 1, Quorum: true}}},
		"Fencing 9: no such level":                 {Settings: ha.Settings{Fencing: 9}},
		"Fencer: its level is lease, want storage": {Fencer: weakFencer{}},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
	s := ha.Settings{Fencing: ha.FenceDevice}
	text, err := s.MarshalJSON()
	var back ha.Settings
	if err != nil || string(text) != `{"fencing":"device"}` || back.UnmarshalJSON(text) != nil || back.Fencing != ha.FenceDevice {
		t.Errorf("%s, %v, %+v", text, err, back)
	}
}

type weakFencer struct{}

func (weakFencer) Level() ha.FenceLevel                      { return ha.FenceLease }
func (weakFencer) Fence(context.Context, ha.FenceInfo) error { return nil }
