// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

// A standby of openGauss receives from a primary alone, a cascade standby from a
// standby alone, and which of them a server is it is told when it starts. So the
// upstream is asked what it is, and a server that is the wrong kind is started
// again.

// roleBehind is the role of a standby behind an upstream. Where the upstream
// cannot be asked it is what it was the last time: a standby, if it never could.
func (e *Engine) roleBehind(ctx context.Context, up ha.Upstream) ha.Role {
	if up.Address == "" || e.cfg.DCF {
		return ha.RoleStandby
	}
	role, err := e.askRole(ctx, up)
	switch {
	case err == nil && (role == ha.RoleStandby || role == ha.RoleCascade):
		return ha.RoleCascade
	case err == nil:
		return ha.RoleStandby
	}
	if _, ok := e.isMarked(cascadeMarker); ok {
		if last, lerr := e.readUpstream(); lerr == nil && last.Address == up.Address {
			return ha.RoleCascade
		}
	}
	e.log.Debug("cannot ask the upstream for its role", zap.String("upstream", string(up.Member)), zap.Error(err))
	return ha.RoleStandby
}

// cascadeMarker stands in the run directory of a cascade standby.
const cascadeMarker = "cascade"

// rememberRole keeps the role of a standby for a start without its upstream.
func (e *Engine) rememberRole(role ha.Role) error {
	if role == ha.RoleCascade {
		return e.mark(cascadeMarker, "receives from a standby")
	}
	return e.unmark(cascadeMarker)
}

// askRole asks another member for its role. It takes a password: nobody comes in
// from elsewhere without one.
func (e *Engine) askRole(ctx context.Context, up ha.Upstream) (ha.Role, error) {
	if e.cfg.Password == "" {
		return ha.RoleUnknown, errNoPassword
	}
	p, err := e.cfg.peerAt(up)
	if err != nil {
		return ha.RoleUnknown, err
	}
	const limit = time.Second
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cfg, err := e.connConfig()
	if err != nil {
		return ha.RoleUnknown, err
	}
	cfg.Host, cfg.Port = p.Host, uint16(p.Port)
	for _, f := range cfg.Fallbacks {
		f.Host, f.Port = cfg.Host, cfg.Port
	}
	c := NewClient(&cfg.Config)
	defer c.Close()
	s, err := c.State(ctx)
	return s.Role, err
}
