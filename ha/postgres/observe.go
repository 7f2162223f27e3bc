// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gausskit/gausskit/ha"
)

// observeLimit bounds an observation whose context has no earlier deadline.
const observeLimit = 5 * time.Second

// session is the connection that Observe keeps open.
type session struct {
	sem       chan struct{} // held by who uses conn
	conn      *pgx.Conn
	pid       int         // of the postmaster that conn belongs to
	streaming atomic.Bool // what the last observation saw
}

func newSession() *session { return &session{sem: make(chan struct{}, 1)} }

func (s *session) close() {
	s.sem <- struct{}{}
	defer func() { <-s.sem }()
	s.drop()
}

func (s *session) drop() {
	if s.conn != nil {
		hangUp(s.conn)
		s.conn = nil
	}
}

// Observe asks the server one question over a connection that stays open.
// Only when the server does not run or does not answer, the files of the data
// directory are read, and pg_controldata is run when its file has changed. A
// server that does not answer within 5 s, or before ctx ends, does not answer.
func (e *Engine) Observe(ctx context.Context) (o ha.Observation, err error) {
	ctx, cancel := context.WithTimeout(ctx, observeLimit)
	defer cancel()
	state, err := e.dataState()
	if err != nil {
		return o, e.failed("observe", err)
	}
	o.Data = state
	srv, err := e.find()
	if err != nil {
		return o, e.failed("observe", err)
	}
	o.Running = srv.runs()
	defer func() { e.session.streaming.Store(o.Streaming) }()
	if state == ha.DataNone || state == ha.DataForeign {
		return o, nil
	}
	if state == ha.DataPresent {
		defer func() { o.Unserved = !o.Writable && e.unserved(ctx) }()
	}
	var problems []string
	if srv.pid != 0 {
		if err := e.observeServer(ctx, srv, &o); err == nil {
			return o, nil
		} else {
			problems = append(problems, "the server does not answer: "+err.Error())
		}
	}
	if err := e.observeFiles(ctx, &o); err != nil {
		problems = append(problems, err.Error())
	}
	o.Problem = strings.Join(problems, "; ")
	return o, nil
}

// observation asks for everything at once. All of it exists since PostgreSQL
// 12. The control file's timeline is that of the last checkpoint, so a primary
// is asked for the name of the segment that it writes, and a standby for what
// its receiver has. A receiver that has connected shows as streaming for a
// moment before the upstream refuses it (a missing slot); the next observation
// corrects that.
const observation = `
SELECT r.standby,
  (SELECT system_identifier::text FROM pg_control_system()),
  CASE WHEN r.standby THEN greatest((SELECT timeline_id FROM pg_control_checkpoint()),
      (SELECT min_recovery_end_timeline FROM pg_control_recovery()), w.received_tli)::bigint
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint END,
  coalesce(CASE WHEN r.standby THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
    ELSE pg_current_wal_flush_lsn() END, '0/0')::text,
  coalesce(CASE WHEN r.standby THEN pg_last_wal_replay_lsn() END, '0/0')::text,
  w.pid IS NOT NULL, coalesce(w.status = 'streaming', false),
  r.standby AND pg_last_wal_receive_lsn() IS NULL AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'startup'
    AND wait_event IN ('RecoveryRetrieveRetryInterval', 'RecoveryWalStream', 'RecoveryWalAll')),
  coalesce(extract(epoch FROM clock_timestamp() - w.last_msg_receipt_time) * 1e6, 0)::bigint,
  coalesce(current_setting('gausskit.upstream', true), ''), coalesce(current_setting('gausskit.address', true), ''),
  current_setting('primary_conninfo'), current_setting('cluster_name'), current_setting('synchronous_standby_names'),
  EXISTS (SELECT FROM pg_settings WHERE pending_restart),
  coalesce((SELECT json_agg(json_build_object('member', application_name, 'streaming', state = 'streaming',
      'sync', sync_state IN ('sync', 'quorum'), 'flushed', flush_lsn, 'applied', replay_lsn))
    FROM pg_stat_replication WHERE flush_lsn IS NOT NULL OR state = 'streaming')::text, '[]')
FROM (SELECT pg_is_in_recovery() AS standby) r LEFT JOIN pg_stat_wal_receiver w ON true`

// answer is one row of observation.
type answer struct {
	standby             bool
	systemID            string
	timeline            int64
	lsn, applied        string
	receiver, streaming bool
	recovering          bool  // its own log is not read to the end: nothing was received since the start, and recovery does not wait for more
	silent              int64 // microseconds
	upstream, address   string
	conninfo, cluster   string
	sync                string
	pendingRestart      bool
	receivers           string
}

