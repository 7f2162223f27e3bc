// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/gausskit/gausskit/dms"
)

// Read a URL, ask it, and build one.
func Example() {
	u, err := dms.Parse("0:192.168.0.21:1611, 1:192.168.0.22:1611")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := u.Check(dms.Newest).Err(); err != nil {
		fmt.Println(err)
		return
	}
	second, _ := u.Instance(1)
	fmt.Println(second.Addr, u.Set())

	u.Instances = append(u.Instances, dms.Instance{ID: 2, Addr: netip.MustParseAddrPort("192.168.0.23:1611")})
	fmt.Println(u)
	// Output:
	// 192.168.0.22:1611 0,1
	// 0:192.168.0.21:1611,1:192.168.0.22:1611,2:192.168.0.23:1611
}

// All problems come at once, each with its place and a code for programs.
func ExampleParse() {
	_, err := dms.Parse("0:db1:1611,a:10.0.0.2:70000,2:fe80::1:1611")
	var problems dms.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			fmt.Println(p.Index, p.Offset, p.Key, p.Reason)
		}
	}
	// Output:
	// 0 2 ip bad-ip
	// 1 11 id not-a-number
	// 1 22 port port-range
	// 2 30 ip ipv6
}

// The server accepts what it should refuse: Lint says what it makes of it.
func ExampleLint() {
	for _, p := range dms.Lint("0:10.0.0.1:70000,10:10.0.0.2:1611", dms.Newest) {
		fmt.Println(p)
	}
	for _, p := range dms.Lint("10:10.0.0.2:1611", dms.V700RC2) {
		fmt.Println(p)
	}
	// Output:
	// offset 11: entry 0: port: "70000": port is not between 1024 and 65535: the server takes port 4464 (port-range)
	// offset 0: entry 0: id: "10": the server takes the first character of an entry for its id: the server takes instance 1 (first-digit)
}

// What a server holds after it has read a text.
func ExampleParseServer() {
	fmt.Println(dms.ParseServer("12:999.0.0.1:70000", dms.V700RC2).Instances)
	fmt.Println(dms.ParseServer("12:999.0.0.1:70000", dms.V510).Instances)
	fmt.Println(dms.ParseServer("0:db1:1611", dms.V503).Instances)
	fmt.Println(dms.ParseServer("0:db1:1611", dms.V510).Outcome)
	// Output:
	// [1:999.0.0.1:4464]
	// [0:999.0.0.1:4464]
	// [0:db1:1611]
	// refused
}

// A recipe of 2023 on a server of today.
func ExampleSettings_Check() {
	s := dms.Settings{
		"ss_enable_dss": "on", "ss_enable_dms": "on", "ss_instance_id": "0", "ss_interconnect_url": "0:127.0.0.1:1613,1:127.0.0.1:1614",
		"ss_dss_data_vg_name": "+data", "ss_dss_xlog_vg_name": "+data", "enable_segment": "on", "enable_double_write": "off",
		"ss_enable_ssl": "off", "ss_enable_reform": "off", "ss_enable_log_level": "on",
	}
	found := s.Check(dms.V700RC2)
	for _, p := range found {
		fmt.Println(p)
	}
	fmt.Println(len(found.Advice()), "is advice")
	// Output:
	// ss_enable_log_level: "on": the server does not start: this release does not know the parameter: known in 3.1.1 only, not in 7.0.0-RC2 (other-release)
	// ss_enable_reform: "off": the server does not start: this release does not know the parameter: known in 3.1.1 to 6.0.0-RC1, not in 7.0.0-RC2 (other-release)
	// ss_enable_ssl: "off": the interconnect is not encrypted (not-encrypted)
	// 1 is advice
}

func ExampleParamByName() {
	for _, r := range []dms.Release{dms.V602, dms.V700RC1} {
		p, _ := dms.ParamByName("ss_recv_msg_pool_size", r)
		fmt.Printf("%s: %s, %d to %d %s, default %s, applied at %s, %s on all nodes\n", r, p.Kind, p.Min, p.Max, p.Unit, p.Default, p.Apply, p.Scope)
	}
	// Output:
	// 6.0.2: integer, 1024 to 1048576 kB, default 16384, applied at restart, alike on all nodes
	// 7.0.0-RC1: integer, 32768 to 1048576 kB, default 65536, applied at restart, alike on all nodes
}

