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
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

// stopLimit bounds an orderly end of a manager and its server.
const stopLimit = 40 * time.Second

// member is one member: its manager, a process of its own, and its server.
// Whoever does something to its processes has claimed it.
type member struct {
	spec   memberSpec
	story  *story
	duties *duties
	fail   context.CancelCauseFunc
	engine *postgres.Engine // of the torture's own: for connections, and for clearing up
	server *serverProcess

	manager *manager // nil while there is none
	back    func()   // ends the absence that a kill began
}

// manager is the process of a member's manager.
type manager struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	meant chan struct{} // closed when its end is wanted
	done  chan struct{} // closed when it has ended
	err   error         // then: how
}

func newMember(spec memberSpec, s *story, d *duties, fail context.CancelCauseFunc) (*member, error) {
	engine, err := postgres.New(spec.server(zap.NewNop()))
	if err != nil {
		return nil, err
	}
	m := &member{spec: spec, story: s, duties: d, fail: fail, engine: engine, server: newServerProcess(spec.path(""))}
	m.back = d.isAbsent(spec.Name)
	return m, nil
}

func (m *member) name() ha.MemberID { return m.spec.Name }

// start starts the manager and returns when it has its orders.
func (m *member) start() error {
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
	// In a process group of its own, so that Ctrl-C reaches the torture alone.
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
	go m.attend(p, stdout) // ends with the process; kill and stop wait for it
	_, err = stdin.Write(append(spec, '\n'))
	m.back()
	return err
}

// attend passes on what the manager tells, and notices its end.
func (m *member) attend(p *manager, stdout io.Reader) {
	defer close(p.done)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		var c ha.StateChange
		if json.Unmarshal(lines.Bytes(), &c) == nil {
			m.story.sayState(c)
		}
	}
	p.err = p.cmd.Wait()
	select {
	case <-p.meant:
	default:
		m.fail(fmt.Errorf("the manager of %s has ended by itself: %w", m.name(), p.err))
	}
}

// killManager is kill -9 of the manager. It returns when the process is gone.
func (m *member) killManager() error {
	p := m.manager
	if p == nil {
		return nil
	}
	m.manager = nil
	close(p.meant)
	m.back = m.duties.isAbsent(m.name())
	err := p.cmd.Process.Kill()
	<-p.done
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// freezeManager stops the manager; the returned function lets it go on.
func (m *member) freezeManager() (thaw func() error, err error) {
	p := m.manager
	back := m.duties.isAbsent(m.name())
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return nil, err
	}
	return func() error {
		defer back()
		return p.cmd.Process.Signal(syscall.SIGCONT)
	}, nil
}

// stop ends the manager in order, and its server with it.
func (m *member) stop(ctx context.Context) error {
	p := m.manager
	if p == nil {
		return nil
	}
	close(p.meant)
	m.manager = nil
	if _, err := io.WriteString(p.stdin, stopWord+"\n"); err != nil {
		return errors.Join(err, p.cmd.Process.Kill())
	}
	select {
	case <-p.done:
		m.back = m.duties.isAbsent(m.name())
		if p.err != nil {
			return fmt.Errorf("stop %s: %w", m.name(), p.err)
		}
		return nil
	case <-ctx.Done():
		err := p.cmd.Process.Kill()
		<-p.done
		return errors.Join(fmt.Errorf("stop %s: %w", m.name(), context.Cause(ctx)), err)
	}
}

// destroy ends everything of the member, whatever state it is in.
func (m *member) destroy() error {
	err := errors.Join(m.server.thaw(), m.killManager())
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	gentle, cancelGentle := context.WithTimeout(ctx, 5*time.Second)
	defer cancelGentle()
	m.server.note()
	if m.engine.Stop(gentle, ha.StopImmediate) != nil {
		err = errors.Join(err, m.engine.Stop(ctx, ha.StopKill))
	}
	m.server.note()
	return errors.Join(err, m.engine.Close(), m.server.clear())
}

// connect opens a session beside the network, as superuser.
func (m *member) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.Connect(ctx, m.engine.ConnString("postgres"))
}

// rows reads all rows that the member shows.
func (m *member) rows(ctx context.Context) (map[int64]bool, error) {
	conn, err := m.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer hangUp(conn)
	found, err := conn.Query(ctx, "SELECT n FROM torture")
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(found, pgx.RowTo[int64])
	rows := make(map[int64]bool, len(all))
	for _, n := range all {
		rows[n] = true
	}
	return rows, err
}

// hangUp gives a session up.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // there is nothing to do about a failure
}
