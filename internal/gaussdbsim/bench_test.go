// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gaussdbsim_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

// BenchmarkCommit is one row per transaction, confirmed when a standby has it
// on disk.
func BenchmarkCommit(b *testing.B) {
	for name, more := range map[string]string{"alone": "synchronous_commit = local", "standby": "synchronous_standby_names = 'ANY 1 (*)'"} {
		b.Run(name, func(b *testing.B) {
			primary := cluster(b, 2, more)[0]
			var next atomic.Int64
			b.SetParallelism(2)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				conn, err := pgx.Connect(b.Context(), "host='"+primary.dir+"' port="+primary.portText()+" user="+owner+" dbname=postgres sslmode=disable")
				if err != nil {
					b.Error(err)
					return
				}
				defer conn.Close(context.Background())
				for pb.Next() {
					if _, err := conn.Exec(b.Context(), "insert into t values ($1, 'x')", next.Add(1)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
