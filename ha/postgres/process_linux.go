// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// canScan says that processesIn sees all processes of a directory.
const canScan = true

// worksIn reports whether process pid lives and has dir as its working
// directory, as every process of a server has.
func worksIn(pid int, dir os.FileInfo, _ pidFile) bool {
	proc := "/proc/" + strconv.Itoa(pid)
	if !alive(pid) {
		return false
	}
	cwd, err := os.Stat(proc + "/cwd")
	return err == nil && os.SameFile(cwd, dir) && isPostgres(proc)
}

// isPostgres tells a server's process from a shell in its directory.
func isPostgres(proc string) bool {
	comm, err := os.ReadFile(proc + "/comm")
	if err != nil {
		return false
	}
	name := strings.TrimSpace(string(comm))
	return name == "postgres" || name == "postmaster"
}

// alive reports whether a process exists and is no zombie.
func alive(pid int) bool {
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

// processesIn returns the servers' processes that have dir as their working
// directory.
func processesIn(dir os.FileInfo) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil && worksIn(pid, dir, pidFile{}) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// receiverIn returns the process of the server that receives log, 0 for none,
// and whether it says that it waits to be told what to receive.
func receiverIn(dir os.FileInfo) (pid int, idle bool, err error) {
	pids, err := processesIn(dir)
	if err != nil {
		return 0, false, err
	}
	for _, pid := range pids {
		title, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		if err == nil && bytes.HasPrefix(title, []byte("postgres:")) && bytes.Contains(title, []byte("walreceiver")) {
			return pid, bytes.Contains(title, []byte("walreceiver idle")), nil
		}
	}
	return 0, false, nil
}

// pidfd_open has this number on all architectures; PIDFD_NONBLOCK is O_NONBLOCK.
const sysPidfdOpen = 434

// waitGone returns nil when process pid has ended. It waits on a pidfd in the
// poller of the runtime, without a thread.
func waitGone(ctx context.Context, pid int) error {
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
	err = conn.Read(func(uintptr) bool { return !alive(pid) })
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ctx.Err()
	}
	return err
}
