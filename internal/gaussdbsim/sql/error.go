// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import "fmt"

// Error is an error with its SQLSTATE.
type Error struct {
	Code, Message, Detail, Hint string
}

// Error gives the message.
func (e *Error) Error() string { return e.Message }

// Errorf makes an error.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// The SQLSTATEs that are used in more than one place.
const (
	CodeSyntax      = "42601"
	CodeUnsupported = "0A000"
	CodeNoTable     = "42P01"
	CodeNoColumn    = "42703"
	CodeNoFunction  = "42883"
	CodeBadText     = "22P02"
	CodeReadOnly    = "25006"
	CodeNoObject    = "42704"
)
