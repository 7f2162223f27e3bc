// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/atomicfile"
)

// Files in the run directory.
const (
	// brokenMarker stands there while the data directory is between two states:
	// made, rewound, or copied.
	brokenMarker = "incomplete"
	// builtMarker stands there from the end of a build to the first start: the
	// control file of such data is the primary's.
	builtMarker  = "built"
	upstreamFile = "upstream.json"
)

// dataState looks at the data directory.
func (e *Engine) dataState() (ha.DataState, error) {
	entries, err := os.ReadDir(e.cfg.DataDir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ha.DataNone, nil
	case errors.Is(err, syscall.ENOTDIR):
		return ha.DataForeign, nil
	case err != nil:
		return ha.DataUnknown, err
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		if entry.Name() != "lost+found" { // of a file system of its own
			names = append(names, entry.Name())
		}
	}
	if len(names) == 0 {
		return ha.DataNone, nil
	}
	broken, err := exists(e.runPath(brokenMarker))
	if err != nil {
		return ha.DataUnknown, err
	}
	if why, _ := e.isMarked(brokenMarker); why == initMark {
		return ha.DataNone, nil // half a new database is worth no more than nothing
	}
	control, err := exists(e.path(controlFile))
	switch {
	case err != nil:
		return ha.DataUnknown, err
	case broken || slices.Contains(names, buildMarker):
		return ha.DataBroken, nil
	case control && slices.Contains(names, "pg_xlog") && slices.Contains(names, "pg_csnlog"): // openGauss alone has both
		return ha.DataPresent, nil
	}
	return ha.DataForeign, nil
}

func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// usable checks that the data directory can be started.
func (e *Engine) usable() error {
	state, err := e.dataState()
	if err != nil {
		return err
	}
	switch state {
	case ha.DataNone:
		return fmt.Errorf("%w: it is empty or absent", ha.ErrNeedsRejoin)
	case ha.DataBroken:
		return fmt.Errorf("%w: an initialisation or a build was interrupted", ha.ErrNeedsRejoin)
	case ha.DataForeign:
		return fmt.Errorf("%w: it holds no openGauss database", ErrForeignData)
	}
	info, err := os.Stat(e.cfg.DataDir)
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != e.owner.UID {
		return fmt.Errorf("%w: %s belongs to uid %d, the server runs as %s (uid %d)", ErrPermission, e.cfg.DataDir, st.Uid, e.userName, e.owner.UID)
	}
	return nil
}

// leftRole says as what the data was left.
func (e *Engine) leftRole(ctx context.Context) (ha.Role, error) {
	if built, err := exists(e.runPath(builtMarker)); err != nil || built {
		return ha.RoleStandby, err
	}
	d, err := e.readControl(ctx)
	if err != nil {
		return ha.RoleUnknown, err
	}
	if d.State.isStandby() {
		return ha.RoleStandby, nil
	}
	return ha.RolePrimary, nil
}

// controlCache keeps what pg_controldata said until the control file changes.
type controlCache struct {
	mu struct {
		sync.Mutex
		data  ControlData
		stamp fs.FileInfo
		read  time.Time
	}
}

// readControl runs pg_controldata, unless its file is the one of last time. A
// file that was written within the last moments is read again: its time stamp
// may be too coarse to tell a second write.
func (e *Engine) readControl(ctx context.Context) (ControlData, error) {
	info, err := os.Stat(e.path(controlFile))
	if err != nil {
		return ControlData{}, err
	}
	const settled = 100 * time.Millisecond
	c := &e.control.mu
	c.Lock()
	if old := c.stamp; old != nil && os.SameFile(old, info) && old.ModTime().Equal(info.ModTime()) && c.read.Sub(info.ModTime()) > settled {
		defer c.Unlock()
		return c.data, nil
	}
	c.Unlock()
	read := time.Now()
	d, err := e.tool.ControlData(ctx)
	if err != nil {
		return ControlData{}, err
	}
	c.Lock()
	defer c.Unlock()
	c.data, c.stamp, c.read = d, info, read
	return d, nil
}

// makeDir creates a directory for the server's user alone. Parents are created
// for everybody to pass.
func (e *Engine) makeDir(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	}
	if e.owner.Set {
		return os.Chown(dir, e.owner.UID, e.owner.GID)
	}
	return nil
}

func (e *Engine) mark(name, why string) error {
	if err := e.makeDir(e.cfg.RunDir); err != nil {
		return err
	}
	return atomicfile.Write(e.runPath(name), []byte(why+"\n"), 0o600, e.owner)
}

func (e *Engine) unmark(name string) error { return atomicfile.Remove(e.runPath(name)) }

// isMarked reports what a marker says; ok is false when there is none.
func (e *Engine) isMarked(name string) (why string, ok bool) {
	text, err := os.ReadFile(e.runPath(name))
	return strings.TrimSpace(string(text)), err == nil
}

// rememberUpstream keeps the name of an upstream: the server keeps its address.
func (e *Engine) rememberUpstream(up ha.Upstream) error {
	text, err := json.Marshal(up)
	if err != nil {
		return err
	}
	if err := e.makeDir(e.cfg.RunDir); err != nil {
		return err
	}
	return atomicfile.Write(e.runPath(upstreamFile), append(text, '\n'), 0o600, e.owner)
}

func (e *Engine) readUpstream() (up ha.Upstream, err error) {
	text, err := os.ReadFile(e.runPath(upstreamFile))
	if err != nil {
		return up, err
	}
	return up, json.Unmarshal(text, &up)
}

// writeLock tells a stopped server from whom it may receive.
func (e *Engine) writeLock(l ConnLock) error {
	b, err := l.MarshalBinary()
	if err != nil {
		return err
	}
	return atomicfile.Write(e.path(ConnLockFile), b, 0o600, e.owner)
}

// readLock reads what a server was told; without a file it may receive from
// anybody.
func (e *Engine) readLock() (ConnLock, error) {
	b, err := os.ReadFile(e.path(ConnLockFile))
	if errors.Is(err, fs.ErrNotExist) {
		return ConnLock{}, nil
	}
	if err != nil {
		return ConnLock{}, err
	}
	return ParseConnLock(b)
}

// emptyDir removes what is in a directory, and leaves the directory.
func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if entry.Name() != "lost+found" {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
		}
	}
	return err
}
