// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package hatest is for the tests of programs, engines, stores and policies
// that work with package ha.
//
//   - [Cluster] is a whole cluster in virtual time and one goroutine: crash it,
//     cut its network, delay its disks, give it orders, and see what it does.
//     Each manager in it decides with ha.Decide; all else is a model.
//   - [RunSeed], [RunSchedule] and [Play] run random faults, given faults, and
//     scripts, and check the rules of package ha after every event. A seed that
//     breaks one is shrunk and tells its story, see [Explain].
//   - [TestDCS] and [TestEngine] are the contracts of a store and of an engine
//     as suites that anyone can run.
//   - [Servers] are simulated database servers in real time, for running real
//     nodes without a database.
//
// The rules that are checked: no two servers accept writes at once, and none
// without the grant and a lease that has not ended (R1); a term is given once
// (R2); nobody is promoted who has not just read that it holds the grant (R3),
// or in an older term (R4); what standbys confirmed is never lost, and what is
// lost of the rest is within the limit and on record; a switchover loses
// nothing; data of another database is left alone, unless it is new and nobody
// can have written to it; a pause and the never-promote tag are heeded; cascade
// standbys confirm nothing (C1), never feed themselves in a circle (C2), have no
// voice (C3), are promoted only when that is allowed (C4), and are fed (C6); when
// all faults have
// ended the cluster is whole again within a bound; decisions are deterministic,
// keep to the duties of their state and to the table of transitions, and do not
// spin.
//
// Promised: the same options and commands give the same story, to the byte.
//
// Assumed: clocks run at most one percent too fast or too slow; an immediate
// stop of a server that does not hang ends within a fifth of a second; a
// watchdog fires when a manager is dead or frozen, unless [Options] says that
// there is none.
//
// Not modelled: disks that lie about a flush, two managers under one name, two
// servers that choose the same timeline, members whose tags change, machines
// whose clocks stand still while they are suspended.
package hatest
