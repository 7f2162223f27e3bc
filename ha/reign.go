// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"context"
	"errors"
	"sync"
)

// ErrNotPrimary is the cause of a context that ended with the role.
var ErrNotPrimary = errors.New("ha: not the primary")

// reign is the context that lives as long as this member is primary.
type reign struct {
	mu struct {
		sync.Mutex
		ctx    context.Context
		cancel context.CancelCauseFunc
	}
}

func (r *reign) init() {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(ErrNotPrimary)
	r.mu.ctx, r.mu.cancel = ctx, cancel
}

// set is called by the loop after each decision.
func (r *reign) set(primary bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch alive := r.mu.ctx.Err() == nil; {
	case primary && !alive:
		r.mu.ctx, r.mu.cancel = context.WithCancelCause(context.Background())
	case !primary && alive:
		r.mu.cancel(ErrNotPrimary)
	}
}

func (r *reign) end() { r.set(false) }

func (r *reign) current() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.ctx
}

// PrimaryContext returns a context that ends, with [ErrNotPrimary] as its
// cause, when this member stops being primary, or when parent ends. It has
// ended already when the member is not primary. Call the returned function
// when the work is done.
func (n *Node) PrimaryContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	stop := context.AfterFunc(n.reign.current(), func() { cancel(ErrNotPrimary) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}
