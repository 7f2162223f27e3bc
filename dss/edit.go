// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gausskit/gausskit/internal/atomicfile"
)

// What callers of [EditInst] and [EditVGs] branch on.
var (
	// ErrChanged: somebody else changed the file meanwhile. Nothing was written.
	ErrChanged = errors.New("dss: file changed meanwhile")
	// ErrLocked: another process of this library is changing a file of the
	// directory. Nothing was written.
	ErrLocked = errors.New("dss: directory is locked")
)

// EditInst reads dss_inst.ini at path, changes it and writes it back in one
// step: a reader sees the old content or the new, and so does this machine
// after a crash. A symbolic link is followed; owner and permissions stay.
//
// It writes nothing, and says so, when
//   - change returns an error, which is returned as it is,
//   - the result has a problem that is no warning ([Inst.Lint], [Problems]),
//   - the file is not the one that was read any more ([ErrChanged]),
//   - another process edits a file of that directory with this function until
//     ctx ends ([ErrLocked]).
//
// A running dssserver does not look at the file. And "dsscmd setcfg" writes it
// anew from the server's memory, so that what was edited since the server
// started is lost, comments between lines included: while it runs, change what
// can be changed with setcfg ([ApplySetcfg]) that way, and edit the rest when it
// is stopped.
func EditInst(ctx context.Context, path string, target Target, change func(*Inst) error) error {
	return replace(ctx, path, func(current string) (string, error) {
		c := loadInst(path, current)
		if err := change(c); err != nil {
			return "", err
		}
		text := c.String()
		if text == current {
			return text, nil
		}
		after := ParseInst(c.name, text)
		after.included, after.failed = c.included, c.failed
		return text, after.Lint(target).Fatal().Err()
	})
}

// EditVGs reads dss_vg_conf.ini at path, changes it and writes it back, as
// [EditInst] does. The file must be the same on all instances.
func EditVGs(ctx context.Context, path string, change func(*VGs) error) error {
	return replace(ctx, path, func(current string) (string, error) {
		v := ParseVGs(path, current)
		if err := change(v); err != nil {
			return "", err
		}
		text := v.String()
		if text == current {
			return text, nil
		}
		return text, v.Lint().Fatal().Err()
	})
}

// replace writes what change makes of a file's content.
func replace(ctx context.Context, path string, change func(current string) (string, error)) (err error) {
	defer func() {
		if err != nil && !strings.HasPrefix(err.Error(), "dss: ") {
			err = fmt.Errorf("dss: edit %s: %w", path, err)
		}
	}()
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	unlock, err := lockDir(ctx, filepath.Dir(target))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := atomicfile.Edit(target, change); !errors.Is(err, atomicfile.ErrChanged) {
		return err
	}
	return fmt.Errorf("%w: %s", ErrChanged, path)
}
