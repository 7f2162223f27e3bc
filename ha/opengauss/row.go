// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/gausskit/gausskit/ha"
)

// ErrFormat is the error for a text or file that is not in the form that
// openGauss writes: cut short, of another program, or damaged.
var ErrFormat = errors.New("opengauss: unexpected format")

// Field is a name and its value, as gs_ctl prints it and as a view returns it.
type Field struct{ Name, Value string }

// Row is the fields of one record, in their order.
type Row []Field

// column says how one field of T is read and written. Each section of gs_ctl's
// output is a table of columns: the order of the table is that of the output.
type column[T any] struct {
	name string
	set  func(*T, string) error
	get  func(*T) string
}

// readRow fills *v from row. Every column must be there; a field that no
// column knows goes to extra.
func readRow[T any](what string, columns []column[T], row Row, v *T, extra *Row) error {
	seen := make([]bool, len(columns))
	known := 0
fields:
	for i, f := range row {
		// In the usual order the column is where the field is.
		at := i - len(*extra)
		if at >= len(columns) || columns[at].name != f.Name {
			at = 0
			for at < len(columns) && columns[at].name != f.Name {
				at++
			}
			if at == len(columns) {
				*extra = append(*extra, f)
				continue fields
			}
		}
		if seen[at] {
			return fmt.Errorf("%w: %s: field %s twice", ErrFormat, what, f.Name)
		}
		seen[at] = true
		known++
		if err := columns[at].set(v, f.Value); err != nil {
			return fmt.Errorf("%w: %s: field %s: value %q: %w", ErrFormat, what, f.Name, f.Value, err)
		}
	}
	if known == len(columns) {
		return nil
	}
	for i, ok := range seen {
		if !ok {
			return fmt.Errorf("%w: %s: field %s is missing", ErrFormat, what, columns[i].name)
		}
	}
	return nil
}

// rowOf writes v as a row, with extra behind.
func rowOf[T any](columns []column[T], v *T, extra Row) Row {
	row := make(Row, 0, len(columns)+len(extra))
	for _, c := range columns {
		row = append(row, Field{c.name, c.get(v)})
	}
	return append(row, extra...)
}

// The kinds of columns. An empty value is what gs_ctl prints for NULL.

func lsnColumn[T any](name string, at func(*T) *ha.LSN) column[T] {
	return column[T]{name, func(v *T, s string) (err error) {
		if s == "" {
			return nil
		}
		*at(v), err = ha.ParseLSN(s)
		return err
	}, func(v *T) string { return at(v).String() }}
}

func intColumn[T any, I ~int | ~int32 | ~int64](name string, at func(*T) *I) column[T] {
	return column[T]{name, func(v *T, s string) error {
		if s == "" {
			return nil
		}
		n, err := parseDecimal(s)
		if err == nil && int64(I(n)) != n {
			err = errors.New("out of range")
		}
		*at(v) = I(n)
		return err
	}, func(v *T) string { return strconv.FormatInt(int64(*at(v)), 10) }}
}

// parseDecimal reads a number as C's %d prints it.
func parseDecimal(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != s {
		return 0, errors.New("want a decimal number")
	}
	return n, nil
}

func textColumn[T any, S ~string](name string, at func(*T) *S) column[T] {
	return column[T]{name, func(v *T, s string) error {
		*at(v) = S(s)
		return nil
	}, func(v *T) string { return string(*at(v)) }}
}

func roleColumn[T any](name string, at func(*T) *ha.Role) column[T] {
	return column[T]{name, func(v *T, s string) (err error) {
		*at(v), err = ParseRole(s)
		return err
	}, func(v *T) string { return FormatRole(*at(v)) }}
}

func percentColumn[T any](name string, at func(*T) *int) column[T] {
	return column[T]{name, func(v *T, s string) error {
		if s == "" {
			return nil
		}
		digits, ok := strings.CutSuffix(s, "%")
		n, err := parseDecimal(digits)
		if !ok || err != nil || int64(int32(n)) != n {
			return errors.New("want a number and %")
		}
		*at(v) = int(n)
		return nil
	}, func(v *T) string { return strconv.Itoa(*at(v)) + "%" }}
}

func boolColumn[T any](name, yes, no string, at func(*T) *bool) column[T] {
	return column[T]{name, func(v *T, s string) error {
		if s != yes && s != no && s != "" {
			return fmt.Errorf("want %s or %s", yes, no)
		}
		*at(v) = s == yes
		return nil
	}, func(v *T) string {
		if *at(v) {
			return yes
		}
		return no
	}}
}

// Channel is the two ends of a replication connection, as the server sees it.
type Channel struct {
	Local, Remote Endpoint
}

// Endpoint is one end of a channel. Host is an IP address, or a name where the
// server was given one.
type Endpoint struct {
	Host string
	Port int // -1 or 0 when there is none, as on a Unix socket
}

// String gives "host:port", an IPv6 address without brackets as openGauss
// writes it. Use [net.JoinHostPort] to dial.
func (e Endpoint) String() string { return e.Host + ":" + strconv.Itoa(e.Port) }

// Address gives the form that package net dials.
func (e Endpoint) Address() string { return net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) }

func parseEndpoint(s string) (Endpoint, error) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return Endpoint{}, errors.New("want host:port")
	}
	port, err := parseDecimal(s[i+1:])
	if err != nil || port < -1 || port > 65535 {
		return Endpoint{}, errors.New("want a port up to 65535 behind the last colon")
	}
	return Endpoint{s[:i], int(port)}, nil
}

// The arrows say which way the log flows.
const (
	arrowSender   = "-->"
	arrowReceiver = "<--"
)

func channelColumn[T any](name, arrow string, at func(*T) *Channel) column[T] {
	return column[T]{name, func(v *T, s string) (err error) {
		if s == "" {
			return nil
		}
		local, remote, ok := strings.Cut(s, arrow)
		if !ok {
			return errors.New("want local" + arrow + "remote")
		}
		c := at(v)
		if c.Local, err = parseEndpoint(local); err != nil {
			return err
		}
		c.Remote, err = parseEndpoint(remote)
		return err
	}, func(v *T) string {
		c := at(v)
		if *c == (Channel{}) {
			return ""
		}
		return c.Local.String() + arrow + c.Remote.String()
	}}
}
