// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// Three simulated members; the primary crashes while an application writes.
func Example() {
	if err := crash(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// another member acknowledges rows
	// 0 rows lost
}

func crash() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	dir, err := testbed.MakeDir("testbed", true)
	if err != nil {
		return err
	}
	began := time.Now()
	cluster, err := testbed.Open(ctx, testbed.Config{
		Name: "example", Dir: dir, Members: []ha.MemberID{"m1", "m2", "m3"},
		Settings: ha.Settings{TTL: 2 * time.Second, Durability: ha.Durability{K: 1}},
		Now:      func() time.Duration { return time.Since(began) },
	})
	defer func() { err = errors.Join(err, cluster.Close()) }()
	if err != nil {
		return err
	}
	for _, m := range cluster.Members {
		if err := m.Start(ctx); err != nil {
			return err
		}
	}
	client, err := cluster.Client()
	if err != nil {
		return err
	}
	ledger := testbed.NewLedger()
	app := &testbed.Writer{To: client, Ledger: ledger, Pace: time.Millisecond, Rest: 10 * time.Millisecond, Limit: time.Second}
	writing, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	group.Go(func() { app.Write(writing) })
	defer group.Wait()
	defer stop()

	if err := errors.Join(app.AwaitWrite(ctx), cluster.Settle(ctx)); err != nil {
		return err
	}
	old := cluster.Status.Get().Primary
	if err := errors.Join(cluster.Member(old).Crash(), app.AwaitWrite(ctx)); err != nil {
		return err
	}
	acks := ledger.Snapshot()
	last := acks[len(acks)-1].Member
	if last != old {
		fmt.Println("another member acknowledges rows")
	}
	rows, err := cluster.Member(last).Rows(ctx)
	fmt.Println(len(ledger.Compare(acks, rows)), "rows lost")
	return err
}
