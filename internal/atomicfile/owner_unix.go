// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
)

// OwnerOf gives the owner that a new file should have: the old one's, when it
// is not the user of this process.
func OwnerOf(info fs.FileInfo) Owner {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(s.Uid) == os.Geteuid() && int(s.Gid) == os.Getegid() {
		return Owner{}
	}
	return Owner{UID: int(s.Uid), GID: int(s.Gid), Set: true}
}
