// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"testing"

	"github.com/gausskit/gausskit/ha/hatest"
)

// BenchmarkSeed is one random cluster with its schedule of faults, from start
// to recovery.
func BenchmarkSeed(b *testing.B) {
	seed := uint64(0)
	for b.Loop() {
		seed++
		if r := hatest.RunSeed(seed, 0); r.Broken != nil {
			b.Fatal(r.String())
		}
	}
}
