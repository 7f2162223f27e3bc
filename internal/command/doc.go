// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package command runs the programs of a database: with nothing inherited from
// the environment, as another user when this process is root, in a process
// group of its own so that all of it ends with the context, and so that on
// Linux it ends when this process dies.
//
// Secrets do not belong in arguments: every user of the machine can read them.
package command
