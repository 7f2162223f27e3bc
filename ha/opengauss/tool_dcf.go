// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/gausskit/gausskit/dcf"
)

// DCFMember is a node to be added to a DCF group. gs_ctl knows stream 1 only,
// and adds every node as passive; [Tool.ChangeRole] on the node makes it a
// follower afterwards.
type DCFMember struct {
	ID   int        // 1 to 255
	Addr netip.Addr // of DCF; IPv4, or IPv6 where the release takes it
	Port uint16     // of DCF
}

func (m DCFMember) check() error {
	if err := checkNode(m.ID); err != nil {
		return err
	}
	if !m.Addr.IsValid() || m.Port == 0 {
		return fmt.Errorf("opengauss: node %d: address %v port %d: want an IP address and a port", m.ID, m.Addr, m.Port)
	}
	return nil
}

func checkNode(id int) error {
	if id < 1 || id > 255 {
		return fmt.Errorf("opengauss: node id %d: want 1 to 255", id)
	}
	return nil
}

// AddMember adds a node to the group; it runs on the leader. It returns when the
// server was asked: what became of it is in the nodes of [Paxos]. Leave the
// library time between two changes of members: it has crashed on quick ones.
func (t *Tool) AddMember(ctx context.Context, m DCFMember) (Result, error) {
	if err := m.check(); err != nil {
		return Result{Command: CommandMember}, err
	}
	return t.do(ctx, CommandMember, "-O", "add", "-u", strconv.Itoa(m.ID), "-i", m.Addr.String(), "-e", strconv.Itoa(int(m.Port)))
}

// RemoveMember removes a node from the group; it runs on the leader and is
// asked for like AddMember. The removed node does not learn of it: stop it.
func (t *Tool) RemoveMember(ctx context.Context, id int) (Result, error) {
	if err := checkNode(id); err != nil {
		return Result{Command: CommandMember}, err
	}
	return t.do(ctx, CommandMember, "-O", "remove", "-u", strconv.Itoa(id))
}

// ChangeRole makes this node a follower or passive. A passive node has no vote.
func (t *Tool) ChangeRole(ctx context.Context, to dcf.Role, limit time.Duration) (Result, error) {
	var word string
	switch to {
	case dcf.RoleFollower:
		word = "follower"
	case dcf.RolePassive:
		word = "passive"
	default:
		return Result{Command: CommandChangeRole}, fmt.Errorf("opengauss: DCF role %v: want follower or passive", to)
	}
	return t.do(ctx, CommandChangeRole, "-R", word, "-t", seconds(ctx, limit))
}

// ChangeElection sets this node's group and priority in elections, each 0 or
// more.
func (t *Tool) ChangeElection(ctx context.Context, group, priority int, limit time.Duration) (Result, error) {
	if group < 0 || priority < 0 {
		return Result{Command: CommandChangeRole}, fmt.Errorf("opengauss: DCF group %d, priority %d: want 0 or more", group, priority)
	}
	return t.do(ctx, CommandChangeRole, "-O", "change", "-G", strconv.Itoa(group), "--priority="+strconv.Itoa(priority), "-t", seconds(ctx, limit))
}

// SetRunMode lets this node elect with fewer votes than a majority (minority,
// votes above 0), or with a majority again (normal, votes 0). Nothing guards
// it: two nodes in minority mode are two leaders, and a follower of a healthy
// group that is set so deposes the leader. A node that is set to normal and has
// no majority exits.
func (t *Tool) SetRunMode(ctx context.Context, mode dcf.RunMode, votes int, limit time.Duration) (Result, error) {
	if err := checkRunMode(mode, votes); err != nil {
		return Result{Command: CommandSetRunMode}, err
	}
	args := []string{"-x", mode.String(), "-t", seconds(ctx, limit)}
	if mode == dcf.RunMinority {
		args = append(args, "-v", strconv.Itoa(votes))
	}
	return t.do(ctx, CommandSetRunMode, args...)
}

func checkRunMode(mode dcf.RunMode, votes int) error {
	switch {
	case mode == dcf.RunMinority && (votes < 1 || votes > 255):
		return fmt.Errorf("opengauss: minority mode with %d votes: want 1 to 255", votes)
	case mode == dcf.RunNormal && votes != 0:
		return fmt.Errorf("opengauss: normal mode with %d votes: the majority decides, want 0", votes)
	case mode != dcf.RunMinority && mode != dcf.RunNormal:
		return fmt.Errorf("opengauss: run mode %v: want normal or minority", mode)
	}
	return nil
}
