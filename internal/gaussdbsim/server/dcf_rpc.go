// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha/opengauss"
)

// Frames between the nodes of a group; each is answered by one of its kind.
const (
	frameVote     = 'v'
	frameAppend   = 'a'
	frameTransfer = 't' // to the leader: make me leader
	frameNow      = 'n' // from the leader: campaign at once
	frameRole     = 'r' // to the leader: change my role
)

var errNotLeader = errors.New("dcf: not the leader")

// entries carry a part of the log, or only a sign of life.
type entries struct {
	Term   uint64
	Leader int
	Prev   Position
	Commit uint64
	Bytes  []byte
}

type entriesAnswer struct {
	Term  uint64
	OK    bool
	Match uint64
	Hint  uint64 // where to go on from when not OK
	Apply uint64
	Lost  bool // the log of this node is not to be joined any more
}

// wish is what a node asks the leader for.
type wish struct {
	ID   int
	Role dcf.Role
}

type wishAnswer struct{ OK bool }

// dial opens a connection to a node.
func (c *consensus) dial(addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: c.beat}
	return d.DialContext(c.s.ctx, "tcp", addr)
}

// call sends one frame over a connection of its own and reads the answer.
func (c *consensus) call(addr string, kind byte, ask any, answerKind byte, answer any) error {
	conn, err := c.dial(addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(c.s.ctx, func() { conn.Close() })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(c.elect)); err != nil {
		return err
	}
	if err := WriteFrame(conn, kind, ask); err != nil {
		return err
	}
	return readAs(conn, answerKind, answer)
}

func (c *consensus) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		c.s.tasks.Go(func() {
			stop := context.AfterFunc(c.s.ctx, func() { conn.Close() })
			defer stop()
			defer conn.Close()
			rd := bufio.NewReaderSize(conn, 1<<16)
			for {
				kind, body, err := ReadFrame(rd)
				if err != nil || c.serve(conn, kind, body) != nil {
					return
				}
			}
		})
	}
}

// serve answers a frame of another node.
func (c *consensus) serve(conn net.Conn, kind byte, body []byte) error {
	var answer any
	switch kind {
	case frameVote:
		var b ballot
		if err := json.Unmarshal(body, &b); err != nil {
			return err
		}
		answer = c.judge(b)
	case frameAppend:
		var e entries
		if err := json.Unmarshal(body, &e); err != nil {
			return err
		}
		answer = c.take(e)
	case frameNow:
		select {
		case c.hurry <- struct{}{}:
		default:
		}
		answer = wishAnswer{true}
	case frameTransfer, frameRole:
		var w wish
		if err := json.Unmarshal(body, &w); err != nil {
			return err
		}
		if kind == frameTransfer {
			answer = wishAnswer{c.transfer(w.ID) == nil}
			break
		}
		err := c.changeMembers(func(all []member) []member {
			for i := range all {
				if all[i].ID == w.ID {
					all[i].Role = w.Role
				}
			}
			return all
		})
		answer = wishAnswer{err == nil}
	default:
		return fmt.Errorf("dcf: frame %q", kind)
	}
	return WriteFrame(conn, kind, answer)
}

// feed sends the log to a member as long as this node leads the term.
func (c *consensus) feed(m member, p *progress, term uint64) {
	s := c.s
	var conn net.Conn
	var rd *bufio.Reader
	defer func() {
		if conn != nil {
			conn.Close()
		}
	}()
	stop := context.AfterFunc(s.ctx, func() {})
	defer stop()
	for s.ctx.Err() == nil {
		c.mu.Lock()
		_, known := c.member(m.ID)
		leads := c.mu.role == dcf.RoleLeader && c.mu.term == term && known
		if !known {
			delete(c.mu.peers, m.ID)
		}
		next := p.next
		c.mu.Unlock()
		if !leads {
			return
		}
		changed := s.log.Changed()
		if conn == nil {
			var err error
			if conn, err = c.dial(m.Addr); err != nil {
				conn = nil
				c.pause(nil)
				continue
			}
			rd = bufio.NewReader(conn)
		}
		caughtUp, err := c.deliver(conn, rd, p, term, next)
		if err != nil {
			conn.Close()
			conn = nil
			c.pause(nil)
			continue
		}
		if caughtUp {
			c.pause(changed)
		}
	}
}

// pause waits for a change of the log, a heartbeat at most.
func (c *consensus) pause(changed <-chan struct{}) {
	t := time.NewTimer(c.beat / 2)
	defer t.Stop()
	select {
	case <-t.C:
	case <-changed:
	case <-c.s.ctx.Done():
	}
}

