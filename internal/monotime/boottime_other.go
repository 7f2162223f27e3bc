// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package monotime

import "time"

// boottime: elsewhere Go's clock has to do.
func boottime() (time.Duration, bool) { return 0, false }
