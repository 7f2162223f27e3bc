// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package opengauss runs openGauss: it reads what the server and its tools say,
// does what they can do, and is the engine for package ha.
//
//	e, err := opengauss.New(opengauss.Config{
//		Member: "m1", DataDir: "/srv/m1", Host: "10.0.0.1", Port: 5432,
//		Peers: []opengauss.Peer{{"m2", "10.0.0.2", 5432}, {"m3", "10.0.0.3", 5432}},
//	})
//
// # Reading
//
// Every reader takes text or bytes and gives a value, and every value writes
// itself back in openGauss's form, byte for byte.
//
//   - [ParseQuery], [ParseBuildQuery]: "gs_ctl query" and "gs_ctl querybuild".
//   - [ReadResult], [ReadGuc]: what came of a run of gs_ctl or gs_guc. Their
//     exit codes lie: a switchover that ran out of time exits 0.
//   - [ParseStateFile], [ParseControlData], [ParsePIDFile], [ParseConnLock],
//     [ReadRecord]: the files of a data directory. The reform page of shared
//     storage is package dms's Control.
//   - [ParseClusterStatus]: the tables of "cm_ctl query" and "gs_om -t status".
//   - [ReadHAState], [ReadSender], [ReadReceiver], [ReadPaxos]: the same
//     records as rows of the server's views.
//
// What others decide by is read strictly: a role that is none, a cut answer, a
// position that is no LSN is an error that wraps [ErrFormat], never a zero
// value. What a later release may add is kept: fields in Extra, words in types
// whose IsKnown says so, other lines in Log. All texts are those of LC_ALL=C.
//
// An answer is what was said, not what is. [Query.IsLive] tells an answer of
// the server from one that gs_ctl took from a file that can be hours old.
//
// # Doing
//
//   - [Tool] runs gs_ctl, gs_guc, gs_initdb and pg_controldata, here or through
//     any [Runner]. Success is what the role says afterwards.
//   - [Native] makes gs_ctl's requests of the server without gs_ctl: the same
//     files, signals, lock and guards, without its look once a second.
//   - [Client] asks the server over SQL, and locks a standby's connections as CM
//     does ([Client.Lock]).
//
// Errors name the command, its exit code and the decisive line
// ([CommandError]). One for which ha.Uncertain is true may have happened.
// Options that a release lacks are refused ([ErrUnsupported]). No password is in
// an argument list: what gs_ctl reads from there alone is refused
// ([ErrPasswordArgument]).
//
// # The engine
//
// [Engine] is ha.Engine with all its abilities. The server belongs to its data
// directory, not to the program that started it; a manager that starts again
// finds it by postmaster.pid, which is believed only when its process is a
// gaussdb that works in this directory.
//
// openGauss counts no timelines; it writes a term into every record of its log,
// and (term, LSN) is what CM compares. So what package ha calls a timeline is
// openGauss's term here, and a promotion carries the timeline that ha has given
// it as "gs_ctl failover -T" does.
//
// A standby follows one upstream because the others are locked out by
// disable_conn('specify_connection', ...), and is detached by
// 'prohibit_connection': what CM calls lock2 and lock1. The server keeps both in
// disable_conn_file across restarts. All members have channels to all others in
// replconninfo1 to 8, so that any of them can send to any.
//
// A standby of openGauss receives from a primary alone. Behind a standby the
// engine starts the server as a cascade standby; to know, it asks the upstream
// over SQL with Config.Password. A standby that is not fed itself may be about to
// be promoted, and counts as a primary; so does every upstream without a
// password. A server that turns out to be the wrong kind shows no upstream's
// address, so that it is told to follow again.
//
// Whether data of a former primary fits its upstream the servers find out by
// themselves, by the last record's checksum: a standby says "Need repair" and
// why. Rejoin waits for that verdict, then rewinds by "gs_ctl build -b
// incremental", then copies by "-b full". The same verdict ("System id not
// matched") keeps data of another database from being replaced, also by a copy
// that was asked for; but what Init has made and nobody has written to, which a
// mark in RunDir says, is replaced. Where no server starts on the data there is
// no verdict: a copy has to be asked for then, and is made when the data was
// found to be of an upstream's database before.
//
// In postgresql.conf the engine writes port, listen_addresses,
// unix_socket_directory, application_name, synchronous_standby_names,
// most_available_sync, synchronous_commit, hot_standby, wal_receiver_timeout,
// sync_config_strategy (none: members do not overwrite each other's files) and
// the channels, in place and under gs_guc's lock; and Config.Parameters. With a
// password, pg_hba.conf gets a rule for the engine of each member. Beside
// the data directory, in RunDir, are the claim, the log of the start, the Unix
// socket and marks of work in progress.
//
// A server that is not meant to be primary has a synchronous standby that does
// not exist, the guard. So a standby that somebody promotes behind the manager's
// back acknowledges nothing, and a promotion never acknowledges a write before
// the set of its PromoteSpec is in force.
//
// # Not promised
//
// Native and Engine work on the machine of the server, as its user or as root;
// as root the engine's sessions need Config.User and Config.Password, because
// openGauss lets its first user in over the Unix socket only when the operating
// system's user is the same. Shared storage (DSS, DMS) and the second cluster of
// a disaster recovery are read and can be driven by Tool; the engine does not.
//
// A node on this engine does not ask the primary's server for a second view
// (Settings.AskPrimary), and has no write probe.
package opengauss
