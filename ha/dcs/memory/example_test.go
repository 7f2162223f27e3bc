// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package memory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/memory"
)

// Two members want the grant; the second is told that it is taken.
func Example() {
	ctx := context.Background()
	store := memory.New()
	defer store.Close()

	for _, member := range []string{"m1", "m2"} {
		lease, err := store.Grant(ctx, 5*time.Second)
		if err != nil {
			fmt.Println(err)
			return
		}
		_, err = store.Commit(ctx, dcs.Txn{
			If:   []dcs.Cond{{Key: "c1/grant"}}, // only if nobody has it
			Then: []dcs.Op{{Key: "c1/grant", Value: []byte(member), Lease: lease}},
		})
		fmt.Println(member, "conflict:", errors.Is(err, dcs.ErrConflict))
	}

	snapshot, err := store.Load(ctx, "c1/")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range snapshot.Entries {
		fmt.Printf("%s = %s\n", e.Key, e.Value)
	}
	// Output:
	// m1 conflict: false
	// m2 conflict: true
	// c1/grant = m1
}

// A watch begins with what is there and then follows the changes.
func ExampleStore_Watch() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	store := memory.New()
	updates := store.Watch(ctx, "c1/")
	fmt.Println(len((<-updates).Snapshot.Entries), "entries")
	if _, err := store.Commit(ctx, dcs.Txn{Then: []dcs.Op{{Key: "c1/config", Value: []byte("ttl: 5s")}}}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len((<-updates).Snapshot.Entries), "entries")
	// Output:
	// 0 entries
	// 1 entries
}
