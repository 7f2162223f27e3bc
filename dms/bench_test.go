// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"testing"

	"github.com/gausskit/gausskit/dms"
)

func BenchmarkParse(b *testing.B) {
	for _, tt := range []struct {
		name, text string
	}{{"2", urlOf(2).String()}, {"9", urlOf(9).String()}} {
		b.Run(tt.name, func(b *testing.B) {
			b.SetBytes(int64(len(tt.text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := dms.Parse(tt.text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseServer(b *testing.B) {
	text := urlOf(9).String()
	b.ReportAllocs()
	for b.Loop() {
		dms.ParseServer(text, dms.Newest)
	}
}

func BenchmarkLint(b *testing.B) {
	text := urlOf(9).String()
	b.ReportAllocs()
	for b.Loop() {
		dms.Lint(text, dms.Newest)
	}
}

func BenchmarkString(b *testing.B) {
	u := urlOf(9)
	b.ReportAllocs()
	for b.Loop() {
		_ = u.String()
	}
}

func BenchmarkSettingsCheck(b *testing.B) {
	s := good()
	b.ReportAllocs()
	for b.Loop() {
		s.Check(dms.Newest)
	}
}

func BenchmarkRebuild(b *testing.B) {
	nodes := mustSettings(b, mesh(9))
	for b.Loop() {
		dms.Rebuild(nodes, dms.Newest)
	}
}

func BenchmarkParseControl(b *testing.B) {
	page := control(1, 2, 0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dms.ParseControl(page); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseInfo(b *testing.B) {
	facts := mustInfo(b, switchover).Facts()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dms.ParseInfo(facts); err != nil {
			b.Fatal(err)
		}
	}
}
