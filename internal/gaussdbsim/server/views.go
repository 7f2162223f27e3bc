// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
	"github.com/gausskit/gausskit/internal/gaussdbsim/table"
)

// view is a view or a function of the server.
type view struct {
	fields []sql.Field
	args   int
	rows   func(e *env, args []any) ([][]any, error)
}

// fieldsOf makes columns of words "name" or "name:type"; text is the default.
func fieldsOf(words string) []sql.Field {
	var out []sql.Field
	for _, w := range strings.Fields(words) {
		name, typ, ok := strings.Cut(w, ":")
		f := sql.Field{Name: name, Type: table.Text}
		if ok {
			f.Type, _ = table.TypeOf(typ)
		}
		out = append(out, f)
	}
	return out
}

const (
	fourSent     = "sender_sent_location sender_write_location sender_flush_location sender_replay_location"
	fourReceived = "receiver_received_location receiver_write_location receiver_flush_location receiver_replay_location"
)

// lookup finds a view or function.
func lookup(name string, isCall bool) (view, bool) {
	if isCall {
		v, ok := functions()[name]
		return v, ok
	}
	switch name {
	case "pg_stat_replication", "dbe_perf.replication_stat":
		return view{fieldsOf("pid:int8 usesysid:oid usename application_name client_addr client_hostname client_port:int4 " +
			"backend_start:timestamptz state sender_sent_location receiver_write_location receiver_flush_location " +
			"receiver_replay_location sync_priority:int4 sync_state"), 0, statReplication}, true
	case "pg_settings":
		return view{fieldsOf("name setting unit context vartype source boot_val reset_val"), 0, pgSettings}, true
	case "pg_replication_slots":
		return view{fieldsOf("slot_name plugin slot_type datoid:oid database active:bool xmin catalog_xmin restart_lsn " +
			"dummy_standby:bool confirmed_flush"), 0, slots}, true
	case "pg_stat_activity":
		return view{fieldsOf("datid:oid datname pid:int8 sessionid:int8 usesysid:oid usename application_name client_addr client_hostname " +
			"client_port:int4 backend_start:timestamptz state query"), 0, activity}, true
	case "pg_authid":
		return view{fieldsOf("rolname rolpassword rolcanlogin:bool rolreplication:bool rolsystemadmin:bool"), 0, authid}, true
	case "pg_roles", "pg_user":
		return view{fieldsOf("rolname usename rolcanlogin:bool rolsystemadmin:bool"), 0, roles}, true
	case "pg_database":
		return view{fieldsOf("oid:oid datname"), 0, one(func(*Server) []any { return []any{int64(15000), "postgres"} })}, true
	case "pg_tables":
		return view{fieldsOf("schemaname tablename"), 0, tables}, true
	case "dbe_perf.node_name":
		return view{fieldsOf("node_name"), 0, one(func(s *Server) []any { return []any{s.cfg.text("pgxc_node_name")} })}, true
	}
	return view{}, false
}

// one makes the rows of a view that has one.
func one(row func(s *Server) []any) func(*env, []any) ([][]any, error) {
	return func(e *env, _ []any) ([][]any, error) { return [][]any{row(e.c.s)}, nil }
}

func lsnText(n uint64) string { return ha.LSN(n).String() }

func streamReplications(e *env, _ []any) ([][]any, error) {
	s := e.c.s
	state, detail := s.dbState()
	return [][]any{{s.roleName(), int64(len(s.cfg.channels())), string(state), string(detail)}}, nil
}

// sendersLocked gives the senders in the order in which they came.
func (s *Server) sendersLocked() []*sender {
	var all []*sender
	for snd := range s.mu.senders {
		if snd.name != "" || snd.state == opengauss.SenderBackup {
			all = append(all, snd)
		}
	}
	slices.SortFunc(all, func(a, b *sender) int { return compareU(uint64(a.id), uint64(b.id)) })
	return all
}

// senderRow is what the views say of a sender.
type senderRow struct {
	*sender
	sync syncState
	ack  Ack
	sent uint64
}

