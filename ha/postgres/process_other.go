// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package postgres

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// canScan says that there is no way here to see all processes of a directory:
// the pid file has to do.
const canScan = false

// worksIn believes a pid file that names this directory and a living process.
func worksIn(pid int, dir os.FileInfo, file pidFile) bool {
	info, err := os.Stat(filepath.Clean(file.DataDir))
	return err == nil && os.SameFile(info, dir) && alive(pid)
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

func processesIn(os.FileInfo) ([]int, error) { return nil, nil }

func receiverIn(os.FileInfo) (pid int, idle bool, err error) { return 0, false, errors.ErrUnsupported }

func waitGone(ctx context.Context, pid int) error { return pollGone(ctx, pid) }
