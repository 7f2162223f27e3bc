// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf_test

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/gausskit/gausskit/dcf"
)

// Read a list, ask it, change it, and write it back.
func Example() {
	config, err := dcf.Parse(`[{"stream_id":1,"node_id":1,"ip":"192.168.0.21","port":16683,"role":"LEADER"},` +
		`{"stream_id":1,"node_id":2,"ip":"192.168.0.22","port":16683,"role":"FOLLOWER"},` +
		`{"stream_id":1,"node_id":3,"ip":"192.168.0.23","port":16683,"role":"FOLLOWER"}]`)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := config.Check().Err(); err != nil {
		fmt.Println(err)
		return
	}
	votes := config.Votes(dcf.ServerStream)
	fmt.Printf("%d votes, %d decide, %d node may fail\n", votes.Total, votes.Quorum, votes.MaxFailures())

	config.Nodes[2].Role = dcf.RoleLogger
	fmt.Println(config.Nodes[2])
	// Output:
	// 3 votes, 2 decide, 1 node may fail
	// {"stream_id":1,"node_id":3,"ip":"192.168.0.23","port":16683,"role":"LOGGER"}
}

// All problems come at once, each with its place and a code for programs.
func ExampleParse() {
	_, err := dcf.Parse(`[{"stream_id":1,"node_id":300,"ip":"db1","port":70000,"role":"LEADER"}]`)
	var problems dcf.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Printf("%d %s %s\n", p.Offset, p.Key, p.Reason)
		}
	}
	// Output:
	// 26 node_id node-id-range
	// 35 ip bad-ip
	// 48 port port-range
}

// The library accepts what it should refuse: Lint says what it makes of it.
func ExampleLint() {
	for _, p := range dcf.Lint(`[{"stream_id":1,"node_id":1,"ip":"10.0.0.1","port":70000,"role":"leader"}]`) {
		fmt.Println(p)
	}
	// Output:
	// offset 51: element 0: port: "70000": port is not between 1 and 65535: the library listens on port 4464 (port-range)
}

// One configuration that can be started with is not yet one that survives.
func ExampleConfig_Check() {
	a := netip.MustParseAddrPort("10.0.0.1:16683")
	config := dcf.ConfigOf(
		dcf.Node{ID: 1, Addr: a, Role: dcf.RoleLeader},
		dcf.Node{ID: 2, Addr: a, Role: dcf.RoleLeader},
	)
	for _, p := range config.Check() {
		fmt.Println(p)
	}
	// Output:
	// offset 124: element 1: port: "10.0.0.1:16683": address and port belong to another node already: node 1 listens there (address-clash)
	// offset 137: element 1: role: "LEADER": at most one node may have role LEADER: node 1 is LEADER (two-leaders)
	// role: "2": at least three nodes must not be PASSIVE: stream 1 (few-voters)
}

// The number of votes to name when a majority is lost for good.
func ExampleVotes_MinorityVotes() {
	var nodes []dcf.Node
	for id := 1; id <= 5; id++ {
		nodes = append(nodes, dcf.Node{ID: id, Role: dcf.RoleFollower})
	}
	votes := dcf.ConfigOf(nodes...).Votes(dcf.ServerStream)

	n, err := votes.MinorityVotes(4, 5)
	fmt.Println(n, err, "- can split:", votes.CanSplit(n))
	_, err = votes.MinorityVotes(1, 4, 5)
	fmt.Println(err)
	// Output:
	// 2 <nil> - can split: true
	// dcf: minority votes: survivors [1 4 5] have 3 of 5 votes, a majority: leave the group in normal mode
}

// The settings of every server, from a list of members.
func ExampleMesh() {
	mesh := dcf.Mesh{Params: dcf.Settings{"dcf_ssl": "off", "dcf_election_timeout": "5"}}
	for i, ip := range []string{"192.168.0.21", "192.168.0.22", "192.168.0.23"} {
		mesh.Members = append(mesh.Members, dcf.Member{
			Name:     fmt.Sprintf("db%d", i+1),
			Node:     dcf.Node{ID: i + 1, Addr: netip.AddrPortFrom(netip.MustParseAddr(ip), 16683), Role: dcf.RoleFollower},
			DataPath: "/data/dcf", LogPath: "/log/dcf",
		})
	}
	mesh.Members[0].Node.Role = dcf.RoleLeader
	nodes, err := mesh.Settings()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(nodes[1].Name, "dcf_node_id =", nodes[1].Settings["dcf_node_id"])
	fmt.Println(nodes[1].Settings["dcf_config"][:76])

	// And back: somebody edited one of them.
	nodes[1].Settings["dcf_election_timeout"] = "1"
	_, problems := dcf.Rebuild(nodes)
	fmt.Println(problems[0])
	// Output:
	// db2 dcf_node_id = 2
	// [{"stream_id":1,"node_id":1,"ip":"192.168.0.21","port":16683,"role":"LEADER"
	// node db2: dcf_election_timeout: "1": must be equal on all nodes: node db1 has "5" (parameter-differs)
}

// What a change of settings needs.
func ExampleChanges() {
	old := dcf.Settings{"dcf_ssl": "on"}
	changed := dcf.Settings{"dcf_ssl": "off", "dcf_election_timeout": "5"}
	for _, c := range dcf.Changes(old, changed) {
		fmt.Printf("%s: %s -> %s at the next %s\n", c.Param.Name, c.Old, c.New, c.Param.Apply)
	}
	// Output:
	// dcf_election_timeout: 3 -> 5 at the next reload
	// dcf_ssl: on -> off at the next restart
}

// Values with their types, defaults included.
func ExampleSettings() {
	s := dcf.Settings{"dcf_mem_pool_max_size": "4096"}
	timeout, _ := s.Duration("dcf_election_timeout")
	size, _ := s.Bytes("dcf_mem_pool_max_size")
	_, err := dcf.Settings{"dcf_election_timeout": "5s"}.Duration("dcf_election_timeout")
	fmt.Println(timeout, size>>20)
	fmt.Println(err)
	// Output:
	// 3s 4096
	// dcf: invalid value: dcf_election_timeout: "5s": must be decimal digits, units are not accepted (not-a-number)
}

func ExampleParamByName() {
	p, _ := dcf.ParamByName("dcf_mec_fragment_size")
	fmt.Printf("%s, %d to %d %s, default %s, applied at %s\n", p.Kind, p.Min, p.Max, p.Unit, p.Default, p.Apply)
	// Output:
	// integer, 32 to 10240 kB, default 64, applied at restart
}

// An edited dcf_config changes nothing in a running group: it is changed in
// steps.
func ExampleSteps() {
	group := func(ids ...int) dcf.Config {
		var nodes []dcf.Node
		for _, id := range ids {
			ip := netip.AddrFrom4([4]byte{10, 0, 0, byte(id)})
			nodes = append(nodes, dcf.Node{ID: id, Addr: netip.AddrPortFrom(ip, 16683), Role: dcf.RoleFollower})
		}
		return dcf.ConfigOf(nodes...)
	}
	steps, problems := dcf.Steps(group(1, 2, 3), group(1, 2, 4))
	for _, s := range steps {
		fmt.Println(s)
	}
	fmt.Println(len(problems), "problems")
	// Output:
	// add node 4 at 10.0.0.4:16683 as PASSIVE
	// change node 4: role FOLLOWER
	// remove node 3
	// 0 problems
}
