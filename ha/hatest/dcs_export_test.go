// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

// TestDCSLaw is TestDCS for one law, with a limit for each wait.
var TestDCSLaw = testDCS
