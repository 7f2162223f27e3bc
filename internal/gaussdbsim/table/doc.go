// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package table holds the rows of the simulated gaussdb: tables in memory,
// rebuilt from the log, with versions of rows by position in the log, so that a
// reader sees what is replicated as far as it must be, and nothing later.
//
// One transaction writes at a time. Its changes carry the position Writing
// until it commits.
package table
