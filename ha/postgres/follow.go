// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

// Follow writes the upstream into the managed file, creates this member's slot
// on the upstream when it answers (and keeps trying in the background when it
// does not), and makes the server read the change. PostgreSQL 12 has to be
// restarted for it.
func (e *Engine) Follow(ctx context.Context, up ha.Upstream) error {
	ctx, leave, err := e.ops.enter(ctx)
	if err != nil {
		return e.failed("follow", err)
	}
	defer leave()
	if err := e.checkUpstream(up); err != nil {
		return e.failed("follow", err)
	}
	return e.failed("follow", e.follow(ctx, up))
}

// checkUpstream refuses an upstream that cannot be one.
func (e *Engine) checkUpstream(up ha.Upstream) error {
	if up.Member == e.cfg.Member || up.Address == e.cfg.address() {
		return fmt.Errorf("upstream %s at %s is this member itself", up.Member, up.Address)
	}
	_, _, err := splitAddress(up.Address)
	return err
}

// Detach empties primary_conninfo and waits until the receiver is gone and
// stays away for a moment.
func (e *Engine) Detach(ctx context.Context) error {
	ctx, leave, err := e.ops.enter(ctx)
	if err != nil {
		return e.failed("detach", err)
	}
	defer leave()
	return e.failed("detach", e.follow(ctx, ha.Upstream{}))
}

// follow points a running standby at an upstream, or at nobody.
func (e *Engine) follow(ctx context.Context, up ha.Upstream) error {
	srv, err := e.find()
	if err != nil {
		return err
	}
	if srv.pid == 0 {
		return errNotRunning
	}
	standby, deaf, err := e.isStandby(ctx)
	if err != nil {
		return uncertain(err)
	}
	if !standby {
		return ha.ErrWrongMode
	}
	e.log.Info("following", zap.String("upstream", string(up.Member)), zap.String("address", up.Address))
	if up.Address != "" {
		if _, err := e.password(false); err != nil {
			return err
		}
	}
	old, err := e.readDuty()
	if err != nil {
		return err
	}
	e.keepSlot(ctx, up)
	if err := e.repoint(ctx, srv, up, deaf); err != nil {
		return err
	}
	e.leaveSlot(old.Upstream, up)
	return nil
}

// repoint makes the server take another upstream.
func (e *Engine) repoint(ctx context.Context, srv server, up ha.Upstream, deaf bool) error {
	d := duty{Upstream: up, Sync: guardNames}
	if !e.caps.conninfoReload {
		if err := e.stop(ctx, ha.StopFast); err != nil {
			return err
		}
		return e.launch(ctx, d, ha.StartStandby)
	}
	if up.Address != "" {
		if err := e.aboutToServe(); err != nil {
			return err
		}
	}
	if err := e.putDuty(d); err != nil {
		return err
	}
	if up.Address == "" {
		return e.detached(ctx, srv, deaf)
	}
	if deaf { // nobody can be asked; the signal is all there is
		return signal(srv.pid, sigReload)
	}
	info, err := e.conninfo(up, string(e.cfg.Member))
	if err != nil {
		return err
	}
	if err := e.reload(ctx, srv, "primary_conninfo", info); err != nil {
		return err
	}
	return e.endIdleReceiver(ctx)
}

// endIdleReceiver ends a receiver that waits. One that has met the end of its
// upstream's timeline keeps its connection, and recovery gives it new work
// instead of starting another one (src/backend/replication/walreceiver.c, at
// the top). A change of primary_conninfo does not always end it: it would go
// on receiving from the old upstream.
func (e *Engine) endIdleReceiver(ctx context.Context) error {
	dir, err := os.Stat(e.cfg.DataDir)
	if err != nil {
		return err
	}
	pid, idle, err := e.receiver(ctx, dir, false)
	if err != nil {
		return uncertain(err)
	}
	if idle {
		return signal(pid, syscall.SIGTERM) // what recovery itself sends it
	}
	return nil
}

// detached makes the server read that it follows nobody and waits until no
// receiver is seen, twice in a row: recovery could start one with what it knew
// before it reads the change, and ends it as soon as it does. One that waits
// has to be ended from here, see endIdleReceiver: it receives nothing, and
// would be there for ever.
func (e *Engine) detached(ctx context.Context, srv server, deaf bool) error {
	if deaf {
		if err := signal(srv.pid, sigReload); err != nil {
			return err
		}
	} else if err := e.reload(ctx, srv, "primary_conninfo", ""); err != nil {
		return err
	}
	dir, err := os.Stat(e.cfg.DataDir)
	if err != nil {
		return err
	}
	const enough = 3
	const patience = time.Second // with a receiver that does not say what it does
	gone, began := 0, time.Now()
	return poll(ctx, "the receiver to end", func() (bool, error) {
		pid, idle, err := e.receiver(ctx, dir, deaf)
		if err != nil && ctx.Err() == nil {
			return false, uncertain(err)
		}
		if err != nil {
			gone = 0
			return false, nil
		}
		if pid != 0 {
			gone = 0
			if idle || time.Since(began) > patience {
				return false, signal(pid, syscall.SIGTERM)
			}
			return false, nil
		}
		gone++
		return gone >= enough, nil
	})
}

// receiver looks for the process where that is possible, and asks the server
// where it is not. It returns 0 when there is none.
func (e *Engine) receiver(ctx context.Context, dir os.FileInfo, deaf bool) (pid int, idle bool, err error) {
	if canScan {
		return receiverIn(dir)
	}
	if deaf {
		return 0, false, fmt.Errorf("the server is not yet consistent and cannot be asked")
	}
	err = e.with(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT coalesce(max(pid), 0), coalesce(bool_or(status = 'waiting'), false) FROM pg_stat_wal_receiver").Scan(&pid, &idle)
	})
	return pid, idle, err
}
