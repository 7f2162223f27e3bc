// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/postmaster"
)

const claimName = "claim"

// Claim locks the file "claim" in the run directory, beside the data directory,
// so that a copy of the data does not carry it away.
func (e *Engine) Claim(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", e.failed("claim", err)
	}
	if err := e.makeDir(e.cfg.RunDir); err != nil {
		return "", e.failed("claim", err)
	}
	id, err := e.claim.Take(ctx, e.runPath(claimName), e.owner)
	if errors.Is(err, postmaster.ErrHeld) {
		err = fmt.Errorf("%w: %w", ha.ErrClaimed, err)
	}
	return id, e.failed("claim", err)
}

// Release frees the lock of Claim. Without a claim it does nothing.
func (e *Engine) Release() error { return e.failed("release", e.claim.Release()) }

// Notify pokes the channel when the server ends or appears, from the moment
// that it returns. The end is seen at once where the kernel has pidfds (Linux
// 5.3) and within 50 ms elsewhere; a server that somebody else starts within
// 250 ms.
func (e *Engine) Notify(ctx context.Context) <-chan struct{} {
	poke := make(chan struct{}, 1)
	running := e.pid() // before Notify returns: what ends after it is told
	e.workers.Add(1)
	go func() {
		defer e.workers.Done()
		defer close(poke)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(e.background, cancel)()
		e.watchProcess(ctx, running, func() {
			select {
			case poke <- struct{}{}:
			default:
			}
		})
	}()
	return poke
}

// pid is the process of the server, 0 when none is there.
func (e *Engine) pid() int {
	file, err := readPIDFile(e.cfg.DataDir)
	if err != nil || file.PID <= 0 || !postmaster.Alive(file.PID) {
		return 0
	}
	return file.PID
}

// watchProcess calls changed when the process known ends, and when another
// appears and ends.
func (e *Engine) watchProcess(ctx context.Context, known int, changed func()) {
	const appears = 250 * time.Millisecond
	tick := time.NewTicker(appears)
	defer tick.Stop()
	for ctx.Err() == nil {
		if known == 0 {
			if known = e.pid(); known != 0 {
				changed()
			}
		}
		if known != 0 && postmaster.WaitGone(ctx, known) == nil {
			_, _ = e.child.Reap(serverProgram) // how it ended is for who started it
			known = 0
			changed()
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}
