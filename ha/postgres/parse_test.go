// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
)

func TestParsePidFile(t *testing.T) {
	tests := []struct {
		name, text string
		want       postgres.PidFile
		err        string
	}{
		{"ready", "4711\n/srv/m1\n1700000000\n5432\n/srv/m1.run\n127.0.0.1\n  5432001    196608\nready   \n",
			postgres.PidFile{PID: 4711, DataDir: "/srv/m1", Start: 1700000000, Port: 5432, Socket: "/srv/m1.run", Status: "ready"}, ""},
		{"just begun", "4711\n/srv/m1\n1700000000\n5432\n/srv/m1.run\n\n",
			postgres.PidFile{PID: 4711, DataDir: "/srv/m1", Start: 1700000000, Port: 5432, Socket: "/srv/m1.run"}, ""},
		{"single user", "-4711\n/srv/m1\n1700000000\n5432\n\n", postgres.PidFile{PID: -4711, DataDir: "/srv/m1", Start: 1700000000, Port: 5432}, ""},
		{"pid alone", "4711", postgres.PidFile{PID: 4711}, ""},
		{"empty", "", postgres.PidFile{}, "line 1"},
		{"zero", "0\n", postgres.PidFile{}, "line 1"},
		{"words", "no pid\n", postgres.PidFile{}, "line 1"},
		{"too large", "4294967296\n", postgres.PidFile{}, "line 1"},
		{"bad time", "1\n/d\nsoon\n", postgres.PidFile{}, "line 3"},
		{"bad port", "1\n/d\n1\nhttp\n", postgres.PidFile{}, "line 4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := postgres.ParsePidFile(tt.text)
			wantError(t, err, tt.err)
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	switch {
	case part == "" && err != nil:
		t.Errorf("unexpected error: %v", err)
	case part != "" && (err == nil || !strings.Contains(err.Error(), part)):
		t.Errorf("error %v, want one with %q", err, part)
	}
}

func TestParseControl(t *testing.T) {
	files, err := filepath.Glob("testdata/pg_controldata-*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no test data: %v", err)
	}
	want := map[string]postgres.Control{
		"pg_controldata-15-primary.txt": {SystemID: "7710611724378562488", State: "shut down", Checkpoint: 0x841618, Redo: 0x841618, Timeline: 1,
			BlockSize: 8192, SegSize: 1 << 20, Checksums: true, Hints: true},
		"pg_controldata-15-standby.txt": {SystemID: "7710611724378562488", State: "shut down in recovery", Checkpoint: 0x841618, Redo: 0x841618, Timeline: 1,
			MinEnd: 0x841690, MinEndTLI: 1, BlockSize: 8192, SegSize: 1 << 20, Checksums: true, Hints: true},
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := postgres.ParseControl(string(text))
			if err != nil {
				t.Fatal(err)
			}
			if got != want[filepath.Base(file)] {
				t.Errorf("got %+v", got)
			}
			for _, line := range []string{"Database system identifier", "Bytes per WAL segment", "Latest checkpoint location"} {
				if _, err := postgres.ParseControl(strings.ReplaceAll(string(text), line, "Something else")); err == nil || !strings.Contains(err.Error(), line) {
					t.Errorf("without %q: error %v", line, err)
				}
			}
		})
	}
}

func TestRecordEnd(t *testing.T) {
	c := postgres.Control{BlockSize: 8192, SegSize: 1 << 20}
	tests := []struct {
		lsn    ha.LSN
		length uint32
		want   ha.LSN
	}{
		{0x100028, 114, 0x1000A0},                // within a page, aligned up
		{0x100028, 120, 0x1000A0},                // exactly aligned
		{0x101FF8, 114, 0x102000 + 24 + 112},     // over a page: a short header
		{0x1FFFF8, 114, 0x200000 + 40 + 112},     // over a segment: a long header
		{0x101F88, 120, 0x102000},                // ends with the page
		{0x101FF0, 8192, 0x104000 + 24 + 8},      // over two pages
		{0x2FFFFFF8, 32, 0x30000000 + 40 + 24},   // carries
		{0x0FFFFFF8, 32, 0x10000000 + 40 + 24},   // carries into the id
		{0xFFFFFFF8, 32, 0x1_00000000 + 40 + 24}, // carries into the high half
	}
	for _, tt := range tests {
		if got := c.RecordEnd(tt.lsn, tt.length); got != tt.want {
			t.Errorf("record of %d bytes at %v ends at %v, want %v", tt.length, tt.lsn, got, tt.want)
		}
	}
}

