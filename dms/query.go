// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrUnsupported is the error for a question that a release cannot answer.
var ErrUnsupported = errors.New("dms: not supported by this release")

// Query is a question to a server and the reader of its answers. All columns of
// the answer are text and none is NULL ("-" stands for it), so that it can be
// asked through any driver:
//
//	rows, err := conn.Query(ctx, q.SQL, q.Args...)
//	...
//	row, err := q.Row(values) // the row's columns as strings
type Query[T any] struct {
	SQL     string
	Args    []any // for $1, $2 and so on; nil for most
	columns []column[T]
}

// null is what stands for NULL. The empty text would not do: a database of
// compatibility A, the default, takes ” for NULL.
const null = "-"

// isNull reports whether a column has no value.
func isNull(s string) bool { return s == null || s == "" }

// column reads one column of a row.
type column[T any] struct {
	name string
	set  func(*T, string) error
}

// Columns returns the names of the answer's columns, in their order.
func (q Query[T]) Columns() []string {
	names := make([]string, len(q.columns))
	for i, c := range q.columns {
		names[i] = c.name
	}
	return names
}

// Row reads one row of the answer. The error wraps [ErrFormat].
func (q Query[T]) Row(values []string) (T, error) {
	var row T
	if len(values) != len(q.columns) {
		return row, fmt.Errorf("%w: a row of %d columns, want %d", ErrFormat, len(values), len(q.columns))
	}
	for i, c := range q.columns {
		if err := c.set(&row, values[i]); err != nil {
			var zero T
			return zero, fmt.Errorf("%w: column %s: %s: %w", ErrFormat, c.name, quoteShort(values[i]), err)
		}
	}
	return row, nil
}

// Rows reads all rows of the answer, and stops at the first that does not fit.
func (q Query[T]) Rows(rows [][]string) ([]T, error) {
	all := make([]T, 0, len(rows))
	for n, values := range rows {
		row, err := q.Row(values)
		if err != nil {
			return nil, fmt.Errorf("dms: row %d: %w", n, err)
		}
		all = append(all, row)
	}
	return all, nil
}

// ask makes the query over a function: each of its columns by position, so that
// the names, which moved between releases, do not matter. times are columns with
// a time and its zone.
func ask[T any](call string, columns []column[T], times ...string) Query[T] {
	var list, names strings.Builder
	for i, c := range columns {
		if i > 0 {
			list.WriteString(", ")
			names.WriteString(", ")
		}
		names.WriteString(c.name)
		text := c.name + "::text"
		for _, t := range times {
			if t == c.name {
				text = fmt.Sprintf("to_char(%s at time zone 'UTC', '%s')", c.name, sqlTime)
			}
		}
		fmt.Fprintf(&list, "coalesce(%s, '%s') as %s", text, null, c.name)
	}
	return Query[T]{SQL: fmt.Sprintf("select %s from %s as t(%s)", &list, call, &names), columns: columns}
}

// sqlTime and goTime are one layout for the server and for here.
const (
	sqlTime = "YYYY-MM-DD HH24:MI:SS.US"
	goTime  = "2006-01-02 15:04:05.000000"
)

// unsupported says since when a question can be asked.
func unsupported(what string, r, since Release) error {
	return fmt.Errorf("%w: %s in %s: it is there since %s", ErrUnsupported, what, r.real(), since)
}

func intColumn[T any](name string, at func(*T) *int) column[T] {
	return column[T]{name, func(row *T, s string) error { return assign(at(row))(parseInt(s)) }}
}

// assign returns a function that stores a value unless there is an error.
func assign[T any](at *T) func(T, error) error {
	return func(v T, err error) error {
		if err == nil {
			*at = v
		}
		return err
	}
}

// idColumn is an instance id of 8 bits, 255 for none, which becomes -1.
func idColumn[T any](name string, at func(*T) *int) column[T] {
	return column[T]{name, func(row *T, s string) error {
		n, err := parseInt(s)
		if n == 255 {
			n = -1
		}
		return assign(at(row))(n, err)
	}}
}

// uintColumn is a number of 64 bits without sign. SQL has none, and shows the
// upper half as negative.
func uintColumn[T any, U ~uint64](name string, at func(*T) *U) column[T] {
	return column[T]{name, func(row *T, s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return errors.New("want a number of 64 bits")
		}
		*at(row) = U(n)
		return nil
	}}
}

func floatColumn[T any](name string, at func(*T) *float64) column[T] {
	return column[T]{name, func(row *T, s string) error {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return errors.New("want a number")
		}
		*at(row) = n
		return nil
	}}
}

func textColumn[T any](name string, at func(*T) *string) column[T] {
	return column[T]{name, func(row *T, s string) error {
		*at(row) = s
		return nil
	}}
}

// boolColumn is a truth value of SQL.
func boolColumn[T any](name string, at func(*T) *bool) column[T] {
	return column[T]{name, func(row *T, s string) error {
		switch s {
		case "true", "t":
			*at(row) = true
		case "false", "f":
			*at(row) = false
		default:
			return errors.New("want true or false")
		}
		return nil
	}}
}

// flagColumn is a truth value in C: a number that is 0 or not.
func flagColumn[T any](name string, at func(*T) *bool) column[T] {
	return column[T]{name, func(row *T, s string) error {
		n, err := parseInt(s)
		return assign(at(row))(n != 0, err)
	}}
}

// wordColumn reads a value of an enumeration.
func wordColumn[T, E any](name string, at func(*T) *E, parse func(string) (E, error)) column[T] {
	return column[T]{name, func(row *T, s string) error { return assign(at(row))(parse(s)) }}
}

// lockColumn is a lock mode by its number.
func lockColumn[T any](name string, at func(*T) *LockMode) column[T] {
	return column[T]{name, func(row *T, s string) error {
		n, err := parseInt(s)
		if err == nil && !lockModeWords.has(n) {
			err = errors.New("want 0, 1 or 2")
		}
		return assign(at(row))(LockMode(n), err)
	}}
}

// timeColumn is a time in UTC, or none.
func timeColumn[T any](name string, at func(*T) *time.Time) column[T] {
	return column[T]{name, func(row *T, s string) error {
		if isNull(s) {
			*at(row) = time.Time{}
			return nil
		}
		return assign(at(row))(time.Parse(goTime, s))
	}}
}

// localTimeColumn is a time as 5.1.0 writes it: without zone, and with the
// milliseconds behind the point without leading zeros
// (pgstatfuncs.cpp, timeval_to_string); or none.
func localTimeColumn[T any](name string, at func(*T) *time.Time) column[T] {
	return column[T]{name, func(row *T, s string) error {
		s = strings.TrimSpace(s)
		if isNull(s) {
			*at(row) = time.Time{}
			return nil
		}
		seconds, millis, ok := strings.Cut(s, ".")
		t, err := time.Parse(time.DateTime, seconds)
		n, err2 := strconv.ParseUint(millis, 10, 10)
		if err != nil || err2 != nil || !ok || n > 999 {
			return errors.New("want a date, a time and milliseconds")
		}
		*at(row) = t.Add(time.Duration(n) * time.Millisecond)
		return nil
	}}
}
