// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import "strings"

// Mend changes what is wrong and has one mend only, which needs nobody's
// decision: parameters that the release calls otherwise, blanks and commas too
// many in DSS_NODES_LIST, words in the wrong letter case, and lines that repeat
// another one. It returns the problems that are gone; the rest is for
// [Inst.Lint]. Included files are not changed.
func (c *Inst) Mend(t Target) Problems {
	var mended Problems
	for _, p := range c.Lint(t) {
		if p.File == c.name && p.Line > 0 && c.mend(p, t) {
			mended = append(mended, p)
		}
	}
	return mended
}

// mend mends one problem of a line and reports whether it could.
func (c *Inst) mend(p Problem, t Target) bool {
	i := p.Line - 1
	if !c.lines[i].active {
		return true // together with another problem
	}
	switch p.Reason {
	case ReasonRenamedKey:
		name, ok := renamed(p.Key, t.Release)
		if _, set := c.Get(name); !ok || set {
			return false // two values: somebody must choose
		}
		c.Rename(p.Key, name)
		return true
	case ReasonDuplicateKey:
		for first := range i {
			if c.lines[first].active && upper(c.keyOf(first)) == p.Key && c.valueOf(first) == c.valueOf(i) {
				c.comment(i)
				return true
			}
		}
	case ReasonBlank, ReasonEmptyEntry:
		value := c.valueOf(i)
		entries := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r <= ' ' })
		list := strings.Join(entries, ",")
		if list == value {
			return true // together with the first
		}
		if LintNodes(list).Has(ReasonNodeSyntax) {
			return false // a blank inside an entry
		}
		c.setValue(i, list)
		return true
	case ReasonLetterCase:
		if e := lookup(p.Key); e != nil {
			for word := range strings.SplitSeq(e.of(t.Release).Values, "|") {
				if upper(word) == upper(c.valueOf(i)) {
					c.setValue(i, word)
					return true
				}
			}
		}
	}
	return false
}
