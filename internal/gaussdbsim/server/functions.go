// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

// What the simulated server calls itself.
const (
	versionNumber = "7.0.0-RC2"
	versionText   = "(openGauss 7.0.0-RC2 build 7e1fc94a) compiled at 2026-11-21 10:45:26 commit 299 last mr 8179 release " +
		"on x86_64-linux-gnu, compiled by g++ (Debian 12.2.0-14+deb12u1) 12.2.0, 64-bit"
)

// functions gives the functions of the server by name.
// long: a table
func functions() map[string]view {
	text := func(value func(s *Server) any) view {
		return view{nil, 0, one(func(s *Server) []any { return []any{value(s)} })}
	}
	all := map[string]view{
		"version":           text(func(*Server) any { return versionText }),
		"opengauss_version": text(func(*Server) any { return versionNumber }),
		"gs_deployment":     text(func(*Server) any { return "OpenSourceCentralized" }),
		"current_database":  text(func(*Server) any { return "postgres" }),
		"current_schema":    text(func(*Server) any { return "public" }),
		"pg_last_xlog_receive_location": text(func(s *Server) any {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.dcf != nil && s.mu.mode == opengauss.ModeStandby {
				return lsnText(s.log.Flushed())
			}
			if s.mu.received == 0 {
				return nil
			}
			return lsnText(s.mu.received)
		}),
	}
	for name, v := range all {
		v.fields = fieldsOf(name)
		all[name] = v
	}
	add := func(name, fields string, args int, rows func(*env, []any) ([][]any, error)) {
		all[name] = view{fieldsOf(fields), args, rows}
	}
	add("working_version_num", "working_version_num:int4", 0, one(func(*Server) []any { return []any{int64(93060)} }))
	add("pg_stat_get_stream_replications", "local_role static_connections:int4 db_state detail_information", 0, streamReplications)
	add("pg_stat_get_wal_senders", "pid:int8 sender_pid:int4 local_role peer_role peer_state state catchup_start:timestamptz "+
		"catchup_end:timestamptz "+fourSent+" "+fourReceived+" sync_percent sync_state sync_priority:int4 sync_most_available channel", 0, walSenders)
	add("pg_stat_get_wal_receiver", "receiver_pid:int4 local_role peer_role peer_state state "+fourSent+" "+fourReceived+
		" sync_percent channel", 0, walReceiver)
	add("pg_get_replication_slots", "slot_name plugin slot_type datoid:oid database active:bool xmin catalog_xmin restart_lsn "+
		"dummy_standby:bool confirmed_flush", 0, slots)
	add("get_paxos_replication_info", "paxos_write_location paxos_commit_location local_write_location local_flush_location "+
		"local_replay_location dcf_replication_info", 0, paxosInfo)
	add("pg_postmaster_start_time", "pg_postmaster_start_time:timestamptz", 0, one(func(s *Server) []any { return []any{s.started.UTC()} }))
	add("pg_is_in_recovery", "pg_is_in_recovery:bool", 0, one(func(s *Server) []any { return []any{s.inRecovery()} }))
	add("pg_last_xlog_replay_location", "term lsn", 0, one((*Server).replayLocation))
	add("pg_last_xact_replay_timestamp", "pg_last_xact_replay_timestamp:timestamptz", 0, one((*Server).lastReplay))
	for _, name := range []string{"pg_current_xlog_location", "pg_current_xlog_insert_location", "gs_current_xlog_insert_end_location", "pg_switch_xlog"} {
		add(name, name, 0, currentLocation)
	}
	add("pg_xlogfile_name", "pg_xlogfile_name", 1, xlogFileName)
	add("disable_conn", "disable_conn", 3, disableConn)
	add("read_disable_conn_file", "disconn_mode disconn_host disconn_port local_host local_port redo_finished", 0, one((*Server).readDisableConn))
	add("gs_write_term_log", "settermdone:bool", 0, writeTermLog)
	add("current_setting", "current_setting", 1, currentSetting)
	add("set_config", "set_config", 3, setConfig)
	add("current_user", "current_user", 0, func(e *env, _ []any) ([][]any, error) { return [][]any{{e.c.user}}, nil })
	add("pg_backend_pid", "pg_backend_pid:int8", 0, func(e *env, _ []any) ([][]any, error) { return [][]any{{int64(e.c.id)}}, nil })
	add("pg_sleep", "pg_sleep", 1, sleep)
	add("pg_reload_conf", "pg_reload_conf:bool", 0, reloadConf)
	add("pg_terminate_backend", "pg_terminate_backend:bool", 1, endBackend(func(c *session) { c.terminate(errShutdown) }))
	add("pg_cancel_backend", "pg_cancel_backend:bool", 1, endBackend(func(c *session) { c.cancelQuery() }))
	add("txid_current", "txid_current:int8", 0, one(func(s *Server) []any { return []any{int64(s.log.End().LSN)} }))
	add("local_redo_stat", "node_name redo_start_ptr:int8 read_ptr:int8 last_replayed_read_ptr:int8 local_max_ptr:int8 primary_flush_ptr:int8", 0, one(redoStat))
	return all
}

