// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"testing"

	"github.com/gausskit/gausskit/ha/hatest"
)

func TestEngineKeepsTheContract(t *testing.T) {
	needPostgres(t)
	hatest.TestEngine(t, newCluster)
}
