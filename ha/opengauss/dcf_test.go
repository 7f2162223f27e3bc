// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss"
)

// newGroup starts a DCF group.
func newGroup(t *testing.T, n int) cluster {
	t.Helper()
	c := newMembers(t, n)
	const above = 2 // a port of the member's block that the server does not take
	var nodes []string
	for i, m := range c {
		nodes = append(nodes, fmt.Sprintf(`{"stream_id":1,"node_id":%d,"ip":"127.0.0.1","port":%d,"role":"FOLLOWER"}`, i+1, m.cfg.Port+above))
	}
	for i, m := range c {
		m.cfg.DCF = true
		m.cfg.Parameters = map[string]string{
			"dcf_node_id": strconv.Itoa(i + 1), "dcf_config": "[" + strings.Join(nodes, ",") + "]", "dcf_election_timeout": "1", "dcf_ssl": "off",
			"dcf_data_path": filepath.Join(m.cfg.DataDir, "dcf_data"), "dcf_log_path": filepath.Join(m.cfg.DataDir, "dcf_log"),
		}
		m.engine = m.newEngine()
	}
	for _, m := range c {
		if err := m.engine.Start(t.Context(), ha.StartSpec{Mode: ha.StartStandby}); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// elected waits for the member that the group has made its primary.
func (c cluster) elected(t *testing.T, among ...int) int {
	t.Helper()
	found := -1
	await(t, "an elected leader", func() bool {
		for _, i := range among {
			if g, err := c[i].engine.Group(t.Context()); err == nil && g.Elected() {
				found = i
				return true
			}
		}
		return false
	})
	return found
}

// TestDCFGroup: the database elects and the engine tells; a leader that dies has
// a successor, a member that is asked to lead gets the lead.
func TestDCFGroup(t *testing.T) {
	c := newGroup(t, 3)
	ctx := t.Context()
	first := c.elected(t, 0, 1, 2)
	g, err := c[first].engine.Group(ctx)
	if err != nil || g.Leader != c[first].cfg.Member || len(g.Paxos.Info.Nodes) != 3 {
		t.Errorf("%+v, %v", g, err)
	}
	if o, err := c[first].engine.Observe(ctx); err != nil || o.Role != ha.RolePrimary || !o.Writable || o.LSN == 0 {
		t.Errorf("leader: %+v, %v", o, err)
	}
	next := (first + 1) % 3
	await(t, "a follower that streams", func() bool {
		o, err := c[next].engine.Observe(ctx)
		return err == nil && o.Role == ha.RoleStandby && o.Streaming && o.Problem == ""
	})
	if err := c[next].engine.SetSync(ctx, ha.SyncSet{}); err == nil {
		t.Error("a synchronous set is taken")
	}
	if err := c[next].engine.Promote(ctx, ha.PromoteSpec{Term: 2}); err != nil {
		t.Fatal(err)
	}
	if now := c.elected(t, next); now != next {
		t.Errorf("%d leads, want %d", now, next)
	}
	if err := c[next].Write(ctx, "a"); err != nil {
		t.Error(err)
	}
}

// TestDCFMinority: a survivor without majority takes no writes until it is set
// to minority, and the log goes on from what the group had.
func TestDCFMinority(t *testing.T) {
	c := newGroup(t, 3)
	ctx := t.Context()
	first := c.elected(t, 0, 1, 2)
	if err := c[first].Write(ctx, "before"); err != nil {
		t.Fatal(err)
	}
	for i, m := range c {
		if i != first {
			if err := m.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	await(t, "the leader to end without its majority", func() bool {
		o, err := c[first].engine.Observe(ctx)
		return err == nil && !o.Running
	})
	e := c[first].engine
	if err := e.Start(ctx, ha.StartSpec{Mode: ha.StartStandby}); err != nil {
		t.Fatal(err)
	}
	if g, err := e.Group(ctx); err != nil || g.Elected() || g.Paxos.Info.RunMode != dcf.RunNormal {
		t.Errorf("survivor: %+v, %v", g, err)
	}
	if err := e.SetRunMode(ctx, dcf.RunMinority, 0); err == nil {
		t.Error("minority of no votes is taken")
	}
	if err := e.SetRunMode(ctx, dcf.RunMinority, 1); err != nil {
		t.Fatal(err)
	}
	c.elected(t, first)
	await(t, "minority mode", func() bool {
		g, err := e.Group(ctx)
		return err == nil && g.Paxos.Info.RunMode == dcf.RunMinority
	})
	if err := c[first].Write(ctx, "alone"); err != nil {
		t.Error(err)
	}
	if found, err := c[first].Has(ctx, "before"); err != nil || !found {
		t.Errorf("acknowledged before: %v, %v", found, err)
	}
}

// TestDCFMembers: nodes are added and removed by the leader alone, and its own
// role cannot be changed.
func TestDCFMembers(t *testing.T) {
	c := newGroup(t, 3)
	ctx := t.Context()
	first := c.elected(t, 0, 1, 2)
	leader, follower := c[first].engine, c[(first+1)%3].engine
	nodes := func() int {
		g, err := leader.Group(ctx)
		if err != nil {
			return -1
		}
		return len(g.Paxos.Info.Nodes)
	}
	fourth := opengauss.DCFMember{ID: 4, Addr: netip.MustParseAddr("127.0.0.1"), Port: uint16(freePort(t))}
	if err := follower.Native().AddMember(ctx, fourth); !errors.Is(err, opengauss.ErrRefused) {
		t.Errorf("added by a follower: %v", err)
	}
	if err := leader.Native().ChangeRole(ctx, dcf.RolePassive); !errors.Is(err, opengauss.ErrRefused) {
		t.Errorf("the leader's role: %v", err)
	}
	if err := leader.Native().AddMember(ctx, fourth); err != nil {
		t.Fatal(err)
	}
	await(t, "the fourth node", func() bool { return nodes() == 4 })
	if err := leader.Native().RemoveMember(ctx, fourth.ID); err != nil {
		t.Fatal(err)
	}
	await(t, "three nodes", func() bool { return nodes() == 3 })
	if err := follower.Native().ChangeElection(ctx, 0, 5); err != nil {
		t.Errorf("priority: %v", err)
	}
}

func TestDCFIsAskedForByConfig(t *testing.T) {
	e := newMembers(t, 1)[0].engine
	if _, err := e.Group(context.Background()); err == nil {
		t.Error("a group without DCF")
	}
	if err := e.SetRunMode(t.Context(), dcf.RunNormal, 0); err == nil || errors.Is(err, opengauss.ErrRefused) {
		t.Errorf("run mode without DCF: %v", err)
	}
}
