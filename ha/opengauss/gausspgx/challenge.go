// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// Authentication request codes: the first number of a message 'R'
// (AUTH_REQ_... of src/include/libpq/pqcomm.h of openGauss). 10 to 12 mean
// something else in PostgreSQL 10 and later.
const (
	codeOK        = 0
	codePassword  = 3
	codeMD5       = 5
	codeGSS       = 7
	codeSHA256    = 10 // PostgreSQL: SASL
	codeMD5SHA256 = 11 // PostgreSQL: SASL, continued
	codeSHA256RFC = 12 // PostgreSQL: SASL, end
	codeSM3       = 13
	codeIAM       = 14
)

// Numbers of stored methods, the word after code 10 or 13 (PASSWORD_... of
// src/include/libpq/crypt.h).
const (
	storedMD5    = 1
	storedSHA256 = 2
	storedSM3    = 3
)

// Protocol 3 minors of openGauss. Up to gaussMinor a challenge says nothing of
// iterations; below it the server signs instead (PG_PROTOCOL_GAUSS_BASE).
const (
	plainMinor = 0
	gaussMinor = 50
	ownMinor   = 51 // what openGauss's own clients speak
)

// challenge is an authentication request, decoded.
type challenge struct {
	method     Method
	md5Salt    [4]byte         // MD5
	salt       [saltSize]byte  // SHA256, SM3
	token      [tokenSize]byte // SHA256, SM3
	iterations int             // SHA256, SM3; 0 when the server does not say
	signed     bool            // signature holds the server's proof
	signature  [keySize]byte
	mechanisms []string // SCRAM and OAuth: what the server offers
}

// parseChallenge decodes the body of a message 'R' as a server sends it to a
// client of protocol 3.minor. Which of its two meanings code 10 has follows
// from the body: a SASL request goes on with the name of a mechanism, a SHA256
// request with a number below 256. Lengths must fit to the byte.
func parseChallenge(body []byte, minor int) (challenge, error) {
	if len(body) < 4 {
		return challenge{}, &ChallengeError{Problem: fmt.Sprintf("authentication request of %d bytes, want at least 4", len(body))}
	}
	code, rest := binary.BigEndian.Uint32(body), body[4:]
	switch code {
	case codeOK:
		return exact(MethodTrust, rest)
	case codePassword:
		return exact(MethodPassword, rest)
	case codeMD5:
		c := challenge{method: MethodMD5}
		if len(rest) != len(c.md5Salt) {
			return challenge{}, lengthError(MethodMD5, len(rest), len(c.md5Salt))
		}
		copy(c.md5Salt[:], rest)
		return c, nil
	case codeGSS:
		return exact(MethodGSS, rest)
	case codeSHA256:
		if len(rest) < 4 || binary.BigEndian.Uint32(rest) > math.MaxUint8 {
			return parseSASL(rest)
		}
		return parseSalted(MethodSHA256, storedSHA256, rest, minor)
	case codeMD5SHA256:
		return challenge{method: MethodMD5SHA256}, nil
	case codeSHA256RFC:
		return challenge{method: MethodSHA256RFC}, nil
	case codeSM3:
		return parseSalted(MethodSM3, storedSM3, rest, minor)
	case codeIAM:
		return challenge{method: MethodIAM}, nil
	}
	return challenge{}, &ChallengeError{Problem: fmt.Sprintf("authentication request with unknown code %d", code)}
}

// exact is a request that consists of its code.
func exact(method Method, rest []byte) (challenge, error) {
	if len(rest) != 0 {
		return challenge{}, lengthError(method, len(rest), 0)
	}
	return challenge{method: method}, nil
}

func lengthError(method Method, got, want int) error {
	return &ChallengeError{Method: method, Problem: fmt.Sprintf("request of %d bytes after the code, want %d", got, want)}
}

// parseSalted reads stored method, salt, token and what minor adds
// (sendAuthRequest of src/common/backend/libpq/auth.cpp).
func parseSalted(method Method, stored uint32, rest []byte, minor int) (challenge, error) {
	if len(rest) < 4 {
		return challenge{}, lengthError(method, len(rest), 4)
	}
	switch got := binary.BigEndian.Uint32(rest); {
	case got == stored:
	case method == MethodSHA256 && got == storedMD5:
		return challenge{}, &ChallengeError{Method: method,
			Problem: "the stored password is MD5 in the form of old releases, which is not supported: " + adviceSHA256}
	default:
		return challenge{}, &ChallengeError{Method: method, Problem: fmt.Sprintf("the stored method is %d, want %d", got, stored)}
	}
	rest = rest[4:]
	want := 2*saltSize + 2*tokenSize
	switch {
	case minor < gaussMinor:
		want += 2 * keySize
	case minor > gaussMinor:
		want += 4
	}
	if len(rest) != want {
		return challenge{}, lengthError(method, 4+len(rest), 4+want)
	}
	c := challenge{method: method}
	rest, ok1 := takeHex(c.salt[:], rest)
	rest, ok2 := takeHex(c.token[:], rest)
	if !ok1 || !ok2 {
		return challenge{}, &ChallengeError{Method: method, Problem: "salt or token is not hexadecimal"}
	}
	switch {
	case minor < gaussMinor:
		if _, c.signed = takeHex(c.signature[:], rest); !c.signed {
			return challenge{}, &ChallengeError{Method: method, Problem: "the server's signature is not hexadecimal"}
		}
	case minor > gaussMinor:
		n := binary.BigEndian.Uint32(rest)
		if n == 0 || n > math.MaxInt32 {
			return challenge{}, &ChallengeError{Method: method, Problem: fmt.Sprintf("iteration count %d, want 1 to %d", n, math.MaxInt32)}
		}
		c.iterations = int(n)
	}
	return c, nil
}

// takeHex fills dst from hexadecimal digits and returns what follows them.
func takeHex(dst, src []byte) (rest []byte, ok bool) {
	n := 2 * len(dst)
	_, err := hex.Decode(dst, src[:n])
	return src[n:], err == nil
}

// parseSASL reads names of mechanisms, each with a zero byte, and one more zero.
func parseSASL(rest []byte) (challenge, error) {
	text, ok := strings.CutSuffix(string(rest), "\x00\x00")
	if !ok || text == "" {
		return challenge{}, &ChallengeError{Method: MethodSCRAM, Problem: "the list of SASL mechanisms is empty or has no end"}
	}
	return challenge{method: MethodSCRAM, mechanisms: strings.Split(text, "\x00")}, nil
}
