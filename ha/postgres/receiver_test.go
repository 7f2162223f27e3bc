// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/gausskit/gausskit/ha"
)

// forked is a standby that has received more than its upstream, which was
// promoted meanwhile, has: its receiver meets the end of the timeline and then
// waits. The old primary still runs.
func forked(ctx context.Context, t *testing.T) (old, standby *member) {
	t.Helper()
	needPostgres(t)
	base := tempDir(t)
	old, standby = newCopy(t, base, "m1"), newCopy(t, base, "m2")
	heir := newCopy(t, base, "m3")
	old.start(ctx, t)
	heir.follow(ctx, t, old)
	standby.follow(ctx, t, old)
	must(t, heir.engine.Detach(ctx))
	must(t, old.Write(ctx, "beyond"))
	eventually(ctx, t, func() bool { return standby.observe(ctx, t).LSN >= old.observe(ctx, t).LSN })
	must(t, heir.engine.Promote(ctx, ha.PromoteSpec{Term: 2}))
	must(t, standby.engine.Follow(ctx, heir.Upstream()))
	eventually(ctx, t, func() bool {
		return standby.ask(ctx, t, "SELECT coalesce(max(status), '') FROM pg_stat_wal_receiver") == "waiting"
	})
	return old, standby
}

func TestDetachEndsReceiverThatWaits(t *testing.T) {
	ctx := testContext(t)
	_, standby := forked(ctx, t)
	must(t, standby.engine.Detach(ctx))
	if n := standby.ask(ctx, t, "SELECT count(*)::text FROM pg_stat_wal_receiver"); n != "0" {
		t.Errorf("%s receivers after a detach, want none", n)
	}
}

func TestFollowLeavesOldUpstreamThatWaits(t *testing.T) {
	ctx := testContext(t)
	old, standby := forked(ctx, t)
	must(t, standby.engine.Follow(ctx, old.Upstream()))
	want := strconv.Itoa(old.cfg.Port)
	eventually(ctx, t, func() bool {
		return standby.ask(ctx, t, "SELECT coalesce(max(status || ' from ' || sender_port), '') FROM pg_stat_wal_receiver") == "streaming from "+want
	})
}
