// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// dog is a watchdog whose bite kills the server and its node.
type dog struct {
	mu       sync.Mutex
	timer    *time.Timer
	span     time.Duration
	bite     func()
	bitten   int
	calls    []string
	fails    string // this call does
	writable func() bool
	wrong    []string
}

func (l *lab) dog(c *ha.Config, mode ha.WatchdogMode) *dog {
	server := l.servers.Server(c.Name)
	name := c.Name
	d := &dog{bite: func() { l.crash(name) }, writable: server.Writable}
	c.Watchdog, c.WatchdogMode = d, mode
	return d
}

func (d *dog) note(call string) error {
	if len(d.calls) == 0 || d.calls[len(d.calls)-1] != call {
		d.calls = append(d.calls, call)
	}
	if d.fails == call {
		return errors.New("no such device")
	}
	return nil
}

func (d *dog) Arm(_ context.Context, within time.Duration) (time.Duration, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.writable() {
		d.wrong = append(d.wrong, "armed when the server was writable already")
	}
	if err := d.note("arm"); err != nil {
		return 0, err
	}
	d.span = within.Truncate(time.Second)
	d.timer = time.AfterFunc(d.span, func() {
		d.mu.Lock()
		d.bitten++
		d.mu.Unlock()
		d.bite()
	})
	return d.span, nil
}

func (d *dog) Feed(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.note("feed"); err != nil {
		return err
	}
	d.timer.Reset(d.span)
	return nil
}

func (d *dog) Disarm(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.writable() {
		d.wrong = append(d.wrong, "disarmed when the server was writable")
	}
	if err := d.note("disarm"); err != nil {
		return err
	}
	if d.timer != nil {
		d.timer.Stop()
	}
	return nil
}

func (d *dog) said() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(append(d.calls, d.wrong...), ", ")
}

func (d *dog) set(fails string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fails = fails
}

func (d *dog) bites() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bitten
}

// kennel gives each member a dog.
func kennel(l *lab, mode ha.WatchdogMode) (map[ha.MemberID]*dog, func(*ha.Config)) {
	dogs := map[ha.MemberID]*dog{}
	return dogs, func(c *ha.Config) { dogs[c.Name] = l.dog(c, mode) }
}

// TestWatchdogOrder: armed before the promotion, fed, disarmed after the stop.
func TestWatchdogOrder(t *testing.T) {
	inLab(t, func(l *lab) {
		dogs, give := kennel(l, ha.WatchdogRequired)
		old := l.healthy(3, give)
		to := l.other(old)
		l.pass(10 * time.Second)
		if s := l.nodes[old].Status(); s.Watchdog != ha.GuardArmed || l.nodes[to].Status().Watchdog != ha.GuardOff {
			t.Errorf("primary: %+v", s)
		}
		if _, err := l.admin.Switchover(l.Context(), to); err != nil {
			t.Fatal(err)
		}
		l.settled(3)
		l.pass(10 * time.Second)
		if got, want := dogs[old].said(), "disarm, arm, feed, disarm"; got != want {
			t.Errorf("old primary: %s, want %s", got, want)
		}
		if got, want := dogs[to].said(), "disarm, arm, feed"; got != want {
			t.Errorf("new primary: %s, want %s", got, want)
		}
		l.eventually(time.Minute, "member status", func() bool {
			guarded := 0
			for _, m := range l.status().Members {
				if m.Status.Guarded {
					guarded++
				}
			}
			return guarded == 1
		})
		if err := l.nodes[to].Close(l.Context()); err != nil {
			t.Error(err)
		}
		if got := dogs[to].said(); !strings.HasSuffix(got, "feed, disarm") {
			t.Errorf("closed: %s", got)
		}
	})
}

// TestWatchdogWithoutStore: the node stops its server before the device fires,
// and disarms it.
func TestWatchdogWithoutStore(t *testing.T) {
	inLab(t, func(l *lab) {
		dogs, give := kennel(l, ha.WatchdogAutomatic)
		old := l.healthy(3, give)
		l.lines[old].cut(true)
		l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != old })
		l.lines[old].cut(false)
		l.settled(3)
		if n := dogs[old].bites(); n != 0 {
			t.Errorf("the machine was reset: %s", dogs[old].said())
		}
	})
}

// TestWatchdogWhenTheStopHangs: the device is the last that can stop a server.
func TestWatchdogWhenTheStopHangs(t *testing.T) {
	inLab(t, func(l *lab) {
		dogs, give := kennel(l, ha.WatchdogAutomatic)
		old := l.healthy(3, give)
		l.engines[old].set(func(ctx context.Context, call string) error {
			if strings.HasPrefix(call, "stop") {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		l.lines[old].cut(true)
		took := l.eventually(time.Minute, "the reset", func() bool { return dogs[old].bites() > 0 })
		if took > ha.DefaultTTL {
			t.Errorf("reset after %v, and the lease lives %v", took, ha.DefaultTTL)
		}
		l.eventually(time.Minute, "another primary", func() bool { s := l.status(); return s.Writable && s.Primary != old })
	})
}

// TestWatchdogCannotBeArmed: required means no promotion, automatic does not.
func TestWatchdogCannotBeArmed(t *testing.T) {
	for _, mode := range []ha.WatchdogMode{ha.WatchdogAutomatic, ha.WatchdogRequired} {
		t.Run(mode.String(), func(t *testing.T) {
			inLab(t, func(l *lab) {
				dogs, give := kennel(l, mode)
				l.members(1, give, func(*ha.Config) { dogs["m1"].set("arm") })
				l.pass(30 * time.Second)
				s := l.nodes["m1"].Status()
				if s.Writable != (mode == ha.WatchdogAutomatic) || !strings.Contains(s.Problem, "watchdog: no such device") {
					t.Errorf("status %+v", s)
				}
				dogs["m1"].set("")
				l.eventually(time.Minute, "an armed primary", func() bool {
					s := l.nodes["m1"].Status()
					return s.Writable && s.Watchdog == ha.GuardArmed && s.Problem == ""
				})
			})
		})
	}
}

func TestWatchdogConfig(t *testing.T) {
	bad := ha.Config{WatchdogMode: ha.WatchdogRequired}
	if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), "WatchdogMode required: Watchdog is missing") {
		t.Error(err)
	}
}
