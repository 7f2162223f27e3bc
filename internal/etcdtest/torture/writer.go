// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha"
)

const (
	writeLimit = 3 * time.Second // for one write, connecting included
	longGap    = 400 * time.Millisecond
)

// writer inserts numbered rows, one after the other, and enters each
// acknowledgement into the ledger. The application is one that finds whoever
// accepts writes, through the network; three others each stay with one member,
// as a forgotten client of a former primary would.
type writer struct {
	name   string
	config *pgx.ConnConfig
	whose  map[string]ha.MemberID // members by remote address; nil for one member
	member ha.MemberID            // then: which
	pace   time.Duration          // after an acknowledgement
	rest   time.Duration          // after a failure
	story  *story
	ledger *ledger
	gaps   *gaps // of the application; nil for the others

	conn   *pgx.Conn
	from   ha.MemberID
	run    string
	warned bool // the server said that a commit is not what it should be

	acked latest[int64] // number of the newest acknowledged row
	begun atomic.Int64  // number of the newest row that was sent
}

const insertRow = "INSERT INTO torture (n) VALUES ($1)"

// write writes until ctx ends.
func (w *writer) write(ctx context.Context) {
	// A server that gives up waiting for its standbys commits with a warning:
	// that is no acknowledgement.
	w.config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { w.warned = w.warned || n.SeverityUnlocalized == "WARNING" }
	failing := false
	for ctx.Err() == nil {
		n := w.ledger.number()
		w.begun.Store(n)
		limited, cancel := context.WithTimeout(ctx, writeLimit)
		err := w.insert(limited, n)
		cancel()
		if err == nil {
			failing = false
			wait(ctx, w.pace)
			continue
		}
		if !failing && w.gaps != nil && ctx.Err() == nil {
			w.story.say(w.name, "write %d fails: %v", n, err)
		}
		failing = true
		wait(ctx, w.rest)
	}
	w.hangUp()
}

var errWarned = errors.New("committed with a warning: standbys may not have it")

func (w *writer) insert(ctx context.Context, n int64) error {
	if w.conn == nil {
		if err := w.open(ctx); err != nil {
			return err
		}
	}
	w.warned = false
	sent := w.story.now()
	_, err := w.conn.Exec(ctx, insertRow, n)
	answered := w.story.now()
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && pg.Code == "25006" && w.whose == nil:
		return err // a standby: the session stays
	case err != nil:
		w.hangUp()
		return err
	case w.warned:
		return errWarned
	}
	w.ledger.acknowledged(ack{n, w.from, w.run, interval{sent, answered}})
	if w.gaps != nil {
		if gap := w.gaps.add(answered); gap > longGap {
			w.story.say(w.name, "writes go on at %s after %.3f s", w.from, gap.Seconds())
		}
	}
	w.acked.update(func(last *int64) { *last = n })
	return nil
}

func (w *writer) open(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, w.config.Copy())
	if err != nil {
		return err
	}
	w.from = w.member
	if w.whose != nil {
		w.from = w.whose[conn.PgConn().Conn().RemoteAddr().String()]
	}
	if err := conn.QueryRow(ctx, "SELECT pg_postmaster_start_time()::text").Scan(&w.run); err != nil {
		hangUp(conn)
		return err
	}
	w.conn = conn
	return nil
}

func (w *writer) hangUp() {
	if w.conn != nil {
		hangUp(w.conn)
		w.conn = nil
	}
}

// awaitWrite waits until a write is acknowledged that began after the call.
func (w *writer) awaitWrite(ctx context.Context) error {
	sent := w.begun.Load()
	if _, err := w.acked.await(ctx, func(n *int64) bool { return *n > sent }); err != nil {
		return fmt.Errorf("wait for a write: %w", err)
	}
	return nil
}
