// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn_test

import (
	"strings"
	"testing"

	"github.com/gausskit/gausskit/replconn"
)

func benchmarkTexts() []struct{ name, text string } {
	return []struct{ name, text string }{
		{"typical", full}, // what the cluster tools write
		{"recovery", full + " iscascade=true iscrossregion=false"},
		{"minimal", base},
		{"ipv6-zone", strings.NewReplacer("10.0.0.1", "fe80::1%eth0", "10.0.0.2", "fe80::2%eth0").Replace(full)},
		{"unknown-keys", full + " disable_repl=0 uuid=1f0"},
	}
}

func BenchmarkParse(b *testing.B) {
	for _, bm := range benchmarkTexts() {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := replconn.Parse(bm.text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseServer(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if replconn.ParseServer(full).Outcome != replconn.OutcomeChannels {
			b.Fatal("not accepted")
		}
	}
}

func BenchmarkString(b *testing.B) {
	v := parsed(b, full)
	b.ReportAllocs()
	for b.Loop() {
		if v.String() == "" {
			b.Fatal("empty")
		}
	}
}

func BenchmarkLint(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if len(replconn.Lint(replconn.Own(1), full)) > 0 {
			b.Fatal("findings")
		}
	}
}

func BenchmarkRebuild(b *testing.B) {
	all := realMembers(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, found := replconn.Rebuild(all); len(found) > 0 {
			b.Fatal(found)
		}
	}
}