func (s *Server) senderRows() []senderRow {
	groups, err := parseSyncNames(s.cfg.text("synchronous_standby_names"))
	if err != nil {
		groups = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.sendersLocked()
	states := make([]syncState, len(all))
	if s.mu.mode == opengauss.ModePrimary {
		states, _, _ = judge(groups, s.standbysLocked(levelFlush), s.log.Flushed(), true)
	}
	var out []senderRow
	for i, snd := range all {
		st := states[i]
		if st.state == "" {
			st = syncState{"Async", 0}
		}
		out = append(out, senderRow{snd, st, snd.ack, snd.sent})
	}
	return out
}

func (r senderRow) peerRole() string {
	switch {
	case r.name == "":
		return "Unknown"
	case r.cascade:
		return opengauss.ModeCascade.String()
	}
	return opengauss.ModeStandby.String()
}

func walSenders(e *env, _ []any) ([][]any, error) {
	s := e.c.s
	role := s.roleName()
	available := "Off"
	if s.cfg.bool("most_available_sync") {
		available = "On"
	}
	flushed, written, replayed := lsnText(s.log.Flushed()), lsnText(s.log.End().LSN), lsnText(s.replayAt.Load())
	var out [][]any
	for _, r := range s.senderRows() {
		row := []any{r.id, r.thread}
		if !e.c.sysadmin {
			out = append(out, append(row, make([]any, 19)...))
			continue
		}
		lhost, lport := peerName(r.conn.LocalAddr())
		rhost, rport := peerName(r.conn.RemoteAddr())
		var c0, c1 any
		if !r.catchup[0].IsZero() {
			c0 = r.catchup[0]
		}
		if !r.catchup[1].IsZero() {
			c1 = r.catchup[1]
		}
		state := string(r.ack.State)
		if state == "" {
			state = "Unknown"
		}
		row = append(row, role, r.peerRole(), state, string(r.sender.state), c0, c1,
			lsnText(r.sent), written, flushed, replayed,
			lsnText(r.ack.Received), lsnText(r.ack.Write), lsnText(r.ack.Flush), lsnText(r.ack.Replay),
			percent(r.ack.Flush, r.sent, s.log.Base()), r.sync.state, int64(r.sync.priority), available,
			fmt.Sprintf("%s:%d-->%s:%d", lhost, lport, rhost, rport))
		out = append(out, row)
	}
	return out, nil
}

func percent(done, all, base uint64) string {
	if all <= base || done >= all {
		return "100%"
	}
	return fmt.Sprintf("%d%%", (done-base)*100/(all-base))
}

func statReplication(e *env, _ []any) ([][]any, error) {
	var out [][]any
	for _, r := range e.c.s.senderRows() {
		host, port := peerName(r.conn.RemoteAddr())
		out = append(out, []any{r.id, int64(10), e.c.s.initialUser(), "WalSender to Standby[" + r.name + "]", host, nil, port, r.began,
			string(r.sender.state), lsnText(r.sent), lsnText(r.ack.Write), lsnText(r.ack.Flush), lsnText(r.ack.Replay),
			int64(r.sync.priority), r.sync.state})
	}
	return out, nil
}

func (s *Server) initialUser() string {
	for _, r := range s.db.Roles() {
		if r.IsInitial {
			return r.Name
		}
	}
	return "omm"
}

func walReceiver(e *env, _ []any) ([][]any, error) {
	s := e.c.s
	if s.dcf != nil {
		return s.dcf.receiverRow(), nil
	}
	state, _ := s.dbState()
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.mu.receiver
	if r == nil || !r.online || r.conn == nil {
		return nil, nil
	}
	lhost, lport := peerName(r.conn.LocalAddr())
	rhost, rport := peerName(r.conn.RemoteAddr())
	end, flushed := lsnText(s.log.End().LSN), lsnText(s.log.Flushed())
	return [][]any{{int64(10000), s.mu.mode.String(), r.alive.Role, string(r.alive.State), string(state),
		lsnText(r.alive.Sent), lsnText(r.alive.Write), lsnText(r.alive.Flush), lsnText(r.alive.Replay),
		lsnText(max(r.received, s.log.End().LSN)), end, flushed, lsnText(s.replayAt.Load()),
		percent(s.log.Flushed(), r.alive.Flush, s.log.Base()), fmt.Sprintf("%s:%d<--%s:%d", lhost, lport, rhost, rport)}}, nil
}

func slots(e *env, _ []any) ([][]any, error) {
	s := e.c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	var out [][]any
	active := map[string]bool{}
	for snd := range s.mu.senders {
		active[snd.name] = true
	}
	var names []string
	for n := range s.mu.lag {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		out = append(out, []any{n, "", "physical", int64(0), nil, active[n], nil, nil, lsnText(s.mu.lag[n]), false, nil})
	}
	return out, nil
}

func activity(e *env, _ []any) ([][]any, error) {
	s := e.c.s
	s.mu.Lock()
	var all []*session
	for _, c := range s.mu.sessions {
		all = append(all, c)
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b *session) int { return compareU(uint64(a.id), uint64(b.id)) })
	var out [][]any
	for _, c := range all {
		host, port := peerName(c.conn.RemoteAddr())
		var addr any
		if host != "" {
			addr = host
		}
		c.mu.Lock()
		query, state := c.query, "idle"
		if c.cancel != nil {
			state = "active"
		}
		c.mu.Unlock()
		out = append(out, []any{int64(15000), "postgres", int64(c.id), int64(c.id), int64(10), c.user, c.app(), addr, nil, port, c.began, state, query})
	}
	return out, nil
}

func authid(e *env, _ []any) ([][]any, error) {
	if !e.c.sysadmin {
		return nil, sql.Errorf("42501", "permission denied for relation pg_authid")
	}
	var out [][]any
	for _, r := range e.c.s.db.Roles() {
		out = append(out, []any{r.Name, r.Password, true, r.IsInitial, r.SysAdmin || r.IsInitial})
	}
	return out, nil
}

func roles(e *env, _ []any) ([][]any, error) {
	var out [][]any
	for _, r := range e.c.s.db.Roles() {
		out = append(out, []any{r.Name, r.Name, true, r.SysAdmin || r.IsInitial})
	}
	return out, nil
}

func tables(e *env, _ []any) ([][]any, error) {
	var out [][]any
	for _, n := range e.c.s.db.Tables() {
		out = append(out, []any{"public", n})
	}
	return out, nil
}

func pgSettings(e *env, _ []any) ([][]any, error) {
	var out [][]any
	seen := map[string]bool{}
	row := func(name, boot, kind, context, unit string) {
		seen[strings.ToLower(name)] = true
		value := e.c.show(name)
		var u any
		if unit != "" {
			u = unit
		}
		source := "default"
		if value != boot {
			source = "configuration file"
		}
		out = append(out, []any{name, value, u, context, kind, source, boot, value})
	}
	for p := range conf.Params() {
		context := "sighup"
		switch p.Apply {
		case conf.ApplyRestart:
			context = "postmaster"
		case conf.ApplySession:
			context = "user"
		}
		row(p.Name, p.Default, p.Kind.String(), context, "")
	}
	var rest []string
	for n := range defaults {
		if !seen[n] {
			rest = append(rest, n)
		}
	}
	slices.Sort(rest)
	for _, n := range rest {
		row(n, defaults[n], "string", "user", "")
	}
	slices.SortFunc(out, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
	return out, nil
}
