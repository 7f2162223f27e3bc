// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package memory is a coordination store inside one program: for tests, for
// demonstrations, and for clusters whose members all run in one process.
//
// Promised: the whole contract of dcs.Store. Leases end when their time is up,
// on the monotonic clock. A change wakes only the watches whose prefix it
// touches; a watch costs no goroutine, and watches of one prefix share their
// snapshots.
//
// Not promised: anything after the program ends. A store that lives in the
// process it is to guard guards nothing: use dcs/etcd for real clusters.
package memory
