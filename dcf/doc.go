// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package dcf reads, writes and checks the settings of DCF, the Paxos
// replication of openGauss: dcf_config, the list of the group's nodes, and the
// parameters around it. Values in, values out: it opens no file and no
// connection, and imports the standard library only.
//
// # The list of nodes
//
// dcf_config is a JSON array with one object per node, the same on every node:
//
//	[{"stream_id":1,"node_id":1,"ip":"192.168.0.21","port":16683,"role":"LEADER"},
//	 {"stream_id":1,"node_id":2,"ip":"192.168.0.22","port":16683,"role":"FOLLOWER"},
//	 {"stream_id":1,"node_id":3,"ip":"192.168.0.23","port":16683,"role":"FOLLOWER"}]
//
// and optionally "weight" (1), "group" (0) and "priority" (0). [Parse] reads it
// strictly and reports all problems at once, each with element, key, offset and
// reason. A [Config] keeps the order, the spacing and the unknown keys of its
// text: [Config.String] prints it back byte for byte, and after a change only
// the change is different. [Config.Check] holds the rules between nodes.
//
// The library itself is lenient where it should not be: it opens port 4464 for
// 70000, hangs on port 0, accepts two leaders and two nodes on one port, takes
// the first of two equal keys in any letter case. [ParseServer] reads a text as
// the library does, and [Lint] lists where the two readings differ and what a
// value meets on its way through postgresql.conf, gs_guc and configuration
// sync.
//
// The library reads dcf_config once. After the first start the group's own
// record below dcf_data_path counts, and an edited dcf_config changes nothing:
// members are added, removed and changed in the running group. [Steps] says how,
// and what cannot be done so.
//
// # Votes
//
// [Config.Votes] does the arithmetic: weights, quorum, how many nodes may fail,
// which one must not, whether a write is acknowledged with majority groups, and
// which number to name in minority mode. [RunMode] and [ElectionMode] are the
// two things called "run mode": gs_ctl's (normal, minority) and parameter
// dcf_run_mode (auto, disabled).
//
// # Parameters
//
// [Params] describes every parameter: type, unit, range, default, and whether a
// change needs a restart. [Settings] reads them with types, [Settings.Check]
// judges those of one node together, [Changes] compares two versions.
//
// # A whole cluster
//
// A [Mesh] has one [Member] per server and makes the settings of each;
// [Rebuild] makes the mesh from the settings of all and lists the
// contradictions.
//
// # What it does not do
//
// It does not talk to a server or to the library, and cannot know whether an
// address is local, a path exists, certificates are there (dcf_ssl is on by
// default), or what the metadata below dcf_data_path says.
package dcf
