// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
)

func TestClusterStatusOfAnArticle(t *testing.T) {
	out := read(t, "article/cm_ctl_query_cluster1.txt")
	s, err := opengauss.ParseClusterStatus(out)
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	want := opengauss.ClusterStatus{
		State: opengauss.ClusterStateNormal, Balanced: &yes, CurrentAZ: "AZ_ALL",
		CMServers: []opengauss.Manager{
			{NodeID: 1, Node: "pghost2", IP: "192.168.56.20", ID: 1, Path: "/app/ogdata/data/cm/cm_server", State: "Primary"},
			{NodeID: 2, Node: "pghost3", IP: "192.168.56.30", ID: 2, Path: "/app/ogdata/data/cm/cm_server", State: "Standby"},
		},
		Datanodes: []opengauss.Datanode{
			{NodeID: 1, Node: "pghost2", IP: "192.168.56.20", ID: 6001, Path: "/app/ogdata/data/dn1", Static: "P", Role: "Primary", State: "Normal"},
			{NodeID: 2, Node: "pghost3", IP: "192.168.56.30", ID: 6002, Path: "/app/ogdata/data/dn1", Static: "S", Role: "Standby", State: "Normal"},
		},
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("%+v\nwant %+v", s, want)
	}
	if got, want := folded(s.String()), strings.ReplaceAll(folded(out), " :", ":"); got != want {
		t.Errorf("written back, blanks folded:\n%s\nwant\n%s", got, want)
	}
}

// omStatus is what DbClusterInfo.py of OM prints without CM: other columns,
// first words of roles.
const omStatus = `[   Cluster State   ]

cluster_state   : Degraded
redistributing  : No
current_az      : AZ_ALL

[  Datanode State   ]

    node     node_ip         port      instance                  state
----------------------------------------------------------------------
1  node1 10.0.0.1        26000      6001 /data/dn1   P Primary Normal
2  node2 10.0.0.2        26000      6002 /data/dn1   S Cascade Need repair(Connecting)
3  node3 10.0.0.3        26000      6003 /data/dn1   S Down    Manually stopped
`

func TestClusterStatusOfOM(t *testing.T) {
	s, err := opengauss.ParseClusterStatus(omStatus)
	if err != nil {
		t.Fatal(err)
	}
	d := s.Datanodes
	if len(d) != 3 || d[1].Port != 26000 || d[1].ID != 6002 || d[1].Role.Role() != ha.RoleCascade || d[1].State != opengauss.StateNeedRepair ||
		d[1].Detail != "Connecting" || d[2].State != opengauss.StateManuallyStopped || d[2].Role != opengauss.ClusterRoleDown || d[0].Group == d[1].Group {
		t.Errorf("%+v", d)
	}
	if p := s.Primaries(); len(p) != 1 || p[0].Node != "node1" {
		t.Errorf("primaries %v", p)
	}
	const short = "-----------------------------------------------------------------------\n\ncluster_name    : c1\ncluster_state   : Unavailable\nredistributing  : No\n\n-----------------------------------------------------------------------\n"
	s, err = opengauss.ParseClusterStatus(short)
	if err != nil || s.Name != "c1" || s.State != opengauss.ClusterStateUnavailable || s.String() != short {
		t.Errorf("%+v, %v:\n%s", s, err, s)
	}
}

// TestClusterStatusInEveryLayout writes and reads clusters with each
// combination of columns.
func TestClusterStatusInEveryLayout(t *testing.T) {
	for n := range 32 {
		az, ip, port, path, vertical := n&1 > 0, n&2 > 0, n&4 > 0, n&8 > 0, n&16 > 0
		no := false
		s := opengauss.ClusterStatus{State: "Degraded", Balanced: &no, CurrentAZ: "AZ1", IsPaused: true, Redistributing: true,
			Extra: opengauss.Row{{Name: "worm_usage", Value: "3%"}}}
		for i, role := range []opengauss.ClusterRole{"Primary", "Main Standby", "Cascade Standby", "Down"} {
			d := opengauss.Datanode{NodeID: i + 1, Node: "n", ID: 6001 + i, Static: "S", Role: role, State: "Normal"}
			m := opengauss.Manager{NodeID: i + 1, Node: "n", ID: i + 1, State: "Standby"}
			if i == 1 {
				d.State, d.Detail = "Need repair", "WAL segment removed"
			}
			if i == 2 {
				d.State, d.Detail = "Building", "40%"
			}
			if az {
				d.AZ, m.AZ = "AZ1", "AZ1"
			}
			if ip {
				d.IP, m.IP = "fe80::1", "10.0.0.1"
			}
			if port {
				d.Port = 26000 + i
			}
			if path {
				d.Path, m.Path = "/data/dn", "/data/cm/cm_server"
			}
			if vertical {
				d.Group = i
			}
			s.Datanodes = append(s.Datanodes, d)
			s.CMServers, s.ETCD = append(s.CMServers, m), append(s.ETCD, m)
			m.Resource, m.Path, m.State = "dss", "", "OnLine"
			s.Resources = append(s.Resources, m)
		}
		back, err := opengauss.ParseClusterStatus(s.String())
		if err != nil || !reflect.DeepEqual(s, back) {
			t.Fatalf("az %v ip %v port %v path %v vertical %v: %v\n%+v\nwant %+v\n%s", az, ip, port, path, vertical, err, back, s, s)
		}
	}
}

func TestClusterStatusRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":      "",
		"no state":     strings.Replace(omStatus, "cluster_state   : Degraded\n", "", 1),
		"empty state":  strings.Replace(omStatus, ": Degraded", ":", 1),
		"static role":  strings.Replace(omStatus, " P Primary", " Q Primary", 1),
		"cut line":     strings.Replace(omStatus, " P Primary Normal", " P", 1),
		"no header":    strings.Replace(omStatus, "    node     node_ip         port      instance                  state\n", "", 1),
		"maybe":        strings.Replace(omStatus, ": No", ": Maybe", 1),
		"without -C":   "cluster_state             : Normal\nnode                      : 1\n",
		"no node id":   strings.Replace(omStatus, "1  node1", "AZ1 node1", 1),
		"port is text": strings.Replace(omStatus, "26000      6001", "x      6001", 1),
	} {
		if s, err := opengauss.ParseClusterStatus(text); !errors.Is(err, opengauss.ErrFormat) {
			t.Errorf("%s: %+v, error %v", name, s, err)
		}
	}
}
