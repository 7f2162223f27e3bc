// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package atomicfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gausskit/gausskit/internal/atomicfile"
)

func TestWriteReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, text := range []string{"one", "two"} {
		if err := atomicfile.Write(path, []byte(text), 0o600, atomicfile.Owner{}); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	alone(t, dir)
}

// alone checks that nothing but the file is in dir.
func alone(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

// TestWriteDoesNotFollowLinks: in a directory of somebody else, root would
// write anywhere.
func TestWriteDoesNotFollowLinks(t *testing.T) {
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("keep"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "f")
	if err := os.Symlink(other, path); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(path, []byte("new"), 0o644, atomicfile.Owner{}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(other); err != nil || string(got) != "keep" {
		t.Errorf("%q, %v", got, err)
	}
	alone(t, dir)
}

func TestWriteThatFailsLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if err := os.Mkdir(path, 0o700); err != nil { // cannot be replaced by a file
		t.Fatal(err)
	}
	if err := atomicfile.Write(path, []byte("new"), 0o600, atomicfile.Owner{}); err == nil {
		t.Error("a directory was replaced")
	}
	alone(t, dir)
}

func TestRemove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := atomicfile.Remove(path); err != nil {
		t.Errorf("of what is not there: %v", err)
	}
	if err := atomicfile.Write(path, nil, 0o600, atomicfile.Owner{}); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Remove(path); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("still there: %v", err)
	}
}

func TestEdit(t *testing.T) {
	failed := errors.New("no")
	for name, test := range map[string]struct {
		change func(path, current string) (string, error)
		want   string
		err    error
	}{
		"a change":  {change: func(_, s string) (string, error) { return s + " two", nil }, want: "one two"},
		"no change": {change: func(_, s string) (string, error) { return s, nil }, want: "one"},
		"a failure": {change: func(string, string) (string, error) { return "three", failed }, want: "one", err: failed},
		"an editor": {change: func(path, s string) (string, error) {
			return s + " two", os.WriteFile(path, []byte("theirs"), 0o640)
		}, want: "theirs", err: atomicfile.ErrChanged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			if err := atomicfile.Write(path, []byte("one"), 0o640, atomicfile.Owner{}); err != nil {
				t.Fatal(err)
			}
			err := atomicfile.Edit(path, func(current string) (string, error) { return test.change(path, current) })
			if !errors.Is(err, test.err) {
				t.Errorf("got %v, want %v", err, test.err)
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != test.want {
				t.Errorf("content %q, %v, want %q", got, err, test.want)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			alone(t, dir)
		})
	}
	if err := atomicfile.Edit(filepath.Join(t.TempDir(), "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of what is not there: %v", err)
	}
}
