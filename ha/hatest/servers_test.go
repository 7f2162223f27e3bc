// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

// TestServersKeepTheContract runs the engines' conformance suite on the
// simulated servers.
func TestServersKeepTheContract(t *testing.T) {
	hatest.TestEngine(t, func(t testing.TB) hatest.EngineCluster { return newServerLab(t) })
}

// serverLab is three simulated servers with the same database, stopped.
type serverLab struct{ members [3]serverMember }

func newServerLab(t testing.TB) *serverLab {
	t.Helper()
	set, lab, ctx := hatest.NewServers(), &serverLab{}, t.Context()
	for i := range lab.members {
		lab.members[i] = serverMember{set.Server(ha.MemberID(fmt.Sprintf("m%d", i+1)))}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	first := lab.members[0]
	must(first.Init(ctx))
	must(first.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}))
	for _, m := range lab.members[1:] {
		must(m.Rejoin(ctx, ha.RejoinSpec{Upstream: first.Upstream()}))
		must(m.Stop(ctx, ha.StopFast))
	}
	must(first.Stop(ctx, ha.StopFast))
	return lab
}

func (l *serverLab) Member(i int) hatest.EngineMember { return l.members[i] }

type serverMember struct{ *hatest.Server }

func (m serverMember) Engine() ha.Engine     { return m.Server }
func (m serverMember) Twin() ha.Engine       { return m.Server.Twin() }
func (m serverMember) Upstream() ha.Upstream { return m.Server.Upstream() }

func (m serverMember) Has(_ context.Context, key string) (bool, error) {
	return slices.Contains(m.Rows(), key), nil
}

func (m serverMember) Kill() error   { m.Server.Kill(); return nil }
func (m serverMember) Freeze() error { m.Server.Freeze(); return nil }
func (m serverMember) Thaw() error   { m.Server.Thaw(); return nil }
func (m serverMember) Wipe() error   { m.Server.Wipe(); return nil }

func ExampleServers() {
	ctx := context.Background()
	servers := hatest.NewServers()
	m1, m2 := servers.Server("m1"), servers.Server("m2")
	_ = m1.Init(ctx)
	_ = m1.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary})
	_ = m2.Rejoin(ctx, ha.RejoinSpec{Upstream: m1.Upstream()})

	fmt.Println(m1.Write(ctx, "row 1"), m2.Rows())
	m1.Kill()
	_ = m2.Promote(ctx, ha.PromoteSpec{Term: 2})
	fmt.Println(m2.Write(ctx, "row 2"), m2.Rows())
	// Output:
	// <nil> [row 1]
	// <nil> [row 1 row 2]
}
