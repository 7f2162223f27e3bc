// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// format writes a request as a server would. It is the oracle of the parser.
func format(c gausspgx.Challenge, minor int) []byte {
	code := func(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
	salted := func(n, stored uint32) []byte {
		b := binary.BigEndian.AppendUint32(code(n), stored)
		b = hex.AppendEncode(hex.AppendEncode(b, c.Salt[:]), c.Token[:])
		switch {
		case minor < 50:
			b = hex.AppendEncode(b, c.Signature[:])
		case minor > 50:
			b = binary.BigEndian.AppendUint32(b, uint32(c.Iterations))
		}
		return b
	}
	switch c.Method {
	case gausspgx.MethodTrust:
		return code(0)
	case gausspgx.MethodPassword:
		return code(3)
	case gausspgx.MethodMD5:
		return append(code(5), c.MD5Salt[:]...)
	case gausspgx.MethodGSS:
		return code(7)
	case gausspgx.MethodSHA256:
		return salted(10, 2)
	case gausspgx.MethodSM3:
		return salted(13, 3)
	case gausspgx.MethodSCRAM:
		return append(code(10), strings.Join(c.Mechanisms, "\x00")+"\x00\x00"...)
	}
	return nil
}

func FuzzParseChallenge(f *testing.F) {
	for _, minor := range []int{0, 50, 51} {
		for _, method := range []string{"sha256", "sm3", "md5", "password", "md5sha256"} {
			s := &server{behaviour: behaviour{method: method, iterations: 2048}}
			body, _ := s.challenge(minor, testUser)
			f.Add(body, minor)
		}
	}
	f.Add([]byte("\x00\x00\x00\x0aSCRAM-SHA-256-PLUS\x00SCRAM-SHA-256\x00\x00"), 51)
	f.Add([]byte{0, 0, 0, 0}, 51)
	f.Fuzz(func(t *testing.T, body []byte, minor int) {
		c, err := gausspgx.ParseChallenge(body, minor)
		if err != nil {
			if !errors.Is(err, gausspgx.ErrChallenge) {
				t.Errorf("error %v is no ErrChallenge", err)
			}
			return
		}
		written := format(c, minor)
		if written == nil {
			return // refused whatever it says
		}
		// The server writes lower-case digits; the parser takes both.
		same := bytes.Equal(written, body)
		if c.Method == gausspgx.MethodSHA256 || c.Method == gausspgx.MethodSM3 {
			same = bytes.EqualFold(written, body)
		}
		if !same {
			t.Fatalf("%q is written %q", body, written)
		}
		again, err := gausspgx.ParseChallenge(written, minor)
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("%+v is read back as %+v, %v", c, again, err)
		}
	})
}

// tape is a connection to a server that says what is on a tape.
type tape struct {
	in  *bytes.Reader
	out bytes.Buffer
}

func (c *tape) Read(p []byte) (int, error)       { return c.in.Read(p) }
func (c *tape) Write(p []byte) (int, error)      { return c.out.Write(p) }
func (c *tape) Close() error                     { return nil }
func (c *tape) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *tape) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *tape) SetDeadline(time.Time) error      { return nil }
func (c *tape) SetReadDeadline(time.Time) error  { return nil }
func (c *tape) SetWriteDeadline(time.Time) error { return nil }

// FuzzHandshake plays a hostile server. Whatever it says, the client writes one
// startup message and at most one answer, of an allowed method, and neither
// that nor an error has the password.
func FuzzHandshake(f *testing.F) {
	for _, name := range []string{"sha256.protocol-3.51", "sha256.protocol-3.0", "md5.protocol-3.51",
		"sha256.wrong-password.protocol-3.51", "connect-to-pending-node"} {
		_, packets := readCapture(f, name+".hex.tsv")
		var said []byte
		for _, p := range packets {
			if !p.fromClient {
				said = append(said, p.bytes...)
			}
		}
		f.Add(said, false)
		f.Add(said, true)
	}
	f.Fuzz(func(t *testing.T, said []byte, proof bool) {
		cfg, err := pgconn.ParseConfig("host=h user=tester password=" + testPassword + " dbname=postgres")
		if err != nil {
			t.Fatal(err)
		}
		if err := gausspgx.Configure(cfg, gausspgx.Options{ServerProof: proof, MaxIterations: 10000}); err != nil {
			t.Fatal(err)
		}
		conn := &tape{in: bytes.NewReader(said)}
		got, err := cfg.AfterNetConnect(t.Context(), cfg, conn)
		if got == nil {
			t.Fatal("no connection: pgx would have nothing to close")
		}
		written := conn.out.Bytes()
		_, rest, err2 := takeStartup(written)
		if err2 != nil {
			t.Fatal(err2)
		}
		if len(rest) > 0 && (len(rest) != 70 || rest[0] != 'p') {
			t.Errorf("after the startup message: %q", rest)
		}
		checkNoSecret(t, errors.Join(err, errors.New(string(written))))
		if err == nil {
			cfg.BuildFrontend(conn, conn)
		}
	})
}

func takeStartup(b []byte) (startup, rest []byte, err error) {
	if len(b) < 8 || int(binary.BigEndian.Uint32(b)) > len(b) {
		return nil, nil, errors.New("no whole startup message")
	}
	n := binary.BigEndian.Uint32(b)
	return b[:n], b[n:], nil
}
