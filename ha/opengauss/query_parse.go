// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"fmt"
	"strings"
)

// ParseQuery reads what "gs_ctl query" printed on standard output, in either
// of its two layouts. Lines that belong to no section are allowed anywhere and
// kept in Log. The error wraps [ErrFormat] when there is no state in the
// output, or when it is cut short; [ReadQuery] says why there is none.
//
// Source of the layouts: pg_ctl.cpp (do_query, display_query), streamutil.cpp
// (exe_sql).
func ParseQuery(output string) (Query, error) {
	var q Query
	parts, log := splitSections(output)
	q.Log = log
	state, ok := take(parts, SectionHA)
	if !ok {
		return Query{}, fmt.Errorf("%w: gs_ctl query: no section %q", ErrFormat, SectionHA)
	}
	if err := q.readState(state); err != nil {
		return Query{}, err
	}
	senders, hasSenders := take(parts, SectionSenders)
	receiver, hasReceiver := take(parts, SectionReceiver)
	paxos, hasPaxos := take(parts, SectionPaxos)
	switch {
	case hasPaxos && (hasSenders || hasReceiver):
		return Query{}, fmt.Errorf("%w: gs_ctl query: section %q beside that of DCF", ErrFormat, SectionSenders)
	case hasPaxos:
		q.DCF = true
		return q, q.readPaxos(paxos)
	case q.Source == SourceStateFile && !hasSenders && !hasReceiver:
		q.DCF = true // display_query leaves the two sections out
		return q, nil
	case !hasSenders || !hasReceiver:
		return Query{}, fmt.Errorf("%w: gs_ctl query: cut short: sections %q and %q are not both there", ErrFormat, SectionSenders, SectionReceiver)
	}
	if err := q.readSenders(senders); err != nil {
		return Query{}, err
	}
	if err := q.readReceiver(receiver); err != nil {
		return Query{}, err
	}
	return q, nil
}

// part is the text of a section, taken apart.
type part struct {
	title  Section
	rows   []Row
	closed bool // the last row was ended by an empty line
	empty  bool // "No information"
	failed bool // the SQL failed
}

func take(parts []part, title Section) (part, bool) {
	for _, p := range parts {
		if p.title == title {
			return p, true
		}
	}
	return part{}, false
}

func (q *Query) readState(p part) error {
	if p.failed {
		q.Failed = append(q.Failed, SectionHA)
		q.HA.State = StateUnknown
		return nil
	}
	if len(p.rows) != 1 {
		return fmt.Errorf("%w: %s %d rows, want 1", ErrFormat, SectionHA, len(p.rows))
	}
	row := p.rows[0]
	for i, f := range row {
		if f.Name != fieldSyncMode {
			continue
		}
		if f.Value != syncMode(true) && f.Value != syncMode(false) {
			return fmt.Errorf("%w: %s field %s: value %q: want Sync or Async", ErrFormat, SectionHA, fieldSyncMode, f.Value)
		}
		q.Source, q.IsSync = SourceStateFile, f.Value == syncMode(true)
		row = append(row[:i:i], row[i+1:]...)
		break
	}
	if q.Source == SourceServer && !p.closed {
		return cutShort(SectionHA)
	}
	h, err := ReadHAState(row)
	if q.Source == SourceStateFile {
		h.Detail = Detail(strings.TrimRight(string(h.Detail), "\n"))
	}
	q.HA = h
	return err
}

func cutShort(s Section) error {
	return fmt.Errorf("%w: gs_ctl query: section %q is cut short", ErrFormat, s)
}

// usable reports whether a section of the server has rows, and checks that it
// is whole.
func (q *Query) usable(p part) (bool, error) {
	switch {
	case p.failed:
		q.Failed = append(q.Failed, p.title)
		return false, nil
	case p.empty:
		if len(p.rows) > 0 {
			return false, fmt.Errorf("%w: section %q: rows and %q", ErrFormat, p.title, noInformation)
		}
		return false, nil
	case len(p.rows) == 0 || !p.closed:
		return false, cutShort(p.title)
	}
	return true, nil
}

func (q *Query) readSenders(p part) error {
	ok, err := q.usable(p)
	if !ok {
		return err
	}
	for _, row := range p.rows {
		s, err := ReadSender(row)
		if err != nil {
			return err
		}
		q.Senders = append(q.Senders, s)
	}
	return nil
}

