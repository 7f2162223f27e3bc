// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha"
)

// applicationName is what our sessions call themselves. It is no member's name.
const applicationName = "gausskit:manager"

// localConfig is the way to this member's server as superuser.
func (e *Engine) localConfig() (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(e.localString("postgres"))
	if err != nil {
		return nil, fmt.Errorf("connection: %w", err)
	}
	// What the environment of this process says is not meant for us.
	cfg.Password, cfg.Fallbacks, cfg.ValidateConnect = "", nil, nil
	cfg.RuntimeParams = map[string]string{"application_name": applicationName}
	cfg.ConnectTimeout = 0
	return cfg, nil
}

// connect opens a session with this member's server. A process of the server
// that is forked for a session knows all settings that were read before.
func (e *Engine) connect(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := e.localConfig()
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, cfg)
}

// hangUp closes a session. There is nothing to do about a failure.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}

// with calls f with a session of its own.
func (e *Engine) with(ctx context.Context, f func(*pgx.Conn) error) error {
	conn, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer hangUp(conn)
	return f(conn)
}

// value asks one question with one text as its answer.
func (e *Engine) value(ctx context.Context, sql string, args ...any) (string, error) {
	var v string
	err := e.with(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, sql, args...).Scan(&v)
	})
	return v, err
}

// The error codes that we tell apart.
const (
	codeCannotConnectNow = "57P03"
	codeDuplicateObject  = "42710"
	codeObjectInUse      = "55006"
	codeUndefinedObject  = "42704"
)

// hasCode reports whether the server answered with one of the codes.
func hasCode(err error, codes ...string) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	for _, c := range codes {
		if pg.Code == c {
			return true
		}
	}
	return false
}

// remoteConfig is the way to another member's server as the replication role.
func (e *Engine) remoteConfig(up ha.Upstream) (*pgx.ConnConfig, error) {
	password, err := e.password(false)
	if err != nil {
		return nil, err
	}
	host, port, err := splitAddress(up.Address)
	if err != nil {
		return nil, fmt.Errorf("upstream %s: %w", up.Member, err)
	}
	params := []param{{"host", host}, {"port", strconv.Itoa(int(port))}, {"user", e.cfg.Replication.User}, {"dbname", "postgres"}}
	for k, v := range e.cfg.Replication.Params {
		params = append(params, param{k, v})
	}
	cfg, err := pgx.ParseConfig(formatConninfo(params))
	if err != nil {
		return nil, fmt.Errorf("upstream %s: %w", up.Member, err)
	}
	cfg.Password, cfg.ValidateConnect = string(password), nil
	cfg.RuntimeParams = map[string]string{"application_name": applicationName}
	cfg.ConnectTimeout = 2 * time.Second
	return cfg, nil
}

// replicate opens a replication connection to another member's server.
func (e *Engine) replicate(ctx context.Context, up ha.Upstream) (*pgconn.PgConn, error) {
	cfg, err := e.remoteConfig(up)
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams["replication"] = "true"
	conn, err := pgconn.ConnectConfig(ctx, &cfg.Config)
	if err != nil {
		return nil, fmt.Errorf("upstream %s at %s: %w", up.Member, up.Address, err)
	}
	return conn, nil
}

// ask sends a replication command and returns its first row.
func ask(ctx context.Context, conn *pgconn.PgConn, command string) ([]string, error) {
	results, err := conn.Exec(ctx, command).ReadAll()
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		if len(r.Rows) == 0 {
			continue
		}
		fields := make([]string, len(r.Rows[0]))
		for i, f := range r.Rows[0] {
			fields[i] = string(f)
		}
		return fields, nil
	}
	return nil, nil
}

// readLog asks an upstream for its log: system identifier, position, history.
func (e *Engine) readLog(ctx context.Context, up ha.Upstream) (logOf, error) {
	conn, err := e.replicate(ctx, up)
	if err != nil {
		return logOf{}, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	fail := func(err error) (logOf, error) {
		return logOf{}, fmt.Errorf("upstream %s at %s: %w", up.Member, up.Address, err)
	}
	row, err := ask(ctx, conn, "IDENTIFY_SYSTEM")
	if err != nil {
		return fail(err)
	}
	if len(row) < 3 {
		return fail(errors.New("IDENTIFY_SYSTEM: no answer"))
	}
	tli, err := strconv.ParseUint(row[1], 10, 32)
	if err != nil {
		return fail(fmt.Errorf("IDENTIFY_SYSTEM: timeline %q", row[1]))
	}
	lsn, err := ha.ParseLSN(row[2])
	if err != nil {
		return fail(err)
	}
	log := logOf{SystemID: row[0], position: position{uint32(tli), lsn}}
	if tli == 1 {
		return log, nil // the first timeline has no history file
	}
	row, err = ask(ctx, conn, fmt.Sprintf("TIMELINE_HISTORY %d", tli))
	if err != nil {
		return fail(err)
	}
	if len(row) < 2 {
		return fail(errors.New("TIMELINE_HISTORY: no answer"))
	}
	if log.History, err = parseHistory(row[1]); err != nil {
		return fail(err)
	}
	return log, nil
}
