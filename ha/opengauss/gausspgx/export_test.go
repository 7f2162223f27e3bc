// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"io"
)

// What the tests look into.

// SM3 is sm3Sum.
func SM3(data []byte) [32]byte { return sm3Sum(data) }

// MD5Response is md5Response.
func MD5Response(user, password string, salt [4]byte) string {
	return md5Response(user, password, salt)
}

// Keys are the keys of a password.
type Keys struct {
	Client, Stored, Server [32]byte
	keys                   keys
}

// DeriveKeys is deriveKeys.
func DeriveKeys(m Method, password string, salt [32]byte, iterations int) (Keys, error) {
	k, err := deriveKeys(m, password, salt, iterations)
	return Keys{k.client, k.stored, k.server, k}, err
}

// Response is the client's proof.
func (k Keys) Response(token [4]byte) string { return k.keys.response(token) }

// ProvedBy checks the server's proof.
func (k Keys) ProvedBy(signature [32]byte, token [4]byte) bool {
	return k.keys.provedBy(signature, token)
}

// Challenge is challenge with names that tests can see.
type Challenge struct {
	Method     Method
	MD5Salt    [4]byte
	Salt       [32]byte
	Token      [4]byte
	Iterations int
	Signed     bool
	Signature  [32]byte
	Mechanisms []string
}

// ParseChallenge is parseChallenge.
func ParseChallenge(body []byte, minor int) (Challenge, error) {
	c, err := parseChallenge(body, minor)
	return Challenge{c.method, c.md5Salt, c.salt, c.token, c.iterations, c.signed, c.signature, c.mechanisms}, err
}

// CachedKeys is the limit of a cache.
const CachedKeys = cachedKeys

// Cache is a keyCache.
type Cache struct{ c keyCache }

// Derive is derive.
func (c *Cache) Derive(m Method, password string, salt [32]byte, iterations int) (Keys, error) {
	k, err := c.c.derive(m, password, salt, iterations)
	return Keys{k.client, k.stored, k.server, k}, err
}

// Len is the number of entries.
func (c *Cache) Len() int { return len(c.c.mu.entries) }

// NewStartupFilter is the writer that drops pgx's startup message.
func NewStartupFilter(w io.Writer) io.Writer { return &startupFilter{w: w} }
