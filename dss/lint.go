// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"strings"

	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// Target says for which programs a file is meant.
type Target struct {
	Release   release.Release
	Debug     bool   // a debug build, which knows more parameters
	TestBuild bool   // "DSSTEST ON": a simulated cluster manager is compiled in
	Home      string // DSS_HOME of the instance; empty when it is not known
}

// Lint reports everything that is wrong with the file for a target: what keeps
// dssserver and most verbs of dsscmd from starting, and as warnings
// ([Reason.IsWarning]) what will not work as one would like. What a file
// leaves out has its default, which is checked with the rest.
func (c *Inst) Lint(t Target) Problems {
	if !HasDSS(t.Release) {
		return Problems{{Reason: ReasonNoDSS, File: c.name, Offset: -1, Detail: t.Release.String()}}
	}
	l := instLinter{target: t, first: map[string]Setting{}, files: map[string]bool{c.name: true}}
	l.file(c, true)
	l.together(c)
	return l.found
}

type instLinter struct {
	target Target
	found  Problems
	first  map[string]Setting // of the main file, by name
	files  map[string]bool
}

func (l *instLinter) file(c *Inst, main bool) {
	l.found = append(l.found, c.lintSizes()...)
	for i := range c.lines {
		line := &c.lines[i]
		if !line.active {
			continue
		}
		if c.isInclude(i) {
			l.include(c, i, main)
			continue
		}
		s := c.setting(i)
		switch {
		case s.Name == "":
			l.found = append(l.found, c.problem(i, ReasonNoKey, ""))
			continue
		case !line.split && lookup(s.Name) == nil:
			// The text is left out: it may be a secret.
			p := c.problem(i, ReasonNoEquals, "")
			p.Key = shownKey(s.Name, false)
			l.found = append(l.found, p)
			continue
		case !line.split:
			p := c.problem(i, ReasonNoEquals, "the server reads an empty value")
			p.Key = s.Name
			l.found = append(l.found, p)
		}
		if first, again := l.first[s.Name]; again && main {
			p := c.problem(i, ReasonDuplicateKey, "first in line "+itoa(first.Line))
			p.Key = shownKey(s.Name, true)
			l.found = append(l.found, p)
		} else if main {
			l.first[s.Name] = s
		}
		l.setting(s)
	}
}

func (l *instLinter) include(c *Inst, i int, main bool) {
	p := c.problem(i, ReasonInclude, "")
	p.Key, p.Text = nameInclude, c.valueOf(i)
	switch inc := c.included[i]; {
	case !main:
		p.Detail = "an included file may not include again"
	case c.failed[i] != nil:
		p.Detail = includeDetail(c.failed[i])
	case inc == nil:
		return // the text was not read from a file
	case l.files[inc.name]:
		p.Detail = "included a second time"
	default:
		l.files[inc.name] = true
		l.file(inc, false)
		return
	}
	l.found = append(l.found, p)
}

func (l *instLinter) setting(s Setting) {
	add := func(r Reason, text, detail string) {
		l.found = append(l.found, Problem{Reason: r, File: s.File, Line: s.Line, Key: shownKey(s.Name, true), Text: text, Offset: -1, Detail: detail})
	}
	p, ok := ParamByName(s.Name, l.target.Release)
	if !ok {
		if name, ok := renamed(s.Name, l.target.Release); ok {
			add(ReasonRenamedKey, "", "write "+name)
			return
		}
		// The text is left out: nobody knows whether it is a secret.
		add(ReasonUnknownKey, "", unknownDetail(s.Name, l.target.Release))
		return
	}
	if p.Debug && !l.target.Debug {
		add(ReasonDebugKey, "", "")
	}
	_, found := p.parse(s.Value)
	l.found = append(l.found, found.at(s)...)
}

// shownKey gives what of a name may be shown. Where somebody forgot the '=', a
// secret stands behind the name, or alone, and the '=' that splits can be in its
// base64.
func shownKey(name string, split bool) string {
	word := name
	if i := strings.IndexAny(name, " \t"); i >= 0 {
		word, split = name[:i], false
	}
	if !isParamName(word) || !split && lookup(word) == nil {
		return ""
	}
	return word
}

// reader reads values of one file for the rules between them. A value that is
// wrong by itself, and reported as that, is left out of these rules.
type reader struct {
	c *Inst
	r release.Release
}

func (r reader) value(name string) (v Value, s Setting, ok bool) {
	if !ParamReleases(name).Has(r.r) {
		return v, s, false
	}
	s, set := r.c.Get(name)
	if !set {
		s = Setting{File: r.c.name, Name: name}
	}
	v, err := r.c.Value(name, r.r)
	return v, s, err == nil
}

// together checks the rules between parameters of one file.
func (l *instLinter) together(c *Inst) {
	r := reader{c, l.target.Release}
	add := func(reason Reason, s Setting, text, detail string) {
		l.found = append(l.found, Problem{Reason: reason, File: s.File, Line: s.Line, Key: s.Name, Text: text, Offset: -1, Detail: detail})
	}
	id, idSet, idOK := r.value(nameInstance)
	_, nodesSet, nodesOK := r.value(nameNodes)
	nodes, _ := c.Nodes()
	if _, listed := nodes.Get(int(id.Int())); idOK && nodesOK && !listed {
		add(ReasonSelfNotListed, idSet, id.String(), "the list is "+quoteShort(nodes.String()))
	}
	if cm, s, ok := r.value(nameCM); ok && nodesOK {
		switch {
		case cm.Text() == "" && !nodes.IsSolo() && !l.target.TestBuild:
			s.Line, s.File = nodesSet.Line, nodesSet.File
			add(ReasonNoCM, s, "", "")
		case cm.Text() == "simulation" && !l.target.TestBuild:
			add(ReasonSimulation, s, cm.Text(), "")
		}
	}
	low, s, ok := r.value(nameLow)
	if high, _, ok2 := r.value(nameHigh); ok && ok2 && low.Int() > high.Int() {
		add(ReasonWaterMarks, s, low.String(), nameHigh+" is "+high.String())
	}
	detect, s, ok := r.value(nameDetectDays)
	if notify, _, ok2 := r.value(nameNotifyDays); ok && ok2 && detect.Int() > notify.Int() {
		add(ReasonDetectDays, s, detect.String(), nameNotifyDays+" is "+notify.String())
	}
	multibus, s, ok := r.value(nameMultibus)
	if helper, _, ok2 := r.value(nameMultipath); ok && ok2 && multibus.Bool() && helper.Text() == "" {
		add(ReasonMultipath, s, "", "")
	}
	if dir, s, ok := r.value(nameSocketDir); ok && l.target.Home != "" && strings.TrimRight(dir.Text(), "/") != strings.TrimRight(l.target.Home, "/") {
		add(ReasonSocketPath, s, dir.Text(), "DSS_HOME is "+l.target.Home)
	}
	l.ssl(r, add)
}

// ssl finds a certificate without its key, or the like: the server then starts
// without encryption or fails when it connects.
func (l *instLinter) ssl(r reader, add func(Reason, Setting, string, string)) {
	var missing []string
	any := Setting{}
	for _, name := range [...]string{"SSL_CA", "SSL_CERT", "SSL_KEY"} {
		switch v, s, ok := r.value(name); {
		case !ok:
			return
		case v.Text() == "":
			missing = append(missing, name)
		default:
			any = s
		}
	}
	if n := len(missing); n == 1 || n == 2 {
		add(ReasonIncomplete, any, "", strings.Join(missing, " and ")+" not set")
	}
}
