// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
)

// Numbers that stand for a protocol version in the first packet.
const (
	codeSSL    = 80877103
	codeCancel = 80877102
)

// authTimeout is how long a client may take to log in.
const authTimeout = 60 * time.Second

// tools are the application names of openGauss's own programs.
var tools = []string{"gs_ctl", "cm_agent", "gs_rewind", "gs_basebackup", "OM", "gs_om"}

// client is a connection that logs in.
type client struct {
	s     *Server
	conn  net.Conn
	rd    *bufio.Reader
	isHA  bool // came in at a port for replication and tools
	local bool // Unix socket
	tls   bool
	minor int
	args  map[string]string
}

// errGone ends a connection that needs no answer any more.
var errGone = errors.New("connection ended")

func (s *Server) serve(conn net.Conn, isHA bool) {
	_, local := conn.(*net.UnixConn)
	c := &client{s: s, conn: conn, isHA: isHA, local: local}
	if conn.SetDeadline(time.Now().Add(authTimeout)) != nil {
		return
	}
	err := c.start()
	if err == nil && c.args["replication"] != "" && c.args["replication"] != "false" {
		if c.conn.SetDeadline(time.Time{}) == nil {
			s.replicate(readerConn{c.conn, c.rd})
		}
		return
	}
	var sess *session
	if err == nil {
		sess, err = c.login()
	}
	if err != nil {
		c.fail(err)
		return
	}
	if c.conn.SetDeadline(time.Time{}) == nil {
		sess.run()
	}
}

// readerConn is a connection of which something has been read ahead.
type readerConn struct {
	net.Conn
	rd *bufio.Reader
}

func (c readerConn) Read(b []byte) (int, error) { return c.rd.Read(b) }

func (c *client) fail(err error) {
	if errors.Is(err, errGone) || errors.Is(err, io.EOF) {
		return
	}
	b, eerr := errorMessage("FATAL", err).Encode(nil)
	if eerr == nil {
		_, _ = c.conn.Write(b) // nothing can be done for a client that is gone
	}
}

func (c *client) packet() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c.rd, head[:]); err != nil {
		return nil, errGone
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < 8 || n > 10000 {
		return nil, sql.Errorf("08P01", "invalid length of startup packet")
	}
	b := make([]byte, n-4)
	if _, err := io.ReadFull(c.rd, b); err != nil {
		return nil, errGone
	}
	return b, nil
}

// start reads the first packets: TLS, a cancel request, or the start-up.
func (c *client) start() error {
	c.rd = bufio.NewReader(c.conn)
	b, err := c.packet()
	if err != nil {
		return err
	}
	if binary.BigEndian.Uint32(b) == codeSSL {
		if err := c.startTLS(); err != nil {
			return err
		}
		if b, err = c.packet(); err != nil {
			return err
		}
	}
	version := binary.BigEndian.Uint32(b)
	if version == codeCancel && len(b) == 12 {
		c.s.cancelRequest(binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]))
		return errGone
	}
	if !slices.Contains([]uint32{0x20000, 0x30000, 0x30032, 0x30033}, version) {
		return sql.Errorf("0A000", "unsupported frontend protocol %d.%d: server supports 1.0 to 3.51", version>>16, version&0xffff)
	}
	c.minor = int(version & 0xffff)
	c.args = map[string]string{}
	fields := strings.Split(string(b[4:]), "\x00")
	for i := 0; i+1 < len(fields) && fields[i] != ""; i += 2 {
		c.args[fields[i]] = fields[i+1]
	}
	return nil
}

