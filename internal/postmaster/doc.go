// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package postmaster has what engines of databases share that are run by a
// postmaster and its processes in one data directory: who works there, waiting
// for the end of a process, one operation at a time with a stop that pushes in
// front, and the claim on a directory.
package postmaster
