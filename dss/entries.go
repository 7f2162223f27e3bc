// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// FileType is the type of a file in a volume group.
type FileType uint8

// The types.
const (
	TypeDir FileType = iota
	TypeFile
	TypeLink
	numTypes
)

const typeLetters = "d-l"

// String gives the letter that "dsscmd ls" prints: d, - or l.
func (t FileType) String() string {
	if t < numTypes {
		return typeLetters[t : t+1]
	}
	return fmt.Sprintf("FileType(%d)", uint8(t))
}

// Entry is one file, directory or link, as "dsscmd ls" shows it. Sizes are in
// bytes.
type Entry struct {
	Type    FileType
	Name    string
	Created time.Time
	Size    int64 // allocated
	Written int64 // the length of the content; -1 when the output does not tell
	// Initialized is up to where the content has been written at least once; -1
	// when the output does not tell (option -w 1 asks for it).
	Initialized int64
	// FID and NodeID are the server's numbers of the file. HasIDs is false when
	// the output does not tell: releases before 6.0.0 leave them out, and with a
	// FID of five digits or more the two columns run into each other.
	FID, NodeID uint64
	HasIDs      bool
}

// entryColumns are those that must be there.
var entryColumns = [...]string{"type", "time", "size", "name"}

// ParseEntries reads the output of "dsscmd ls". m is the unit that option -m
// asked for, [MeasureBytes] without it; loc is the time zone of the machine
// that printed it. Columns that it does not know are left out.
func ParseEntries(text string, m Measure, loc *time.Location) ([]Entry, error) {
	lines := outputLines(text)
	i := slices.IndexFunc(lines, func(l outputLine) bool { return strings.HasPrefix(l.text, "type ") })
	if i < 0 {
		return nil, &OutputError{Verb: "ls", Reason: "want a line that begins with type"}
	}
	header := strings.Fields(lines[i].text)
	for _, name := range entryColumns {
		if !slices.Contains(header, name) {
			return nil, lines[i].bad("ls", "want a column "+name)
		}
	}
	entries := []Entry{}
	for _, line := range lines[i+1:] {
		if isSummary(line.text) {
			return entries, nil
		}
		e, err := parseEntry(line, header, m, loc)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return nil, &OutputError{Verb: "ls", Reason: "the end is missing"}
}

func parseEntry(line outputLine, header []string, m Measure, loc *time.Location) (Entry, error) {
	fields := strings.Fields(line.text)
	if n := len(header); n > 1 && len(fields) == n && header[n-2] == "fid" && header[n-1] == "node_id" {
		// The time counts for two, so one is missing: the ids run together.
		header, fields = header[:n-2], fields[:n-1]
	}
	if len(fields) < len(header)+1 {
		return Entry{}, line.bad("ls", "want "+itoa(len(header))+" columns")
	}
	e := Entry{Written: -1, Initialized: -1}
	r := fieldReader{}
	for _, name := range header {
		text := fields[0]
		fields = fields[1:]
		switch name {
		case "type":
			letter := strings.Index(typeLetters, text)
			r.bad = r.bad || len(text) != 1 || letter < 0
			e.Type = FileType(letter)
		case "time":
			var err error
			e.Created, err = time.ParseInLocation(time.DateTime, text+" "+fields[0], loc)
			r.bad = r.bad || err != nil
			fields = fields[1:]
		case "size":
			e.Size = r.size(text, m)
		case "written_size":
			e.Written = r.size(text, m)
		case "min_inited_size":
			e.Initialized = r.size(text, m)
		case "name":
			e.Name = text
		case "fid":
			e.FID = r.uint(text, 64)
		case "node_id":
			e.NodeID, e.HasIDs = r.uint(text, 64), true
		}
	}
	if r.bad {
		return Entry{}, line.bad("ls", "want type, time, sizes, name and numbers")
	}
	return e, nil
}
