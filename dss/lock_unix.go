// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package dss

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/internal/atomicfile"
)

// lockDir keeps other processes of this library from changing files of a
// directory. DSS has no lock for its configuration; a lock on the directory
// itself leaves no file behind.
func lockDir(ctx context.Context, dir string) (unlock func() error, err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return d.Close, nil // which gives the lock back
		case !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR):
			return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), d.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrLocked, dir, context.Cause(ctx)), d.Close())
		case <-tick.C:
		}
	}
}

// ownerOf gives the owner of a file when it is not the user of this process.
func ownerOf(info fs.FileInfo) atomicfile.Owner {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(s.Uid) == os.Geteuid() && int(s.Gid) == os.Getegid() {
		return atomicfile.Owner{}
	}
	return atomicfile.Owner{UID: int(s.Uid), GID: int(s.Gid), Set: true}
}
