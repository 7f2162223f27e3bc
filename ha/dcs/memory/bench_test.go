// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package memory_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/memory"
)

// BenchmarkCommitAndDeliver is one change in one cluster, delivered to its three
// watches, while other clusters exist: the time must not grow with their number.
func BenchmarkCommitAndDeliver(b *testing.B) {
	for _, clusters := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("watches=%d", 3*clusters), func(b *testing.B) {
			s := memory.New()
			var heap runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&heap)
			before := heap.HeapAlloc
			var mine []<-chan dcs.Update
			for c := range clusters {
				for range 3 {
					ch := s.Watch(b.Context(), fmt.Sprintf("c%04d/", c))
					if <-ch; c == 0 {
						mine = append(mine, ch)
					}
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&heap)
			txn := dcs.Txn{Then: []dcs.Op{{Key: "c0000/members/m1", Value: []byte("status")}}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Commit(b.Context(), txn); err != nil {
					b.Fatal(err)
				}
				for _, ch := range mine {
					<-ch
				}
			}
			b.ReportMetric(float64(heap.HeapAlloc-before)/float64(3*clusters), "B/watch")
		})
	}
}
