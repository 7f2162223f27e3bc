// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/gausskit/gausskit/internal/filelock"
)

// lockDir keeps other processes of this library from changing files of a
// directory. DSS has no lock for its configuration; a lock on the directory
// itself leaves no file behind. DSS runs on Linux only; where directories
// cannot be locked, files can be read, not changed.
func lockDir(ctx context.Context, dir string) (unlock func() error, err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := filelock.Wait(ctx, d); err != nil {
		if errors.Is(err, filelock.ErrHeld) {
			err = fmt.Errorf("%w: %s: %w", ErrLocked, dir, context.Cause(ctx))
		}
		return nil, errors.Join(err, d.Close())
	}
	return d.Close, nil // which gives the lock back
}
