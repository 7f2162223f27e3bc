// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gausskit/gausskit/internal/atomicfile"
)

// Open reads the file at path. A symbolic link is followed.
func Open(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("conf: %w", err)
	}
	return Parse(path, string(text)), nil
}

// Save writes the file back to where [Open] read it, under gs_guc's lock, in
// one step: a reader sees the old content or the new, and so does this machine
// after a crash. It waits for the lock until ctx ends.
//
// It refuses, and writes nothing, when
//   - somebody else holds the lock ([ErrLocked]),
//   - the file is not the one that was read ([ErrChanged]),
//   - the server could not read the result ([ErrSyntax]),
//   - an included file would override what was changed ([ErrOverridden]),
//   - the data directory is being built ([ErrBuilding]).
//
// The lock is free again when Save returns: a server that finds it held
// ignores a reload. Send SIGHUP then, and ask the server what it took over.
func (f *File) Save(ctx context.Context) error {
	text := f.String()
	err := replace(ctx, f.name, func(current string) (string, error) {
		if current != f.origin {
			return "", fmt.Errorf("%w: %s", ErrChanged, f.name)
		}
		return text, f.check()
	})
	if err == nil {
		f.origin = text
	}
	return err
}

// Edit reads the file at path, changes it and saves it, all under gs_guc's
// lock. It refuses as [File.Save] does; an error of change is returned as it
// is, and nothing is written. So it is when change changes nothing.
func Edit(ctx context.Context, path string, change func(*File) error) error {
	return replace(ctx, path, func(current string) (string, error) {
		f := Parse(path, current)
		if err := change(f); err != nil {
			return "", err
		}
		if f.String() == current {
			return current, nil
		}
		return f.String(), f.check()
	})
}

// check refuses a file that the server could not read, or that would not do
// what was meant.
func (f *File) check() error {
	if err := f.Err(); err != nil {
		return err
	}
	whole, err := LoadFunc(f.name, func(path string) ([]byte, error) {
		if path == f.name {
			return []byte(f.String()), nil
		}
		return os.ReadFile(path)
	})
	if err != nil {
		return err
	}
	was := Parse(f.name, f.origin)
	for s := range f.Settings() {
		want, _ := f.Get(s.Name)
		if is, _ := s.IsInclude(); is || want != s {
			continue
		}
		if old, ok := was.Get(s.Name); ok && old.Value == want.Value {
			continue // not changed
		}
		if got, ok := whole.Get(s.Name); ok && got.Value != want.Value {
			return fmt.Errorf("%w: %s: %s is set again in %s, line %d", ErrOverridden, f.name, s.Name, got.File, got.Line)
		}
	}
	return nil
}

// replace writes what change makes of a file's content. It holds the lock from
// before the first look until the new file is in place.
func replace(ctx context.Context, path string, change func(current string) (string, error)) (err error) {
	defer func() {
		if err != nil && !strings.HasPrefix(err.Error(), "conf: ") {
			err = fmt.Errorf("conf: write %s: %w", path, err)
		}
	}()
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if err := notBuilding(filepath.Dir(target)); err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	unlock, err := lock(ctx, path+".lock", atomicfile.OwnerOf(info))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	err = atomicfile.Edit(target, func(current string) (string, error) {
		if current == "" && wasInterrupted(target) {
			return "", fmt.Errorf("%w: %s is empty and its backup is not: a tool was interrupted", ErrChanged, path)
		}
		return change(current)
	})
	if errors.Is(err, atomicfile.ErrChanged) {
		return fmt.Errorf("%w: %s", ErrChanged, path)
	}
	return err
}

// wasInterrupted reports whether an empty file has a backup with content, as
// gs_guc looks for it (pg_guc.cpp: do_gucset).
func wasInterrupted(path string) bool {
	for _, suffix := range []string{".guc.bak", ".bak"} {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			return true
		}
	}
	return false
}

// notBuilding refuses as gs_guc does while gs_ctl copies the data directory.
func notBuilding(dir string) error {
	mark := filepath.Join(dir, "build_completed.start")
	if _, err := os.Stat(mark); err == nil {
		return fmt.Errorf("%w: %s exists", ErrBuilding, mark)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, "gs_build.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if pid := strings.TrimSpace(string(text)); isAlive(pid) {
		return fmt.Errorf("%w: process %s builds %s", ErrBuilding, pid, dir)
	}
	return nil
}
