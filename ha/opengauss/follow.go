// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

// Follow gives the standby a channel to the upstream where it has none, and lets
// it receive from that upstream alone, by the lock of connections that CM uses.
// The server keeps both across restarts. A standby behind a standby is a cascade
// standby: the server is started again where that changes.
func (e *Engine) Follow(ctx context.Context, up ha.Upstream) error {
	ctx, leave, err := e.ops.Enter(ctx)
	if err != nil {
		return e.failed("follow", err)
	}
	defer leave()
	return e.failed("follow", e.follow(ctx, up))
}

func (e *Engine) follow(ctx context.Context, up ha.Upstream) error {
	if up.Address == e.Upstream().Address || up.Member == e.cfg.Member {
		return fmt.Errorf("upstream %s at %s is this member itself", up.Member, up.Address)
	}
	lock, err := e.lockFor(up)
	if err != nil {
		return err
	}
	s, err := e.running(ctx)
	if err != nil {
		return err
	}
	if s.Role != ha.RoleStandby && s.Role != ha.RoleCascade {
		return fmt.Errorf("%w: it is %s", ha.ErrWrongMode, FormatRole(s.Role))
	}
	if e.cfg.DCF {
		return nil // the group decides who feeds whom
	}
	e.log.Info("following", zap.String("upstream", string(up.Member)), zap.String("address", up.Address))
	if role := e.roleBehind(ctx, up); up.Address != "" && role != s.Role {
		e.log.Info("starting again, as another kind of standby", zap.Stringer("as", role))
		if err := e.stop(ctx, ha.StopFast); err != nil {
			return err
		}
		return e.launch(ctx, duty{upstream: up, sync: guardNames}, ha.StartStandby)
	}
	if err := e.rememberUpstream(up); err != nil {
		return err
	}
	if up.Address != "" { // to receive from nobody takes no channel
		if err := e.aboutToServe(); err != nil {
			return err
		}
		if err := e.reconfigure(ctx, duty{upstream: up, sync: guardNames}); err != nil {
			return err
		}
	}
	if err := e.client.Lock(ctx, lock); err != nil {
		return err
	}
	if up.Address != "" {
		return nil
	}
	return poll(ctx, "the receiver to end", func() (bool, error) {
		r, err := e.client.Receiver(ctx)
		return err == nil && r == nil, nil
	})
}

// Detach forbids the standby to receive from anybody, by the lock of connections
// that CM uses for its elections. The server grants it when it has applied all
// that it has: its position is final then.
func (e *Engine) Detach(ctx context.Context) error {
	ctx, leave, err := e.ops.Enter(ctx)
	if err != nil {
		return e.failed("detach", err)
	}
	defer leave()
	return e.failed("detach", e.follow(ctx, ha.Upstream{}))
}
