// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

// SetSync writes synchronous_standby_names and returns when the server acts on
// it, which a reload alone does not say: commits are released by the senders,
// each by what it has read, and whether commits wait at all is told by whoever
// reads the configuration first.
//
//   - A sender shows what it has read by its priority, 1 for the members of an
//     ANY list and 0 for others.
//   - A change of k leaves no trace there. So a list with FIRST is set in
//     between, in which each member has a priority of its own above 1; FIRST k
//     demands at least what ANY k does.
//   - From asynchronous to synchronous, a checkpoint is made: the checkpointer
//     reads the configuration before it begins one.
func (e *Engine) SetSync(ctx context.Context, set ha.SyncSet) error {
	ctx, leave, err := e.ops.Enter(ctx)
	if err != nil {
		return e.failed("set sync", err)
	}
	defer leave()
	return e.failed("set sync", e.setSync(ctx, set))
}

func (e *Engine) setSync(ctx context.Context, set ha.SyncSet) error {
	if e.cfg.DCF {
		return errors.New("the DCF group decides whom commits wait for")
	}
	names, err := formatSync(set)
	if err != nil {
		return err
	}
	s, err := e.running(ctx)
	if err != nil {
		return err
	}
	if s.Role != ha.RolePrimary {
		return fmt.Errorf("%w: it is %s", ha.ErrWrongMode, FormatRole(s.Role))
	}
	srv, err := findServer(e.cfg.DataDir)
	if err != nil {
		return err
	}
	old, err := e.client.Setting(ctx, "synchronous_standby_names")
	if err != nil {
		return uncertain(err)
	}
	before, err := ParseSyncNames(old)
	unknown := err != nil // somebody else's value
	if names != old {
		e.log.Info("setting the synchronous set", zap.String("from", old), zap.String("to", names))
	}
	if set.K > 0 && before.K > 0 && before.K != set.K {
		if err := e.stepSync(ctx, set); err != nil {
			return err
		}
	}
	if err := e.applySync(ctx, names, func(m ha.MemberID) int {
		if set.K > 0 && set.Has(m) {
			return 1
		}
		return 0
	}); err != nil {
		return err
	}
	// That some session shows a value says nothing of the shared memory that
	// commits go by: an earlier change may have ended before its checkpoint.
	if set.K > 0 && (before.K == 0 || unknown || e.syncSure.Load() != int64(srv.pid)) {
		if err := e.client.Checkpoint(ctx); err != nil {
			return uncertain(err)
		}
	}
	e.syncSure.Store(int64(srv.pid))
	if set.K == 0 {
		e.syncSure.Store(0)
	}
	return nil
}

// stepSync sets a list that demands at least what set does, and in which every
// member has a priority that no list with ANY gives it.
func (e *Engine) stepSync(ctx context.Context, set ha.SyncSet) error {
	list := append([]string{`"` + guardName + `"`}, quoteMembers(set.Members)...)
	k := min(set.K, len(list)) // the server refuses more than there are
	between := fmt.Sprintf("FIRST %d (%s)", k, strings.Join(list, ","))
	return e.applySync(ctx, between, func(m ha.MemberID) int {
		if i := slices.Index(set.Members, m); i >= 0 {
			return i + 2
		}
		return 0
	})
}

// applySync writes a value and waits until all senders that could release a
// commit show the priority that it gives them.
func (e *Engine) applySync(ctx context.Context, names string, priority func(ha.MemberID) int) error {
	if err := e.reconfigure(ctx, duty{sync: names}); err != nil {
		return err
	}
	return poll(ctx, "the senders to read the synchronous set", func() (bool, error) {
		senders, err := e.client.Senders(ctx)
		if err != nil {
			return false, uncertain(err)
		}
		for _, s := range senders {
			// Senders that stream to no standby of this cluster count for nobody.
			if s.State != SenderStreaming || s.PeerRole.Role() != ha.RoleStandby {
				continue
			}
			if s.SyncPriority != priority(ha.MemberID(strings.ToLower(s.Name))) {
				return false, nil
			}
		}
		return true, nil
	})
}
