// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
)

var (
	// ErrNoPostgres: no server binaries of PostgreSQL were found.
	ErrNoPostgres = errors.New("postgres: no server binaries found")
	// ErrPortInUse: another program listens on the member's port.
	ErrPortInUse = errors.New("postgres: port is in use")
	// ErrForeignData: the directory holds something that this engine must not
	// touch: no database at all, or one of another cluster.
	ErrForeignData = errors.New("postgres: data directory is not ours to touch")
	// ErrVersion: binaries and data directory are of different releases.
	ErrVersion = errors.New("postgres: binaries do not fit the data directory")
	// ErrPermission: owner or mode of a file or directory keeps the server from
	// working.
	ErrPermission = errors.New("postgres: wrong owner or permissions")

	errSuperseded = errors.New("postgres: a stop came first")
)

// CommandError says how one of PostgreSQL's programs failed. Line holds the
// decisive lines of its output or of the server's log; no secret is in it.
type CommandError struct {
	Command  string // "pg_rewind"
	ExitCode int    // -1 when a signal ended it or the status is not known
	Line     string
}

// Error gives program, status and the decisive lines.
func (e *CommandError) Error() string {
	if e.Line == "" {
		return fmt.Sprintf("%s: exit status %d", e.Command, e.ExitCode)
	}
	return fmt.Sprintf("%s: exit status %d: %s", e.Command, e.ExitCode, e.Line)
}

// uncertainError marks an action that failed and may have happened.
type uncertainError struct{ err error }

func (e uncertainError) Error() string   { return e.err.Error() }
func (e uncertainError) Unwrap() error   { return e.err }
func (e uncertainError) Uncertain() bool { return true }

// uncertain marks err, unless it is nil.
func uncertain(err error) error {
	if err == nil {
		return nil
	}
	return uncertainError{err}
}

// ended turns the end of ctx into an error that says what was waited for.
func ended(ctx context.Context, waiting string) error {
	cause := context.Cause(ctx)
	if !errors.Is(cause, ctx.Err()) {
		cause = fmt.Errorf("%w (%w)", cause, ctx.Err())
	}
	return uncertain(fmt.Errorf("while waiting for %s: %w", waiting, cause))
}
