// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Default values of DiskConfig.
const (
	DefaultSlow        = 500 * time.Millisecond
	DefaultDead        = 5 * time.Second
	DefaultSuspectFree = 10.0
	DefaultDeadFree    = 1.0
	writeSize          = 8 << 10
)

// DiskConfig says which disk is looked at, and what is thought of it.
type DiskConfig struct {
	// Name of the probe, see ha.Probe. Default "disk".
	Name string
	// Dir is a directory on the disk, absolute, that belongs to the program:
	// not the data directory itself, whose files belong to the server. It is
	// made, mode 0700, when it is missing below a directory that exists. One
	// file of 8 KiB is written in it again and again.
	Dir string
	// Slow is the time for writing and fsync from which the disk is suspect,
	// Dead that from which it is dead. Defaults 500 ms and 5 s.
	Slow, Dead time.Duration
	// SuspectFree and DeadFree are the percentages of free space below which
	// the disk is suspect and dead. Defaults 10 and 1; negative for never. What
	// counts is the space that a program without privileges may use.
	SuspectFree, DeadFree float64
}

// ErrDisk is wrapped by the error of a configuration that does not hold
// together.
var ErrDisk = errors.New("probe: invalid disk probe")

// Disk returns a probe that measures the disk under cfg.Dir: dead when writing
// fails, takes too long or hardly any space is left. It has the defaults of
// ha.Probe, a Limit of twice cfg.Dead, and no Uses: set those. Errors wrap
// [ErrDisk] and name what is wrong.
func Disk(cfg DiskConfig) (ha.Probe, error) {
	cfg.Name = cmp.Or(cfg.Name, "disk")
	cfg.Slow, cfg.Dead = cmp.Or(cfg.Slow, DefaultSlow), cmp.Or(cfg.Dead, DefaultDead)
	cfg.SuspectFree, cfg.DeadFree = cmp.Or(cfg.SuspectFree, DefaultSuspectFree), cmp.Or(cfg.DeadFree, DefaultDeadFree)
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(!filepath.IsAbs(cfg.Dir), "Dir %q: want an absolute path", cfg.Dir)
	bad(cfg.Slow < 0, "Slow %v: negative", cfg.Slow)
	bad(cfg.Dead < cfg.Slow, "Dead %v: below Slow %v", cfg.Dead, cfg.Slow)
	bad(cfg.SuspectFree > 100, "SuspectFree %v: above 100 percent", cfg.SuspectFree)
	bad(cfg.DeadFree > cfg.SuspectFree, "DeadFree %v: above SuspectFree %v", cfg.DeadFree, cfg.SuspectFree)
	if errs != nil {
		return ha.Probe{}, fmt.Errorf("%w: %w", ErrDisk, errors.Join(errs...))
	}
	d := disk{cfg: cfg, write: writeFile, space: freeSpace}
	return ha.Probe{Name: cfg.Name, Limit: 2 * cfg.Dead, Check: d.check}, nil
}

// disk is a probe of a disk; what it asks the system for is in two functions.
type disk struct {
	cfg   DiskConfig
	write func(dir string) error
	space func(dir string) (percent float64, ok bool, err error)
}

// check looks once. It cannot be interrupted: a system call that hangs returns
// when it returns, and the node does not wait for it.
func (d disk) check(ctx context.Context) (ha.ProbeVerdict, string) {
	if err := ctx.Err(); err != nil {
		return ha.ProbeUnknown, err.Error()
	}
	began := time.Now()
	if err := d.write(d.cfg.Dir); err != nil {
		return ha.ProbeDead, err.Error()
	}
	took := time.Since(began)
	percent, known, err := d.space(d.cfg.Dir)
	said := fmt.Sprintf("write and fsync took %v", took.Round(100*time.Microsecond))
	switch {
	case err != nil:
		return ha.ProbeDead, err.Error()
	case known:
		said += fmt.Sprintf(", %.1f%% free", percent)
	}
	switch {
	case took >= d.cfg.Dead, known && percent < d.cfg.DeadFree:
		return ha.ProbeDead, said
	case took >= d.cfg.Slow, known && percent < d.cfg.SuspectFree:
		return ha.ProbeSuspect, said
	}
	return ha.ProbeHealthy, said
}

// writeFile writes the probe's file anew and waits for the disk.
func writeFile(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	f, err := os.OpenFile(filepath.Join(dir, "gausskit.probe"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, writeSize))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
