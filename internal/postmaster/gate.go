// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postmaster

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrSuperseded: a stop came first.
var ErrSuperseded = errors.New("a stop came first")

// Gate lets one operation through at a time, and lets a stop push out the one
// that is under way.
type Gate struct {
	sem chan struct{} // holds a token while an operation is under way
	mu  struct {
		sync.Mutex
		stops  uint64                  // stops that were asked for
		cancel context.CancelCauseFunc // of the operation under way
	}
}

// NewGate makes a gate that is free.
func NewGate() *Gate { return &Gate{sem: make(chan struct{}, 1)} }

// Enter waits for its turn. The context that it returns ends when a stop wants
// to come through; leave must be called at the end of the operation.
func (g *Gate) Enter(ctx context.Context) (_ context.Context, leave func(), err error) {
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
		return nil, nil, fmt.Errorf("%w: nothing was done", ErrSuperseded)
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

// EnterStop ends the operation under way and waits until it has left. What
// waits for its turn finds out that it came too early.
func (g *Gate) EnterStop(ctx context.Context) (leave func(), err error) {
	g.mu.Lock()
	g.mu.stops++
	if g.mu.cancel != nil {
		g.mu.cancel(ErrSuperseded)
	}
	g.mu.Unlock()
	if err := g.acquire(ctx); err != nil {
		return nil, err
	}
	return g.release, nil
}

func (g *Gate) acquire(ctx context.Context) error {
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

func (g *Gate) release() { <-g.sem }
