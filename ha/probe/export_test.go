// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"context"

	"github.com/gausskit/gausskit/ha"
)

// Check looks once at a disk that is made of two functions.
func Check(ctx context.Context, cfg DiskConfig, write func(string) error, space func(string) (float64, bool, error)) (ha.ProbeVerdict, string) {
	return disk{cfg: cfg, write: write, space: space}.check(ctx)
}
