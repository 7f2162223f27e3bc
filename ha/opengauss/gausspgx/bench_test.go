// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gausskit/gausskit/ha/opengauss/gausspgx"
)

// BenchmarkConnect logs in and out over the loopback. hash-% is the share of
// the password's hash in the time of a login: the server of the test verifies
// with two hashes of a few bytes, so the rest is protocol and pgx.
func BenchmarkConnect(b *testing.B) {
	for _, bench := range []struct {
		name      string
		behaviour behaviour
		opts      gausspgx.Options
	}{
		{"sha256", behaviour{method: "sha256"}, gausspgx.Options{NoKeyCache: true}},
		{"sha256 cached", behaviour{method: "sha256"}, gausspgx.Options{}},
		{"sm3", behaviour{method: "sm3"}, gausspgx.Options{NoKeyCache: true}},
		{"md5", behaviour{method: "md5"}, allow(gausspgx.MethodMD5)},
		{"trust", behaviour{method: "trust"}, gausspgx.Options{}},
		{"sha256 with TLS", behaviour{method: "sha256", tls: true}, gausspgx.Options{NoKeyCache: true}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := newServer(b, bench.behaviour)
			s.saltedPassword()
			cfg, err := pgx.ParseConfig(s.dsn())
			if err != nil {
				b.Fatal(err)
			}
			if err := gausspgx.Configure(&cfg.Config, bench.opts); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			var hash time.Duration
			for b.Loop() {
				conn, err := pgconn.ConnectConfig(b.Context(), &cfg.Config)
				if err != nil {
					b.Fatal(err)
				}
				if err := conn.Close(b.Context()); err != nil {
					b.Fatal(err)
				}
				if bench.opts.NoKeyCache { // beside each login, for the same load on the machine
					b.StopTimer()
					hash += hashTime(b)
					b.StartTimer()
				}
			}
			b.ReportMetric(100*float64(hash)/float64(b.Elapsed()), "hash-%")
		})
	}
}

// hashTime is the time of one derivation with 10000 iterations.
func hashTime(b *testing.B) time.Duration {
	start := time.Now()
	if _, err := gausspgx.DeriveKeys(gausspgx.MethodSHA256, testPassword, [32]byte{}, 10000); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// BenchmarkHash is the hash at the server's smallest, default and the package's
// largest number of iterations.
func BenchmarkHash(b *testing.B) {
	for _, bench := range []struct {
		name       string
		iterations int
	}{{"2048", 2048}, {"10000", 10000}, {"1000000", 1_000_000}} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := gausspgx.DeriveKeys(gausspgx.MethodSHA256, testPassword, [32]byte{}, bench.iterations); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSelect compares a query through this package with plain pgx: after
// the login nothing stands between pgx and the connection but two calls.
func BenchmarkSelect(b *testing.B) {
	s := newServer(b, behaviour{method: "trust"})
	for _, plain := range []bool{true, false} {
		b.Run(map[bool]string{true: "pgx", false: "gausspgx"}[plain], func(b *testing.B) {
			cfg, err := pgx.ParseConfig(s.dsn())
			if err != nil {
				b.Fatal(err)
			}
			if !plain {
				if err := gausspgx.Configure(&cfg.Config, gausspgx.Options{}); err != nil {
					b.Fatal(err)
				}
			}
			conn, err := pgx.ConnectConfig(b.Context(), cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close(b.Context())
			b.ReportAllocs()
			for b.Loop() {
				var text string
				if err := conn.QueryRow(b.Context(), "select 1").Scan(&text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
