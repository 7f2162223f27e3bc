// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// TestUse uses pgx's features behind a login, plain and with TLS.
func TestUse(t *testing.T) {
	for _, tls := range []bool{false, true} {
		s := newServer(t, behaviour{method: "sha256", tls: tls})
		conn, err := gausspgx.Connect(t.Context(), s.dsn())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close(context.Background()) })
		useFeatures(t, conn, s)
		if tls && s.mu.tls < 2 { // the session and its cancel request
			t.Errorf("%d connections with TLS, want 2", s.mu.tls)
		}
	}
}

func useFeatures(t *testing.T, conn *pgx.Conn, s *server) {
	t.Helper()
	ctx := t.Context()
	var text string
	for range 2 { // the second time from the statement cache
		if err := conn.QueryRow(ctx, "select $1::text", "grüße").Scan(&text); err != nil || text != "grüße" {
			t.Errorf("prepared: %q, %v", text, err)
		}
	}
	if err := conn.QueryRow(ctx, "select 1", pgx.QueryExecModeSimpleProtocol).Scan(&text); err != nil || text != "1" {
		t.Errorf("simple protocol: %q, %v", text, err)
	}
	var xid uint64
	if err := conn.QueryRow(ctx, "select xid").Scan(&xid); err != nil || xid != math.MaxUint64 {
		t.Errorf("xid %d, %v", xid, err)
	}
	batch := &pgx.Batch{}
	batch.Queue("select $1::text", "a")
	batch.Queue("select $1::text", "b")
	results := conn.SendBatch(ctx, batch)
	for _, want := range []string{"a", "b"} {
		if err := results.QueryRow().Scan(&text); err != nil || text != want {
			t.Errorf("batch: %q, %v, want %q", text, err, want)
		}
	}
	if err := results.Close(); err != nil {
		t.Error(err)
	}

	// COPY of more than all buffers on the way.
	const rows = 20_000
	n, err := conn.CopyFrom(ctx, pgx.Identifier{"rows"}, []string{"id"}, pgx.CopyFromSlice(rows, func(i int) ([]any, error) {
		return []any{strings.Repeat("x", i%100)}, nil
	}))
	if err != nil || n != rows || len(s.mu.rows) != rows || len(s.mu.rows[99]) != 99 {
		t.Errorf("COPY in: %d rows, %d arrived, %v", n, len(s.mu.rows), err)
	}
	var out bytes.Buffer
	if tag, err := conn.PgConn().CopyTo(ctx, &out, "copy rows to stdout"); err != nil || tag.RowsAffected() != 2 || out.String() != "1\n2\n" {
		t.Errorf("COPY out: %q, %v, %v", out.String(), tag, err)
	}

	// A cancel request is a connection of its own, without a login.
	before, _ := s.seen()
	result := conn.PgConn().Exec(ctx, "select pg_sleep(3600)")
	if err := conn.PgConn().CancelRequest(ctx); err != nil {
		t.Errorf("cancel: %v", err)
	}
	if _, err := result.ReadAll(); !hasState("57014")(err) {
		t.Errorf("cancelled statement: %v", err)
	}
	if after, _ := s.seen(); len(after) != len(before) {
		t.Errorf("the cancel request has logged in")
	}
	if err := conn.QueryRow(ctx, "select 1").Scan(&text); err != nil {
		t.Errorf("after the cancel request: %v", err)
	}
}

