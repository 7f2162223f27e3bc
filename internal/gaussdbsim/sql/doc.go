// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package sql is the SQL of the simulated gaussdb: as much as its users send,
// and a clear error for the rest.
//
// Statements: SELECT over one table, view, function or subquery with WHERE,
// ORDER BY, LIMIT and the aggregates count, max, min, sum, avg without GROUP
// BY; INSERT with VALUES or SELECT, ON DUPLICATE KEY UPDATE, RETURNING; UPDATE;
// DELETE; TRUNCATE; CREATE and DROP TABLE; transactions with savepoints; SET,
// SHOW, RESET, ALTER SYSTEM; COPY of whole tables; CREATE, ALTER and DROP USER.
// There are no joins, indexes, sequences or constraints but the primary key and
// NOT NULL. Everything runs as READ COMMITTED.
package sql
