// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"github.com/gausskit/gausskit/internal/atomicfile"
	"github.com/gausskit/gausskit/internal/command"
)

const pidFileName = "postmaster.pid"

// server is the processes that run on the data directory, whoever started
// them.
type server struct {
	pid    int     // of the postmaster; 0 when there is none
	file   pidFile // what postmaster.pid says, if it is about this postmaster
	others []int   // processes without a postmaster that the pid file knows
}

// runs reports whether any process can still write.
func (s server) runs() bool { return s.pid != 0 || len(s.others) > 0 }

// find looks for the processes of the data directory. The pid file is believed
// only when its process lives and works in this directory: files go stale and
// pids are used again. Children that outlive a killed postmaster, and one that
// has not written its file yet, are found by their working directory; they
// cannot be told from each other, a child has its parent's title at first.
func (e *Engine) find() (server, error) {
	_, _ = e.child.reap() // how it ended is for who started it
	dir, err := os.Stat(e.cfg.DataDir)
	if errors.Is(err, fs.ErrNotExist) {
		return server{}, nil
	}
	if err != nil {
		return server{}, err
	}
	file, err := e.readPidFile()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return server{}, err
	}
	if file.PID > 0 && worksIn(file.PID, dir, file) {
		return server{pid: file.PID, file: file}, nil
	}
	others, err := processesIn(dir)
	return server{others: others}, err
}

// readPidFile reads postmaster.pid. An unreadable text counts as no file: the
// server may be writing it.
func (e *Engine) readPidFile() (pidFile, error) {
	text, err := os.ReadFile(e.path(pidFileName))
	if err != nil {
		return pidFile{}, err
	}
	file, err := parsePidFile(string(text))
	if err != nil {
		return pidFile{}, fs.ErrNotExist
	}
	return file, nil
}

// signal sends sig to a process; one that is gone is no error.
func signal(pid int, sig syscall.Signal) error {
	err := syscall.Kill(pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("signal %v to process %d: %w", sig, pid, err)
	}
	return nil
}

// clear removes the lock files of a server that is gone, in the data directory
// and beside the socket: their number may belong to somebody else by now, or
// to a child of ours that nobody has collected, whom the next server would take
// for its rival.
func (e *Engine) clear() error {
	if !canScan {
		return nil
	}
	_, _ = e.child.reap() // how it ended is for who started it
	lock := e.cfg.socketPath() + ".lock"
	text, err := os.ReadFile(lock)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if file, perr := parsePidFile(string(text)); err == nil && (perr != nil || file.DataDir == e.cfg.DataDir) {
		if err := atomicfile.Remove(lock); err != nil {
			return err
		}
	}
	return atomicfile.Remove(e.path(pidFileName))
}

// child is the postmaster that this engine has started last. Its status is
// collected when it has ended, so that it does not stay as a zombie; no other
// process is waited for, for it may be a child of the embedding program.
type child struct {
	mu struct {
		sync.Mutex
		pid   int
		ended bool
		err   error // how it failed
	}
}

func (c *child) started(pid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.pid, c.mu.ended, c.mu.err = pid, false, nil
}

// reap reports whether the child has ended, and how it failed.
func (c *child) reap() (ended bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.pid != 0 && !c.mu.ended {
		c.mu.ended, c.mu.err = command.Reap("postgres", c.mu.pid)
	}
	return c.mu.ended, c.mu.err
}
