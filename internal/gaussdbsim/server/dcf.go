// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gausskit/gausskit/dcf"
	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/atomicfile"
)

// kindMembers is a record with the members of the DCF group, in JSON.
const kindMembers = 'm'

// errDemoted ends the process of a leader that is none any more, as it does
// with the real library.
var errDemoted = errors.New("exit postmaster when demoting")

// member is a node of the group.
type member struct {
	ID   int
	Addr string
	Role dcf.Role // configured
}

// progress is what a leader knows of a member.
type progress struct {
	next, match, applied uint64
	heard                time.Time
}

// consensus replicates the log by majority, in the place of senders and
// receivers: leader election with a term, a vote per term and a pre-vote; a
// record is committed when a majority has it on disk. Records are those of the
// log, with DCF's term.
type consensus struct {
	s     *Server
	self  int
	dir   string
	elect time.Duration
	beat  time.Duration
	hurry chan struct{} // the elector shall not wait

	// c.mu comes before s.mu where both are held.
	mu struct {
		sync.Mutex
		running  bool
		role     dcf.Role
		term     uint64
		voted    int
		leader   int
		commit   uint64
		members  []member
		heard    time.Time // from a leader
		peers    map[int]*progress
		minority bool
		votes    int // in minority mode
		first    uint64
		ready    bool
	}
}

// vote is what a node must not forget.
type vote struct {
	Term   uint64
	Voted  int
	Commit uint64
}

func newConsensus(s *Server) (*consensus, error) {
	cfg, err := dcf.Parse(s.cfg.text("dcf_config"))
	if err != nil {
		return nil, fmt.Errorf("dcf_config: %w", err)
	}
	c := &consensus{s: s, self: s.cfg.int("dcf_node_id"), dir: s.cfg.text("dcf_data_path"), hurry: make(chan struct{}, 1)}
	if c.dir == "" {
		c.dir = s.dir.Path("dcf_data")
	}
	c.elect = time.Duration(max(s.cfg.int("dcf_election_timeout"), 1)) * time.Second
	c.beat = min(time.Second, c.elect/4)
	for _, id := range cfg.Streams() {
		if id != 1 {
			return nil, fmt.Errorf("dcf_config: stream %d: openGauss uses stream 1 only", id)
		}
	}
	for id := 1; id <= 255; id++ {
		if n, ok := cfg.Node(id); ok {
			c.mu.members = append(c.mu.members, member{n.ID, n.Addr.String(), n.Role})
		}
	}
	if _, ok := c.member(c.self); !ok {
		return nil, fmt.Errorf("dcf_node_id %d is not in dcf_config", c.self)
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, err
	}
	var v vote
	b, err := os.ReadFile(c.file())
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", c.file(), err)
	}
	// Every log begins with what gs_initdb wrote: that is the same everywhere or
	// nowhere, so it is never in doubt.
	c.mu.term, c.mu.voted, c.mu.commit = v.Term, v.Voted, max(v.Commit, s.log.Base())
	c.mu.role = dcf.RoleUnknown
	return c, c.scanMembers()
}

func (c *consensus) file() string { return filepath.Join(c.dir, "vote.json") }

// persist writes what must not be forgotten. c.mu is held.
func (c *consensus) persist() {
	b, err := json.Marshal(vote{c.mu.term, c.mu.voted, c.mu.commit})
	if err == nil {
		err = atomicfile.Write(c.file(), b, 0o600, atomicfile.Owner{})
	}
	c.s.must(err)
}

// committedAtStart is up to where the log may be applied.
func (c *consensus) committedAtStart() uint64 {
	return c.s.log.Before(min(c.mu.commit, c.s.log.End().LSN)).LSN
}

// scanMembers takes the members from the log, where it has any.
func (c *consensus) scanMembers() error {
	l := c.s.log
	for from := l.Base(); from < l.End().LSN; {
		b, next, err := l.Read(from, l.End().LSN, 1<<20)
		if err != nil {
			return err
		}
		records, err := l.Records(from, b)
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.Kind == kindMembers {
				if err := json.Unmarshal(r.Payload, &c.mu.members); err != nil {
					return err
				}
			}
		}
		from = next
	}
	return nil
}

// member finds a member. c.mu is held.
func (c *consensus) member(id int) (member, bool) {
	i := slices.IndexFunc(c.mu.members, func(m member) bool { return m.ID == id })
	if i < 0 {
		return member{}, false
	}
	return c.mu.members[i], true
}

func (m member) votes() bool { return m.Role != dcf.RolePassive }

// needed is how many votes decide. c.mu is held.
func (c *consensus) needed() int {
	if c.mu.minority {
		return max(c.mu.votes, 1)
	}
	n := 0
	for _, m := range c.mu.members {
		if m.votes() {
			n++
		}
	}
	return n/2 + 1
}

// resting is the role of a node that neither leads nor wants to. c.mu is held.
func (c *consensus) resting() dcf.Role {
	m, ok := c.member(c.self)
	switch {
	case !ok:
		return dcf.RoleUnknown
	case m.Role == dcf.RoleLogger || m.Role == dcf.RolePassive:
		return m.Role
	}
	return dcf.RoleFollower
}

// start makes the server a node of the group, unless it was told to be a
// primary: that one does not run DCF at all, and its writes hang.
func (c *consensus) start(mode opengauss.ServerMode) error {
	s := c.s
	if mode == opengauss.ModePrimary {
		return s.enter(mode)
	}
	c.mu.Lock()
	me, _ := c.member(c.self)
	c.mu.running = true
	c.mu.role = c.resting()
	c.mu.heard = time.Now()
	c.mu.Unlock()
	l, err := net.Listen("tcp", me.Addr)
	if err != nil {
		return fmt.Errorf("dcf: %w", err)
	}
	s.tasks.Go(func() {
		<-s.ctx.Done()
		l.Close()
	})
	s.tasks.Go(func() { c.accept(l) })
	s.tasks.Go(c.elector)
	return s.enter(opengauss.ModeStandby)
}

// close remembers how much is committed.
func (c *consensus) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.persist()
}

// demote ends the process when a leader has lost its place. c.mu is held.
func (c *consensus) demote(why string) {
	if c.mu.role == dcf.RoleLeader {
		c.s.out.printf("dcf: not leader any more: %s", why)
		c.s.cancel(errDemoted)
	}
	c.mu.role = c.resting()
}

// meet takes notice of a term of another node. c.mu is held.
func (c *consensus) meet(term uint64) {
	if term > c.mu.term {
		c.demote(fmt.Sprintf("term %d is over", c.mu.term))
		c.mu.term, c.mu.voted, c.mu.leader = term, 0, 0
		c.persist()
	}
}
