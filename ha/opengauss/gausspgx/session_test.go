// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx_test

import (
	"crypto/tls"
	"encoding/binary"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// session is a connection after the login: as much of a database as pgx needs
// to show that everything behind the login is pgx's own.
type session struct {
	*server
	backend  *pgproto3.Backend
	key      uint32
	canceled chan struct{}

	prepared map[string]string // statement to its text
	bound    string
	args     [][]byte
}

// parameters is what release 7.0 reports, shortened.
var parameters = [][2]string{
	{"behavior_compat_options", ""}, {"client_encoding", "UTF8"}, {"DateStyle", "ISO, MDY"},
	{"integer_datetimes", "on"}, {"is_sysadmin", "off"}, {"server_encoding", "UTF8"},
	{"server_version", "9.2.4"}, {"standard_conforming_strings", "on"}, {"TimeZone", "UTC"},
}

func (s *server) session(conn net.Conn, start startup) error {
	if db := start.params["database"]; db == "nodb" { // after the login, as the real one does
		return sendError(conn, "3D000", `database "nodb" does not exist`)
	}
	for _, p := range parameters {
		if err := sendMessage(conn, 'S', []byte(p[0]+"\x00"+p[1]+"\x00")); err != nil {
			return err
		}
	}
	if s.cut == "ready" {
		return nil
	}
	ses := &session{server: s, backend: pgproto3.NewBackend(conn, conn), canceled: make(chan struct{}, 1), prepared: map[string]string{}}
	ses.key = binary.BigEndian.Uint32(random(4))
	s.mu.Lock()
	pid := uint32(len(s.mu.sessions) + 30001)
	s.mu.sessions[pid] = ses
	s.mu.Unlock()
	key := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, pid), ses.key)
	if err := sendMessage(conn, 'K', key); err != nil {
		return err
	}
	if _, isTLS := conn.(*tls.Conn); isTLS != s.tls {
		s.tb.Errorf("session with TLS: %v", isTLS)
	}
	ses.ready()
	return ses.loop()
}

// cancel is a connection with a cancel request: session and key.
func (s *server) cancel(body []byte) error {
	s.mu.Lock()
	ses := s.mu.sessions[binary.BigEndian.Uint32(body)]
	s.mu.Unlock()
	if ses != nil && len(body) == 8 && binary.BigEndian.Uint32(body[4:]) == ses.key {
		ses.canceled <- struct{}{}
	}
	return nil
}

