// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
)

var (
	errCancelled = errors.New("canceling statement due to user request")
	errTimedOut  = errors.New("canceling statement due to statement timeout")
)

// session is a client that is logged in.
type session struct {
	s        *Server
	conn     net.Conn
	be       *pgproto3.Backend
	id, key  uint32
	user     string
	tool     bool
	sysadmin bool
	began    time.Time
	settings map[string]string // SET, by lower-case name
	types    *pgtype.Map

	ctx context.Context // ends when the session must
	end context.CancelCauseFunc

	mu     sync.Mutex
	query  string                  // that runs, for pg_stat_activity
	cancel context.CancelCauseFunc // of the statement that runs; nil between statements

	tx       *tx
	prepared map[string]*prepared
	portals  map[string]*portal
	skip     bool // an error came; everything up to Sync is passed over
}

func newSession(s *Server, conn net.Conn, rd *bufio.Reader) *session {
	sess := &session{s: s, conn: conn, be: pgproto3.NewBackend(rd, conn), began: s.now(), settings: map[string]string{},
		types: pgtype.NewMap(), prepared: map[string]*prepared{}, portals: map[string]*portal{}}
	sess.ctx, sess.end = context.WithCancelCause(s.ctx)
	return sess
}

// options takes "-c name=value" words of the start-up packet.
func (c *session) options(text string) error {
	words := strings.Fields(text)
	for i := 0; i < len(words); i++ {
		w := strings.TrimPrefix(words[i], "-c")
		if w == "" && i+1 < len(words) {
			i++
			w = words[i]
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(w, "--"), "=")
		if !ok {
			return sql.Errorf("42601", "invalid command-line argument for server process: %s", words[i])
		}
		if name == "remotetype" || name == "xc_maintenance_mode" {
			continue
		}
		if _, known := c.s.cfg.get(name); !known {
			return sql.Errorf(sql.CodeNoObject, "unrecognized configuration parameter %q", name)
		}
		c.settings[strings.ToLower(name)] = value
	}
	return nil
}

// terminate ends the session from another goroutine.
func (c *session) terminate(cause error) { c.end(cause) }

// cancelQuery ends the statement that runs.
func (c *session) cancelQuery() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel(errCancelled)
	}
}

// run serves the client until it leaves or must.
func (c *session) run() {
	wake := context.AfterFunc(c.ctx, func() {
		_ = c.conn.SetDeadline(time.Unix(1, 0)) // a connection that is closed ends by itself
	})
	defer wake()
	defer func() {
		c.rollback()
		c.end(errGone)
		c.s.mu.Lock()
		delete(c.s.mu.sessions, c.id)
		c.s.changedLocked()
		c.s.mu.Unlock()
	}()
	c.greet()
	for {
		if c.be.Flush() != nil {
			return
		}
		msg, err := c.be.Receive()
		if c.ctx.Err() != nil {
			c.be.Send(errorMessage("FATAL", errShutdown))
			_ = c.conn.SetWriteDeadline(time.Now().Add(time.Second)) // the client may be gone
			_ = c.be.Flush()
			return
		}
		if err != nil {
			return
		}
		if _, ok := msg.(*pgproto3.Terminate); ok {
			return
		}
		c.handle(msg)
	}
}

