// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/atomicfile"
)

// copyAll replaces the data by a copy of the upstream's and starts it. because
// says why less was not enough; it is nil when there is no data.
func (e *Engine) copyAll(ctx context.Context, spec ha.RejoinSpec, because error) error {
	if because != nil && spec.NoCopy {
		return fmt.Errorf("%w: %w", ha.ErrNeedsRejoin, because)
	}
	up := spec.Upstream
	if err := e.canRead(filepath.Dir(e.cfg.DataDir)); err != nil {
		return err
	}
	if _, err := e.password(false); err != nil {
		return err
	}
	if _, err := e.readLog(ctx, up); err != nil { // reachable, before anything is thrown away
		return err
	}
	if err := e.discard(ctx); err != nil {
		return err
	}
	e.log.Info("rejoining by a copy", zap.String("upstream", string(up.Member)), zap.NamedError("because", because))
	inPlace, walDir, err := e.mustCopyInPlace(because != nil)
	if err != nil {
		return err
	}
	if inPlace {
		err = e.copyInPlace(ctx, up, walDir)
	} else {
		err = e.copyBeside(ctx, up)
	}
	if err != nil {
		return err
	}
	if err := e.write(standbySignal, ""); err != nil {
		return err
	}
	if err := e.writeFiles(duty{Upstream: up, Sync: guardNames}); err != nil {
		return err
	}
	if err := e.markWhole(); err != nil {
		return err
	}
	return e.startStandby(ctx, up)
}

// discard stops a server whose data will not be needed: at once, but in a way
// in which it can free its shared memory; by force if that does not help.
func (e *Engine) discard(ctx context.Context) error {
	const patience = 5 * time.Second
	gentle, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := e.stop(gentle, ha.StopImmediate); err == nil || ctx.Err() != nil {
		return err
	}
	return e.stop(ctx, ha.StopKill)
}

// mustCopyInPlace reports whether the data directory cannot be replaced by
// another: it is a mount point, or parts of it lie elsewhere. walDir is where
// its log lies, if not in it. Without data there is nothing to keep either.
func (e *Engine) mustCopyInPlace(data bool) (inPlace bool, walDir string, err error) {
	if err := e.makeRunDir(); err != nil {
		return false, "", err
	}
	walDir, err = os.Readlink(e.path("pg_wal"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.EINVAL) {
		return false, "", err
	}
	spaces, err := e.tablespaces()
	if err != nil {
		return false, "", err
	}
	mounted, err := e.mounted()
	return e.cfg.CopyInPlace || !data || mounted || walDir != "" || len(spaces) > 0, walDir, err
}

// mounted reports whether the data directory is on another file system than
// its parent or the run directory, so that renaming cannot replace it.
func (e *Engine) mounted() (bool, error) {
	var devices []uint64
	for _, dir := range []string{filepath.Dir(e.cfg.DataDir), e.cfg.RunDir, e.cfg.DataDir} {
		info, err := os.Stat(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return false, err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			devices = append(devices, uint64(st.Dev))
		}
	}
	for _, d := range devices {
		if d != devices[0] {
			return true, nil
		}
	}
	return false, nil
}

// tablespaces returns the directories that the data directory's tablespaces
// point to.
func (e *Engine) tablespaces() ([]string, error) {
	entries, err := os.ReadDir(e.path("pg_tblspc"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, entry := range entries {
		if dir, err := os.Readlink(e.path("pg_tblspc/" + entry.Name())); err == nil {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

// copyInPlace throws the old data away and copies into the data directory.
// The mark is set before.
func (e *Engine) copyInPlace(ctx context.Context, up ha.Upstream, walDir string) error {
	spaces, err := e.tablespaces()
	if err != nil {
		return err
	}
	if err := e.markBroken("copy of " + up.Address); err != nil {
		return err
	}
	for _, dir := range spaces {
		ours, err := filepath.Glob(filepath.Join(dir, fmt.Sprintf("PG_%d_*", e.bin.Major)))
		if err != nil {
			return err
		}
		for _, dir := range ours {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	if walDir != "" {
		if err := emptyDir(walDir); err != nil {
			return err
		}
	}
	if err := e.makeDir(e.cfg.DataDir); err != nil {
		return err
	}
	if err := emptyDir(e.cfg.DataDir); err != nil {
		return err
	}
	if err := e.adopt(e.cfg.DataDir); err != nil {
		return err
	}
	return e.baseBackup(ctx, up, e.cfg.DataDir, walDir)
}

// copyBeside copies into the run directory and swaps. The old data stays what
// it is until the copy is complete; the mark is set while they are swapped.
func (e *Engine) copyBeside(ctx context.Context, up ha.Upstream) error {
	fresh, old := e.runPath("copy"), e.runPath("old")
	for _, dir := range []string{fresh, old} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	if err := e.makeDir(fresh); err != nil {
		return err
	}
	if err := e.baseBackup(ctx, up, fresh, ""); err != nil {
		return joinMark(err, os.RemoveAll(fresh))
	}
	if err := e.markBroken("swap for a copy of " + up.Address); err != nil {
		return err
	}
	if err := os.Rename(e.cfg.DataDir, old); err != nil {
		return err
	}
	if err := os.Rename(fresh, e.cfg.DataDir); err != nil {
		return err
	}
	for _, dir := range []string{filepath.Dir(e.cfg.DataDir), e.cfg.RunDir} {
		if err := atomicfile.SyncDir(dir); err != nil {
			return err
		}
	}
	return os.RemoveAll(old)
}

// baseBackup runs pg_basebackup into an empty directory.
func (e *Engine) baseBackup(ctx context.Context, up ha.Upstream, dir, walDir string) error {
	info, err := e.conninfo(up, applicationName)
	if err != nil {
		return err
	}
	args := []string{"-D", dir, "-d", info, "-X", "stream", "-c", "fast", "--no-password"}
	if walDir != "" {
		args = append(args, "--waldir="+walDir)
	}
	_, err = e.tool(ctx, "pg_basebackup", nil, args...)
	return err
}
