// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package watchdog is the watchdog of Linux (/dev/watchdog) for ha.Config: a
// device, or the kernel module softdog, that resets the machine unless it is
// fed in time.
//
//	dog, err := watchdog.New(watchdog.Config{}) // /dev/watchdog
//	...
//	ha.Start(ctx, ha.Config{..., Watchdog: dog, WatchdogMode: ha.WatchdogRequired})
//
// The device must belong to this program alone: the kernel lets one process
// open it, so a system manager that feeds the watchdog itself (RuntimeWatchdogSec
// of systemd) has to be given another one. The program needs the right to write
// to the device file.
//
// # What it is set to
//
// Devices count in whole seconds, most from 1. A node asks for about half of
// what a renewal of its lease gives: with the default TTL of 5 s it gets 2 s. A
// TTL below about 2 s leaves no time for a watchdog; arming fails then.
//
// # A device that cannot be stopped
//
// With the kernel's or the driver's "nowayout" a device that was once opened
// runs until the machine is reset. [Device.Disarm] then goes on feeding it, on a
// goroutine that ends with the next Arm or with [Device.Close]: a standby's
// machine is reset when its manager dies or freezes, and so is every machine
// whose manager ends. Leave nowayout off unless that is wanted.
//
// # Other systems
//
// The package compiles everywhere; where it knows no device New returns
// [ErrUnsupported].
package watchdog
