// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
	"github.com/gausskit/gausskit/ha/postgres"
)

// database is an engine with what the testbed needs beside it.
type database interface {
	ha.Engine
	Close() error
	LogFile() string
	ConnString(database string) string
}

// open makes the engine of a member, and the one for its node, which goes
// through the network where it can be sent there.
func (s spec) open(log *zap.Logger) (database, ha.Engine, error) {
	if s.Gauss.Home != "" {
		e, err := s.openGauss(log)
		return e, e, err
	}
	e, err := postgres.New(s.server(log))
	return e, &routed{e, s.Peers}, err
}

// dialect is how the two databases are spoken to.
type dialect struct {
	parse func(connString string) (*pgx.ConnConfig, error)
	// password of the application, and of our own sessions; "" for none.
	app, own string
	// probe asks one question, or two: whether a server accepts writes and
	// which run of it this is, and of one that does how far its log goes.
	probe func(ctx context.Context, conn *pgx.Conn) (Probe, error)
	// prepare makes table and application's user on a primary.
	prepare func(ctx context.Context, conn *pgx.Conn, table string) error
}

func (s spec) dialect() dialect {
	if s.Gauss.Home != "" {
		return gaussDialect(s.Gauss)
	}
	return postgresDialect()
}

func postgresDialect() dialect {
	return dialect{parse: pgx.ParseConfig, app: "app", probe: probePostgres, prepare: PrepareTable}
}

func gaussDialect(g Gauss) dialect {
	// openGauss wants three kinds of characters in a password.
	return dialect{parse: gausspgx.ParseConfig, app: "App_1234", own: g.Password, probe: probeGauss, prepare: prepareGauss}
}

// config is how to connect as our own user.
func (d dialect) config(connString string) (*pgx.ConnConfig, error) {
	if d.own != "" {
		connString += " password='" + d.own + "'"
	}
	return d.parse(connString)
}

func probePostgres(ctx context.Context, conn *pgx.Conn) (p Probe, err error) {
	var lsn string
	if err := conn.QueryRow(ctx, probeQuery).Scan(&p.Writable, &p.Run, &lsn); err != nil {
		return p, err
	}
	p.LSN, err = ha.ParseLSN(lsn)
	return p, err
}

func probeGauss(ctx context.Context, conn *pgx.Conn) (p Probe, err error) {
	var recovering bool
	if err := conn.QueryRow(ctx, "SELECT pg_is_in_recovery(), pg_postmaster_start_time()::text").Scan(&recovering, &p.Run); err != nil || recovering {
		return p, err
	}
	var lsn string
	if err := conn.QueryRow(ctx, "SELECT pg_current_xlog_location()").Scan(&lsn); err != nil {
		return p, err
	}
	p.Writable = true
	p.LSN, err = ha.ParseLSN(lsn)
	return p, err
}

func prepareGauss(ctx context.Context, conn *pgx.Conn, table string) error {
	const exists = "42710" // duplicate_object
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS " + table + " (n bigint PRIMARY KEY)",
		"CREATE USER app PASSWORD 'App_1234'",
		"GRANT SELECT, INSERT ON " + table + " TO app",
	} {
		_, err := conn.Exec(ctx, statement)
		if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == exists {
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// appConfig is how the application connects to servers at addresses
// (host:port); it takes the first that accepts writes. A silent one costs a
// second.
func (d dialect) appConfig(addrs []string) (*pgx.ConnConfig, error) {
	hosts, ports := make([]string, len(addrs)), make([]string, len(addrs))
	for i, a := range addrs {
		hosts[i], ports[i], _ = strings.Cut(a, ":")
	}
	return d.parse(fmt.Sprintf("host=%s port=%s user=app password=%s dbname=postgres sslmode=disable connect_timeout=1 target_session_attrs=read-write",
		strings.Join(hosts, ","), strings.Join(ports, ","), d.app))
}
