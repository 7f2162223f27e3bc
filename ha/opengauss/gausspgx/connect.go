// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// ParseConfig is pgx.ParseConfig for openGauss. connString is a URL or a list of
// keywords and values as libpq knows them; several hosts and
// target_session_attrs=primary (or read-write, standby, prefer-standby ...) find
// the member that is wanted. For options that a connection string cannot say,
// use pgx.ParseConfig and then Configure.
//
// The connection string does not appear in errors, because what cannot be
// parsed may hold a password anywhere.
func ParseConfig(connString string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(connString)
	if err != nil {
		return nil, parseError(err)
	}
	if err := Configure(&cfg.Config, Options{}); err != nil {
		return nil, err
	}
	return cfg, nil
}

// Connect opens one connection and teaches it openGauss's types.
func Connect(ctx context.Context, connString string) (*pgx.Conn, error) {
	cfg, err := ParseConfig(connString)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	RegisterTypes(conn.TypeMap())
	return conn, nil
}

// RegisterTypes teaches m the types that openGauss has and PostgreSQL has not,
// or has otherwise: xid has 64 bits there. They are transferred as text, which
// works with both.
func RegisterTypes(m *pgtype.Map) {
	for _, t := range []struct {
		name  string
		oid   uint32
		codec pgtype.Codec
	}{
		{"xid", 28, pgtype.Uint64Codec{}},
		{"xid32", 31, pgtype.Uint32Codec{}},
		{"int1", 5545, pgtype.Int2Codec{}}, // one byte without sign
		{"int16", 34, pgtype.NumericCodec{}},
		{"nvarchar2", 3969, pgtype.TextCodec{}},
		{"smalldatetime", 9003, &pgtype.TimestampCodec{}},
		{"raw", 86, pgtype.TextCodec{}}, // hexadecimal digits
		{"blob", 88, pgtype.TextCodec{}},
		{"clob", 90, pgtype.TextCodec{}},
	} {
		m.RegisterType(&pgtype.Type{Name: t.name, OID: t.oid, Codec: &pgtype.TextFormatOnlyCodec{Codec: t.codec}})
	}
}

// parseError says what pgx says of a connection string without the string and
// without what the parser quotes of it. pgx's error is not wrapped because it
// has the string in a field.
func parseError(err error) error {
	var parse *pgconn.ParseConfigError
	if !errors.As(err, &parse) {
		return errors.New("gausspgx: the connection string or the environment is not valid") // a pool's key
	}
	text, cause := parse.Error(), errors.Unwrap(parse)
	if cause != nil {
		text = strings.TrimSuffix(text, " ("+cause.Error()+")")
	}
	const end = "`: " // of the quoted string
	problem := text[strings.LastIndex(text, end)+len(end):]
	if !strings.Contains(text, end) {
		problem = "not valid"
	}
	if cause != nil && !strings.HasPrefix(problem, "failed to parse as") {
		return fmt.Errorf("gausspgx: connection string: %s: %v", problem, cause)
	}
	return fmt.Errorf("gausspgx: connection string: %s", problem)
}
