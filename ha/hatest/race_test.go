// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package hatest_test

// raceEnabled: the race detector is on.
const raceEnabled = true