func (e *Engine) observeServer(ctx context.Context, srv server, o *ha.Observation) error {
	a, err := e.askServer(ctx, srv)
	if err != nil {
		return err
	}
	o.Answers, o.SystemID, o.Timeline = true, a.systemID, uint32(a.timeline)
	o.PendingRestart = a.pendingRestart
	if o.LSN, err = ha.ParseLSN(a.lsn); err != nil {
		return err
	}
	if o.Receivers, err = parseReceivers(a.receivers); err != nil {
		return err
	}
	if !a.standby {
		o.Role, o.Writable = ha.RolePrimary, true
		if o.Sync, err = parseSync(a.sync); err != nil {
			o.Problem = err.Error()
		}
		return nil
	}
	o.Role, o.Recovering = ha.RoleStandby, a.recovering
	if o.Applied, err = ha.ParseLSN(a.applied); err != nil {
		return err
	}
	if !a.receiver {
		// Nobody tells the timeline of what was received: the log itself does.
		if tli, err := e.timelineAt(ctx, o.LSN); err == nil {
			o.Timeline = max(o.Timeline, tli)
		} else {
			o.Problem = err.Error()
		}
	}
	if a.conninfo != "" {
		o.Upstream, o.Address, o.Streaming = ha.MemberID(a.upstream), a.address, a.streaming
		if o.Streaming {
			o.Silent = max(0, time.Duration(a.silent)*time.Microsecond)
		}
		if o.Address == "" { // somebody else wrote it
			o.Address, o.Alias, o.Problem = e.foreignUpstream(a.conninfo, a.cluster)
		}
	}
	return nil
}

// foreignUpstream finds in a primary_conninfo that is not ours where the
// upstream is, and what this server calls itself there when that is not its
// member's name: application_name, else cluster_name, else walreceiver
// (libpqrcv_connect in libpqwalreceiver.c).
func (e *Engine) foreignUpstream(conninfo, cluster string) (address string, alias ha.MemberID, problem string) {
	params, err := parseConninfo(conninfo)
	if err != nil {
		return "", "", err.Error()
	}
	name := ha.MemberID(strings.ToLower(cmp.Or(params["application_name"], cluster, "walreceiver")))
	if name != e.cfg.Member && name.Validate() == nil {
		alias = name
	}
	return params["host"] + ":" + cmp.Or(params["port"], "5432"), alias, ""
}

// askServer runs the question on the kept connection, and opens it anew when
// the server was started again or the connection broke.
func (e *Engine) askServer(ctx context.Context, srv server) (answer, error) {
	s := e.session
	select {
	case s.sem <- struct{}{}:
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	defer func() { <-s.sem }()
	if s.conn != nil && (s.pid != srv.pid || s.conn.IsClosed()) {
		s.drop()
	}
	if s.conn == nil {
		conn, err := e.connect(ctx)
		if err != nil {
			return answer{}, err
		}
		s.conn, s.pid = conn, srv.pid
	}
	var a answer
	err := s.conn.QueryRow(ctx, observation).Scan(&a.standby, &a.systemID, &a.timeline, &a.lsn, &a.applied,
		&a.receiver, &a.streaming, &a.recovering, &a.silent, &a.upstream, &a.address, &a.conninfo, &a.cluster, &a.sync, &a.pendingRestart, &a.receivers)
	if err != nil {
		s.drop()
	}
	return a, err
}

// parseReceivers reads what the query found. Receivers that are no members,
// such as a backup under way, are left out.
func parseReceivers(text string) ([]ha.Receiver, error) {
	var rows []struct {
		Member    ha.MemberID
		Streaming bool
		Sync      bool
		Flushed   *ha.LSN
		Applied   *ha.LSN
	}
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil, fmt.Errorf("receivers: %w", err)
	}
	var receivers []ha.Receiver
	for _, r := range rows {
		if r.Member.Validate() != nil {
			continue
		}
		rec := ha.Receiver{Member: r.Member, Streaming: r.Streaming, Sync: r.Sync}
		if r.Flushed != nil {
			rec.Flushed = *r.Flushed
		}
		if r.Applied != nil {
			rec.Applied = *r.Applied
		}
		receivers = append(receivers, rec)
	}
	slices.SortFunc(receivers, func(a, b ha.Receiver) int { return strings.Compare(string(a.Member), string(b.Member)) })
	return receivers, nil
}

// observeFiles says what the files of a server tell that does not answer.
func (e *Engine) observeFiles(ctx context.Context, o *ha.Observation) error {
	var errs []error
	if o.Data == ha.DataPresent {
		role, err := e.leftRole()
		o.Role = role
		errs = append(errs, err)
	}
	d, err := e.readDuty()
	errs = append(errs, err)
	if o.Role == ha.RoleStandby {
		o.Upstream, o.Address = d.Upstream.Member, d.Upstream.Address
	}
	c, err := e.readControl(ctx)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	o.SystemID, o.Timeline, o.LSN = c.SystemID, c.timeline(), c.proven()
	if c.State == stateShutDown && !o.Running && o.Data == ha.DataPresent {
		end, err := e.cleanEnd(c)
		if err == nil {
			o.Clean, o.LSN = true, end
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// timelineAt finds the timeline of a standby's log at lsn by the names of its
// segments.
func (e *Engine) timelineAt(ctx context.Context, lsn ha.LSN) (uint32, error) {
	c, err := e.readControl(ctx)
	if err != nil {
		return 0, err
	}
	entries, err := os.ReadDir(e.path("pg_wal"))
	if err != nil {
		return 0, err
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return c.newestTimeline(names, lsn), nil
}
