// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// connect logs in with options, closes the connection and returns the error.
func connect(ctx context.Context, tb testing.TB, dsn string, opts gausspgx.Options) error {
	tb.Helper()
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		tb.Fatal(err)
	}
	if err := gausspgx.Configure(&cfg.Config, opts); err != nil {
		tb.Fatal(err)
	}
	return useConnection(ctx, &cfg.Config)
}

func allow(m ...gausspgx.Method) gausspgx.Options { return gausspgx.Options{Methods: m} }

// TestLogin logs in by every method, plain and with TLS.
func TestLogin(t *testing.T) {
	tests := []struct {
		name      string
		behaviour behaviour
		opts      gausspgx.Options
		version   uint32
	}{
		{"sha256", behaviour{method: "sha256"}, gausspgx.Options{}, 0x30033},
		{"sha256 with 2048 iterations", behaviour{method: "sha256", iterations: 2048}, gausspgx.Options{}, 0x30033},
		{"sha256 with 50000 iterations", behaviour{method: "sha256", iterations: 50000}, gausspgx.Options{}, 0x30033},
		{"sha256 without cache", behaviour{method: "sha256"}, gausspgx.Options{NoKeyCache: true}, 0x30033},
		{"sm3", behaviour{method: "sm3"}, gausspgx.Options{}, 0x30033},
		{"trust", behaviour{method: "trust"}, gausspgx.Options{}, 0x30033},
		{"md5 allowed", behaviour{method: "md5"}, allow(gausspgx.MethodMD5), 0x30033},
		{"password allowed", behaviour{method: "password"}, allow(gausspgx.MethodPassword), 0x30033},
		{"sha256, server proves itself", behaviour{method: "sha256"}, gausspgx.Options{ServerProof: true}, 0x30000},
		{"sm3, server proves itself", behaviour{method: "sm3"}, gausspgx.Options{ServerProof: true}, 0x30000},
		{"proof with other iterations", behaviour{method: "sha256", iterations: 3000},
			gausspgx.Options{ServerProof: true, Iterations: 3000}, 0x30000},
	}
	for _, test := range tests {
		for _, tls := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, TLS %v", test.name, tls), func(t *testing.T) {
				b := test.behaviour
				b.tls = tls
				s := newServer(t, b)
				if err := connect(t.Context(), t, s.dsn(), test.opts); err != nil {
					t.Fatal(err)
				}
				starts, _ := s.seen()
				if len(starts) != 1 || starts[0].version != test.version || starts[0].params["application_name"] != "go-ha" {
					t.Errorf("startups %+v, want one with version %x", starts, test.version)
				}
			})
		}
	}
}

