// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"path/filepath"
	"strings"
)

// Member is one instance of a cluster and its files, for [LintCluster].
type Member struct {
	Name string // for messages, unique
	Host string // its machine; empty: that of its address in DSS_NODES_LIST
	Home Home
}

// LintCluster reports what is wrong with the files of all instances of a
// cluster: the problems of each by itself ([Home.Lint]), and where they
// contradict each other. t.Home is not used.
func LintCluster(members []Member, t Target) Problems {
	l := clusterLinter{target: t}
	for _, m := range members {
		l.member(m)
	}
	if !HasDSS(t.Release) {
		return l.found
	}
	l.identity()
	l.lists()
	l.groups()
	l.params()
	l.machines()
	return l.found
}

type clusterLinter struct {
	target  Target
	members []known
	found   Problems
}

// known is a member with what could be read of it.
type known struct {
	Member
	reader
	id    int // -1 when it is not valid
	nodes Nodes
	host  string // "" when it is not known
}

func (l *clusterLinter) member(m Member) {
	t := l.target
	t.Home = m.Home.Dir
	for _, p := range m.Home.Lint(t) {
		p.Node = m.Name
		l.found = append(l.found, p)
	}
	if m.Home.Inst == nil {
		l.found = append(l.found, Problem{Reason: ReasonNoSettings, Node: m.Name, Key: "dss_inst.ini", Offset: -1})
	}
	if m.Home.VGs == nil {
		l.found = append(l.found, Problem{Reason: ReasonNoSettings, Node: m.Name, Key: "dss_vg_conf.ini", Offset: -1})
	}
	if m.Home.Inst == nil {
		return
	}
	k := known{Member: m, reader: reader{m.Home.Inst, t.Release}, id: -1, host: m.Host}
	k.nodes, _ = m.Home.Inst.Nodes()
	if id, err := m.Home.Inst.InstanceID(); err == nil {
		k.id = id
		if self, ok := k.nodes.Get(id); ok && k.host == "" {
			k.host = self.Addr.Addr().String()
		}
	}
	l.members = append(l.members, k)
}

// add reports a contradiction between a member and another one.
func (l *clusterLinter) add(r Reason, m known, name, text, detail string) {
	s, ok := m.c.Get(name)
	if !ok {
		s = Setting{File: m.c.name}
	}
	l.found = append(l.found, Problem{Reason: r, Node: m.Name, File: s.File, Line: s.Line, Key: name, Text: text, Offset: -1, Detail: detail})
}

// identity finds instances with one id.
func (l *clusterLinter) identity() {
	owner := map[int]string{}
	for _, m := range l.members {
		if m.id < 0 {
			continue
		}
		if other, taken := owner[m.id]; taken {
			l.add(ReasonSameID, m, nameInstance, itoa(m.id), "instance "+other)
			continue
		}
		owner[m.id] = m.Name
	}
}

// lists compares DSS_NODES_LIST of all members with that of the first that has
// a valid one, and with the members that there are.
func (l *clusterLinter) lists() {
	var first *known
	for i := range l.members {
		m := &l.members[i]
		if m.nodes == nil {
			continue
		}
		if first == nil {
			first = m
			continue
		}
		text, _ := m.c.Get(nameNodes)
		want, _ := first.c.Get(nameNodes)
		switch {
		case !m.nodes.Equal(first.nodes):
			l.add(ReasonNodesDiffer, *m, nameNodes, m.nodes.String(), "instance "+first.Name+" has "+quoteShort(first.nodes.String()))
		case text.Value != want.Value:
			l.add(ReasonTextDiffers, *m, nameNodes, m.nodes.String(), "instance "+first.Name+" has "+quoteShort(first.nodes.String()))
		}
	}
	if first == nil {
		return
	}
	here := map[int]bool{}
	for _, m := range l.members {
		here[m.id] = true
		if _, listed := first.nodes.Get(m.id); m.id >= 0 && !listed && m.Name != first.Name {
			l.add(ReasonNotListed, m, nameInstance, itoa(m.id), "instance "+first.Name+" has "+quoteShort(first.nodes.String()))
		}
	}
	for _, inst := range first.nodes {
		if !here[inst.ID] {
			l.add(ReasonNodeUnseen, *first, nameNodes, inst.String(), "")
		}
	}
}

