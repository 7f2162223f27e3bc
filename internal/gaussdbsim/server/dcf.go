// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
)

var errDemoted = errors.New("exit postmaster when demoting")

type consensus struct{}

func newConsensus(*Server) (*consensus, error) {
	return nil, errors.New("enable_dcf is not supported by the simulated server")
}
func (*consensus) committedAtStart() uint64         { return 0 }
func (*consensus) start(opengauss.ServerMode) error { return nil }
func (*consensus) requests() bool                   { return false }
func (*consensus) close()                           {}
func (*consensus) receiverRow() [][]any             { return nil }
func paxosInfo(e *env, _ []any) ([][]any, error) {
	return nil, sql.Errorf("XX000", "dcf is not enabled")
}
