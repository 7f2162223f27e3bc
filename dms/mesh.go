// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
)

// Member is one instance of a cluster with shared storage. It is comparable.
type Member struct {
	Name     string   // name of the server for people, unique; not in any setting
	Instance Instance // its entry in the URL
	Socket   string   // ss_dss_conn_path: "UDS:" and the socket of this instance's dssserver
}

// host returns the address of a member's machine.
func (m Member) host() netip.Addr { return m.Instance.Addr.Addr() }

// Mesh is a whole cluster: what all instances share and what each has for
// itself.
type Mesh struct {
	Members []Member // in the order of their ids
	Params  Settings // what is set on all instances alike; the URL and the members' own parameters are not in it
}

// NodeSettings are the settings of one server.
type NodeSettings struct {
	Name     string   // of the server, for reports
	Settings Settings // its parameters
}

// URL returns the interconnect URL that every member has.
func (m Mesh) URL() URL {
	u := URL{Instances: make([]Instance, len(m.Members))}
	for i, member := range m.Members {
		u.Instances[i] = member.Instance
	}
	return u
}

// madeByMesh has what [Mesh.Settings] sets by itself, besides the URL and the
// members' own parameters.
var madeByMesh = map[string]string{
	ParamEnableDSS: "on", ParamEnableDMS: "on", paramSegment: "on", paramDoubleWrite: "off",
}

// isMembers reports whether a parameter belongs to the members or is made by
// the mesh, so that it does not belong into [Mesh.Params].
func isMembers(name string) bool {
	_, made := madeByMesh[name]
	return made || name == ParamURL || name == ParamInstanceID || name == ParamSocket
}

// Settings returns the settings of every member for a release, in the order of
// the members: the switches of shared storage, the URL, the own id, the socket,
// and the parameters that all share. When anything more than advice is wrong,
// nothing is returned but the error, which is [Problems] with all of it.
func (m Mesh) Settings(r Release) ([]NodeSettings, error) {
	text := m.URL().String()
	found := m.check()
	all := make([]NodeSettings, len(m.Members))
	for i, member := range m.Members {
		s := maps.Clone(m.Params)
		if s == nil {
			s = Settings{}
		}
		for name, value := range madeByMesh {
			if p, ok := ParamByName(name, r); ok && p.Build == BuildAny {
				s[name] = value
			}
		}
		s[ParamURL] = text
		s[ParamInstanceID] = strconv.Itoa(member.Instance.ID)
		s[ParamSocket] = member.Socket
		all[i] = NodeSettings{member.Name, s}
	}
	if len(all) == 0 {
		found = append(found, m.URL().Check(r)...)
	}
	found = append(found, checkEach(all, r)...)
	if err := found.Err(); err != nil {
		return nil, err
	}
	return all, nil
}

// check finds names that are missing or used twice, parameters that do not
// belong to all members, and sockets that two members share.
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
		if isMembers(name) {
			add(ReasonMemberParam, "", name, m.Params[name], "")
		}
	}
	return append(found, sharedSockets(m.Members)...)
}

// sharedSockets finds members of one machine that use the same dssserver.
func sharedSockets(members []Member) Problems {
	var found Problems
	for i, a := range members {
		for _, b := range members[:i] {
			if a.Socket != "" && a.Socket == b.Socket && a.host() == b.host() {
				found = append(found, Problem{Reason: ReasonParamRepeated, Node: a.Name, Index: -1, Key: ParamSocket, Text: a.Socket,
					Offset: -1, Detail: "node " + b.Name + " on the same machine uses it"})
			}
		}
	}
	return found
}

// checkEach checks the settings of every node by themselves. What is wrong with
// the URL that all share is reported once, with the first node.
func checkEach(nodes []NodeSettings, r Release) Problems {
	var found Problems
	seen := map[Problem]bool{}
	for _, n := range nodes {
		for _, p := range n.Settings.Check(r) {
			if seen[p] {
				continue
			}
			if p.Offset >= 0 || p.Key == "" {
				seen[p] = true
			}
			p.Node = n.Name
			found = append(found, p)
		}
	}
	return found
}
