// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin && !freebsd

package probe

// freeSpace cannot be learned on this system.
func freeSpace(string) (percent float64, ok bool, err error) { return 0, false, nil }
