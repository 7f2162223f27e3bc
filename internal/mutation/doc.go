// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package mutation plants bugs in the role machine, one at a time, so that a
// test can show that the simulation catches each of them.
//
// A [Mutation] replaces a text of one source file by another. Nothing is
// written into the tree: the faulty source stands in a directory of its own
// and is compiled with the overlay of the go command. The package needs no
// hooks in what it breaks.
//
// [Holes] says what other managers have got wrong, and which planted bugs, or
// which reasons, stand for each.
//
// Promised: a mutation whose old text is not found exactly once is an error,
// so that the list cannot fall behind the source. Not promised: that a
// mutation compiles; the test finds out.
package mutation
