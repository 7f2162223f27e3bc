// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss"
)

// seed adds every sample of the given folders.
func seed(f *testing.F, dirs ...string) {
	for _, dir := range dirs {
		for _, name := range list(f, dir+"/*") {
			if out := read(f, name); len(out) < 4000 {
				f.Add(out)
			}
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	seed(f, "query", "article")
	f.Fuzz(func(t *testing.T, out string) {
		q, err := opengauss.ParseQuery(out)
		if err != nil {
			return
		}
		back, err := opengauss.ParseQuery(q.String())
		q.Log = nil
		if err != nil || back.String() != q.String() {
			t.Fatalf("written back and read: %v\n%q\nwant\n%q", err, back, q)
		}
	})
}

func FuzzParseBuildQuery(f *testing.F) {
	for _, part := range strings.Split(read(f, "polls.txt"), "@@ ")[1:] {
		if _, out, _ := strings.Cut(part, "\n"); strings.Contains(out, "Build") {
			f.Add(out)
		}
	}
	f.Fuzz(func(t *testing.T, out string) {
		q, err := opengauss.ParseBuildQuery(out)
		if err != nil {
			return
		}
		back, err := opengauss.ParseBuildQuery(q.String())
		if err != nil || back.String() != q.String() {
			t.Fatalf("written back and read: %v\n%q\nwant\n%q", err, back, q)
		}
	})
}

func FuzzParseStateFile(f *testing.F) {
	for _, name := range list(f, "state/*.hex") {
		f.Add(readHex(f, name))
		f.Add(readHex(f, name)[:opengauss.StateFileSizeShort])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := opengauss.ParseStateFile(b)
		if err != nil {
			return
		}
		out, err := s.MarshalBinary()
		if err != nil || len(out) != len(b) {
			t.Fatalf("written back %d bytes, %v", len(out), err)
		}
		for _, gap := range [][2]int{{13, 16}, {36, 40}} { // the compiler's padding
			copy(out[gap[0]:gap[1]], b[gap[0]:gap[1]])
		}
		if !bytes.Equal(out, b) {
			t.Fatalf("written back % x\nwant % x", out, b)
		}
		if text := s.BuildQuery().String(); text == "" {
			t.Fatal("no text")
		}
	})
}

func FuzzParseControlData(f *testing.F) {
	seed(f, "control")
	f.Add("\npg_control data\n\n" + read(f, "control/primary.pg_controldata.out") + reformText)
	f.Fuzz(func(t *testing.T, out string) {
		d, err := opengauss.ParseControlData(out)
		if err != nil {
			return
		}
		back, err := opengauss.ParseControlData(d.String())
		if err != nil || back.String() != d.String() {
			t.Fatalf("written back and read: %v\n%s\nwant\n%s", err, back, d)
		}
	})
}

func FuzzParseClusterStatus(f *testing.F) {
	f.Add(read(f, "article/cm_ctl_query_cluster1.txt"))
	f.Add(omStatus)
	f.Fuzz(func(t *testing.T, out string) {
		s, err := opengauss.ParseClusterStatus(out)
		if err != nil {
			return
		}
		back, err := opengauss.ParseClusterStatus(s.String())
		if err != nil {
			t.Fatalf("written back:\n%s\nread: %v", s, err)
		}
		s.Log, back.Log = nil, nil
		if s.Extra == nil && !reflect.DeepEqual(s.Datanodes, back.Datanodes) {
			t.Fatalf("%+v\nwant %+v", back, s)
		}
	})
}

// FuzzReadResult: whatever a tool prints, a failure is never taken for
// success.
func FuzzReadResult(f *testing.F) {
	for _, s := range samples(f, "result/") {
		f.Add(s.args[1], s.exit, s.out)
	}
	f.Fuzz(func(t *testing.T, command string, exit int, out string) {
		r := opengauss.ReadResult(opengauss.Command(command), exit, out)
		if exit != 0 && r.Outcome == opengauss.Done && exit > 0 || r.Outcome > opengauss.Failed {
			t.Fatalf("exit %d: %+v", exit, r)
		}
		if err := r.Err(); (err == nil) != (r.Outcome == opengauss.Done || r.Outcome == opengauss.Already || r.Outcome == opengauss.Requested) {
			t.Fatalf("%s: error %v", r.Outcome, err)
		}
		for _, l := range r.Log {
			if again := opengauss.ParseLog(l.String()); len(again) != 1 && l.Text != "" {
				t.Fatalf("%q became %q", l, again)
			}
		}
		g := opengauss.ReadGuc(exit, out)
		if exit > 0 && g.Outcome == opengauss.Done {
			t.Fatalf("exit %d: %+v", exit, g)
		}
	})
}

func FuzzParseDCFInfo(f *testing.F) {
	for _, name := range []string{"dcf.gs_ctl-query-d1", "dcf.gs_ctl-query-d2", "dcf.majority-lost.gs_ctl-query", "dcf.gs_ctl-query-after-member-add"} {
		f.Add(query(f, name).Paxos.Info.String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := opengauss.ParseDCFInfo(text)
		if err != nil {
			return
		}
		back, err := opengauss.ParseDCFInfo(d.String())
		if err != nil || back.String() != d.String() {
			t.Fatalf("written back and read: %v\n%s\nwant\n%s", err, back, d)
		}
	})
}

func FuzzParseLSNQuery(f *testing.F) {
	f.Add(read(f, "result/misc.gs_ctl-query-L.out"))
	f.Fuzz(func(t *testing.T, text string) {
		q, err := opengauss.ParseLSNQuery(text)
		if err != nil {
			return
		}
		if back, err := opengauss.ParseLSNQuery(q.String()); err != nil || back != q {
			t.Fatalf("%q became %+v, %v", q, back, err)
		}
	})
}
