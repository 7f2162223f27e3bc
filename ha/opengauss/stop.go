// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/postmaster"
)

// Stop sends the signals of gs_ctl itself and waits until no process of the data
// directory is left. It ends what another method is doing. A frozen server only
// obeys StopKill.
func (e *Engine) Stop(ctx context.Context, how ha.StopMode) error {
	leave, err := e.ops.EnterStop(ctx)
	if err != nil {
		return e.failed("stop", uncertain(err))
	}
	defer leave()
	return e.failed("stop", e.stop(ctx, how))
}

// stopSignals are what the server is told by (postmaster.cpp).
var stopSignals = map[ha.StopMode]syscall.Signal{
	ha.StopFast: syscall.SIGINT, ha.StopImmediate: syscall.SIGQUIT, ha.StopKill: syscall.SIGKILL,
}

func (e *Engine) stop(ctx context.Context, how ha.StopMode) error {
	sig, ok := stopSignals[how]
	if !ok {
		return fmt.Errorf("%v: no such way to stop", how)
	}
	sent := 0
	err := poll(ctx, "the server to stop", func() (bool, error) {
		_, _ = e.child.Reap(serverProgram) // how it ended is for who started it
		srv, err := findServer(e.cfg.DataDir)
		if err != nil || !srv.runs() {
			return err == nil, err
		}
		if srv.pid != 0 && srv.pid != sent {
			e.log.Info("stopping the server", zap.Stringer("mode", how), zap.Int("pid", srv.pid))
			sent = srv.pid
			return false, postmaster.Signal(srv.pid, sig)
		}
		for _, pid := range srv.others {
			// One that has no pid file yet, or any more: nobody waits for these.
			if err := postmaster.Signal(pid, syscall.SIGKILL); err != nil {
				return false, err
			}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	e.syncSure.Store(0)
	if _, err := os.Stat(e.cfg.DataDir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return e.clear()
}
