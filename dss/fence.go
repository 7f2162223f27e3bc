// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package dss

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// ErrNotFenced is matched by every [FenceError]: it is not proven that the
// instance cannot write any more.
var ErrNotFenced = errors.New("dss: not proven to be fenced")

// DefaultFenceInterval is the pause between two attempts of [Cmd.Fence].
const DefaultFenceInterval = 500 * time.Millisecond

// FenceOptions are for [Cmd.Fence]. The zero value is what one should use.
type FenceOptions struct {
	Interval time.Duration // pause between attempts; 0 is DefaultFenceInterval
	// EntryVolumesOnly accepts the answer of inq_reg alone, as CM does: it is
	// about the entry volumes, and not about whether a reservation is held. It is
	// for volumes where "inq -t reg" does not work (DISK_TYPE=VTABLE).
	EntryVolumesOnly bool
}

// Fenced says why an instance is known to be fenced.
type Fenced struct {
	Victim       int
	Attempts     int
	Elapsed      time.Duration
	Registration Registration
	Volumes      []Reservation // every volume; nil with EntryVolumesOnly
}

// FenceError says what is known of an instance that could not be proven to be
// fenced: what the last attempt saw that was not cut off. The instance may be
// fenced nevertheless, wholly or at some volumes.
type FenceError struct {
	Victim   int
	Attempts int
	Elapsed  time.Duration
	// Kicked: a kickh ended without error, which proves nothing.
	Kicked       bool
	KickErr      error         // of the last kickh
	Registration *Registration // the last answer of inq_reg; nil when there was none
	RegErr       error         // of the last inq_reg
	Volumes      []Reservation // the last answer of "inq -t reg"; nil when there was none
	VolumesErr   error         // of the last "inq -t reg"
	Reason       string        // what is missing for a proof
	Err          error         // why there was no further attempt: the context's error, or one that will not heal
}

// Error says what is missing, and the errors behind it.
func (e *FenceError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: instance %d, after %d attempts in %s: %s", ErrNotFenced, e.Victim, e.Attempts, e.Elapsed.Round(time.Millisecond), e.Reason)
	for _, err := range e.Unwrap() {
		b.WriteString("; " + strings.TrimPrefix(err.Error(), "dss: "))
	}
	return b.String()
}

// Is makes every FenceError match [ErrNotFenced].
func (e *FenceError) Is(target error) bool { return target == ErrNotFenced }

// Unwrap gives the errors behind it.
func (e *FenceError) Unwrap() []error {
	return slices.DeleteFunc([]error{e.KickErr, e.RegErr, e.VolumesErr, e.Err}, func(err error) bool { return err == nil })
}

// Fence takes another instance's right to write away and proves it: kickh, then
// seen by inq_reg to be registered at no entry volume, then seen by
// "inq -t reg" that no volume at all has its key and that every volume has a
// reservation, held by somebody else. A reservation is what keeps out those who
// are not registered: without one, an instance without a key can write.
//
// It tries again until all of that is seen in one attempt, or ctx ends, or an
// error shows that it never will; give ctx a deadline. The error then is a
// [*FenceError].
//
// What it proves holds at that moment. Whoever runs reghl on the victim's host
// undoes it: dss_contrl.sh does when it starts a server. So keep membership
// from coming back before the victim has been cleaned. Plain files as volumes
// have no reservations and cannot be fenced.
func (c Cmd) Fence(ctx context.Context, victim int, opts FenceOptions) (Fenced, error) {
	f := fencing{cmd: c, opts: opts, start: time.Now(), err: FenceError{Victim: victim}}
	if err := f.possible(); err != nil {
		f.err.Reason = "nothing was done"
		return Fenced{}, f.fail(err)
	}
	interval := opts.Interval
	if interval <= 0 {
		interval = DefaultFenceInterval
	}
	pause := time.NewTimer(interval)
	defer pause.Stop()
	for {
		before := f.err
		if f.attempt(ctx) {
			return Fenced{victim, f.err.Attempts, time.Since(f.start), *f.err.Registration, f.err.Volumes}, nil
		}
		if ctx.Err() != nil && before.Attempts > 0 {
			// This attempt was cut off: what the one before it saw tells more.
			before.Attempts, before.Kicked = f.err.Attempts, f.err.Kicked
			f.err = before
			return Fenced{}, f.fail(context.Cause(ctx))
		}
		if err := f.hopeless(); err != nil {
			return Fenced{}, f.fail(err)
		}
		pause.Reset(interval)
		select {
		case <-ctx.Done():
			return Fenced{}, f.fail(context.Cause(ctx))
		case <-pause.C:
		}
	}
}

