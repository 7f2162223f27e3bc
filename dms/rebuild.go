// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"slices"
	"strconv"
)

// Rebuild is the reverse of [Mesh.Settings]: from the settings of all servers
// it makes the cluster, and it lists what is wrong with the settings of each
// for a release and where they contradict each other: the same id on two
// servers, a server that another's URL lacks, URLs that disagree about an
// instance, parameters that must or should be equal and are not. No problems
// but advice means that the settings describe one cluster.
//
// Where URLs differ, the one that most servers have is taken for right, the
// earlier one when none has more. An instance of that URL whose settings are
// not given becomes a member without name and socket.
func Rebuild(nodes []NodeSettings, r Release) (Mesh, Problems) {
	b := rebuilder{release: r}
	b.found = checkEach(nodes, r)
	b.parse(nodes)
	b.choose()
	b.ids()
	b.urls()
	b.unseen()
	b.params()
	mesh := b.mesh()
	b.found = append(b.found, sharedSockets(mesh.Members)...)
	return mesh, b.found
}

// opinion is what one server says.
type opinion struct {
	NodeSettings
	id   int // ss_instance_id, -1 when it is no valid id
	text string
	url  URL
	ok   bool // url could be read
}

type rebuilder struct {
	release  Release
	opinions []opinion
	chosen   int // index of the opinion whose URL counts; -1 for none
	found    Problems
}

func (b *rebuilder) add(reason Reason, node, key, text, detail string) {
	b.found = append(b.found, Problem{Reason: reason, Node: node, Index: -1, Key: key, Text: text, Offset: -1, Detail: detail})
}

func (b *rebuilder) parse(nodes []NodeSettings) {
	for _, n := range nodes {
		o := opinion{NodeSettings: n, id: -1, text: n.Settings[ParamURL]}
		if id, err := n.Settings.InstanceID(b.release); err == nil {
			o.id = id
		}
		if _, set := n.Settings[ParamURL]; !set {
			b.add(ReasonNoSettings, n.Name, ParamURL, "", "")
		} else if u, err := Parse(o.text); err == nil {
			o.url, o.ok = u, true
		}
		if !n.Settings.Enabled(b.release) {
			b.add(ReasonNotEnabled, n.Name, ParamEnableDMS, n.Settings.Text(ParamEnableDMS, b.release), "")
		}
		b.opinions = append(b.opinions, o)
	}
}

// choose takes the URL that most servers have.
func (b *rebuilder) choose() {
	b.chosen = -1
	best := 0
	for i, o := range b.opinions {
		if !o.ok {
			continue
		}
		count := 0
		for _, other := range b.opinions {
			if other.ok && other.url.Equal(o.url) {
				count++
			}
		}
		if count > best {
			best, b.chosen = count, i
		}
	}
}

// ids finds servers that say they are the same instance.
func (b *rebuilder) ids() {
	for i, o := range b.opinions {
		for _, before := range b.opinions[:i] {
			if o.id >= 0 && o.id == before.id {
				b.add(ReasonSameID, o.Name, ParamInstanceID, strconv.Itoa(o.id), "node "+before.Name)
				break
			}
		}
	}
}

// urls compares every URL with the chosen one, instance by instance.
func (b *rebuilder) urls() {
	if b.chosen < 0 {
		return
	}
	ref := b.opinions[b.chosen]
	for _, o := range b.opinions {
		if !o.ok || o.text == ref.text {
			continue
		}
		before := len(b.found)
		for _, want := range ref.url.Instances {
			got, listed := o.url.Instance(want.ID)
			switch {
			case !listed:
				b.add(ReasonNotListed, o.Name, ParamURL, "", fmt.Sprintf("instance %d, listed by %s, is missing", want.ID, ref.Name))
			case got != want:
				b.add(ReasonURLsDiffer, o.Name, ParamURL, got.String(), fmt.Sprintf("node %s has %q", ref.Name, want))
			}
		}
		for _, got := range o.url.Instances {
			if _, listed := ref.url.Instance(got.ID); !listed {
				b.add(ReasonNotListed, ref.Name, ParamURL, "", fmt.Sprintf("instance %d, listed by %s, is missing", got.ID, o.Name))
			}
		}
		if len(b.found) == before {
			reason := ReasonTextDiffers
			if !o.url.Equal(ref.url) {
				reason = ReasonURLsDiffer // the same instances in another order
			}
			b.add(reason, o.Name, ParamURL, o.text, "node "+ref.Name+" has "+quoteShort(ref.text))
		}
	}
}

// unseen finds listed instances that no server says it is.
func (b *rebuilder) unseen() {
	if b.chosen < 0 {
		return
	}
	for _, want := range b.opinions[b.chosen].url.Instances {
		if !slices.ContainsFunc(b.opinions, func(o opinion) bool { return o.id == want.ID }) {
			b.add(ReasonUnseen, "", ParamInstanceID, strconv.Itoa(want.ID), "")
		}
	}
}

// params finds parameters that must or should be equal and are not. The value
// that most nodes have is taken for right.
func (b *rebuilder) params() {
	for p := range Params(b.release) {
		if p.Scope != ScopeEqual && p.Scope != ScopeAlike || p.Kind == KindURL || len(b.opinions) == 0 {
			continue
		}
		ref := b.common(p)
		want := ref.Settings.Text(p.Name, b.release)
		for _, o := range b.opinions {
			got := o.Settings.Text(p.Name, b.release)
			if p.same(got, want) {
				continue
			}
			reason := ReasonParamDiffers
			if p.Scope == ScopeAlike {
				reason = ReasonParamUneven
			}
			b.add(reason, o.Name, p.Name, got, fmt.Sprintf("node %s has %q", ref.Name, want))
		}
	}
}

// common returns the node whose value for the parameter most nodes have.
func (b *rebuilder) common(p Param) opinion {
	best, count := 0, 0
	for i, o := range b.opinions {
		n := 0
		for _, other := range b.opinions {
			if p.same(o.Settings.Text(p.Name, b.release), other.Settings.Text(p.Name, b.release)) {
				n++
			}
		}
		if n > count {
			best, count = i, n
		}
	}
	return b.opinions[best]
}

// mesh puts the cluster together.
func (b *rebuilder) mesh() Mesh {
	var m Mesh
	if b.chosen < 0 {
		return m
	}
	for _, x := range b.opinions[b.chosen].url.Instances {
		member := Member{Instance: x}
		if i := slices.IndexFunc(b.opinions, func(o opinion) bool { return o.id == x.ID }); i >= 0 {
			member.Name = b.opinions[i].Name
			member.Socket = b.opinions[i].Settings.Text(ParamSocket, b.release)
		}
		m.Members = append(m.Members, member)
	}
	for p := range Params(b.release) {
		if isMembers(p.Name) {
			continue
		}
		if text, set := b.common(p).Settings[p.Name]; set {
			if m.Params == nil {
				m.Params = Settings{}
			}
			m.Params[p.Name] = text
		}
	}
	return m
}
