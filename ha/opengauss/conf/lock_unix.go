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
	"time"

	"github.com/gausskit/gausskit/internal/atomicfile"
)

// lockSize is how many zero bytes gs_guc puts into a new lock file; without
// them it calls the file damaged.
const lockSize = 1024

// lock takes the lock that gs_guc, ALTER SYSTEM, the server's reload and
// configuration sync take: flock on a file beside the one to change. They
// never wait for it; lock tries until ctx ends.
func lock(ctx context.Context, path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
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
	const pause = 20 * time.Millisecond
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f.Close, nil // which gives the lock back
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
		timer.Reset(pause)
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrLocked, path, context.Cause(ctx)), f.Close())
		case <-timer.C:
		}
	}
}

// ownerOf gives the owner that a new file should have: the old one's, when it
// is not the user of this process.
func ownerOf(info fs.FileInfo) atomicfile.Owner {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(s.Uid) == os.Geteuid() && int(s.Gid) == os.Getegid() {
		return atomicfile.Owner{}
	}
	return atomicfile.Owner{UID: int(s.Uid), GID: int(s.Gid), Set: true}
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
