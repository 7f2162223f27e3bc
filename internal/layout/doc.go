// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package layout checks that the source tree keeps its architecture: import
// arrows, purity of the deciding files, no hidden state, sizes, documentation.
//
// [Load] parses the tree once; each rule is a function from parsed files to
// findings, and a [Finding] says where, what, and what to do instead. The rules
// know nothing of this repository: the arrows and the list of pure files stand
// in layout_test.go in the root, where a newcomer finds them.
//
// The rules judge what exists. They look at syntax, and at names with the help
// of go/types, which copes with imports it cannot see; only [Deps] asks the go
// command.
package layout
