// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"strings"
)

// document is a file of "name separator value" lines. What is not changed stays
// as it was, byte for byte.
//
// Source of the grammar, for both files: cm_parse_config of CBB (cm_config.c)
// and dss_parse_vg_config of DSS (dss_diskgroup.c). Whatever is not above a
// blank is trimmed, a line whose first character then is '#' is a comment, and
// the first separator splits.
type document struct {
	name   string
	origin string // the text that was read
	sep    byte
	lines  []docLine
}

type docLine struct {
	text   string // with its end
	body   span   // without blanks around it and without the end; empty for a blank line
	key    span
	value  span
	active bool // neither blank nor comment
	split  bool // it has a separator
}

type span struct{ from, to int }

func (s span) of(text string) string { return text[s.from:s.to] }

func isBlank(c byte) bool { return c <= ' ' }

// trimmed gives the part of text[from:to] without blanks around it.
func trimmed(text string, from, to int) span {
	for from < to && isBlank(text[from]) {
		from++
	}
	for to > from && isBlank(text[to-1]) {
		to--
	}
	return span{from, to}
}

func parseDocument(name, text string, sep byte) document {
	d := document{name: name, origin: text, sep: sep, lines: make([]docLine, 0, strings.Count(text, "\n")+1)}
	for t := range strings.Lines(text) {
		d.lines = append(d.lines, parseDocLine(t, sep))
	}
	return d
}

func parseDocLine(text string, sep byte) docLine {
	l := docLine{text: text, body: trimmed(text, 0, len(text))}
	if l.body.from == l.body.to || text[l.body.from] == '#' {
		return l
	}
	l.active = true
	l.key = l.body
	l.value = span{l.body.to, l.body.to}
	if i := strings.IndexByte(l.body.of(text), sep); i >= 0 {
		l.split = true
		l.key = trimmed(text, l.body.from, l.body.from+i)
		l.value = trimmed(text, l.body.from+i+1, l.body.to)
	}
	return l
}

// Name gives the name of the file.
func (d *document) Name() string { return d.name }

// String gives the text of the file as it is now.
func (d *document) String() string {
	n := 0
	for i := range d.lines {
		n += len(d.lines[i].text)
	}
	var b strings.Builder
	b.Grow(n)
	for i := range d.lines {
		b.WriteString(d.lines[i].text)
	}
	return b.String()
}

func (d *document) keyOf(i int) string   { return d.lines[i].key.of(d.lines[i].text) }
func (d *document) valueOf(i int) string { return d.lines[i].value.of(d.lines[i].text) }

// setLine gives line i another text.
func (d *document) setLine(i int, text string) { d.lines[i] = parseDocLine(text, d.sep) }

// setValue replaces the value of line i and nothing else. A line without a
// separator gets one.
func (d *document) setValue(i int, value string) {
	l := d.lines[i]
	if !l.split {
		value = string(d.sep) + value
	}
	d.setLine(i, l.text[:l.value.from]+value+l.text[l.value.to:])
}

// add puts a line at the end, in the manner of the lines that are there: with
// or without blanks around the separator, and with their line end.
func (d *document) add(key, value string) {
	between, end := string(d.sep), "\n"
	for i := range d.lines {
		if l := d.lines[i]; l.active && l.split {
			if b := l.text[l.key.to:l.value.from]; strings.Trim(b, " \t"+string(d.sep)) == "" {
				between = b
			}
			break
		}
	}
	if n := len(d.lines); n > 0 {
		switch last := d.lines[n-1].text; {
		case strings.HasSuffix(last, "\r\n"):
			end = "\r\n"
		case !strings.HasSuffix(last, "\n"):
			if n > 1 && strings.HasSuffix(d.lines[n-2].text, "\r\n") {
				end = "\r\n"
			}
			d.setLine(n-1, last+end)
		}
	}
	d.lines = append(d.lines, parseDocLine(key+between+value+end, d.sep))
}

// comment makes line i a comment.
func (d *document) comment(i int) { d.setLine(i, "#"+d.lines[i].text) }

// problem makes a problem of line i.
func (d *document) problem(i int, r Reason, detail string) Problem {
	return Problem{Reason: r, File: d.name, Line: i + 1, Offset: -1, Detail: detail}
}

// lintSizes finds what no parser of this kind of file takes.
func (d *document) lintSizes() Problems {
	var found Problems
	size := 0
	for i := range d.lines {
		l := d.lines[i]
		size += len(l.text)
		if n := l.body.to - l.body.from; n > maxLine {
			p := d.problem(i, ReasonLineLength, "")
			found = append(found, p)
		}
	}
	if size > maxFileSize {
		found = append(found, Problem{Reason: ReasonFileSize, File: d.name, Offset: -1})
	}
	return found
}
