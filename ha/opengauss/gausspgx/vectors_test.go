// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx_test

import (
	"encoding/csv"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// Vectors of two independent implementations; the one for SM3 of one only.
var vectors = []struct {
	name                            string
	method                          gausspgx.Method
	password, salt, token           string
	iterations                      int
	serverKey, clientKey, storedKey string
	signature, response             string
}{
	{
		name: "sha256", method: gausspgx.MethodSHA256, password: "Gauss@123", iterations: 10000,
		salt: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", token: "deadbeef",
		serverKey: "26d976e7f54be9bb8bf07489293608a9ed6a1ded403752576b9ecc392a7dfe94",
		clientKey: "6dbdaa3a3e5c6f0bc5531bfcbc73721115a9265f934792a1045d91757987ff35",
		storedKey: "7ab984e373c6c243a83e0ca396a78af6e9a1d95cf49ee1ff14b48de8f96a84b2",
		signature: "400e6960a9121c8abc107df7eea83362d99de17e11ebd45eab673d353ed287b5",
		response:  "d2ea98133f147a360c9d5d0c5fc6b0af2d49e0f7cf8a09977d4e743140a44e9b",
	},
	{
		name: "sha256 with 2048", method: gausspgx.MethodSHA256, password: "p@ssw0rd", iterations: 2048,
		salt: "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100", token: "01020304",
		serverKey: "863d65736f9899db3f111f9ead89d7f51355accd9d80bf26cff712777294fb8b",
		clientKey: "de41b9f9ac3f20d39d60aab98f068893491e48b0eea823b0c4e731adcc02307d",
		storedKey: "dab926e5e9cf1b21865f3aa6c0325198e5aad2a81a3d856f5a0d60283341d898",
		signature: "6f52b6872ce64c0f8a3f90a0c564d23b8b1cfc44da9201d3e67cf64b6fe1cc44",
		response:  "0e253400e26b4353832b14d1bb5fbb774f0c7dd11669960fe58ca1ab3afa90ce",
	},
	{
		name: "sm3", method: gausspgx.MethodSM3, password: "Gauss@123", iterations: 10000,
		salt: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", token: "deadbeef",
		serverKey: "7f5e9ee2520a3e61837c82513770d6e84ead8bc87161535b89f444cbf78dc671",
		clientKey: "6dbdaa3a3e5c6f0bc5531bfcbc73721115a9265f934792a1045d91757987ff35",
		storedKey: "c526784f7fede3deaf42b309d180f1e144e5b39fc3ca8e07fd6473e367dafeaf",
		response:  "073752958ca3924d7762e33bedb1afc341a545fb54c6a78a838f7e9d36f19112",
	},
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			token := [4]byte(unhex(t, v.token))
			k, err := gausspgx.DeriveKeys(v.method, v.password, [32]byte(unhex(t, v.salt)), v.iterations)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range []struct{ what, got, want string }{
				{"server key", hex.EncodeToString(k.Server[:]), v.serverKey},
				{"client key", hex.EncodeToString(k.Client[:]), v.clientKey},
				{"stored key", hex.EncodeToString(k.Stored[:]), v.storedKey},
				{"response", k.Response(token), v.response},
			} {
				if c.got != c.want {
					t.Errorf("%s %s, want %s", c.what, c.got, c.want)
				}
			}
			if v.signature == "" {
				return
			}
			signature := [32]byte(unhex(t, v.signature))
			if !k.ProvedBy(signature, token) {
				t.Error("the server's signature is refused")
			}
			for i := range signature {
				wrong := signature
				wrong[i] ^= 1
				if k.ProvedBy(wrong, token) {
					t.Errorf("a signature with byte %d changed is accepted", i)
				}
			}
		})
	}
}

func TestMD5Vector(t *testing.T) {
	got := gausspgx.MD5Response("omm", "Gauss@123", [4]byte{0xa1, 0xb2, 0xc3, 0xd4})
	if want := "md58b6948ca8ab0f900d1049e1b6a25c3ff"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestSM3Standard checks the examples of GB/T 32905-2016, appendix A, and
// lengths around the end of a block against each other's padding.
func TestSM3Standard(t *testing.T) {
	for text, want := range map[string]string{
		"abc":                      "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
		strings.Repeat("abcd", 16): "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
		"":                         "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b",
	} {
		if got := gausspgx.SM3([]byte(text)); hex.EncodeToString(got[:]) != want {
			t.Errorf("SM3(%q) is %x, want %s", text, got, want)
		}
	}
	seen := map[[32]byte]int{}
	for n := range 200 {
		sum := gausspgx.SM3(make([]byte, n))
		if other, ok := seen[sum]; ok {
			t.Errorf("%d and %d zero bytes have one digest", n, other)
		}
		seen[sum] = n
	}
}

// TestStoredPasswords derives what a real server of release 7.0 has stored.
func TestStoredPasswords(t *testing.T) {
	f, err := os.Open("testdata/auth/pg_authid.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, row := range rows[1:] {
		user, stored := row[0], row[1]
		rest, ok := strings.CutPrefix(stored, "sha256")
		if !ok || user == "hamon" { // hamon's password is not in the captures
			continue
		}
		checked++
		k, err := gausspgx.DeriveKeys(gausspgx.MethodSHA256, "Test@1234", [32]byte(unhex(t, rest[:64])), 10000)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(k.Server[:]) + hex.EncodeToString(k.Stored[:]); got != rest[64:192] {
			t.Errorf("user %s: keys %s, the server has %s", user, got, rest[64:192])
		}
	}
	if checked != 2 {
		t.Errorf("%d stored passwords checked, want 2", checked)
	}
}

func TestKeyCache(t *testing.T) {
	var c gausspgx.Cache
	salt := [32]byte{1}
	want, err := gausspgx.DeriveKeys(gausspgx.MethodSHA256, "a", salt, 2)
	if err != nil {
		t.Fatal(err)
	}
	different := map[[32]byte]bool{}
	for range 2 {
		for _, k := range []struct {
			method     gausspgx.Method
			password   string
			iterations int
		}{{gausspgx.MethodSHA256, "a", 2}, {gausspgx.MethodSM3, "a", 2}, {gausspgx.MethodSHA256, "b", 2}, {gausspgx.MethodSHA256, "a", 3}} {
			got, err := c.Derive(k.method, k.password, salt, k.iterations)
			if err != nil {
				t.Fatal(err)
			}
			if k.method == gausspgx.MethodSHA256 && k.password == "a" && k.iterations == 2 && got != want {
				t.Error("the cache gives other keys")
			}
			different[got.Stored] = true
		}
	}
	if len(different) != 4 || c.Len() != 4 {
		t.Errorf("%d different keys from %d entries, want 4 and 4", len(different), c.Len())
	}
	for i := range 3 * gausspgx.CachedKeys {
		if _, err := c.Derive(gausspgx.MethodSHA256, "a", [32]byte{2, byte(i)}, 1); err != nil {
			t.Fatal(err)
		}
		if c.Len() > gausspgx.CachedKeys {
			t.Fatalf("%d entries, want at most %d", c.Len(), gausspgx.CachedKeys)
		}
	}
}
