// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gaussdbsim_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha"
)

// group starts a DCF group of n servers. They are copies of one database, as
// the library wants it.
func group(t *testing.T, n int) []*node {
	t.Helper()
	nodes := newNodes(t, n)
	var members []string
	for i, nd := range nodes {
		role := "FOLLOWER"
		if i == 0 {
			role = "LEADER"
		}
		members = append(members, fmt.Sprintf(`{"stream_id":1,"node_id":%d,"ip":"127.0.0.1","port":%d,"role":"%s"}`, i+1, nd.dcf, role))
	}
	for i, nd := range nodes {
		nd.append(fmt.Sprintf("enable_dcf = on\ndcf_node_id = %d\ndcf_data_path = '%s'\ndcf_log_path = '%s'\ndcf_election_timeout = 1\ndcf_ssl = off\ndcf_config = '[%s]'\n",
			i+1, nd.path("dcf_data"), nd.path("dcf_log"), strings.Join(members, ",")))
		for _, name := range []string{"pg_xlog/000000010000000000000002", "global/pg_control"} {
			b, err := os.ReadFile(nodes[0].path(name))
			if err == nil {
				err = os.WriteFile(nd.path(name), b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, nd := range nodes {
		nd.start("standby")
	}
	return nodes
}

// leader waits for a primary among nodes.
func leader(nodes []*node) (found *node) {
	nodes[0].t.Helper()
	nodes[0].eventually("a leader", func() bool {
		for _, nd := range nodes {
			if nd.pid() != 0 && nd.query().HA.Role == ha.RolePrimary {
				found = nd
				return true
			}
		}
		return false
	})
	return found
}

func without(nodes []*node, gone ...*node) []*node {
	var left []*node
	for _, nd := range nodes {
		keep := true
		for _, g := range gone {
			keep = keep && nd != g
		}
		if keep {
			left = append(left, nd)
		}
	}
	return left
}

func TestDCFMajority(t *testing.T) {
	t.Parallel()
	nodes := group(t, 3)
	first := leader(nodes)
	first.exec("create table t(id int primary key, v text)", "insert into t values (1, 'one')")
	for _, nd := range nodes {
		nd.eventually("replicated", func() bool { return nd.rows() == 1 })
	}
	q := first.query()
	if !q.DCF || q.Paxos == nil || q.Paxos.Info == nil || q.Paxos.Info.Role != dcf.RoleLeader || len(q.Paxos.Info.Nodes) != 3 {
		t.Errorf("leader: %+v", q)
	}
	if out := without(nodes, first)[0].ctl("failover"); out.exit != 1 || !strings.Contains(out.text, "not supported in dcf mode") {
		t.Errorf("failover: exit %d\n%s", out.exit, out.text)
	}

	first.kill()
	rest := without(nodes, first)
	second := leader(rest)
	second.exec("insert into t values (2, 'two')")
	first.start("standby")
	first.eventually("rejoined", func() bool { return first.rows() == 2 })

	// A switchover ends the process of the old leader.
	third := without(nodes, second)[0]
	third.mustCtl("switchover")
	if got := leader(without(nodes, second)); got != third {
		t.Errorf("%s leads, want %s", got.name, third.name)
	}
	second.eventually("ended", func() bool { return second.pid() == 0 })
	second.start("standby")
	third.exec("insert into t values (3, 'three')")
	for _, nd := range nodes {
		nd.eventually("replicated", func() bool { return nd.rows() == 3 })
	}
}

func TestDCFMinority(t *testing.T) {
	t.Parallel()
	nodes := group(t, 3)
	first := leader(nodes)
	first.exec("create table t(id int primary key, v text)", "insert into t values (1, 'one')")
	others := without(nodes, first)
	for _, nd := range others {
		nd.kill()
	}
	first.eventually("ended without majority", func() bool { return first.pid() == 0 })
	first.start("standby")
	term := first.query().Paxos.Info.Term
	if out := first.mustCtl("setrunmode", "-x", "minority", "-v", "1"); !strings.Contains(out.text, "Set run mode success!") {
		t.Errorf("setrunmode: %s", out.text)
	}
	if got := leader(nodes[:]); got != first {
		t.Fatalf("%s leads", got.name)
	}
	info := first.query().Paxos.Info
	if info.RunMode != dcf.RunMinority || info.Term < term+1000 {
		t.Errorf("minority: mode %s, term %d after %d", info.RunMode, info.Term, term)
	}
	first.exec("insert into t values (2, 'alone')")

	for _, nd := range others {
		nd.mustCtl("build", "-b", "full", "-M", "standby")
		nd.eventually("rebuilt", func() bool { return nd.rows() == 2 })
	}
	for _, nd := range nodes {
		nd.mustCtl("setrunmode", "-x", "normal")
	}
	first.exec("insert into t values (3, 'normal')")
	for _, nd := range nodes {
		nd.eventually("replicated", func() bool { return nd.rows() == 3 })
	}
}
