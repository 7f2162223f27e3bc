// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

// peer is another member as this one knows it: by the address that it tells
// everybody, and by the way that leads there from here.
type peer struct {
	Address string `json:"address"`
	Via     string `json:"via"` // a proxy of this pair of members alone
}

// routed is an engine whose server and tools reach each other member through
// a proxy of their own, so that the network between any two members can be
// broken. The node knows nothing of it.
type routed struct {
	*postgres.Engine
	peers map[ha.MemberID]peer
}

// out replaces a member's address by the way to it.
func (r *routed) out(up ha.Upstream) ha.Upstream {
	if p, ok := r.peers[up.Member]; ok && p.Address == up.Address {
		up.Address = p.Via
	}
	return up
}

// Observe shows the upstream's own address.
func (r *routed) Observe(ctx context.Context) (ha.Observation, error) {
	o, err := r.Engine.Observe(ctx)
	if p, ok := r.peers[o.Upstream]; ok && p.Via == o.Address {
		o.Address = p.Address
	}
	return o, err
}

// Start goes through the proxy.
func (r *routed) Start(ctx context.Context, spec ha.StartSpec) error {
	spec.Upstream = r.out(spec.Upstream)
	return r.Engine.Start(ctx, spec)
}

// Follow goes through the proxy.
func (r *routed) Follow(ctx context.Context, up ha.Upstream) error {
	return r.Engine.Follow(ctx, r.out(up))
}

// AskPeer goes through the proxy.
func (r *routed) AskPeer(ctx context.Context, up ha.Upstream) error {
	return r.Engine.AskPeer(ctx, r.out(up))
}

// Rejoin goes through the proxy.
func (r *routed) Rejoin(ctx context.Context, spec ha.RejoinSpec) error {
	spec.Upstream = r.out(spec.Upstream)
	return r.Engine.Rejoin(ctx, spec)
}
