// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// images unpacks the group of testdata, which the tests of dss/volume write
// (TestWriteImages), and returns its volumes.
func images(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, name := range []string{"data0.img", "data1.img"} {
		packed, err := os.Open(filepath.Join("testdata", name+".gz"))
		if err != nil {
			t.Fatal(err)
		}
		defer packed.Close()
		z, err := gzip.NewReader(packed)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(f, z); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// dssls runs the command. In its output the directory of the images is DIR.
func dssls(t *testing.T, volumes []string, args ...string) (out, errs string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append(args, volumes...), time.UTC, &stdout, &stderr)
	out, errs = stdout.String(), stderr.String()
	for _, v := range volumes {
		out, errs = strings.ReplaceAll(out, filepath.Dir(v), "DIR"), strings.ReplaceAll(errs, filepath.Dir(v), "DIR")
	}
	return out, errs, code
}

// flip changes one byte of a volume.
func flip(t *testing.T, path string, off int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, off); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b, off); err != nil {
		t.Fatal(err)
	}
}

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got\n%s\nwant\n%s", path, got, want)
	}
}

func TestListings(t *testing.T) {
	volumes := images(t)
	for _, test := range []struct {
		golden string
		args   []string
	}{
		{"root.txt", nil},
		{"long.txt", []string{"-l", "-R"}},
		{"path.txt", []string{"-l", "-path", "+data/base/1/"}},
		{"file.txt", []string{"-path", "current"}},
		{"recycle.txt", []string{"-l", "-recycle"}},
		{"info.txt", []string{"-info"}},
		{"check.txt", []string{"-check"}},
		{"help.txt", []string{"-h"}},
	} {
		out, errs, code := dssls(t, volumes, test.args...)
		if errs != "" || code != 0 {
			t.Errorf("%s: exit status %d: %s", test.golden, code, errs)
		}
		golden(t, test.golden, out)
	}
}

// TestDamage finds the place of the block of base/1 from the outside: flipping
// it must be reported by volume, offset and structure.
func TestDamage(t *testing.T) {
	volumes := images(t)
	flip(t, volumes[0], 512+20)         // core control: there is a copy
	flip(t, volumes[1], 4<<20+4*512+20) // the fifth node
	out, _, code := dssls(t, volumes, "-check")
	if code != 1 {
		t.Errorf("exit status %d", code)
	}
	golden(t, "damaged_check.txt", out)
	out, errs, code := dssls(t, volumes, "-R")
	if code != 1 {
		t.Errorf("exit status %d", code)
	}
	golden(t, "damaged_list.txt", out+"--- errors\n"+errs)

	to := filepath.Join(t.TempDir(), "out")
	_, errs, code = dssls(t, volumes, "-copy", "+data", "-to", to)
	if code != 1 || !strings.Contains(errs, "file table block: checksum") {
		t.Errorf("exit status %d: %s", code, errs)
	}
	if b, err := os.ReadFile(filepath.Join(to, "postgresql.conf")); err != nil || string(b) != "port = 5432\n" {
		t.Errorf("what is whole must be copied: %q, %v", b, err)
	}
}

func TestCopy(t *testing.T) {
	volumes := images(t)
	to := filepath.Join(t.TempDir(), "out")
	if _, errs, code := dssls(t, volumes, "-copy", "+data", "-to", to); code != 0 || errs != "" {
		t.Fatalf("exit status %d: %s", code, errs)
	}
	var got []string
	err := filepath.WalkDir(to, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(to, path)
		if err != nil {
			return err
		}
		content := []byte("-> nothing")
		if d.Name() != "gone" {
			content, err = os.ReadFile(path)
		}
		got = append(got, name+": "+strings.TrimSpace(string(content)))
		return err
	})
	want := "base/1/1247: a table\nbase/1/1249: \ncurrent: write-ahead log\ngone: -> nothing\npg_xlog/000000010000000000000001: write-ahead log\npostgresql.conf: port = 5432"
	if strings.Join(got, "\n") != want || err != nil {
		t.Errorf("copied %q, %v", got, err)
	}
	if info, err := os.Stat(filepath.Join(to, "postgresql.conf")); err != nil || info.ModTime().Year() != 2026 {
		t.Errorf("time of the copy: %v", err)
	}
	if _, errs, code := dssls(t, volumes, "-copy", "base", "-to", to); code != 1 || !strings.Contains(errs, "file already exists") {
		t.Errorf("exit status %d: %s", code, errs)
	}
	if out, errs, code := dssls(t, volumes, "-copy", "base/1/1247", "-to", "-"); code != 0 || out != "a table\n" {
		t.Errorf("exit status %d: %q %s", code, out, errs)
	}
	one := filepath.Join(t.TempDir(), "one")
	recycled, _, _ := dssls(t, volumes, "-recycle")
	if _, errs, code := dssls(t, volumes, "-recycle", "-copy", strings.TrimSpace(recycled), "-to", one); code != 0 {
		t.Errorf("exit status %d: %s", code, errs)
	}
	if b, err := os.ReadFile(one); err != nil || string(b) != "a dropped table\n" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestDamagedCopyLeavesNothing: a file that cannot be read whole has no copy.
func TestDamagedCopyLeavesNothing(t *testing.T) {
	volumes := images(t)
	if err := os.Truncate(volumes[0], 7<<20); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, errs, code := dssls(t, volumes, "-copy", "base/1/1247", "-to", filepath.Join(dir, "out"))
	if code != 1 || !strings.Contains(errs, "volume 0") && !strings.Contains(errs, "volume 1") {
		t.Errorf("exit status %d: %s", code, errs)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestUsageErrors(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "name the volumes"},
		{[]string{"-x", "v"}, 2, "flag provided but not defined: -x"},
		{[]string{"-check", "-l", "v"}, 2, "exclude each other"},
		{[]string{"-copy", "a", "v"}, 2, "-copy and -to go together"},
		{[]string{"-recycle", "-check", "v"}, 2, "-recycle is for listing"},
		{[]string{"-group", "v", "w"}, 2, "the entry volume alone"},
		{[]string{"nowhere.img"}, 1, "nowhere.img: no such file"},
		{[]string{"main_test.go"}, 1, "main_test.go at 0: volume header: not a volume"},
	} {
		_, errs, code := dssls(t, nil, test.args...)
		if code != test.code || !strings.Contains(errs, test.want) || !strings.HasPrefix(errs, "dssls: ") {
			t.Errorf("%v: exit status %d: %s", test.args, code, errs)
		}
	}
	volumes := images(t)
	for _, test := range []struct {
		volumes []string
		args    []string
		want    string
	}{
		{volumes, []string{"-path", "+log/x"}, "the group is data"},
		{volumes, []string{"-path", "none"}, "none: file does not exist"},
		{volumes[1:], nil, "the entry volume of the group is missing"},
		{volumes[:1], []string{"-R"}, "(volume 1) at"},
		{volumes[:1], []string{"-group"}, "/dev/dss/data1: no such file"},
	} {
		if _, errs, code := dssls(t, test.volumes, test.args...); code != 1 || !strings.Contains(errs, test.want) {
			t.Errorf("%v: exit status %d: %s", test.args, code, errs)
		}
	}
}
