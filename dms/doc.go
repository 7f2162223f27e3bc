// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package dms reads, writes and checks what has to do with DMS, the layer that
// lets several instances of openGauss work on one shared storage: the
// interconnect URL, the parameters ss_..., the facts of a reform, error
// numbers. Values in, values out: it opens no file and no connection, and
// imports the standard library only.
//
// # The interconnect URL
//
// Parameter ss_interconnect_url, and gs_initdb's option --dms_url, list every
// instance with its address, the same text on every instance:
//
//	0:192.168.0.21:1611,1:192.168.0.22:1611
//
// [Parse] reads it strictly and reports all problems at once, each with entry,
// part, offset and reason. [URL.Check] holds the rules between entries. The
// server is lenient where it should not be: it takes the first character of an
// entry for the id, so that 10 is instance 1; it opens port 4464 for 70000; it
// writes past a table when there are more than nine instances. [ParseServer]
// reads a text as the server of a release does, and [Lint] lists where the two
// readings differ and what the value meets in gs_initdb and configuration files.
//
// # Parameters
//
// [Params] describes every parameter in a release: type, unit, range, default,
// whether a change needs a restart, whether it must be equal on all nodes, and
// whether configuration sync copies it from the primary. A name that the
// release does not know keeps a server from starting; [Settings.Check] says in
// which releases it is known. A [Mesh] makes the settings of all members of a
// cluster, [Rebuild] goes the other way and lists the contradictions.
//
// # Reform
//
// A reform is DMS's change of membership or primary. Its roles, states, types
// and steps are enumerations with texts: [Role], [Status], [ReformType],
// [Phase], [Step]. Three sources say what happened:
//   - the control file on the shared volume, without any server: [ReadControl];
//   - SQL: [NodeReformQuery] and the other queries, each with the reader of its
//     rows. They work on any driver: all columns are text, none is NULL;
//   - what the library says of itself, by SQL or as JSON: [ParseInfo],
//     [ParseInfoJSON], and its log: [ParseJudgement].
//
// # Errors
//
// [Code] names DMS's error numbers. It is an error itself, for [errors.Is];
// [ParseError] reads the text that the library keeps with a number.
//
// # What makes sense outside of the database, and what does not
//
// libdms is the engine inside of a database process, not a client library.
// There is no protocol by which another program could ask or command a running
// instance through it: every call acts on the process that makes it. So:
//
//   - To know who is primary and who is member, read the control file, ask with
//     SQL, or look at the owner of CM's lock. Do not load the library.
//   - To switch over, use gs_ctl or CM: DMS makes the holder of CM's lock
//     primary at the next reform. Calling the library's dms_switchover in
//     another process never returns.
//   - Never initialise the library next to a live cluster: it joins under an
//     instance id, takes part in reforms and owns pages, and has no data behind
//     it.
//   - What of the library works without a database: its version, the texts of
//     its errors, and the estimate of its memory. A binding of these is not in
//     this package.
//
// # What it does not know
//
// It does not know whether an address belongs to a machine, a volume group
// exists, or certificates are there. The tables were read from the sources of
// openGauss-server 3.1.1 to 7.0.0-RC2 and of DMS with version number 179;
// vendors' builds may differ.
package dms
