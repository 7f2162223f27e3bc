// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// What is no failure must not move the primary. With the balanced profile that
// is a pause of 1.5 s, of any part, and the loss of a fifth of all packets.

// pauseFor is how long a part pauses.
const pauseFor = 1500 * time.Millisecond

// calmSettings are those that a run with -calm demands calm of.
func calmSettings(quorum bool) ha.Settings {
	s := ha.Balanced()
	s.Durability = ha.Durability{K: 1, Quorum: quorum}
	return s
}

// calm is what such a run does, and what it has done.
type calm struct {
	losses time.Duration // how long packets are lost at a time
	rest   time.Duration // between two pauses, at most
	once   bool          // each pause once, of one standby only, then it is over

	term   ha.Term // at the begin
	pauses int
	lossy  time.Duration
}

// pause is one part that pauses.
type pause struct {
	what  string
	begin func(*stage) (end func() error, err error)
}

// pauses are all that may pause, the primary's parts first.
func (s *stage) pauses(members int) []pause {
	var all []pause
	for n := range members {
		who := fmt.Sprintf("standby %d", n)
		if n == 0 {
			who = "the primary"
		}
		all = append(all,
			pause{"server of " + who, func(s *stage) (func() error, error) { m := s.nth(n); return m.Server.Thaw, m.Server.Freeze() }},
			pause{"manager of " + who, func(s *stage) (func() error, error) { return s.nth(n).FreezeManager() }},
			pause{"server and manager of " + who, func(s *stage) (func() error, error) { return s.nth(n).Freeze() }},
			pause{"network of " + who, func(s *stage) (func() error, error) {
				heal := s.cluster.Isolate(s.nth(n).Name())
				return func() error { heal(); return nil }, nil
			}})
	}
	for _, party := range []testbed.Party{testbed.PartyEtcd, testbed.PartyApp} {
		all = append(all, pause{"network of " + string(party), func(s *stage) (func() error, error) {
			heal := s.cluster.Net.Isolate(party)
			return func() error { heal(); return nil }, nil
		}})
	}
	return append(all, pause{"whole network", func(s *stage) (func() error, error) {
		s.cluster.Net.ImpairAll(testbed.TroubleSilent)
		return func() error { s.cluster.Net.HealAll(); return nil }, nil
	}})
}

// nth is the primary, for 0, or another member.
func (s *stage) nth(n int) *testbed.Real {
	primary := s.cluster.Status.Get().Primary
	all := s.cluster.Servers()
	for i, m := range all {
		if m.Name() == primary {
			return all[(i+n)%len(all)]
		}
	}
	return all[n]
}

// keepCalm loses packets for a while, then lets each part pause, and so on
// until the time is over. It fails as soon as the term is another one.
func (s *stage) keepCalm(c *calm) error {
	rng := rand.New(rand.NewPCG(s.opts.seed, 1))
	st, err := s.cluster.Admin.Status(s.ctx)
	if err != nil {
		return err
	}
	c.term = st.Term
	for end := s.story.now() + s.opts.duration; ; {
		if err := s.lose(c); err != nil {
			return err
		}
		members := len(s.cluster.Servers())
		if c.once {
			members = 2
		}
		all := s.pauses(members)
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for _, p := range all {
			if !c.once && s.story.now() >= end {
				return nil
			}
			if err := s.pauseOnce(c, p); err != nil {
				return err
			}
			// Where in a heartbeat the next one begins is not always the same.
			testbed.Wait(s.ctx, c.rest/4+time.Duration(rng.Int64N(int64(c.rest)*3/4)))
			if err := s.sameTerm(c); err != nil {
				return err
			}
		}
		if c.once {
			return nil
		}
	}
}

// lose loses packets on all connections for a while.
func (s *stage) lose(c *calm) error {
	s.story.say("fault", "each packet is lost with probability 0.2, for %s", c.losses)
	began, acked := s.story.now(), s.ledger.Len()
	s.cluster.Net.ImpairAll(testbed.TroubleLossy)
	for end := began + c.losses; s.story.now() < end && s.ctx.Err() == nil; {
		testbed.Wait(s.ctx, min(time.Second, end-s.story.now()))
		if err := s.sameTerm(c); err != nil {
			return err
		}
	}
	s.cluster.Net.HealAll()
	c.lossy += s.story.now() - began
	s.story.say("fault", "no more packets are lost; %d rows were acknowledged meanwhile", s.ledger.Len()-acked)
	if s.ledger.Len() == acked {
		return errors.New("nothing was acknowledged while packets were lost")
	}
	return s.serveAgain()
}

func (s *stage) pauseOnce(c *calm, p pause) error {
	s.story.say("fault", "%s pauses", p.what)
	end, err := p.begin(s)
	if err != nil {
		return fmt.Errorf("pause of the %s: %w", p.what, err)
	}
	testbed.Wait(s.ctx, pauseFor)
	if err := end(); err != nil {
		return fmt.Errorf("end of the pause of the %s: %w", p.what, err)
	}
	c.pauses++
	return s.serveAgain()
}

// serveAgain waits until the application is served.
func (s *stage) serveAgain() error {
	ctx, cancel := context.WithTimeout(s.ctx, serveLimit)
	defer cancel()
	return s.app.AwaitWrite(ctx)
}

// sameTerm fails when somebody was elected, or took a term for itself.
func (s *stage) sameTerm(c *calm) error {
	if st := s.cluster.Status.Get(); st.Term != c.term {
		return fmt.Errorf("needless failover: term %d of %s (%s), not %d", st.Term, st.Primary, st.Reign.Cause, c.term)
	}
	return nil
}
