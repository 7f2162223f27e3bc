// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package filelock

import (
	"errors"
	"os"
)

// Try refuses: servers run on Linux only.
func Try(*os.File) error { return errors.ErrUnsupported }
