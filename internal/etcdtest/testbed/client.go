// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha"
)

// PostgresClient writes to servers of PostgreSQL or openGauss as an application
// does. It is a Client.
type PostgresClient struct {
	table  string
	config *pgx.ConnConfig
	ports  map[string]ha.MemberID
	now    func() time.Duration
	loyal  bool // stays with one server, also while that is a standby

	session *Session
}

// Session is a connection to a server that is known by name.
type Session struct {
	Conn   *pgx.Conn
	Member ha.MemberID
	Run    string // of the server
	warned bool   // the server said that a commit is not what it should be
}

// ErrWarned: a server that gave up waiting for its standbys commits with a
// warning. That is no acknowledgement.
var ErrWarned = errors.New("committed with a warning: standbys may not have it")

// Connect opens a session. ports tells the members apart by the port that their
// server listens on, whatever the way to it.
func Connect(ctx context.Context, config *pgx.ConnConfig, ports map[string]ha.MemberID) (*Session, error) {
	s, cfg := &Session{}, config.Copy()
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { s.warned = s.warned || n.SeverityUnlocalized == "WARNING" }
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s.Conn = conn
	var port string
	if err := conn.QueryRow(ctx, "SELECT current_setting('port'), pg_postmaster_start_time()::text").Scan(&port, &s.Run); err != nil {
		s.HangUp()
		return nil, err
	}
	s.Member = ports[port]
	return s, nil
}

// Insert writes row n into a table. now is the clock of the run.
func (s *Session) Insert(ctx context.Context, table string, n int64, now func() time.Duration) (Ack, error) {
	s.warned = false
	sent := now()
	_, err := s.Conn.Exec(ctx, "INSERT INTO "+table+" (n) VALUES ($1)", n)
	answered := now()
	if err == nil && s.warned {
		err = ErrWarned
	}
	return Ack{n, s.Member, s.Run, Interval{sent, answered}}, err
}

// Ask does a statement, in a transaction of its own, that returns one row with
// one value. An error leaves open whether it was done.
func (s *Session) Ask(ctx context.Context, value any, statement string, args ...any) error {
	s.warned = false
	err := s.Conn.QueryRow(ctx, statement, args...).Scan(value)
	if err == nil && s.warned {
		err = ErrWarned
	}
	return err
}

// HangUp gives the session up.
func (s *Session) HangUp() { hangUp(s.Conn) }

// hangUp gives a connection up.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // there is nothing to do about a failure
}

// NewLoyalClient stays with the server that connString leads to, also while that
// is a standby. ports is as in Connect; now is the clock of the run.
func NewLoyalClient(connString, table string, ports map[string]ha.MemberID, now func() time.Duration) (*PostgresClient, error) {
	cfg, err := pgx.ParseConfig(connString)
	if err != nil {
		return nil, err
	}
	return newLoyal(cfg, table, ports, now), nil
}

func newLoyal(cfg *pgx.ConnConfig, table string, ports map[string]ha.MemberID, now func() time.Duration) *PostgresClient {
	return &PostgresClient{table: table, config: cfg, ports: ports, now: now, loyal: true}
}

// Insert writes through whoever accepts writes.
func (c *PostgresClient) Insert(ctx context.Context, n int64) (Ack, error) {
	if c.session == nil {
		s, err := Connect(ctx, c.config, c.ports)
		if err != nil {
			return Ack{}, err
		}
		c.session = s
	}
	ack, err := c.session.Insert(ctx, c.table, n, c.now)
	var pg *pgconn.PgError
	standby := c.loyal && errors.As(err, &pg) && pg.Code == "25006"
	if err != nil && !standby && !errors.Is(err, ErrWarned) {
		c.Close()
	}
	return ack, err
}

// Rows reads all rows of the primary.
func (c *PostgresClient) Rows(ctx context.Context) ([]int64, error) {
	conn, err := pgx.ConnectConfig(ctx, c.config.Copy())
	if err != nil {
		return nil, err
	}
	defer hangUp(conn)
	return ReadRows(ctx, conn, c.table)
}

// Close gives the session up.
func (c *PostgresClient) Close() {
	if c.session != nil {
		c.session.HangUp()
		c.session = nil
	}
}

// ReadRows returns the numbers in a table, sorted.
func ReadRows(ctx context.Context, conn *pgx.Conn, table string) ([]int64, error) {
	rows, err := conn.Query(ctx, "SELECT n FROM "+table+" ORDER BY n")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// PrepareTable makes the table and the role of the application, which may be
// there already, on a primary.
func PrepareTable(ctx context.Context, conn *pgx.Conn, table string) error {
	_, err := conn.Exec(ctx, fmt.Sprintf(`CREATE TABLE IF NOT EXISTS %s (n bigint PRIMARY KEY);
		DO $$ BEGIN CREATE ROLE app LOGIN PASSWORD 'app'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
		GRANT SELECT, INSERT ON %[1]s TO app`, table))
	return err
}

// AppConfig is how the application connects to servers at addresses
// (host:port); it takes the first that accepts writes. A silent one costs a
// second.
func AppConfig(addrs ...string) (*pgx.ConnConfig, error) {
	return postgresDialect().appConfig(addrs)
}
