// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs/memory"
	"github.com/gausskit/gausskit/ha/hatest"
)

// A cluster that somebody else has set up is looked at, and then taken over
// while its primary runs.
func ExampleAdmin_TakeOver() {
	ctx := context.Background()
	store, servers := memory.New(), hatest.NewServers()
	m1, m2 := servers.Server("m1"), servers.Server("m2")
	must := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	must(m1.Init(ctx)) // this is the other manager
	must(m1.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary}))
	must(m2.Rejoin(ctx, ha.RejoinSpec{Upstream: m1.Upstream()}))

	for _, server := range []*hatest.Server{m1, m2} {
		node, err := ha.Start(ctx, ha.Config{
			Cluster: "orders", Name: server.Upstream().Member, Address: server.Address(), Engine: server, Store: store,
			Shadow: true,
		})
		must(err)
		defer node.Close(ctx)
	}

	admin := ha.NewAdmin(store, "orders", "example")
	watch, cancel := context.WithCancel(ctx)
	for s := range admin.Watch(watch) { // until both nodes have looked
		if plan, err := admin.Plan(ctx, ha.TakeOverSpec{Manager: "cm"}.Order()); err == nil && plan.Refused == "" && len(s.Members) == 2 {
			for _, step := range plan.Steps {
				fmt.Println(step)
			}
			break
		}
	}
	cancel()
	answer, err := admin.TakeOver(ctx, ha.TakeOverSpec{Manager: "cm", Reason: "moved to gausskit"})
	fmt.Println(answer.Code, err, "in term", answer.Term, "primary", answer.Primary)
	// Output:
	// m1 takes the grant of term 1 over its running server: nothing is stopped, started or promoted
	// m2: follows m1 in its own name; its connection is made anew, its server runs on
	// done <nil> in term 1 primary m1
}
