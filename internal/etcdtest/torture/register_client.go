// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

const (
	registerPace = 25 * time.Millisecond // of one client of the registers
	registerApps = 2                     // clients that find whoever accepts writes
)

// Both statements commit, and a commit waits for the synchronous standbys. So
// a read is confirmed like a write: a former primary may have an old value, but
// gets no leave to tell it.
const (
	writeRegister = `INSERT INTO register (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v RETURNING v`
	readRegister  = `INSERT INTO register (k, v) VALUES ($1, 0) ON CONFLICT (k) DO UPDATE SET v = register.v RETURNING v`
)

// registerClient reads and writes the registers of PostgreSQL servers. It is an
// accessor.
type registerClient struct {
	config  *pgx.ConnConfig
	ports   map[string]ha.MemberID
	loyal   bool // stays with one server, also while that is a standby
	session *testbed.Session
}

func (c *registerClient) write(ctx context.Context, register, value int64) error {
	_, err := c.ask(ctx, writeRegister, register, value)
	return err
}

func (c *registerClient) read(ctx context.Context, register int64) (value int64, err error) {
	return c.ask(ctx, readRegister, register)
}

func (c *registerClient) ask(ctx context.Context, statement string, args ...any) (value int64, err error) {
	if c.session == nil {
		if c.session, err = testbed.Connect(ctx, c.config, c.ports); err != nil {
			return 0, fmt.Errorf("%w: %w", errNotDone, err)
		}
	}
	err = c.session.Ask(ctx, &value, statement, args...)
	var pg *pgconn.PgError
	refused := errors.As(err, &pg) && pg.Code == "25006" // by a standby
	if err != nil && !(refused && c.loyal) {
		c.close()
	}
	if refused {
		err = fmt.Errorf("%w: %w", errNotDone, err)
	}
	return value, err
}

func (c *registerClient) close() {
	if c.session != nil {
		c.session.HangUp()
		c.session = nil
	}
}

// startRegisters starts the clients of the registers: some that find whoever
// accepts writes, and one that stays with each member.
func (s *stage) startRegisters(ctx context.Context) error {
	if err := s.makeRegisters(ctx); err != nil {
		return fmt.Errorf("make registers: %w", err)
	}
	var configs []*pgx.ConnConfig
	var ways []string
	for _, m := range s.cluster.Servers() {
		ways = append(ways, s.cluster.Net.Way(testbed.PartyApp, testbed.Party(m.Name())))
		cfg, err := pgx.ParseConfig(m.ConnString())
		if err != nil {
			return err
		}
		configs = append(configs, cfg)
	}
	for range registerApps {
		cfg, err := testbed.AppConfig(ways...)
		if err != nil {
			return err
		}
		configs = append(configs, cfg)
	}
	for i, cfg := range configs {
		client := &registerClient{config: cfg, ports: s.cluster.Ports(), loyal: i < len(ways)}
		s.writing.Go(func() { s.registers.use(ctx, i, rngOf(s.opts.seed, i), client, registerPace) })
	}
	return nil
}

// makeRegisters makes the table on the primary.
func (s *stage) makeRegisters(ctx context.Context) error {
	st, err := s.cluster.Admin.AwaitPrimary(ctx)
	if err != nil {
		return err
	}
	m := s.member(st.Primary)
	if m == nil {
		return fmt.Errorf("primary %s is not a member", st.Primary)
	}
	session, err := m.Connect(ctx)
	if err != nil {
		return err
	}
	defer session.Close(context.WithoutCancel(ctx))
	_, err = session.Exec(ctx, `CREATE TABLE register (k bigint PRIMARY KEY, v bigint NOT NULL); GRANT SELECT, INSERT, UPDATE ON register TO app`)
	return err
}
