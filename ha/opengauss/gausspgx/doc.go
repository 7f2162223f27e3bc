// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package gausspgx lets jackc/pgx v5 log in to openGauss, with no fork and no
// change to the rest of a program:
//
//	conn, err := gausspgx.Connect(ctx,
//		"postgres://app@db1,db2,db3:5432/orders?target_session_attrs=primary")
//
// An openGauss server stores passwords as SHA256 by default and asks for them
// with an authentication request that PostgreSQL uses for SASL. Plain pgx reads
// it as SASL and fails, which is why people set password_encryption_type back
// to MD5. With this package the server can stay as it is installed.
//
// [Connect], [ParseConfig], [NewPool] and [OpenDB] (database/sql) stand beside
// pgx's functions. A program that builds its configuration with pgx adds one
// line:
//
//	cfg, err := pgxpool.ParseConfig(connString)
//	...
//	err = gausspgx.Configure(&cfg.ConnConfig.Config, gausspgx.Options{})
//
// Everything after the login is pgx: pools, prepared statements, batches, COPY,
// cancel requests, tracing, TLS in all its modes. The same configuration logs in
// to PostgreSQL 11 and later, with SCRAM and channel binding as usual.
// [RegisterTypes] adds openGauss's own types.
//
// # Promised
//
// The password goes over the wire only as a method of [Options].Methods wants it.
// MD5 and clear text are refused unless they are allowed there, whoever asks,
// and so is a second request after the first was answered. Iteration counts are
// bounded below, so that the answer is not cheap to guess from, and above.
//
// Errors tell a wrong password ([ErrWrongPassword]), a server that does not
// prove itself ([ErrServerProof]), a method that is not allowed ([ErrDowngrade])
// and a cut connection ([ErrCut]) apart. Of these a cut alone is worth another
// try: openGauss locks accounts after repeated failures. No error, and nothing
// else, contains a password or what is derived from one. Contexts, time limits
// (connect_timeout) and the order of hosts work as in pgx.
//
// # Not promised
//
// openGauss's exchange shows the server that we know the password, not the
// other way round: in protocol 3.51 any answer passes for a server's. Verify the
// server by TLS (sslmode=verify-full); where that is impossible,
// [Options].ServerProof speaks protocol 3.0, in which the server signs first.
// Whoever can read an unencrypted login can try passwords against it.
//
// Servers behind a pooler that speaks no protocol but 3.0 need plain pgx.
// MD5_SHA256 is refused, with advice: openGauss's own client fails there, too.
//
// # How it is joined to pgx
//
// [Configure] sets two functions. AfterNetConnect, which pgx calls above TLS,
// runs the startup exchange up to the message that is for pgx. BuildFrontend,
// which pgx calls next, gives pgx what the exchange left over, and drops the
// startup message that pgx writes itself. Cancel requests are connections
// without a startup and stay pgx's.
//
// Formats and algorithms are those of openGauss 2.1 to 7.0:
// src/common/backend/libpq/auth.cpp (sendAuthRequest), crypt.cpp and sha2.cpp,
// src/common/interfaces/libpq/fe-auth.cpp. Exchanges with a server of release
// 7.0 are replayed by the tests.
package gausspgx
