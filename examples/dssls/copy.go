// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gausskit/gausskit/dss/volume"
)

// copyOut copies a file, or a directory with all that is in it, to a path that
// does not exist; "-" is out. What cannot be read is left out and is in the
// error.
func copyOut(ctx context.Context, fsys *volume.FS, name, to string, out io.Writer) error {
	info, err := fsys.Stat(name)
	if err != nil {
		return err
	}
	if to == "-" {
		f, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(out, reader{ctx, f})
		return err
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("copy to %s: %w", to, fs.ErrExist))
	}
	if !info.IsDir() {
		return copyFile(ctx, fsys, name, to)
	}
	var errs []error
	err = fs.WalkDir(fsys, name, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			errs = append(errs, err)
			return nil // the entries that could be read follow
		}
		relative, err := filepath.Rel(filepath.FromSlash(name), filepath.FromSlash(path))
		if err == nil {
			err = copyEntry(ctx, fsys, path, d, filepath.Join(to, relative))
		}
		if err != nil {
			errs = append(errs, err)
		}
		return nil
	})
	return errors.Join(append(errs, err)...)
}

func copyEntry(ctx context.Context, fsys *volume.FS, path string, d fs.DirEntry, to string) error {
	switch d.Type() {
	case fs.ModeDir:
		return os.Mkdir(to, 0o700)
	case fs.ModeSymlink:
		target, err := fsys.ReadLink(path)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	return copyFile(ctx, fsys, path, to)
}

// copyFile copies under a temporary name: a file that has its name is whole.
func copyFile(ctx context.Context, fsys *volume.FS, name, to string) (err error) {
	from, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer from.Close()
	info, err := from.Stat()
	if err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	_, err = io.Copy(part, reader{ctx, from})
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	if err := os.Chtimes(part.Name(), info.ModTime(), info.ModTime()); err != nil {
		return err
	}
	return os.Rename(part.Name(), to)
}

// reader stops reading when its context is done.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