// The settings of every server, from a list of members, and back.
func ExampleMesh() {
	mesh := dms.Mesh{Params: dms.Settings{"ss_dss_data_vg_name": "+data", "ss_dss_xlog_vg_name": "+log", "ssl": "on"}}
	for id, ip := range []string{"192.168.0.21", "192.168.0.22"} {
		mesh.Members = append(mesh.Members, dms.Member{
			Name:     fmt.Sprintf("db%d", id),
			Instance: dms.Instance{ID: id, Addr: netip.AddrPortFrom(netip.MustParseAddr(ip), 1611)},
			Socket:   "UDS:/home/omm/dss/.dss_unix_d_socket",
		})
	}
	nodes, err := mesh.Settings(dms.Newest)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(nodes[1].Name, nodes[1].Settings[dms.ParamInstanceID], nodes[1].Settings[dms.ParamURL])

	// Somebody edited one of them.
	nodes[1].Settings["ss_interconnect_type"] = "RDMA"
	_, problems := dms.Rebuild(nodes, dms.Newest)
	fmt.Println(problems[0])
	// Output:
	// db1 1 0:192.168.0.21:1611,1:192.168.0.22:1611
	// node db1: ss_interconnect_type: "RDMA": must be equal on all nodes: node db0 has "TCP" (parameter-differs)
}

// Who is primary, and who is a member: from the control file, without a server.
func ExampleReadControl() {
	c, err := dms.ReadControl(file(control(1, 2, 0))) // an io.ReaderAt over +data/pg_control
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("members %s, primary %d, %s, %s cluster\n", c.Stable, c.Primary, c.State, c.RunMode)
	// Output:
	// members 0,1, primary 1, normal, primary cluster
}

// What an instance says of the reform under way.
func ExampleParseInfo() {
	q, err := dms.InfoQuery(true, dms.Newest)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(q.SQL)
	// The rows of the answer, each read with q.Row.
	facts, err := q.Rows([][]string{{"INSTANCE_ID", "1"}, {"DMS_ROLE", "REFORMER"}, {"PROC_STATUS", "RUNNING"}, {"REFORM_STATUS", "RUNNING"},
		{"START_TIME", "2025-08-01 10:11:12.345"}, {"REFORM_TYPE", "FAILOVER_OPENGAUSS"}, {"CURR_STEP", "RECOVERY_OPENGAUSS"}, {"BITMAP_ONLINE", "2"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	info, err := dms.ParseInfo(facts)
	fmt.Println(info.Role, info.Type, info.Step, info.Online, err)
	// Output:
	// select coalesce(name::text, '-') as name, coalesce(description::text, '-') as description from query_node_reform_info_from_dms(1) as t(name, description)
	// reformer opengauss-failover RECOVERY_OPENGAUSS 1 <nil>
}

// The error of a server that could not start.
func ExampleParseServerError() {
	err, ok := dms.ParseServerError("FATAL:  failed to initialize dms, errno: 10006, reason: dms param is invalid, param = total_ctx_cnt")
	fmt.Println(ok, errors.Is(err, dms.CodeParamInvalid), err.Causes[0].Code.Area())
	fmt.Println(dms.CodeParamInvalid)
	// Output:
	// true true common
	// dms: error 10006: a parameter is not valid (ERRNO_DMS_PARAM_INVALID)
}

// The line of dms.rlog that says what a reform will do.
func ExampleParseJudgement() {
	j, ok, err := dms.ParseJudgement("[DMS REFORM]inst_id:0, role:partner, catalog:centralized, reform_type:OPENGAUSS_NORMAL, step:PREPARE-START-SUCCESS-DONE")
	fmt.Println(ok, err, j.Role, j.Type, j.Steps)
	// Output:
	// true <nil> partner opengauss-normal [PREPARE START SUCCESS DONE]
}
