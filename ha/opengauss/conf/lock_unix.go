// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package conf

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"github.com/gausskit/gausskit/internal/atomicfile"
	"github.com/gausskit/gausskit/internal/filelock"
)

// lockSize is how many zero bytes gs_guc puts into a new lock file; without
// them it calls the file damaged.
const lockSize = 1024

// lock takes the lock that gs_guc, ALTER SYSTEM, the server's reload and
// configuration sync take: flock on a file beside the one to change. They
// never wait for it; lock tries until ctx ends. A lock file that it makes
// belongs to owner: a server that may not open it ignores every reload.
func lock(ctx context.Context, path string, owner atomicfile.Owner) (unlock func() error, err error) {
	f, err := openLock(path, owner)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil {
		return nil, errors.Join(err, f.Close())
	} else if info.Size() == 0 {
		if _, err := f.WriteAt(make([]byte, lockSize), 0); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	if err := filelock.Wait(ctx, f); err != nil {
		if errors.Is(err, filelock.ErrHeld) {
			err = fmt.Errorf("%w: %s: %w", ErrLocked, path, context.Cause(ctx))
		}
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil // which gives the lock back
}

// openLock opens the lock file, and makes it where there is none. The owner of
// one that is there stays what it is: as root we would give away whatever a
// user of the directory has put in its place.
func openLock(path string, owner atomicfile.Owner) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	case err != nil || !owner.Set:
		return f, err
	}
	if err := f.Chown(owner.UID, owner.GID); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// isAlive reports whether text is the id of a process that lives. gs_ctl
// writes 0 when it has finished.
func isAlive(text string) bool {
	pid, err := strconv.Atoi(text)
	if err != nil || pid <= 0 {
		return false
	}
	err = syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
