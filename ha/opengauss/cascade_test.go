// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"errors"
	"testing"

	"github.com/gausskit/gausskit/ha"
)

// TestFollowersOfAnHeir: who is told to follow a standby that is about to be
// promoted becomes its standby, without another start.
func TestFollowersOfAnHeir(t *testing.T) {
	c := newMembers(t, 3)
	c.pair(t)
	ctx := t.Context()
	heir, other := c[1].engine, c[2].engine
	if err := errors.Join(c[0].engine.Stop(ctx, ha.StopFast), heir.Detach(ctx),
		other.Start(ctx, ha.StartSpec{Mode: ha.StartStandby}), other.Follow(ctx, heir.Upstream())); err != nil {
		t.Fatal(err)
	}
	if err := heir.Promote(ctx, ha.PromoteSpec{Term: 2, Sync: ha.SyncSet{K: 1, Members: []ha.MemberID{"m-3"}}}); err != nil {
		t.Fatal(err)
	}
	if err := c[1].Write(ctx, "a"); err != nil { // which m-3 has confirmed
		t.Fatal(err)
	}
	if s, err := other.Tool().Query(ctx); err != nil || s.HA.Role != ha.RoleStandby {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestWrongKindOfStandbyShows: the upstream's role has changed, and the server
// has to be started again for it; it is told to follow once more because it
// shows no address.
func TestWrongKindOfStandbyShows(t *testing.T) {
	c := newMembers(t, 3)
	ctx := t.Context()
	parent, child := c[1].engine, c[2].engine
	if err := errors.Join(c[0].engine.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}),
		parent.Start(ctx, ha.StartSpec{Mode: ha.StartStandby}),
		child.Start(ctx, ha.StartSpec{Mode: ha.StartStandby, Upstream: parent.Upstream()}),
		parent.Follow(ctx, c[0].engine.Upstream())); err != nil {
		t.Fatal(err)
	}
	streams := func() bool {
		o, err := child.Observe(ctx)
		return err == nil && o.Streaming && o.Upstream == "m-2" && o.Address == parent.Upstream().Address
	}
	if streams() {
		t.Fatal("a standby streams from a standby")
	}
	lost := func() bool {
		o, err := child.Observe(ctx)
		return err == nil && o.Upstream == "m-2" && o.Address == "" && !o.Streaming
	}
	await(t, "the wrong kind to show", lost)
	await(t, "the parent to be fed", func() bool {
		o, err := parent.Observe(ctx)
		return err == nil && o.Streaming
	})
	if err := child.Follow(ctx, parent.Upstream()); err != nil {
		t.Fatal(err)
	}
	await(t, "a cascade standby", streams)
	if err := errors.Join(c[0].engine.Stop(ctx, ha.StopFast), parent.Promote(ctx, ha.PromoteSpec{Term: 2})); err != nil {
		t.Fatal(err)
	}
	await(t, "the wrong kind to show again", lost)
	if err := child.Follow(ctx, parent.Upstream()); err != nil {
		t.Fatal(err)
	}
	await(t, "a standby", streams)
}