func (s *Server) inRecovery() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.mode != opengauss.ModePrimary && s.mu.mode != opengauss.ModeNormal
}

// replayLocation gives term and position: for a primary where it was promoted,
// 0/0 when it was started as one.
func (s *Server) replayLocation() []any {
	recovery := s.inRecovery()
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.mu.promotedAt
	if recovery {
		at = s.replayAt.Load()
	}
	return []any{strconv.FormatUint(max(s.mu.term, s.dir.Term()), 10), lsnText(at)}
}

func (s *Server) lastReplay() []any {
	recovery := s.inRecovery()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !recovery || s.mu.lastXact.IsZero() {
		return []any{nil}
	}
	return []any{s.mu.lastXact.UTC()}
}

func notInRecovery(e *env) error {
	if !e.c.s.inRecovery() {
		return nil
	}
	return &sql.Error{Code: "55000", Message: "recovery is in progress", Hint: "WAL control functions cannot be executed during recovery."}
}

func currentLocation(e *env, _ []any) ([][]any, error) {
	return [][]any{{lsnText(e.c.s.log.End().LSN)}}, notInRecovery(e)
}

func xlogFileName(e *env, args []any) ([][]any, error) {
	if err := notInRecovery(e); err != nil {
		return nil, err
	}
	text, _ := args[0].(string)
	lsn, err := ha.ParseLSN(text)
	if err != nil {
		return nil, sql.Errorf("22P02", "could not parse transaction log location %q", text)
	}
	name := "00000001" + hex8(uint32(lsn>>32)) + hex8(uint32(lsn)/0x1000000)
	return [][]any{{name}}, nil
}

func hex8(n uint32) string {
	s := strconv.FormatUint(uint64(n), 16)
	return "00000000"[len(s):] + s
}

// disableConn is the lock of connections (postmaster.cpp: disable_conn).
func disableConn(e *env, args []any) ([][]any, error) {
	s := e.c.s
	if !e.c.sysadmin {
		return nil, sql.Errorf("42501", "Must be system admin to operate disable_conn.")
	}
	mode, _ := args[0].(string)
	host, _ := args[1].(string)
	port, _ := args[2].(int64)
	d := datadir.Disconnect{Host: host, Port: int32(port)}
	switch mode {
	case "polling_connection":
		d = datadir.Disconnect{}
	case "specify_connection":
		if _, err := netip.ParseAddr(host); err != nil {
			return nil, sql.Errorf("22023", "host %q is no address", host)
		}
		d.Mode = 1
	case "prohibit_connection":
		d = datadir.Disconnect{Mode: 2}
	default:
		return nil, sql.Errorf("22023", "Connection mode should be polling_connection or specify_connection or prohibit_connection")
	}
	s.mu.Lock()
	first := d.Mode == 2 && s.mu.disconn.Mode != 2
	s.mu.disconn = d
	if r := s.mu.receiver; r != nil && r.conn != nil && (d.Mode == 2 || d.Mode == 1 && !r.followsLocked(d)) {
		r.conn.Close()
	}
	ready := s.replayAt.Load() >= s.log.End().LSN && (s.mu.receiver == nil || !s.mu.receiver.online)
	s.mu.Unlock()
	if d.Mode == 2 && (first || !ready) {
		return nil, sql.Errorf("55000", "could not add lock when DN is not redo all xlog.")
	}
	if err := s.dir.WriteDisconnect(d); err != nil {
		return nil, err
	}
	return [][]any{{nil}}, nil
}

