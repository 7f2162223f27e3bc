// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/watchdog"
)

var _ ha.Watchdog = (*watchdog.Device)(nil)

// dog is a driver: what is written goes to a file, as it would to the device,
// the requests are counted.
type dog struct {
	dir string

	mu       sync.Mutex
	opened   int
	open     bool
	timeout  int
	least    int // shortest time that it can be set to
	fed      int
	noWayOut bool
	silent   bool // and it does not say so
	fails    error
}

// handle is one opening of the file.
type handle struct {
	*dog
	*os.File
}

func newDog(t *testing.T) (*dog, *watchdog.Device) {
	t.Helper()
	d := &dog{dir: t.TempDir(), timeout: 60, least: 1}
	d.say("inactive")
	return d, watchdog.NewFake("/dev/fake", d.dir, d.openFile)
}

func (d *dog) say(state string) {
	nowayout := "0"
	if d.noWayOut && !d.silent {
		nowayout = "1"
	}
	for name, value := range map[string]string{"state": state, "nowayout": nowayout, "identity": "Fake"} {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(value+"\n"), 0o644); err != nil {
			panic(err)
		}
	}
}

func (d *dog) openFile(string) (watchdog.Handle, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open {
		return nil, errors.New("device or resource busy")
	}
	f, err := os.Create(filepath.Join(d.dir, "device"))
	if err != nil {
		return nil, err
	}
	d.opened++
	d.open = true
	d.say("active")
	return &handle{d, f}, nil
}

func (h *handle) SetTimeout(seconds int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seconds < h.least {
		return errors.New("invalid argument")
	}
	h.timeout = seconds
	return h.fails
}

func (h *handle) Timeout() (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.timeout, nil
}

func (h *handle) KeepAlive() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fed++
	return h.fails
}

func (h *handle) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open = false
	text, err := os.ReadFile(h.Name())
	if err != nil {
		return err
	}
	if strings.HasSuffix(string(text), "V") && !h.noWayOut {
		h.say("inactive")
	}
	return h.File.Close()
}

func (d *dog) state(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func TestArmFeedDisarm(t *testing.T) {
	d, dev := newDog(t)
	ctx := t.Context()
	if err := dev.Feed(ctx); !errors.Is(err, watchdog.ErrNotArmed) {
		t.Errorf("fed before it was armed: %v", err)
	}
	if err := dev.Disarm(ctx); err != nil || d.opened != 0 {
		t.Errorf("disarming what is not armed: %v, opened %d times: opening arms it", err, d.opened)
	}
	span, err := dev.Arm(ctx, 2375*time.Millisecond)
	if err != nil || span != 2*time.Second || d.timeout != 2 || d.fed != 1 || d.state(t) != "active" {
		t.Fatalf("armed: %v, %v; set to %d, fed %d times, %s", span, err, d.timeout, d.fed, d.state(t))
	}
	if err := dev.Feed(ctx); err != nil || d.fed != 2 {
		t.Errorf("fed: %v, %d times", err, d.fed)
	}
	if span, err := dev.Arm(ctx, 5*time.Second); err != nil || span != 5*time.Second || d.opened != 1 {
		t.Errorf("armed anew: %v, %v, opened %d times", span, err, d.opened)
	}
	if err := dev.Disarm(ctx); err != nil || d.open || d.state(t) != "inactive" {
		t.Errorf("disarmed: %v; open %v, %s", err, d.open, d.state(t))
	}
	if info, err := dev.Info(); err != nil || info != (watchdog.Info{Identity: "Fake"}) {
		t.Errorf("info: %+v, %v", info, err)
	}
}

// TestFeedTooLate: a feeding after its deadline would let the device fire
// after the lease. The clock counts, not whether a timer has run.
func TestFeedTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, dev := newDog(t)
		if _, err := dev.Arm(t.Context(), 2*time.Second); err != nil {
			t.Fatal(err)
		}
		end, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Second))
		defer cancel()
		if err := dev.Feed(end); err != nil {
			t.Error(err)
		}
		frozen := stale{end} // as in a process that was stopped: Err does not know yet
		<-time.After(time.Second)
		fed := d.fed
		for _, ctx := range []context.Context{end, frozen} {
			if err := dev.Feed(ctx); !errors.Is(err, context.DeadlineExceeded) || d.fed != fed {
				t.Errorf("fed too late: %v, %d times more", err, d.fed-fed)
			}
		}
	})
}

