// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha"
)

// proberName is what the session of a write probe calls itself.
const proberName = "gausskit:probe"

// DefaultSlowWrite is when a write is slow.
const DefaultSlowWrite = time.Second

// WriteProbeConfig says how a server's writes are judged. The zero value is
// good.
type WriteProbeConfig struct {
	// Name of the probe, see ha.Probe. Default "write".
	Name string
	// Slow is how long a check may take before the server is suspect. Default 1 s.
	Slow time.Duration
}

// WriteProbe returns a probe that writes on this member's server, as a client
// would: an ha.Probe with the default pauses, a Limit of 5 s and no Uses; set
// those. It finds what questions do not: a disk on which commits hang, one that
// is full, a server that answers and cannot work.
//
// On a primary it commits a logical message with the prefix "gausskit", about a
// hundred bytes of log, and no table is touched. The session has
// synchronous_commit = local: the commit is on this server's disk when it
// returns, and waits for no standby. So a primary without its quorum, whose
// clients wait, is healthy here: waiting is what it is told to do, and another
// primary would lose nothing and win nothing by it. On every server it lets a
// question spill half a megabyte to a temporary file, where the data are.
//
// The verdicts: healthy, suspect when a check took Slow or the server has no
// room for a session, dead when the server reports that it cannot write
// (SQLSTATE classes 53, 58 and XX) or does not answer within the
// probe's Limit. A server that does not run, starts or stops is unknown: that
// is for the engine's observations.
//
// It uses one connection, and no second one while that is not answered, however
// long that takes. Engine.Close ends it.
func (e *Engine) WriteProbe(cfg WriteProbeConfig) ha.Probe {
	w := &writeProbe{e: e, slow: cmp.Or(cfg.Slow, DefaultSlowWrite)}
	return ha.Probe{Name: cmp.Or(cfg.Name, "write"), Limit: 5 * time.Second, Check: w.check}
}

// writeProbe has one session and one question at a time.
type writeProbe struct {
	e    *Engine
	slow time.Duration

	// Of the goroutine that asks.
	conn *pgx.Conn
	keep func() bool // ends the watch that closes conn with the engine

	mu    sync.Mutex
	asked *question // not answered yet; nil when there is none
}

// question is one check on its way.
type question struct {
	began  time.Time
	done   chan struct{}
	err    error // then
	detail string
}

// check asks, or waits for what was asked before.
func (w *writeProbe) check(ctx context.Context) (ha.ProbeVerdict, string) {
	srv, err := w.e.find()
	switch {
	case err != nil:
		return ha.ProbeUnknown, err.Error()
	case srv.pid == 0:
		return ha.ProbeUnknown, "the server does not run"
	}
	q := w.ask()
	select {
	case <-q.done:
	case <-w.e.background.Done():
		return ha.ProbeUnknown, "the engine is closed"
	case <-ctx.Done():
		return ha.ProbeDead, fmt.Sprintf("no answer for %v", time.Since(q.began).Round(100*time.Millisecond))
	}
	if q.err != nil {
		return judgeWrite(q.err)
	}
	took := time.Since(q.began)
	detail := fmt.Sprintf("%s in %v", q.detail, took.Round(100*time.Microsecond))
	if took >= w.slow {
		return ha.ProbeSuspect, detail
	}
	return ha.ProbeHealthy, detail
}

// ask asks on a goroutine that Engine.Close waits for.
func (w *writeProbe) ask() *question {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked != nil {
		return w.asked
	}
	q := &question{began: time.Now(), done: make(chan struct{})}
	w.asked = q
	w.e.run(func(ctx context.Context) {
		q.detail, q.err = w.write(ctx)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked = nil
		close(q.done)
	})
	return q
}

// write does the check. A session that ended since the last one is made anew.
func (w *writeProbe) write(ctx context.Context) (detail string, err error) {
	known := w.conn != nil
	detail, err = w.writeOnce(ctx)
	if err != nil && known && w.conn == nil && ctx.Err() == nil {
		detail, err = w.writeOnce(ctx)
	}
	return detail, err
}

// spill makes a set of rows that does not fit into work_mem (64 kB).
const spill = "SELECT count(*) FROM generate_series(1, 40000)"

func (w *writeProbe) writeOnce(ctx context.Context) (detail string, err error) {
	if w.conn == nil {
		if w.conn, err = w.e.connectProbe(ctx); err != nil {
			return "", err
		}
		conn := w.conn.PgConn().Conn()
		w.keep = context.AfterFunc(w.e.background, func() { _ = conn.Close() })
	}
	defer func() {
		if w.conn.IsClosed() {
			w.keep()
			_ = w.conn.PgConn().Conn().Close()
			w.conn = nil
		}
	}()
	standby, err := recoveryOf(ctx, w.conn)
	if err != nil {
		return "", err
	}
	detail = "temporary file"
	if !standby {
		detail = "commit and temporary file"
		if _, err := w.conn.Exec(ctx, "SELECT pg_logical_emit_message(true, 'gausskit', '')"); err != nil {
			return "", err
		}
	}
	var n int
	return detail, w.conn.QueryRow(ctx, spill).Scan(&n)
}

// connectProbe makes the session of a write probe.
func (e *Engine) connectProbe(ctx context.Context) (*pgx.Conn, error) {
	cfg, err := e.localConfig()
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams = map[string]string{
		"application_name": proberName, "synchronous_commit": "local", "default_transaction_read_only": "off",
		"work_mem": "64kB", "temp_tablespaces": "", "temp_file_limit": "-1", "statement_timeout": "0",
	}
	return connectOnce(ctx, cfg)
}

// judgeWrite says what an error means. What is not certainly the server's
// inability is unknown: a primary must not be moved for it.
func judgeWrite(err error) (ha.ProbeVerdict, string) {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return ha.ProbeUnknown, err.Error()
	}
	text := fmt.Sprintf("%s (%s)", pg.Message, pg.Code)
	class := pg.Code[:min(2, len(pg.Code))]
	switch {
	case hasCode(err, "53300"):
		return ha.ProbeSuspect, text
	case class == "53", class == "58", class == "XX":
		return ha.ProbeDead, text
	}
	return ha.ProbeUnknown, text
}
