// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// openDirect opens a device for reading past the page cache. The error wraps
// [errors.ErrUnsupported] if it cannot be read so.
func openDirect(name string) (*directFile, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_DIRECT, 0)
	if errors.Is(err, syscall.EINVAL) {
		return nil, fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	if err != nil {
		return nil, err
	}
	return newDirectFile(f), nil
}
