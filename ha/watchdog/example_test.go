// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog_test

import (
	"fmt"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/watchdog"
)

// A node that may be primary only with the machine's second watchdog armed.
func ExampleNew() {
	cfg := ha.Config{Cluster: "orders", Name: "m1", WatchdogMode: ha.WatchdogRequired}
	dog, err := watchdog.New(watchdog.Config{Path: "/dev/watchdog1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg.Watchdog = dog
	fmt.Println("watchdog", cfg.WatchdogMode)
	// Output: watchdog required
}
