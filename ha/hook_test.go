// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// asking gives each member a hook and notes what it is asked.
type asking struct {
	mu    sync.Mutex
	asked []ha.HookInfo
	say   func(ctx context.Context, info ha.HookInfo) error
}

func (a *asking) install(c *ha.Config) {
	c.Hook = func(ctx context.Context, info ha.HookInfo) error {
		a.mu.Lock()
		a.asked = append(a.asked, info)
		say := a.say
		a.mu.Unlock()
		if say == nil {
			return nil
		}
		return say(ctx, info)
	}
}

func (a *asking) set(say func(context.Context, ha.HookInfo) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.say, a.asked = say, nil
}

func (a *asking) phases() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var words []string
	for _, i := range a.asked {
		words = append(words, string(i.Member)+" "+i.Phase.String()+" term "+i.Term.String())
	}
	return strings.Join(words, ", ")
}

func TestHookIsAsked(t *testing.T) {
	inLab(t, func(l *lab) {
		var hook asking
		old := l.healthy(3, hook.install)
		hook.set(nil)
		to := l.other(old)
		if _, err := l.admin.Switchover(l.Context(), to); err != nil {
			l.Fatal(err)
		}
		l.settled(3)
		want := string(old) + " switchover term 1, " + string(to) + " promote term 2"
		if got := hook.phases(); got != want {
			l.Errorf("asked: %s\nwant: %s", got, want)
		}
	})
}

// TestVetoedPromotion: another member gets its chance; the one that was vetoed
// comes last.
func TestVetoedPromotion(t *testing.T) {
	for name, veto := range map[string]func(context.Context) error{
		"error": func(context.Context) error { return errors.New("not on my watch") },
		"panic": func(context.Context) error { panic("boom") },
		"hang":  func(ctx context.Context) error { <-ctx.Done(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				var hook asking
				old := l.healthy(3, hook.install, func(c *ha.Config) {
					c.Settings.SwitchoverLimit = 2 * time.Second // also how long a hook may think
				})
				first := l.other(old)
				hook.set(func(ctx context.Context, i ha.HookInfo) error {
					if i.Member == first {
						if err := veto(ctx); err != nil {
							return err
						}
						return ctx.Err()
					}
					return nil
				})
				l.crash(old)
				l.eventually(time.Minute, "the other standby is primary", func() bool {
					s := l.status()
					return s.Writable && s.Primary == l.other(old, first)
				})
				if !strings.Contains(hook.phases(), string(first)+" promote") {
					l.Errorf("the first was never asked: %s", hook.phases())
				}
				l.start(l.config(old))
				l.settled(3)
			})
		})
	}
}

// TestVetoedSwitchover: nothing is changed, and the asker reads the reason.
func TestVetoedSwitchover(t *testing.T) {
	inLab(t, func(l *lab) {
		var hook asking
		primary := l.healthy(3, hook.install)
		hook.set(func(context.Context, ha.HookInfo) error { return errors.New("month-end closing") })
		answer, err := l.admin.Switchover(l.Context(), "")
		if !errors.Is(err, ha.ErrRefused) || answer.Code != ha.AnswerRefused || !strings.Contains(err.Error(), "month-end closing") {
			l.Errorf("%+v, %v", answer, err)
		}
		l.pass(10 * time.Second)
		if s := l.status(); s.Term != 1 || s.Primary != primary || !s.Writable {
			l.Errorf("%+v", s)
		}
		hook.set(nil)
		if _, err := l.admin.Switchover(l.Context(), ""); err != nil {
			l.Errorf("the next one: %v", err)
		}
	})
}

// TestSlowListener: it never delays the node; what it missed is counted.
func TestSlowListener(t *testing.T) {
	inLab(t, func(l *lab) {
		var mu sync.Mutex
		dropped, changes := 0, 0
		block := make(chan struct{})
		primary := l.healthy(2, func(c *ha.Config) {
			c.Events.StateChanged = func(ha.StateChange) {
				<-block
				mu.Lock()
				defer mu.Unlock()
				changes++
			}
			c.Events.Decided = func(ha.Record) { <-block }
			c.Events.Dropped = func(n int) {
				mu.Lock()
				defer mu.Unlock()
				dropped += n
			}
		})
		for range 60 { // more events than fit
			begin := time.Now()
			if _, err := l.admin.Switchover(l.Context(), ""); err != nil {
				l.Fatal(err)
			}
			if took := time.Since(begin); took > 10*time.Second {
				l.Fatalf("a switchover took %v", took)
			}
			primary = l.settled(2)
		}
		l.write(primary, "a")
		close(block)
		if _, err := l.admin.Switchover(l.Context(), ""); err != nil {
			l.Fatal(err)
		}
		l.settled(2)
		mu.Lock()
		defer mu.Unlock()
		if dropped == 0 || changes < 256/8 {
			l.Errorf("dropped %d, delivered %d changes", dropped, changes)
		}
	})
}

// TestEventsTellTheStory: in order, without a gap, and every record replays
// after a round trip through JSON.
func TestEventsTellTheStory(t *testing.T) {
	inLab(t, func(l *lab) {
		var mu sync.Mutex
		last := map[ha.MemberID]ha.State{}
		var records [][]byte
		old := l.healthy(3, func(c *ha.Config) {
			c.Events.StateChanged = func(s ha.StateChange) {
				mu.Lock()
				defer mu.Unlock()
				if last[s.Member] != s.From {
					l.Errorf("%s goes from %v to %v, and was %v", s.Member, s.From, s.To, last[s.Member])
				}
				last[s.Member] = s.To
			}
			c.Events.Decided = func(r ha.Record) {
				mu.Lock()
				defer mu.Unlock()
				text, err := json.Marshal(r)
				if err != nil {
					l.Error(err)
				}
				records = append(records, text)
			}
		})
		if _, err := l.admin.Switchover(l.Context(), ""); err != nil {
			l.Fatal(err)
		}
		l.settled(3)
		l.crash(old)
		l.pass(20 * time.Second)
		for name, n := range l.nodes {
			if name == old {
				continue // its machine is gone: nothing can be brought to an orderly end
			}
			if err := n.Close(l.Context()); err != nil {
				l.Error(err)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		elections := 0
		for _, text := range records {
			var r ha.Record
			if err := json.Unmarshal(text, &r); err != nil {
				l.Fatal(err)
			}
			if err := r.Replay(); err != nil {
				l.Errorf("%v\n%s", err, text)
			}
			if r.Decision.Election != nil {
				elections++
			}
		}
		if len(records) < 20 || elections == 0 {
			l.Errorf("%d records, %d elections", len(records), elections)
		}
		for _, m := range []ha.MemberID{"m1", "m2", "m3"} {
			if m != old && last[m] != ha.StateStopped {
				l.Errorf("%s: last told state is %v", m, last[m])
			}
		}
	})
}
