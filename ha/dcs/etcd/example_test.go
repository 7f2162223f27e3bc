// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd_test

import (
	"context"
	"fmt"
	"log"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gausskit/gausskit/ha/dcs/etcd"
)

// All problems of a configuration are told at once, before anything is asked of
// etcd.
func ExampleConfig_Validate() {
	cfg := etcd.Config{
		Endpoints: []string{"https://etcd1.example:2379", "https://etcd2.example"},
		User:      "m1",
		Prefix:    "/gausskit/c1",
	}
	fmt.Println(cfg.Validate())
	// Output:
	// etcd: config: Endpoints[1]: "https://etcd2.example": want host:port
	// User and Password: want both or neither
}

// A store with a connection of its own.
func ExampleOpen() {
	ctx := context.Background()
	store, err := etcd.Open(ctx, etcd.Config{
		Endpoints: []string{"http://127.0.0.1:2379"},
		Prefix:    "/gausskit/c1",
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer store.Close()

	sent := time.Now() // from here the lease counts for its holder
	lease, err := store.Grant(ctx, 5*time.Second)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println("lease", lease, "is ours until", sent.Add(5*time.Second))
}

// Two clusters over one client of the program.
func ExampleNew() {
	client, err := clientv3.New(clientv3.Config{
		Endpoints:         []string{"http://127.0.0.1:2379"},
		DialKeepAliveTime: 10 * time.Second,
	})
	if err != nil {
		log.Print(err)
		return
	}
	defer client.Close()
	orders, customers := etcd.New(client, "/gausskit/orders"), etcd.New(client, "/gausskit/customers")
	defer orders.Close()
	defer customers.Close()
}
