// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/postmaster"
)

// Promote puts the synchronous set in force and asks the server for a failover,
// natively; the server applies all log that it has received first. The term of
// the failover is PromoteSpec.Timeline, or the one after the server's own where
// that is higher: the server ignores a term that is not new.
//
// Promoting a primary sets its synchronous set. With DCF the group is asked to
// elect this member.
func (e *Engine) Promote(ctx context.Context, spec ha.PromoteSpec) error {
	ctx, leave, err := e.ops.Enter(ctx)
	if err != nil {
		return e.failed("promote", err)
	}
	defer leave()
	return e.failed("promote", e.promote(ctx, spec))
}

func (e *Engine) promote(ctx context.Context, spec ha.PromoteSpec) error {
	s, err := e.running(ctx)
	if err != nil {
		return err
	}
	p, err := e.client.Position(ctx)
	if err != nil {
		return err
	}
	term := max(ha.Term(spec.Timeline), p.Term+1)
	if e.cfg.DCF {
		if err := e.aboutToServe(); err != nil {
			return err
		}
		return e.native.Switchover(ctx, term, false)
	}
	if s.Role == ha.RolePrimary {
		return e.setSync(ctx, spec.Sync)
	}
	if s.Role != ha.RoleStandby && s.Role != ha.RoleCascade {
		return fmt.Errorf("%w: it is %s", ha.ErrWrongMode, FormatRole(s.Role))
	}
	names, err := formatSync(spec.Sync)
	if err != nil {
		return err
	}
	if err := e.aboutToServe(); err != nil {
		return err
	}
	if err := e.reconfigure(ctx, duty{sync: names}); err != nil {
		return err
	}
	e.log.Info("promoting", zap.Uint64("term", uint64(term)), zap.String("synchronous_standby_names", names))
	if s.Role == ha.RoleCascade { // one rank at a time
		if err := e.native.Failover(ctx, term); err != nil {
			return err
		}
	}
	if err := e.native.Failover(ctx, term); err != nil {
		return err
	}
	e.syncSure.Store(0)
	// A lock says nothing to a primary, but would keep one that steps down by
	// itself from receiving. CM lifts it as well.
	if err := e.client.Lock(ctx, ConnLock{}); err != nil {
		e.log.Info("the lock of connections stays", zap.Error(err))
	}
	return nil
}

// running asks the server that has to run for its state.
func (e *Engine) running(ctx context.Context) (HAState, error) {
	if err := ctx.Err(); err != nil {
		return HAState{}, ended(ctx, "the server")
	}
	srv, err := findServer(e.cfg.DataDir)
	if err != nil {
		return HAState{}, err
	}
	if srv.pid == 0 {
		return HAState{}, ErrNotRunning
	}
	s, err := e.client.State(ctx)
	return s, uncertain(err)
}

// reconfigure writes the settings of a duty, makes the server read them, and
// waits until it has them. A server that finds the file locked ignores the
// signal, so it is repeated.
func (e *Engine) reconfigure(ctx context.Context, d duty) error {
	want, err := e.settings(d)
	if err != nil {
		return err
	}
	changed, err := e.configure(ctx, d)
	if err != nil {
		return err
	}
	// What an earlier call has written the server may not have read.
	for _, name := range []string{"synchronous_standby_names", "wal_receiver_timeout"} {
		if _, ok := want[name]; ok {
			changed = append(changed, name)
		}
	}
	return e.reload(ctx, want, changed)
}

// reload makes the server read its configuration until parameters have their
// values; those that take a restart are left alone.
func (e *Engine) reload(ctx context.Context, want map[string]string, names []string) error {
	const again = 500 * time.Millisecond
	var asked time.Time
	return poll(ctx, "the server to read its configuration", func() (bool, error) {
		if time.Since(asked) > again {
			srv, err := findServer(e.cfg.DataDir)
			if err != nil {
				return false, err
			}
			if srv.pid == 0 {
				return false, uncertain(ErrNotRunning)
			}
			asked = time.Now()
			if err := postmaster.Signal(srv.pid, syscall.SIGHUP); err != nil {
				return false, err
			}
		}
		for _, name := range names {
			is, err := e.hasSetting(ctx, name, want[name])
			if err != nil && ctx.Err() == nil {
				return false, uncertain(err)
			}
			if !is {
				return false, nil
			}
		}
		return true, nil
	})
}

// hasSetting reports whether the server has a value, or can have it only after a
// restart. Values are compared by what they mean.
func (e *Engine) hasSetting(ctx context.Context, name, want string) (bool, error) {
	if needsRestart(name) {
		return true, nil
	}
	got, err := e.client.Setting(ctx, name)
	if err != nil {
		return false, err
	}
	return sameSetting(name, got, want), nil
}
