// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dcf"
)

// mesh builds a cluster of n members.
func mesh(n int) dcf.Mesh {
	m := dcf.Mesh{Params: dcf.Settings{"dcf_election_timeout": "5", "dcf_ssl": "off"}}
	for id := 1; id <= n; id++ {
		m.Members = append(m.Members, dcf.Member{Name: fmt.Sprintf("db%d", id), Node: node(id), DataPath: "/data/dcf", LogPath: "/log/dcf"})
	}
	m.Members[0].Node.Role = dcf.RoleLeader
	return m
}

func mustSettings(t testing.TB, m dcf.Mesh) []dcf.NodeSettings {
	t.Helper()
	nodes, err := m.Settings()
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

func TestMeshSettingsAndBack(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 2))
		m := mesh(3 + rng.IntN(8))
		for i := range m.Members {
			n := &m.Members[i].Node
			n.Stream, n.Weight = dcf.ServerStream, 1+rng.IntN(3)
			n.Group, n.Priority = rng.IntN(3), rng.IntN(10)
			if i >= 3 {
				n.Role = []dcf.Role{dcf.RoleFollower, dcf.RoleLogger, dcf.RolePassive}[rng.IntN(3)]
			}
		}
		nodes := mustSettings(t, m)
		back, found := dcf.Rebuild(nodes)
		if len(found) > 0 {
			t.Fatalf("seed %d: %v", seed, found)
		}
		if !maps.Equal(back.Params, m.Params) || len(back.Members) != len(m.Members) {
			t.Fatalf("seed %d: %+v", seed, back)
		}
		for i, got := range back.Members {
			want := m.Members[i]
			if got.Name != want.Name || got.DataPath != want.DataPath || got.LogPath != want.LogPath || !got.Node.Equal(want.Node) {
				t.Fatalf("seed %d: member %+v, want %+v", seed, got, want)
			}
		}
		again := mustSettings(t, back)
		for i := range nodes {
			if !maps.Equal(again[i].Settings, nodes[i].Settings) || again[i].Name != nodes[i].Name {
				t.Fatalf("seed %d: second time %v, want %v", seed, again[i], nodes[i])
			}
		}
	}
}

