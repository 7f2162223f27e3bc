// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf_test

import (
	"testing"

	"github.com/gausskit/gausskit/dcf"
)

func BenchmarkParse(b *testing.B) {
	text := article(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dcf.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseServer(b *testing.B) {
	text := article(b)
	b.ReportAllocs()
	for b.Loop() {
		dcf.ParseServer(text)
	}
}

func BenchmarkString(b *testing.B) {
	parsed := mustParse(b, article(b))
	built := dcf.ConfigOf(node(1), node(2), node(3))
	b.Run("parsed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = parsed.String()
		}
	})
	b.Run("built", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = built.String()
		}
	})
}

func BenchmarkLint(b *testing.B) {
	text := article(b)
	for b.Loop() {
		dcf.Lint(text)
	}
}

func BenchmarkCheck(b *testing.B) {
	c := mustParse(b, article(b))
	for b.Loop() {
		c.Check()
	}
}

func BenchmarkRebuild(b *testing.B) {
	nodes := mustSettings(b, mesh(5))
	for b.Loop() {
		dcf.Rebuild(nodes)
	}
}
