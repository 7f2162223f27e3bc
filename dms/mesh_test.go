// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dms"
)

// mesh builds a cluster of n members on machines of their own.
func mesh(n int) dms.Mesh {
	m := dms.Mesh{Params: dms.Settings{"ss_dss_data_vg_name": "+data", "ss_dss_xlog_vg_name": "+log", "ssl": "on", "ss_work_thread_count": "64"}}
	for _, i := range urlOf(n).Instances {
		m.Members = append(m.Members, dms.Member{Name: fmt.Sprintf("db%d", i.ID), Instance: i, Socket: "UDS:/dss/.dss_unix_d_socket"})
	}
	return m
}

func mustSettings(t testing.TB, m dms.Mesh) []dms.NodeSettings {
	t.Helper()
	nodes, err := m.Settings(dms.Newest)
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

// by prints problems with their nodes.
func by(ps dms.Problems) string {
	var all []string
	for _, p := range ps {
		all = append(all, strings.Join([]string{p.Node, p.Key, p.Text, p.Reason.String()}, " "))
	}
	return strings.Join(all, "\n")
}

func TestMeshSettingsAndBack(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 5))
		m := mesh(1 + rng.IntN(9))
		for i := range m.Members {
			x := &m.Members[i]
			x.Instance.Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i), byte(rng.IntN(255) + 1)}), uint16(1024+rng.IntN(60000)))
			x.Socket = fmt.Sprintf("UDS:/home/dss%d/.dss_unix_d_socket", rng.IntN(3))
		}
		m.Params["ss_log_level"] = fmt.Sprint(rng.IntN(888))
		nodes := mustSettings(t, m)
		back, found := dms.Rebuild(nodes, dms.Newest)
		if len(found) > 0 {
			t.Fatalf("seed %d: %v", seed, found)
		}
		if !maps.Equal(back.Params, m.Params) || !slices.Equal(back.Members, m.Members) {
			t.Fatalf("seed %d:\n got %+v\nwant %+v", seed, back, m)
		}
	}
}

func TestMeshSettings(t *testing.T) {
	nodes := mustSettings(t, mesh(2))
	want := dms.Settings{
		"ss_enable_dss": "on", "ss_enable_dms": "on", "enable_segment": "on", "enable_double_write": "off", "ss_instance_id": "1",
		"ss_interconnect_url": "0:10.0.0.1:1611,1:10.0.0.2:1611", "ss_dss_conn_path": "UDS:/dss/.dss_unix_d_socket",
		"ss_dss_data_vg_name": "+data", "ss_dss_xlog_vg_name": "+log", "ssl": "on", "ss_work_thread_count": "64",
	}
	if got := nodes[1]; got.Name != "db1" || !maps.Equal(got.Settings, want) {
		t.Errorf("%+v", got)
	}
	nodes[0].Settings["ss_log_level"] = "255"
	if _, shared := nodes[1].Settings["ss_log_level"]; shared {
		t.Error("nodes share their settings")
	}
	old := dms.Mesh{Members: mesh(2).Members, Params: dms.Settings{"ss_dss_vg_name": "+data", "ssl": "on"}}
	nodes, err := old.Settings(dms.V500)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := nodes[0].Settings["enable_segment"]; ok {
		t.Error("5.0.0 knows enable_segment with assertions only")
	}
}

func TestMeshSaysEverythingThatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*dms.Mesh)
		want   string
	}{
		{"nothing", func(m *dms.Mesh) { m.Members = nil }, "   no-instances"},
		{"names", func(m *dms.Mesh) { m.Members[0].Name, m.Members[1].Name = "", "db2" }, "   bad-name\ndb2  db2 bad-name"},
		{"params", func(m *dms.Mesh) { m.Params = with(m.Params, "ss_instance_id", "1", "ss_enable_dms", "on") },
			" ss_enable_dms on member-parameter\n ss_instance_id 1 member-parameter"},
		{"order", func(m *dms.Mesh) { slices.Reverse(m.Members) },
			"db2 id 2 id-order\ndb2 id 0 id-order"},
		{"socket", func(m *dms.Mesh) { m.Members[1].Socket = "" }, "db1 ss_dss_conn_path  bad-value"},
		{"one dssserver for two", func(m *dms.Mesh) {
			m.Members[1].Instance.Addr = netip.AddrPortFrom(m.Members[0].Instance.Addr.Addr(), 1612)
		}, "db1 ss_dss_conn_path UDS:/dss/.dss_unix_d_socket parameter-repeated"},
		{"address", func(m *dms.Mesh) { m.Members[1].Instance.Addr = m.Members[0].Instance.Addr; m.Members[1].Socket += "2" },
			"db0 port 10.0.0.1:1611 address-clash"},
		{"value", func(m *dms.Mesh) { m.Params["ss_work_thread_count"] = "1" },
			"db0 ss_work_thread_count 1 out-of-range\ndb1 ss_work_thread_count 1 out-of-range\ndb2 ss_work_thread_count 1 out-of-range"},
	} {
		m := mesh(3)
		tt.change(&m)
		nodes, err := m.Settings(dms.Newest)
		var problems dms.Problems
		if !errors.As(err, &problems) || nodes != nil {
			t.Errorf("%s: %v, %v", tt.name, nodes, err)
			continue
		}
		if got := by(problems); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestRebuildListsContradictions(t *testing.T) {
	type edit func([]dms.NodeSettings) []dms.NodeSettings
	set := func(node int, pairs ...string) edit {
		return func(n []dms.NodeSettings) []dms.NodeSettings {
			n[node].Settings = with(n[node].Settings, pairs...)
			return n
		}
	}
	for _, tt := range []struct {
		name string
		edit edit
		want string
	}{
		{"same id", set(1, "ss_instance_id", "0"), "db1 ss_instance_id 0 same-id\n ss_instance_id 1 instance-unseen"},
		{"missing", func(n []dms.NodeSettings) []dms.NodeSettings { return n[:2] }, " ss_instance_id 2 instance-unseen"},
		{"other address", set(2, "ss_interconnect_url", "0:10.0.0.9:1611,1:10.0.0.2:1611,2:10.0.0.3:1611"),
			"db2 ss_interconnect_url 0:10.0.0.9:1611 urls-differ"},
		{"the majority counts", set(0, "ss_interconnect_url", "0:10.0.0.9:1611,1:10.0.0.2:1611,2:10.0.0.3:1611"),
			"db0 ss_interconnect_url 0:10.0.0.9:1611 urls-differ"},
		{"shorter", set(2, "ss_interconnect_url", urlOf(2).String()),
			"db2 ss_instance_id 2 self-not-listed\ndb2 ss_interconnect_url  not-listed"},
		{"longer", set(2, "ss_interconnect_url", urlOf(4).String()), "db0 ss_interconnect_url  not-listed"},
		{"spelling", set(2, "ss_interconnect_url", strings.ReplaceAll(urlOf(3).String(), ",", ", ")),
			"db2    blanks\ndb2 ss_interconnect_url 0:10.0.0.1:1611, 1:10.0.0.2:1611, 2:10.0.0.3:1611 text-differs"},
		{"order", set(2, "ss_interconnect_url", "1:10.0.0.2:1611,0:10.0.0.1:1611,2:10.0.0.3:1611"),
			"db2 id 1 id-order\ndb2 id 0 id-order\ndb2 ss_interconnect_url 1:10.0.0.2:1611,0:10.0.0.1:1611,2:10.0.0.3:1611 urls-differ"},
		{"no url", func(n []dms.NodeSettings) []dms.NodeSettings {
			s := maps.Clone(n[1].Settings)
			delete(s, "ss_interconnect_url")
			n[1].Settings = s
			return n
		}, "db1 ss_instance_id 1 self-not-listed\ndb1 ss_interconnect_url  no-settings"},
		{"must be equal", set(0, "ss_dss_data_vg_name", "+other"), "db0 ss_dss_data_vg_name +other parameter-differs"},
		{"should be equal", set(1, "ss_work_thread_count", "16"), "db1 ss_work_thread_count 16 parameter-uneven"},
		{"default", set(1, "ss_interconnect_channel_count", "16"), ""},
		{"another spelling", set(1, "ss_enable_dms", "TRUE"), ""},
		{"own", set(1, "ss_log_level", "255"), ""},
		{"not enabled", set(1, "ss_enable_dss", "off", "ss_enable_dms", "off"),
			"db1 ss_enable_dms off not-enabled\ndb1 ss_enable_dms off parameter-differs\ndb1 ss_enable_dss off parameter-differs"},
	} {
		nodes := tt.edit(mustSettings(t, mesh(3)))
		back, found := dms.Rebuild(nodes, dms.Newest)
		if got := by(found); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
		if len(back.Members) != 3 {
			t.Errorf("%s: %+v", tt.name, back)
		}
	}
	if m, found := dms.Rebuild(nil, dms.Newest); len(m.Members) > 0 || len(found) > 0 {
		t.Errorf("nobody: %+v, %v", m, found)
	}
	m, found := dms.Rebuild([]dms.NodeSettings{{Name: "x", Settings: dms.Settings{"ss_interconnect_url": "x"}}}, dms.Newest)
	if len(m.Members) > 0 || !found.Has(dms.ReasonNotThreeParts) || !found.Has(dms.ReasonNotEnabled) {
		t.Errorf("nonsense: %+v, %v", m, found)
	}
}
