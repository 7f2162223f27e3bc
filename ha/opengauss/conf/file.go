// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// maxLine is how long a line may be, its end not counted: configuration sync
// gives up on longer ones, and gs_guc cuts them.
const maxLine = 1023

// File is one configuration file, taken apart into lines. What is not changed
// stays as it was, byte for byte.
type File struct {
	name   string
	origin string // the text that was read
	lines  []line
}

type line struct {
	text string // with its end
	setting
	active bool  // it sets something
	err    error // why the server would refuse it
}

// Setting is one line that sets a parameter, or includes a file.
type Setting struct {
	File  string
	Line  int    // from 1
	Name  string // as written; the server does not mind letter case
	Value string // without quotes and escapes
}

// IsInclude reports whether the line includes a file, and whether the file may
// be missing.
func (s Setting) IsInclude() (is, optional bool) {
	switch strings.ToLower(s.Name) {
	case "include":
		return true, false
	case "include_if_exists":
		return true, true
	}
	return false, false
}

// Parse takes a file apart. name is for messages. A line that the server would
// refuse makes no difference to the others; [File.Err] tells.
func Parse(name, text string) *File {
	f := &File{name: name, origin: text, lines: make([]line, 0, strings.Count(text, "\n")+1)}
	for t := range strings.Lines(text) {
		f.lines = append(f.lines, parseLine(t))
	}
	return f
}

func parseLine(text string) line {
	s, ok, err := scan(text)
	return line{text: text, setting: s, active: ok, err: err}
}

// Name gives the name from [Parse].
func (f *File) Name() string { return f.name }

// String gives the text of the file as it is now.
func (f *File) String() string {
	var b strings.Builder
	n := 0
	for _, l := range f.lines {
		n += len(l.text)
	}
	b.Grow(n)
	for _, l := range f.lines {
		b.WriteString(l.text)
	}
	return b.String()
}

// Err joins a [*SyntaxError] for every line that the server would refuse.
func (f *File) Err() error {
	var errs []error
	for i, l := range f.lines {
		if l.err != nil {
			errs = append(errs, &SyntaxError{f.name, i + 1, strings.TrimRight(l.text, "\r\n"), l.err.Error()})
		}
	}
	return errors.Join(errs...)
}

// Settings yields the lines that set something, in the order of the file.
func (f *File) Settings() iter.Seq[Setting] {
	return func(yield func(Setting) bool) {
		for i, l := range f.lines {
			if l.active && !yield(f.setting(i)) {
				return
			}
		}
	}
}

func (f *File) setting(i int) Setting {
	l := f.lines[i]
	return Setting{f.name, i + 1, l.name.of(l.text), unquote(l.value.of(l.text))}
}

// Get gives the last line that sets a parameter: it is the one that counts,
// unless an included file sets it again. Letter case does not matter.
func (f *File) Get(name string) (Setting, bool) {
	for i := range slices.Backward(f.lines) {
		if f.sets(i, name) {
			return f.setting(i), true
		}
	}
	return Setting{}, false
}

func (f *File) sets(i int, name string) bool {
	l := &f.lines[i]
	return l.active && strings.EqualFold(l.name.of(l.text), name)
}

