// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss/conf"
)

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func confFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.conf")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	return slices.DeleteFunc(files, func(f string) bool { return strings.Contains(f, "hba") })
}

func TestSamplesStayAsTheyAre(t *testing.T) {
	for _, path := range confFiles(t) {
		text := read(t, filepath.Base(path))
		f := conf.Parse(path, text)
		if err := f.Err(); err != nil {
			t.Error(err)
		}
		if f.String() != text {
			t.Errorf("%s changed by reading", path)
		}
		n := 0
		for s := range f.Settings() {
			n++
			// Writing what stands there changes nothing.
			if last, _ := f.Get(s.Name); last == s {
				if err := f.Set(s.Name, s.Value); err != nil {
					t.Error(err)
				}
			}
		}
		if f.String() != text || n == 0 {
			t.Errorf("%s: %d settings; after setting each to its value:\n%s", path, n, f)
		}
	}
	f := conf.Parse("primary.conf", read(t, "primary.conf"))
	if s, ok := f.Get("MAX_connections"); !ok || s.Value != "60" || s.Line < 40 {
		t.Errorf("the last line wins: %+v", s)
	}
	if s, _ := f.Get("replconninfo2"); !strings.HasSuffix(s.Value, "remoteservice=26204") {
		t.Errorf("%+v", s)
	}
}

// TestScan reads lines as guc-file.l does.
func TestScan(t *testing.T) {
	for line, want := range map[string]string{
		"a = 1":                    "1",
		"a=1":                      "1",
		"a 1":                      "1",
		"\t a\t=\t1 # note":        "1",
		"a = 1\r":                  "1",
		"a.b = on":                 "on",
		"a = 'it''s'":              "it's",
		`a = 'x\'y\\z\n\101\7q\q'`: "x'y\\z\nA\aqq",
		"a = 'with # no comment'":  "with # no comment",
		"a = ''":                   "",
		"a = 64MB":                 "64MB",
		"a = -1":                   "-1",
		"a = +1.5e3":               "+1.5e3",
		"a = .5":                   ".5",
		"a = 1.":                   "1.",
		"a = 0x1Fms":               "0x1Fms",
		"a = host-1.example:5/x_y": "host-1.example:5/x_y",
		"a = 0600#x":               "0600",
		"größe = süß":              "süß",
		"a = 'x'#y":                "x",
	} {
		f := conf.Parse("f", line)
		var got []string
		for s := range f.Settings() {
			got = append(got, s.Value)
		}
		if f.Err() != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("%q: %q, %v; want %q", line, got, f.Err(), want)
		}
	}
	for _, line := range []string{"", "  ", "# a = 1", "\t#", "\r"} {
		f := conf.Parse("f", line)
		for s := range f.Settings() {
			t.Errorf("%q sets %+v", line, s)
		}
		if f.Err() != nil {
			t.Errorf("%q: %v", line, f.Err())
		}
	}
	for _, line := range []string{"a", "a =", "a = # x", "a = 1 2", "a = 'x", "a = 'x\\", "= 1", "1 = 2", "'a' = 1", "a.b.c = 1", "a. = 1",
		"a = b.c", "a = /tmp", "a = *", "a == 1", "a = 1-2", "a = 'x' 'y'", "a = 1,2", "a = (1)", "a-b = 1", "a = 0X1F2", "a = +", "a = -x", "\"a\" = 1"} {
		f := conf.Parse("dir/f", "x = 1\n"+line+"\ny = 2\n")
		var se *conf.SyntaxError
		if err := f.Err(); !errors.As(err, &se) || !errors.Is(err, conf.ErrSyntax) || se.Line != 2 || se.File != "dir/f" {
			t.Errorf("%q: error %v", line, err)
		}
		if s, ok := f.Get("y"); !ok || s.Line != 3 {
			t.Errorf("%q: the next line is lost", line)
		}
	}
}

