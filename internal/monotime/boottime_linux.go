// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package monotime

import (
	"syscall"
	"time"
	"unsafe"
)

const clockBoottime = 7 // CLOCK_BOOTTIME, linux/time.h

// boottime reads the clock that goes on while the machine sleeps.
func boottime() (time.Duration, bool) {
	var ts syscall.Timespec
	// Raw: it does not block, and it is asked several times for each decision.
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockBoottime, uintptr(unsafe.Pointer(&ts)), 0)
	return time.Duration(ts.Nano()), errno == 0
}
