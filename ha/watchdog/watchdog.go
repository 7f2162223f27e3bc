// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// DefaultPath is the device that New takes when it is told none.
const DefaultPath = "/dev/watchdog"

var (
	// ErrUnsupported: this system has no watchdog that the package knows.
	ErrUnsupported = errors.New("watchdog: not supported on this system")
	// ErrTooShort: the device cannot fire as soon as it would have to.
	ErrTooShort = errors.New("watchdog: device cannot be set to so short a time")
	// ErrNotArmed: Feed without Arm.
	ErrNotArmed = errors.New("watchdog: not armed")
	// ErrClosed: the device was closed.
	ErrClosed = errors.New("watchdog: closed")
)

// Config says which device is used.
type Config struct {
	// Path is the device file; empty is DefaultPath, the system's first.
	Path string
}

// Device is a watchdog; it implements ha.Watchdog. Nothing is opened, and so
// nothing armed, before Arm. Its methods may be called from any goroutine, one
// at a time takes effect.
type Device struct {
	path string
	sys  string // folder that describes the device; empty for none
	open func(path string) (handle, error)

	mu      sync.Mutex
	h       handle        // nil: not open
	span    time.Duration // what it is set to
	closed  bool
	stop    chan struct{} // ends the feeding on; nil: nobody does
	stopped sync.WaitGroup
}

// handle is an open device.
type handle interface {
	SetTimeout(seconds int) error
	Timeout() (seconds int, err error)
	KeepAlive() error
	Write(p []byte) (int, error)
	Close() error
}

// New returns the device of cfg, not armed. The error is [ErrUnsupported], or
// says that the path cannot be a device's.
func New(cfg Config) (*Device, error) {
	path := cmp.Or(cfg.Path, DefaultPath)
	if !supported {
		return nil, fmt.Errorf("watchdog: use %s: %w", path, ErrUnsupported)
	}
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("watchdog: use %q: want an absolute path such as %s", path, DefaultPath)
	}
	name := filepath.Base(path)
	if name == "watchdog" {
		name = "watchdog0" // the kernel's other name of the first
	}
	return &Device{path: path, sys: filepath.Join("/sys/class/watchdog", name), open: openDevice}, nil
}

// Arm opens the device, sets it to the whole seconds that within has, feeds it,
// and returns what it is set to. [ErrTooShort] when the device's shortest time
// is above within; the error of the system when it cannot be opened, most often
// because another process has it (EBUSY). After an error it is disarmed.
func (d *Device) Arm(ctx context.Context, within time.Duration) (time.Duration, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return 0, ErrClosed
	}
	seconds := int(within / time.Second)
	if seconds < 1 {
		return 0, fmt.Errorf("watchdog: arm %s: within %v: %w", d.path, within, ErrTooShort)
	}
	if err := inTime(ctx); err != nil {
		return 0, fmt.Errorf("watchdog: arm %s: %w", d.path, err)
	}
	d.endFeeding()
	if d.h == nil {
		h, err := d.open(d.path)
		if err != nil {
			return 0, fmt.Errorf("watchdog: arm: %w", err)
		}
		d.h = h
	}
	span, err := d.set(seconds)
	if err == nil {
		err = inTime(ctx) // nobody waits for the answer any more
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("watchdog: arm %s: %w", d.path, err), d.disarm())
	}
	return span, nil
}

// set makes the device fire after so many seconds, or sooner.
func (d *Device) set(seconds int) (time.Duration, error) {
	serr := d.h.SetTimeout(seconds) // not all can; what counts is what they say then
	got, err := d.h.Timeout()
	if err != nil {
		return 0, errors.Join(serr, err)
	}
	d.span = time.Duration(got) * time.Second
	if got < 1 || got > seconds {
		return 0, errors.Join(fmt.Errorf("it is set to %d s, and %d s were wanted: %w", got, seconds, ErrTooShort), serr)
	}
	return d.span, d.h.KeepAlive()
}

