// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha"
)

// Paxos is the section of DCF. get_paxos_replication_info() has the same
// columns.
type Paxos struct {
	Write, Commit                       ha.LSN   // of the group's log
	LocalWrite, LocalFlush, LocalReplay ha.LSN   // of this server
	Info                                *DCFInfo // nil when DCF does not run in this server
	Extra                               Row
}

func paxosColumns() []column[Paxos] {
	return []column[Paxos]{
		lsnColumn("paxos_write_location", func(p *Paxos) *ha.LSN { return &p.Write }),
		lsnColumn("paxos_commit_location", func(p *Paxos) *ha.LSN { return &p.Commit }),
		lsnColumn("local_write_location", func(p *Paxos) *ha.LSN { return &p.LocalWrite }),
		lsnColumn("local_flush_location", func(p *Paxos) *ha.LSN { return &p.LocalFlush }),
		lsnColumn("local_replay_location", func(p *Paxos) *ha.LSN { return &p.LocalReplay }),
		{"dcf_replication_info", func(p *Paxos, s string) error {
			if s == "" {
				return nil
			}
			info, err := ParseDCFInfo(s)
			p.Info = &info
			return err
		}, func(p *Paxos) string {
			if p.Info == nil {
				return ""
			}
			return p.Info.String()
		}},
	}
}

// ReadPaxos reads a row of get_paxos_replication_info().
func ReadPaxos(row Row) (p Paxos, err error) {
	err = readRow(string(SectionPaxos), paxosColumns(), row, &p, &p.Extra)
	return p, err
}

// DCFInfo is what a node of a DCF group knows of it. Positions are entry
// numbers of the group's log, not LSNs. Source: dcf_query_stream_info of DCF.
type DCFInfo struct {
	StreamID          int
	LocalNodeID       int
	Role              dcf.Role         // what this node is
	Term              ha.Term          // of DCF; it is not the term of gs_ctl failover
	ElectionMode      dcf.ElectionMode // "run_mode"
	RunMode           dcf.RunMode      // "work_mode": normal or minority
	HeartbeatInterval time.Duration
	ElectionTimeout   time.Duration
	AutoPriority      bool // the library sets priorities by itself
	SwitchThreshold   int  // seconds, dcf_election_switch_threshold
	Group             int
	Priority          int64
	LeaderGroup       int
	InMajority        bool
	Applied           uint64
	Commit            uint64
	First             uint64
	Last              uint64
	ClusterMinApplied *uint64    // only the leader knows it
	Leader            *DCFLeader // nil while none is known
	Nodes             []DCFNode
	Extra             map[string]json.RawMessage // members of a later release
}

// DCFLeader is where the leader is.
type DCFLeader struct {
	ID   int
	IP   string
	Port int // of DCF, not of the database
}

// DCFNode is one node of the group as another knows it.
type DCFNode struct {
	ID   int      `json:"node_id"`
	IP   string   `json:"ip"`
	Port int      `json:"port"` // of DCF
	Role dcf.Role `json:"role"`
	// How far the node is; only the leader knows.
	Next    *uint64 `json:"next_index,omitempty"`
	Match   *uint64 `json:"match_index,omitempty"`
	Applied *uint64 `json:"apply_index,omitempty"`
}

// wireInfo has the members in the order in which the library writes them.
type wireInfo struct {
	StreamID          int       `json:"stream_id"`
	LocalNodeID       int       `json:"local_node_id"`
	Role              dcf.Role  `json:"role"`
	Term              ha.Term   `json:"term"`
	ElectionMode      uint8     `json:"run_mode"`
	RunMode           uint8     `json:"work_mode"`
	HeartbeatMS       uint32    `json:"hb_interval"`
	ElectionMS        uint32    `json:"elc_timeout"`
	AutoPriority      uint8     `json:"auto_elc_pri_en"`
	SwitchThreshold   int       `json:"elc_switch_thd"`
	Group             int       `json:"group"`
	Priority          int64     `json:"priority"`
	LeaderGroup       int       `json:"leader_group"`
	InMajority        uint8     `json:"is_in_major"`
	Applied           uint64    `json:"applied_index"`
	Commit            uint64    `json:"commit_index"`
	First             uint64    `json:"first_index"`
	Last              uint64    `json:"last_index"`
	ClusterMinApplied *uint64   `json:"cluster_min_apply_idx,omitempty"`
	LeaderID          *int      `json:"leader_id"`
	LeaderIP          *string   `json:"leader_ip"`
	LeaderPort        *int      `json:"leader_port"`
	Nodes             []DCFNode `json:"nodes"`
}

// dcfRequired are the members without which nothing should be decided.
var dcfRequired = [...]string{"local_node_id", "role", "term", "work_mode", "nodes"}

