// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Code is an error number of DMS. It is an error, for [errors.Is]:
//
//	errors.Is(err, dms.CodeReformInProcess)
//
// Numbers below 10000 come from the base library beneath DMS and have no name
// here.
type Code int

// Codes yields all numbers of DMS in their order.
func Codes() iter.Seq[Code] {
	return func(yield func(Code) bool) {
		for _, c := range codes {
			if !yield(c.code) {
				return
			}
		}
	}
}

func (c Code) row() (int, bool) {
	return slices.BinarySearchFunc(codes[:], c, func(row codeRow, c Code) int { return cmp.Compare(row.code, c) })
}

// ParseCode reads a number in decimal digits, or a name such as
// "ERRNO_DMS_REFORM_FAIL". The error wraps [ErrFormat].
func ParseCode(s string) (Code, error) {
	for _, row := range codes {
		if row.name == s {
			return row.code, nil
		}
	}
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%w: error number %s: want a number, or a name that begins with ERRNO_DMS", ErrFormat, quoteShort(s))
	}
	return Code(n), nil
}

// IsKnown reports whether the number is one of DMS.
func (c Code) IsKnown() bool {
	_, ok := c.row()
	return ok
}

// Name returns the library's name of the number, "" when it has none.
func (c Code) Name() string {
	if i, ok := c.row(); ok {
		return codes[i].name
	}
	return ""
}

// Text says in a few words what the number means, "" when it is not known.
func (c Code) Text() string {
	if i, ok := c.row(); ok {
		return codes[i].text
	}
	return ""
}

// Area is the part of DMS from which an error comes.
type Area uint8

// The areas.
const (
	AreaUnknown   Area = iota // not DMS
	AreaCommon                // messages, memory, parameters
	AreaData                  // pages and transactions between instances
	AreaDirectory             // who owns which page and lock
	AreaLock                  // distributed locks
	AreaCallback              // what the database itself answered
	AreaReform                // membership and change of the primary
)

var areaWords = words{{"unknown"}, {"common"}, {"data"}, {"directory"}, {"lock"}, {"callback"}, {"reform"}} // read-only

// String returns the name, for example "reform".
func (a Area) String() string { return areaWords.name("Area", int(a)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (a Area) MarshalText() ([]byte, error) { return areaWords.marshal("area", int(a)) }

// Area returns the part of DMS that the number belongs to, by its range
// (dms_error.h).
func (c Code) Area() Area {
	switch {
	case c <= 10000 || c > 18000:
		return AreaUnknown
	case c <= 11000:
		return AreaCommon
	case c <= 13000:
		return AreaData
	case c <= 15000:
		return AreaDirectory
	case c <= 16000:
		return AreaLock
	case c <= 17000:
		return AreaCallback
	default:
		return AreaReform
	}
}

// Error says number, name and meaning.
func (c Code) Error() string {
	if i, ok := c.row(); ok {
		return fmt.Sprintf("dms: error %d: %s (%s)", int(c), codes[i].text, codes[i].name)
	}
	return fmt.Sprintf("dms: error %d", int(c))
}

// Cause is one line of an [Error].
type Cause struct {
	Code Code
	Text string // the library's
}

// Error is an error of the library with its texts. Beneath the first can stand
// others, that came of it. It matches the [Code] of each.
type Error struct {
	Causes []Cause // never empty
}

// ParseError makes an error of what dms_get_error gives, or of what a server
// logs when it cannot start: "failed to initialize dms, errno: 10006, reason:
// ...". The first line of the text belongs to the number, each further one
// begins with its own: "ERR-10006, ...".
func ParseError(code Code, text string) *Error {
	e := &Error{}
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		number, rest, ok := strings.Cut(strings.TrimPrefix(line, "ERR-"), ", ")
		n, err := strconv.ParseUint(number, 10, 31)
		switch {
		case i == 0:
			e.Causes = append(e.Causes, Cause{code, line})
		case ok && err == nil && strings.HasPrefix(line, "ERR-"):
			e.Causes = append(e.Causes, Cause{Code(n), rest})
		default: // a text of several lines
			last := &e.Causes[len(e.Causes)-1]
			last.Text += "\n" + line
		}
	}
	return e
}

// ParseServerError reads the line that a server logs when DMS cannot start.
// False means that the line is another.
func ParseServerError(line string) (*Error, bool) {
	_, rest, ok := strings.Cut(line, "failed to initialize dms, errno: ")
	number, reason, cut := strings.Cut(rest, ", reason: ")
	n, err := strconv.ParseInt(number, 10, 32)
	if !ok || !cut || err != nil {
		return nil, false
	}
	return ParseError(Code(n), reason), true
}

// Error says everything that the library said.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("dms: ")
	for i, c := range e.Causes {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "error %d: %s", int(c.Code), strings.ReplaceAll(cmp.Or(c.Text, c.Code.Text()), "\n", " "))
	}
	return b.String()
}

// Unwrap returns the code of each cause.
func (e *Error) Unwrap() []error {
	all := make([]error, len(e.Causes))
	for i, c := range e.Causes {
		all[i] = c.Code
	}
	return all
}