func (q *Query) readReceiver(p part) error {
	ok, err := q.usable(p)
	if !ok {
		return err
	}
	if len(p.rows) > 1 {
		return fmt.Errorf("%w: section %q: %d rows, want at most 1", ErrFormat, p.title, len(p.rows))
	}
	r, err := ReadReceiver(p.rows[0])
	q.Receiver = &r
	return err
}

func (q *Query) readPaxos(p part) error {
	ok, err := q.usable(p)
	if !ok {
		return err
	}
	if len(p.rows) > 1 {
		return fmt.Errorf("%w: section %q: %d rows, want at most 1", ErrFormat, p.title, len(p.rows))
	}
	px, err := ReadPaxos(p.rows[0])
	q.Paxos = &px
	return err
}

// splitSections takes the output apart. Lines of no section are the log.
func splitSections(output string) (parts []part, log []string) {
	s := splitter{fileLayout: hasSyncMode(output)}
	lines := strings.Split(output, "\n")
	whole := lines[:len(lines)-1] // what ends in a line end
	for _, line := range whole {
		s.line(line)
	}
	// A last line without its end may be half a line: it counts only where no
	// harm can come of it.
	if last := lines[len(lines)-1]; last != "" {
		s.log = append(s.log, last)
	}
	return s.parts, s.log
}

// hasSyncMode reports whether the state file is shown: only that layout has
// the line, and only there a value can go over several lines.
func hasSyncMode(output string) bool {
	for line := range strings.Lines(output) {
		if f, ok := fieldOf(strings.TrimSuffix(line, "\n")); ok && f.Name == fieldSyncMode {
			return true
		}
	}
	return false
}

type splitter struct {
	fileLayout bool
	inDetail   bool // the value of detail_information goes on
	inRow      bool
	parts      []part
	log        []string
}

func (s *splitter) line(line string) {
	f, isField := fieldOf(line)
	if s.inDetail {
		if !isField || f.Name != fieldSyncMode {
			row := s.row()
			(*row)[len(*row)-1].Value += "\n" + line
			return
		}
		s.inDetail = false
	}
	if title, ok := titleOf(line); ok {
		s.parts = append(s.parts, part{title: title})
		s.inRow = false
		return
	}
	if len(s.parts) == 0 {
		s.log = append(s.log, line)
		return
	}
	p := &s.parts[len(s.parts)-1]
	switch {
	case isField:
		if !s.inRow {
			p.rows = append(p.rows, nil)
			s.inRow, p.closed = true, false
		}
		row := s.row()
		*row = append(*row, f)
		s.inDetail = s.fileLayout && f.Name == "detail_information"
	case strings.TrimSpace(line) == "":
		if s.inRow {
			p.closed = true
		}
		s.inRow = false
	case strings.TrimSpace(line) == noInformation:
		p.empty = true
	case strings.HasSuffix(line, failedSQL):
		p.failed = true
		if line != failedSQL {
			s.log = append(s.log, line)
		}
	default:
		s.log = append(s.log, line)
	}
}

func (s *splitter) row() *Row {
	p := &s.parts[len(s.parts)-1]
	return &p.rows[len(p.rows)-1]
}

// titleOf reads the title line of a section: one blank in front, others behind.
func titleOf(line string) (Section, bool) {
	if len(line) < 2 || line[0] != ' ' || line[1] == ' ' {
		return "", false
	}
	switch t := Section(strings.TrimRight(line[1:], " \r")); t {
	case SectionHA, SectionSenders, SectionReceiver, SectionPaxos, sectionBuild:
		return t, true
	}
	return "", false
}

// fieldOf reads the line of a field: a tab or at least two blanks, the name,
// blanks, a colon, at most one blank, the value.
func fieldOf(line string) (Field, bool) {
	rest := strings.TrimLeft(line, " \t")
	indent := line[:len(line)-len(rest)]
	if indent == "" || indent == " " {
		return Field{}, false
	}
	end := 0
	for end < len(rest) && isNameByte(rest[end]) {
		end++
	}
	value, ok := strings.CutPrefix(strings.TrimLeft(rest[end:], " "), ":")
	if end == 0 || !ok {
		return Field{}, false
	}
	return Field{rest[:end], strings.TrimSuffix(strings.TrimPrefix(value, " "), "\r")}, true
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