// Feed lets the device wait for its time once more, unless the deadline of ctx
// has passed.
func (d *Device) Feed(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return ErrClosed
	case d.h == nil || d.stop != nil:
		return ErrNotArmed
	}
	if err := inTime(ctx); err != nil {
		return fmt.Errorf("watchdog: feed %s: %w", d.path, err)
	}
	if err := d.h.KeepAlive(); err != nil {
		return fmt.Errorf("watchdog: feed %s: %w", d.path, err)
	}
	return nil
}

// inTime looks at the clock: the timer behind ctx may not have run yet in a
// process that was frozen.
func inTime(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	return nil
}

// Disarm stops the device, also one that an earlier run of the program has left
// running. One that cannot be stopped is fed on, see the package comment.
func (d *Device) Disarm(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return ErrClosed
	case d.stop != nil:
		return nil // fed on already
	case d.h == nil && !d.active():
		return nil // opening it would arm it
	}
	if err := inTime(ctx); err != nil {
		return fmt.Errorf("watchdog: disarm %s: %w", d.path, err)
	}
	if err := d.disarm(); err != nil {
		return fmt.Errorf("watchdog: disarm %s: %w", d.path, err)
	}
	return nil
}

// disarm closes the device in the way that says it shall stop, and feeds it on
// if it does not.
func (d *Device) disarm() error {
	if d.h == nil {
		h, err := d.open(d.path)
		if err != nil {
			return err
		}
		d.h = h
	}
	if d.describes("nowayout") == "1" {
		return d.feedOn()
	}
	if _, err := d.h.Write([]byte("V")); err != nil { // "magic close": else closing lets it run
		return err
	}
	err := d.h.Close()
	d.h = nil
	if err == nil && d.active() { // it has no way out, and does not say so
		if d.h, err = d.open(d.path); err == nil {
			err = d.feedOn()
		}
	}
	return err
}

// feedOn feeds the open device until endFeeding.
func (d *Device) feedOn() error {
	seconds, err := d.h.Timeout()
	if err == nil {
		err = d.h.KeepAlive()
	}
	if err != nil {
		return err
	}
	h, stop := d.h, make(chan struct{})
	d.stop = stop
	d.stopped.Go(func() {
		tick := time.NewTicker(max(time.Duration(seconds)*time.Second/3, 100*time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				_ = h.KeepAlive() // tried again soon; a device that is broken cannot be helped
			}
		}
	})
	return nil
}

// endFeeding ends what feedOn began, and leaves the device open.
func (d *Device) endFeeding() {
	if d.stop != nil {
		close(d.stop)
		d.stopped.Wait()
		d.stop = nil
	}
}

// Close gives the device up for good. One that is armed, or cannot be stopped,
// resets the machine within its time: disarm it before.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.endFeeding()
	d.closed = true
	if d.h == nil {
		return nil
	}
	err := d.h.Close()
	d.h = nil
	return err
}

// Info is what the system says of a device without opening it.
type Info struct {
	Identity string `json:"identity,omitempty"` // of the driver, such as "Software Watchdog"
	Active   bool   `json:"active"`             // it counts now
	NoWayOut bool   `json:"noWayOut"`           // it cannot be stopped once it counts
}

// Info asks the system (sysfs) for the device. An error that wraps
// os.ErrNotExist: there is no such device, or the kernel does not describe it.
func (d *Device) Info() (Info, error) {
	if _, err := os.Stat(d.sys); err != nil {
		return Info{}, fmt.Errorf("watchdog: describe %s: %w", d.path, err)
	}
	return Info{Identity: d.describes("identity"), Active: d.active(), NoWayOut: d.describes("nowayout") == "1"}, nil
}

func (d *Device) active() bool { return d.describes("state") == "active" }

// describes reads an attribute; empty when the kernel has none.
func (d *Device) describes(attribute string) string {
	text, err := os.ReadFile(filepath.Join(d.sys, attribute))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