// Set makes a parameter have a value. It changes the last line that sets it;
// else it takes the last line where it stands commented out, as gs_guc does,
// unless a file is included below; else it adds a line at the end. Blanks,
// the spelling of the name, the comment behind the value and, where the value
// allows, quotes or none stay as they are. A line without "=" gets one,
// because gs_guc and configuration sync look for it.
//
// The value is text, not quoted. Errors wrap [ErrInvalid]; nothing is changed
// then.
func (f *File) Set(name, value string) error {
	bad := func(reason string) error {
		return fmt.Errorf("%w: %s: %s: %s", ErrInvalid, f.name, name, reason)
	}
	if kind, at := next(name, 0); (kind != tokenID && kind != tokenDotted) || at != (span{0, len(name)}) {
		return bad("want a name of letters, digits and '_', a letter first, at most one dot")
	}
	if is, _ := (Setting{Name: name}).IsInclude(); is {
		return bad("include is no parameter")
	}
	quotedValue, err := Quote(value)
	if err != nil {
		return bad(err.Error())
	}
	i, found := f.lineFor(name)
	text, end := "", "\n"
	if found {
		text = f.lines[i].text
		end = text[len(strings.TrimRight(text, "\r\n")):]
	} else if n := len(f.lines); n > 0 {
		if last := f.lines[n-1].text; strings.HasSuffix(last, "\r\n") {
			end = "\r\n"
		}
	}
	changed := newLine(text, name, value, quotedValue, end)
	if len(strings.TrimRight(changed, "\r\n")) > maxLine {
		return bad(fmt.Sprintf("the line would be longer than %d bytes", maxLine))
	}
	l := parseLine(changed)
	if got := unquote(l.value.of(changed)); l.err != nil || !l.active || got != value {
		return bad("the line would not be read back as it was meant")
	}
	if found {
		f.lines[i] = l
		return nil
	}
	if n := len(f.lines); n > 0 && !strings.HasSuffix(f.lines[n-1].text, "\n") {
		f.lines[n-1] = parseLine(f.lines[n-1].text + end)
	}
	f.lines = append(f.lines, l)
	return nil
}

// lineFor finds the line to change for a parameter.
func (f *File) lineFor(name string) (int, bool) {
	commented := -1
	for i := range slices.Backward(f.lines) {
		if f.sets(i, name) {
			return i, true
		}
		if commented < 0 && isCommentedOut(f.lines[i].text, name) {
			commented = i
		}
	}
	if commented < 0 {
		return 0, false
	}
	for i := range f.lines[commented:] {
		if l := commented + i; f.lines[l].active {
			if is, _ := f.setting(l).IsInclude(); is {
				return 0, false // what is included below could set it
			}
		}
	}
	return commented, true
}

// isCommentedOut reports whether a line is "#name = value", and nothing but a
// comment behind.
func isCommentedOut(text, name string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(text, " \t"), "#")
	if !ok {
		return false
	}
	s, ok, err := scan(rest)
	return err == nil && ok && s.equal >= 0 && strings.EqualFold(s.name.of(rest), name)
}

// newLine writes the line that sets a value: old with the value replaced, or a
// fresh one when old is empty.
func newLine(old, name, value, quotedValue, end string) string {
	if old == "" {
		if isBare(value) && !needsQuotes(value) {
			quotedValue = value
		}
		return name + " = " + quotedValue + end
	}
	s, ok, _ := scan(old)
	if !ok { // commented out
		indent := old[:strings.IndexByte(old, '#')]
		old = indent + strings.TrimPrefix(old[len(indent):], "#")
		s, _, _ = scan(old)
	}
	if before := s.value.of(old); before[0] != '\'' && isBare(value) {
		quotedValue = value
	}
	head := old[:s.value.from]
	if s.equal < 0 {
		head = old[:s.name.to] + " = "
	}
	return head + quotedValue + old[s.value.to:]
}

// needsQuotes reports whether gs_guc would want quotes: it takes text for a
// string unless it is a number, with or without a unit, or a boolean.
func needsQuotes(value string) bool {
	if _, err := parseBool(value); err == nil {
		return false
	}
	return !isDigit(value[0]) && value[0] != '-' && value[0] != '+'
}

// Unset comments out every line of this file that sets the parameter and
// reports how many there were. gs_guc comments out the last alone, which makes
// the one before it count.
func (f *File) Unset(name string) int {
	n := 0
	for i := range f.lines {
		if f.sets(i, name) {
			f.lines[i] = parseLine("#" + f.lines[i].text)
			n++
		}
	}
	return n
}
