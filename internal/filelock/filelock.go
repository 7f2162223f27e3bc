// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package filelock takes the exclusive lock of an open file that the operating
// system frees when the file is closed or the process ends.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrHeld: somebody else has the lock.
var ErrHeld = errors.New("file is locked")

// Wait takes the lock and tries until ctx ends; the error wraps ErrHeld and the
// cause of ctx then. A lock that is free is taken although ctx has ended.
func Wait(ctx context.Context, f *os.File) error {
	const pause = 20 * time.Millisecond
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		err := Try(f)
		if !errors.Is(err, ErrHeld) {
			return err
		}
		timer.Reset(pause)
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrHeld, context.Cause(ctx))
		case <-timer.C:
		}
	}
}
