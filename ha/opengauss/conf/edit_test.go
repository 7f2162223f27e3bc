// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package conf_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/gausskit/gausskit/ha/opengauss/conf"
)

func put(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func set(name, value string) func(*conf.File) error {
	return func(f *conf.File) error { return f.Set(name, value) }
}

func TestEdit(t *testing.T) {
	dir := t.TempDir()
	path := put(t, dir, "postgresql.conf", "# mine\nport = 5432\n")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := conf.Edit(t.Context(), path, set("port", "26000")); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "# mine\nport = 26000\n" {
		t.Errorf("%q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if lock := content(t, path+".lock"); lock != strings.Repeat("\x00", 1024) {
		t.Errorf("lock file of %d bytes: gs_guc would call it damaged", len(lock))
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestEditFollowsALink(t *testing.T) {
	dir := t.TempDir()
	path := put(t, dir, "real.conf", "a = 1\n")
	link := filepath.Join(dir, "postgresql.conf")
	if err := os.Symlink("real.conf", link); err != nil {
		t.Fatal(err)
	}
	if err := conf.Edit(t.Context(), link, set("a", "2")); err != nil {
		t.Fatal(err)
	}
	if target, err := os.Readlink(link); err != nil || target != "real.conf" || content(t, path) != "a = 2\n" {
		t.Errorf("link %q, %v; file %q", target, err, content(t, path))
	}
}

// TestNothingIsWritten: every refusal leaves the file as it was.
func TestNothingIsWritten(t *testing.T) {
	mine := errors.New("mine")
	for _, c := range []struct {
		name   string
		text   string
		before func(t *testing.T, dir string)
		change func(*conf.File) error
		want   error
	}{
		{"an error of the change", "a = 1\n", nil, func(*conf.File) error { return mine }, mine},
		{"a file that the server could not read", "a = 1\nb c d\n", nil, set("a", "2"), conf.ErrSyntax},
		{"an include that does not exist", "a = 1\ninclude 'x.conf'\n", nil, set("a", "2"), os.ErrNotExist},
		{"an include that overrides", "a = 1\ninclude 'x.conf'\n", func(t *testing.T, dir string) { put(t, dir, "x.conf", "A = 5\n") }, set("a", "2"), conf.ErrOverridden},
		{"a build", "a = 1\n", func(t *testing.T, dir string) { put(t, dir, "build_completed.start", "") }, set("a", "2"), conf.ErrBuilding},
		{"a build that runs", "a = 1\n", func(t *testing.T, dir string) { put(t, dir, "gs_build.pid", fmt.Sprint(os.Getpid())) }, set("a", "2"), conf.ErrBuilding},
		{"an interrupted gs_guc", "", func(t *testing.T, dir string) { put(t, dir, "postgresql.conf.guc.bak", "a = 1\n") }, set("a", "2"), conf.ErrChanged},
		{"an editor in between", "a = 1\n", nil, func(f *conf.File) error {
			return errors.Join(f.Set("a", "2"), os.WriteFile(f.Name(), []byte("a = 1\n"+"#\n"), 0o600))
		}, conf.ErrChanged},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := put(t, dir, "postgresql.conf", c.text)
			if c.before != nil {
				c.before(t, dir)
			}
			err := conf.Edit(t.Context(), path, c.change)
			if !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if got := content(t, path); !strings.HasPrefix(got, c.text) || strings.Contains(got, "2") {
				t.Errorf("file is %q", got)
			}
		})
	}
	dir := t.TempDir()
	path := put(t, dir, "postgresql.conf", "a = 1\n")
	put(t, dir, "gs_build.pid", "0") // gs_ctl has finished
	if err := conf.Edit(t.Context(), path, set("a", "2")); err != nil {
		t.Error(err)
	}
	if err := conf.Edit(t.Context(), filepath.Join(dir, "none.conf"), set("a", "2")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestEditWaitsForTheLock(t *testing.T) {
	path := put(t, t.TempDir(), "postgresql.conf", "a = 1\n")
	f, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil { // as gs_guc holds it
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := conf.Edit(ctx, path, set("a", "2")); !errors.Is(err, conf.ErrLocked) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	done := make(chan error)
	go func() { done <- conf.Edit(t.Context(), path, set("a", "3")) }()
	if got := content(t, path); got != "a = 1\n" {
		t.Errorf("written without the lock: %q", got)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil || content(t, path) != "a = 3\n" {
		t.Errorf("%v, %q", err, content(t, path))
	}
}

// TestEditsAtTheSameTime: none is lost.
func TestEditsAtTheSameTime(t *testing.T) {
	path := put(t, t.TempDir(), "postgresql.conf", "")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := conf.Edit(t.Context(), path, set(fmt.Sprintf("p%d", i), fmt.Sprint(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 8 {
		if !strings.Contains(content(t, path), fmt.Sprintf("p%d = %d\n", i, i)) {
			t.Errorf("p%d is lost:\n%s", i, content(t, path))
		}
	}
}

func TestSave(t *testing.T) {
	path := put(t, t.TempDir(), "postgresql.conf", "a = 1\n")
	f, err := conf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	g, err := conf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"2", "3"} { // a saved file can be changed and saved again
		if err := errors.Join(f.Set("a", value), f.Save(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(g.Set("a", "4"), g.Save(t.Context())); !errors.Is(err, conf.ErrChanged) || content(t, path) != "a = 3\n" {
		t.Errorf("%v, %q", err, content(t, path))
	}
}

func TestEditHBA(t *testing.T) {
	path := put(t, t.TempDir(), "pg_hba.conf", "# mine\nlocal all all trust\n")
	rule := conf.HBARule{Type: "host", Databases: conf.Words("all"), Users: conf.Words("omm"), Address: conf.HBAToken{Text: "10.0.0.1/32"}, Method: "sha256"}
	if err := conf.EditHBA(t.Context(), path, func(h *conf.HBA) error { return h.Set(rule) }); err != nil {
		t.Fatal(err)
	}
	if got, want := content(t, path), "# mine\nlocal all all trust\n"+rule.String()+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	h, err := conf.OpenHBA(path)
	if err != nil {
		t.Fatal(err)
	}
	h.Unset(rule)
	h.Unset(h.Rules()[0])
	if err := h.Save(t.Context()); !errors.Is(err, conf.ErrSyntax) {
		t.Errorf("a file without rules was written: %v", err)
	}
}

// TestLockBelongsToTheServer: a server that may not open the lock file ignores
// every reload.
func TestLockBelongsToTheServer(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("takes root")
	}
	const uid, gid = 4711, 4712
	path := filepath.Join(t.TempDir(), "postgresql.conf")
	if err := errors.Join(os.WriteFile(path, []byte("port = 1\n"), 0o600), os.Chown(path, uid, gid)); err != nil {
		t.Fatal(err)
	}
	if err := conf.Edit(t.Context(), path, func(f *conf.File) error { return f.Set("port", "2") }); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, path + ".lock"} {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		if st := info.Sys().(*syscall.Stat_t); st.Uid != uid || st.Gid != gid {
			t.Errorf("%s belongs to %d:%d", p, st.Uid, st.Gid)
		}
	}
	// Whose lock file it is that is there already is not changed.
	if err := errors.Join(os.Remove(path+".lock"), os.Symlink(filepath.Join(t.TempDir(), "elsewhere"), path+".lock")); err != nil {
		t.Fatal(err)
	}
	if err := conf.Edit(t.Context(), path, func(f *conf.File) error { return f.Set("port", "3") }); err == nil {
		t.Error("a link was followed")
	}
}