func (r *receiver) followsLocked(d datadir.Disconnect) bool {
	ch := r.s.cfg.channels()[r.channel]
	return ch.RemoteHost == d.Host && ch.RemotePort == d.Port
}

func (s *Server) readDisableConn() []any {
	d := s.dir.ReadDisconnect()
	mode := [...]string{"polling_connection", "specify_connection", "prohibit_connection"}[min(max(d.Mode, 0), 2)]
	ch := s.cfg.channels()[1]
	s.mu.Lock()
	defer s.mu.Unlock()
	redo := s.replayAt.Load() >= s.log.End().LSN && (s.mu.receiver == nil || !s.mu.receiver.online)
	return []any{mode, d.Host, strconv.Itoa(int(d.Port)), ch.LocalHost, strconv.Itoa(int(ch.LocalPort)), strconv.FormatBool(redo)}
}

func writeTermLog(e *env, _ []any) ([][]any, error) {
	s := e.c.s
	if err := notInRecovery(e); err != nil {
		return nil, err
	}
	if e.c.tx != nil && e.c.tx.writing {
		return nil, sql.Errorf(sql.CodeUnsupported, "gs_write_term_log in a transaction that writes is not supported by the simulated server")
	}
	select {
	case <-s.writer:
	case <-e.ctx.Done():
		return nil, context.Cause(e.ctx)
	}
	defer func() { s.writer <- struct{}{} }()
	if err := s.record(s.takeTerm(), kindTerm); err != nil {
		return nil, err
	}
	s.resync()
	return [][]any{{true}}, nil
}

func currentSetting(e *env, args []any) ([][]any, error) {
	name, _ := args[0].(string)
	if _, ok := e.c.s.cfg.get(name); !ok {
		return nil, sql.Errorf(sql.CodeNoObject, "unrecognized configuration parameter %q", name)
	}
	return [][]any{{e.c.show(name)}}, nil
}

func setConfig(e *env, args []any) ([][]any, error) {
	name, _ := args[0].(string)
	value := table.FormatValue(args[1])
	local, _ := args[2].(bool)
	if _, err := e.c.set(sql.Set{Name: name, Value: &value, Local: local}); err != nil {
		return nil, err
	}
	return [][]any{{value}}, nil
}

func sleep(e *env, args []any) ([][]any, error) {
	var d time.Duration
	switch v := args[0].(type) {
	case int64:
		d = time.Duration(v) * time.Second
	case float64:
		d = time.Duration(v * float64(time.Second))
	}
	select {
	case <-time.After(d):
	case <-e.ctx.Done():
		return nil, context.Cause(e.ctx)
	}
	return [][]any{{""}}, nil
}

func reloadConf(e *env, _ []any) ([][]any, error) {
	s := e.c.s
	done := make(chan struct{})
	s.post(func() { s.reload(); close(done) })
	select {
	case <-done:
	case <-e.ctx.Done():
	}
	return [][]any{{true}}, nil
}

func endBackend(how func(*session)) func(*env, []any) ([][]any, error) {
	return func(e *env, args []any) ([][]any, error) {
		id, _ := args[0].(int64)
		s := e.c.s
		s.mu.Lock()
		defer s.mu.Unlock()
		target := s.mu.sessions[uint32(id)]
		if target != nil {
			how(target)
		}
		return [][]any{{target != nil}}, nil
	}
}

func redoStat(s *Server) []any {
	at := int64(s.replayAt.Load())
	return []any{s.cfg.text("pgxc_node_name"), int64(s.log.Base()), at, at, int64(s.log.End().LSN), int64(0)}
}

// alterSystem changes postgresql.conf and reloads it.
func (s *Server) alterSystem(name, value string) error {
	if _, ok := s.cfg.get(name); !ok {
		return sql.Errorf(sql.CodeNoObject, "unrecognized configuration parameter %q", name)
	}
	if err := checkSetting(name, value); err != nil {
		return err
	}
	if err := editConf(s.cfg.path, name, value); err != nil {
		return sql.Errorf("55000", "%v", err)
	}
	done := make(chan struct{})
	s.post(func() { s.reload(); close(done) })
	select {
	case <-done:
		return nil
	case <-s.ctx.Done():
		return errors.Join(errShutdown)
	}
}
