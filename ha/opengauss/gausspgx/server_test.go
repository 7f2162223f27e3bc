// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// server is an openGauss as a client sees it while it logs in, and a little
// database behind it (session_test.go). It derives and checks keys with code of
// its own, so that a mistake in the package is not made twice.
type server struct {
	behaviour
	tb       testing.TB
	listener net.Listener
	cert     *tls.Certificate
	pool     *x509.CertPool
	stop     chan struct{}
	done     sync.WaitGroup
	salt     [32]byte
	once     sync.Once
	k        []byte // the password, salted

	mu struct {
		sync.Mutex
		conns    map[net.Conn]bool
		startups []startup
		answers  []string // password messages
		tls      int      // sessions with TLS
		sessions map[uint32]*session
		rows     [][]byte // COPY
		closed   bool
	}
}

// behaviour says what a server asks for and what it does wrong.
type behaviour struct {
	method     string // sha256, sm3, md5, md5sha256, password, trust, or raw
	password   string // stored; testPassword by default
	iterations int    // 10000 by default
	tls        bool
	raw        []byte    // the message 'R' of method raw
	wrongProof bool      // protocol 3.0: the signature of a server that does not know the password
	acceptAll  bool      // any answer will do
	twice      bool      // ask again after a right answer
	cut        string    // where the connection ends: startup, challenge, verdict or ready
	hang       string    // where nothing more happens: startup or verdict
	refuse     [2]string // SQLSTATE and message instead of a challenge
	role       string    // Primary by default
	recovery   bool
	readOnly   bool
}

type startup struct {
	version uint32
	params  map[string]string
}

const (
	testUser     = "tester"
	testPassword = "Test@1234-Geheim"
)

func newServer(tb testing.TB, b behaviour) *server {
	tb.Helper()
	if b.password == "" {
		b.password = testPassword
	}
	if b.iterations == 0 {
		b.iterations = 10000
	}
	if b.role == "" {
		b.role = "Primary"
	}
	s := &server{behaviour: b, tb: tb, stop: make(chan struct{}), salt: [32]byte(random(32))}
	s.mu.conns, s.mu.sessions = map[net.Conn]bool{}, map[uint32]*session{}
	if b.tls {
		s.makeCertificate()
	}
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		tb.Fatal(err)
	}
	s.done.Add(1)
	go s.accept()
	tb.Cleanup(s.close)
	return s
}

func (s *server) accept() {
	defer s.done.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.mu.closed {
			s.mu.Unlock()
			conn.Close()
			return
		}
		s.mu.conns[conn] = true
		s.done.Add(1)
		s.mu.Unlock()
		go func() {
			defer s.done.Done()
			defer func() {
				conn.Close()
				s.mu.Lock()
				delete(s.mu.conns, conn)
				s.mu.Unlock()
			}()
			if err := s.serve(conn); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				s.tb.Logf("server: %v", err)
			}
		}()
	}
}

func (s *server) close() {
	close(s.stop)
	s.listener.Close()
	s.mu.Lock()
	s.mu.closed = true
	for conn := range s.mu.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}

func (s *server) hostPort() (host, port string) {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		s.tb.Fatal(err)
	}
	return host, port
}

// dsn returns a connection string for the test user with more settings.
func (s *server) dsn(more ...string) string {
	host, port := s.hostPort()
	mode := "disable"
	if s.tls {
		mode = "require"
	}
	settings := append([]string{"host=" + host, "port=" + port, "user=" + testUser, "password=" + testPassword,
		"dbname=postgres", "sslmode=" + mode, "application_name=go-ha"}, more...)
	return strings.Join(settings, " ")
}

func (s *server) seen() (startups []startup, answers []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(startups, s.mu.startups...), append(answers, s.mu.answers...)
}

// makeCertificate makes a certificate for localhost that signs itself.
func (s *server) makeCertificate() {
	s.tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		s.tb.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.cert = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	s.pool = x509.NewCertPool()
	s.pool.AddCert(leaf)
}

// serve is one connection, from its first packet.
func (s *server) serve(conn net.Conn) error {
	packet, err := readPacket(conn)
	if err != nil {
		return err
	}
	if binary.BigEndian.Uint32(packet) == 80877103 { // SSLRequest
		answer := []byte("N")
		if s.tls {
			answer = []byte("S")
		}
		if _, err := conn.Write(answer); err != nil {
			return err
		}
		if s.tls {
			conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*s.cert}})
			s.mu.Lock()
			s.mu.tls++
			s.mu.Unlock()
		}
		if packet, err = readPacket(conn); err != nil {
			return err
		}
	}
	if binary.BigEndian.Uint32(packet) == 80877102 { // CancelRequest
		return s.cancel(packet[4:])
	}
	start := startup{version: binary.BigEndian.Uint32(packet), params: map[string]string{}}
	fields := strings.Split(string(packet[4:]), "\x00")
	for i := 0; i+1 < len(fields) && fields[i] != ""; i += 2 {
		start.params[fields[i]] = fields[i+1]
	}
	s.mu.Lock()
	s.mu.startups = append(s.mu.startups, start)
	s.mu.Unlock()
	if s.cut == "startup" {
		return nil
	}
	if s.hang == "startup" {
		return drain(conn)
	}
	switch start.version { // protoVersionList of postmaster.cpp
	case 0x20000, 0x30000, 0x30032, 0x30033:
	default:
		return sendError(conn, "0A000", fmt.Sprintf("unsupported frontend protocol %d.%d", start.version>>16, start.version&0xffff))
	}
	for name := range start.params {
		if strings.HasPrefix(name, "gauss_") {
			return sendError(conn, "42704", fmt.Sprintf("unrecognized configuration parameter %q", name))
		}
	}
	if s.refuse[0] != "" {
		return sendError(conn, s.refuse[0], s.refuse[1])
	}
	ok, err := s.authenticate(conn, start)
	if err != nil || !ok {
		return err
	}
	return s.session(conn, start)
}

