// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package datadir is the data directory of the simulated gaussdb as its files:
// what the server, gs_ctl, gs_guc and gs_initdb tell each other by them. Names,
// sizes and contents are those of a real one where a tool or a manager reads
// them; the rest is left out.
package datadir
