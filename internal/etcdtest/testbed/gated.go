// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"sync"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

// gated is a simulated server whose manager can be frozen: nothing that the
// manager asks or orders gets through, and no answer comes back, until the
// manager goes on. A frozen process does not notice that its time is up either,
// so contexts do not count.
type gated struct {
	*hatest.Server
	mu   sync.Mutex
	open chan struct{} // nil while nobody is frozen; closed when the manager goes on
}

func (g *gated) freeze() (thaw func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	open := make(chan struct{})
	g.open = open
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.open = nil
		close(open)
	}
}

// pass waits as long as the manager is frozen.
func (g *gated) pass() {
	for open := g.closed(); open != nil; open = g.closed() {
		<-open
	}
}

// closed is nil unless the manager is frozen.
func (g *gated) closed() chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

func (g *gated) frozen() bool { return g.closed() != nil }

// do orders something.
func (g *gated) do(order func() error) error {
	g.pass()
	defer g.pass()
	return order()
}

// Observe implements ha.Engine. A frozen manager does not look; what this one
// asked meanwhile is answered when it goes on, whatever has become of ctx.
func (g *gated) Observe(ctx context.Context) (o ha.Observation, err error) {
	if g.frozen() {
		ctx = context.WithoutCancel(ctx) // a simulated server answers at once
	}
	err = g.do(func() error {
		o, err = g.Server.Observe(ctx)
		return err
	})
	return o, err
}

// Start implements ha.Engine.
func (g *gated) Start(ctx context.Context, spec ha.StartSpec) error {
	return g.do(func() error { return g.Server.Start(ctx, spec) })
}

// Stop implements ha.Engine.
func (g *gated) Stop(ctx context.Context, how ha.StopMode) error {
	return g.do(func() error { return g.Server.Stop(ctx, how) })
}

// Promote implements ha.Engine.
func (g *gated) Promote(ctx context.Context, spec ha.PromoteSpec) error {
	return g.do(func() error { return g.Server.Promote(ctx, spec) })
}

// Follow implements ha.Engine.
func (g *gated) Follow(ctx context.Context, up ha.Upstream) error {
	return g.do(func() error { return g.Server.Follow(ctx, up) })
}

// Detach implements ha.Engine.
func (g *gated) Detach(ctx context.Context) error {
	return g.do(func() error { return g.Server.Detach(ctx) })
}

// Rejoin implements ha.Engine.
func (g *gated) Rejoin(ctx context.Context, spec ha.RejoinSpec) error {
	return g.do(func() error { return g.Server.Rejoin(ctx, spec) })
}

// Init implements ha.Initialiser.
func (g *gated) Init(ctx context.Context) error {
	return g.do(func() error { return g.Server.Init(ctx) })
}

// SetSync implements ha.SyncSetter.
func (g *gated) SetSync(ctx context.Context, set ha.SyncSet) error {
	return g.do(func() error { return g.Server.SetSync(ctx, set) })
}

// Checkpoint implements ha.Checkpointer.
func (g *gated) Checkpoint(ctx context.Context) error {
	return g.do(func() error { return g.Server.Checkpoint(ctx) })
}
