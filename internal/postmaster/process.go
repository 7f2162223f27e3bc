// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postmaster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/internal/command"
)

// Signal sends sig to a process; one that is gone is no error.
func Signal(pid int, sig syscall.Signal) error {
	err := syscall.Kill(pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("signal %v to process %d: %w", sig, pid, err)
	}
	return nil
}

// Child is the postmaster that was started last. Its status is collected when
// it has ended, so that it does not stay as a zombie; no other process is
// waited for, for it may be a child of the embedding program. The zero Child is
// none.
type Child struct {
	mu struct {
		sync.Mutex
		pid   int
		ended bool
		err   error // how it failed
	}
}

// Started says that process pid was started.
func (c *Child) Started(pid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.pid, c.mu.ended, c.mu.err = pid, false, nil
}

// Reap reports whether the child has ended, and how it failed.
func (c *Child) Reap(name string) (ended bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.pid != 0 && !c.mu.ended {
		c.mu.ended, c.mu.err = command.Reap(name, c.mu.pid)
	}
	return c.mu.ended, c.mu.err
}

// pollGone is WaitGone without help from the kernel.
func pollGone(ctx context.Context, pid int) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for Alive(pid) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
