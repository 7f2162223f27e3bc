// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha"
)

// Client asks one server about its state over SQL, on a connection that it
// keeps and opens anew when it breaks. It needs a user with sysadmin rights: the
// views hide their columns from others. Methods may be called from any
// goroutine and take turns.
type Client struct {
	cfg  *pgconn.Config
	sem  chan struct{} // held by who uses conn
	conn *pgconn.PgConn
}

// NewClient makes a client for a configuration of pgx that logs in to openGauss:
// one that gausspgx has prepared. It does not connect.
func NewClient(cfg *pgconn.Config) *Client {
	return &Client{cfg: cfg, sem: make(chan struct{}, 1)}
}

// Close hangs up. The client can be used again.
func (c *Client) Close() {
	c.sem <- struct{}{}
	defer func() { <-c.sem }()
	c.drop()
}

func (c *Client) drop() {
	if c.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.conn.Close(ctx) // there is nothing to do about a failure
	c.conn = nil
}

// rows runs statements, in one round trip where there are several, and gives
// the rows of each. An error of the server keeps the connection.
func (c *Client) rows(ctx context.Context, sql string) ([][]Row, error) {
	select {
	case c.sem <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-c.sem }()
	fresh := c.conn == nil || c.conn.IsClosed()
	for {
		if c.conn == nil || c.conn.IsClosed() {
			c.conn = nil
			conn, err := pgconn.ConnectConfig(ctx, c.cfg)
			if err != nil {
				return nil, err
			}
			c.conn = conn
		}
		found, err := ask(ctx, c.conn, sql)
		var answer *pgconn.PgError
		if err == nil || errors.As(err, &answer) && answer.Severity == "ERROR" {
			return found, err
		}
		c.drop()
		// A kept connection breaks when the server was started again.
		if fresh || ctx.Err() != nil {
			return nil, err
		}
		fresh = true
	}
}

// ask runs statements and collects their rows as text; NULL is "".
func ask(ctx context.Context, conn *pgconn.PgConn, sql string) ([][]Row, error) {
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	var all [][]Row
	for _, r := range results {
		if r.Err != nil {
			return nil, r.Err
		}
		rows := make([]Row, 0, len(r.Rows))
		for _, values := range r.Rows {
			row := make(Row, len(values))
			for i, v := range values {
				row[i] = Field{r.FieldDescriptions[i].Name, string(v)}
			}
			rows = append(rows, row)
		}
		all = append(all, rows)
	}
	return all, nil
}

// one runs a statement that gives one row.
func (c *Client) one(ctx context.Context, sql string) (Row, error) {
	all, err := c.rows(ctx, sql)
	if err != nil {
		return nil, err
	}
	if len(all) != 1 || len(all[0]) != 1 || len(all[0][0]) == 0 {
		return nil, fmt.Errorf("%w: %s: want one row", ErrFormat, sql)
	}
	return all[0][0], nil
}

// Field gives the value of a field, "" when there is none.
func (r Row) Field(name string) string {
	for _, f := range r {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// State asks for role and state.
func (c *Client) State(ctx context.Context) (HAState, error) {
	row, err := c.one(ctx, "SELECT * FROM pg_stat_get_stream_replications()")
	if err != nil {
		return HAState{}, err
	}
	return ReadHAState(row)
}

// Downstream is a sender and the name of the standby that it feeds.
type Downstream struct {
	Name string // application_name of the standby; empty when it is not known
	Sender
}

// Senders asks whom the server feeds. Builds are among them, with the state
// [SenderBackup].
func (c *Client) Senders(ctx context.Context) ([]Downstream, error) {
	all, err := c.rows(ctx, "SELECT * FROM pg_stat_get_wal_senders(); SELECT pid, application_name FROM pg_stat_replication")
	if err != nil {
		return nil, err
	}
	if len(all) != 2 {
		return nil, fmt.Errorf("%w: senders: %d answers, want 2", ErrFormat, len(all))
	}
	names := map[string]string{}
	for _, row := range all[1] {
		names[row.Field("pid")] = standbyName(row.Field("application_name"))
	}
	var found []Downstream
	for _, row := range all[0] {
		s, err := ReadSender(row)
		if err != nil {
			return nil, err
		}
		found = append(found, Downstream{Name: names[row.Field("pid")], Sender: s})
	}
	return found, nil
}

// standbyName takes the name out of "WalSender to Standby[dn2]", which the
// server makes of it (walsender.cpp: set_application_name).
func standbyName(application string) string {
	const prefix = "WalSender to "
	if len(application) < len(prefix) || application[:len(prefix)] != prefix || application[len(application)-1] != ']' {
		return application
	}
	for i := len(prefix); i < len(application); i++ {
		if application[i] == '[' {
			return application[i+1 : len(application)-1]
		}
	}
	return application
}

// Receiver asks who feeds the server; nil when nobody does.
func (c *Client) Receiver(ctx context.Context) (*Receiver, error) {
	all, err := c.rows(ctx, "SELECT * FROM pg_stat_get_wal_receiver()")
	if err != nil {
		return nil, err
	}
	if len(all) != 1 || len(all[0]) == 0 {
		return nil, nil
	}
	r, err := ReadReceiver(all[0][0])
	return &r, err
}

// Paxos asks what DCF knows. Without DCF it is an error of the server, or an
// answer without Info.
func (c *Client) Paxos(ctx context.Context) (Paxos, error) {
	row, err := c.one(ctx, "SELECT * FROM get_paxos_replication_info()")
	if err != nil {
		return Paxos{}, err
	}
	return ReadPaxos(row)
}

// Position is how far a server's log is.
type Position struct {
	Term     ha.Term // of the last record that it wrote or applied
	Received ha.LSN  // flushed by the receiver since it was started; 0 when there was none
	Applied  ha.LSN  // applied; 0 on a primary that was started as one
}

// Position asks how far the log is.
func (c *Client) Position(ctx context.Context) (Position, error) {
	row, err := c.one(ctx, "SELECT pg_last_xlog_receive_location() AS received, term, lsn FROM pg_last_xlog_replay_location()")
	if err != nil {
		return Position{}, err
	}
	var p Position
	if text := row.Field("received"); text != "" {
		if p.Received, err = ha.ParseLSN(text); err != nil {
			return Position{}, fmt.Errorf("%w: %w", ErrFormat, err)
		}
	}
	term, err := strconv.ParseUint(row.Field("term"), 10, 32)
	if err != nil {
		return Position{}, fmt.Errorf("%w: term %q", ErrFormat, row.Field("term"))
	}
	p.Term = ha.Term(term)
	if p.Applied, err = ha.ParseLSN(row.Field("lsn")); err != nil {
		return Position{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return p, nil
}

// WritePosition asks a primary where its log ends.
func (c *Client) WritePosition(ctx context.Context) (ha.LSN, error) {
	row, err := c.one(ctx, "SELECT pg_current_xlog_location()")
	if err != nil {
		return 0, err
	}
	lsn, err := ha.ParseLSN(row[0].Value)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return lsn, nil
}

// Setting asks what value a parameter has. It says what this session sees.
func (c *Client) Setting(ctx context.Context, name string) (string, error) {
	if !isGucName(name) {
		return "", fmt.Errorf("opengauss: %q is no name of a parameter", name)
	}
	row, err := c.one(ctx, "SHOW "+name)
	if err != nil {
		return "", err
	}
	return row[0].Value, nil
}

// Checkpoint makes the server write out what a stop would have to write.
func (c *Client) Checkpoint(ctx context.Context) error {
	_, err := c.rows(ctx, "CHECKPOINT")
	return err
}
