// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
	"github.com/gausskit/gausskit/internal/gaussdbsim/sql"
)

// requests reads the files that gs_ctl writes for DCF. It reports whether there
// was one; the others mean nothing here.
func (c *consensus) requests() bool {
	d := c.s.dir
	c.mu.Lock()
	running := c.mu.running
	c.mu.Unlock()
	if !running {
		return false
	}
	found := false
	on := func(name string, do func(b []byte)) {
		if b, ok := d.Take(name); ok {
			found = true
			c.s.tasks.Go(func() { do(b) })
		}
	}
	on(datadir.Switchover, func([]byte) { c.wantLead() })
	on(datadir.StartMinority, func(b []byte) {
		if len(b) < 8 {
			c.status(datadir.SetRunModeStatus, false)
			return
		}
		votes, mode := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		c.status(datadir.SetRunModeStatus, c.setRunMode(mode == 1, int(votes)))
	})
	on(datadir.AddMember, c.addMember)
	on(datadir.RemoveMember, func(b []byte) {
		id := int(datadir.ReadInt32(b))
		err := c.changeMembers(func(all []member) []member {
			return slices.DeleteFunc(all, func(m member) bool { return m.ID == id && id != c.self })
		})
		c.s.out.printf("dcf: remove member %d: %v", id, err)
	})
	on(datadir.ChangeRole, c.changeRole)
	return found
}

func (c *consensus) status(name string, ok bool) {
	n := int32(0)
	if !ok {
		n = -1
	}
	if err := c.s.dir.Write(name, datadir.Int32(n)); err != nil {
		c.s.out.printf("dcf: %v", err)
	}
}

// leaderAddr waits a little for a leader and gives its address.
func (c *consensus) leaderAddr() (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := c.member(c.mu.leader)
	return m.Addr, ok
}

// wantLead is a switchover to this node.
func (c *consensus) wantLead() {
	s := c.s
	addr, ok := c.leaderAddr()
	var a wishAnswer
	if ok {
		s.mu.Lock()
		s.mu.phase = waitPromoting
		s.mu.Unlock()
		s.save()
		err := c.call(addr, frameTransfer, wish{ID: c.self}, frameTransfer, &a)
		ok = err == nil && a.OK
	}
	if ok {
		ctx, cancel := context.WithTimeout(s.ctx, 2*c.elect)
		defer cancel()
		ok = s.wait(ctx, func() bool { return s.mu.mode == opengauss.ModePrimary }) == nil
	}
	if !ok {
		s.mu.Lock()
		if s.mu.phase == waitPromoting {
			s.mu.phase = steady
		}
		s.mu.Unlock()
		s.save()
	}
	c.status(datadir.SwitchoverStatus, ok)
}

func (c *consensus) addMember(b []byte) {
	if len(b) < 84 {
		return
	}
	host, _, _ := bytes.Cut(b[8:72], []byte{0})
	port := binary.LittleEndian.Uint32(b[72:])
	m := member{int(binary.LittleEndian.Uint32(b[4:])), net.JoinHostPort(string(host), strconv.Itoa(int(port))), dcf.RolePassive}
	err := c.changeMembers(func(all []member) []member {
		if slices.ContainsFunc(all, func(o member) bool { return o.ID == m.ID }) {
			return all
		}
		return append(all, m)
	})
	c.s.out.printf("dcf: add member %d: %v", m.ID, err)
}

// changeRole asks the leader for another role: "role_group_priority".
func (c *consensus) changeRole(b []byte) {
	var role, group, priority int
	if _, err := fmt.Sscanf(string(b), "%d_%d_%d", &role, &group, &priority); err != nil {
		c.status(datadir.ChangeRoleStatus, false)
		return
	}
	want := dcf.RoleFollower
	if role == 1 {
		want = dcf.RolePassive
	}
	addr, ok := c.leaderAddr()
	var a wishAnswer
	if ok && role >= 0 {
		ok = c.call(addr, frameRole, wish{c.self, want}, frameRole, &a) == nil && a.OK
	}
	c.status(datadir.ChangeRoleStatus, ok)
}

// info is dcf_replication_info.
func (c *consensus) info() string {
	s := c.s
	number := func(lsn uint64) uint64 {
		_, i, _ := s.log.At(s.log.Before(lsn).LSN)
		return uint64(i)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.mu.running {
		return ""
	}
	d := opengauss.DCFInfo{StreamID: 1, LocalNodeID: c.self, Role: c.mu.role, Term: ha.Term(c.mu.term), HeartbeatInterval: c.beat,
		ElectionTimeout: c.elect, AutoPriority: true, InMajority: c.mu.leader != 0, Applied: number(s.replayAt.Load()),
		Commit: number(c.mu.commit), First: 1, Last: number(s.log.End().LSN)}
	if c.mu.minority {
		d.RunMode = dcf.RunMinority
	}
	least := d.Applied
	for _, m := range c.mu.members {
		host, port, err := net.SplitHostPort(m.Addr)
		if err != nil {
			continue
		}
		p, _ := strconv.Atoi(port)
		n := opengauss.DCFNode{ID: m.ID, IP: host, Port: p, Role: m.Role}
		if m.Role != dcf.RolePassive && m.Role != dcf.RoleLogger {
			n.Role = dcf.RoleFollower
		}
		if m.ID == c.mu.leader {
			n.Role = dcf.RoleLeader
			d.Leader = &opengauss.DCFLeader{ID: m.ID, IP: host, Port: p}
		}
		if c.mu.role == dcf.RoleLeader {
			next, match, applied := d.Last+1, d.Last, d.Applied
			if m.ID != c.self {
				pr := c.mu.peers[m.ID]
				if pr == nil {
					pr = &progress{next: s.log.Base(), match: s.log.Base()}
				}
				next, match, applied = number(pr.next)+1, number(pr.match), number(pr.applied)
			}
			n.Next, n.Match, n.Applied = &next, &match, &applied
			least = min(least, applied)
		}
		d.Nodes = append(d.Nodes, n)
	}
	if c.mu.role == dcf.RoleLeader {
		d.ClusterMinApplied = &least
	}
	return d.String()
}

// paxosInfo is get_paxos_replication_info().
func paxosInfo(e *env, _ []any) ([][]any, error) {
	s := e.c.s
	if s.dcf == nil {
		return nil, sql.Errorf("XX000", "could not get paxos replication info: DCF is not enabled")
	}
	s.dcf.mu.Lock()
	commit := s.dcf.mu.commit
	s.dcf.mu.Unlock()
	end := lsnText(s.log.End().LSN)
	return [][]any{{end, lsnText(commit), end, lsnText(s.log.Flushed()), lsnText(s.replayAt.Load()), s.dcf.info()}}, nil
}

// receiverRow is what pg_stat_get_wal_receiver shows of a DCF follower.
func (c *consensus) receiverRow() [][]any {
	s := c.s
	state, _ := s.dbState()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.mode == opengauss.ModePrimary {
		return nil
	}
	end := lsnText(s.log.End().LSN)
	return [][]any{{int64(10000), s.mu.mode.String(), "Unknown", "Unknown", string(state), "0/0", "0/0", "0/0", "0/0",
		end, end, lsnText(s.log.Flushed()), lsnText(s.replayAt.Load()), "100%", ":0<--:0"}}
}
