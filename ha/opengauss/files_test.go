// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
)

func TestConnLockFile(t *testing.T) {
	only := opengauss.ConnLock{Mode: opengauss.ConnOnly, Host: netip.MustParseAddr("10.0.0.2"), Port: 5433}
	b, err := only.MarshalBinary()
	if err != nil || len(b) != 72 {
		t.Fatal(len(b), err)
	}
	want := append([]byte{1, 0, 0, 0}, "10.0.0.2"...)
	if !bytes.HasPrefix(b, want) || binary.LittleEndian.Uint32(b[68:]) != 5433 {
		t.Errorf("% x", b)
	}
	for _, l := range []opengauss.ConnLock{only, {}, {Mode: opengauss.ConnForbidden}, {Mode: opengauss.ConnOnly, Host: netip.MustParseAddr("fe80::1"), Port: 1}} {
		b, err := l.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := opengauss.ParseConnLock(b); err != nil || back != l {
			t.Errorf("%v: read back %v, %v", l, back, err)
		}
	}
	for name, bad := range map[string][]byte{
		"short": b[:71], "long": append(bytes.Clone(b), 0), "mode": append([]byte{3}, b[1:]...), "host": append([]byte{1, 0, 0, 0}, make([]byte, 68)...),
	} {
		if _, err := opengauss.ParseConnLock(bad); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (opengauss.ConnLock{Mode: opengauss.ConnOnly}).MarshalBinary(); err == nil {
		t.Error("a lock on nobody is written")
	}
}

func FuzzParseConnLock(f *testing.F) {
	for _, l := range []opengauss.ConnLock{{}, {Mode: opengauss.ConnOnly, Host: netip.MustParseAddr("10.0.0.2"), Port: 5433}} {
		b, err := l.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := opengauss.ParseConnLock(b)
		if err != nil {
			return
		}
		out, err := l.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := opengauss.ParseConnLock(out); err != nil || back != l {
			t.Fatalf("%v read back as %v, %v", l, back, err)
		}
	})
}

func TestPIDFile(t *testing.T) {
	const text = "9244\n/opt/omm/data/n1\n1795260117\n26000\n/tmp\n\n 26000001    721030\n" // of a real server
	p, err := opengauss.ParsePIDFile(text)
	want := opengauss.PIDFile{PID: 9244, DataDir: "/opt/omm/data/n1", Started: 1795260117, Port: 26000, SocketDir: "/tmp"}
	if err != nil || p != want || !strings.HasPrefix(text, p.String()) {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := opengauss.ParsePIDFile("-12\n"); err != nil || p.PID != -12 {
		t.Errorf("single user: %+v, %v", p, err)
	}
	for _, bad := range []string{"", "x\n", "0\n", "1\n/d\nx\n", "1\n/d\n3\n70000\n"} {
		if _, err := opengauss.ParsePIDFile(bad); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParsePIDFile(f *testing.F) {
	f.Add("9244\n/opt/omm/data/n1\n1795260117\n26000\n/tmp\n\n 26000001    721030\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := opengauss.ParsePIDFile(text)
		if err != nil {
			return
		}
		if back, err := opengauss.ParsePIDFile(p.String()); err != nil || back != p {
			t.Fatalf("%+v read back as %+v, %v", p, back, err)
		}
	})
}

func TestSyncNames(t *testing.T) {
	set := func(k int, members ...ha.MemberID) ha.SyncSet { return ha.SyncSet{K: k, Members: members} }
	for value, want := range map[string]ha.SyncSet{
		"":                             {},
		" ":                            {},
		"dn1":                          set(1, "dn1"),
		"dn2, DN1":                     set(1, "dn1", "dn2"),
		"2(dn1,dn2)":                   set(2, "dn1", "dn2"),
		"FIRST 2 (dn1, dn2, dn3)":      set(2, "dn1", "dn2", "dn3"),
		`ANY 1("m-2","m-3")`:           set(1, "m-2", "m-3"),
		`ANY 1 ("gausskit:guard")`:     set(1),
		`ANY 2 (m2,"gausskit:guard1")`: set(2, "m2"),
	} {
		if got, err := opengauss.ParseSyncNames(value); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v, want %v", value, got, err, want)
		}
	}
	for _, bad := range []string{"*", "ANY x(dn2", "ANY 1(dn1),ANY 1(dn2)", "any 1(dn1)", "0(dn1)", "ANY 3(dn1,dn2)", "dn1,,dn2", "dn1 dn2", `"dn1`, "dn1,DN1", "ANY 1()", ")"} {
		if got, err := opengauss.ParseSyncNames(bad); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("%q: %v, %v", bad, got, err)
		}
	}
}

func FuzzParseSyncNames(f *testing.F) {
	for _, s := range []string{"", "*", "dn1,dn2", "ANY 1 (dn1,dn2)", `FIRST 2 ("a","b",c)`, `ANY 1 ("gausskit:guard")`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		set, err := opengauss.ParseSyncNames(value)
		if err != nil {
			return
		}
		text, err := opengauss.FormatSync(set)
		if err != nil && set.K <= 256 {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		if back, err := opengauss.ParseSyncNames(text); err != nil || !back.Equal(set) {
			t.Fatalf("%q is %v, written %q, read %v, %v", value, set, text, back, err)
		}
	})
}

// TestReadRecord takes the last checkpoint record of a real server, at 0/7039F18,
// behind which pg_rewind found nothing at 0/7039FB8; and records that cross
// pages and segments.
func TestReadRecord(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "pg_xlog"), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(file string, offset int64, length, term uint32) {
		f, err := os.OpenFile(filepath.Join(dir, "pg_xlog", file), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		b := binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, length), term)
		if _, err := f.WriteAt(b, offset); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	const page = 8192
	for _, c := range []struct {
		at   ha.LSN
		file string
		len  uint32
		end  ha.LSN
	}{
		{0x7039F18, "000000010000000000000007", 158, 0x7039FB8},
		{0x2_01001FE0, "000000010000000200000001", 32, 0x2_01002000},          // to the end of a page
		{0x2_01001FE0, "000000010000000200000001", 40, 0x2_01002000 + 24 + 8}, // over it
		{0x2_01FFFFE0, "000000010000000200000001", 40, 0x2_02000000 + 40 + 8}, // into the next segment
		{0x2_01001FE0, "000000010000000200000001", 32 + (page - 24) + 1, 0x2_01004000 + 24 + 8},
	} {
		write(c.file, int64(c.at%(16<<20)), c.len, 0x80000000|7) // the highest bit is not the term's
		r, err := opengauss.ReadRecord(dir, c.at)
		if err != nil || r.End != c.end || r.Term != 7 {
			t.Errorf("at %v, length %d: %+v, %v, want %v", c.at, c.len, r, err, c.end)
		}
	}
	write("000000010000000000000008", 0x28, 8, 1)
	for name, at := range map[string]ha.LSN{"too short": 0x8000028, "no place for a record": 0x8000008, "not aligned": 0x8000029} {
		if _, err := opengauss.ReadRecord(dir, at); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := opengauss.ReadRecord(dir, 0x9000028); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no segment: %v", err)
	}
}