// TestFourErrors is the promise of the package's documentation: what went wrong
// is told apart, by sentinel and by type, and nothing of it has a secret.
func TestFourErrors(t *testing.T) {
	proof := gausspgx.Options{ServerProof: true}
	sentinels := []error{gausspgx.ErrWrongPassword, gausspgx.ErrServerProof, gausspgx.ErrDowngrade, gausspgx.ErrCut,
		gausspgx.ErrChallenge, gausspgx.ErrNoPassword}
	challenge := func(method string, n int) []byte {
		s := &server{behaviour: behaviour{method: method, iterations: 2048}}
		body, _ := s.challenge(n, testUser)
		return body
	}
	tests := []struct {
		name      string
		behaviour behaviour
		opts      gausspgx.Options
		dsn       string
		want      error
		text      string
		silent    bool // no answer may be sent
	}{
		{name: "wrong password", behaviour: behaviour{method: "sha256", password: "other"}, want: gausspgx.ErrWrongPassword, text: "wrong password or no such user (sha256)"},
		{name: "wrong password, sm3", behaviour: behaviour{method: "sm3", password: "other"}, want: gausspgx.ErrWrongPassword, text: "(sm3)"},
		{name: "wrong password, md5", behaviour: behaviour{method: "md5", password: "other"}, opts: allow(gausspgx.MethodMD5), want: gausspgx.ErrWrongPassword, text: "(md5)"},

		{name: "wrong proof", behaviour: behaviour{method: "sha256", wrongProof: true, acceptAll: true}, opts: proof, want: gausspgx.ErrServerProof, text: "proof (sha256) is wrong", silent: true},
		{name: "wrong proof, sm3", behaviour: behaviour{method: "sm3", wrongProof: true, acceptAll: true}, opts: proof, want: gausspgx.ErrServerProof, silent: true},
		{name: "no proof, trust", behaviour: behaviour{method: "trust"}, opts: proof, want: gausspgx.ErrServerProof, text: "does not prove", silent: true},
		{name: "no proof, md5", behaviour: behaviour{method: "md5"}, opts: gausspgx.Options{ServerProof: true, Methods: []gausspgx.Method{gausspgx.MethodMD5}}, want: gausspgx.ErrServerProof, silent: true},

		{name: "md5", behaviour: behaviour{method: "md5"}, want: gausspgx.ErrDowngrade, text: "password_encryption_type = 2", silent: true},
		{name: "clear text", behaviour: behaviour{method: "password"}, want: gausspgx.ErrDowngrade, silent: true},
		{name: "md5 of sha256", behaviour: behaviour{method: "md5sha256"}, want: gausspgx.ErrDowngrade, text: "write sha256 there and reload", silent: true},
		{name: "trust", behaviour: behaviour{method: "trust"}, opts: allow(gausspgx.MethodSHA256), want: gausspgx.ErrDowngrade, silent: true},
		{name: "require_auth", behaviour: behaviour{method: "sha256"}, dsn: "require_auth=scram-sha-256", want: gausspgx.ErrDowngrade, text: "allowed: scram-sha-256", silent: true},
		{name: "gauss_auth", behaviour: behaviour{method: "sm3"}, dsn: "gauss_auth=sha256", want: gausspgx.ErrDowngrade, silent: true},
		{name: "channel binding", behaviour: behaviour{method: "sha256", tls: true}, dsn: "channel_binding=require", want: gausspgx.ErrDowngrade, text: "channel_binding", silent: true},

		{name: "cut at startup", behaviour: behaviour{cut: "startup"}, want: gausspgx.ErrCut, text: "waiting for the authentication request", silent: true},
		{name: "cut in the challenge", behaviour: behaviour{method: "sha256", cut: "challenge"}, want: gausspgx.ErrCut, silent: true},
		{name: "cut before the verdict", behaviour: behaviour{method: "sha256", cut: "verdict"}, want: gausspgx.ErrCut, text: "waiting for the verdict"},
		{name: "cut before ready", behaviour: behaviour{method: "sha256", cut: "ready"}, want: gausspgx.ErrCut, text: "session to become ready"},

		{name: "few iterations", behaviour: behaviour{method: "sha256", iterations: 2047}, want: gausspgx.ErrChallenge, text: "2047 iterations", silent: true},
		{name: "many iterations", behaviour: behaviour{method: "raw", raw: func() []byte {
			b := challenge("sha256", 51)
			copy(b[len(b)-4:], []byte{0x07, 0xff, 0xff, 0xff})
			return b
		}()}, want: gausspgx.ErrChallenge, text: "134217727 iterations", silent: true},
		{name: "no iterations", behaviour: behaviour{method: "raw", raw: challenge("sha256", 50)}, want: gausspgx.ErrChallenge, text: "request of 76 bytes", silent: true},
		{name: "stored method MD5", behaviour: behaviour{method: "raw", raw: []byte{0, 0, 0, 10, 0, 0, 0, 1, 1, 2, 3, 4}}, want: gausspgx.ErrChallenge, text: "form of old releases", silent: true},
		{name: "stored method 7", behaviour: behaviour{method: "raw", raw: []byte{0, 0, 0, 10, 0, 0, 0, 7, 1, 2, 3, 4}}, want: gausspgx.ErrChallenge, text: "stored method is 7", silent: true},
		{name: "RFC", behaviour: behaviour{method: "raw", raw: []byte{0, 0, 0, 12}}, want: gausspgx.ErrChallenge, text: "not supported", silent: true},
		{name: "unknown code", behaviour: behaviour{method: "raw", raw: []byte{0, 0, 0, 99}}, want: gausspgx.ErrChallenge, text: "code 99", silent: true},
		{name: "second request", behaviour: behaviour{method: "sha256", twice: true}, want: gausspgx.ErrChallenge, text: "second authentication request"},
		{name: "no password", behaviour: behaviour{method: "sha256"}, dsn: "password=''", want: gausspgx.ErrNoPassword, silent: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, test.behaviour)
			err := connect(t.Context(), t, s.dsn(test.dsn), test.opts)
			for _, sentinel := range sentinels {
				if errors.Is(err, sentinel) != (sentinel == test.want) {
					t.Errorf("errors.Is(%v) is %v for %v", sentinel, sentinel != test.want, err)
				}
			}
			if err == nil || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error %v, want %q in it", err, test.text)
			}
			if pgconn.SafeToRetry(err) != (test.want == gausspgx.ErrCut) {
				t.Errorf("SafeToRetry is %v for %v", pgconn.SafeToRetry(err), err)
			}
			starts, answers := s.seen()
			if test.silent && len(answers) > 0 {
				t.Errorf("%d answers were sent", len(answers))
			}
			if len(starts) != 1 {
				t.Errorf("%d connections, want 1", len(starts))
			}
			checkNoSecret(t, err, answers...)
		})
	}
}