func TestWalNames(t *testing.T) {
	for _, tt := range []struct {
		size uint64
		tli  uint32
		lsn  ha.LSN
		want string
	}{
		{16 << 20, 1, 0x1000028, "000000010000000000000001"},
		{16 << 20, 0xA, 0x2_FF000000, "0000000A00000002000000FF"},
		{1 << 20, 2, 0x1_00100000, "000000020000000100000001"},
		{1 << 20, 2, 0xFFFFFFFF, "000000020000000000000FFF"},
	} {
		if got := (postgres.Control{SegSize: tt.size}).WalName(tt.tli, tt.lsn); got != tt.want {
			t.Errorf("segments of %d, timeline %d, %v: %s, want %s", tt.size, tt.tli, tt.lsn, got, tt.want)
		}
	}
	c := postgres.Control{SegSize: 1 << 20}
	names := []string{"000000010000000000000005", "000000020000000000000005", "000000020000000000000006", "000000030000000000000007",
		"00000009.history", "archive_status", "000000080000000000000005.partial"}
	for lsn, want := range map[ha.LSN]uint32{0x500010: 2, 0x600000: 2, 0x600001: 2, 0x700000: 3, 0x800001: 0, 0: 0} {
		if got := c.NewestTimeline(names, lsn); got != want {
			t.Errorf("newest timeline at %v: %d, want %d", lsn, got, want)
		}
	}
}

