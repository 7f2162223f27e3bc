// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package server is the process gaussdb of the simulated openGauss.
//
// One goroutine, the postmaster, changes the role of the server: it takes
// signals, requests and what senders and receivers report, one after the other.
// Every connection has a goroutine of its own; all of them end before Run
// returns.
//
// What is on disk: the log (package xlog) and the files of package datadir. The
// tables (package table) are in memory and are rebuilt from the log.
package server
