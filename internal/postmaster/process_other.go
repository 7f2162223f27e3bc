// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package postmaster

import (
	"context"
	"errors"
	"os"
	"syscall"
)

// CanScan says that there is no way here to see all processes of a directory:
// the pid file has to do.
const CanScan = false

// WorksIn reports whether process pid lives; more cannot be seen here.
func WorksIn(pid int, _ os.FileInfo, _ ...string) bool { return Alive(pid) }

// Alive reports whether a process exists.
func Alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// ProcessesIn finds nothing here.
func ProcessesIn(os.FileInfo, ...string) ([]int, error) { return nil, nil }

// WaitGone returns nil when process pid has ended.
func WaitGone(ctx context.Context, pid int) error { return pollGone(ctx, pid) }
