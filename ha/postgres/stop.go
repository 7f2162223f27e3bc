// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"syscall"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

// Stop sends the signals of pg_ctl itself and waits until no process of the
// data directory is left, children of a dead postmaster included. It ends what
// another method is doing. A frozen server only obeys StopKill.
func (e *Engine) Stop(ctx context.Context, how ha.StopMode) error {
	leave, err := e.ops.enterStop(ctx)
	if err != nil {
		return e.failed("stop", uncertain(err))
	}
	defer leave()
	e.slots.stop()
	return e.failed("stop", e.stop(ctx, how))
}

func (e *Engine) stop(ctx context.Context, how ha.StopMode) error {
	var sig syscall.Signal
	switch how {
	case ha.StopFast:
		sig = syscall.SIGINT
	case ha.StopImmediate:
		sig = syscall.SIGQUIT
	case ha.StopKill:
		sig = syscall.SIGKILL
	default:
		return fmt.Errorf("%v: no such way to stop", how)
	}
	sent := 0
	err := poll(ctx, "the server to stop", func() (bool, error) {
		srv, err := e.find()
		if err != nil || !srv.runs() {
			return err == nil, err
		}
		if srv.pid != 0 && srv.pid != sent {
			e.log.Info("stopping the server", zap.Stringer("mode", how), zap.Int("pid", srv.pid))
			sent = srv.pid
			return false, signal(srv.pid, sig)
		}
		if srv.pid != 0 && how != ha.StopKill {
			return false, nil
		}
		// The postmaster is gone or being killed: nobody waits for these.
		for _, pid := range srv.others {
			if err := signal(pid, syscall.SIGKILL); err != nil {
				return false, err
			}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	return e.clear()
}

// Checkpoint makes the server write out what a stop would have to write.
func (e *Engine) Checkpoint(ctx context.Context) error {
	return e.failed("checkpoint", e.checkpoint(ctx))
}

func (e *Engine) checkpoint(ctx context.Context) error {
	conn, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer hangUp(conn)
	_, err = conn.Exec(ctx, "CHECKPOINT")
	return err
}
