// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgresClient is an application that knows the addresses of all members and
// lets pgx find the one that accepts writes. Nobody tells it about failovers.
type postgresClient struct {
	config *pgx.ConnConfig
	conn   *pgx.Conn
	warned bool // the server said that a commit is not what it should be
}

func newPostgresClient(members []*postgresMember) (*postgresClient, error) {
	var hosts, ports []string
	for _, m := range members {
		hosts, ports = append(hosts, m.spec.path(".run")), append(ports, fmt.Sprint(m.spec.Port))
	}
	cfg, err := pgx.ParseConfig(fmt.Sprintf("host='%s' port=%s user=postgres dbname=postgres sslmode=disable target_session_attrs=read-write",
		strings.Join(hosts, ","), strings.Join(ports, ",")))
	if err != nil {
		return nil, err
	}
	c := &postgresClient{config: cfg}
	// A server that gives up waiting for its standbys commits with a warning:
	// that is no acknowledgement.
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { c.warned = c.warned || n.SeverityUnlocalized == "WARNING" }
	return c, nil
}

var errWarned = errors.New("committed with a warning: standbys may not have it")

func (c *postgresClient) insert(ctx context.Context, n int64) error {
	if c.conn == nil {
		if err := c.open(ctx); err != nil {
			return err
		}
	}
	c.warned = false
	if _, err := c.conn.Exec(ctx, "INSERT INTO quickstart (n) VALUES ($1)", n); err != nil {
		c.close()
		return err
	}
	if c.warned {
		return errWarned
	}
	return nil
}

func (c *postgresClient) open(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, c.config.Copy())
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS quickstart (n bigint PRIMARY KEY)"); err != nil {
		return errors.Join(err, conn.Close(ctx))
	}
	c.conn = conn
	return nil
}

// rows uses a connection of its own: the other one is the writer's.
func (c *postgresClient) rows(ctx context.Context) ([]int64, error) {
	cfg := c.config.Copy()
	cfg.OnNotice = nil
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	rows, err := readRows(ctx, conn)
	return rows, errors.Join(err, conn.Close(ctx))
}

func (c *postgresClient) close() {
	if c.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.conn.Close(ctx) // it is given up either way
	c.conn = nil
}
