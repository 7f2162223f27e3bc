// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// Configure makes cfg able to log in to openGauss servers, and leaves it able
// to log in to PostgreSQL. cfg must come from one of pgx's ParseConfig
// functions; for a pgx.ConnConfig give &c.Config, for a pool's configuration
// &c.ConnConfig.Config.
//
// Call it once per configuration, after AfterNetConnect, BuildFrontend and
// ValidateConnect were set, if you set them: it keeps them and adds its own. Copies
// of cfg work, too, and may have another user and password (pgxpool's
// BeforeConnect). It sets RequireAuth, because from now on Options.Methods
// decides, and removes its own keys from RuntimeParams. When it returns an
// error, cfg is as it was.
func Configure(cfg *pgconn.Config, opts Options) error {
	if cfg == nil || cfg.BuildFrontend == nil {
		return errors.New("gausspgx: the configuration does not come from one of pgx's ParseConfig functions")
	}
	if isConfigured(cfg) {
		return errors.New("gausspgx: the configuration is configured already")
	}
	opts, err := opts.merge(cfg)
	if err != nil {
		return err
	}
	r, err := opts.check()
	if err != nil {
		return err
	}
	h := &hook{rules: r, afterNetConnect: cfg.AfterNetConnect, buildFrontend: cfg.BuildFrontend}
	if !opts.NoKeyCache {
		h.cache = new(keyCache)
	}
	delete(cfg.RuntimeParams, keyMethods)
	delete(cfg.RuntimeParams, keyServerProof)
	cfg.AfterNetConnect = h.connected
	cfg.BuildFrontend = h.build
	cfg.RequireAuth = "!password,!md5" // pgx itself never answers these; the handshake may
	cfg.ValidateConnect = forOpenGauss(cfg.ValidateConnect)
	return nil
}

// hook joins our handshake to pgx. pgx calls AfterNetConnect when the network
// connection is up, with TLS done, and right after it BuildFrontend with the
// reader and writer of its messages. The handshake runs in the first, where pgx
// closes the connection at once if it fails; the second makes pgx see only what
// the handshake left over. The connection itself is not wrapped, because SCRAM
// with channel binding needs pgx to recognise a *tls.Conn.
type hook struct {
	rules           rules
	cache           *keyCache // nil for none
	afterNetConnect func(context.Context, *pgconn.Config, net.Conn) (net.Conn, error)
	buildFrontend   pgconn.BuildFrontendFunc

	mu struct {
		sync.Mutex
		replay map[net.Conn][]byte // between the two calls
	}
}

// connected is the AfterNetConnect function.
func (h *hook) connected(ctx context.Context, cfg *pgconn.Config, conn net.Conn) (net.Conn, error) {
	if h.afterNetConnect != nil {
		wrapped, err := h.afterNetConnect(ctx, cfg, conn)
		if err != nil {
			if wrapped == nil {
				wrapped = conn // pgx closes what it gets
			}
			return wrapped, err
		}
		conn = wrapped
	}
	if !reflect.ValueOf(conn).Comparable() {
		conn = &comparableConn{conn}
	}
	s := handshake{rules: &h.rules, cache: h.cache, cfg: cfg, ctx: ctx, conn: conn, in: bufio.NewReader(conn)}
	replay, err := s.run()
	if err != nil {
		return conn, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.mu.replay == nil {
		h.mu.replay = make(map[net.Conn][]byte)
	}
	h.mu.replay[conn] = replay
	return conn, nil
}

// build is the BuildFrontend function. For connections that are not new
// (pgconn.Construct) there is nothing to leave out.
func (h *hook) build(r io.Reader, w io.Writer) *pgproto3.Frontend {
	if q, ok := w.(*question); ok {
		q.yes = true
		return nil
	}
	if conn, ok := w.(net.Conn); ok {
		h.mu.Lock()
		replay, ok := h.mu.replay[conn]
		delete(h.mu.replay, conn)
		h.mu.Unlock()
		if ok {
			return h.buildFrontend(&replayReader{head: replay, r: r}, &startupFilter{w: w})
		}
	}
	return h.buildFrontend(r, w)
}

// comparableConn makes a connection of a type such as struct{ net.Conn; f func() }
// usable as the key of a map.
type comparableConn struct{ net.Conn }

// question is a writer by which Configure finds out whether it was here before.
type question struct{ yes bool }

func (*question) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

func isConfigured(cfg *pgconn.Config) bool {
	q := new(question)
	cfg.BuildFrontend(eofReader{}, q)
	return q.yes
}

type eofReader struct{}

func (eofReader) Read([]byte) (int, error) { return 0, io.EOF }

// replayReader reads head and then r.
type replayReader struct {
	head []byte
	r    io.Reader
}

func (f *replayReader) Read(p []byte) (int, error) {
	if len(f.head) > 0 {
		n := copy(p, f.head)
		f.head = f.head[n:]
		return n, nil
	}
	return f.r.Read(p)
}

// startupFilter drops pgx's startup message, which the handshake has sent
// already in its own form, and writes on everything after it.
type startupFilter struct {
	w      io.Writer
	header []byte // length and version, until there are 8 bytes
	left   int    // bytes of the message still to drop
	done   bool
}

func (f *startupFilter) Write(p []byte) (int, error) {
	if f.done {
		return f.w.Write(p)
	}
	total := len(p)
	if need := 8 - len(f.header); need > 0 {
		n := min(need, len(p))
		f.header, p = append(f.header, p[:n]...), p[n:]
		if n < need {
			return total, nil
		}
		f.left = int(binary.BigEndian.Uint32(f.header)) - 8
		if version := binary.BigEndian.Uint32(f.header[4:]); version>>16 != 3 || f.left < 0 {
			return 0, fmt.Errorf("gausspgx: pgx sent %x where its startup message was expected", f.header)
		}
	}
	n := min(f.left, len(p))
	f.left, p = f.left-n, p[n:]
	f.done = f.left == 0
	if len(p) == 0 {
		return total, nil
	}
	n, err := f.w.Write(p)
	return total - len(p) + n, err
}
