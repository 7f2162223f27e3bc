// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"sync"
)

// gate lets one operation through at a time, and lets a stop push out the one
// that is under way.
type gate struct {
	sem chan struct{} // holds a token while an operation is under way
	mu  struct {
		sync.Mutex
		stops  uint64                  // stops that were asked for
		cancel context.CancelCauseFunc // of the operation under way
	}
}

func newGate() *gate { return &gate{sem: make(chan struct{}, 1)} }

// enter waits for its turn. The context that it returns ends when a stop wants
// to come through; leave must be called at the end of the operation.
func (g *gate) enter(ctx context.Context) (_ context.Context, leave func(), err error) {
	g.mu.Lock()
	before := g.mu.stops
	g.mu.Unlock()
	if err := g.acquire(ctx); err != nil {
		return nil, nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mu.stops != before {
		g.release()
		return nil, nil, fmt.Errorf("%w: nothing was done", errSuperseded)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	g.mu.cancel = cancel
	return ctx, func() {
		g.mu.Lock()
		g.mu.cancel = nil
		g.mu.Unlock()
		cancel(nil)
		g.release()
	}, nil
}

// enterStop ends the operation under way and waits until it has left. What
// waits for its turn finds out that it came too early.
func (g *gate) enterStop(ctx context.Context) (leave func(), err error) {
	g.mu.Lock()
	g.mu.stops++
	if g.mu.cancel != nil {
		g.mu.cancel(errSuperseded)
	}
	g.mu.Unlock()
	if err := g.acquire(ctx); err != nil {
		return nil, err
	}
	return g.release, nil
}

func (g *gate) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case g.sem <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("while waiting for another operation: %w", ctx.Err())
	}
}

func (g *gate) release() { <-g.sem }
