// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"time"
)

// sample is one repetition.
type sample struct {
	gap   time.Duration
	taken bool // another member is primary now
	lost  int  // acknowledged rows that are not there
	two   int  // rows that a server acknowledged after another member's had
	stuck bool // the cluster did not become whole by itself
}

// cell is all repetitions of a fault in a mode.
type cell struct {
	fault fault
	mode  mode
	gaps  []time.Duration // in the order in which they were measured
	taken int
	lost  int
	two   int
	stuck int
}

func (c *cell) add(s sample) {
	c.gaps = append(c.gaps, s.gap)
	if s.taken {
		c.taken++
	}
	if s.stuck {
		c.stuck++
	}
	c.lost += s.lost
	c.two += s.two
}

// spread is how gaps are distributed.
type spread struct{ min, median, p90, max time.Duration }

// spreadOf needs at least one gap. The median of an even number is the mean of
// the two in the middle; the 90th percentile is the smallest gap that nine in
// ten do not exceed.
func spreadOf(gaps []time.Duration) spread {
	s := slices.Sorted(slices.Values(gaps))
	n := len(s)
	return spread{
		min: s[0], max: s[n-1],
		median: (s[(n-1)/2] + s[n/2]) / 2,
		p90:    s[(9*n+9)/10-1],
	}
}
