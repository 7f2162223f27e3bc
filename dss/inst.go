// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// Inst is the file dss_inst.ini of one instance, taken apart into lines. What
// is not changed stays as it was, byte for byte: comments, order, blanks.
type Inst struct {
	document
	included map[int]*Inst // files that IFILE lines name, by the line's index
	failed   map[int]error // IFILE lines whose file could not be read
}

// Setting is one line of a file that gives a parameter a value.
type Setting struct {
	File  string
	Line  int    // from 1
	Name  string // in upper case, as the server reads it
	Value string
}

// ParseInst takes a file apart. name is for messages. Nothing is an error here:
// [Inst.Lint] tells what a server would refuse. Files that the text includes
// are not read, see [OpenInst].
func ParseInst(name, text string) *Inst {
	return &Inst{document: parseDocument(name, text, '=')}
}

// OpenInst reads the file at path and the files that it includes (IFILE, one
// level deep). The error is of path alone; what is wrong with an included file
// is for [Inst.Lint].
func OpenInst(path string) (*Inst, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("dss: %w", err)
	}
	return loadInst(path, string(text)), nil
}

// loadInst takes a file apart and reads what it includes.
func loadInst(path, text string) *Inst {
	c := ParseInst(path, text)
	for i := range c.lines {
		if !c.isInclude(i) {
			continue
		}
		file := c.valueOf(i)
		if !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(path), file)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			if c.failed == nil {
				c.failed = map[int]error{}
			}
			c.failed[i] = err
			continue
		}
		if c.included == nil {
			c.included = map[int]*Inst{}
		}
		c.included[i] = ParseInst(file, string(text))
	}
	return c
}

func (c *Inst) isInclude(i int) bool {
	return c.lines[i].active && upper(c.keyOf(i)) == nameInclude
}

// Settings yields the lines that set a parameter in the order in which the
// server reads them, those of included files in the place of the IFILE line.
func (c *Inst) Settings() iter.Seq[Setting] {
	return func(yield func(Setting) bool) {
		for i := range c.lines {
			switch {
			case c.included[i] != nil:
				for s := range c.included[i].Settings() {
					if !yield(s) {
						return
					}
				}
			case c.lines[i].active && !c.isInclude(i):
				if !yield(c.setting(i)) {
					return
				}
			}
		}
	}
}

func (c *Inst) setting(i int) Setting {
	return Setting{c.name, i + 1, upper(c.keyOf(i)), c.valueOf(i)}
}

// Get gives the line that counts for a parameter, the last one in the order of
// [Inst.Settings]. Letter case does not matter.
func (c *Inst) Get(name string) (Setting, bool) {
	name = upper(name)
	var last Setting
	found := false
	for s := range c.Settings() {
		if s.Name == name {
			last, found = s, true
		}
	}
	return last, found
}

// Value gives the value of a parameter for a release: what the file sets, or
// the default. The error is [Problems].
func (c *Inst) Value(name string, r release.Release) (Value, error) {
	p, ok := ParamByName(name, r)
	if !ok {
		return Value{}, Problems{{Reason: ReasonUnknownKey, File: c.name, Key: upper(name), Offset: -1, Detail: unknownDetail(name, r)}}
	}
	s, ok := c.Get(name)
	if !ok {
		return p.Parse(p.Default)
	}
	v, err := p.Parse(s.Value)
	return v, at(err, s)
}

// at adds to problems of a value where the value stands.
func at(err error, s Setting) error {
	var found Problems
	if !errors.As(err, &found) {
		return err
	}
	return found.at(s)
}

func (ps Problems) at(s Setting) Problems {
	for i := range ps {
		ps[i].File, ps[i].Line = s.File, s.Line
	}
	return ps
}

// newest is what parameters that all releases have in common are read with.
const newest = release.V700RC2

// InstanceID gives INST_ID. The error is [Problems].
func (c *Inst) InstanceID() (int, error) {
	v, err := c.Value(nameInstance, newest)
	return int(v.Int()), err
}

// Nodes gives DSS_NODES_LIST. The error is [Problems].
func (c *Inst) Nodes() (Nodes, error) {
	s, ok := c.Get(nameNodes)
	if !ok {
		s.Value = lookup(nameNodes).Default
	}
	nodes, err := ParseNodes(s.Value)
	var found Problems
	if errors.As(err, &found) {
		for i := range found {
			found[i].Key = nameNodes
		}
	}
	return nodes, at(err, s)
}

