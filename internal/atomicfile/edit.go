// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package atomicfile

import (
	"bytes"
	"errors"
	"os"
)

// ErrChanged: the file is not the one that was read any more.
var ErrChanged = errors.New("file changed meanwhile")

// Edit replaces the file at path by what change makes of its content; owner and
// permissions stay. It writes nothing when change fails, whose error is
// returned as it is, when the text stays the same, or when the file changed
// meanwhile: who writes without the caller's lock, an editor for instance, is
// noticed. A symbolic link at path is replaced, not followed.
func Edit(path string, change func(current string) (string, error)) error {
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err := change(string(before))
	if err != nil || text == string(before) {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	now, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(before, now) {
		return ErrChanged
	}
	return Write(path, []byte(text), info.Mode().Perm(), OwnerOf(info))
}
