// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// ServerProcess is the server on a data directory, as an operating system sees
// it: processes, and a segment of shared memory that outlives them.
type ServerProcess struct {
	dir string

	mu       sync.Mutex
	segments map[segment]bool // of all runs that were killed
}

// segment is a System V shared memory segment.
type segment struct{ key, id int }

// NewServerProcess stands for the server on a data directory; it need not run.
func NewServerProcess(dir string) *ServerProcess {
	return &ServerProcess{dir: dir, segments: map[segment]bool{}}
}

// pidLines are the lines of postmaster.pid.
func (s *ServerProcess) pidLines() ([]string, error) {
	text, err := os.ReadFile(filepath.Join(s.dir, "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	return strings.Split(string(text), "\n"), nil
}

// postmaster is the first process of the server; it may have died.
func (s *ServerProcess) postmaster() (int, error) {
	lines, err := s.pidLines()
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid < 2 {
		return 0, fmt.Errorf("postmaster.pid in %s: %q is not a process", s.dir, lines[0])
	}
	return pid, nil
}

// Note remembers the segment of the server that runs, or ran last.
func (s *ServerProcess) Note() {
	lines, err := s.pidLines()
	if err != nil || len(lines) < 7 {
		return
	}
	var g segment
	if _, err := fmt.Sscan(lines[6], &g.key, &g.id); err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments[g] = true
}

// processes lists the processes of the server, the postmaster first.
func (s *ServerProcess) processes() ([]int, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	first, err := s.postmaster()
	if err != nil {
		first = 0 // it does not run; others may
	}
	var pids []int
	for _, dir := range dirs {
		cwd, err := os.Readlink(dir + "/cwd")
		if err != nil || cwd != s.dir {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			return nil, err
		}
		if pid == first {
			pids = append([]int{pid}, pids...)
		} else {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// signalAll sends a signal to all processes, the postmaster first, until a look
// finds none that has not got it.
func (s *ServerProcess) signalAll(sig syscall.Signal) (n int, err error) {
	sent := map[int]bool{}
	for {
		pids, err := s.processes()
		if err != nil {
			return n, err
		}
		fresh := 0
		for _, pid := range pids {
			if sent[pid] {
				continue
			}
			sent[pid] = true
			fresh++
			if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
				return n, err
			}
		}
		n += fresh
		if fresh == 0 {
			return n, nil
		}
	}
}

// Kill is kill -9 of all processes.
func (s *ServerProcess) Kill() error {
	s.Note()
	n, err := s.signalAll(syscall.SIGKILL)
	if n == 0 && runtime.GOOS != "linux" {
		return s.KillPostmaster() // there is no /proc to find the others in
	}
	return err
}

// KillPostmaster is kill -9 of the postmaster alone: its children find out.
func (s *ServerProcess) KillPostmaster() error {
	s.Note()
	pid, err := s.postmaster()
	if err != nil {
		return nil // it does not run
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// Freeze stops all processes where they are.
func (s *ServerProcess) Freeze() error {
	_, err := s.signalAll(syscall.SIGSTOP)
	return err
}

// Thaw lets them go on.
func (s *ServerProcess) Thaw() error {
	_, err := s.signalAll(syscall.SIGCONT)
	return err
}

// FreezeReceiver stops the process that receives log, and nothing else; what is
// returned lets it go on, if it is still there.
func (s *ServerProcess) FreezeReceiver() (thaw func() error, err error) {
	pids, err := s.processes()
	if err != nil {
		return nil, err
	}
	for _, pid := range pids {
		title, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil || !strings.Contains(string(title), "walreceiver") {
			continue
		}
		thaw = func() error {
			if err := syscall.Kill(pid, syscall.SIGCONT); !errors.Is(err, syscall.ESRCH) {
				return err
			}
			return nil
		}
		return thaw, syscall.Kill(pid, syscall.SIGSTOP)
	}
	return nil, fmt.Errorf("no receiver works in %s", s.dir)
}

// ipcRemove is IPC_RMID of shmctl(2).
const ipcRemove = 0

// Clear removes segments that killed servers left, as their next start would
// have done. Nobody else's is touched: key and id must both be the same.
func (s *ServerProcess) Clear() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		return err
	}
	var errs []error
	for _, line := range strings.Split(string(text), "\n")[1:] {
		var g segment
		if n, _ := fmt.Sscan(line, &g.key, &g.id); n != 2 || !s.segments[g] {
			continue
		}
		if _, _, errno := syscall.Syscall(syscall.SYS_SHMCTL, uintptr(g.id), ipcRemove, 0); errno != 0 {
			errs = append(errs, fmt.Errorf("remove shared memory %d: %w", g.id, errno))
		}
	}
	return errors.Join(errs...)
}