func drain(conn net.Conn) error {
	_, err := io.Copy(io.Discard, conn)
	return err
}

// authenticate is sendAuthRequest and crypt_verify of the server.
func (s *server) authenticate(conn net.Conn, start startup) (bool, error) {
	minor := int(start.version & 0xffff)
	body, check := s.challenge(minor, start.params["user"])
	if body == nil {
		return true, sendMessage(conn, 'R', []byte{0, 0, 0, 0})
	}
	if s.cut == "challenge" {
		_, err := conn.Write([]byte{'R', 0, 0, 0, 88, 0, 0})
		return false, err
	}
	if err := sendMessage(conn, 'R', body); err != nil {
		return false, err
	}
	kind, answer, err := readMessage(conn)
	if err != nil {
		return false, err
	}
	if kind != 'p' {
		return false, sendError(conn, "08P01", fmt.Sprintf("expected password response, got message type %q", kind))
	}
	text := strings.TrimSuffix(string(answer), "\x00")
	s.mu.Lock()
	s.mu.answers = append(s.mu.answers, text)
	s.mu.Unlock()
	switch {
	case s.cut == "verdict":
		return false, nil
	case s.hang == "verdict":
		return false, drain(conn)
	case !s.acceptAll && (len(answer) != len(text)+1 || !check(text)):
		return false, sendError(conn, "28P01", "Invalid username/password,login denied.")
	case s.twice:
		_, err := conn.Write(append([]byte{'R', 0, 0, 0, byte(4 + len(body))}, body...))
		return false, errors.Join(err, drain(conn))
	}
	return true, sendMessage(conn, 'R', []byte{0, 0, 0, 0})
}

// challenge returns the body of the request and the check of the answer. A nil
// body asks for nothing.
func (s *server) challenge(minor int, user string) ([]byte, func(answer string) bool) {
	switch s.method {
	case "trust":
		return nil, nil
	case "raw":
		return s.raw, func(string) bool { return false }
	case "password":
		return []byte{0, 0, 0, 3}, func(answer string) bool { return answer == s.password }
	case "md5":
		salt := random(4)
		return append([]byte{0, 0, 0, 5}, salt...), func(answer string) bool {
			return answer == "md5"+md5Hex(md5Hex(s.password+user)+string(salt))
		}
	case "md5sha256":
		return append([]byte{0, 0, 0, 11}, make([]byte, 68)...), func(string) bool { return false }
	}
	code, stored, label := byte(10), byte(2), "Sever Key"
	hash := func(b []byte) [32]byte { return sha256.Sum256(b) }
	if s.method == "sm3" {
		code, stored, label, hash = 13, 3, "Server Key", gausspgx.SM3
	}
	salt, token := s.salt[:], random(4)
	k := s.saltedPassword()
	storedKey := hash(hmac256(k, []byte("Client Key")))
	body := []byte{0, 0, 0, code, 0, 0, 0, stored}
	body = append(body, hex.EncodeToString(salt)+hex.EncodeToString(token)...)
	switch {
	case minor < 50:
		serverKey := hmac256(k, []byte(label))
		if s.wrongProof {
			serverKey = random(32)
		}
		body = append(body, hex.EncodeToString(hmac256(serverKey, token))...)
	case minor > 50:
		body = binary.BigEndian.AppendUint32(body, uint32(s.iterations))
	}
	return body, func(answer string) bool {
		proof, err := hex.DecodeString(answer)
		if err != nil || len(proof) != 32 || strings.ToLower(answer) != answer {
			return false
		}
		for i, b := range hmac256(storedKey[:], token) {
			proof[i] ^= b
		}
		got := hash(proof)
		return bytes.Equal(got[:], storedKey[:])
	}
}

// saltedPassword computes K once: a server stores what follows from it.
func (s *server) saltedPassword() []byte {
	s.once.Do(func() {
		var err error
		if s.k, err = pbkdf2.Key(sha1.New, s.password, s.salt[:], s.iterations, 32); err != nil {
			s.tb.Error(err)
		}
	})
	return s.k
}

func hmac256(key, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil)
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// readPacket reads a packet without a type: the first of a connection.
func readPacket(r io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n < 8 || n > 10000 {
		return nil, fmt.Errorf("first packet of %d bytes", n)
	}
	body := make([]byte, n-4)
	_, err := io.ReadFull(r, body)
	return body, err
}

func readMessage(r io.Reader) (kind byte, body []byte, err error) {
	var header [5]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	body = make([]byte, binary.BigEndian.Uint32(header[1:])-4)
	_, err = io.ReadFull(r, body)
	return header[0], body, err
}

func sendMessage(w io.Writer, kind byte, body []byte) error {
	msg := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4))
	_, err := w.Write(append(msg, body...))
	return err
}

// sendError sends an error with the fields and their order of openGauss.
func sendError(w io.Writer, state, message string) error {
	return sendMessage(w, 'E', []byte("SFATAL\x00c0\x00M"+message+"\x00C"+state+"\x00dBACKEND\x00Fauth.cpp\x00L352\x00Rauth_failed\x00\x00"))
}