func TestHistory(t *testing.T) {
	got, err := postgres.ParseHistory("1\t0/3000148\tno recovery target specified\n\n# comment\n2\t1/5000000\tat some point\n")
	want := []postgres.Branch{{TLI: 1, End: 0x3000148}, {TLI: 2, End: 0x1_05000000}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for text, part := range map[string]string{
		"1": "line 1", "x 0/1 r": "timeline \"x\"", "1 0-1 r": "LSN", "2 0/1 r\n1 0/2 r": "not after", "0 0/1 r": "timeline",
	} {
		_, err := postgres.ParseHistory(text)
		wantError(t, err, part)
	}
	log := postgres.NewLog(postgres.Position{TLI: 3, LSN: 0x2_00000000}, want)
	for p, has := range map[postgres.Position]bool{
		{TLI: 3, LSN: 0x2_00000000}: true, {TLI: 3, LSN: 0x2_00000001}: false,
		{TLI: 2, LSN: 0x1_05000000}: true, {TLI: 2, LSN: 0x1_05000001}: false,
		{TLI: 1, LSN: 0x3000148}: true, {TLI: 1, LSN: 0x3000149}: false,
		{TLI: 4, LSN: 1}: false,
	} {
		if log.Has(p) != has {
			t.Errorf("log has %v: %v, want %v", p, !has, has)
		}
	}
}

func TestSyncNames(t *testing.T) {
	members := func(m ...ha.MemberID) []ha.MemberID { return m }
	for _, tt := range []struct {
		text string
		want ha.SyncSet
		err  string
	}{
		{"", ha.SyncSet{}, ""},
		{"  ", ha.SyncSet{}, ""},
		{`ANY 1 ("m2","m-3")`, ha.SyncSet{K: 1, Members: members("m-3", "m2")}, ""},
		{"any 2(m2 , m3,m1)", ha.SyncSet{K: 2, Members: members("m1", "m2", "m3")}, ""},
		{"FIRST 2 (a, b, c)", ha.SyncSet{K: 2, Members: members("a", "b", "c")}, ""},
		{"2 (a, b)", ha.SyncSet{K: 2, Members: members("a", "b")}, ""},
		{"B, a", ha.SyncSet{K: 1, Members: members("a", "b")}, ""},
		{"any", ha.SyncSet{K: 1, Members: members("any")}, ""},
		{postgres.GuardNames, ha.SyncSet{K: 1}, ""},
		{`ANY 2 ("a","gausskit:guard")`, ha.SyncSet{K: 2, Members: members("a")}, ""},
		{`FIRST 1 ("gausskit:guard", a)`, ha.SyncSet{K: 1, Members: members("a", "gausskit:guard")}, ""},
		{"*", ha.SyncSet{}, "names no members"},
		{"ANY 0 (a)", ha.SyncSet{}, "positive"},
		{"ANY x (a)", ha.SyncSet{}, "positive"},
		{"SOME 1 (a)", ha.SyncSet{}, "ANY or FIRST"},
		{"ANY 1 a)", ha.SyncSet{}, "number before"},
		{"ANY 1 (a", ha.SyncSet{}, "comma"},
		{"ANY 1 ()", ha.SyncSet{}, "want a name"},
		{"a,", ha.SyncSet{}, "want a name"},
		{"a b", ha.SyncSet{}, "comma"},
		{`"a`, ha.SyncSet{}, "closing quote"},
		{`"a ""b"""`, ha.SyncSet{}, "want 1 to 63"},
	} {
		got, err := postgres.ParseSync(tt.text)
		wantError(t, err, tt.err)
		if !got.Equal(tt.want) {
			t.Errorf("%q: got %+v, want %+v", tt.text, got, tt.want)
		}
	}
	for _, bad := range []ha.SyncSet{{K: -1}, {K: 1, Members: members("A")}, {K: 1, Members: members(`a","b`)}} {
		if text, err := postgres.FormatSync(bad); err == nil {
			t.Errorf("%+v became %q", bad, text)
		}
	}
	// A set that nobody can confirm for must not become one that waits for nobody.
	for _, few := range []ha.SyncSet{{K: 1}, {K: 2, Members: members("a")}, {K: 3, Members: members("a", "b")}} {
		text, err := postgres.FormatSync(few)
		back, err2 := postgres.ParseSync(text)
		if err != nil || err2 != nil || !back.Equal(few) || !strings.Contains(text, "gausskit:guard") {
			t.Errorf("%v became %q, %v, and that %v, %v", few, text, err, back, err2)
		}
	}
}

func TestParseConf(t *testing.T) {
	got, err := postgres.ParseConf("# comment\nport = 5432 # default\nShared_Buffers 128MB\nlisten_addresses='*'\n" +
		"a.b = 'it''s \\'here\\' \\\\ \\101\\n'\nport = '5433'\r\n\ninclude_if_exists = 'x.conf'\nempty = ''\n")
	want := map[string]string{"port": "5433", "shared_buffers": "128MB", "listen_addresses": "*",
		"a.b": "it's 'here' \\ A\n", "include_if_exists": "x.conf", "empty": ""}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	for text, part := range map[string]string{
		"port": "line 1: setting port has no value", "x = 'a": "closing quote", "x = a b": "after the value", "\n= 3": "line 2", "x = # c": "no value",
	} {
		_, err := postgres.ParseConf(text)
		wantError(t, err, part)
	}
}

func TestConfEdits(t *testing.T) {
	for text, want := range map[string]string{
		"":        postgres.IncludeLine + "\n",
		"a = 1\n": "a = 1\n" + postgres.IncludeLine + "\n",
		"a = 1\n" + postgres.IncludeLine + "\nb = 2": "a = 1\nb = 2\n" + postgres.IncludeLine + "\n",
	} {
		got := postgres.WithInclude(text)
		if got != want || postgres.WithInclude(got) != got {
			t.Errorf("%q became %q, then %q", text, got, postgres.WithInclude(got))
		}
	}
	once := postgres.WithBlock("local all all trust\n", []string{"a", "b"})
	if !strings.HasPrefix(once, "# BEGIN gausskit") || !strings.HasSuffix(once, "# END gausskit\nlocal all all trust\n") || postgres.WithBlock(once, []string{"a", "b"}) != once {
		t.Errorf("block: %q", once)
	}
	if twice := postgres.WithBlock(once, []string{"c"}); strings.Contains(twice, "\na\n") || !strings.Contains(twice, "\nc\n") {
		t.Errorf("replaced block: %q", twice)
	}
	text, gone := postgres.WithoutSettings("# auto\nwork_mem = '1MB'\nprimary_conninfo = 'host=x'\nPort = '1'\n", postgres.ManagedSetting)
	if text != "# auto\nwork_mem = '1MB'\n" || !reflect.DeepEqual(gone, []string{"primary_conninfo", "port"}) {
		t.Errorf("without settings: %q, %q", text, gone)
	}
}

func TestConninfo(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"":                             {},
		"host=a port = 1":              {"host": "a", "port": "1"},
		`user='it\'s \\' passfile='' `: {"user": `it's \`, "passfile": ""},
		`a=b\ c d=e`:                   {"a": "b c", "d": "e"},
	} {
		if got, err := postgres.ParseConninfo(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for text, part := range map[string]string{"host": "keyword=value", "=a": "keyword=value", "a b=c": "keyword=value", "a='b": "closing quote"} {
		_, err := postgres.ParseConninfo(text)
		wantError(t, err, part)
	}
}

func TestVersions(t *testing.T) {
	for text, want := range map[string]int{
		"postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n": 15, "postgres (PostgreSQL) 18beta1\n": 18, "postgres (PostgreSQL) 9.6.24": 9,
	} {
		if got, err := postgres.ParseVersion(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "gaussdb (openGauss 5.0.0)", "postgres (PostgreSQL) x"} {
		if got, err := postgres.ParseVersion(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
	for major, want := range map[int]bool{12: false, 13: true, 14: true, 15: true, 18: true, 99: true} {
		if got, err := postgres.ReloadsConninfo(major); err != nil || got != want {
			t.Errorf("release %d reloads primary_conninfo: %v, %v", major, got, err)
		}
	}
	if _, err := postgres.ReloadsConninfo(11); err == nil {
		t.Error("release 11 is not refused")
	}
}

func TestSlotNames(t *testing.T) {
	long := strings.Repeat("a", 62)
	seen := map[string]ha.MemberID{}
	for _, m := range []ha.MemberID{"m1", "m-1", "m_1", "m_d1", "m__1", "m--1", ha.MemberID(long), ha.MemberID(long + "b"), ha.MemberID(long + "c")} {
		name := postgres.SlotName(m)
		if other, taken := seen[name]; taken || len(name) > 63 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			t.Errorf("%s: %q (also %q)", m, name, other)
		}
		seen[name] = m
	}
}

// TestScramVerifier uses password and salt of the example in RFC 7677.
func TestScramVerifier(t *testing.T) {
	salt, err := base64.StdEncoding.DecodeString("W22ZaJ0SNY7soEsUEjb6gQ==")
	if err != nil {
		t.Fatal(err)
	}
	const want = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
	if got, err := postgres.ScramVerifier("pencil", salt); err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
}

func TestPassFile(t *testing.T) {
	text := "# other\nhost:*:*:u:no\n*:*:*:u:old\n*:*:*:v\\:w:x\\\\y\n"
	if p, ok := postgres.PassFileEntry(text, "u"); !ok || p != "old" {
		t.Errorf("u: %v %v", []byte(p), ok)
	}
	if p, ok := postgres.PassFileEntry(text, "v:w"); !ok || p != `x\y` {
		t.Errorf("v:w: %q %v", []byte(p), ok)
	}
	if _, ok := postgres.PassFileEntry(text, "w"); ok {
		t.Error("w has a password")
	}
	line := "*:*:*:u:" + postgres.EscapePass(`a:b\`) + "\n"
	again := postgres.WithPassLine(text, "u", line)
	if p, _ := postgres.PassFileEntry(again, "u"); p != `a:b\` || strings.Contains(again, "old") || !strings.Contains(again, "host:*:*:u:no") {
		t.Errorf("rewritten: %q", again)
	}
}

func TestDecisiveLines(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "all is well\n": "all is well",
		"LOG:  starting\nFATAL:  lock file exists\nHINT:  Is another postmaster running?\nLOG:  bye\n": "FATAL:  lock file exists; HINT:  Is another postmaster running?",
	} {
		if got := postgres.Decisive(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}
