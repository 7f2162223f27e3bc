// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
)

// Sizes of the exchange, in bytes (src/include/libpq/sha2.h of openGauss). On
// the wire all but the salt of MD5 are written in hexadecimal.
const (
	saltSize  = 32
	tokenSize = 4
	keySize   = 32 // K, every key and every signature
)

// keys is what a password becomes under one salt and iteration count. It is as
// good as the password for logging in, so it never leaves the process.
type keys struct {
	client, stored, server [keySize]byte
}

// deriveKeys computes the keys of the methods SHA256 and SM3
// (pg_sha256_encrypt and GsSm3Encrypt of src/common/backend/libpq/sha2.cpp).
// Both stretch the password with PBKDF2 over HMAC-SHA1, whatever their names
// say; they differ in the hash of the stored key and in one label, which
// openGauss misspells for SHA256. The only possible error is a Go runtime in
// FIPS 140-only mode, which forbids SHA1.
func deriveKeys(method Method, password string, salt [saltSize]byte, iterations int) (keys, error) {
	k, err := pbkdf2.Key(sha1.New, password, salt[:], iterations, keySize)
	if err != nil {
		return keys{}, err
	}
	defer clear(k)
	out := keys{client: mac(k, []byte("Client Key"))}
	if method == MethodSM3 {
		out.server = mac(k, []byte("Server Key"))
		out.stored = sm3Sum(out.client[:])
	} else {
		out.server = mac(k, []byte("Sever Key")) // the server's spelling
		out.stored = sha256.Sum256(out.client[:])
	}
	return out, nil
}

// mac is HMAC-SHA256, for SM3 as well.
func mac(key, data []byte) (out [keySize]byte) {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	h.Sum(out[:0])
	return out
}

// response is the client's proof for one token: ClientKey XOR
// HMAC(StoredKey, token), 64 lower-case hexadecimal digits.
func (k *keys) response(token [tokenSize]byte) string {
	proof := mac(k.stored[:], token[:])
	subtle.XORBytes(proof[:], proof[:], k.client[:])
	return hex.EncodeToString(proof[:])
}

// provedBy reports whether signature shows that its sender knows the server
// key. It takes the same time for every signature.
func (k *keys) provedBy(signature [keySize]byte, token [tokenSize]byte) bool {
	want := mac(k.server[:], token[:])
	return hmac.Equal(want[:], signature[:])
}

// md5Response answers an MD5 request as PostgreSQL does (pg_md5_encrypt).
func md5Response(user, password string, salt [4]byte) string {
	inner := md5.Sum([]byte(password + user))
	outer := md5.Sum(append([]byte(hex.EncodeToString(inner[:])), salt[:]...))
	return "md5" + hex.EncodeToString(outer[:])
}