func TestSet(t *testing.T) {
	for _, c := range []struct{ name, before, param, value, after string }{
		{"keeps comment, blanks and spelling", "  Port\t =  5432\t# the port\r\n", "port", "26000", "  Port\t =  26000\t# the port\r\n"},
		{"keeps quotes", "a = 'x' # y\n", "a", "2", "a = '2' # y\n"},
		{"adds quotes where they are needed", "a = x\n", "a", "two words", "a = 'two words'\n"},
		{"last one wins", "a = 1\nb = 2\na = 3\n", "A", "4", "a = 1\nb = 2\na = 4\n"},
		{"takes a commented line", "#a = 1\t\t# (restart)\nb = 2\n", "a", "7", "a = 7\t\t# (restart)\nb = 2\n"},
		{"takes the last commented line", "#a = 1\n  # a = 2\nb = 2\n", "a", "7", "#a = 1\n   a = 7\nb = 2\n"},
		{"prose is no commented line", "# a = 1 is wrong\n", "a", "7", "# a = 1 is wrong\na = 7\n"},
		{"an active line before a commented one", "a = 1\n#a = 2\n", "a", "3", "a = 3\n#a = 2\n"},
		{"adds a line", "b = 1\n", "a", "on", "b = 1\na = on\n"},
		{"adds a line below one without an end", "b = 1", "a", "x", "b = 1\na = 'x'\n"},
		{"adds a line to nothing", "", "a", "10min", "a = 10min\n"},
		{"adds a line as the file's lines end", "b = 1\r\n", "a", "1", "b = 1\r\na = 1\r\n"},
		{"a text gets quotes", "", "a", "quorum", "a = 'quorum'\n"},
		{"an empty text", "a = x\n", "a", "", "a = ''\n"},
		{"quote and backslash", "", "a", `it's \ # fine`, "a = 'it''s \\\\ # fine'\n"},
		{"writes the missing =", "port 5432 # x\n", "port", "1", "port = 1 # x\n"},
		{"below an include", "#a = 1\ninclude 'more.conf'\n", "a", "2", "#a = 1\ninclude 'more.conf'\na = 2\n"},
		{"a dotted name", "", "dolphin.nulls", "on", "dolphin.nulls = on\n"},
		{"last line without an end", "a = 1 # x", "a", "2", "a = 2 # x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := conf.Parse("f", c.before)
			if err := f.Set(c.param, c.value); err != nil {
				t.Fatal(err)
			}
			if f.String() != c.after {
				t.Errorf("got %q\nwant %q", f, c.after)
			}
			if s, ok := f.Get(c.param); !ok || s.Value != c.value {
				t.Errorf("read back %+v", s)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	const text = "a = 1\n"
	for _, c := range []struct{ name, value string }{
		{"", "1"}, {"a b", "1"}, {"a=", "1"}, {"#a", "1"}, {"1a", "1"}, {"a.b.c", "1"}, {"include", "x"}, {"Include_If_Exists", "x"},
		{"a", "two\nlines"}, {"a", "x\r"}, {"a", "x\x00"}, {"a", strings.Repeat("x", 1024)},
	} {
		f := conf.Parse("f", text)
		if err := f.Set(c.name, c.value); !errors.Is(err, conf.ErrInvalid) {
			t.Errorf("Set(%q, %.20q): %v", c.name, c.value, err)
		}
		if f.String() != text {
			t.Errorf("Set(%q, %.20q) changed the file: %q", c.name, c.value, f)
		}
	}
}

func TestUnset(t *testing.T) {
	f := conf.Parse("f", "a = 1\nb = 2\n A = 3\n#a = 4\n")
	if n := f.Unset("a"); n != 2 || f.String() != "#a = 1\nb = 2\n# A = 3\n#a = 4\n" {
		t.Errorf("%d lines: %q", n, f)
	}
	if _, ok := f.Get("a"); ok || f.Unset("a") != 0 {
		t.Error("a is still set")
	}
}

func files(m map[string]string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		text, ok := m[path]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		return []byte(text), nil
	}
}

func TestIncludes(t *testing.T) {
	c, err := conf.LoadFunc("/d/postgresql.conf", files(map[string]string{
		"/d/postgresql.conf": "a = 1\nb = 1\ninclude 'sub/more.conf'\nc = 1\ninclude_if_exists '/none.conf'\n",
		"/d/sub/more.conf":   "b = 2\nc = 2\ninclude = 'deep.conf'\n",
		"/d/sub/deep.conf":   "D = 3\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for s := range c.Settings() {
		order = append(order, fmt.Sprintf("%s:%d %s=%s", s.File, s.Line, s.Name, s.Value))
	}
	want := []string{"/d/postgresql.conf:1 a=1", "/d/postgresql.conf:2 b=1", "/d/sub/more.conf:1 b=2", "/d/sub/more.conf:2 c=2", "/d/sub/deep.conf:1 D=3", "/d/postgresql.conf:4 c=1"}
	if !slices.Equal(order, want) {
		t.Errorf("order %q", order)
	}
	if e := c.Effective(); e["b"] != "2" || e["c"] != "1" || e["d"] != "3" || len(e) != 4 {
		t.Errorf("effective %v", e)
	}
	if s, ok := c.Get("B"); !ok || s.File != "/d/sub/more.conf" {
		t.Errorf("%+v", s)
	}
	if n := len(slices.Collect(c.Files())); n != 3 {
		t.Errorf("%d files", n)
	}
	for name, m := range map[string]map[string]string{
		"missing":         {"/f": "include 'x'\n"},
		"includes itself": {"/f": "include 'f'\n"},
		"syntax error":    {"/f": "include 'x'\n", "/x": "a b c\n"},
	} {
		c, err := conf.LoadFunc("/f", files(m))
		if err == nil || c == nil {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if c, err := conf.LoadFunc("/none", files(nil)); !errors.Is(err, fs.ErrNotExist) || c != nil {
		t.Errorf("no file: %v", err)
	}
}

func TestQuote(t *testing.T) {
	for value, want := range map[string]string{"": "''", "a": "'a'", "it's": "'it''s'", `a\b`: `'a\\b'`} {
		if got, err := conf.Quote(value); err != nil || got != want {
			t.Errorf("Quote(%q) = %s, %v", value, got, err)
		}
	}
}
