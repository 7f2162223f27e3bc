// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
)

var (
	// ErrUnsupported: the release lacks what was asked for.
	ErrUnsupported = errors.New("opengauss: release cannot do that")
	// ErrWouldDestroy: the data is, or may be, that of a primary, and what was
	// asked for would replace it.
	ErrWouldDestroy = errors.New("opengauss: would destroy a primary's data")
	// ErrPasswordArgument: the tool takes the password on its command line only.
	ErrPasswordArgument = errors.New("opengauss: password would be readable in the list of processes")
	// ErrForeignData: the directory holds something that must not be touched:
	// no database at all, or one of another cluster.
	ErrForeignData = errors.New("opengauss: data directory is not ours to touch")
	// ErrPortInUse: another program listens on one of the member's ports.
	ErrPortInUse = errors.New("opengauss: port is in use")
	// errNoPassword: another member cannot be asked without one.
	errNoPassword = errors.New("opengauss: no password is configured")
	// ErrPermission: owner or mode of a file or directory keeps the server from
	// working.
	ErrPermission = errors.New("opengauss: wrong owner or permissions")
)

// uncertainError marks an action that failed and may have happened.
type uncertainError struct{ err error }

// Error gives the marked error's text.
func (e uncertainError) Error() string { return e.err.Error() }

// Unwrap gives the marked error.
func (e uncertainError) Unwrap() error { return e.err }

// Uncertain is true.
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
