// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha"
)

// Group is what a member of a DCF group knows of it: who was elected, by whom,
// and how far the log is.
type Group struct {
	Member ha.MemberID
	State  HAState // Role is what the database made of the election
	Paxos  Paxos
	Leader ha.MemberID // "" when none is known, or none of Config.Peers has its address
}

// GroupMember is the ability of an engine whose database elects its primary by
// itself. It is found by type assertion, and works when Config.DCF is set.
type GroupMember interface {
	// Group asks this member what its group has elected.
	Group(ctx context.Context) (Group, error)
	// SetRunMode lets this member elect with the given number of votes
	// (minority), or with a majority again (normal, votes 0).
	SetRunMode(ctx context.Context, mode dcf.RunMode, votes int) error
	// Promote asks the group to elect this member.
	Promote(ctx context.Context, spec ha.PromoteSpec) error
}

var _ GroupMember = (*Engine)(nil)

// Elected reports whether this member was elected and the database has taken
// the role: it accepts writes. There is a moment between the two.
func (g Group) Elected() bool {
	return g.State.Role == ha.RolePrimary && g.Paxos.Info != nil && g.Paxos.Info.Role == dcf.RoleLeader
}

// errNoDCF: the member is not configured for DCF.
var errNoDCF = errors.New("the member is not in a DCF group")

// Group asks this member what its DCF group has elected. Config.DCF must be set.
func (e *Engine) Group(ctx context.Context) (Group, error) {
	if !e.cfg.DCF {
		return Group{}, e.failed("group", errNoDCF)
	}
	g := Group{Member: e.cfg.Member}
	var err error
	if g.State, err = e.watch.State(ctx); err != nil {
		return Group{}, e.failed("group", err)
	}
	if g.Paxos, err = e.watch.Paxos(ctx); err != nil {
		return Group{}, e.failed("group", err)
	}
	if g.Paxos.Info == nil {
		return Group{}, e.failed("group", fmt.Errorf("%w: DCF does not run in the server", ErrFormat))
	}
	g.Leader = e.leader(*g.Paxos.Info)
	return g, nil
}

// leader names the member that leads. Members have one address for clients and
// DCF; where several share it, only this member can say that it leads itself.
func (e *Engine) leader(info DCFInfo) ha.MemberID {
	if info.Leader == nil {
		return ""
	}
	if info.Leader.ID == info.LocalNodeID {
		return e.cfg.Member
	}
	var found ha.MemberID
	for _, p := range e.cfg.Peers {
		if p.Host == info.Leader.IP {
			if found != "" {
				return "" // several on one machine
			}
			found = p.Member
		}
	}
	return found
}

// SetRunMode lets this member elect with the given number of votes (minority),
// or with a majority again (normal, votes 0), and returns when the library has
// taken it. Nothing in the database guards it: two members in minority mode are
// two primaries. Who calls it must hold the cluster's grant, and know that all
// members but this one are fenced. See [Tool.SetRunMode].
func (e *Engine) SetRunMode(ctx context.Context, mode dcf.RunMode, votes int) error {
	if !e.cfg.DCF {
		return e.failed("set run mode", errNoDCF)
	}
	ctx, leave, err := e.ops.Enter(ctx)
	if err != nil {
		return e.failed("set run mode", err)
	}
	defer leave()
	return e.failed("set run mode", e.native.SetRunMode(ctx, mode, votes))
}

// observeFollower adds what a member of a group knows that does not lead.
func (e *Engine) observeFollower(ctx context.Context, o *ha.Observation) error {
	p, err := e.watch.Paxos(ctx)
	if err != nil {
		return err
	}
	o.LSN, o.Applied = max(o.LSN, p.LocalFlush), max(o.Applied, p.LocalReplay)
	if p.Info == nil {
		o.Problem = "DCF does not run in the server"
		return nil
	}
	o.Upstream = e.leader(*p.Info)
	o.Streaming = p.Info.Leader != nil && p.Info.InMajority
	for _, peer := range e.cfg.Peers {
		if peer.Member == o.Upstream {
			o.Address = peer.address()
		}
	}
	return nil
}
