// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx_test

import (
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// TestPool fills a pool at once: the slow hash is computed once, and nobody
// gets another's answer.
func TestPool(t *testing.T) {
	s := newServer(t, behaviour{method: "sha256"})
	pool, err := gausspgx.NewPool(t.Context(), s.dsn("pool_max_conns=8"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			conn, err := pool.Acquire(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Release()
			for _, want := range []string{"a", "b", "c"} {
				var got string
				if err := conn.QueryRow(t.Context(), "select $1::text", want).Scan(&got); err != nil || got != want {
					t.Errorf("%q, %v, want %q", got, err, want)
				}
			}
			var xid uint64
			if err := conn.QueryRow(t.Context(), "select xid").Scan(&xid); err != nil || xid != math.MaxUint64 {
				t.Errorf("xid %d, %v: are the types registered?", xid, err)
			}
		})
	}
	work.Wait()
	_, answers := s.seen()
	seen := map[string]bool{}
	for _, a := range answers {
		seen[a] = true
	}
	if len(answers) == 0 || len(seen) != len(answers) {
		t.Errorf("%d answers, %d different", len(answers), len(seen))
	}
}

func TestOpenDB(t *testing.T) {
	s := newServer(t, behaviour{method: "sha256"})
	db, err := gausspgx.OpenDB(s.dsn())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var text string
	if err := db.QueryRowContext(t.Context(), "select $1::text", "x").Scan(&text); err != nil || text != "x" {
		t.Errorf("%q, %v", text, err)
	}
	stmt, err := db.PrepareContext(t.Context(), "select $1::text")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	if err := stmt.QueryRowContext(t.Context(), "y").Scan(&text); err != nil || text != "y" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestPoolConfigErrors(t *testing.T) {
	for _, dsn := range []string{"host=h password=geheim pool_max_conns=x", "host=h password=geheim more", "host=h password=geheim gauss_auth=x"} {
		_, err := gausspgx.NewPool(t.Context(), dsn)
		if err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", dsn, err)
		}
		if _, err := gausspgx.OpenDB(dsn); err == nil && !strings.Contains(dsn, "pool_") || err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}
