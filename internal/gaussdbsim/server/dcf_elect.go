// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha/opengauss"
)

// minorityStep is how much the term grows when minority mode is set.
const minorityStep = 1000

// elector watches: as leader, that enough members answer; otherwise, that there
// is a leader.
func (c *consensus) elector() {
	tick := time.NewTicker(c.elect / 20)
	defer tick.Stop()
	patience := c.patience()
	for {
		hurried := false
		select {
		case <-tick.C:
		case <-c.hurry:
			hurried = true
		case <-c.s.ctx.Done():
			return
		}
		c.mu.Lock()
		me, known := c.member(c.self)
		leads := c.mu.role == dcf.RoleLeader
		silent := time.Since(c.mu.heard)
		if leads && !c.answered() {
			c.demote("the majority is lost")
		}
		c.mu.Unlock()
		if leads || !known || !me.Role.IsElectable() || !hurried && silent < patience {
			continue
		}
		c.campaign(hurried, 1)
		patience = c.patience()
		c.mu.Lock()
		if c.mu.role != dcf.RoleLeader && !hurried {
			// Try again after a pause that differs between nodes.
			c.mu.heard = time.Now().Add(-patience + c.elect/10 + rand.N(c.elect/5))
		}
		c.mu.Unlock()
	}
}

func (c *consensus) patience() time.Duration { return c.elect*8/10 + rand.N(c.elect*4/10) }

// answered reports whether enough voters have answered the leader lately. c.mu
// is held.
func (c *consensus) answered() bool {
	n := 0
	for _, m := range c.mu.members {
		p := c.mu.peers[m.ID]
		if m.votes() && (m.ID == c.self || p != nil && time.Since(p.heard) < c.elect) {
			n++
		}
	}
	return n >= c.needed()
}

// ballot asks for a vote.
type ballot struct {
	Term      uint64
	Candidate int
	LastTerm  uint64
	LastLSN   uint64
	Pre       bool
	Forced    bool
}

type ballotAnswer struct {
	Term    uint64
	Granted bool
}

// campaign tries to become leader. With force nobody is asked first whether it
// has a chance.
func (c *consensus) campaign(force bool, step uint64) bool {
	if !force {
		c.mu.Lock()
		c.mu.role = dcf.RolePreCandidate
		c.mu.leader = 0
		b := c.ballot(c.mu.term+step, true, false)
		c.mu.Unlock()
		if !c.poll(b) {
			return false
		}
	}
	c.mu.Lock()
	c.mu.term += step
	c.mu.voted, c.mu.role, c.mu.leader = c.self, dcf.RoleCandidate, 0
	c.persist()
	b := c.ballot(c.mu.term, false, force)
	c.mu.Unlock()
	if !c.poll(b) {
		c.mu.Lock()
		if c.mu.role == dcf.RoleCandidate {
			c.mu.role = dcf.RolePreCandidate
		}
		c.mu.Unlock()
		return false
	}
	return c.lead(b.Term)
}

func (c *consensus) ballot(term uint64, pre, forced bool) ballot {
	end := c.s.log.End()
	return ballot{Term: term, Candidate: c.self, LastTerm: end.Term, LastLSN: end.LSN, Pre: pre, Forced: forced}
}

// poll asks all voters at once and reports whether enough said yes.
func (c *consensus) poll(b ballot) bool {
	c.mu.Lock()
	needed := c.needed()
	var others []member
	for _, m := range c.mu.members {
		if m.votes() && m.ID != c.self {
			others = append(others, m)
		}
	}
	c.mu.Unlock()
	answers := make(chan ballotAnswer, len(others))
	for _, m := range others {
		c.s.tasks.Go(func() {
			var a ballotAnswer
			if err := c.call(m.Addr, frameVote, b, frameVote, &a); err != nil {
				a = ballotAnswer{}
			}
			answers <- a
		})
	}
	granted := 1
	for range others {
		if granted >= needed {
			break
		}
		a := <-answers
		if a.Granted {
			granted++
		} else if a.Term > b.Term {
			c.mu.Lock()
			c.meet(a.Term)
			c.mu.Unlock()
			return false
		}
	}
	return granted >= needed
}

// judge answers a ballot.
func (c *consensus) judge(b ballot) ballotAnswer {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := c.s.log.End()
	upToDate := b.LastTerm > end.Term || b.LastTerm == end.Term && b.LastLSN >= end.LSN
	if b.Pre {
		hasLeader := c.mu.role == dcf.RoleLeader || c.mu.leader != 0 && time.Since(c.mu.heard) < c.elect*7/10
		return ballotAnswer{c.mu.term, b.Term > c.mu.term && upToDate && !hasLeader}
	}
	if b.Term < c.mu.term {
		return ballotAnswer{c.mu.term, false}
	}
	c.meet(b.Term)
	if !upToDate && !b.Forced || c.mu.voted != 0 && c.mu.voted != b.Candidate {
		return ballotAnswer{c.mu.term, false}
	}
	if !upToDate && !c.mu.minority {
		return ballotAnswer{c.mu.term, false}
	}
	c.mu.voted, c.mu.heard = b.Candidate, time.Now()
	c.persist()
	return ballotAnswer{c.mu.term, true}
}

