// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package server

import (
	"errors"
	"os"
)

// takeOver needs Linux, as the simulated server does.
func takeOver(*os.File) error { return errors.New("the simulated gaussdb runs on Linux only") }