// dcfMembers are all members of wireInfo.
var dcfMembers = [...]string{"stream_id", "local_node_id", "role", "term", "run_mode", "work_mode", "hb_interval",
	"elc_timeout", "auto_elc_pri_en", "elc_switch_thd", "group", "priority", "leader_group", "is_in_major",
	"applied_index", "commit_index", "first_index", "last_index", "cluster_min_apply_idx", "leader_id", "leader_ip",
	"leader_port", "nodes"}

// ParseDCFInfo reads dcf_replication_info, one JSON object. Members that it
// does not know are kept in Extra. Errors wrap [ErrFormat].
func ParseDCFInfo(text string) (DCFInfo, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return DCFInfo{}, fmt.Errorf("%w: dcf_replication_info: %w", ErrFormat, err)
	}
	for _, name := range dcfRequired {
		if v, ok := all[name]; !ok || string(v) == "null" {
			return DCFInfo{}, fmt.Errorf("%w: dcf_replication_info: member %q is missing", ErrFormat, name)
		}
	}
	var w wireInfo
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return DCFInfo{}, fmt.Errorf("%w: dcf_replication_info: %w", ErrFormat, err)
	}
	if w.RunMode > uint8(dcf.RunMinority) || w.ElectionMode > uint8(dcf.ElectionDisabled) {
		return DCFInfo{}, fmt.Errorf("%w: dcf_replication_info: run_mode %d, work_mode %d: want 0 to %d and 0 to %d",
			ErrFormat, w.ElectionMode, w.RunMode, dcf.ElectionDisabled, dcf.RunMinority)
	}
	d := DCFInfo{
		StreamID: w.StreamID, LocalNodeID: w.LocalNodeID, Role: w.Role, Term: w.Term,
		ElectionMode: dcf.ElectionMode(w.ElectionMode), RunMode: dcf.RunMode(w.RunMode),
		HeartbeatInterval: time.Duration(w.HeartbeatMS) * time.Millisecond,
		ElectionTimeout:   time.Duration(w.ElectionMS) * time.Millisecond,
		AutoPriority:      w.AutoPriority != 0, SwitchThreshold: w.SwitchThreshold,
		Group: w.Group, Priority: w.Priority, LeaderGroup: w.LeaderGroup, InMajority: w.InMajority != 0,
		Applied: w.Applied, Commit: w.Commit, First: w.First, Last: w.Last, ClusterMinApplied: w.ClusterMinApplied,
		Nodes: w.Nodes,
	}
	if w.LeaderID != nil && w.LeaderIP != nil && w.LeaderPort != nil {
		d.Leader = &DCFLeader{*w.LeaderID, *w.LeaderIP, *w.LeaderPort}
	}
	for _, name := range dcfMembers {
		delete(all, name)
	}
	for name := range all {
		// encoding/json takes "ROLE" for "role": refuse what it has mixed up.
		if slices.ContainsFunc(dcfMembers[:], func(m string) bool { return strings.EqualFold(m, name) }) {
			return DCFInfo{}, fmt.Errorf("%w: dcf_replication_info: member %q in other letters than the library writes", ErrFormat, name)
		}
		d.Extra = all
	}
	return d, nil
}

// String writes the object as the library does, with Extra behind.
func (d DCFInfo) String() string {
	w := wireInfo{
		StreamID: d.StreamID, LocalNodeID: d.LocalNodeID, Role: d.Role, Term: d.Term,
		ElectionMode: uint8(d.ElectionMode), RunMode: uint8(d.RunMode),
		HeartbeatMS: uint32(d.HeartbeatInterval.Milliseconds()), ElectionMS: uint32(d.ElectionTimeout.Milliseconds()),
		AutoPriority: bit(d.AutoPriority), SwitchThreshold: d.SwitchThreshold, Group: d.Group, Priority: d.Priority,
		LeaderGroup: d.LeaderGroup, InMajority: bit(d.InMajority), Applied: d.Applied, Commit: d.Commit,
		First: d.First, Last: d.Last, ClusterMinApplied: d.ClusterMinApplied, Nodes: d.Nodes,
	}
	if w.Nodes == nil {
		w.Nodes = []DCFNode{}
	}
	if d.Leader != nil {
		w.LeaderID, w.LeaderIP, w.LeaderPort = &d.Leader.ID, &d.Leader.IP, &d.Leader.Port
	}
	text := marshal(w)
	if len(d.Extra) > 0 {
		text = strings.TrimSuffix(text, "}") + "," + strings.TrimPrefix(marshal(d.Extra), "{")
	}
	return text
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// marshal writes JSON without the escapes that are meant for HTML. What it is
// given can always be written, but for a role that is none: then the error's
// text is better than nothing.
func marshal(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprintf("{%q:%q}", "error", err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
