// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/memory"
)

// manage starts a node over a member's engine; it is closed with the test.
func (m *member) manage(ctx context.Context, t testing.TB, store dcs.Store, d ha.Durability) {
	t.Helper()
	n, err := ha.Start(ctx, ha.Config{
		Cluster: "c1", Name: m.cfg.Member, Address: m.Upstream().Address, Engine: m.engine, Store: store, Logger: logger(),
		Settings: ha.Settings{TTL: 2 * time.Second, Durability: d},
	})
	must(t, err)
	t.Cleanup(func() {
		end, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := n.Close(end); err != nil {
			t.Error(err)
		}
	})
}

// TestWritesWaitForMembersThatAreNotThere: a cluster whose settings ask for
// more confirmations than it has members leads, and acknowledges nothing: not
// after a while, and not after a restart of the server. It begins to, with the
// write that waits, when the member comes that was missing.
func TestWritesWaitForMembersThatAreNotThere(t *testing.T) {
	needPostgres(t)
	for _, quorum := range []bool{false, true} {
		t.Run(fmt.Sprintf("quorum %v", quorum), func(t *testing.T) {
			ctx := testContext(t)
			base, store := tempDir(t), memory.New()
			want := ha.Durability{K: 2, Quorum: quorum}
			members := map[ha.MemberID]*member{"m1": newCopy(t, base, "m1"), "m2": newCopy(t, base, "m2"), "m3": newMember(t, base, "m3")}
			members["m1"].manage(ctx, t, store, want)
			members["m2"].manage(ctx, t, store, want)
			admin := ha.NewAdmin(store, "c1", "test")
			var primary *member
			leads := func(receivers int) bool {
				s, err := admin.Status(ctx)
				must(t, err)
				if primary = members[s.Primary]; primary == nil || !s.Writable || !s.Reign.Promoted || s.Reign.Quorum != quorum {
					return false
				}
				o := primary.observe(ctx, t)
				return o.Writable && o.Sync.K == 2 && len(o.Sync.Members) == receivers && len(o.Receivers) == receivers && o.Receivers[0].Streaming
			}
			eventually(ctx, t, func() bool { return leads(1) })
			waits := func(key string, d time.Duration) {
				t.Helper()
				short, cancel := context.WithTimeout(ctx, d)
				defer cancel()
				if err := primary.Write(short, key); err == nil {
					t.Errorf("%s was acknowledged", key)
				}
				if o := primary.observe(ctx, t); o.Sync.K != 2 {
					t.Errorf("%s: the set is %v", key, o.Sync)
				}
			}
			waits("a", 4*time.Second) // two leases
			before := primary
			must(t, primary.Kill())
			eventually(ctx, t, func() bool { return !before.observe(ctx, t).Writable })
			eventually(ctx, t, func() bool { return leads(1) })
			waits("b", 500*time.Millisecond)

			write := make(chan error, 1)
			go func() { write <- primary.Write(ctx, "c") }()
			members["m3"].manage(ctx, t, store, want)
			select {
			case err := <-write:
				must(t, err)
			case <-ctx.Done():
				t.Fatal("the write that waited was not acknowledged")
			}
			eventually(ctx, t, func() bool { return leads(2) })
			must(t, primary.Write(ctx, "d"))
		})
	}
}
