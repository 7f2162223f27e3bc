// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd

package probe

import (
	"os"
	"syscall"
)

// freeSpace is how much of the disk's space a program may still use.
func freeSpace(dir string) (percent float64, ok bool, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	if s.Blocks == 0 {
		return 0, false, nil // a file system without a size
	}
	return 100 * float64(s.Bavail) / float64(s.Blocks), true, nil
}
