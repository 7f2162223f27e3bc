// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Command quickstart shows the main job of gausskit in one terminal: three
// databases survive everything that is done to them.
//
//	go run -C examples ./quickstart
//
// It starts an etcd inside this program and three members, each run by a node
// of package ha. Where PostgreSQL's server programs are installed the members
// are real servers, each with its node in a process of its own, so that kill -9
// is what it says; elsewhere they are simulated servers in this program. With
// -engine opengauss they are servers of the openGauss that GAUSSHOME names; where
// it is not set, of the simulated gaussdb, which is built with the go command,
// inside a clone of the project, and is real processes, too. A
// writer inserts numbered rows all the time and remembers which ones were
// acknowledged, while a watcher asks all servers many times a second whether
// they accept writes. Then:
//
//  1. a primary is elected
//  2. a planned switchover to a named standby
//  3. SIGSTOP of the primary's manager for longer than its lease lasts: writes
//     go on (quorum mode)
//  4. etcd is stopped for a while: writes go on, nobody becomes primary, and
//     each member says since when the store is away (quorum mode)
//  5. kill -9 of the primary's server
//  6. kill -9 of the primary's server and its manager together
//  7. the old primary comes back and is rejoined
//  8. a pause, in which nothing automatic happens
//  9. the end of the pause
//  10. all members are compared
//
// It ends with a table and exits with 0 only if every step succeeded, within
// the bound that the settings promise, no two members acknowledged, and no write
// was lost that the durability protects. It exits with 1 if not, with 2 after a
// wrong flag, with 130 after an interrupt; in all cases it leaves no process and
// no file behind, unless -keep asks for the files.
//
// # Two primaries
//
// For each member there is one more client that writes to it and to nobody else,
// as one that was forgotten would. A row that a member acknowledges after its
// successor has acknowledged one is a failure in both modes. In quorum mode
// (-mode quorum, the default) two members may be writable for a moment, because
// only one of them gets confirmations from the standbys; so that is counted
// only. In lease mode (-mode lease) it is a failure, too.
//
// # Where to start reading
//
// walk.go is the story, outage.go what writes survive in quorum mode. What a
// manager program looks like, an engine, a store, ha.Start, is in manager.go of
// internal/etcdtest/testbed, which starts, kills and watches the members;
// timeline.go and table.go print.
package main
