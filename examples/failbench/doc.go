// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Command failbench measures how long writes stand still when something breaks.
//
//	go run -C examples ./failbench -n 10 -ttl 5s
//
// For each mode it starts a cluster of its own, three PostgreSQL servers with
// their managers and an etcd, and an application that inserts numbered rows all
// the time. Then it breaks one thing after another, each n times, always at the
// primary and at a random moment of the managers' rhythm:
//
//	kill-server     kill -9 of the server
//	kill-manager    kill -9 of the manager
//	kill-node       kill -9 of both; connections become silent, none is reset
//	freeze-manager  SIGSTOP of the manager
//	freeze-node     SIGSTOP of both
//	stop-etcd       etcd is away for -hold
//	switchover      a planned one, to whoever is best
//	nothing         not by default: what the machine itself does to writes
//
// What was killed is started again, and what was frozen goes on, two seconds
// after another member serves, or when -hold is over and nobody else does. Then
// the cluster must become whole by itself.
//
// # What is measured
//
// The write gap: the longest time between two acknowledgements from the fault
// until the cluster is whole again. The application does what a good one does:
// it gives a write half a second, then looks for the primary at all members at
// once, a hundred times a second. So it is the cluster that is measured, and
// not a slow client. A gap of a few milliseconds means that nobody noticed.
//
// Every row that was acknowledged is looked for after each repetition, and each
// member has a client that stays with it, as a forgotten client of a former
// primary would; a row that a server acknowledges after another member's has is
// counted under "two". Lease mode makes no promise for a manager that is killed
// or frozen (package comment of ha); quorum mode does.
//
// # Patroni
//
// With -patroni the same faults are done to Patroni with the same PostgreSQL
// and the same etcd, with its defaults (patroni) and with the shortest times
// that its manual allows (patroni-fast), both with synchronous_mode.
//
// An interrupt clears everything up and prints what was measured before. After
// kill -9 of failbench itself gausskit's managers notice and clear up;
// Patroni's go on.
//
// # Where to start reading
//
// bench.go is a repetition; faults.go is what is done; client.go is the
// application; gausskit.go and patroni.go are the two kinds of clusters;
// report.go prints. Members and judges are those of internal/etcdtest/testbed.
package main
