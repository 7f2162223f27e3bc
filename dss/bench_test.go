// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/dss"
)

func BenchmarkParseInst(b *testing.B) {
	text := read(b, "stand/dss_inst.inst0.ini")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		dss.ParseInst("f", text)
	}
}

func BenchmarkLintInst(b *testing.B) {
	c := dss.ParseInst("f", read(b, "stand/dss_inst.inst0.ini"))
	b.ReportAllocs()
	for b.Loop() {
		if found := c.Lint(now); len(found) > 0 {
			b.Fatal(found)
		}
	}
}

func BenchmarkParseNodes(b *testing.B) {
	const text = "0:10.10.10.1:1611,1:10.10.10.2:1611,2:10.10.10.3:1611,3:10.10.10.4:1611"
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dss.ParseNodes(text); err != nil {
			b.Fatal(err)
		}
	}
}

// benchmarkOutput parses a recorded output.
func benchmarkOutput[T any](b *testing.B, command string, parse func(string) (T, error)) {
	for _, c := range session(b, "dsscmd-session.txt") {
		if c.String() != command || c.status != 0 {
			continue
		}
		b.SetBytes(int64(len(c.output)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := parse(c.output); err != nil {
				b.Fatal(err)
			}
		}
		return
	}
	b.Fatalf("no recording of %s", command)
}

func BenchmarkParseStatus(b *testing.B) { benchmarkOutput(b, "getstatus", dss.ParseStatus) }

func BenchmarkParseSpace(b *testing.B) {
	benchmarkOutput(b, "lsvg -t d", func(s string) ([]dss.Space, error) { return dss.ParseSpace(s, dss.MeasureBytes) })
}

func BenchmarkParseStruct(b *testing.B) {
	benchmarkOutput(b, "showdisk -g data -s core_ctrl", dss.ParseStruct)
}

// BenchmarkParseEntries reads a directory of 10,000 files.
func BenchmarkParseEntries(b *testing.B) {
	row := "-    2026-11-21 10:04:42 8388608.00000  8192.00000     f2                                                              33   387028092986368\n"
	text := "type time size written_size name fid node_id\n" + strings.Repeat(row, 10000) + "Succeed to ls dir info +data.\n"
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if e, err := dss.ParseEntries(text, dss.MeasureBytes, time.UTC); err != nil || len(e) != 10000 {
			b.Fatal(err)
		}
	}
}