// greet sends what follows a successful login.
func (c *session) greet() {
	app := c.settings["application_name"]
	for _, p := range [][2]string{
		{"application_name", app}, {"b_format_behavior_compat_options", ""}, {"behavior_compat_options", ""}, {"cgroup_name", ""},
		{"character_set_connection", "UTF8"}, {"client_encoding", "UTF8"}, {"collation_connection", ""}, {"connection_info", ""},
		{"d_format_behavior_compat_options", ""}, {"DateStyle", "ISO, MDY"}, {"disable_keyword_options", ""},
		{"enable_record_nettime", "off"}, {"integer_datetimes", "on"}, {"IntervalStyle", "postgres"},
		{"is_sysadmin", onOff(c.sysadmin)}, {"memory_detail_tracking", "Memory Context Sequent Count: -1, Plan Nodeid: -1"},
		{"plsql_compile_check_options", ""}, {"query_band", ""}, {"server_encoding", "UTF8"}, {"server_version", "9.2.4"},
		{"session_authorization", c.user}, {"session_respool", "invalid_pool"}, {"standard_conforming_strings", "on"},
		{"TimeZone", "UTC"}, {"uppercase_attribute_name", "off"},
	} {
		c.be.Send(&pgproto3.ParameterStatus{Name: p[0], Value: p[1]})
	}
	c.be.Send(&pgproto3.BackendKeyData{ProcessID: c.id, SecretKey: []byte{byte(c.key >> 24), byte(c.key >> 16), byte(c.key >> 8), byte(c.key)}})
	c.ready()
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func (c *session) ready() {
	c.rest()
	status := byte('I')
	if c.tx != nil && c.tx.explicit {
		status = 'T'
		if c.tx.failed {
			status = 'E'
		}
	}
	c.be.Send(&pgproto3.ReadyForQuery{TxStatus: status})
}

func (c *session) handle(msg pgproto3.FrontendMessage) {
	switch m := msg.(type) {
	case *pgproto3.Query:
		c.skip = false
		c.simple(m.String)
		c.ready()
		return
	case *pgproto3.Sync:
		c.skip = false
		if c.tx != nil && !c.tx.explicit {
			c.failed(c.finish(c.statement("COMMIT")))
		}
		c.portals = map[string]*portal{}
		c.ready()
		return
	case *pgproto3.CopyData, *pgproto3.CopyDone, *pgproto3.CopyFail, *pgproto3.Flush:
		return // what is left of a COPY that failed
	}
	if c.skip {
		return
	}
	var err error
	switch m := msg.(type) {
	case *pgproto3.Parse:
		err = c.parse(m)
	case *pgproto3.Bind:
		err = c.bind(m)
	case *pgproto3.Describe:
		err = c.describe(m)
	case *pgproto3.Execute:
		err = c.execute(m)
	case *pgproto3.Close:
		if m.ObjectType == 'S' {
			delete(c.prepared, m.Name)
		} else {
			delete(c.portals, m.Name)
		}
		c.be.Send(&pgproto3.CloseComplete{})
	default:
		err = sql.Errorf("08P01", "message %T is not supported by the simulated server", msg)
	}
	if err != nil {
		c.failed(err)
		c.skip = true
	}
}

// failed tells the client of an error and marks the transaction.
func (c *session) failed(err error) {
	if err == nil {
		return
	}
	c.be.Send(errorMessage("ERROR", err))
	if c.tx == nil {
		return
	}
	if c.tx.explicit {
		c.tx.failed = true
		return
	}
	c.rollback()
}

// statement begins a statement: its context ends with a cancel request, the
// statement timeout, or the session.
func (c *session) statement(text string) context.Context {
	c.rest()
	ctx, cancel := context.WithCancelCause(c.ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel, c.query = cancel, text
	if ms, err := strconv.Atoi(strings.TrimSuffix(c.setting("statement_timeout"), "ms")); err == nil && ms > 0 {
		t := time.AfterFunc(time.Duration(ms)*time.Millisecond, func() { cancel(errTimedOut) })
		context.AfterFunc(ctx, func() { t.Stop() })
	}
	return ctx
}

// rest ends the statement that ran last, if there is one.
func (c *session) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel(nil)
		c.cancel = nil
	}
}

// setting gives a parameter as the session sees it.
func (c *session) setting(name string) string {
	if v, ok := c.settings[strings.ToLower(name)]; ok {
		return v
	}
	return c.s.cfg.text(name)
}

// errorMessage writes an error as openGauss does.
func errorMessage(severity string, err error) *pgproto3.ErrorResponse {
	e := &sql.Error{Code: "XX000", Message: err.Error()}
	var known *sql.Error
	switch {
	case errors.As(err, &known):
		e = known
	case errors.Is(err, errCancelled), errors.Is(err, errTimedOut):
		e.Code = "57014"
	case errors.Is(err, errShutdown), errors.Is(err, errImmediate), errors.Is(err, context.Canceled):
		e = &sql.Error{Code: "57P01", Message: errShutdown.Error()}
		severity = "FATAL"
	}
	return &pgproto3.ErrorResponse{Severity: severity, Code: e.Code, Message: e.Message, Detail: e.Detail, Hint: e.Hint,
		File: "gaussdbsim", UnknownFields: map[byte]string{'c': "0", 'd': "BACKEND"}}
}
