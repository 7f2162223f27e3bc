// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gausskit/gausskit/ha"
)

// askerName is what sessions with other members call themselves.
const askerName = "gausskit:ask"

// keepAsking is how long a session with another member is kept after a
// question. A node asks in a row, and then not for days.
const keepAsking = 10 * time.Second

// asker keeps at most one session with another member.
type asker struct {
	sem chan struct{} // held by who uses the rest
	up  ha.Upstream
	bye *time.Timer // hangs up

	mu   sync.Mutex
	conn *pgx.Conn
}

func newAsker() *asker { return &asker{sem: make(chan struct{}, 1)} }

func (a *asker) close() {
	a.sem <- struct{}{}
	defer func() { <-a.sem }()
	if a.bye != nil {
		a.bye.Stop()
	}
	a.drop()
}

// drop ends the session without a word: the other side may not listen.
func (a *asker) drop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conn != nil {
		_ = a.conn.PgConn().Conn().Close()
		a.conn = nil
	}
}

var (
	errInRecovery = errors.New("the server is a standby")
	errOneOnly    = errors.New("no second connection")
)

// AskPeer implements ha.PeerAsker: it asks whether the server of another member
// is in recovery, as the replication role in database postgres, over a session
// that is kept for ten seconds. A server that refuses the session by its rules
// or because it has too many has answered; one that starts or stops has not.
func (e *Engine) AskPeer(ctx context.Context, peer ha.Upstream) error {
	a := e.asker
	select {
	case a.sem <- struct{}{}:
	case <-ctx.Done():
		return e.failed("ask", ctx.Err())
	}
	defer func() { <-a.sem }()
	if a.bye != nil {
		a.bye.Stop()
	}
	if a.up.Member != peer.Member || a.up.Address != peer.Address {
		a.drop()
	}
	a.up = peer
	// Errors need no name for what pgx says of a closed connection.
	known := a.conn != nil
	err := e.askOnce(ctx, a)
	if err != nil && known && ctx.Err() == nil && !errors.Is(err, errInRecovery) && a.conn == nil {
		err = e.askOnce(ctx, a) // the session was an old one
	}
	if a.conn != nil {
		a.bye = time.AfterFunc(keepAsking, a.drop)
	}
	if err != nil {
		return e.failed("ask", fmt.Errorf("%s at %s: %w", peer.Member, peer.Address, err))
	}
	return nil
}

func (e *Engine) askOnce(ctx context.Context, a *asker) error {
	if a.conn == nil {
		conn, err := e.connectPeer(ctx, a.up)
		if lives(err) {
			return nil
		}
		if err != nil {
			return err
		}
		a.mu.Lock()
		a.conn = conn
		a.mu.Unlock()
	}
	standby, err := recoveryOf(ctx, a.conn)
	switch {
	case err != nil:
		a.drop()
		return err
	case standby:
		return errInRecovery
	}
	return nil
}

// connectPeer makes a session that never becomes two: pgx would connect again
// to cancel a question that nobody answers.
func (e *Engine) connectPeer(ctx context.Context, up ha.Upstream) (*pgx.Conn, error) {
	cfg, err := e.remoteConfig(up)
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams = map[string]string{"application_name": askerName}
	cfg.ConnectTimeout = 0 // ctx bounds it
	return connectOnce(ctx, cfg)
}

func connectOnce(ctx context.Context, cfg *pgx.ConnConfig) (*pgx.Conn, error) {
	var done atomic.Bool
	dial := cfg.DialFunc
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if done.Load() {
			return nil, errOneOnly
		}
		return dial(ctx, network, addr)
	}
	defer done.Store(true)
	return pgx.ConnectConfig(ctx, cfg)
}

// lives reports whether an error is the answer of a server that runs: it knows
// its own rules (class 28), or has no room (53300).
func lives(err error) bool {
	return hasCode(err, "28000", "28P01", "53300")
}