// lead makes this node the leader of a term. It becomes primary when a record
// of its own is committed.
func (c *consensus) lead(term uint64) bool {
	s := c.s
	c.mu.Lock()
	if c.mu.term != term {
		c.mu.Unlock()
		return false
	}
	r, err := s.log.Append(term, kindTerm, nil)
	if err != nil {
		c.mu.Unlock()
		s.must(err)
		return false
	}
	c.mu.role, c.mu.leader, c.mu.ready, c.mu.first = dcf.RoleLeader, c.self, false, r.End
	c.mu.peers = map[int]*progress{}
	c.mu.Unlock()
	s.must(s.log.Flush(r.End))
	s.out.printf("dcf: leader of term %d", term)
	s.mu.Lock()
	s.mu.term, s.mu.phase = term, promoting
	s.mu.Unlock()
	s.save()
	c.attend()
	s.tasks.Go(func() {
		for s.ctx.Err() == nil {
			changed := s.log.Changed()
			c.advance()
			select {
			case <-changed:
			case <-s.ctx.Done():
			}
		}
	})
	return true
}

// attend makes sure that every member is fed.
func (c *consensus) attend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range c.mu.members {
		if m.ID == c.self || c.mu.peers[m.ID] != nil {
			continue
		}
		p := &progress{next: c.s.log.End().LSN, heard: time.Now()}
		c.mu.peers[m.ID] = p
		term := c.mu.term
		c.s.tasks.Go(func() { c.feed(m, p, term) })
	}
}

// advance commits what enough voters have. A record of an earlier term is
// committed by one of this term behind it.
func (c *consensus) advance() {
	s := c.s
	c.mu.Lock()
	if c.mu.role != dcf.RoleLeader {
		c.mu.Unlock()
		return
	}
	var at []uint64
	for _, m := range c.mu.members {
		switch p := c.mu.peers[m.ID]; {
		case !m.votes():
		case m.ID == c.self:
			at = append(at, s.log.Flushed())
		case p != nil:
			at = append(at, p.match)
		}
	}
	slices.SortFunc(at, func(a, b uint64) int { return -compareU(a, b) })
	if n := c.needed(); n <= len(at) && at[n-1] > c.mu.commit && at[n-1] >= c.mu.first {
		c.mu.commit = at[n-1]
	}
	commit := c.mu.commit
	becomes := !c.mu.ready && commit >= c.mu.first
	if becomes {
		c.mu.ready = true
		c.persist()
	}
	ready := c.mu.ready
	c.mu.Unlock()
	if becomes {
		s.post(c.rule)
		return
	}
	if ready {
		s.mu.Lock()
		if s.mu.mode == opengauss.ModePrimary && commit > s.mu.visible {
			s.mu.visible = commit
			s.changedLocked()
		}
		s.mu.Unlock()
	}
}

// rule makes the server primary. The postmaster calls it.
func (c *consensus) rule() {
	s := c.s
	if s.ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	first := c.mu.first
	c.mu.Unlock()
	s.must(s.replay(first))
	s.mu.Lock()
	s.mu.promotedAt = first
	s.mu.Unlock()
	s.must(s.enter(opengauss.ModePrimary))
}

// setRunMode sets minority or normal mode. The error says why not.
func (c *consensus) setRunMode(minority bool, votes int) bool {
	c.mu.Lock()
	c.mu.minority, c.mu.votes = minority, votes
	leads := c.mu.role == dcf.RoleLeader
	me, _ := c.member(c.self)
	c.mu.Unlock()
	if !minority || leads || !me.Role.IsElectable() {
		c.advance()
		return true
	}
	return c.campaign(true, minorityStep)
}

// changeMembers writes a new list of members to the log, as leader.
func (c *consensus) changeMembers(change func([]member) []member) error {
	c.mu.Lock()
	if c.mu.role != dcf.RoleLeader {
		c.mu.Unlock()
		return errNotLeader
	}
	members := change(slices.Clone(c.mu.members))
	payload, err := json.Marshal(members)
	if err != nil {
		c.mu.Unlock()
		return err
	}
	term := c.mu.term
	c.mu.members = members
	c.mu.Unlock()
	r, err := c.s.log.Append(term, kindMembers, payload)
	if err != nil {
		return err
	}
	c.s.replayAt.Store(r.End)
	c.attend()
	return c.s.log.Flush(r.End)
}
