// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"testing"

	"github.com/gausskit/gausskit/ha"
)

// The benchmarks measure what a failover and a switchover are made of, on real
// servers:
//
//	go test -run '^$' -bench . -benchtime 5x ./ha/postgres
//
// They run in memory where there is enough; TMPDIR names a directory on disk.

func benchPair(b *testing.B) (ctx context.Context, primary, standby *member) {
	b.Helper()
	needPostgres(b)
	ctx = testContext(b)
	base := tempDir(b)
	primary, standby = newCopy(b, base, "m1"), newCopy(b, base, "m2")
	for _, m := range []*member{primary, standby} {
		m.cfg.Parameters["fsync"] = "on"
		m.engine = m.newEngine()
	}
	primary.start(ctx, b)
	standby.follow(ctx, b, primary)
	return ctx, primary, standby
}

func BenchmarkObservePrimary(b *testing.B) {
	ctx, primary, _ := benchPair(b)
	for b.Loop() {
		primary.observe(ctx, b)
	}
}

func BenchmarkObserveStandby(b *testing.B) {
	ctx, _, standby := benchPair(b)
	for b.Loop() {
		standby.observe(ctx, b)
	}
}

func BenchmarkObserveStopped(b *testing.B) {
	needPostgres(b)
	ctx := testContext(b)
	m := newCopy(b, tempDir(b), "m1")
	for b.Loop() {
		m.observe(ctx, b)
	}
}

// BenchmarkSwitchover stops the primary, promotes the standby and lets the old
// primary follow it; the parts are reported one by one.
func BenchmarkSwitchover(b *testing.B) {
	ctx, primary, standby := benchPair(b)
	var stop, promote, follow stopwatch
	for b.Loop() {
		must(b, primary.Write(ctx, rowKey()))
		eventually(ctx, b, func() bool { // as a manager would, not to lose the end of the log
			o := primary.observe(ctx, b)
			return len(o.Receivers) == 1 && o.Receivers[0].Streaming && o.Receivers[0].Flushed == o.LSN
		})
		stop.time(func() { must(b, primary.engine.Stop(ctx, ha.StopFast)) })
		promote.time(func() { must(b, standby.engine.Promote(ctx, ha.PromoteSpec{})) })
		follow.time(func() { primary.follow(ctx, b, standby) })
		primary, standby = standby, primary
	}
	stop.report(b, "stop-ms/op")
	promote.report(b, "promote-ms/op")
	follow.report(b, "follow-ms/op")
}

// BenchmarkRestartAfterKill is from kill -9 of the postmaster to writable.
func BenchmarkRestartAfterKill(b *testing.B) {
	ctx, primary, _ := benchPair(b)
	for b.Loop() {
		must(b, primary.Kill())
		primary.start(ctx, b)
	}
}

// BenchmarkRejoinByRewind is the Rejoin of a crashed primary that has a row
// more than its heir, until it streams.
func BenchmarkRejoinByRewind(b *testing.B) {
	ctx, old, heir := benchPair(b)
	var rejoin stopwatch
	for b.Loop() {
		must(b, heir.engine.Detach(ctx))
		must(b, old.Write(ctx, rowKey()))
		must(b, old.engine.Stop(ctx, ha.StopKill))
		must(b, heir.engine.Promote(ctx, ha.PromoteSpec{}))
		must(b, heir.Write(ctx, rowKey()))
		rejoin.time(func() {
			must(b, old.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: heir.Upstream(), NoCopy: true}))
			old.streams(ctx, b)
		})
		old, heir = heir, old
	}
	rejoin.report(b, "rejoin-ms/op")
}

// BenchmarkClone is the Rejoin of an empty directory, until it streams; the
// database is an empty one of 24 MB.
func BenchmarkClone(b *testing.B) {
	ctx, primary, standby := benchPair(b)
	var clone stopwatch
	for b.Loop() {
		must(b, standby.engine.Stop(ctx, ha.StopImmediate))
		must(b, standby.Wipe())
		clone.time(func() {
			must(b, standby.engine.Rejoin(ctx, ha.RejoinSpec{Upstream: primary.Upstream()}))
			standby.streams(ctx, b)
		})
	}
	clone.report(b, "clone-ms/op")
}

func BenchmarkDetachAndFollow(b *testing.B) {
	ctx, primary, standby := benchPair(b)
	var detach, follow, stream stopwatch
	for b.Loop() {
		detach.time(func() { must(b, standby.engine.Detach(ctx)) })
		follow.time(func() { must(b, standby.engine.Follow(ctx, primary.Upstream())) })
		stream.time(func() { standby.streams(ctx, b) })
	}
	detach.report(b, "detach-ms/op")
	follow.report(b, "follow-ms/op")
	stream.report(b, "stream-ms/op")
}

func BenchmarkSetSync(b *testing.B) {
	ctx, primary, standby := benchPair(b)
	members := []ha.MemberID{standby.cfg.Member, "m3"}
	k := 1
	must(b, primary.engine.SetSync(ctx, ha.SyncSet{K: k, Members: members}))
	for b.Loop() {
		k = 3 - k
		must(b, primary.engine.SetSync(ctx, ha.SyncSet{K: k, Members: members}))
	}
}
