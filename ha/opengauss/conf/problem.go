// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import (
	"errors"
	"fmt"
	"strings"
)

// What callers branch on.
var (
	// ErrSyntax: a line that the server would refuse. At start that is fatal,
	// at a reload the whole file is ignored.
	ErrSyntax = errors.New("conf: syntax error")
	// ErrChanged: somebody else changed the file since it was read. Nothing was
	// written.
	ErrChanged = errors.New("conf: file changed meanwhile")
	// ErrLocked: another process holds the lock of gs_guc.
	ErrLocked = errors.New("conf: file is locked")
	// ErrBuilding: the data directory is being copied, and its files with it.
	ErrBuilding = errors.New("conf: data directory is being built")
	// ErrOverridden: the change would have no effect, because an included file
	// sets the parameter again further down.
	ErrOverridden = errors.New("conf: overridden by a later line")
	// ErrInvalid: a name or value that the parameter, or the file, cannot take.
	ErrInvalid = errors.New("conf: invalid")
)

// SyntaxError is one line that the server would refuse.
type SyntaxError struct {
	File   string
	Line   int // from 1
	Text   string
	Reason string
}

// Error gives file, line and reason. The text of the line is left out: it can
// hold a secret.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("conf: %s:%d: %s", e.File, e.Line, e.Reason)
}

// Is reports whether target is [ErrSyntax].
func (e *SyntaxError) Is(target error) bool { return target == ErrSyntax }

// Problem is something wrong with a setting.
type Problem struct {
	File   string
	Line   int // from 1; 0 when the problem is of no line
	Name   string
	Reason Reason
	Detail string
}

// Reason is the kind of a problem.
type Reason uint8

// The kinds.
const (
	ReasonSyntax      Reason = iota + 1 // the server cannot read the line: fatal at start, at a reload the file is ignored
	ReasonUnknown                       // the release does not know the parameter: the same
	ReasonValue                         // the server refuses the value: fatal at start, skipped at a reload
	ReasonDuplicate                     // set more than once: the last one counts, and the others must still be valid
	ReasonUnprotected                   // a member's own setting that configuration sync would overwrite
	ReasonLong                          // a line so long that configuration sync or gs_guc fails on it
	ReasonQuote                         // a value that gs_guc or ALTER SYSTEM would damage when it edits the file
	ReasonDebug                         // known to servers that were built with assertions only
	ReasonShadowed                      // a rule of pg_hba.conf that an earlier one makes useless
	ReasonTrust                         // trust for other machines
	numReasons
)

var reasonNames = [numReasons]string{
	"", "syntax", "unknown", "value", "duplicate", "unprotected", "long", "quote", "debug", "shadowed", "trust",
}

// String gives the kind's name, "unknown" for instance.
func (r Reason) String() string {
	if r > 0 && r < numReasons {
		return reasonNames[r]
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// IsFatal reports whether a server does not start with it.
func (r Reason) IsFatal() bool { return r == ReasonSyntax || r == ReasonUnknown || r == ReasonValue }

// String gives place, name and what is wrong.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if p.Name != "" {
		b.WriteString(": " + p.Name)
	}
	return b.String() + ": " + p.Reason.String() + ": " + p.Detail
}
