// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package testbed is a cluster of real processes for tests and demonstrations:
// members that can be killed and frozen, an etcd that can be stopped, a network
// that can be broken between any two of them, writers that remember what was
// acknowledged, and judges that find what was lost.
//
// # Parts
//
//   - [Cluster]: etcd, network, members, and what the cluster's records say.
//     [Open] starts all but the members; Close leaves no process and no file.
//   - [Real]: a member whose manager is this program once more, as a process
//     of its own, beside a server of PostgreSQL or openGauss, or the simulated
//     gaussdb. [Simulated]: a member inside
//     this program, for machines without any. Both are a [Member].
//   - [Network]: a proxy for each pair of parties; connections are cut, silent,
//     silent in one direction, or slow.
//   - [Writer] and [Client]: an application that inserts numbered rows. [Ledger]
//     keeps what was acknowledged, by whom and when; [Gaps] the time in between.
//   - [Watcher]: asks all servers all the time whether they accept writes.
//
// # A program that uses it
//
// A manager is the program itself, started with a variable in its environment;
// so main begins with
//
//	if testbed.IsManager() {
//		os.Exit(testbed.ManagerMain(os.Stdin, os.Stdout, os.Stderr))
//	}
//
// and so does TestMain of its tests. What a manager program does, an engine, a
// store, ha.Start, is in manager.go.
//
// # Promised
//
// A member's manager that loses its testbed, by kill -9 of that, kills its
// server and removes the directory. What two judges say is certain, not likely:
// an answer holds for some moment between question and reply, and no more than
// that is used.
//
// # Not promised
//
// A broken network between members of openGauss: its servers derive the port
// that standbys connect to, so no proxy fits in between; clients and etcd have
// theirs.
//
// Durability against a crash of the machine: fsync is off where the caller says
// so. Freezing servers, and killing their children with them, needs Linux.
package testbed
