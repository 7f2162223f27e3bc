// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package gausspgx_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
	"github.com/gausskit/gausskit/ha/postgres"
)

const superuser = "super"

// hba has a user for each method.
const hba = `
host all super 127.0.0.1/32 trust
host all scram 127.0.0.1/32 scram-sha-256
host all md5er 127.0.0.1/32 md5
host all plain 127.0.0.1/32 password
`

// startPostgres runs a real PostgreSQL with TLS for the length of the test and
// returns its port.
func startPostgres(t *testing.T) int {
	t.Helper()
	bin, err := postgres.FindBinaries(t.Context())
	if err != nil {
		t.Skipf("no real server: %v", err)
	}
	base, err := os.MkdirTemp("", "gausspgx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	owner := serverUser(t, base)
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin.Dir, name), args...)
		cmd.Dir, cmd.Env = base, []string{"LC_ALL=C", "PATH=/usr/bin:/bin"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
		return cmd
	}
	data := filepath.Join(base, "data")
	if out, err := command("initdb", "-D", data, "-U", superuser, "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	port := freePort(t)
	s := &server{tb: t}
	s.makeCertificate()
	key, err := x509.MarshalPKCS8PrivateKey(s.cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"pg_hba.conf": hba,
		"server.crt":  string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Certificate[0]})),
		"server.key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
		"postgresql.conf": fmt.Sprintf("listen_addresses = '127.0.0.1'\nport = %d\nunix_socket_directories = ''\nssl = on\n"+
			"fsync = off\nshared_buffers = 16MB\nmax_wal_senders = 0\nwal_level = minimal\n", port),
	} {
		name = filepath.Join(data, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if owner != nil {
			if err := os.Chown(name, int(owner.Uid), int(owner.Gid)); err != nil {
				t.Fatal(err)
			}
		}
	}
	run(t, command("postgres", "-D", data))
	return port
}

// run starts the server, waits until it accepts connections, and stops it when
// the test ends.
func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready, done := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewScanner(log)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "ready to accept connections") {
				ready <- true
			}
		}
		close(ready)
	}()
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Error(err)
		}
		<-done
		if err := cmd.Wait(); err != nil {
			t.Errorf("server: %v", err)
		}
	})
	if !<-ready {
		t.Fatal("the server did not start")
	}
}

