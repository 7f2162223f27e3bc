// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package monotime_test

import (
	"fmt"
	"testing"

	"github.com/gausskit/gausskit/internal/monotime"
)

func TestNeverGoesBack(t *testing.T) {
	c := monotime.Start()
	last := c.Since()
	for range 100_000 {
		now := c.Since()
		if now < last {
			t.Fatalf("went back from %v to %v", last, now)
		}
		last = now
	}
	if last <= 0 {
		t.Fatalf("stands still at %v", last)
	}
}

func BenchmarkSince(b *testing.B) {
	c := monotime.Start()
	for b.Loop() {
		c.Since()
	}
}

func Example() {
	c := monotime.Start()
	fmt.Println(c.Since() >= 0)
	// Output: true
}