type fencing struct {
	cmd   Cmd
	opts  FenceOptions
	start time.Time
	self  int        // -1 when it is not known
	err   FenceError // what is known so far
}

// possible refuses what kickh would, and what Go could not start.
func (f *fencing) possible() error {
	if err := f.cmd.Validate(); err != nil {
		return err
	}
	if _, err := instanceArg("fence", f.err.Victim); err != nil {
		return err
	}
	inst, err := OpenInst(InstPath(f.cmd.Home))
	if err != nil {
		return err
	}
	if f.self, err = inst.InstanceID(); err != nil {
		return err
	}
	if f.self == f.err.Victim {
		return NewError("fence", "instance "+itoa(f.self), CodeFence, "an instance cannot fence itself")
	}
	return nil
}

func (f *fencing) fail(err error) error {
	f.err.Err, f.err.Elapsed = err, time.Since(f.start)
	if f.err.KickErr == err { // say it once
		f.err.Err = nil
	}
	return &f.err
}

// attempt kicks once and looks. It reports whether the proof is complete, and
// otherwise leaves in f.err what is missing.
func (f *fencing) attempt(ctx context.Context) bool {
	e := &f.err
	e.Attempts++
	e.Registration, e.RegErr, e.Volumes, e.VolumesErr = nil, nil, nil, nil
	if e.KickErr = f.cmd.Kick(ctx, e.Victim); e.KickErr == nil {
		e.Kicked = true
	} else if e.Reason == "" {
		e.Reason = "kickh failed"
	}
	reg, err := f.cmd.Registration(ctx, e.Victim)
	if err != nil {
		e.RegErr, e.Reason = err, "its registration is not known"
		return false
	}
	e.Registration = &reg
	if e.Reason = unproven(reg, e.Victim, f.self); e.Reason != "" {
		return false
	}
	if !f.opts.EntryVolumesOnly {
		if e.Volumes, e.VolumesErr = f.cmd.Reservations(ctx); e.VolumesErr != nil {
			e.Reason = "it is registered at no entry volume, the other volumes are not known"
			return false
		}
		if e.Reason = unfenced(e.Volumes, e.Victim, f.self); e.Reason != "" {
			return false
		}
	}
	if e.KickErr != nil {
		e.Reason = "it is registered nowhere, but kickh failed, which also clears its locks"
		return false
	}
	return true
}

// hopeless gives an error that another attempt cannot mend.
func (f *fencing) hopeless() error {
	for _, err := range []error{f.err.KickErr, f.err.RegErr, f.err.VolumesErr} {
		var failed *CommandError
		started := errors.As(err, &failed) && (failed.ExitCode >= 0 || failed.Signal != "")
		switch {
		case errors.Is(err, ErrNoHelper):
			return err
		case err != nil && !started && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)):
			return err
		}
	}
	return nil
}

// unproven says why an answer of inq_reg is no proof, "" when it is.
func unproven(reg Registration, victim, self int) string {
	switch {
	case reg.State != RegNone:
		return "it is " + reg.State.String()
	case reg.Keys != nil && len(reg.Keys) == 0:
		return "no key at all is seen at the entry volumes, not even this host's"
	case slices.Contains(reg.Keys, victim):
		return "its key is still seen at an entry volume"
	case reg.Keys != nil && !slices.Contains(reg.Keys, self):
		return "this host's key is not seen at the entry volumes, so that its kickh does nothing"
	}
	return ""
}

// unfenced says at which volumes the victim could still write, "" when at none.
// self must be registered everywhere: what it cannot see it cannot vouch for.
func unfenced(volumes []Reservation, victim, self int) string {
	if len(volumes) == 0 {
		return "no volume is seen"
	}
	var open []string
	for _, v := range volumes {
		switch {
		case slices.Contains(v.Keys, int64(victim)):
			open = append(open, v.Device+" has its key")
		case v.Holder == int64(victim):
			open = append(open, v.Device+" is reserved by it")
		case v.Holder < 0:
			open = append(open, v.Device+" has no reservation")
		case !slices.Contains(v.Keys, int64(self)):
			open = append(open, v.Device+" does not have this host's key")
		}
	}
	return strings.Join(open, ", ")
}
