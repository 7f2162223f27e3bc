// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

// Real is a member whose server is a process: of PostgreSQL, of openGauss, or of
// the simulated gaussdb. Its manager is this program once more, as a process of
// its own.
type Real struct {
	// Server is the server as an operating system sees it.
	Server *ServerProcess

	spec   spec
	hooks  Hooks
	table  string
	engine database  // of the testbed's own: for connections, and for clearing up
	conn   *pgx.Conn // the watcher's

	manager *manager // nil while there is none
	back    func()   // ends the absence of the manager
	local   Latest[ha.LocalStatus]
}

func newReal(s spec, table string, hooks Hooks) (*Real, error) {
	engine, _, err := s.open(zap.NewNop())
	if err != nil {
		return nil, err
	}
	m := &Real{Server: NewServerProcess(s.path("")), spec: s, hooks: hooks, table: table, engine: engine}
	m.back = hooks.Absent(s.Name)
	return m, nil
}

// Name is the member's name.
func (m *Real) Name() ha.MemberID { return m.spec.Name }

// Start starts the manager and returns when it has its orders.
func (m *Real) Start(context.Context) error {
	p, err := startManager(m.spec, m.told, m.hooks.Failed)
	if p != nil {
		m.manager = p
		m.back()
	}
	return err
}

// told passes on what the manager tells.
func (m *Real) told(r report) {
	if r.Changed != nil {
		m.hooks.StateChanged(*r.Changed)
	}
	if r.Status != nil {
		m.local.Update(func(s *ha.LocalStatus) { *s = *r.Status })
	}
}

// Local is what the manager says of itself, without what moves all the time:
// LSN and LeaseFor.
func (m *Real) Local() *Latest[ha.LocalStatus] { return &m.local }

// Stop ends manager and server in order.
func (m *Real) Stop(ctx context.Context) error {
	p := m.manager
	if p == nil {
		return nil
	}
	m.manager = nil
	err := p.stop(ctx)
	m.back = m.hooks.Absent(m.Name())
	if err != nil {
		return fmt.Errorf("stop %s: %w: %s", m.Name(), err, lastLine(m.spec.path(".log")))
	}
	return nil
}

// KillManager is kill -9 of the manager. It returns when the process is gone.
func (m *Real) KillManager() error {
	p := m.manager
	if p == nil {
		return nil
	}
	m.manager = nil
	m.back = m.hooks.Absent(m.Name())
	return p.kill()
}

// KillServer is kill -9 of all processes of the server.
func (m *Real) KillServer() error { return m.Server.Kill() }

// Crash kills the manager first: it would start the server again.
func (m *Real) Crash() error { return errors.Join(m.KillManager(), m.Server.Kill()) }

// FreezeManager stops the manager (SIGSTOP); the returned function lets it go
// on.
func (m *Real) FreezeManager() (thaw func() error, err error) {
	p := m.manager
	if p == nil {
		return nil, fmt.Errorf("freeze the manager of %s: it does not run", m.Name())
	}
	back := m.hooks.Absent(m.Name())
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		back()
		return nil, err
	}
	return func() error {
		defer back()
		return p.cmd.Process.Signal(syscall.SIGCONT)
	}, nil
}

// Freeze stops manager and server; the returned function lets both go on, the
// server first, as the worse of the two orders.
func (m *Real) Freeze() (thaw func() error, err error) {
	thawManager, err := m.FreezeManager()
	if err != nil {
		return nil, err
	}
	return func() error { return errors.Join(m.Server.Thaw(), thawManager()) }, m.Server.Freeze()
}

// Destroy ends everything of the member, children of a killed server included.
func (m *Real) Destroy() error {
	err := errors.Join(m.Server.Thaw(), m.KillManager())
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	gentle, cancelGentle := context.WithTimeout(ctx, 5*time.Second)
	defer cancelGentle()
	m.hangUp()
	m.Server.Note()
	if m.engine.Stop(gentle, ha.StopImmediate) != nil {
		err = errors.Join(err, m.engine.Stop(ctx, ha.StopKill))
	}
	m.Server.Note()
	return errors.Join(err, m.engine.Close(), m.Server.Clear())
}

// Logs are the files with the logs of manager and server.
func (m *Real) Logs() (manager, server string) { return m.spec.path(".log"), m.engine.LogFile() }

// ConnString is how to connect beside the network, as superuser.
func (m *Real) ConnString() string { return m.engine.ConnString("postgres") }

// Connect opens a session beside the network, as superuser.
func (m *Real) Connect(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := m.spec.dialect().config(m.ConnString())
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, cfg)
}

// Rows reads all rows that the member shows, beside the network.
func (m *Real) Rows(ctx context.Context) ([]int64, error) {
	conn, err := m.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer hangUp(conn)
	return ReadRows(ctx, conn, m.table)
}

const probeQuery = `SELECT
	NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off',
	pg_postmaster_start_time()::text,
	CASE WHEN pg_is_in_recovery() THEN COALESCE(pg_last_wal_receive_lsn(), '0/0') ELSE pg_current_wal_flush_lsn() END::text`

// Probe asks the server, in a session that stays open.
func (m *Real) Probe(ctx context.Context) (Probe, error) {
	p, err := m.ask(ctx)
	if err != nil {
		m.hangUp()
	}
	return p, err
}

func (m *Real) ask(ctx context.Context) (p Probe, err error) {
	if m.conn == nil {
		if m.conn, err = m.Connect(ctx); err != nil {
			return p, err
		}
	}
	return m.spec.dialect().probe(ctx, m.conn)
}

func (m *Real) hangUp() {
	if m.conn != nil {
		hangUp(m.conn)
		m.conn = nil
	}
}
