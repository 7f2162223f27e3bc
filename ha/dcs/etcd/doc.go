// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package etcd keeps the state of clusters in etcd 3.4 or later.
//
// [Open] connects with a [Config] and owns the connection. [New] uses a client
// that the program has already, so that many clusters share one: each has a
// store of its own with a prefix of its own, and closing a store leaves the
// client alone.
//
// # Why not etcd's own helpers
//
// The adapter makes leases and transactions itself. The helpers in
// client/v3/concurrency (Session, Election, Mutex) are not used, because a
// fence must not be built on them:
//
//   - issue 19597: Campaign goes on waiting after its session has ended, and
//     may then report success although no key of it is in the store;
//   - issue 22123: Resign forgets that it leads although its request failed, and
//     the next Resign says that all is well while the key is still there;
//   - issue 22082: a repeated Unlock deletes the lock of a later holder;
//   - issue 17623: a Campaign that has waited longer than the auth token lives
//     fails with the token;
//   - Session.Done counts the lease from the arrival of the reply and looks at
//     it once a second, so it may fire after the store has let the key go.
//
// Whoever holds a lease of this package counts it from the moment before the
// call of Grant or KeepAlive that succeeded last, on the monotonic clock.
//
// # What is uncertain
//
// A request may be carried out although no answer came. [dcs.Uncertain] is true
// exactly then: the request was handed to a connection, and its answer was lost
// or does not exclude that it happened. It is false for a request that found no
// connection, and for answers with which etcd refuses (no leader, no space, too
// many requests). etcd's client sends a transaction again when a server says
// that a deadline has passed; here it is never sent again, since the second one
// could report a conflict with the first.
//
// # Cost
//
// KeepAlive sends one message on a stream that stays open: one small message
// each way for each renewal. etcd's KeepAliveOnce opens a stream for each
// renewal, and with user and password it authenticates for each as well. A
// watch is one stream, on which it sends one small message when it has heard
// nothing for three seconds. A member that is idle, with one lease of five
// seconds, makes 0.93 requests a second.
//
// # Not promised
//
// A request to a machine that has vanished waits until its context ends, or,
// with a client that [Open] made, until the machine has acknowledged nothing
// for two seconds; then another member of etcd is asked. A watch moves to
// another member when its own has been silent for five seconds. The caller
// gives each KeepAlive a context that leaves time for another one.
//
// Servers before 3.4.31, 3.5.13 and 3.6.0 can end leases early when a leader is
// stuck (issue 15247); use these or later ones. A lease of less than etcd's
// shortest (1.5 times the election time-out, rounded up to seconds: 2 s by
// default) is lengthened by the server.
package etcd