// TestHijack takes a connection out of pgx and puts it back.
func TestHijack(t *testing.T) {
	s := newServer(t, behaviour{method: "sha256"})
	conn, err := pgconn.ConnectConfig(t.Context(), &config(t, s.dsn()).Config)
	if err != nil {
		t.Fatal(err)
	}
	hijacked, err := conn.Hijack()
	if err != nil {
		t.Fatal(err)
	}
	if conn, err = pgconn.Construct(hijacked); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "select 1").ReadAll(); err != nil {
		t.Error(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestTargetSessionAttrs finds the member that is wanted among a pending one,
// standbys of both kinds and a primary.
func TestTargetSessionAttrs(t *testing.T) {
	members := []struct {
		name string
		behaviour
	}{
		{"pending", behaviour{refuse: [2]string{"57P03", "can not accept connection in pending mode."}}},
		{"promoting", behaviour{method: "sha256", role: "Primary", recovery: true, readOnly: true}},
		{"shared standby", behaviour{method: "sha256", role: "Standby", recovery: false, readOnly: true}},
		{"primary", behaviour{method: "sha256", role: "Primary"}},
		{"cascade", behaviour{method: "sha256", role: "Cascade Standby", recovery: true, readOnly: true}},
	}
	servers := map[string]*server{}
	for _, m := range members {
		servers[m.name] = newServer(t, m.behaviour)
	}
	tests := []struct {
		attrs string
		hosts []string
		want  string // "" for none
	}{
		{"any", []string{"pending", "cascade", "primary"}, "cascade"},
		{"primary", []string{"pending", "promoting", "shared standby", "cascade", "primary"}, "primary"},
		{"primary", []string{"promoting", "shared standby", "cascade"}, ""},
		{"read-write", []string{"pending", "promoting", "shared standby", "cascade", "primary"}, "primary"},
		{"read-only", []string{"primary", "cascade"}, "cascade"},
		{"standby", []string{"pending", "primary", "shared standby"}, "shared standby"},
		{"standby", []string{"primary", "cascade"}, "cascade"},
		{"standby", []string{"primary"}, ""},
		{"prefer-standby", []string{"primary", "shared standby"}, "shared standby"},
		{"prefer-standby", []string{"pending", "primary"}, "primary"},
	}
	for _, test := range tests {
		t.Run(test.attrs+" of "+strings.Join(test.hosts, ", "), func(t *testing.T) {
			var hosts, ports []string
			for _, name := range test.hosts {
				host, port := servers[name].hostPort()
				hosts, ports = append(hosts, host), append(ports, port)
			}
			dsn := servers["primary"].dsn("host="+strings.Join(hosts, ","), "port="+strings.Join(ports, ","), "target_session_attrs="+test.attrs)
			conn, err := pgconn.ConnectConfig(t.Context(), &config(t, dsn).Config)
			if test.want == "" {
				if err == nil {
					conn.Close(t.Context())
					t.Fatal("connected")
				}
				if !errors.Is(err, pgconn.ErrStandbyConnection) && !errors.Is(err, pgconn.ErrPrimaryConnection) {
					t.Error(err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(t.Context())
			if got := conn.Conn().RemoteAddr().String(); got != servers[test.want].listener.Addr().String() {
				for name, s := range servers {
					if s.listener.Addr().String() == got {
						t.Errorf("connected to %s, want %s", name, test.want)
					}
				}
			}
		})
	}
}

// TestWrongPasswordAsksNoOtherHost: each attempt counts towards the locking of
// the account, on every member. A cut connection is another matter.
func TestWrongPasswordAsksNoOtherHost(t *testing.T) {
	for _, test := range []struct {
		first behaviour
		next  int
	}{{behaviour{method: "sha256", password: "other"}, 0}, {behaviour{cut: "startup"}, 1}, {behaviour{method: "md5"}, 1}} {
		first, second := newServer(t, test.first), newServer(t, behaviour{method: "sha256"})
		h1, p1 := first.hostPort()
		h2, p2 := second.hostPort()
		err := connect(t.Context(), t, first.dsn("host="+h1+","+h2, "port="+p1+","+p2), gausspgx.Options{})
		if (err == nil) != (test.next == 1) {
			t.Errorf("%+v: %v", test.first, err)
		}
		if starts, _ := second.seen(); len(starts) != test.next {
			t.Errorf("%+v: %d connections to the second host, want %d", test.first, len(starts), test.next)
		}
	}
}

// odd is a connection of a type that cannot be the key of a map.
type odd struct {
	net.Conn
	_ func()
}

// TestHooksAreKept sets hooks of the user's, copies the configuration, and
// changes the password of the copy, as a pool with BeforeConnect does.
func TestHooksAreKept(t *testing.T) {
	s := newServer(t, behaviour{method: "sha256"})
	cfg, err := pgx.ParseConfig(s.dsn("password=stale", "gauss_auth=sha256", "gauss_server_proof=off"))
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	cfg.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, conn net.Conn) (net.Conn, error) {
		calls = append(calls, "net")
		return odd{Conn: conn}, nil
	}
	build := cfg.BuildFrontend
	cfg.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		calls = append(calls, "build")
		return build(r, w)
	}
	cfg.ValidateConnect = func(context.Context, *pgconn.PgConn) error {
		calls = append(calls, "validate")
		return nil
	}
	if err := gausspgx.Configure(&cfg.Config, gausspgx.Options{}); err != nil {
		t.Fatal(err)
	}
	calls = nil
	fresh := cfg.Copy()
	fresh.Password = testPassword
	if err := useConnection(t.Context(), &fresh.Config); err != nil {
		t.Fatal(err)
	}
	if want := []string{"net", "build", "validate"}; !slices.Equal(calls, want) {
		t.Errorf("calls %v, want %v", calls, want)
	}
	if err := useConnection(t.Context(), &cfg.Config); !isWrongPassword(err) {
		t.Errorf("with the old password: %v", err)
	}

	refuse := errors.New("refused by the user's hook")
	cfg, err = pgx.ParseConfig(s.dsn())
	if err != nil {
		t.Fatal(err)
	}
	cfg.AfterNetConnect = func(context.Context, *pgconn.Config, net.Conn) (net.Conn, error) { return nil, refuse }
	if err := gausspgx.Configure(&cfg.Config, gausspgx.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := useConnection(t.Context(), &cfg.Config); !errors.Is(err, refuse) {
		t.Error(err)
	}
}

// TestNothingIsLost: what a server sends together with its last message of the
// startup, and what it sends later, reaches pgx in order.
func TestNothingIsLost(t *testing.T) {
	cfg := config(t, "host=h user=u password=p")
	notice := func(text string) string {
		return string([]byte{'N', 0, 0, 0, byte(4 + 1 + len(text) + 2)}) + "M" + text + "\x00\x00"
	}
	said := notice("first") + "R\x00\x00\x00\x08\x00\x00\x00\x00" + "Z\x00\x00\x00\x05I" + notice("second")
	conn := &tape{in: bytes.NewReader([]byte(said))}
	if _, err := cfg.AfterNetConnect(t.Context(), &cfg.Config, conn); err != nil {
		t.Fatal(err)
	}
	later := strings.NewReader(notice("third"))
	frontend := cfg.BuildFrontend(later, conn)
	var got []string
	for {
		msg, err := frontend.Receive()
		if err != nil {
			break
		}
		switch msg := msg.(type) {
		case *pgproto3.NoticeResponse:
			got = append(got, msg.Message)
		default:
			got = append(got, fmt.Sprintf("%T", msg))
		}
	}
	if want := []string{"first", "*pgproto3.AuthenticationOk", "*pgproto3.ReadyForQuery", "second", "third"}; !slices.Equal(got, want) {
		t.Errorf("pgx reads %q, want %q", got, want)
	}
}

// TestStartupFilter gives pgx's startup message in pieces of every size.
func TestStartupFilter(t *testing.T) {
	startup, err := (&pgproto3.StartupMessage{ProtocolVersion: 0x30002, Parameters: map[string]string{"user": "u"}}).Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	const rest = "Q\x00\x00\x00\x0dselect 1\x00"
	all := append(startup, rest...)
	for size := 1; size <= len(all); size++ {
		var out bytes.Buffer
		w := gausspgx.NewStartupFilter(&out)
		for chunk := range slices.Chunk(all, size) {
			if n, err := w.Write(chunk); n != len(chunk) || err != nil {
				t.Fatalf("size %d: wrote %d of %d, %v", size, n, len(chunk), err)
			}
		}
		if out.String() != rest {
			t.Errorf("size %d: %q came through", size, out.String())
		}
	}
	if _, err := gausspgx.NewStartupFilter(io.Discard).Write([]byte(rest)); err == nil {
		t.Error("something that is no startup message is dropped")
	}
}
