// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"fmt"
	"slices"
	"strings"
)

// Code says what a [Finding] is about. Its text is stable and made for
// programs: "reads-other".
type Code uint8

// The codes of [Lint].
const (
	// CodeProblem: Parse refuses the value; Finding.Reason says why.
	CodeProblem Code = iota + 1
	// CodeRefuses: the reader refuses the whole value.
	CodeRefuses
	// CodeRaises: the reader fails with an error while it copies a host.
	CodeRaises
	// CodeOverrun: the reader leaves its buffer at a host without a blank.
	CodeOverrun
	// CodeReadsOther: the reader understands another value for the key.
	CodeReadsOther
	// CodeOnlyFirst: the reader uses the first channel and drops the others.
	CodeOnlyFirst
	// CodeOnlyLast: the reader uses the last channel, with flags of all.
	CodeOnlyLast
	// CodeIgnored: the reader does not know the key.
	CodeIgnored
	// CodeSpelling: an address is not spelled as the server prints it, so that
	// comparisons as text fail.
	CodeSpelling
	// CodeHostName: a name stands where the reader works with addresses only.
	CodeHostName
	// CodeDropsRest: the reader loses what stands behind its last field.
	CodeDropsRest
	// CodeOneSided: only one of the two heartbeat ports is given.
	CodeOneSided
	// CodeTooLong: the value or its line is longer than the reader takes.
	CodeTooLong
	// CodeQuoting: the value holds a quote, '\', '#' or a line end.
	CodeQuoting
)

var codes = labels{ // read-only
	CodeProblem:    {"problem", "is not valid"},
	CodeRefuses:    {"refuses", "is refused"},
	CodeRaises:     {"raises", "raises an error, the host is too long"},
	CodeOverrun:    {"overrun", "makes the reader run past the end of its buffer, put a blank behind the host"},
	CodeReadsOther: {"reads-other", "is understood differently"},
	CodeOnlyFirst:  {"only-first", "has several channels, only the first is used"},
	CodeOnlyLast:   {"only-last", "has several channels, only the last is used"},
	CodeIgnored:    {"ignored", "is ignored"},
	CodeSpelling:   {"spelling", "is spelled differently from how the server prints this address"},
	CodeHostName:   {"host-name", "is a name, only IP addresses work here"},
	CodeDropsRest:  {"drops-rest", "loses what follows the eight fields"},
	CodeOneSided:   {"one-sided", "has one heartbeat port only, the heartbeat is not started for it"},
	CodeTooLong:    {"too-long", "is too long"},
	CodeQuoting:    {"quoting", "has a character that does not survive the configuration file"},
}

// String returns the code, for example "reads-other".
func (c Code) String() string { return codes.code("Code", uint8(c)) }

// MarshalText implements [encoding.TextMarshaler] with the code.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Finding is one thing that [Lint] found. It is comparable.
type Finding struct {
	Slot   Slot
	Reader Reader
	Code   Code
	Reason Reason // of CodeProblem
	Key    string // empty when the value as a whole is meant
	Want   string // what Parse reads, where that matters
	Got    string // what the reader reads, loses or stumbles over
	Offset int    // in the text; -1 when no place can be named
}

// String says it in one line.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: ", f.Slot, f.Reader)
	if f.Code == CodeProblem {
		b.WriteString(Problem{Reason: f.Reason, Key: f.Key, Text: f.Got, Offset: f.Offset}.Error())
		return b.String()
	}
	if f.Offset >= 0 {
		fmt.Fprintf(&b, "offset %d: ", f.Offset)
	}
	subject := f.Key
	if subject == "" {
		subject = "value"
	}
	fmt.Fprintf(&b, "%s %s (%s)", subject, codes.text(uint8(f.Code)), f.Code)
	switch {
	case f.Code == CodeReadsOther:
		fmt.Fprintf(&b, ": %q instead of %q", f.Got, f.Want)
	case f.Want != "":
		fmt.Fprintf(&b, ": %q, better %q", f.Got, f.Want)
	case f.Got != "":
		fmt.Fprintf(&b, ": %q", f.Got)
	}
	return b.String()
}

// Findings is what [Lint] returns.
type Findings []Finding

// Of returns the findings of some readers.
func (f Findings) Of(readers ...Reader) Findings {
	return slices.DeleteFunc(slices.Clone(f), func(x Finding) bool { return !slices.Contains(readers, x.Reader) })
}

// Has reports whether a code is among the findings.
func (f Findings) Has(code Code) bool {
	return slices.ContainsFunc(f, func(x Finding) bool { return x.Code == code })
}

// String returns one line for each finding.
func (f Findings) String() string {
	var b strings.Builder
	for _, x := range f {
		b.WriteString(x.String() + "\n")
	}
	return b.String()
}