// checkNoSecret looks for the password, in every form that was sent.
func checkNoSecret(t *testing.T, err error, answers ...string) {
	t.Helper()
	for _, text := range []string{fmt.Sprint(err), fmt.Sprintf("%+v", err)} {
		for _, secret := range append(answers, testPassword, hex.EncodeToString([]byte(testPassword))) {
			if strings.Contains(text, secret) {
				t.Errorf("secret in %q", text)
			}
		}
	}
}

func TestErrorDetails(t *testing.T) {
	var downgrade *gausspgx.DowngradeError
	err := connect(t.Context(), t, newServer(t, behaviour{method: "md5"}).dsn(), gausspgx.Options{})
	if !errors.As(err, &downgrade) || downgrade.Method != gausspgx.MethodMD5 || downgrade.User != testUser || len(downgrade.Allowed) != 6 {
		t.Errorf("%#v", downgrade)
	}
	var cut *gausspgx.CutError
	err = connect(t.Context(), t, newServer(t, behaviour{cut: "startup"}).dsn(), gausspgx.Options{})
	if !errors.As(err, &cut) || cut.Err == nil {
		t.Errorf("%#v", cut)
	}
	var proof *gausspgx.ServerProofError
	err = connect(t.Context(), t, newServer(t, behaviour{method: "sha256", wrongProof: true}).dsn(), gausspgx.Options{ServerProof: true})
	if !errors.As(err, &proof) || !proof.Wrong {
		t.Errorf("%#v", proof)
	}
	var challenge *gausspgx.ChallengeError
	err = connect(t.Context(), t, newServer(t, behaviour{method: "raw", raw: []byte{0}}).dsn(), gausspgx.Options{})
	if !errors.As(err, &challenge) || !strings.Contains(challenge.Problem, "1 bytes") {
		t.Errorf("%#v", challenge)
	}
}

// TestServerErrors: what the server says that is not about the password comes
// as pgx always brings it.
func TestServerErrors(t *testing.T) {
	for _, refuse := range [][2]string{
		{"57P03", "can not accept connection in pending mode."},
		{"28000", "Forbid remote connection with initial user."},
		{"53300", "Already too many clients"},
	} {
		err := connect(t.Context(), t, newServer(t, behaviour{refuse: refuse}).dsn(), gausspgx.Options{})
		if !hasState(refuse[0])(err) || !strings.Contains(err.Error(), refuse[1]) {
			t.Errorf("%v: %v", refuse, err)
		}
	}
	err := connect(t.Context(), t, newServer(t, behaviour{method: "sha256"}).dsn("dbname=nodb"), gausspgx.Options{})
	if !hasState("3D000")(err) {
		t.Errorf("no such database: %v", err)
	}
}

