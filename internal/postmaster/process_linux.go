// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postmaster

import (
	"bytes"
	"context"
	"errors"
	"os"
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
	cwd, err := os.Stat(proc + "/cwd")
	if err != nil || !os.SameFile(cwd, dir) {
		return false
	}
	comm, err := os.ReadFile(proc + "/comm")
	return err == nil && slices.Contains(programs, strings.TrimSpace(string(comm)))
}

// Alive reports whether a process exists and is no zombie.
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
	return stat[i+2] != 'Z' && stat[i+2] != 'X'
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
