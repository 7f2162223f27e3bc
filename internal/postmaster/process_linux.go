// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postmaster

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// CanScan says that ProcessesIn sees all processes of a directory.
const CanScan = true

// WorksIn reports whether process pid lives, is one of the programs, and has
// dir as its working directory, as every process of a server has. A shell in
// the directory is none.
func WorksIn(pid int, dir os.FileInfo, programs ...string) bool {
	proc := "/proc/" + strconv.Itoa(pid)
	if !Alive(pid) {
		return false
	}
	if !isCwd(proc, dir) {
		return false
	}
	comm, err := os.ReadFile(proc + "/comm")
	return err == nil && slices.Contains(programs, strings.TrimSpace(string(comm)))
}

// isCwd reports whether dir is the working directory of a process. One whose
// first thread has ended has it in the others.
func isCwd(proc string, dir os.FileInfo) bool {
	if cwd, err := os.Stat(proc + "/cwd"); err == nil {
		return os.SameFile(cwd, dir)
	}
	threads, err := filepath.Glob(proc + "/task/*/cwd")
	if err != nil {
		return false
	}
	for _, path := range threads {
		if cwd, err := os.Stat(path); err == nil {
			return os.SameFile(cwd, dir)
		}
	}
	return false
}

// Alive reports whether a process exists and is no zombie. The first thread of a
// killed process is a zombie while others still hold its files and locks: that
// counts as alive.
func Alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	// pid (name) state ...: the name may hold anything.
	i := bytes.LastIndexByte(stat, ')')
	if i < 0 || i+2 >= len(stat) {
		return false
	}
	if stat[i+2] != 'Z' && stat[i+2] != 'X' {
		return true
	}
	threads, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	return err == nil && len(threads) > 1
}

// ProcessesIn returns the processes of the programs that have dir as their
// working directory.
func ProcessesIn(dir os.FileInfo, programs ...string) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && WorksIn(pid, dir, programs...) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// pidfd_open has this number on all architectures; PIDFD_NONBLOCK is O_NONBLOCK.
const sysPidfdOpen = 434

// WaitGone returns nil when process pid has ended. It waits on a pidfd in the
// poller of the runtime, without a thread.
func WaitGone(ctx context.Context, pid int) error {
	fd, _, errno := syscall.Syscall(sysPidfdOpen, uintptr(pid), syscall.O_NONBLOCK, 0)
	switch {
	case errno == syscall.ESRCH:
		return nil
	case errno != 0: // an older kernel
		return pollGone(ctx, pid)
	}
	syscall.CloseOnExec(int(fd))
	f := os.NewFile(fd, "pidfd")
	defer f.Close()
	conn, err := f.SyscallConn()
	if err != nil {
		return pollGone(ctx, pid)
	}
	if f.SetReadDeadline(time.Time{}) != nil { // not in the poller
		return pollGone(ctx, pid)
	}
	stop := context.AfterFunc(ctx, func() {
		_ = f.SetReadDeadline(time.Unix(1, 0)) // closed: nobody waits any more
	})
	defer stop()
	err = conn.Read(func(uintptr) bool { return !Alive(pid) })
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ctx.Err()
	}
	return err
}
