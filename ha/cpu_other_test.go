// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package ha_test

import (
	"testing"
	"time"
)

// cpuTime cannot be read here; the benchmark is skipped.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	tb.Skip("the processor time of a process cannot be read on this system")
	return 0
}
