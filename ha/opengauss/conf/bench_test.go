// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// long is a file of 800 lines as gs_initdb writes them: comments, parameters
// commented out, and the active lines of a real server.
func long(tb testing.TB) string {
	lines := strings.Split(strings.TrimSpace(read(tb, "primary.conf")), "\n")
	var b strings.Builder
	for i := range 800 - len(lines) {
		switch i % 3 {
		case 0:
			b.WriteString("#------------------------------------------------------------------------------\n")
		case 1:
			b.WriteString("# - What follows needs a restart, or does not -\n")
		default:
			fmt.Fprintf(&b, "#some_parameter_%d = 10min\t\t# in milliseconds, 0 is disabled\n", i)
		}
	}
	return b.String() + strings.Join(lines, "\n") + "\n"
}

func BenchmarkParse(b *testing.B) {
	text := long(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		conf.Parse("postgresql.conf", text)
	}
}

// BenchmarkSet changes one parameter of an 800-line file in memory.
func BenchmarkSet(b *testing.B) {
	text := long(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		f := conf.Parse("postgresql.conf", text)
		if err := f.Set("wal_keep_segments", fmt.Sprint(n)); err != nil || len(f.String()) < len(text)-8 {
			b.Fatal(err)
		}
	}
}

// BenchmarkEdit changes one parameter of an 800-line file on disk: lock,
// read, change, check, write, sync, rename, sync of the directory.
func BenchmarkEdit(b *testing.B) {
	path := filepath.Join(b.TempDir(), "postgresql.conf")
	if err := os.WriteFile(path, []byte(long(b)), 0o600); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if err := conf.Edit(b.Context(), path, func(f *conf.File) error { return f.Set("wal_keep_segments", fmt.Sprint(n)) }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLint(b *testing.B) {
	text := long(b)
	c, err := conf.LoadFunc("f", func(string) ([]byte, error) { return []byte(text), nil })
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		conf.Lint(c, release.V700RC2)
	}
}