func TestMeshReportsEverything(t *testing.T) {
	tests := []struct {
		name   string
		change func(*dcf.Mesh)
		want   []dcf.Reason
	}{
		{"two members", func(m *dcf.Mesh) { m.Members = m.Members[:2] }, []dcf.Reason{dcf.ReasonFewVoters}},
		{"no members", func(m *dcf.Mesh) { m.Members = nil }, []dcf.Reason{dcf.ReasonNoNodes}},
		{"no name", func(m *dcf.Mesh) { m.Members[1].Name = "" }, []dcf.Reason{dcf.ReasonBadName}},
		{"same name", func(m *dcf.Mesh) { m.Members[1].Name = "db1" }, []dcf.Reason{dcf.ReasonBadName}},
		{"same id", func(m *dcf.Mesh) { m.Members[1].Node.ID = 1 }, []dcf.Reason{dcf.ReasonDuplicateNode}},
		{"no address", func(m *dcf.Mesh) { m.Members[1].Node.Addr = dcf.Node{}.Addr }, []dcf.Reason{dcf.ReasonBadIP, dcf.ReasonPortRange}},
		{"no paths", func(m *dcf.Mesh) { m.Members[2].DataPath, m.Members[2].LogPath = "", "log" }, []dcf.Reason{dcf.ReasonRelativePath, dcf.ReasonMissingParam}},
		{"own parameter", func(m *dcf.Mesh) { m.Params["dcf_node_id"] = "1" }, []dcf.Reason{dcf.ReasonMemberParam}},
		{"bad parameter", func(m *dcf.Mesh) { m.Params["dcf_ssl"] = "x" }, []dcf.Reason{dcf.ReasonBadValue, dcf.ReasonBadValue, dcf.ReasonBadValue}},
		{"one machine", func(m *dcf.Mesh) {
			m.Members[1].Node.Addr = addr("10.0.0.1:7")
			m.Members[2].Node.Addr = addr("10.0.0.1:8")
			m.Members[2].DataPath = "/data/dcf3"
		}, []dcf.Reason{dcf.ReasonSamePath}},
	}
	for _, tt := range tests {
		m := mesh(3)
		tt.change(&m)
		nodes, err := m.Settings()
		var got []dcf.Reason
		var found dcf.Problems
		errors.As(err, &found)
		for _, p := range found {
			got = append(got, p.Reason)
		}
		if !slices.Equal(got, tt.want) || nodes != nil {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestRebuildFindsContradictions(t *testing.T) {
	edit := func(nodes []dcf.NodeSettings, i int, key string, change func(string) string) {
		nodes[i].Settings[key] = change(nodes[i].Settings[key])
	}
	set := func(value string) func(string) string { return func(string) string { return value } }
	replace := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	element2 := node(2).String() + ","
	tests := []struct {
		name   string
		change func([]dcf.NodeSettings)
		want   []string // errors, without "(code)"
	}{
		{"other port", func(n []dcf.NodeSettings) { edit(n, 1, "dcf_config", replace("16683", "16684")) },
			[]string{`node db2: port: "16684": another node's list says otherwise: node 1 has 16683 in the list of db1 (nodes-differ)`}},
		{"the majority is right", func(n []dcf.NodeSettings) { edit(n, 0, "dcf_config", replace(`"role":"FOLLOWER"`, `"role":"LOGGER"`)) },
			[]string{`node db1: role: "\"LOGGER\"": another node's list says otherwise: node 2 has "FOLLOWER" in the list of db2 (nodes-differ)`}},
		{"missing node", func(n []dcf.NodeSettings) { edit(n, 2, "dcf_config", replace(element2, "")) },
			[]string{
				`node db3: role: "2": at least three nodes must not be PASSIVE: stream 1 (few-voters)`,
				`node db3: dcf_config: missing in the list of another node: node 2, listed by db1, is missing (not-listed)`,
			}},
		{"extra node", func(n []dcf.NodeSettings) { edit(n, 2, "dcf_config", replace("[", "["+node(7).String()+",")) },
			[]string{`node db1: dcf_config: missing in the list of another node: node 7, listed by db3, is missing (not-listed)`}},
		{"spelling", func(n []dcf.NodeSettings) { edit(n, 1, "dcf_config", replace(",", ", ")) },
			[]string{`node db2: dcf_config: same meaning, other spelling than on another node: other than on db1 (text-differs)`}},
		{"extra key", func(n []dcf.NodeSettings) { edit(n, 1, "dcf_config", replace("}", `,"az":1}`)) },
			[]string{`node db2: dcf_config: ",\"az\":1": another node's list says otherwise: node 1 has "" in the list of db1 (nodes-differ)`}},
		{"same id", func(n []dcf.NodeSettings) { edit(n, 1, "dcf_node_id", set("1")) },
			[]string{
				`node db2: dcf_node_id: "1": another node has the same dcf_node_id: node db1 (same-id)`,
				`dcf_node_id: "2": listed, but its settings are not among those given: listed by db1 (node-unseen)`,
			}},
		{"id not listed", func(n []dcf.NodeSettings) { edit(n, 1, "dcf_node_id", set("9")) },
			[]string{
				`node db2: dcf_node_id: "9": dcf_config has no node with the id in dcf_node_id (self-not-listed)`,
				`dcf_node_id: "2": listed, but its settings are not among those given: listed by db1 (node-unseen)`,
			}},
		{"parameter", func(n []dcf.NodeSettings) { edit(n, 2, "dcf_election_timeout", set("3")) },
			[]string{`node db3: dcf_election_timeout: "3": must be equal on all nodes: node db1 has "5" (parameter-differs)`}},
		{"same parameter in other words", func(n []dcf.NodeSettings) { edit(n, 2, "dcf_ssl", set("no")) }, nil},
		{"off", func(n []dcf.NodeSettings) { edit(n, 2, "enable_dcf", set("off")) },
			[]string{`node db3: enable_dcf: "off": enable_dcf must be on (dcf-not-enabled)`}},
		{"off and empty", func(n []dcf.NodeSettings) {
			n[2].Settings = dcf.Settings{"dcf_node_id": "3", "dcf_election_timeout": "5", "dcf_ssl": "off"}
		},
			[]string{`node db3: dcf_config: no dcf_config to compare (no-settings)`, `node db3: enable_dcf: "off": enable_dcf must be on (dcf-not-enabled)`}},
		{"unreadable", func(n []dcf.NodeSettings) { edit(n, 2, "dcf_config", set("[")) },
			[]string{`node db3: offset 1: element 0: not valid JSON: the text ends where a value should be (syntax)`}},
	}
	for _, tt := range tests {
		nodes := mustSettings(t, mesh(3))
		tt.change(nodes)
		back, found := dcf.Rebuild(nodes)
		var got []string
		for _, p := range found {
			got = append(got, p.Error())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
		}
		if len(back.Members) != 3 {
			t.Errorf("%s: %d members", tt.name, len(back.Members))
		}
	}
	if back, found := dcf.Rebuild(nil); len(back.Members) != 0 || len(found) != 0 {
		t.Errorf("nothing: %v, %v", back, found)
	}
}
