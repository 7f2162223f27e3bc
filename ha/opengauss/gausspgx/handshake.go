// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgproto3"
)

// Limits on what a server may send before it is ready. Real ones send about
// two kilobytes.
const (
	maxMessage = 64 << 10
	maxStartup = 256 << 10
)

const protocol3 = 3 << 16

// States of a handshake, as they stand in errors.
const (
	whileTLS       = "negotiating TLS"
	whileStarting  = "sending the startup message"
	whileRequest   = "waiting for the authentication request"
	whileAnswering = "sending the answer to the authentication request"
	whileVerdict   = "waiting for the verdict on the password"
	whileReady     = "waiting for the session to become ready"
)

// handshake is one startup exchange: from the startup message to ReadyForQuery,
// or to the message that pgx must answer itself.
type handshake struct {
	rules *rules
	cache *keyCache
	cfg   *pgconn.Config // of this attempt; only read
	ctx   context.Context
	conn  net.Conn
	in    *bufio.Reader

	state    string
	answered Method // what the password was given to
	replay   []byte // what pgx is to read first
}

// run returns the bytes that pgx is to read before it goes on with the
// connection. It honours ctx.
func (h *handshake) run() ([]byte, error) {
	watcher := ctxwatch.NewContextWatcher(&pgconn.DeadlineContextWatcherHandler{Conn: h.conn})
	watcher.Watch(h.ctx)
	defer watcher.Unwatch()

	if t, ok := h.conn.(*tls.Conn); ok { // pgx leaves it to the first write
		h.state = whileTLS
		if err := t.HandshakeContext(h.ctx); err != nil {
			return nil, h.broken(err)
		}
	}
	h.state = whileStarting
	if err := h.start(); err != nil {
		return nil, err
	}
	h.state = whileRequest
	for {
		kind, body, err := h.receive()
		if err != nil {
			return nil, err
		}
		done := false
		switch kind {
		case 'R':
			done, err = h.request(body)
		case 'E':
			done, err = true, h.refused(body)
		case 'Z':
			done = true
			if h.state != whileReady {
				err = &ChallengeError{Problem: "ready for queries before the authentication ended"}
			}
		case 'N', 'v': // a notice, or PostgreSQL telling that it speaks an older minor
		case 'S', 'K':
			if h.state != whileReady {
				err = &ChallengeError{Problem: fmt.Sprintf("message %q before the authentication ended", kind)}
			}
		default:
			err = &ChallengeError{Problem: fmt.Sprintf("unexpected message %q; is this a database server?", kind)}
		}
		if err != nil {
			return nil, err
		}
		if done {
			rest, err := h.in.Peek(h.in.Buffered())
			return append(h.replay, rest...), err
		}
	}
}

// start sends the startup message that pgx would send, with our protocol.
func (h *handshake) start() error {
	msg := pgproto3.StartupMessage{
		ProtocolVersion: protocol3 | uint32(h.rules.minor()),
		Parameters:      maps.Clone(h.cfg.RuntimeParams),
	}
	if msg.Parameters == nil {
		msg.Parameters = make(map[string]string)
	}
	msg.Parameters["user"] = h.cfg.User
	if h.cfg.Database != "" {
		msg.Parameters["database"] = h.cfg.Database
	}
	packet, err := msg.Encode(nil)
	if err != nil {
		return fmt.Errorf("gausspgx: startup message: %w", err)
	}
	return h.send(packet)
}

// request deals with one message 'R'. It reports whether pgx takes over.
func (h *handshake) request(body []byte) (done bool, err error) {
	c, err := parseChallenge(body, h.rules.minor())
	if err != nil {
		return false, err
	}
	if h.state != whileRequest {
		// A second request would have us answer again for whoever asks.
		if c.method == MethodTrust && h.state == whileVerdict {
			h.state = whileReady
			return false, nil
		}
		return false, &ChallengeError{Method: c.method, Problem: "a second authentication request"}
	}
	if c.method == MethodSCRAM && h.cfg.OAuthTokenProvider != nil && slices.Contains(c.mechanisms, "OAUTHBEARER") {
		c.method = MethodOAuth // as pgx chooses
	}
	if err := h.permit(c.method); err != nil {
		return false, err
	}
	switch c.method {
	case MethodTrust:
		h.state = whileReady
		return false, nil
	case MethodSCRAM, MethodOAuth, MethodGSS:
		return true, nil
	}
	answer, err := h.answer(c)
	if err != nil {
		return false, err
	}
	h.dropLast(body)
	h.state, h.answered = whileAnswering, c.method
	packet, err := (&pgproto3.PasswordMessage{Password: answer}).Encode(nil)
	if err != nil {
		return false, fmt.Errorf("gausspgx: password message: %w", err)
	}
	if err := h.send(packet); err != nil {
		return false, err
	}
	h.state = whileVerdict
	return false, nil
}

