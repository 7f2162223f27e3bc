// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
)

// verifier is a password as pg_authid has it.
type verifier struct {
	salt, server, stored string // hex; empty without SHA256
	iterations           int
	md5                  string // 32 hex digits; empty without MD5
}

const iterationBase = "ecdfdcefade"

// encodePassword makes the text of pg_authid for a password: kind is
// password_encryption_type.
func encodePassword(user, password string, kind, iterations int) (string, error) {
	if strings.HasPrefix(password, "sha256") && len(password) == 209 || strings.HasPrefix(password, "md5") && len(password) == 35 {
		return password, nil
	}
	m := "md5" + md5Hex(password+user)
	if kind == 0 {
		return m, nil
	}
	salt := make([]byte, 32)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	k, err := pbkdf2.Key(sha1.New, password, salt, iterations, 32)
	if err != nil {
		return "", err
	}
	stored := sha256.Sum256(mac(k, "Client Key"))
	text := "sha256" + hex.EncodeToString(salt) + hex.EncodeToString(mac(k, "Sever Key")) + hex.EncodeToString(stored[:])
	if kind == 1 {
		text += m
	}
	return text + encodeIterations(iterations), nil
}

// EncodePassword makes the text of pg_authid for a password with the defaults:
// SHA256, 10000 iterations.
func EncodePassword(user, password string) (string, error) {
	return encodePassword(user, password, 2, 10000)
}

func encodeIterations(n int) string {
	b := []byte(iterationBase)
	for i := range b {
		b[i] += byte(n % 10)
		n /= 10
	}
	return string(b)
}

func decodeIterations(s string) (int, error) {
	n := 0
	for i := len(s) - 1; i >= 0; i-- {
		d := int(s[i]) - int(iterationBase[i])
		if d < 0 || d > 9 {
			return 0, errors.New("iteration count of a stored password")
		}
		n = n*10 + d
	}
	return n, nil
}

// parseVerifier reads the text of pg_authid.
func parseVerifier(text string) (v verifier, err error) {
	if m, ok := strings.CutPrefix(text, "md5"); ok && len(m) == 32 {
		return verifier{md5: m}, nil
	}
	rest, ok := strings.CutPrefix(text, "sha256")
	if !ok || len(rest) != 203 && len(rest) != 238 {
		return v, errors.New("no password that can be checked")
	}
	v.salt, v.server, v.stored = rest[:64], rest[64:128], rest[128:192]
	if len(rest) == 238 {
		v.md5 = rest[195:227]
	}
	v.iterations, err = decodeIterations(rest[len(rest)-11:])
	return v, err
}

func mac(key []byte, label string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(label))
	return h.Sum(nil)
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// challenge makes the body of the message 'R', and the check of the answer.
// method is that of pg_hba.conf, minor the client's minor protocol version.
func (v verifier) challenge(method, user string, minor int) (body []byte, check func(answer string) bool, err error) {
	token := make([]byte, 4)
	if _, err := rand.Read(token); err != nil {
		return nil, nil, err
	}
	if v.salt == "" || v.md5 != "" && (method == "md5" || minor < 50) {
		return append([]byte{0, 0, 0, 5}, token...), func(answer string) bool {
			return same(answer, "md5"+md5Hex(v.md5+string(token)))
		}, nil
	}
	if method == "md5" {
		// What real clients answer to this fails at the real server, too.
		body = append([]byte{0, 0, 0, 11}, v.salt...)
		return append(body, token...), func(string) bool { return false }, nil
	}
	body = append([]byte{0, 0, 0, 10, 0, 0, 0, 2}, v.salt+hex.EncodeToString(token)...)
	switch {
	case minor < 50:
		key, err := hex.DecodeString(v.server)
		if err != nil {
			return nil, nil, err
		}
		body = append(body, hex.EncodeToString(mac(key, string(token)))...)
	case minor > 50:
		body = binary.BigEndian.AppendUint32(body, uint32(v.iterations))
	}
	return body, func(answer string) bool { return v.proves(answer, token) }, nil
}

func (v verifier) proves(answer string, token []byte) bool {
	proof, err := hex.DecodeString(answer)
	stored, err2 := hex.DecodeString(v.stored)
	if err != nil || err2 != nil || len(proof) != 32 || strings.ToLower(answer) != answer {
		return false
	}
	for i, b := range mac(stored, string(token)) {
		proof[i] ^= b
	}
	got := sha256.Sum256(proof)
	return subtle.ConstantTimeCompare(got[:], stored) == 1
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// stranger makes the verifier of a user that there is not: always the same for
// a name, never to be satisfied.
func (s *Server) stranger(user string) verifier {
	h := mac(s.secret[:], user)
	n, err := strconv.Atoi(s.cfg.text("auth_iteration_count"))
	if err != nil {
		n = 10000
	}
	return verifier{salt: hex.EncodeToString(h), server: hex.EncodeToString(mac(h, "server")), stored: hex.EncodeToString(mac(h, "stored")), iterations: n}
}