type stale struct{ context.Context }

func (stale) Err() error { return nil }

// TestArmThatFails leaves the device stopped.
func TestArmThatFails(t *testing.T) {
	cases := map[string]struct {
		within time.Duration
		set    func(*dog)
		want   string
	}{
		"below a second":   {999 * time.Millisecond, func(*dog) {}, "so short"},
		"device is slower": {2 * time.Second, func(d *dog) { d.least = 10 }, "set to 60 s, and 2 s were wanted"},
		"cannot be fed":    {2 * time.Second, func(d *dog) { d.fails = errors.New("input/output error") }, "input/output"},
		"busy":             {2 * time.Second, func(d *dog) { d.open = true }, "busy"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d, dev := newDog(t)
			c.set(d)
			_, err := dev.Arm(t.Context(), c.within)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want ...%s...", err, c.want)
			}
			if d.state(t) != "inactive" {
				t.Error("it counts")
			}
		})
	}
}

// TestLeftByAnEarlierRun: a program that died has left its device counting.
func TestLeftByAnEarlierRun(t *testing.T) {
	d, dev := newDog(t)
	d.say("active")
	if err := dev.Disarm(t.Context()); err != nil || d.state(t) != "inactive" || d.opened != 1 {
		t.Errorf("disarmed: %v, %s, opened %d times", err, d.state(t), d.opened)
	}
}

// TestNoWayOut: a device that cannot be stopped is fed on, until it is armed
// again or given up.
func TestNoWayOut(t *testing.T) {
	for name, silent := range map[string]bool{"said": false, "not said": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, dev := newDog(t)
				d.noWayOut, d.silent = true, silent
				if _, err := dev.Arm(t.Context(), 3*time.Second); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if err := dev.Disarm(t.Context()); err != nil || d.state(t) != "active" {
						t.Fatal(err, d.state(t))
					}
				}
				fed := func() int {
					d.mu.Lock()
					defer d.mu.Unlock()
					return d.fed
				}
				before := fed()
				<-time.After(9500 * time.Millisecond)
				if n := fed() - before; n != 9 {
					t.Errorf("fed %d times in 9.5 s", n)
				}
				if err := dev.Feed(t.Context()); !errors.Is(err, watchdog.ErrNotArmed) {
					t.Error(err)
				}
				if _, err := dev.Arm(t.Context(), 3*time.Second); err != nil {
					t.Fatal(err)
				}
				before = fed()
				<-time.After(2 * time.Second)
				if fed() != before {
					t.Error("somebody else feeds an armed device")
				}
				if err := dev.Close(); err != nil || d.open {
					t.Error(err, d.open)
				}
				if err := dev.Feed(t.Context()); !errors.Is(err, watchdog.ErrClosed) {
					t.Error(err)
				}
			})
		})
	}
}

func TestNew(t *testing.T) {
	dev, err := watchdog.New(watchdog.Config{})
	if !watchdog.Supported {
		if !errors.Is(err, watchdog.ErrUnsupported) {
			t.Error(err)
		}
		return
	}
	if err != nil || dev == nil {
		t.Fatal(err)
	}
	if _, err := watchdog.New(watchdog.Config{Path: "watchdog"}); err == nil || !strings.Contains(err.Error(), "absolute") {
		t.Error(err)
	}
}

// TestPlainFile: the real requests on something that is no device fail, and
// say so; the file is what "magic close" was written to.
func TestPlainFile(t *testing.T) {
	if !watchdog.Supported {
		t.Skip("no devices on this system")
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	dev := watchdog.NewFake(path, "", watchdog.OpenDevice)
	if _, err := dev.Arm(t.Context(), 2*time.Second); err == nil || !strings.Contains(err.Error(), "ioctl") {
		t.Errorf("armed a plain file: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "V" {
		t.Errorf("%q, %v", text, err)
	}
	missing := watchdog.NewFake(path+"x", "", watchdog.OpenDevice)
	if _, err := missing.Arm(t.Context(), 2*time.Second); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
