// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"crypto/sha256"
	"sync"
)

// cachedKeys bounds a keyCache. A program rarely uses more than a few users,
// and each has one salt, which the members of a cluster share.
const cachedKeys = 32

// keyCache remembers derived keys, so that a pool that reconnects after a
// failover computes the slow hash once and not once per connection. The token
// of each login is new, so nothing that went over the wire is ever repeated.
type keyCache struct {
	mu struct {
		sync.Mutex
		entries map[cacheKey]*cacheEntry
	}
}

// cacheKey holds the password as a digest: comparing maps' keys must not leave
// copies of the password about.
type cacheKey struct {
	method     Method
	password   [sha256.Size]byte
	salt       [saltSize]byte
	iterations int
}

// cacheEntry is computed by the first who needs it; the others wait for it.
type cacheEntry struct {
	once sync.Once
	keys keys
	err  error
}

// derive is deriveKeys with memory. A nil cache remembers nothing.
func (c *keyCache) derive(method Method, password string, salt [saltSize]byte, iterations int) (keys, error) {
	if c == nil {
		return deriveKeys(method, password, salt, iterations)
	}
	e := c.entry(cacheKey{method, sha256.Sum256([]byte(password)), salt, iterations})
	e.once.Do(func() { e.keys, e.err = deriveKeys(method, password, salt, iterations) })
	return e.keys, e.err
}

func (c *keyCache) entry(key cacheKey) *cacheEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.mu.entries[key]; ok {
		return e
	}
	if len(c.mu.entries) >= cachedKeys {
		clear(c.mu.entries) // salts of users that do not exist, or a fake server's
	}
	if c.mu.entries == nil {
		c.mu.entries = make(map[cacheKey]*cacheEntry)
	}
	e := new(cacheEntry)
	c.mu.entries[key] = e
	return e
}
