// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package conf reads and edits postgresql.conf and pg_hba.conf of openGauss
// like a careful person.
//
// [Parse] takes a file apart; [File.Get] and [File.Set] look and change, and
// everything else in it, comments, order, blanks, quotes, stays byte for byte.
// [Load] follows includes: the last line counts, wherever it stands. [Edit]
// does the whole errand: lock, read, change, check, write, unlock.
//
//	err := conf.Edit(ctx, path, func(f *conf.File) error {
//		return f.Set("wal_sender_timeout", "6s")
//	})
//
// [Params] describes every parameter that concerns high availability: type,
// unit, range, default, when a change takes effect, which releases know it.
// [Lint] finds what would keep a server from starting, [Diff] what must be
// equal on all members of a cluster and is not.
//
// # What it promises
//
// A file is replaced in one step, durable when the call returns, under the
// lock that gs_guc, ALTER SYSTEM and the server take, and never when somebody
// else changed it meanwhile. A result that the server could not read, or in
// which the change would have no effect, is not written.
//
// # What it does not promise
//
// Nothing tells the server. Send it SIGHUP after the lock is free, which it is
// when the call returns: a server that finds the lock held ignores the signal.
// Then ask it for the value. On a standby, configuration sync overwrites
// everything but the lines of [IsMemberOwn] with the primary's file.
//
// The tables of names and parameters are those of the community's single-node
// builds; what an extension adds has a dot in its name and is always accepted.
package conf
