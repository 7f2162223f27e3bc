// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// VGs is the file dss_vg_conf.ini, taken apart into lines. What is not changed
// stays as it was, byte for byte.
type VGs struct {
	document
}

// VG is one volume group of dss_vg_conf.ini.
type VG struct {
	ID   int    // its place in the file, from 0; XLOG_VG_ID refers to it
	Name string // without '+'
	Path string // of the entry volume, a device or a plain file
	Line int    // in the file, from 1
}

// ParseVGs takes a file apart. name is for messages. Nothing is an error here:
// [VGs.Lint] tells what a server would refuse.
func ParseVGs(name, text string) *VGs { return &VGs{parseDocument(name, text, ':')} }

// OpenVGs reads the file at path.
func OpenVGs(path string) (*VGs, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("dss: %w", err)
	}
	return ParseVGs(path, string(text)), nil
}

// Groups gives the volume groups in the order of the file, those with problems
// included, because they count when the others are numbered.
func (v *VGs) Groups() []VG {
	var groups []VG
	for i := range v.lines {
		if v.lines[i].active {
			groups = append(groups, VG{len(groups), v.keyOf(i), v.valueOf(i), i + 1})
		}
	}
	return groups
}

// Get gives the volume group with a name, which may begin with '+' as in
// paths. Letter case matters, as it does for the server.
func (v *VGs) Get(name string) (VG, bool) {
	name = strings.TrimPrefix(name, "+")
	for _, g := range v.Groups() {
		if g.Name == name {
			return g, true
		}
	}
	return VG{}, false
}

// Lint reports everything that is wrong with the file: what keeps a server
// from starting, and names that it would cut silently.
func (v *VGs) Lint() Problems {
	found := v.lintSizes()
	names, paths := map[string]int{}, map[string]int{}
	groups := v.Groups()
	for _, g := range groups {
		add := func(r Reason, text, detail string) {
			found = append(found, Problem{Reason: r, File: v.name, Line: g.Line, Key: g.Name, Text: text, Offset: -1, Detail: detail})
		}
		if !v.lines[g.Line-1].split {
			add(ReasonNoColon, "", "")
			continue
		}
		if g.ID == MaxVolumeGroups {
			add(ReasonTooManyVGs, "", "")
		}
		for _, problem := range checkVG(g.Name, g.Path) {
			add(problem.Reason, problem.Text, problem.Detail)
		}
		name, path := upper(g.Name), ""
		if g.Path != "" {
			// The server compares real paths without regard to letter case.
			path = upper(filepath.Clean(g.Path))
		}
		if first, again := names[name]; again && name != "" {
			add(ReasonDuplicateVG, g.Name, "line "+itoa(first))
		} else {
			names[name] = g.Line
		}
		if first, again := paths[path]; again && path != "" {
			add(ReasonDuplicatePath, g.Path, "line "+itoa(first))
		} else {
			paths[path] = g.Line
		}
	}
	if len(groups) == 0 {
		found = append(found, Problem{Reason: ReasonNoVGs, File: v.name, Offset: -1})
	}
	return found
}

// checkVG judges one line (dss_parse_vg_config for lengths, dss_check_name for
// characters, which "dsscmd cv" enforces).
func checkVG(name, path string) Problems {
	var found Problems
	add := func(r Reason, text, detail string) {
		found = append(found, Problem{Reason: r, Key: name, Text: text, Offset: -1, Detail: detail})
	}
	if name == "" || path == "" {
		add(ReasonNoName, "", "")
	}
	if len(name) > MaxNameLength {
		add(ReasonNameLength, "", itoa(len(name))+" bytes")
	}
	if !isName(name) && name != "" {
		detail := ""
		if strings.HasPrefix(name, "+") {
			detail = "the '+' belongs to paths, not into this file"
		}
		add(ReasonBadName, name, detail)
	}
	if len(path) > MaxNameLength {
		add(ReasonPathLength, path, itoa(len(path))+" bytes: the server cuts it to 63")
	}
	if strings.IndexFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0 {
		add(ReasonBadCharacter, path, "")
	} else if path != "" && path[0] != '/' {
		add(ReasonRelativePath, path, "")
	}
	return found
}

// isName reports whether a volume group, directory or file can have the name
// (dss_check_name).
func isName(name string) bool {
	if name == "" || name == "." || name == ".." {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case '0' <= c && c <= '9', 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', c == '.', c == '-':
		default:
			return false
		}
	}
	return true
}

// Set gives the volume group with a name another entry volume, or adds a volume
// group at the end when there is none with that name. The error is [Problems];
// nothing is changed then.
func (v *VGs) Set(name, path string) error {
	found := checkVG(name, path).Fatal()
	if s := trimmed(path, 0, len(path)); s.of(path) != path {
		found = append(found, Problem{Reason: ReasonBlank, Key: name, Text: path, Offset: -1, Detail: "blanks around a path are lost"})
	}
	g, exists := v.Get(name)
	if !exists && len(v.Groups()) >= MaxVolumeGroups {
		found = append(found, Problem{Reason: ReasonTooManyVGs, Key: name, Offset: -1})
	}
	if err := found.Err(); err != nil {
		return at(err, Setting{File: v.name})
	}
	if exists {
		v.setValue(g.Line-1, path)
	} else {
		v.add(name, path)
	}
	return nil
}

// Remove makes the line of the last volume group a comment. Other groups stay:
// to take one out would give those behind it other numbers, and locks and
// XLOG_VG_ID go by number. The error is [Problems].
func (v *VGs) Remove(name string) error {
	groups := v.Groups()
	if n := len(groups); n > 0 && groups[n-1].Name == strings.TrimPrefix(name, "+") {
		v.comment(groups[n-1].Line - 1)
		return nil
	}
	return Problems{{Reason: ReasonVGsDiffer, File: v.name, Key: name, Offset: -1, Detail: "only the last one can be taken out, others would be renumbered"}}
}
