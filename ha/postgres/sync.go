// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

const sigReload = syscall.SIGHUP

// SetSync writes synchronous_standby_names and returns when the server acts on
// it, which a reload alone does not say: commits are released by the sender
// processes, each by what it has read, and whether commits wait at all is told
// by the checkpointer.
//
//   - A sender shows what it has read by its priority, 1 for the members of an
//     ANY list and 0 for others.
//   - A change of k leaves no trace there. So a list with FIRST is set in
//     between, in which each member has a priority of its own above 1; FIRST k
//     demands at least what ANY k does.
//   - From asynchronous to synchronous, a checkpoint is made: the checkpointer
//     reads the configuration before it begins one.
func (e *Engine) SetSync(ctx context.Context, set ha.SyncSet) error {
	ctx, leave, err := e.ops.enter(ctx)
	if err != nil {
		return e.failed("set sync", err)
	}
	defer leave()
	return e.failed("set sync", e.setSync(ctx, set))
}

func (e *Engine) setSync(ctx context.Context, set ha.SyncSet) error {
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
	if standby {
		return ha.ErrWrongMode
	}
	var old string
	if err := conn.QueryRow(ctx, "SELECT current_setting('synchronous_standby_names')").Scan(&old); err != nil {
		return uncertain(err)
	}
	before, err := parseSync(old)
	unknown := err != nil // somebody else's value
	if names != old || unknown {
		e.log.Info("setting the synchronous set", zap.String("from", old), zap.String("to", names))
	}
	if set.K > 0 && before.K > 0 && before.K != set.K {
		list := append([]string{`"` + guardName + `"`}, quoteMembers(set.Members)...)
		between := fmt.Sprintf("FIRST %d (%s)", set.K, strings.Join(list, ","))
		if err := e.applySync(ctx, srv, between, func(m ha.MemberID) int {
			if i := slices.Index(set.Members, m); i >= 0 {
				return i + 2 // after the guard, which is first
			}
			return 0
		}); err != nil {
			return err
		}
	}
	if err := e.applySync(ctx, srv, names, func(m ha.MemberID) int {
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
		if err := e.checkpoint(ctx); err != nil { // over a new session: see reload
			return uncertain(err)
		}
	}
	e.syncSure.Store(int64(srv.pid))
	if set.K == 0 {
		e.syncSure.Store(0)
	}
	return nil
}

func quoteMembers(members []ha.MemberID) []string {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = `"` + string(m) + `"`
	}
	return names
}

// applySync writes a value and waits until all senders that could release a
// commit show the priority that it gives them.
func (e *Engine) applySync(ctx context.Context, srv server, names string, priority func(ha.MemberID) int) error {
	if err := e.putDuty(duty{Sync: names}); err != nil {
		return err
	}
	if err := e.reload(ctx, srv, "synchronous_standby_names", names); err != nil {
		return err
	}
	return e.with(ctx, func(conn *pgx.Conn) error {
		return poll(ctx, "the senders to read the synchronous set", func() (bool, error) {
			// Senders that have no flush location count for nobody.
			rows, err := conn.Query(ctx, "SELECT lower(application_name), sync_priority FROM pg_stat_replication WHERE flush_lsn IS NOT NULL")
			if err != nil {
				return false, uncertain(err)
			}
			defer rows.Close()
			for rows.Next() {
				var name string
				var got int
				if err := rows.Scan(&name, &got); err != nil {
					return false, uncertain(err)
				}
				if got != priority(ha.MemberID(name)) {
					return false, nil
				}
			}
			return true, uncertain(rows.Err())
		})
	})
}
