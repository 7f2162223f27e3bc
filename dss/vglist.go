// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"slices"
	"strconv"
	"strings"
)

// Space is the space of a volume group, as "dsscmd lsvg" shows it. Sizes are in
// bytes.
type Space struct {
	Name        string
	VolumeCount int
	Size        int64
	Free        int64
	Used        int64
	UsedPercent float64 // as printed, with two digits behind the point
	Recycle     int64   // the part of Free that lies in the recycle area; -1 when the output does not tell
	Volumes     []Volume
}

// Volume is one volume of a group. Its used space counts whole areas, so that
// the sum over the volumes is not the group's.
type Volume struct {
	Path             string
	Size, Free, Used int64
}

// ParseSpace reads the output of "dsscmd lsvg", as a table (-t t) or in detail
// (-t d). m is the unit that option -m asked for, [MeasureBytes] without it.
//
// The table of releases before 7.0.0-RC1 has room for names of 13 letters; a
// longer one runs into the next column, and the output is refused when the two
// cannot be told apart. The detailed form has no such trouble.
func ParseSpace(text string, m Measure) ([]Space, error) {
	lines := outputLines(text)
	i := slices.IndexFunc(lines, func(l outputLine) bool { return strings.HasPrefix(l.text, "vg_name") })
	switch {
	case i < 0:
		return nil, &OutputError{Verb: "lsvg", Reason: "want a line that begins with vg_name"}
	case strings.HasPrefix(lines[i].text, "vg_name:"):
		return parseSpaceDetail(lines[i:], m)
	default:
		return parseSpaceTable(lines[i:], m)
	}
}

// spaceColumns are those that must be there.
var spaceColumns = [...]string{"vg_name", "volume_count", "size", "free", "used", "percent(%)"}

func parseSpaceTable(lines []outputLine, m Measure) ([]Space, error) {
	header := strings.Fields(lines[0].text)
	var at [len(spaceColumns)]int
	for i, name := range spaceColumns {
		if at[i] = slices.Index(header, name); at[i] < 0 {
			return nil, lines[0].bad("lsvg", "want a column "+name)
		}
	}
	all := []Space{}
	for _, line := range lines[1:] {
		if isSummary(line.text) {
			return all, nil
		}
		fields := strings.Fields(line.text)
		if len(fields) == len(header)-1 && at[0] == 0 && at[1] == 1 {
			name, count, ok := runTogether(fields[0])
			if !ok {
				return nil, line.bad("lsvg", "name and volume_count run into each other, ask for the detailed form")
			}
			fields = slices.Insert(fields[1:], 0, name, count)
		}
		if len(fields) < len(header) {
			return nil, line.bad("lsvg", "want "+itoa(len(header))+" columns")
		}
		s := Space{Name: fields[at[0]], Recycle: -1}
		r := fieldReader{}
		s.VolumeCount = r.count(fields[at[1]])
		s.Size, s.Free, s.Used = r.size(fields[at[2]], m), r.size(fields[at[3]], m), r.size(fields[at[4]], m)
		s.UsedPercent = r.float(fields[at[5]])
		if r.bad || !isName(s.Name) {
			return nil, line.bad("lsvg", "want a name, a count, sizes and a percentage")
		}
		all = append(all, s)
	}
	return nil, &OutputError{Verb: "lsvg", Reason: "the end is missing"}
}

// runTogether takes a name and the number of its volumes apart. That is only
// possible when the name does not end in a digit itself.
func runTogether(text string) (name, count string, ok bool) {
	name = strings.TrimRight(text, "0123456789")
	count = text[len(name):]
	// A group has at most 256 volumes, and names of 13 letters still have a blank.
	return name, count, len(name) > 13 && len(count) == 1 && count != "0"
}

// isSummary reports whether a line is the sentence at the end of an output.
func isSummary(line string) bool {
	return strings.HasPrefix(line, "Succeed to ") || strings.HasPrefix(line, "Success to ")
}

// fieldReader reads numbers and remembers whether one was none.
type fieldReader struct{ bad bool }

func (r *fieldReader) size(text string, m Measure) int64 {
	n, err := measured(text, m)
	r.bad = r.bad || err != nil
	return n
}

func (r *fieldReader) count(text string) int { return int(r.uint(text, 31)) }

func (r *fieldReader) uint(text string, bits int) uint64 {
	n, err := strconv.ParseUint(text, 10, bits)
	r.bad = r.bad || err != nil
	return n
}

func (r *fieldReader) float(text string) float64 {
	f, err := strconv.ParseFloat(text, 64)
	r.bad = r.bad || err != nil || f != f
	return f
}

// parseSpaceDetail reads "key:value" lines: one vg_name begins a group, one
// volume_name a volume. Keys that it does not know are left out.
func parseSpaceDetail(lines []outputLine, m Measure) ([]Space, error) {
	const verb = "lsvg"
	all := []Space{}
	seen := map[string]bool{}
	complete := func(line outputLine) error {
		for _, key := range [...]string{"volume_count", "vg_size", "vg_free", "vg_used", "vg_used_percent"} {
			if !seen[key] {
				return line.bad(verb, "before this line "+key+" is missing")
			}
		}
		if s := all[len(all)-1]; len(s.Volumes) != s.VolumeCount {
			return line.bad(verb, "the volumes before this line are not as many as volume_count")
		}
		return nil
	}
	for _, line := range lines {
		if isSummary(line.text) {
			return all, complete(line)
		}
		key, value, ok := strings.Cut(strings.TrimSpace(line.text), ":")
		if !ok {
			return nil, line.bad(verb, "want key:value")
		}
		if key == "vg_name" {
			if len(all) > 0 {
				if err := complete(line); err != nil {
					return nil, err
				}
			}
			clear(seen)
			all = append(all, Space{Name: value, Recycle: -1})
			continue
		}
		seen[key] = true
		if !all[len(all)-1].detail(key, value, m) {
			return nil, line.bad(verb, "want a number behind "+key)
		}
	}
	return nil, &OutputError{Verb: verb, Reason: "the end is missing"}
}

// detail takes one line over and reports whether its value could be read.
func (s *Space) detail(key, value string, m Measure) bool {
	r := fieldReader{}
	last := &Volume{}
	if n := len(s.Volumes); n > 0 {
		last = &s.Volumes[n-1]
	}
	switch key {
	case "volume_name":
		s.Volumes = append(s.Volumes, Volume{Path: value})
	case "volume_count":
		s.VolumeCount = r.count(value)
	case "volume_size":
		last.Size = r.size(value, m)
	case "volume_free":
		last.Free = r.size(value, m)
	case "volume_used":
		last.Used = r.size(value, m)
	case "recycle_size":
		s.Recycle = r.size(value, m)
	case "vg_size":
		s.Size = r.size(value, m)
	case "vg_free":
		s.Free = r.size(value, m)
	case "vg_used":
		s.Used = r.size(value, m)
	case "vg_used_percent":
		s.UsedPercent = r.float(value)
	}
	return !r.bad
}
