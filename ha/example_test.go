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

// m5 streams from m2, whose node is gone. m3 takes its place: it is in the zone
// of m5.
func ExampleChooseParent() {
	c := &ha.Cluster{
		GrantRev: 1, Grant: ha.Grant{Holder: "m1", Term: 4}, Reign: ha.Reign{Holder: "m1", Term: 4, Promoted: true, Timeline: 5},
	}
	for i, name := range []ha.MemberID{"m1", "m2", "m3", "m4"} {
		c.Members = append(c.Members, ha.Member{Name: name, Known: true, SessionRev: 2, Status: ha.MemberStatus{
			State: ha.StateStandby, Data: ha.DataPresent, Running: true, Streaming: true, Upstream: "m1", Timeline: 5,
			Tags: ha.Tags{Zone: []string{"a", "b", "b", "a"}[i]},
		}})
	}
	c.Members[1].SessionRev = 0
	choice := ha.ChooseParent(&ha.ParentInput{
		Cluster: c, Settings: ha.Settings{}.WithDefaults(), Member: "m5", Tags: ha.Tags{Cascade: true, Zone: "b"}, Current: "m2",
	})
	fmt.Println(choice)
	// Output: m3, best standby; m2: no node lives under its name
}

// Three members in one program. In production each runs in a program of its
// own, with an engine from postgres.New and a store from etcd.Open.
func Example() {
	ctx := context.Background()
	store, servers := memory.New(), hatest.NewServers()
	for _, name := range []ha.MemberID{"m1", "m2", "m3"} {
		server := servers.Server(name)
		node, err := ha.Start(ctx, ha.Config{
			Cluster: "orders", Name: name, Address: server.Address(),
			Engine: server, Store: store,
		})
		if err != nil {
			log.Fatal(err) // every problem of the config, not only the first
		}
		defer node.Close(ctx) // hands over first if it is primary
	}

	admin := ha.NewAdmin(store, "orders", "example")
	before, err := admin.AwaitPrimary(ctx)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := admin.Switchover(ctx, "") // to the best standby
	fmt.Println(answer.Code, err, "in term", answer.Term, answer.Primary != before.Primary)
	// Output: done <nil> in term 2 true
}
