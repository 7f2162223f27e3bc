// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/atomicfile"
)

const (
	standbySignal  = "standby.signal"
	recoverySignal = "recovery.signal"
	promoteSignal  = "promote"

	// brokenMarker stands in the run directory while the data directory is
	// between two states: made, rewound, or replaced.
	brokenMarker = "incomplete"
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
	control, err := exists(e.path("global/pg_control"))
	if err != nil {
		return ha.DataUnknown, err
	}
	version := slices.Contains(names, "PG_VERSION")
	switch {
	case broken && e.halfMade():
		return ha.DataNone, nil // Init and Rejoin begin anew
	case broken:
		return ha.DataBroken, nil
	case version && control:
		return ha.DataPresent, nil
	case version && slices.Contains(names, "base") && slices.Contains(names, "global"):
		return ha.DataBroken, nil // pg_basebackup writes the control file last
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

// leftRole says as what the data was left: a standby has a signal file.
func (e *Engine) leftRole() (ha.Role, error) {
	for _, name := range []string{standbySignal, recoverySignal} {
		switch found, err := exists(e.path(name)); {
		case err != nil:
			return ha.RoleUnknown, err
		case found:
			return ha.RoleStandby, nil
		}
	}
	return ha.RolePrimary, nil
}

// usable checks that the data directory can be started: a database, of the
// release of the binaries, that belongs to the server's user.
func (e *Engine) usable() error {
	state, err := e.dataState()
	if err != nil {
		return err
	}
	switch state {
	case ha.DataNone:
		return fmt.Errorf("%w: it is empty or absent, or was not finished", ha.ErrNeedsRejoin)
	case ha.DataBroken:
		return fmt.Errorf("%w: a rejoin was interrupted", ha.ErrNeedsRejoin)
	case ha.DataForeign:
		return fmt.Errorf("%w: it holds no PostgreSQL database", ErrForeignData)
	}
	text, err := os.ReadFile(e.path("PG_VERSION"))
	if err != nil {
		return err
	}
	major, err := leadingInt(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", e.path("PG_VERSION"), err)
	}
	if major != e.bin.Major {
		return fmt.Errorf("%w: the data is of release %d, the programs in %s are of %d", ErrVersion, major, e.bin.Dir, e.bin.Major)
	}
	info, err := os.Stat(e.cfg.DataDir)
	if err != nil {
		return err
	}
	if err := e.owned(e.cfg.DataDir, info); err != nil {
		return err
	}
	if info.Mode().Perm()&0o027 != 0 {
		return fmt.Errorf("%w: %s has mode %04o, the server wants 0700 or 0750", ErrPermission, e.cfg.DataDir, info.Mode().Perm())
	}
	return e.canRead(e.cfg.DataDir)
}

// owned checks that a file belongs to the server's user.
func (e *Engine) owned(path string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if ok && int(st.Uid) != e.owner.UID {
		return fmt.Errorf("%w: %s belongs to uid %d, the server runs as %s (uid %d)", ErrPermission, path, st.Uid, e.userName, e.owner.UID)
	}
	return nil
}

// canRead checks that the server's user can enter all directories down to
// path: temporary directories made by root are closed to everybody else.
func (e *Engine) canRead(path string) error {
	if e.user == nil {
		return nil
	}
	for dir := path; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err == nil && !e.mayEnter(info) {
			return fmt.Errorf("%w: user %s cannot enter %s (mode %04o)", ErrPermission, e.userName, dir, info.Mode().Perm())
		}
		if dir == "/" {
			return nil
		}
	}
}

func (e *Engine) mayEnter(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	mode := info.Mode().Perm()
	switch {
	case !ok:
		return true
	case st.Uid == e.user.UID:
		return mode&0o100 != 0
	case st.Gid == e.user.GID || slices.Contains(e.user.Groups, st.Gid):
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}

// makeRunDir creates the run directory.
func (e *Engine) makeRunDir() error { return e.makeDir(e.cfg.RunDir) }

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
	if e.user != nil {
		return os.Chown(dir, e.owner.UID, e.owner.GID)
	}
	return nil
}

// write replaces a file of the data directory.
func (e *Engine) write(name, text string) error { return e.writeAbs(e.path(name), text) }

func (e *Engine) writeAbs(path, text string) error {
	return atomicfile.Write(path, []byte(text), 0o600, e.owner)
}

// markBroken says that the data directory is about to be between two states;
// from then on Observe says DataBroken.
func (e *Engine) markBroken(why string) error {
	if err := e.makeRunDir(); err != nil {
		return err
	}
	return e.writeAbs(e.runPath(brokenMarker), why+"\n")
}

// markWhole takes the mark away again.
func (e *Engine) markWhole() error { return atomicfile.Remove(e.runPath(brokenMarker)) }

// runPath is a path below the run directory.
func (e *Engine) runPath(name string) string { return filepath.Join(e.cfg.RunDir, name) }

// socketPath is the server's Unix socket.
func (c Config) socketPath() string {
	return filepath.Join(c.RunDir, fmt.Sprintf(".s.PGSQL.%d", c.Port))
}

// emptyDir removes what is in dir, but not dir.
func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == "lost+found" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// decisive picks the lines of a program's output that say why it failed.
func decisive(out string) string {
	const most = 4
	var lines []string
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		for _, mark := range []string{"FATAL:", "PANIC:", "ERROR:", "error:", "fatal:", "HINT:", "hint:", "DETAIL:", "detail:", "could not", "parameter \""} {
			if strings.Contains(line, mark) && len(lines) < most && !slices.Contains(lines, line) {
				lines = append(lines, line)
				break
			}
		}
	}
	if len(lines) == 0 {
		trimmed := strings.Split(strings.TrimSpace(out), "\n")
		return strings.TrimSpace(trimmed[len(trimmed)-1])
	}
	return strings.Join(lines, "; ")
}
