// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"fmt"
	"slices"
	"strconv"
)

// Rebuild is the reverse of [Mesh.Settings]: from the settings of all servers
// it makes the cluster, and it lists what is wrong with the settings of each
// and where they contradict each other: the same id on two servers, a server
// that another's list lacks, lists that disagree about a node, parameters that
// differ. No problems means that the settings describe one cluster.
//
// Where lists differ, the one that most servers have is taken for right, the
// earlier one when none has more. A node of that list whose settings are not
// given becomes a member without name and paths.
func Rebuild(nodes []NodeSettings) (Mesh, Problems) {
	r := rebuilder{nodes: nodes}
	r.found = checkEach(nodes)
	r.parse()
	r.choose()
	r.ids()
	r.lists()
	r.params()
	mesh := r.mesh()
	r.found = append(r.found, sharedPaths(mesh.Members)...)
	return mesh, r.found
}

// opinion is what one server says.
type opinion struct {
	NodeSettings
	id     int // dcf_node_id, 0 when it is no valid id
	text   string
	config Config
	ok     bool // config could be read
}

type rebuilder struct {
	nodes    []NodeSettings
	opinions []opinion
	chosen   int // index of the opinion whose list counts; -1 for none
	found    Problems
}

func (r *rebuilder) add(reason Reason, node, key, text, detail string) {
	r.found = append(r.found, Problem{Reason: reason, Node: node, Index: -1, Key: key, Text: text, Offset: -1, Detail: detail})
}

func (r *rebuilder) parse() {
	for _, n := range r.nodes {
		o := opinion{NodeSettings: n, text: n.Settings.Text(ParamConfig)}
		if id, err := n.Settings.NodeID(); err == nil {
			o.id = id
		}
		if o.text == "" {
			if !n.Settings.Enabled() { // otherwise it is reported as missing
				r.add(ReasonNoSettings, n.Name, ParamConfig, "", "")
			}
		} else if config, err := Parse(o.text); err == nil {
			o.config, o.ok = config, true
		}
		if !n.Settings.Enabled() {
			r.add(ReasonDCFNotEnabled, n.Name, ParamEnable, n.Settings.Text(ParamEnable), "")
		}
		r.opinions = append(r.opinions, o)
	}
}

// choose takes the list that most servers have.
func (r *rebuilder) choose() {
	r.chosen = -1
	best := 0
	for i, o := range r.opinions {
		if !o.ok {
			continue
		}
		count := 0
		for _, other := range r.opinions {
			if other.ok && other.config.Equal(o.config) {
				count++
			}
		}
		if count > best {
			best, r.chosen = count, i
		}
	}
}

// ids finds servers that say they are the same node.
func (r *rebuilder) ids() {
	for i, o := range r.opinions {
		for _, before := range r.opinions[:i] {
			if o.id != 0 && o.id == before.id {
				r.add(ReasonSameID, o.Name, ParamNodeID, strconv.Itoa(o.id), "node "+before.Name)
				break
			}
		}
	}
}

// lists compares every list with the chosen one, node by node.
func (r *rebuilder) lists() {
	if r.chosen < 0 {
		return
	}
	ref := r.opinions[r.chosen]
	for _, o := range r.opinions {
		if !o.ok || o.text == ref.text {
			continue
		}
		before := len(r.found)
		for _, want := range ref.config.Nodes {
			i := o.config.index(want.normal().Stream, want.ID)
			if i < 0 {
				r.add(ReasonNotListed, o.Name, ParamConfig, "", fmt.Sprintf("node %d, listed by %s, is missing", want.ID, ref.Name))
				continue
			}
			r.compare(o, ref, o.config.Nodes[i], want)
		}
		for _, got := range o.config.Nodes {
			if ref.config.index(got.normal().Stream, got.ID) < 0 {
				r.add(ReasonNotListed, ref.Name, ParamConfig, "", fmt.Sprintf("node %d, listed by %s, is missing", got.ID, o.Name))
			}
		}
		if len(r.found) == before {
			r.add(ReasonTextDiffers, o.Name, ParamConfig, "", "other than on "+ref.Name)
		}
	}
	for _, want := range ref.config.Nodes {
		if want.normal().Stream == ServerStream && !slices.ContainsFunc(r.opinions, func(o opinion) bool { return o.id == want.ID }) {
			r.add(ReasonNodeUnseen, "", ParamNodeID, strconv.Itoa(want.ID), "listed by "+ref.Name)
		}
	}
}

// compare finds the values of one node that two lists disagree about.
func (r *rebuilder) compare(o, ref opinion, got, want Node) {
	for _, key := range knownKeys {
		if a, b := got.raw(key), want.raw(key); a != b {
			r.add(ReasonNodesDiffer, o.Name, key, a, fmt.Sprintf("node %d has %s in the list of %s", want.ID, b, ref.Name))
		}
	}
	if a, b := got.extras(), want.extras(); a != b {
		r.add(ReasonNodesDiffer, o.Name, ParamConfig, a, fmt.Sprintf("node %d has %q in the list of %s", want.ID, b, ref.Name))
	}
}

// params compares what all servers should share. Configuration sync would
// overwrite a difference with the primary's value, whoever that is then.
func (r *rebuilder) params() {
	for p := range Params() {
		if p.Local || p.Kind == KindConfig || p.Name == ParamEnable || len(r.opinions) == 0 {
			continue
		}
		ref := r.common(p)
		for _, o := range r.opinions {
			if text := o.Settings.Text(p.Name); !p.same(text, ref.Settings.Text(p.Name)) {
				r.add(ReasonParamDiffers, o.Name, p.Name, text, fmt.Sprintf("node %s has %q", ref.Name, ref.Settings.Text(p.Name)))
			}
		}
	}
}

// common returns the first server that has the most frequent value of p.
func (r *rebuilder) common(p Param) opinion {
	at, best := 0, 0
	for i, o := range r.opinions {
		count := 0
		for _, other := range r.opinions {
			if p.same(o.Settings.Text(p.Name), other.Settings.Text(p.Name)) {
				count++
			}
		}
		if count > best {
			at, best = i, count
		}
	}
	return r.opinions[at]
}

// mesh puts the members together.
func (r *rebuilder) mesh() Mesh {
	var m Mesh
	if r.chosen < 0 {
		return m
	}
	for _, n := range r.opinions[r.chosen].config.Nodes {
		if n.normal().Stream != ServerStream {
			continue
		}
		member := Member{Node: n}
		i := slices.IndexFunc(r.opinions, func(o opinion) bool { return o.id == n.ID })
		if i >= 0 {
			o := r.opinions[i]
			member.Name = o.Name
			member.DataPath = o.Settings.Text(ParamDataPath)
			member.LogPath = o.Settings.Text(ParamLogPath)
		}
		m.Members = append(m.Members, member)
	}
	for p := range Params() {
		if p.Local || p.Kind == KindConfig || p.Name == ParamEnable {
			continue
		}
		ref := r.common(p)
		if text, set := ref.Settings[p.Name]; set {
			if m.Params == nil {
				m.Params = Settings{}
			}
			m.Params[p.Name] = text
		}
	}
	return m
}
