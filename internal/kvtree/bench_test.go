// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package kvtree_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/internal/kvtree"
)

// fill puts 15 keys of each cluster into a tree.
func fill(b *testing.B, clusters int) *kvtree.Tree {
	tree := kvtree.New(kvtree.Options{Sweep: 500 * time.Millisecond})
	for c := range clusters {
		for k := range 15 {
			txn := dcs.Txn{Then: []dcs.Op{put(fmt.Sprintf("c%04d/members/m%02d", c, k), "status of a member, about this long")}}
			if _, err := tree.Commit(txn, 0); err != nil {
				b.Fatal(err)
			}
		}
		tree.Load(fmt.Sprintf("c%04d/", c))
	}
	return tree
}

func BenchmarkLoadUnchanged(b *testing.B) {
	tree := fill(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		tree.Load("c0000/")
	}
}

// BenchmarkPutAndLoad is one change in a cluster of 15 keys and the look at it.
func BenchmarkPutAndLoad(b *testing.B) {
	for _, clusters := range []int{1, 1000} {
		b.Run(fmt.Sprintf("clusters=%d", clusters), func(b *testing.B) {
			tree := fill(b, clusters)
			txn := dcs.Txn{Then: []dcs.Op{put("c0000/members/m07", "status of a member, about this long")}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tree.Commit(txn, 0); err != nil {
					b.Fatal(err)
				}
				tree.Load("c0000/")
			}
		})
	}
}

func BenchmarkKeepAlive(b *testing.B) {
	tree := kvtree.New(kvtree.Options{})
	var ids []dcs.LeaseID
	for range 3000 {
		id, err := tree.Grant(5*time.Second, 0)
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, id)
	}
	b.ReportAllocs()
	now, i := time.Duration(0), 0
	for b.Loop() {
		now += time.Microsecond
		if err := tree.KeepAlive(ids[i%len(ids)], now); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
