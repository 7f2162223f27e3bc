// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"
)

// Notify pokes the channel when the postmaster ends or appears, from the moment
// that it returns. The end is
// seen at once where the kernel has pidfds (Linux 5.3) and within 50 ms
// elsewhere; a server that somebody else starts within 250 ms.
func (e *Engine) Notify(ctx context.Context) <-chan struct{} {
	poke := make(chan struct{}, 1)
	running := e.postmaster() // before Notify returns: what ends after it is told
	e.workers.Add(1)
	go func() {
		defer e.workers.Done()
		defer close(poke)
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(e.background, cancel)()
		e.watch(ctx, running, func() {
			select {
			case poke <- struct{}{}:
			default:
			}
		})
	}()
	return poke
}

// postmaster is the process of the server, 0 when none is there.
func (e *Engine) postmaster() int {
	file, err := e.readPidFile()
	if err != nil || file.PID <= 0 || !alive(file.PID) {
		return 0
	}
	return file.PID
}

// watch calls changed when the postmaster known ends, and when another appears
// and ends.
func (e *Engine) watch(ctx context.Context, known int, changed func()) {
	const appears = 250 * time.Millisecond
	tick := time.NewTicker(appears)
	defer tick.Stop()
	for ctx.Err() == nil {
		if known == 0 {
			if known = e.postmaster(); known != 0 {
				changed()
			}
		}
		if known != 0 && waitGone(ctx, known) == nil {
			_, _ = e.child.reap() // how it ended is for who started it
			known = 0
			changed()
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// pollGone is waitGone without help from the kernel.
func pollGone(ctx context.Context, pid int) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for alive(pid) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}
