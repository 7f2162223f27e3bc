// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"fmt"
	"slices"
	"strconv"
)

// StepKind is what a [Step] does.
type StepKind uint8

// The kinds of steps.
const (
	StepAdd    StepKind = iota // a node joins, as PASSIVE: "gs_ctl member -O add"
	StepChange                 // role, group or priority change: "gs_ctl changerole"
	StepRemove                 // a node leaves: "gs_ctl member -O remove"; its server must be stopped by hand
)

var stepNames = [...]string{"add", "change", "remove"}

// String returns "add", "change" or "remove".
func (k StepKind) String() string {
	if int(k) < len(stepNames) {
		return stepNames[k]
	}
	return fmt.Sprintf("StepKind(%d)", uint8(k))
}

// MarshalText implements [encoding.TextMarshaler] with the name.
func (k StepKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Step is one change of the members of a running group. It is comparable.
type Step struct {
	Kind     StepKind
	Node     Node // as it is after the step; for StepRemove as it was
	Role     bool // StepChange alters the role
	Group    bool // StepChange alters the group
	Priority bool // StepChange alters the priority
}

// String tells the step in a line: "change node 4: role FOLLOWER, group 2".
func (s Step) String() string {
	text := fmt.Sprintf("%s node %d", s.Kind, s.Node.ID)
	switch s.Kind {
	case StepAdd:
		text += fmt.Sprintf(" at %s as %s", s.Node.Addr, RolePassive)
	case StepChange:
		sep := ": "
		if s.Role {
			text, sep = text+sep+"role "+s.Node.Role.String(), ", "
		}
		if s.Group {
			text, sep = text+sep+"group "+strconv.Itoa(s.Node.Group), ", "
		}
		if s.Priority {
			text += sep + "priority " + strconv.Itoa(s.Node.Priority)
		}
	}
	return text
}

// ChangeJSON returns a [StepChange] as the library's dcf_change_member wants it
// (metadata.c, parse_change_member_single); "" for other steps.
func (s Step) ChangeJSON() string {
	if s.Kind != StepChange {
		return ""
	}
	text := fmt.Sprintf(`[{"stream_id":%s,"node_id":%s`, s.Node.raw(keyStream), s.Node.raw(keyNode))
	if s.Role {
		text += `,"role":` + s.Node.raw(keyRole)
	}
	if s.Group {
		text += `,"group":` + s.Node.raw(keyGroup)
	}
	if s.Priority {
		text += `,"priority":` + s.Node.raw(keyPriority)
	}
	return text + "}]"
}

// Apply returns the configuration as it is after the step.
func (s Step) Apply(c Config) Config {
	c = c.Clone()
	i := c.index(s.Node.normal().Stream, s.Node.ID)
	switch {
	case s.Kind == StepAdd && i < 0:
		c.Nodes = append(c.Nodes, s.Node)
	case s.Kind == StepRemove && i >= 0:
		c.Nodes = slices.Delete(c.Nodes, i, i+1)
	case s.Kind == StepChange && i >= 0:
		n := &c.Nodes[i]
		if s.Role {
			n.Role = s.Node.Role
		}
		if s.Group {
			n.Group = s.Node.Group
		}
		if s.Priority {
			n.Priority = s.Node.Priority
		}
	}
	return c
}

// Steps says how the members of a running group of the server's stream are
// changed from one configuration to another, because an edited dcf_config has no
// effect once a group has been started. Nodes join first, then roles, groups and
// priorities change, then nodes leave, so that the group never has fewer voters
// than it must; nodes that get another address leave and join at the end.
//
// Each step needs the one before to be in effect on all nodes: two in quick
// succession have made the library crash. The leader can neither leave nor
// become passive: make another node leader before. That one node is LEADER and
// another FOLLOWER is a preference and needs no step.
//
// The problems list what a running group cannot be made to do: another weight
// (a node that joins has weight 1), a node that is or becomes LOGGER, a passive
// node where the votes do not permit it, too many nodes on the way. The steps
// are complete only if there are none.
func Steps(from, to Config) ([]Step, Problems) {
	p := stepPlanner{from: from, to: to, now: from}
	p.each(to, func(n Node) { p.join(n) })
	p.each(to, func(n Node) { p.change(n, true) })
	p.each(to, func(n Node) { p.change(n, false) })
	p.each(from, func(n Node) {
		if p.to.index(ServerStream, n.ID) < 0 {
			p.do(Step{Kind: StepRemove, Node: n.normal()})
		}
	})
	p.each(to, func(n Node) { p.move(n) })
	return p.steps, p.found
}

type stepPlanner struct {
	from, to Config
	now      Config // after the steps so far
	steps    []Step
	found    Problems
}

func (p *stepPlanner) each(c Config, do func(Node)) {
	for _, n := range c.Nodes {
		if n = n.normal(); n.Stream == ServerStream {
			do(n)
		}
	}
}

func (p *stepPlanner) refuse(r Reason, n Node, key, detail string) {
	p.found = append(p.found, Problem{Reason: r, Index: p.to.index(ServerStream, n.ID), Key: key, Text: n.raw(key), Offset: -1, Detail: detail})
}

func (p *stepPlanner) do(s Step) {
	if s.Kind == StepChange && s.Role && s.Node.Role == RolePassive {
		if err := p.now.Votes(ServerStream).CanBecomePassive(s.Node.ID); err != nil {
			p.refuse(ReasonNotOnline, s.Node, keyRole, err.Error())
			return
		}
	}
	p.now = s.Apply(p.now)
	p.steps = append(p.steps, s)
	if s.Kind == StepAdd && len(p.now.Nodes) > MaxServerNodes {
		p.refuse(ReasonTooManyNodes, s.Node, keyNode, fmt.Sprintf("%d on the way: change the group in two parts", len(p.now.Nodes)))
	}
}

// join adds a node that was not there.
func (p *stepPlanner) join(n Node) {
	if p.from.index(ServerStream, n.ID) < 0 {
		p.add(n)
	}
}

// add adds a node and makes it what it is to be.
func (p *stepPlanner) add(n Node) {
	if n.Weight != DefaultWeight {
		p.refuse(ReasonNotOnline, n, keyWeight, "a node that joins has weight 1")
		return
	}
	if n.Role == RoleLogger {
		p.refuse(ReasonNotOnline, n, keyRole, "a node joins as PASSIVE and can become FOLLOWER only")
		return
	}
	joined := n
	joined.Role, joined.Group, joined.Priority = RolePassive, 0, 0
	p.do(Step{Kind: StepAdd, Node: joined})
	p.alter(joined, n)
}

// change alters a node that stays where it is: those that gain a vote, or those
// that lose one.
func (p *stepPlanner) change(n Node, gains bool) {
	i := p.from.index(ServerStream, n.ID)
	if i < 0 {
		return
	}
	old := p.from.Nodes[i].normal()
	if losing := old.Role != RolePassive && n.Role == RolePassive; losing == gains {
		return
	}
	if old.Weight != n.Weight {
		p.refuse(ReasonNotOnline, n, keyWeight, fmt.Sprintf("it is %d, and a weight cannot change", old.Weight))
	}
	if (old.Role == RoleLogger) != (n.Role == RoleLogger) {
		p.refuse(ReasonNotOnline, n, keyRole, fmt.Sprintf("it is %s, and only FOLLOWER and PASSIVE can change", old.Role))
		return
	}
	if old.Addr == n.Addr {
		p.alter(old, n)
	}
}

// alter makes one step of what differs between two states of a node.
func (p *stepPlanner) alter(old, n Node) {
	s := Step{Kind: StepChange, Node: n, Group: old.Group != n.Group, Priority: old.Priority != n.Priority}
	if s.Role = (old.Role == RolePassive) != (n.Role == RolePassive); s.Role && n.Role == RoleLeader {
		s.Node.Role = RoleFollower // LEADER is decided by election
	}
	if s.Role || s.Group || s.Priority {
		p.do(s)
	}
}

// move takes a node away and adds it at its new address.
func (p *stepPlanner) move(n Node) {
	i := p.from.index(ServerStream, n.ID)
	if i < 0 || p.from.Nodes[i].Addr == n.Addr {
		return
	}
	if n.Role == RoleLogger || n.Weight != DefaultWeight {
		p.refuse(ReasonNotOnline, n, keyIP, "the node would have to leave and join again, as a follower of weight 1")
		return
	}
	p.do(Step{Kind: StepRemove, Node: p.from.Nodes[i].normal()})
	p.add(n)
}