func (s *session) ready() { s.backend.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'}) }

func (s *session) loop() error {
	for {
		if err := s.backend.Flush(); err != nil {
			return err
		}
		msg, err := s.backend.Receive()
		if err != nil {
			return err
		}
		switch msg := msg.(type) {
		case *pgproto3.Query:
			if err := s.run(msg.String, nil, true); err != nil {
				return err
			}
			s.ready()
		case *pgproto3.Parse:
			s.prepared[msg.Name] = msg.Query
			s.backend.Send(&pgproto3.ParseComplete{})
		case *pgproto3.Describe:
			if msg.ObjectType == 'S' {
				oids := []uint32{}
				for range strings.Count(s.prepared[msg.Name], "$") {
					oids = append(oids, 25)
				}
				s.backend.Send(&pgproto3.ParameterDescription{ParameterOIDs: oids})
				s.describe(s.prepared[msg.Name])
			} else {
				s.describe(s.bound)
			}
		case *pgproto3.Bind:
			s.bound, s.args = s.prepared[msg.PreparedStatement], msg.Parameters
			s.backend.Send(&pgproto3.BindComplete{})
		case *pgproto3.Execute:
			if err := s.run(s.bound, s.args, false); err != nil {
				return err
			}
		case *pgproto3.Close:
			s.backend.Send(&pgproto3.CloseComplete{})
		case *pgproto3.Sync:
			s.ready()
		case *pgproto3.Terminate:
			return nil
		}
	}
}

// columns of a statement; none for one without a result.
func (s *session) columns(query string) []pgproto3.FieldDescription {
	column := func(name string, oid uint32, size int16) pgproto3.FieldDescription {
		return pgproto3.FieldDescription{Name: []byte(name), DataTypeOID: oid, DataTypeSize: size, TypeModifier: -1}
	}
	switch {
	case strings.Contains(query, "local_role"):
		return []pgproto3.FieldDescription{column("pg_is_in_recovery", 16, 1), column("local_role", 25, -1)}
	case strings.HasPrefix(query, `select "id"`):
		return []pgproto3.FieldDescription{column("id", 25, -1)}
	case query == "select xid":
		return []pgproto3.FieldDescription{column("xid", 28, 8)}
	case strings.HasPrefix(query, "select"), strings.HasPrefix(query, "show"):
		return []pgproto3.FieldDescription{column("value", 25, -1)}
	}
	return nil
}

func (s *session) describe(query string) {
	if columns := s.columns(query); columns != nil {
		s.backend.Send(&pgproto3.RowDescription{Fields: columns})
	} else {
		s.backend.Send(&pgproto3.NoData{})
	}
}

// run executes a statement. The simple protocol describes rows by itself.
func (s *session) run(query string, args [][]byte, simple bool) error {
	if simple && s.columns(query) != nil {
		s.describe(query)
	}
	rows := func(tag string, values ...string) {
		cells := make([][]byte, len(values))
		for i, v := range values {
			cells[i] = []byte(v)
		}
		s.backend.Send(&pgproto3.DataRow{Values: cells})
		s.backend.Send(&pgproto3.CommandComplete{CommandTag: []byte(tag)})
	}
	boolean := map[bool]string{true: "t", false: "f"}[s.recovery]
	switch {
	case query == "" || query == "-- ping":
		s.backend.Send(&pgproto3.EmptyQueryResponse{})
	case strings.Contains(query, "local_role"):
		rows("SELECT 1", boolean, s.role)
	case strings.Contains(query, "pg_is_in_recovery"):
		rows("SELECT 1", boolean)
	case query == "show transaction_read_only":
		rows("SHOW", map[bool]string{true: "on", false: "off"}[s.readOnly])
	case query == "select 1":
		rows("SELECT 1", "1")
	case query == "select $1::text":
		rows("SELECT 1", string(args[0]))
	case query == "select xid":
		rows("SELECT 1", "18446744073709551615")
	case strings.HasPrefix(query, "select pg_sleep"):
		if err := s.backend.Flush(); err != nil {
			return err
		}
		select {
		case <-s.canceled:
		case <-s.stop:
		}
		s.backend.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "57014", Message: "canceling statement due to user request"})
	case strings.HasPrefix(query, "copy") && strings.Contains(query, "from stdin"):
		return s.copyIn()
	case strings.HasPrefix(query, "copy"):
		s.backend.Send(&pgproto3.CopyOutResponse{ColumnFormatCodes: []uint16{0}})
		for _, line := range []string{"1\n", "2\n"} {
			s.backend.Send(&pgproto3.CopyData{Data: []byte(line)})
		}
		s.backend.Send(&pgproto3.CopyDone{})
		s.backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("COPY 2")})
	default:
		s.backend.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "42601", Message: "syntax error in " + query})
	}
	return nil
}

// copyIn takes rows of one text column in the binary format.
func (s *session) copyIn() error {
	s.backend.Send(&pgproto3.CopyInResponse{OverallFormat: 1, ColumnFormatCodes: []uint16{1}})
	if err := s.backend.Flush(); err != nil {
		return err
	}
	var data []byte
	for {
		msg, err := s.backend.Receive()
		if err != nil {
			return err
		}
		switch msg := msg.(type) {
		case *pgproto3.CopyData:
			data = append(data, msg.Data...)
			continue
		case *pgproto3.CopyDone:
		default:
			s.backend.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "57014", Message: "COPY from stdin failed"})
			return nil
		}
		break
	}
	const header = 11 + 4 + 4 // signature, flags, extension
	n := 0
	for data = data[header:]; len(data) >= 2 && binary.BigEndian.Uint16(data) == 1; n++ {
		size := binary.BigEndian.Uint32(data[2:])
		s.mu.Lock()
		s.mu.rows = append(s.mu.rows, data[6:6+size])
		s.mu.Unlock()
		data = data[6+size:]
	}
	s.backend.Send(&pgproto3.CommandComplete{CommandTag: []byte("COPY " + strconv.Itoa(n))})
	return nil
}