// deliver sends what follows next and takes the answer.
func (c *consensus) deliver(conn net.Conn, rd *bufio.Reader, p *progress, term, next uint64) (caughtUp bool, err error) {
	s := c.s
	flushed := s.log.Flushed()
	prev, _, ok := s.log.At(next)
	if !ok {
		return false, fmt.Errorf("dcf: nothing ends at %X", next)
	}
	var b []byte
	if next < flushed {
		if b, _, err = s.log.Read(next, flushed, 1<<18); err != nil {
			return false, err
		}
	}
	c.mu.Lock()
	e := entries{Term: term, Leader: c.self, Prev: Position{LSN: prev.LSN, Chain: prev.Chain}, Commit: c.mu.commit, Bytes: b}
	c.mu.Unlock()
	if err := conn.SetDeadline(time.Now().Add(c.elect)); err != nil {
		return false, err
	}
	if err := WriteFrame(conn, frameAppend, e); err != nil {
		return false, err
	}
	var a entriesAnswer
	if err := readAs(rd, frameAppend, &a); err != nil {
		return false, err
	}
	c.mu.Lock()
	p.heard, p.applied = time.Now(), a.Apply
	c.meet(a.Term)
	switch {
	case a.OK:
		p.match, p.next = max(p.match, a.Match), a.Match
	case a.Lost:
		caughtUp = true
	default:
		p.next = s.log.Before(min(a.Hint, next)).LSN
	}
	caughtUp = caughtUp || a.OK && a.Match >= s.log.Flushed() && e.Commit == c.mu.commit
	c.mu.Unlock()
	c.advance()
	return caughtUp, nil
}

// take is a follower's part: it writes what the leader sends, behind what both
// have.
func (c *consensus) take(e entries) entriesAnswer {
	s := c.s
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.Term < c.mu.term {
		return entriesAnswer{Term: c.mu.term}
	}
	c.meet(e.Term)
	c.mu.role, c.mu.leader, c.mu.heard = c.resting(), e.Leader, time.Now()
	a := entriesAnswer{Term: c.mu.term, Apply: s.replayAt.Load()}
	if s.ctx.Err() != nil {
		return a
	}
	if m, _, ok := s.log.At(e.Prev.LSN); !ok || m.Chain != e.Prev.Chain {
		a.Hint = c.committedAtStart()
		if e.Prev.LSN <= a.Hint {
			c.lost()
			a.Lost = true
		}
		return a
	}
	if err := c.join(e); err != nil {
		s.out.printf("dcf: %v", err)
		a.Lost = true
		return a
	}
	a.OK, a.Match = true, e.Prev.LSN+uint64(len(e.Bytes))
	if commit := min(e.Commit, a.Match); commit > c.mu.commit {
		c.mu.commit = commit
		s.must(s.replay(s.log.Before(commit).LSN))
		s.mu.Lock()
		s.changedLocked()
		s.mu.Unlock()
	}
	a.Apply = s.replayAt.Load()
	return a
}

// join writes entries, and cuts off what contradicts them. c.mu is held.
func (c *consensus) join(e entries) error {
	l := c.s.log
	records, err := l.Records(e.Prev.LSN, e.Bytes)
	if err != nil {
		return err
	}
	membersChange := false
	for i, r := range records {
		if m, _, ok := l.At(r.End); ok && m.Chain == r.Chain {
			continue
		}
		if r.Start < l.End().LSN {
			if r.Start < c.mu.commit {
				c.lost()
				return errors.New("the leader's log lacks what is committed here")
			}
			if err := l.Truncate(r.Start); err != nil {
				return err
			}
			membersChange = true
		}
		if _, err := l.AppendRaw(e.Bytes[r.Start-e.Prev.LSN:]); err != nil {
			return err
		}
		for _, n := range records[i:] {
			membersChange = membersChange || n.Kind == kindMembers
		}
		break
	}
	if membersChange {
		if err := c.scanMembers(); err != nil {
			return err
		}
	}
	return l.Flush(l.End().LSN)
}

// lost says that only a build helps.
func (c *consensus) lost() {
	c.s.mu.Lock()
	c.s.mu.rebuild = opengauss.RebuildDCFLogLoss
	c.s.mu.Unlock()
}

// transfer gives the lead to another node that has everything.
func (c *consensus) transfer(id int) error {
	s := c.s
	c.mu.Lock()
	m, known := c.member(id)
	p := c.mu.peers[id]
	leads := c.mu.role == dcf.RoleLeader && c.mu.ready
	c.mu.Unlock()
	if !leads || !known || p == nil || !m.Role.IsElectable() {
		return errNotLeader
	}
	s.mu.Lock()
	s.mu.phase = demoting
	s.mu.Unlock()
	s.save()
	s.endSessions()
	ctx, cancel := context.WithTimeout(s.ctx, demoteTimeout)
	defer cancel()
	select {
	case <-s.writer:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { s.writer <- struct{}{} }()
	end := s.log.End().LSN
	tick := time.NewTicker(c.beat / 10)
	defer tick.Stop()
	for {
		c.mu.Lock()
		has := p.match >= end
		c.mu.Unlock()
		if has {
			var a wishAnswer
			return c.call(m.Addr, frameNow, wish{ID: id}, frameNow, &a)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.mu.Lock()
			s.mu.phase = steady
			s.mu.Unlock()
			s.save()
			return context.Cause(ctx)
		}
	}
}
