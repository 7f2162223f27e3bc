// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package atomicfile replaces files so that a reader, and this machine after a
// crash, sees the old content or the new and nothing between.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Owner is whom a new file belongs to. The zero Owner is nobody in particular:
// the file belongs to the user of this process.
type Owner struct {
	UID, GID int
	Set      bool
}

// Write replaces the file at path: a temporary file in the same directory is
// written, synced and renamed, and the directory is synced. A symbolic link at
// path is replaced, not followed.
func Write(path string, data []byte, perm fs.FileMode, owner Owner) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp*") // opened with O_EXCL: no link is followed
	if err != nil {
		return err
	}
	err = errors.Join(fill(tmp, data, perm, owner), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return SyncDir(filepath.Dir(path))
}

func fill(f *os.File, data []byte, perm fs.FileMode, owner Owner) error {
	if err := f.Chmod(perm); err != nil {
		return err
	}
	if owner.Set {
		if err := f.Chown(owner.UID, owner.GID); err != nil {
			return err
		}
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

// Remove removes the file at path and syncs its directory. A file that is not
// there is no error.
func Remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes the names in a directory last through a crash.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