// permit checks a method against the rules before anything is derived from the
// password.
func (h *handshake) permit(m Method) error {
	if !slices.Contains(h.rules.allowed, m) {
		switch m {
		case MethodSHA256RFC, MethodIAM:
			return &ChallengeError{Method: m, Problem: "not supported"}
		}
		e := &DowngradeError{User: h.cfg.User, Method: m, Allowed: slices.Clone(h.rules.allowed)}
		switch m {
		case MethodMD5SHA256:
			e.Advice = adviceHBA
		case MethodMD5, MethodPassword:
			e.Advice = adviceSHA256 + ", or allow the method in Options.Methods"
		}
		return e
	}
	if h.cfg.ChannelBinding == "require" && m != MethodSCRAM {
		return &DowngradeError{User: h.cfg.User, Method: m, Allowed: []Method{MethodSCRAM},
			Advice: "channel_binding=require needs SCRAM, which openGauss does not have"}
	}
	switch m {
	case MethodMD5, MethodPassword, MethodTrust, MethodOAuth:
		if h.rules.serverProof {
			return &ServerProofError{User: h.cfg.User, Method: m}
		}
	}
	return nil
}

// answer computes the text of the password message.
func (h *handshake) answer(c challenge) (string, error) {
	if h.cfg.Password == "" {
		return "", fmt.Errorf("%w (user %q, method %s)", ErrNoPassword, h.cfg.User, c.method)
	}
	switch c.method {
	case MethodMD5:
		return md5Response(h.cfg.User, h.cfg.Password, c.md5Salt), nil
	case MethodPassword:
		return h.cfg.Password, nil
	}
	n := c.iterations
	if n == 0 {
		n = h.rules.iterations
	}
	if n < h.rules.minIterations || n > h.rules.maxIterations {
		return "", &ChallengeError{Method: c.method, Problem: fmt.Sprintf(
			"the server asks for %d iterations, allowed are %d to %d (Options.MinIterations, MaxIterations)",
			n, h.rules.minIterations, h.rules.maxIterations)}
	}
	k, err := h.cache.derive(c.method, h.cfg.Password, c.salt, n)
	if err != nil {
		return "", fmt.Errorf("gausspgx: method %s: %w", c.method, err)
	}
	if h.rules.serverProof && !(c.signed && k.provedBy(c.signature, c.token)) {
		return "", &ServerProofError{User: h.cfg.User, Method: c.method, Wrong: true}
	}
	return k.response(c.token), nil
}

// refused deals with an error of the server. Those that are not about the
// password are left to pgx, with its OnPgError and its rules for further hosts.
func (h *handshake) refused(body []byte) error {
	if h.state != whileVerdict {
		return nil
	}
	var msg pgproto3.ErrorResponse
	if err := msg.Decode(body); err != nil {
		return &ChallengeError{Problem: "malformed error of the server"}
	}
	const invalidPassword = "28P01"
	if msg.Code != invalidPassword {
		return nil
	}
	return &WrongPasswordError{User: h.cfg.User, Method: h.answered, Err: pgconn.ErrorResponseToPgError(&msg)}
}

// receive reads one message and remembers it for pgx. body is valid until the
// next call.
func (h *handshake) receive() (kind byte, body []byte, err error) {
	var header [5]byte
	if _, err := io.ReadFull(h.in, header[:]); err != nil {
		return 0, nil, h.broken(err)
	}
	kind = header[0]
	n := int64(binary.BigEndian.Uint32(header[1:])) - 4
	if n < 0 || n > maxMessage || len(h.replay)+int(n) > maxStartup {
		return 0, nil, &ChallengeError{Problem: fmt.Sprintf("message %q of %d bytes; is this a database server?", kind, n)}
	}
	h.replay = append(h.replay, header[:]...)
	h.replay = slices.Grow(h.replay, int(n))
	body = h.replay[len(h.replay) : len(h.replay)+int(n)]
	if _, err := io.ReadFull(h.in, body); err != nil {
		return 0, nil, h.broken(err)
	}
	h.replay = h.replay[:len(h.replay)+int(n)]
	return kind, body, nil
}

// dropLast removes the message that ended with body from what pgx reads.
func (h *handshake) dropLast(body []byte) {
	h.replay = bytes.Clone(h.replay[:len(h.replay)-len(body)-5])
}

func (h *handshake) send(packet []byte) error {
	if _, err := h.conn.Write(packet); err != nil {
		return h.broken(err)
	}
	return nil
}

// broken says what an error of the connection means. pgx turns time-outs into
// the context's error.
func (h *handshake) broken(err error) error {
	if ctxErr := h.ctx.Err(); ctxErr != nil {
		return fmt.Errorf("gausspgx: %s: %w", h.state, ctxErr)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	var netErr net.Error
	var sysErr syscall.Errno
	switch {
	case errors.As(err, &netErr) && netErr.Timeout():
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe), errors.As(err, &sysErr):
		return &CutError{During: h.state, Err: err}
	}
	return fmt.Errorf("gausspgx: %s: %w", h.state, err)
}
