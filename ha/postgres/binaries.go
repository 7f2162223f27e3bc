// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/gausskit/gausskit/internal/command"
)

// Binaries is an installation of PostgreSQL's server programs.
type Binaries struct {
	Dir   string // holds postgres, initdb, pg_rewind ...
	Major int    // 15
}

// programs are what the engine runs.
var programs = [...]string{"postgres", "initdb", "pg_basebackup", "pg_controldata", "pg_rewind"} // read-only

// binaryDirs are where packages put the server's programs, as patterns.
var binaryDirs = [...]string{ // read-only
	"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
	"/usr/pgsql-*/bin",          // the PostgreSQL project's RPMs
	"/usr/libexec/postgresql*",  // Alpine
	"/usr/local/pgsql/bin",      // built from source
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/usr/local/bin", "/usr/bin",
}

// FindBinaries looks for PostgreSQL 12 or later, first in $PATH and then where
// packages put it, and returns the newest release found in the usual places,
// or the one in $PATH. The error is ErrNoPostgres when there is none.
func FindBinaries(ctx context.Context) (Binaries, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			if b, err := binariesIn(ctx, filepath.Dir(path)); err == nil {
				return b, nil
			}
		}
	}
	var best Binaries
	for _, pattern := range binaryDirs {
		dirs, err := filepath.Glob(pattern)
		if err != nil {
			return Binaries{}, err
		}
		for _, dir := range dirs {
			if b, err := binariesIn(ctx, dir); err == nil && b.Major > best.Major {
				best = b
			}
		}
	}
	if best.Dir == "" {
		return Binaries{}, fmt.Errorf("%w: looked in $PATH and %d usual places; install a package such as postgresql-15, or give Config.BinDir", ErrNoPostgres, len(binaryDirs))
	}
	return best, nil
}

// binariesIn checks that dir holds all programs and asks for their release.
func binariesIn(ctx context.Context, dir string) (Binaries, error) {
	if !filepath.IsAbs(dir) {
		return Binaries{}, fmt.Errorf("%q: want an absolute path", dir)
	}
	var missing []string
	for _, name := range programs {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return Binaries{}, fmt.Errorf("%w: %s lacks %v", ErrNoPostgres, dir, missing)
	}
	out, err := command.Cmd{Path: filepath.Join(dir, "postgres"), Args: []string{"--version"}, Env: environment()}.Run(ctx)
	if err != nil {
		return Binaries{}, fmt.Errorf("%s/postgres --version: %w", dir, err)
	}
	major, err := parseVersion(string(out.Stdout))
	if err != nil {
		return Binaries{}, fmt.Errorf("%s/postgres: %w", dir, err)
	}
	if _, err := capabilitiesOf(major); err != nil {
		return Binaries{}, fmt.Errorf("%w: %s: %w", ErrNoPostgres, dir, err)
	}
	return Binaries{Dir: dir, Major: major}, nil
}

// environment is what the programs and the server get to see: messages in
// English, which the engine reads, and no PG... variable of the caller.
func environment(more ...string) []string {
	return slices.Concat([]string{"LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin"}, more)
}

// tool runs one of the programs as the server's user. Its failure becomes a
// *CommandError with the decisive lines of its output.
func (e *Engine) tool(ctx context.Context, name string, stdin []byte, args ...string) (string, error) {
	out, err := command.Cmd{
		Path: filepath.Join(e.bin.Dir, name), Args: args, Env: environment(), Stdin: stdin, User: e.user,
	}.Run(ctx)
	if err == nil {
		return string(out.Stdout), nil
	}
	if ctx.Err() != nil {
		return "", uncertain(err)
	}
	line := decisive(string(out.Stderr) + string(out.Stdout))
	if exit := (*command.ExitError)(nil); errors.As(err, &exit) {
		if exit.Signal != "" && line == "" {
			line = "ended by signal " + exit.Signal
		}
		return "", &CommandError{Command: name, ExitCode: exit.Code, Line: line}
	}
	return "", fmt.Errorf("%s: %w", name, err)
}
