// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Command torture does everything to three real PostgreSQL servers that may
// happen to them, for as long as it is told to, and looks whether package ha
// keeps its promises.
//
//	go run -C internal/etcdtest ./torture -duration 10m -seed 7
//
// Three members, each a manager in a process of its own and a server, agree
// through an etcd inside this program. Every connection between two parties
// (members, etcd, clients) goes through a proxy of that pair. An application
// writes numbered rows through whoever accepts them; three more clients each
// stay with one member, as a forgotten client of a former primary would. All
// acknowledgements go into a ledger. A watcher asks the three servers hundreds
// of times a second, beside the network, whether they accept writes.
//
// Then come faults, in rounds of one to three, drawn from the seed: kill -9 and
// freezing (SIGSTOP) of server, manager and both; connections cut, silent, slow
// or silent in one direction; a member isolated; a machine that vanishes; etcd
// stopped and started; switchovers requested; members restarted. After each
// round the application must be served again, and after most of them the
// cluster must become whole by itself and every acknowledged row be there.
//
// # Calm
//
// With -calm nothing is broken, and nobody may be elected. The settings are
// those of ha.Balanced. For a minute each packet on each connection is lost with
// probability 0.2; then every part pauses for 1.5 s, one at a time, in an order
// that the seed decides: server, manager and both of each member (SIGSTOP), the
// network of each member, of etcd and of the application, and all of it; and so
// on until the time is over. A term that ends is a failure, whatever the reason.
// Proxies cannot lose packets of a stream: etcdtest.Proxy.Lose says what they do
// instead, and why that is no kinder.
//
// # What is judged
//
//   - No acknowledged row is lost: Durability.K is 1.
//   - In lease mode: no two servers accept writes at the same time, by the
//     watcher's certain knowledge. In quorum mode (-mode quorum) a former
//     primary may, as long as it acknowledges nothing; so that is counted, and
//     not judged.
//   - No server acknowledges a row after another member's has.
//   - In quorum mode: registers that are read and written through whoever is
//     primary, and through those who no longer are, are linearizable, as porcupine
//     finds (github.com/anishathalye/porcupine), for reads that ask for it: they
//     commit, and so wait for the synchronous standbys, as writes do. A plain
//     SELECT on a former primary may see an old value. Operations without an
//     answer may have happened or not. What is wrong is shown in register-N.html
//     beside the logs.
//   - Whatever was done, in the end all three hold the same rows.
//   - No manager ends by itself.
//
// # The hole of lease mode
//
// Lease mode assumes that a node runs as long as its server is writable
// (package comment of ha). Killing or freezing a manager alone breaks the
// assumption, and so does freezing a whole machine for longer than its lease:
// when it thaws, its server runs before its manager has stopped it. What
// happens then is counted apart, and so narrowly that it cannot excuse anything
// else: only from the moment at which the lease may have ended, only while the
// manager was away or had just come back, and only for its own server.
//
// In the hole two servers are writable, and also synchronous replication does
// not protect what the former primary acknowledges: a standby that has told its
// last position for the election goes on receiving, and confirming, from the
// former primary until it follows the new one. TestHoleOfLeaseMode shows both.
//
// # Where to start reading
//
// run.go is the story; faults.go and inflict.go are what is done; duties.go,
// register.go and result.go judge. Members, network, writers and watcher are those of package
// testbed.
package main
