// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrInvalid is matched by every [Problem] and by every error of this package
// that is made of problems.
var ErrInvalid = errors.New("dms: invalid value")

// ErrFormat is the error for what a server, a tool or a file says and this
// package does not understand: cut short, damaged, or of another release.
var ErrFormat = errors.New("dms: unexpected format")

// Problem is one thing that is wrong with a value, a setting or a cluster.
type Problem struct {
	Reason Reason
	Node   string // name of the cluster's node whose settings it concerns; empty for a value alone
	Index  int    // which entry of the URL, from 0; -1 when it concerns none or all
	Key    string // the part of the entry, or the parameter; empty when it concerns the whole
	Text   string // what is there
	Offset int    // of Text in the URL, in bytes from 0; -1 when it has no place there
	Detail string // what would be right, or what contradicts; may be empty
}

// Error says where, what, and the reason's code.
func (p Problem) Error() string {
	var b strings.Builder
	if p.Node != "" {
		fmt.Fprintf(&b, "node %s: ", p.Node)
	}
	if p.Offset >= 0 {
		fmt.Fprintf(&b, "offset %d: ", p.Offset)
	}
	if p.Index >= 0 {
		fmt.Fprintf(&b, "entry %d: ", p.Index)
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	if p.Text != "" {
		b.WriteString(quoteShort(p.Text) + ": ")
	}
	b.WriteString(p.Reason.text())
	if p.Detail != "" {
		b.WriteString(": " + p.Detail)
	}
	fmt.Fprintf(&b, " (%s)", p.Reason)
	return b.String()
}

// Is makes every Problem match [ErrInvalid].
func (p Problem) Is(target error) bool { return target == ErrInvalid }

// quoteShort quotes s, cut to what a line of a log can carry.
func quoteShort(s string) string {
	const most = 64
	if len(s) > most {
		return fmt.Sprintf("%q...", s[:most])
	}
	return fmt.Sprintf("%q", s)
}

// Problems is everything that is wrong, in a stable order: entry by entry in the
// order of the text, then by the order of the rules. As an error it matches
// [ErrInvalid], and [errors.As] finds the first [Problem].
type Problems []Problem

// Error lists all problems.
func (ps Problems) Error() string {
	var b strings.Builder
	b.WriteString(ErrInvalid.Error())
	for i, p := range ps {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(p.Error())
	}
	return b.String()
}

// Is makes the error match [ErrInvalid].
func (ps Problems) Is(target error) bool { return target == ErrInvalid }

// Unwrap returns the problems one by one.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// Err returns the problems that are more than advice as an error, nil when
// there are none.
func (ps Problems) Err() error {
	if hard := ps.filter(false); len(hard) > 0 {
		return hard
	}
	return nil
}

// Advice returns the problems that a cluster works in spite of.
func (ps Problems) Advice() Problems { return ps.filter(true) }

func (ps Problems) filter(advice bool) Problems {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Reason.IsAdvice() != advice })
}

// Has reports whether a problem with this reason is among ps.
func (ps Problems) Has(r Reason) bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Reason == r })
}