func (c *client) startTLS() error {
	cfg := c.s.cfg
	if !cfg.bool("ssl") || c.local {
		_, err := c.conn.Write([]byte("N"))
		return err
	}
	cert, err := tls.LoadX509KeyPair(c.s.file(cfg.text("ssl_cert_file")), c.s.file(cfg.text("ssl_key_file")))
	if err != nil {
		return sql.Errorf("F0000", "could not load server certificate: %v", err)
	}
	if _, err := c.conn.Write([]byte("S")); err != nil {
		return errGone
	}
	c.conn = tls.Server(c.conn, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	c.rd, c.tls = bufio.NewReader(c.conn), true
	return nil
}

// login checks state, name and password and makes the session.
func (c *client) login() (*session, error) {
	s := c.s
	user := c.args["user"]
	tool := slices.Contains(tools, c.args["application_name"])
	if user == "" && !tool {
		return nil, sql.Errorf("28000", "no openGauss user name specified in startup packet")
	}
	if c.isHA && !tool {
		return nil, sql.Errorf("0A000", "the local listen ip and port is not for the gsql client")
	}
	s.mu.Lock()
	mode, ph := s.mu.mode, s.mu.phase
	s.mu.Unlock()
	switch {
	case tool:
	case ph == starting:
		return nil, sql.Errorf("57P03", "the database system is starting up")
	case ph == demoting || s.ctx.Err() != nil:
		return nil, sql.Errorf("57P03", "the database system is shutting down")
	case mode == opengauss.ModePending:
		return nil, sql.Errorf("57P03", "can not accept connection in pending mode.")
	case (mode == opengauss.ModeStandby || mode == opengauss.ModeCascade) && !s.cfg.bool("hot_standby"):
		return nil, sql.Errorf("57P03", "the database system is starting up")
	}
	if err := c.authenticate(user, tool); err != nil {
		return nil, err
	}
	if db := c.args["database"]; db != "" && db != "postgres" {
		return nil, sql.Errorf("3D000", "database %q does not exist", db)
	}
	return c.newSession(user, tool)
}

func (c *client) authenticate(user string, tool bool) error {
	s := c.s
	if tool && (c.local || c.isHA) {
		return c.write(&pgproto3.AuthenticationOk{})
	}
	role, known := s.db.Role(user)
	method, err := c.method(user)
	if err != nil {
		return err
	}
	loopback := c.local || c.peer().IsLoopback()
	switch {
	case method == "reject":
		return sql.Errorf("28000", "no pg_hba.conf entry for host %q, user %q, database %q", c.peer(), user, c.args["database"])
	case known && role.IsInitial && !loopback && method != "trust":
		return sql.Errorf("28000", "Forbid remote connection with initial user.")
	case method == "trust" && !loopback:
		return sql.Errorf("28000", "Forbid remote connection with trust method!")
	case method == "trust" && known && role.IsInitial && c.local:
		return c.write(&pgproto3.AuthenticationOk{})
	case method == "trust":
		method = "sha256"
	case method != "sha256" && method != "md5":
		return sql.Errorf(sql.CodeUnsupported, "authentication method %s is not supported by the simulated server", method)
	}
	denied := sql.Errorf("28P01", "Invalid username/password,login denied.")
	v := s.stranger(user)
	if known {
		if v, err = parseVerifier(role.Password); err != nil {
			v = s.stranger(user)
		}
	}
	if s.locked(user) {
		return sql.Errorf("28000", "The account has been locked.")
	}
	body, check, err := v.challenge(method, user, c.minor)
	if err != nil {
		return err
	}
	if _, err := c.conn.Write(append(binary.BigEndian.AppendUint32([]byte{'R'}, uint32(len(body)+4)), body...)); err != nil {
		return errGone
	}
	answer, err := c.password()
	if err != nil {
		return err
	}
	if !check(answer) {
		return denied
	}
	return c.write(&pgproto3.AuthenticationOk{})
}

// locked is a place for locked accounts, which the simulated server has not.
func (s *Server) locked(string) bool { return false }

func (c *client) password() (string, error) {
	var head [5]byte
	if _, err := io.ReadFull(c.rd, head[:]); err != nil {
		return "", errGone
	}
	n := binary.BigEndian.Uint32(head[1:])
	if head[0] != 'p' || n < 5 || n > 16384 {
		return "", sql.Errorf("08P01", "expected password response, got message type %d", head[0])
	}
	b := make([]byte, n-4)
	if _, err := io.ReadFull(c.rd, b); err != nil {
		return "", errGone
	}
	return strings.TrimSuffix(string(b), "\x00"), nil
}

func (c *client) write(m pgproto3.BackendMessage) error {
	b, err := m.Encode(nil)
	if err == nil {
		_, err = c.conn.Write(b)
	}
	if err != nil {
		return errGone
	}
	return nil
}

func (c *client) peer() netip.Addr {
	if a, err := netip.ParseAddrPort(c.conn.RemoteAddr().String()); err == nil {
		return a.Addr().Unmap()
	}
	return netip.Addr{}
}

// method finds the rule of pg_hba.conf that decides.
func (c *client) method(user string) (string, error) {
	h, err := conf.OpenHBA(c.s.dir.Path("pg_hba.conf"))
	if err == nil {
		err = h.Err()
	}
	if err != nil {
		return "", sql.Errorf("F0000", "could not load pg_hba.conf: %v", err)
	}
	for _, r := range h.Rules() {
		if c.matches(r, user) {
			return r.Method, nil
		}
	}
	return "reject", nil
}

func (c *client) matches(r conf.HBARule, user string) bool {
	switch {
	case c.local != (r.Type == "local"), r.Type == "hostssl" && !c.tls, r.Type == "hostnossl" && c.tls:
		return false
	case !matchesName(r.Databases, c.args["database"]) || !matchesName(r.Users, user):
		return false
	case c.local:
		return true
	}
	addr := r.Address.Text
	switch addr {
	case "all":
		return true
	case "samehost", "samenet", "localhost":
		return c.peer().IsLoopback()
	}
	if r.Mask != "" {
		mask := net.IPMask(net.ParseIP(r.Mask).To4())
		ones, _ := mask.Size()
		addr = fmt.Sprintf("%s/%d", addr, ones)
	}
	p, err := netip.ParsePrefix(addr)
	return err == nil && p.Contains(c.peer())
}

func matchesName(list []conf.HBAToken, name string) bool {
	return slices.ContainsFunc(list, func(t conf.HBAToken) bool { return t.Text == "all" && !t.Quoted || t.Text == name })
}

func (c *client) newSession(user string, tool bool) (*session, error) {
	s := c.s
	sess := newSession(s, c.conn, c.rd)
	sess.user, sess.tool, sess.id = user, tool, s.newID()
	role, _ := s.db.Role(user)
	sess.sysadmin = role.SysAdmin || role.IsInitial || tool
	for name, value := range c.args {
		switch name {
		case "user", "database", "options", "replication", "backend_version", "enable_full_encryption", "connect_timeout":
			continue
		}
		if _, ok := s.cfg.get(name); !ok {
			return nil, sql.Errorf(sql.CodeNoObject, "unrecognized configuration parameter %q", name)
		}
		sess.settings[strings.ToLower(name)] = value
	}
	if err := sess.options(c.args["options"]); err != nil {
		return nil, err
	}
	var key [4]byte
	if _, err := rand.Read(key[:]); err != nil {
		return nil, err
	}
	sess.key = binary.BigEndian.Uint32(key[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closing {
		return nil, sql.Errorf("57P03", "the database system is shutting down")
	}
	s.mu.sessions[sess.id] = sess
	return sess, nil
}

func (s *Server) newID() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.nextID++
	return s.mu.nextID
}

func (s *Server) cancelRequest(id, key uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sess := s.mu.sessions[id]; sess != nil && sess.key == key {
		sess.cancelQuery()
	}
}
