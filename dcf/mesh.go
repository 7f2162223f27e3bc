// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Member is one server of a DCF cluster. It is comparable.
type Member struct {
	Name     string // name of the server for people, unique; not in any setting
	Node     Node   // its entry in dcf_config; the stream is the server's
	DataPath string // dcf_data_path, absolute, of this server alone
	LogPath  string // dcf_log_path, absolute
}

// Mesh is a whole DCF cluster: what all servers share and what each has for
// itself.
type Mesh struct {
	Members []Member // in the order in which dcf_config lists them
	Params  Settings // what is set on all servers alike; dcf_config and the local parameters are not in it
}

// NodeSettings are the settings of one server.
type NodeSettings struct {
	Name     string   // of the server, for reports
	Settings Settings // its parameters
}

// Config returns the dcf_config that every member has.
func (m Mesh) Config() Config {
	nodes := make([]Node, len(m.Members))
	for i, member := range m.Members {
		nodes[i] = member.Node
	}
	return ConfigOf(nodes...)
}

// Settings returns the settings of every member, in the order of the members:
// enable_dcf, dcf_node_id, dcf_config, both paths, and the parameters that all
// share. When anything is wrong, nothing is returned but the error, which is
// [Problems] with all of it.
func (m Mesh) Settings() ([]NodeSettings, error) {
	text := m.Config().Canonical()
	found := m.check()
	all := make([]NodeSettings, len(m.Members))
	for i, member := range m.Members {
		s := maps.Clone(m.Params)
		if s == nil {
			s = Settings{}
		}
		s[ParamEnable] = "on"
		s[ParamConfig] = text
		s[ParamNodeID] = strconv.Itoa(member.Node.ID)
		s[ParamDataPath] = member.DataPath
		s[ParamLogPath] = member.LogPath
		all[i] = NodeSettings{member.Name, s}
	}
	if len(all) == 0 {
		found = append(found, m.Config().Check()...)
	}
	found = append(found, checkEach(all)...)
	if err := found.Err(); err != nil {
		return nil, err
	}
	return all, nil
}

// check finds names that are missing or used twice, and parameters that do not
// belong to all members.
func (m Mesh) check() Problems {
	var found Problems
	add := func(r Reason, node, key, text, detail string) {
		found = append(found, Problem{Reason: r, Node: node, Index: -1, Key: key, Text: text, Offset: -1, Detail: detail})
	}
	for i, member := range m.Members {
		if member.Name == "" {
			add(ReasonBadName, "", "", "", "member "+strconv.Itoa(i)+" has none")
		}
		if slices.ContainsFunc(m.Members[:i], func(o Member) bool { return o.Name == member.Name && o.Name != "" }) {
			add(ReasonBadName, member.Name, "", member.Name, "another member has it")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Params)) {
		if p, ok := ParamByName(name); ok && (p.Local || p.Kind == KindConfig || name == ParamEnable) {
			add(ReasonMemberParam, "", name, m.Params[name], "")
		}
	}
	return append(found, sharedPaths(m.Members)...)
}

// sharedPaths finds members of one machine that use the same folder.
func sharedPaths(members []Member) Problems {
	var found Problems
	for i, a := range members {
		for _, b := range members[:i] {
			if a.DataPath == "" || a.Node.Addr.Addr() != b.Node.Addr.Addr() {
				continue
			}
			if strings.TrimRight(a.DataPath, "/") == strings.TrimRight(b.DataPath, "/") {
				found = append(found, Problem{Reason: ReasonSamePath, Node: a.Name, Index: -1, Key: ParamDataPath, Text: a.DataPath,
					Offset: -1, Detail: "node " + b.Name + " on the same machine uses it"})
			}
		}
	}
	return found
}

// checkEach checks the settings of every node by themselves. What is wrong with
// the list that all share is reported once, with the first node.
func checkEach(nodes []NodeSettings) Problems {
	var found Problems
	seen := map[Problem]bool{}
	for _, n := range nodes {
		for _, p := range n.Settings.Check() {
			if seen[p] {
				continue
			}
			if p.Index >= 0 || p.Offset >= 0 || p.Key == keyRole {
				seen[p] = true
			}
			p.Node = n.Name
			found = append(found, p)
		}
	}
	return found
}
