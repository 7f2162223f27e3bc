// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "slices"

// missing returns the numbers in want that are not in have. Both are sorted.
func missing(want, have []int64) []int64 {
	var out []int64
	for _, n := range want {
		for len(have) > 0 && have[0] < n {
			have = have[1:]
		}
		if len(have) == 0 || have[0] != n {
			out = append(out, n)
		}
	}
	return out
}

// ledger keeps account of acknowledged rows that are gone.
type ledger struct{ lost []int64 } // sorted

// check returns how many acknowledged rows are missing that were there at the
// last check. acked must have been taken before rows was read.
func (l *ledger) check(acked, rows []int64) (lost int) {
	gone := missing(acked, rows)
	lost = len(missing(gone, l.lost))
	l.lost = append(l.lost, missing(gone, l.lost)...)
	slices.Sort(l.lost)
	return lost
}