// groups compares dss_vg_conf.ini: names and paths, in their order.
func (l *clusterLinter) groups() {
	var first *known
	for i := range l.members {
		m := &l.members[i]
		if m.Home.VGs == nil {
			continue
		}
		if first == nil {
			first = m
			continue
		}
		got, want := m.Home.VGs.Groups(), first.Home.VGs.Groups()
		for j := range max(len(got), len(want)) {
			var g, w VG
			if j < len(got) {
				g = got[j]
			}
			if j < len(want) {
				w = want[j]
			}
			if g.Name != w.Name || g.Path != w.Path {
				l.found = append(l.found, Problem{Reason: ReasonVGsDiffer, Node: m.Name, File: m.Home.VGs.name, Line: g.Line, Key: g.Name, Text: g.Path,
					Offset: -1, Detail: "instance " + first.Name + " has " + quoteShort(strings.Trim(w.Name+":"+w.Path, ":")) + " in its place"})
				break
			}
		}
	}
}

// params checks the rules of single parameters. Values that are wrong by
// themselves are left out: they have been reported.
func (l *clusterLinter) params() {
	for p := range Params(l.target.Release) {
		reason := ReasonParamDiffers
		if p.Rule == RuleAlike {
			reason = ReasonParamUnlike
		}
		if p.Rule != RuleEqual && p.Rule != RuleAlike || p.Kind == KindNodes {
			continue
		}
		l.same(p.Name, reason, func(v Value) string { return v.String() })
	}
	l.same("SSL_CERT", ReasonSSLDiffers, func(v Value) string {
		if v.Text() == "" {
			return "off"
		}
		return "on"
	})
}

// same reports the members whose value is not that of the first.
func (l *clusterLinter) same(name string, r Reason, of func(Value) string) {
	var first *known
	var want string
	for i := range l.members {
		m := &l.members[i]
		v, _, ok := m.value(name)
		switch {
		case !ok:
		case first == nil:
			first, want = m, of(v)
		case of(v) != want:
			l.add(r, *m, name, of(v), "instance "+first.Name+" has "+quoteShort(want))
		}
	}
}

// machines finds what instances of one machine must not share, and what
// STORAGE_MODE=DISK wants: one machine and one lock directory.
func (l *clusterLinter) machines() {
	for i, m := range l.members {
		for _, o := range l.members[:i] {
			if m.host == "" || m.host != o.host {
				continue
			}
			l.shared(m, o)
		}
	}
	l.diskLock()
}

func (l *clusterLinter) shared(m, o known) {
	for _, name := range [...]string{nameSocketDir, nameLogHome} {
		a, _, ok := m.value(name)
		b, _, ok2 := o.value(name)
		if ok && ok2 && a.Text() != "" && b.Text() != "" && filepath.Clean(a.Text()) == filepath.Clean(b.Text()) {
			l.add(ReasonSharedPath, m, name, a.Text(), "instance "+o.Name)
		}
	}
	if m.Home.Dir != "" && filepath.Clean(m.Home.Dir) == filepath.Clean(o.Home.Dir) {
		l.add(ReasonSharedPath, m, "DSS_HOME", m.Home.Dir, "instance "+o.Name)
	}
	a, _, ok := m.value(nameShmKey)
	b, _, ok2 := o.value(nameShmKey)
	if ok && ok2 && a == b && m.id >= 0 && m.id == o.id {
		l.add(ReasonShmKey, m, nameShmKey, a.String(), "instance "+o.Name+" has the same INST_ID, too")
	}
}

func (l *clusterLinter) diskLock() {
	lock := nameLockPath
	if !ParamReleases(lock).Has(l.target.Release) {
		lock = nameOldLockPath
	}
	var disk []known
	for _, m := range l.members {
		if mode, _, ok := m.value(nameStorage); ok && mode.Text() == "DISK" {
			disk = append(disk, m)
		}
	}
	for i, m := range disk {
		if i == 0 {
			continue
		}
		first := disk[0]
		if m.host != "" && first.host != "" && m.host != first.host {
			l.add(ReasonDiskMode, m, nameStorage, "DISK", "on "+m.host+", instance "+first.Name+" on "+first.host)
			continue
		}
		a, _, ok := m.value(lock)
		b, _, ok2 := first.value(lock)
		if ok && ok2 && filepath.Clean(a.Text()) != filepath.Clean(b.Text()) {
			l.add(ReasonLockPath, m, lock, a.Text(), "instance "+first.Name+" has "+quoteShort(b.Text()))
		}
	}
}
