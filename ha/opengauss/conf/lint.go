// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// Lint says what is wrong with a configuration for servers of a release, in
// the order of the lines. [Reason.IsFatal] tells what keeps a server from
// starting. Values are checked for the parameters of [Params].
func Lint(c *Config, r release.Release) []Problem {
	l := linter{release: r, last: map[string]Setting{}}
	for _, s := range c.all {
		l.last[strings.ToLower(s.Name)] = s
	}
	for _, f := range c.files {
		l.file(f)
	}
	return l.found
}

type linter struct {
	release release.Release
	last    map[string]Setting
	found   []Problem
}

func (l *linter) add(file string, line int, name string, reason Reason, detail string) {
	l.found = append(l.found, Problem{file, line, name, reason, detail})
}

func (l *linter) file(f *File) {
	for i := range f.lines {
		ln := &f.lines[i]
		if ln.err != nil {
			l.add(f.name, i+1, "", ReasonSyntax, ln.err.Error())
			continue
		}
		if !ln.active {
			continue
		}
		s := f.setting(i)
		if is, _ := s.IsInclude(); is {
			continue
		}
		if n := len(strings.TrimRight(ln.text, "\r\n")); n > maxLine {
			l.add(s.File, s.Line, s.Name, ReasonLong, fmt.Sprintf("%d bytes: configuration sync gives up on lines of more than %d", n, maxLine))
		}
		l.setting(s, ln)
	}
}

func (l *linter) setting(s Setting, ln *line) {
	lower := strings.ToLower(s.Name)
	known := Known(s.Name)
	switch {
	case known.Has(l.release):
	case hasWord(debugNames, s.Name):
		l.add(s.File, s.Line, s.Name, ReasonDebug, "only servers that were built with assertions know it; others do not start")
	case known != 0:
		l.add(s.File, s.Line, s.Name, ReasonUnknown, fmt.Sprintf("release %s does not know it; these do: %s", l.release, known))
	default:
		l.add(s.File, s.Line, s.Name, ReasonUnknown, "no release knows it")
	}
	if p, ok := ParamByName(s.Name); ok {
		if err := p.Check(s.Value); err != nil {
			l.add(s.File, s.Line, s.Name, ReasonValue, trimInvalid(err))
		}
	}
	if last := l.last[lower]; last != s {
		l.add(s.File, s.Line, s.Name, ReasonDuplicate, fmt.Sprintf("%s:%d sets it again and counts", last.File, last.Line))
		return
	}
	if IsMemberOwn(s.Name) && (s.Name != lower || ln.equal < 0) {
		l.add(s.File, s.Line, s.Name, ReasonUnprotected,
			"configuration sync keeps a member's own line only when the name is in lower case and followed by '='")
	}
	if strings.ContainsAny(s.Value, `'\#`) {
		l.add(s.File, s.Line, s.Name, ReasonQuote, "gs_guc ends a value at the first quote or '#', ALTER SYSTEM doubles no quote: they would damage it")
	}
}

// trimInvalid leaves out what the problem says elsewhere.
func trimInvalid(err error) string {
	text := err.Error()
	if errors.Is(err, ErrInvalid) {
		if _, rest, ok := strings.Cut(text, ": value "); ok {
			return "value " + rest
		}
	}
	return text
}
