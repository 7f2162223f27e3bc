// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package tools is the programs gs_ctl, gs_guc, gs_initdb and pg_controldata of
// the simulated openGauss. They print what the real ones of release 7.0 print,
// but for the chatter of the alarm module and of the server that gs_ctl starts,
// and exit as they do, also where that misleads.
package tools