// Socket gives the path of the server's socket, made of LSNR_PATH. With "UDS:"
// before it, it is what dsscmd -U and ss_dss_conn_path take.
func (c *Inst) Socket() (string, error) {
	v, err := c.Value(nameSocketDir, newest)
	if err != nil {
		return "", err
	}
	return SocketPath(v.Text()), nil
}

// ErrOverridden: a change of a file would have no effect, because an included
// file sets the parameter again further down.
var ErrOverridden = errors.New("dss: overridden by an included file")

// Set makes a parameter have a value: it replaces the value in the line that
// sets it, or adds a line at the end. Further lines of the same file that set
// it, with which no server starts, become comments. Whether the release knows
// the parameter and takes the value is not looked at here; [Inst.Lint] and
// [EditInst] do.
//
// Errors are [Problems], for what no line can hold, or wrap [ErrOverridden];
// nothing is changed then.
func (c *Inst) Set(name, value string) error {
	name = upper(name)
	if !isParamName(name) || name == nameInclude {
		return Problems{{Reason: ReasonNoKey, File: c.name, Key: name, Offset: -1, Detail: "want a name of letters, digits and '_'"}}
	}
	secret := lookup(name) != nil && lookup(name).Secret
	plain := Param{Name: name, Kind: kindAny, Secret: secret}
	if _, err := plain.Parse(value); err != nil {
		return at(err, Setting{File: c.name})
	}
	if span := trimmed(value, 0, len(value)); span.of(value) != value {
		p := Problem{Reason: ReasonBlank, File: c.name, Key: name, Text: value, Offset: -1, Detail: "blanks around a value are lost"}
		if secret {
			p.Text = ""
		}
		return Problems{p}
	}
	line := -1
	for i := range c.lines {
		if c.lines[i].active && !c.isInclude(i) && upper(c.keyOf(i)) == name {
			line = i
			break
		}
	}
	if line >= 0 {
		for i := line + 1; i < len(c.lines); i++ {
			if inc := c.included[i]; inc != nil {
				if s, ok := inc.Get(name); ok {
					return fmt.Errorf("%w: %s is set again in %s, line %d", ErrOverridden, name, s.File, s.Line)
				}
			}
		}
	}
	if line < 0 {
		c.add(name, value)
		return nil
	}
	c.setValue(line, value)
	for i := line + 1; i < len(c.lines); i++ {
		if c.lines[i].active && upper(c.keyOf(i)) == name {
			c.comment(i)
		}
	}
	return nil
}

// kindAny takes every text that a line can hold.
const kindAny = numKinds

func isParamName(name string) bool {
	return name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// Unset makes a parameter have its default: the lines of this file that set it
// become comments. It returns how many there were.
func (c *Inst) Unset(name string) int {
	n := 0
	for i := range c.lines {
		if c.lines[i].active && !c.isInclude(i) && upper(c.keyOf(i)) == upper(name) {
			c.comment(i)
			n++
		}
	}
	return n
}

// Rename gives the lines that set one parameter the name of another, and keeps
// their values: DISK_LOCK_FILE_PATH of older releases is _DISK_LOCK_FILE_PATH
// since 6.0.0. It returns how many lines there were.
func (c *Inst) Rename(name, to string) int {
	n := 0
	for i := range c.lines {
		if l := c.lines[i]; l.active && !c.isInclude(i) && upper(c.keyOf(i)) == upper(name) {
			c.setLine(i, l.text[:l.key.from]+upper(to)+l.text[l.key.to:])
			n++
		}
	}
	return n
}

// unknownDetail says who knows a parameter that a release does not.
func unknownDetail(name string, r release.Release) string {
	if in := ParamReleases(name); in != 0 {
		return fmt.Sprintf("release %s does not know it; these do: %s", r, in)
	}
	return "no release knows it"
}

// renamed gives the name that a parameter has in a release, when that is
// another one.
func renamed(name string, r release.Release) (string, bool) {
	for _, pair := range [...][2]string{{nameOldLockPath, nameLockPath}, {nameLockPath, nameOldLockPath}} {
		if upper(name) == pair[0] && ParamReleases(pair[1]).Has(r) {
			return pair[1], true
		}
	}
	return "", false
}

// includeDetail says why an included file could not be read, without repeating
// its name.
func includeDetail(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func itoa(n int) string { return strconv.Itoa(n) }