// TestNotADatabase connects to things that are something else.
func TestNotADatabase(t *testing.T) {
	for _, text := range []string{"HTTP/1.1 400 Bad Request\r\n\r\n", "Ecould not fork new process\n\x00", "R\x00\x00\x00\x01", "Z\x00\x00\x00\x05I", "S\x00\x00\x00\x06a\x00"} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			if conn, err := listener.Accept(); err == nil {
				conn.Write([]byte(text))
				drain(conn)
				conn.Close()
			}
		}()
		port := listener.Addr().(*net.TCPAddr).Port
		err = connect(t.Context(), t, fmt.Sprintf("host=127.0.0.1 port=%d user=u password=p sslmode=disable", port), gausspgx.Options{})
		if !errors.Is(err, gausspgx.ErrChallenge) {
			t.Errorf("%q: %v", text, err)
		}
		<-done
		listener.Close()
	}
}

func TestContext(t *testing.T) {
	for _, where := range []string{"startup", "verdict"} {
		t.Run("cancelled at "+where, func(t *testing.T) {
			s := newServer(t, behaviour{method: "sha256", hang: where})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			cfg := config(t, s.dsn())
			reached := make(chan struct{})
			dial := cfg.DialFunc
			cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := dial(ctx, network, addr)
				return &readWatcher{Conn: conn, reads: map[string]int{"startup": 1, "verdict": 2}[where], reached: reached}, err
			}
			go func() {
				<-reached
				cancel()
			}()
			if err := useConnection(ctx, &cfg.Config); !errors.Is(err, context.Canceled) || errors.Is(err, gausspgx.ErrCut) {
				t.Errorf("error %v, want context.Canceled", err)
			}
		})
		t.Run("time limit at "+where, func(t *testing.T) {
			s := newServer(t, behaviour{method: "sha256", hang: where})
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			err := connect(ctx, t, s.dsn(), gausspgx.Options{})
			if !errors.Is(err, context.DeadlineExceeded) || !pgconn.Timeout(err) {
				t.Errorf("error %v, want context.DeadlineExceeded", err)
			}
		})
	}
	t.Run("connect_timeout", func(t *testing.T) {
		s := newServer(t, behaviour{hang: "startup"})
		cfg := config(t, s.dsn())
		cfg.ConnectTimeout = 50 * time.Millisecond
		err := useConnection(t.Context(), &cfg.Config)
		if !pgconn.Timeout(err) {
			t.Errorf("error %v, want a time-out", err)
		}
	})
}

// readWatcher tells when the n-th Read begins. By then the handshake waits.
type readWatcher struct {
	net.Conn
	reads   int
	reached chan struct{}
}

func (c *readWatcher) Read(p []byte) (int, error) {
	if c.reads--; c.reads == 0 {
		close(c.reached)
	}
	return c.Conn.Read(p)
}

// config parses a connection string with the defaults of the package.
func config(tb testing.TB, dsn string) *pgx.ConnConfig {
	tb.Helper()
	cfg, err := gausspgx.ParseConfig(dsn)
	if err != nil {
		tb.Fatal(err)
	}
	return cfg
}

// TestVerifiedTLS checks that the certificate is verified as pgx does it, and
// that TLS falls back as sslmode says.
func TestVerifiedTLS(t *testing.T) {
	s := newServer(t, behaviour{method: "sha256", tls: true})
	cfg := config(t, s.dsn())
	cfg.TLSConfig = &tls.Config{ServerName: "localhost", RootCAs: s.pool}
	if err := useConnection(t.Context(), &cfg.Config); err != nil {
		t.Error(err)
	}
	cfg = config(t, s.dsn())
	cfg.TLSConfig = &tls.Config{ServerName: "localhost"}
	var unknown x509.UnknownAuthorityError
	if err := useConnection(t.Context(), &cfg.Config); !errors.As(err, &unknown) || !strings.Contains(err.Error(), "negotiating TLS") {
		t.Errorf("with an unknown certificate: %v", err)
	}
	plain := newServer(t, behaviour{method: "sha256"})
	if err := connect(t.Context(), t, plain.dsn("sslmode=prefer"), gausspgx.Options{}); err != nil {
		t.Errorf("sslmode=prefer with a server without TLS: %v", err)
	}
	if err := connect(t.Context(), t, plain.dsn("sslmode=require"), gausspgx.Options{}); err == nil {
		t.Error("sslmode=require with a server without TLS connects")
	}
}
