// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package dcs says what package ha needs from a coordination store: a small,
// linearizable map of keys whose entries can be bound to leases.
//
// The contract is [Store]; the words of its methods are law, and
// hatest.TestDCS checks them on any implementation. Two come with the SDK:
// dcs/memory for tests and single programs, dcs/etcd for real clusters.
//
// Promised by a Store: reads and transactions are linearizable; a transaction
// happens whole or not at all; a lease never ends before its time to live has
// passed since the store received the last renewal, unless it is revoked.
//
// Not promised: that an entry bound to a lease disappears at once when the
// lease ends (etcd looks twice a second), that a watch delivers each
// intermediate value, and that a request that failed did not happen: see
// [Uncertain].
package dcs
