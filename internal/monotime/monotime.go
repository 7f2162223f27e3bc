// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package monotime reads a clock that never goes back, never jumps with the
// wall clock, and goes on while the machine sleeps.
//
// Go's own monotonic reading stops while a machine is suspended (it is
// CLOCK_MONOTONIC on Linux). A lease does not: a primary on a virtual machine
// that was paused for a minute would believe in a lease that ended long ago.
package monotime

import "time"

// Clock measures time since it was made.
type Clock struct {
	start time.Time
	boot  time.Duration
}

// Start returns a clock that begins now.
func Start() Clock {
	b, _ := boottime()
	return Clock{start: time.Now(), boot: b}
}

// Since returns how long ago the clock was started: by Go's clock, or by the
// system's that counts sleep, whichever says more.
func (c Clock) Since() time.Duration {
	d := time.Since(c.start)
	if b, ok := boottime(); ok {
		d = max(d, b-c.boot)
	}
	return d
}
