// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package opengauss reads what openGauss and its tools say, as typed values.
//
// Nothing here runs a program, opens a connection or touches a file: every
// reader takes text or bytes and gives a value, and every value writes itself
// back in openGauss's form, byte for byte.
//
//   - [ParseQuery], [ParseBuildQuery]: "gs_ctl query" and "gs_ctl querybuild".
//   - [ReadResult], [ReadGuc]: what came of a run of gs_ctl or gs_guc. Their
//     exit codes lie: a switchover that ran out of time exits 0.
//   - [ParseStateFile], [ParseReformPage], [ParseControlData]: gaussdb.state,
//     the reform page of the control file, "pg_controldata".
//   - [ParseClusterStatus]: the tables of "cm_ctl query" and "gs_om -t status".
//   - [ReadHAState], [ReadSender], [ReadReceiver], [ReadPaxos]: the same
//     records as rows of the server's views.
//
// # What it promises
//
// What others decide by is read strictly: a role that is none, a cut answer, a
// position that is no LSN is an error that wraps [ErrFormat], never a zero
// value. What a later release may add is kept: fields in Extra, words in types
// whose IsKnown says so, other lines in Log.
//
// # What it does not promise
//
// An answer is what was said, not what is. [Query.IsLive] tells an answer of
// the server from one that gs_ctl took from a file that can be hours old. A
// result that is [Done] is what the tool believes: ask for the role again.
//
// All texts are those of LC_ALL=C; run the tools so.
package opengauss
