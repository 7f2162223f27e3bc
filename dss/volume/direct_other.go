// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package volume

import "errors"

// openDirect is for Linux only: elsewhere no server of DSS runs.
func openDirect(string) (*directFile, error) { return nil, errors.ErrUnsupported }
