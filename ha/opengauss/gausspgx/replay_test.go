// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// packet is one message of a capture.
type packet struct {
	fromClient bool
	what       string
	bytes      []byte
}

// readCapture reads a file of "C|S <tab> what <tab> hex" lines, and the login
// from its first line: "# role user password db minor: name password db 51".
func readCapture(tb testing.TB, name string) (login []string, packets []packet) {
	tb.Helper()
	text, err := os.ReadFile("testdata/auth/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if _, after, ok := strings.Cut(line, "minor: "); ok {
			login = strings.Fields(after)
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "\t")
		packets = append(packets, packet{fields[0] == "C", fields[1], unhex(tb, fields[len(fields)-1])})
	}
	return login, packets
}

// replay plays the server of a capture: it sends what the real server sent and
// demands from the client, byte for byte, what the real client sent. Only the
// order of the startup parameters is free.
func replay(conn net.Conn, packets []packet) error {
	for i, p := range packets {
		if !p.fromClient {
			if _, err := conn.Write(p.bytes); err != nil {
				return err
			}
			continue
		}
		got := make([]byte, len(p.bytes))
		if _, err := io.ReadFull(conn, got); err != nil {
			return fmt.Errorf("%s: %w", p.what, err)
		}
		if i == 0 {
			if !bytes.Equal(got[:8], p.bytes[:8]) || !maps.Equal(startupParams(got), startupParams(p.bytes)) {
				return fmt.Errorf("startup message %q, want %q", got, p.bytes)
			}
		} else if !bytes.Equal(got, p.bytes) {
			return fmt.Errorf("%s: client sent %x, want %x", p.what, got, p.bytes)
		}
	}
	return nil
}

func startupParams(packet []byte) map[string]string {
	m := map[string]string{}
	fields := strings.Split(string(packet[8:]), "\x00")
	for i := 0; i+1 < len(fields) && fields[i] != ""; i += 2 {
		m[fields[i]] = fields[i+1]
	}
	return m
}

// TestReplay logs in to what a real openGauss 7.0 sent.
func TestReplay(t *testing.T) {
	tests := []struct {
		file   string
		opts   gausspgx.Options
		failed func(error) bool // nil: connects, and "select 1" gives 1
	}{
		{file: "sha256.protocol-3.51.hex.tsv"},
		{file: "both.sha256-method.protocol-3.51.hex.tsv"},
		{file: "connect-to-standby.hex.tsv"},
		{file: "sha256.protocol-3.0.hex.tsv", opts: gausspgx.Options{ServerProof: true}},
		{file: "md5.protocol-3.51.hex.tsv", opts: gausspgx.Options{Methods: []gausspgx.Method{gausspgx.MethodMD5}}},
		{file: "sha256.wrong-password.protocol-3.51.hex.tsv", failed: isWrongPassword},
		{file: "sha256.unknown-user.protocol-3.51.hex.tsv", failed: isWrongPassword},
		{file: "sha256.no-such-db.hex.tsv", failed: hasState("3D000")},
		{file: "connect-to-pending-node.hex.tsv", failed: hasState("57P03")},
	}
	for _, test := range tests {
		t.Run(strings.TrimSuffix(test.file, ".hex.tsv"), func(t *testing.T) {
			login, packets := readCapture(t, test.file)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			result := make(chan error, 1)
			go func() {
				conn, err := listener.Accept()
				if err == nil {
					err = replay(conn, packets)
					conn.Close()
				}
				result <- err
			}()
			defer listener.Close()

			cfg, err := pgx.ParseConfig("sslmode=disable application_name=go-ha")
			if err != nil {
				t.Fatal(err)
			}
			addr := listener.Addr().(*net.TCPAddr)
			cfg.Host, cfg.Port, cfg.User, cfg.Password, cfg.Database = "127.0.0.1", uint16(addr.Port), login[0], login[1], login[2]
			if err := gausspgx.Configure(&cfg.Config, test.opts); err != nil {
				t.Fatal(err)
			}
			err = useConnection(t.Context(), &cfg.Config)
			if test.failed == nil && err != nil || test.failed != nil && (err == nil || !test.failed(err)) {
				t.Errorf("client: %v", err)
			}
			if err != nil && strings.Contains(err.Error(), login[1]) {
				t.Errorf("the error has the password: %v", err)
			}
			if err := <-result; err != nil {
				t.Errorf("server: %v", err)
			}
		})
	}
}

// useConnection does what the client of the captures did.
func useConnection(ctx context.Context, cfg *pgconn.Config) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second) // only a broken handshake waits
	defer cancel()
	conn, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	if conn.ParameterStatus("server_version") != "9.2.4" {
		return errors.New("pgx did not see the parameters")
	}
	rows, err := conn.Exec(ctx, "select 1").ReadAll()
	if err == nil && string(rows[0].Rows[0][0]) != "1" {
		err = fmt.Errorf("select 1 gave %q", rows[0].Rows[0][0])
	}
	return errors.Join(err, conn.Close(ctx))
}

func isWrongPassword(err error) bool {
	var wrong *gausspgx.WrongPasswordError
	return errors.Is(err, gausspgx.ErrWrongPassword) && hasState("28P01")(err) && errors.As(err, &wrong)
}

func hasState(state string) func(error) bool {
	return func(err error) bool {
		var pgErr *pgconn.PgError
		return errors.As(err, &pgErr) && pgErr.Code == state
	}
}

// TestCapturedChallenges reads every authentication request of the captures,
// also of protocol 3.50, which this package does not speak, and answers it
// where the password is known to be right.
func TestCapturedChallenges(t *testing.T) {
	files, err := os.ReadDir("testdata/auth")
	if err != nil {
		t.Fatal(err)
	}
	minors, answers := map[int]int{}, 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".tsv") {
			continue
		}
		login, packets := readCapture(t, f.Name())
		password := "Test@1234"
		if login != nil {
			password = login[1]
		}
		minor := -1
		for i, p := range packets {
			switch {
			case p.fromClient && bytes.Contains(p.bytes, []byte("user\x00")):
				minor = int(binary.BigEndian.Uint16(p.bytes[6:]))
			case !p.fromClient && p.bytes[0] == 'R' && len(p.bytes) >= 80 && p.bytes[8] == 10:
				c, err := gausspgx.ParseChallenge(p.bytes[5:binary.BigEndian.Uint32(p.bytes[1:])+1], minor)
				if err != nil {
					t.Errorf("%s: %v", f.Name(), err)
					continue
				}
				minors[minor]++
				if c.Method != gausspgx.MethodSHA256 || c.Signed != (minor == 0) || (c.Iterations == 10000) != (minor == 51) {
					t.Errorf("%s: %+v", f.Name(), c)
				}
				k, err := gausspgx.DeriveKeys(c.Method, password, c.Salt, 10000)
				if err != nil {
					t.Fatal(err)
				}
				if c.Signed && !k.ProvedBy(c.Signature, c.Token) {
					t.Errorf("%s: the server's signature is refused", f.Name())
				}
				if bytes.Contains(packets[i+1].bytes, []byte(k.Response(c.Token))) {
					answers++
				}
			}
		}
	}
	if want := []int{0, 50, 51}; !slices.Equal(slices.Sorted(maps.Keys(minors)), want) {
		t.Errorf("minors %v, want %v", minors, want)
	}
	if answers < 8 {
		t.Errorf("%d answers are the captured client's, want at least 8", answers)
	}
	t.Logf("challenges by minor: %v; %d answers equal", minors, answers)
}
