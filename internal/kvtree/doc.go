// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package kvtree is the deterministic heart of a coordination store: a sorted
// map of keys with revisions, transactions and leases that behaves as package
// dcs demands.
//
// A [Tree] has no goroutine, clock or randomness, and no result depends on the
// order of a Go map: the same calls give the same answers, bit for bit. Time is
// a duration since any fixed moment, passed in by the caller; it is never negative
// and never goes back. The simulator runs a Tree in virtual time, dcs/memory in real time.
//
// Promised: everything that dcs.Store promises of Load, Commit, Grant,
// KeepAlive and Revoke; leases end at multiples of [Options].Sweep, never
// early. Loads of the same prefix share one slice until an entry below it
// changes.
//
// Not promised: safety for several goroutines.
package kvtree
