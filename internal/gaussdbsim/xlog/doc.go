// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package xlog is the write-ahead log of the simulated gaussdb: one file of
// records with positions, terms and a chain of hashes, written before anything
// else and read back after a crash.
//
// A position (LSN) is that of the byte behind a record, as in openGauss. The
// chain says whether two logs are the same up to a position: two servers that
// have the same chain there have the same records.
package xlog
