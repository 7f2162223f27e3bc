// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// ParsePoolConfig is pgxpool.ParseConfig for openGauss: connString may have the
// pool's keys (pool_max_conns ...), too. AfterConnect is set to register
// openGauss's types.
func ParsePoolConfig(connString string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(connString)
	if err != nil {
		return nil, parseError(err)
	}
	if err := Configure(&cfg.ConnConfig.Config, Options{}); err != nil {
		return nil, err
	}
	cfg.AfterConnect = registerTypes
	return cfg, nil
}

// NewPool makes a pool. Like pgxpool.New it does not wait for a connection.
func NewPool(ctx context.Context, connString string) (*pgxpool.Pool, error) {
	cfg, err := ParsePoolConfig(connString)
	if err != nil {
		return nil, err
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}

// OpenDB makes a pool for database/sql.
func OpenDB(connString string) (*sql.DB, error) {
	cfg, err := ParseConfig(connString)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(registerTypes)), nil
}

func registerTypes(_ context.Context, conn *pgx.Conn) error {
	RegisterTypes(conn.TypeMap())
	return nil
}
