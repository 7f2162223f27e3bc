// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss"
)

func BenchmarkParseQuery(b *testing.B) {
	for _, name := range []string{"cluster.gs_ctl-query-n1", "dcf.gs_ctl-query-d1", "faults.primary-frozen.gs_ctl-query-n2"} {
		out := read(b, "query/"+name+".out")
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(out)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := opengauss.ParseQuery(out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseStateFile(b *testing.B) {
	file := readHex(b, "state/files.n1.gaussdb.state.hex")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := opengauss.ParseStateFile(file); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadResult(b *testing.B) {
	out := read(b, "result/modes.cascade.gs_ctl-switchover.out")
	b.ReportAllocs()
	for b.Loop() {
		if r := opengauss.ReadResult(opengauss.CommandSwitchover, 0, out); r.Outcome != opengauss.TimedOut {
			b.Fatal(r)
		}
	}
}
