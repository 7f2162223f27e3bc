// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

// postgresMember is a member with a real server. Its manager is this program
// once more, as a process of its own.
type postgresMember struct {
	stage  *stage
	spec   memberSpec
	engine *postgres.Engine // of quickstart's own: for connections, and for clearing up
	conn   *pgx.Conn        // the watcher's

	manager *manager // nil while there is none
}

// manager is the process of a member's manager.
type manager struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	meant chan struct{} // closed when its end is wanted
	done  chan struct{} // closed when it has ended
	err   error         // then: how
}

func newPostgresMember(s *stage, spec memberSpec) (*postgresMember, error) {
	engine, err := postgres.New(spec.server(zap.NewNop()))
	if err != nil {
		return nil, err
	}
	return &postgresMember{stage: s, spec: spec, engine: engine}, nil
}

func (m *postgresMember) name() ha.MemberID { return m.spec.Name }

// start starts the manager and returns when it has its orders.
func (m *postgresMember) start(context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(m.spec.path(".log"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), memberVariable+"=1")
	cmd.Stderr = log
	// In a process group of its own, so that Ctrl-C reaches quickstart alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	spec, err := json.Marshal(m.spec)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the manager of %s: %w", m.name(), err)
	}
	p := &manager{cmd: cmd, stdin: stdin, meant: make(chan struct{}), done: make(chan struct{})}
	m.manager = p
	m.stage.spawn(&m.stage.managers, "manager of "+string(m.name()), func() { m.attend(p, stdout) })
	_, err = stdin.Write(append(spec, '\n'))
	return err
}

// attend passes on what the manager tells, and notices its end.
func (m *postgresMember) attend(p *manager, stdout io.Reader) {
	defer close(p.done)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		var c ha.StateChange
		if json.Unmarshal(lines.Bytes(), &c) == nil {
			m.stage.t.sayState(c)
		}
	}
	p.err = p.cmd.Wait()
	select {
	case <-p.meant:
	default:
		m.stage.fail(fmt.Errorf("the manager of %s has ended (%v): %s", m.name(), p.err, lastLine(m.spec.path(".log"))))
	}
}

func lastLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

func (m *postgresMember) stop(ctx context.Context) error {
	p := m.manager
	if p == nil {
		return nil
	}
	close(p.meant)
	m.manager = nil
	if _, err := io.WriteString(p.stdin, stopWord+"\n"); err != nil {
		return errors.Join(err, p.kill())
	}
	select {
	case <-p.done:
		if p.err != nil {
			return fmt.Errorf("%w: %s", p.err, lastLine(m.spec.path(".log")))
		}
		return nil
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), p.kill())
	}
}

// kill is kill -9 of the manager. It returns when the process is gone.
func (p *manager) kill() error {
	err := p.cmd.Process.Kill()
	<-p.done
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

func (m *postgresMember) killServer() error {
	text, err := os.ReadFile(filepath.Join(m.spec.path(""), "postmaster.pid"))
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil || pid < 2 {
		return fmt.Errorf("postmaster.pid of %s: %q is not a process", m.name(), line)
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

// crash kills the manager first: it would start the server again.
func (m *postgresMember) crash() error {
	p := m.manager
	close(p.meant)
	m.manager = nil
	return errors.Join(p.kill(), m.killServer())
}

// destroy ends the manager and everything that runs on the data directory,
// children of a killed server included.
func (m *postgresMember) destroy() error {
	var errs []error
	if p := m.manager; p != nil {
		close(p.meant)
		m.manager = nil
		errs = append(errs, p.kill())
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	m.hangUp(ctx)
	errs = append(errs, m.engine.Stop(ctx, ha.StopKill), m.engine.Close())
	return errors.Join(errs...)
}

func (m *postgresMember) hangUp(ctx context.Context) {
	if m.conn != nil {
		_ = m.conn.Close(ctx) // it is given up either way
		m.conn = nil
	}
}

const probeQuery = `SELECT
	NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off',
	pg_postmaster_start_time()::text,
	CASE WHEN pg_is_in_recovery() THEN COALESCE(pg_last_wal_receive_lsn(), '0/0') ELSE pg_current_wal_flush_lsn() END::text`

func (m *postgresMember) probe(ctx context.Context) (probe, error) {
	var p probe
	err := m.ask(ctx, &p)
	if err != nil {
		m.hangUp(ctx)
	}
	return p, err
}

func (m *postgresMember) ask(ctx context.Context, p *probe) (err error) {
	if m.conn == nil {
		if m.conn, err = pgx.Connect(ctx, m.engine.ConnString("postgres")); err != nil {
			return err
		}
	}
	var lsn string
	if err := m.conn.QueryRow(ctx, probeQuery).Scan(&p.writable, &p.run, &lsn); err != nil {
		return err
	}
	p.lsn, err = ha.ParseLSN(lsn)
	return err
}

func (m *postgresMember) rows(ctx context.Context) ([]int64, error) {
	conn, err := pgx.Connect(ctx, m.engine.ConnString("postgres"))
	if err != nil {
		return nil, err
	}
	rows, err := readRows(ctx, conn)
	return rows, errors.Join(err, conn.Close(ctx))
}

func readRows(ctx context.Context, conn *pgx.Conn) ([]int64, error) {
	rows, err := conn.Query(ctx, "SELECT n FROM quickstart ORDER BY n")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
