// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

// All problems of a configuration are reported at once.
func ExampleConfig_Validate() {
	err := postgres.Config{
		Member:     "Node 1",
		DataDir:    "data",
		RunDir:     "/run/node1",
		Port:       70000,
		Parameters: map[string]string{"primary_conninfo": "host=elsewhere"},
	}.Validate()
	fmt.Println(err)
	// Output:
	// postgres: config: Member: "Node 1": want 1 to 63 of a-z, 0-9, '-' and '_', a letter or digit first
	// postgres: config: DataDir: "data": want an absolute path
	// postgres: config: Port: 70000: want 1 to 65535
	// postgres: config: Parameters: primary_conninfo is managed by the engine
}

// A primary and its standby; then the primary dies, the standby takes over, and
// the old primary comes back as a standby. An ha.Node does this by itself.
func Example() {
	ctx := context.Background()
	password := postgres.NewPassword()
	member := func(name ha.MemberID, port int) *postgres.Engine {
		e, err := postgres.New(postgres.Config{
			Member: name, DataDir: "/srv/" + string(name), Port: port,
			Replication: postgres.Replication{Password: password},
		})
		if errors.Is(err, postgres.ErrNoPostgres) {
			log.Fatal("install PostgreSQL's server package: ", err)
		}
		if err != nil {
			log.Fatal(err)
		}
		return e
	}
	m1, m2 := member("m1", 5432), member("m2", 5433)
	steps := []func() error{
		func() error { return m1.Init(ctx) },
		func() error { return m1.Start(ctx, ha.StartSpec{Mode: ha.StartPrimary, Term: 1}) },
		func() error { return m2.Rejoin(ctx, ha.RejoinSpec{Upstream: m1.Upstream(), Term: 1}) },
		func() error { return m1.SetSync(ctx, ha.SyncSet{K: 1, Members: []ha.MemberID{"m2"}}) },

		func() error { return m1.Stop(ctx, ha.StopKill) },
		func() error { return m2.Promote(ctx, ha.PromoteSpec{Term: 2}) },
		func() error { return m1.Rejoin(ctx, ha.RejoinSpec{Upstream: m2.Upstream(), Term: 2}) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			log.Fatal(err)
		}
	}
	o, err := m1.Observe(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(o.Role, "of", o.Upstream)
}

func ExampleSecret() {
	password := postgres.Secret("do not tell")
	fmt.Printf("%v %s %#v\n", password, password, password)
	// Output: *** *** "***"
}
