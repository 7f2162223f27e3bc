// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"os"
	"path/filepath"

	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
)

// lockConf takes the lock that gs_guc takes. The real server ignores a reload
// when it finds it held.
func lockConf(path string) (*os.File, error) {
	return datadir.Lock(filepath.Clean(path) + ".lock")
}
