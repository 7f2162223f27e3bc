// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package conf

import (
	"context"
	"errors"

	"github.com/gausskit/gausskit/internal/atomicfile"
)

// openGauss runs on Linux only; elsewhere files can be read, not changed.

func lock(context.Context, string, atomicfile.Owner) (func() error, error) {
	return nil, errors.ErrUnsupported
}

func isAlive(string) bool { return false }
