// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

// Promote writes the synchronous set, asks the postmaster by signal file as
// pg_ctl does, and looks every few milliseconds whether recovery has ended;
// the server ends it only when all received log is applied. Until the set is
// in force the guard is, so nothing can be acknowledged too early. Afterwards
// a checkpoint is made in the background: until then pg_rewind cannot tell
// that this server is on a new timeline.
//
// Promoting a primary sets its synchronous set.
func (e *Engine) Promote(ctx context.Context, spec ha.PromoteSpec) error {
	ctx, leave, err := e.ops.enter(ctx)
	if err != nil {
		return e.failed("promote", err)
	}
	defer leave()
	return e.failed("promote", e.promote(ctx, spec.Sync, spec.Timeline))
}

func (e *Engine) promote(ctx context.Context, set ha.SyncSet, timeline uint32) error {
	names, err := formatSync(set)
	if err != nil {
		return err
	}
	conn, srv, err := e.connectServer(ctx)
	if err != nil {
		return err
	}
	defer hangUp(conn)
	standby, err := recoveryOf(ctx, conn)
	if err != nil {
		return uncertain(err)
	}
	if !standby {
		return e.setSync(ctx, set)
	}
	d, err := e.readDuty()
	if err != nil {
		return err
	}
	if err := e.aboutToServe(); err != nil {
		return err
	}
	d.Sync = names
	if err := e.putDuty(d); err != nil {
		return err
	}
	if err := e.reload(ctx, srv, "synchronous_standby_names", names); err != nil {
		return err
	}
	if err := e.skipTimelines(ctx, srv, timeline); err != nil {
		return err
	}
	if err := e.write(promoteSignal, ""); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil { // last look: from here on it may happen
		return ended(ctx, "the promotion")
	}
	if err := signal(srv.pid, syscall.SIGUSR1); err != nil {
		return err
	}
	e.log.Info("promoting", zap.String("synchronous_standby_names", names))
	e.slots.stop()
	err = poll(ctx, "the promotion", func() (bool, error) {
		standby, err := recoveryOf(ctx, conn)
		if err != nil && ctx.Err() == nil {
			return false, uncertain(err)
		}
		return err == nil && !standby, nil
	})
	if err != nil {
		return err
	}
	if err := e.writeDuty(duty{Sync: names}); err != nil {
		return uncertain(err)
	}
	if err := signal(srv.pid, syscall.SIGHUP); err != nil {
		return uncertain(err)
	}
	e.run(func(ctx context.Context) {
		const most = time.Minute
		ctx, cancel := context.WithTimeout(ctx, most)
		defer cancel()
		if err := e.checkpoint(ctx); err != nil {
			e.log.Info("no checkpoint after the promotion", zap.Error(err))
		}
	})
	return nil
}

// skipTimelines makes the server begin the given timeline when it is promoted.
// It takes the number after the last in a row for which it finds a history
// file (findNewestTimeLine in timeline.c), so files are put in the way: with a
// comment and no line, which is a timeline that is nobody's parent. A standby
// fetches them from its upstream like all others and passes over them.
func (e *Engine) skipTimelines(ctx context.Context, srv server, timeline uint32) error {
	if timeline == 0 {
		return nil
	}
	var o ha.Observation
	if err := e.observeServer(ctx, srv, &o); err != nil {
		return err
	}
	for tli := o.Timeline + 1; tli < timeline; tli++ {
		name := filepath.Join("pg_wal", fmt.Sprintf("%08X.history", tli))
		if _, err := os.Stat(e.path(name)); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := e.write(name, "# left out, so that each term has a timeline of its own\n"); err != nil {
			return err
		}
	}
	return nil
}

// connectServer opens a session with the server, which has to run.
func (e *Engine) connectServer(ctx context.Context) (*pgx.Conn, server, error) {
	srv, err := e.find()
	if err != nil {
		return nil, srv, err
	}
	if srv.pid == 0 {
		return nil, srv, errNotRunning
	}
	conn, err := e.connect(ctx)
	return conn, srv, err
}

var errNotRunning = errors.New("the server does not run")

func recoveryOf(ctx context.Context, conn *pgx.Conn) (standby bool, err error) {
	err = conn.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&standby)
	return standby, err
}

// reload makes the server read its configuration and waits until a setting has
// the value: in a new session, which is forked by the postmaster after it has
// told all its children to read theirs.
func (e *Engine) reload(ctx context.Context, srv server, name, want string) error {
	if err := signal(srv.pid, syscall.SIGHUP); err != nil {
		return err
	}
	// A value from another file than ours is not late, it is another value.
	const settled = 200 * time.Millisecond
	began := time.Now()
	return poll(ctx, "setting "+name, func() (bool, error) {
		var got, file string
		err := e.with(ctx, func(conn *pgx.Conn) error {
			return conn.QueryRow(ctx, `SELECT setting, coalesce(sourcefile, source) FROM pg_settings WHERE name = $1`, name).Scan(&got, &file)
		})
		switch {
		case hasCode(err, codeCannotConnectNow):
			return false, nil
		case err != nil && ctx.Err() != nil:
			return false, nil
		case err != nil:
			return false, uncertain(err)
		case got != want && filepath.Base(file) != managedFile && time.Since(began) > settled:
			return false, uncertain(fmt.Errorf("setting %s is %q from %s, not %q", name, got, file, want))
		}
		return got == want, nil
	})
}