// serverUser returns who the server runs as, and gives them base. PostgreSQL
// refuses to be root. nil means the user of the test.
func serverUser(t *testing.T, base string) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Skipf("no real server as root: %v", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2, os.Chown(base, int(uid), int(gid))); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestPostgreSQL: a configuration for openGauss also serves PostgreSQL, whose
// code 10 means SASL, with nothing lost: channel binding, target_session_attrs,
// cancel requests.
func TestPostgreSQL(t *testing.T) {
	port := startPostgres(t)
	dsn := func(user string, more ...string) string {
		return fmt.Sprintf("host=127.0.0.1 port=%d dbname=postgres user=%s password=%s sslmode=disable %s", port, user, testPassword, strings.Join(more, " "))
	}
	admin, err := gausspgx.Connect(t.Context(), dsn(superuser))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close(context.Background()) })
	for _, sql := range []string{
		"CREATE ROLE scram LOGIN PASSWORD '" + testPassword + "'", "CREATE ROLE plain LOGIN PASSWORD '" + testPassword + "'",
		"SET password_encryption = md5", "CREATE ROLE md5er LOGIN PASSWORD '" + testPassword + "'", "CREATE TABLE rows (id text)",
	} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	all := append(gausspgx.DefaultMethods(), gausspgx.MethodMD5, gausspgx.MethodPassword)
	tests := []struct {
		name, dsn string
		opts      gausspgx.Options
		failed    func(error) bool
	}{
		{"scram", dsn("scram"), gausspgx.Options{}, nil},
		{"scram with TLS", dsn("scram", "sslmode=require"), gausspgx.Options{}, nil},
		{"scram with channel binding", dsn("scram", "sslmode=require channel_binding=require"), gausspgx.Options{}, nil},
		{"scram only", dsn("scram", "gauss_auth=scram-sha-256"), gausspgx.Options{}, nil},
		{"scram required as libpq says it", dsn("scram", "require_auth=scram-sha-256"), gausspgx.Options{}, nil},
		{"scram proves the server", dsn("scram"), gausspgx.Options{ServerProof: true}, nil},
		{"scram not allowed", dsn("scram"), allow(gausspgx.MethodSHA256), is(gausspgx.ErrDowngrade)},
		{"wrong password", dsn("scram", "password=other"), gausspgx.Options{}, hasState("28P01")},
		{"no such user", dsn("nobody"), gausspgx.Options{}, hasState("28000")},
		{"trust", dsn(superuser), gausspgx.Options{}, nil},
		{"trust proves nothing", dsn(superuser), gausspgx.Options{ServerProof: true}, is(gausspgx.ErrServerProof)},
		{"md5", dsn("md5er"), gausspgx.Options{}, is(gausspgx.ErrDowngrade)},
		{"md5 allowed", dsn("md5er"), gausspgx.Options{Methods: all}, nil},
		{"md5, wrong password", dsn("md5er", "password=other"), gausspgx.Options{Methods: all}, isWrongPassword},
		{"clear text", dsn("plain"), gausspgx.Options{}, is(gausspgx.ErrDowngrade)},
		{"clear text allowed", dsn("plain"), gausspgx.Options{Methods: all}, nil},
		{"protocol 3.2", dsn("scram", "max_protocol_version=3.2"), gausspgx.Options{}, nil},
		{"primary", dsn("scram", "target_session_attrs=primary"), gausspgx.Options{}, nil},
		{"read-write", dsn("scram", "target_session_attrs=read-write"), gausspgx.Options{}, nil},
		{"prefer-standby", dsn("scram", "target_session_attrs=prefer-standby"), gausspgx.Options{}, nil},
		{"standby", dsn("scram", "target_session_attrs=standby"), gausspgx.Options{}, is(pgconn.ErrPrimaryConnection)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg, err := pgx.ParseConfig(test.dsn)
			if err != nil {
				t.Fatal(err)
			}
			if err := gausspgx.Configure(&cfg.Config, test.opts); err != nil {
				t.Fatal(err)
			}
			conn, err := pgx.ConnectConfig(t.Context(), cfg)
			if test.failed != nil {
				if err == nil || !test.failed(err) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var n int
			if err := conn.QueryRow(t.Context(), "select $1::int + 1", 41).Scan(&n); err != nil || n != 42 {
				t.Errorf("%d, %v", n, err)
			}
			if err := conn.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("features", func(t *testing.T) {
		observer, err := gausspgx.Connect(t.Context(), dsn(superuser))
		if err != nil {
			t.Fatal(err)
		}
		defer observer.Close(t.Context())
		usePostgres(t, admin, observer)
	})
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func usePostgres(t *testing.T, conn, observer *pgx.Conn) {
	ctx := t.Context()
	const rows = 10_000
	n, err := conn.CopyFrom(ctx, pgx.Identifier{"rows"}, []string{"id"}, pgx.CopyFromSlice(rows, func(i int) ([]any, error) {
		return []any{strconv.Itoa(i)}, nil
	}))
	if err != nil || n != rows {
		t.Errorf("COPY: %d, %v", n, err)
	}
	var xid uint64
	if err := conn.QueryRow(ctx, "select '4294967295'::xid").Scan(&xid); err != nil || xid != 1<<32-1 {
		t.Errorf("xid %d, %v", xid, err)
	}
	result := conn.PgConn().Exec(ctx, "select pg_sleep(3600)")
	for sleeping := false; !sleeping; { // a cancel request that comes too early is lost
		err := observer.QueryRow(ctx, "select exists (select from pg_stat_activity where pid = $1 and wait_event = 'PgSleep')", conn.PgConn().PID()).Scan(&sleeping)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.PgConn().CancelRequest(ctx); err != nil {
		t.Error(err)
	}
	if _, err := result.ReadAll(); !hasState("57014")(err) {
		t.Errorf("cancelled statement: %v", err)
	}
	if _, err := conn.Exec(ctx, "LISTEN news; NOTIFY news, 'hello'"); err != nil {
		t.Fatal(err)
	}
	if note, err := conn.WaitForNotification(ctx); err != nil || note.Payload != "hello" {
		t.Errorf("notification %+v, %v", note, err)
	}
}
