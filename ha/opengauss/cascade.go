// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"sync"
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
	switch feeds, err := e.askWhether(ctx, up); {
	case err == nil && feeds:
		return ha.RoleCascade
	case err == nil:
		return ha.RoleStandby
	default:
		e.log.Debug("cannot ask the upstream for its role", zap.String("upstream", string(up.Member)), zap.Error(err))
	}
	if _, ok := e.isMarked(cascadeMarker); ok {
		if last, lerr := e.readUpstream(); lerr == nil && last.Address == up.Address {
			return ha.RoleCascade
		}
	}
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

// askWhether asks whether another member is a standby that is fed. One that is
// not may be about to be promoted: who is told to follow it then, follows the
// primary that it will be. It takes a password: nobody
// comes in from elsewhere without one.
func (e *Engine) askWhether(ctx context.Context, up ha.Upstream) (bool, error) {
	if e.cfg.Password == "" {
		return false, errNoPassword
	}
	p, err := e.cfg.peerAt(up)
	if err != nil {
		return false, err
	}
	const limit = time.Second
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cfg, err := e.connConfig()
	if err != nil {
		return false, err
	}
	cfg.Host, cfg.Port = p.Host, uint16(p.Port)
	for _, f := range cfg.Fallbacks {
		f.Host, f.Port = cfg.Host, cfg.Port
	}
	c := NewClient(&cfg.Config)
	defer c.Close()
	s, err := c.State(ctx)
	if err != nil || s.Role != ha.RoleStandby && s.Role != ha.RoleCascade {
		return false, err
	}
	r, err := c.Receiver(ctx)
	return r != nil, err
}

// kindCheck is what was found out about a standby that is not fed.
type kindCheck struct {
	mu      sync.Mutex
	address string // of the upstream that was asked
	asked   time.Time
	asking  bool
	wrong   bool
}

// isWrongKind reports whether a standby in a role is the wrong kind for what
// its upstream has become: then the upstream refuses it, and the server calls
// that "Disconnected" like any other refusal. The upstream is asked in the
// background, once a second at most; until it has answered, nothing is wrong.
func (e *Engine) isWrongKind(up ha.Upstream, role ha.Role) bool {
	const pause = time.Second
	k := &e.kind
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.address != up.Address {
		k.address, k.asked, k.wrong = up.Address, time.Time{}, false
	}
	if k.asking || time.Since(k.asked) < pause || e.background.Err() != nil {
		return k.wrong
	}
	k.asking = true
	e.workers.Go(func() {
		feeds, err := e.askWhether(e.background, up)
		k.mu.Lock()
		defer k.mu.Unlock()
		k.asking, k.asked = false, time.Now()
		if k.address == up.Address {
			k.wrong = err == nil && feeds != (role == ha.RoleCascade)
		}
	})
	return k.wrong
}

// forget is for a server that starts: what was found out is old.
func (k *kindCheck) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.address, k.wrong = "", false
}
