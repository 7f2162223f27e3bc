// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// settleLimit bounds how long the cluster may take to be whole again when
// nothing is wrong any more: more than the worst case of Bound, a rejoin by
// copying included.
const settleLimit = 90 * time.Second

// serveLimit bounds how long the application may wait for an acknowledgement
// after the last fault has ended. A few seconds are usual.
const serveLimit = 40 * time.Second

// torture is a whole run. The result is complete also when there is an error.
func torture(ctx context.Context, opts options, live io.Writer) (r *result, err error) {
	bin, err := postgres.FindBinaries(ctx)
	if err != nil {
		return nil, err
	}
	s := newStage(ctx, opts, live)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		r = s.result()
		if cause := context.Cause(s.ctx); err != nil && cause != nil {
			err = errors.Join(cause, err)
		}
		if err != nil {
			s.story.say("check", "FAILED: %v", err)
		}
		if r.judge(err); !r.Good && opts.logs != "" {
			err = errors.Join(err, s.keepLogs(opts.logs, r.Registers.Bad))
		}
		if cerr := s.close(); cerr != nil {
			err = errors.Join(err, fmt.Errorf("clear up: %w", cerr))
			r.judge(err)
		}
	}()
	s.story.say("check", "seed %d, PostgreSQL %d, %s mode, TTL %v, K=%d", opts.seed, bin.Major, modeName(s.quorum()), opts.settings.WithDefaults().TTL, opts.settings.Durability.K)
	if err := s.open(bin); err != nil {
		return nil, err
	}
	switch {
	case opts.script != nil:
		err = opts.script(s)
	case opts.calm != nil:
		err = s.keepCalm(opts.calm)
	default:
		err = s.rounds()
	}
	err = errors.Join(err, s.finish(err == nil))
	if opts.calm != nil && err == nil {
		err = s.sameTerm(opts.calm)
	}
	return nil, err
}

// rounds does faults until the time is over.
func (s *stage) rounds() error {
	rng := rand.New(rand.NewPCG(s.opts.seed, 0))
	for end := s.story.now() + s.opts.duration; s.story.now() < end; {
		faults, calm := draw(rng, s.opts.kinds), rng.IntN(3) > 0
		if err := s.round(faults, calm); err != nil {
			return err
		}
	}
	return nil
}

// round does the faults of one round, waits until writes are acknowledged
// again, and looks for all rows. When it is not to be calm, the next round
// meets a cluster that is not whole yet.
func (s *stage) round(faults []fault, calm bool) error {
	var group sync.WaitGroup
	errs := make([]error, len(faults))
	for i, f := range faults {
		group.Go(func() {
			testbed.Wait(s.ctx, f.after)
			errs[i] = s.inflict(s.ctx, f)
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.ctx, settleLimit)
	defer cancel()
	serve, cancelServe := context.WithTimeout(ctx, serveLimit)
	defer cancelServe()
	if err := s.app.AwaitWrite(serve); err != nil {
		st := s.cluster.Status.Get()
		return fmt.Errorf("%w: %s", err, s.cluster.Unsettled(&st))
	}
	if !calm {
		return nil
	}
	if err := s.cluster.Settle(ctx); err != nil {
		return err
	}
	return s.check(ctx)
}

// check looks for every acknowledged row on the primary.
func (s *stage) check(ctx context.Context) error {
	for ctx.Err() == nil {
		before := s.cluster.Status.Get()
		acks := s.ledger.Snapshot()
		m := s.cluster.Member(before.Primary)
		if m == nil {
			return errors.New("check: no primary")
		}
		rows, err := m.Rows(ctx)
		if err != nil {
			return fmt.Errorf("check: read the rows of %s: %w", m.Name(), err)
		}
		after, err := s.cluster.Admin.Status(ctx)
		if err != nil {
			return fmt.Errorf("check: %w", err)
		}
		if after.Term != before.Term || after.Primary != before.Primary {
			continue // not the primary's rows for certain
		}
		s.tellLost(s.ledger.Compare(acks, rows))
		s.story.say("check", "%s in term %d: %d acknowledged, %d rows", m.Name(), after.Term, len(acks), len(rows))
		return nil
	}
	return context.Cause(ctx)
}

// tellLost names the first rows that are lost, and all that have no excuse.
func (s *stage) tellLost(lost []testbed.Ack) {
	const enough = 5
	for i, a := range lost {
		if excuse := s.excuse(a); i < enough || excuse == "" {
			s.story.say("check", "LOST row %d, acknowledged by %s between %.3f and %.3f%s", a.N, a.Member,
				a.When.From.Seconds(), a.When.To.Seconds(), excuse)
		}
	}
	if len(lost) > enough {
		s.story.say("check", "%d rows lost", len(lost))
	}
}

// excuse says that a row was acknowledged when its member's manager could not
// do its duty.
func (s *stage) excuse(a testbed.Ack) string {
	if s.inHole(a) {
		return ", while its manager was away"
	}
	return ""
}

// inHole reports whether lease mode promises nothing for a row. Quorum mode
// always does.
func (s *stage) inHole(a testbed.Ack) bool {
	if s.quorum() {
		return false
	}
	return slices.ContainsFunc(s.duties.holes(a.Member, s.opts.settings), a.When.Meets)
}

// finish compares all members and ends them in order, if all went well; the
// writers stop in any case.
func (s *stage) finish(well bool) error {
	if !well {
		s.stopWriting()
		s.writing.Wait()
		return nil
	}
	ctx, cancel := context.WithTimeout(s.ctx, settleLimit)
	defer cancel()
	if err := s.app.AwaitWrite(ctx); err != nil {
		return err
	}
	if err := s.cluster.Settle(ctx); err != nil {
		return err
	}
	s.stopWriting()
	s.writing.Wait()
	if err := s.check(ctx); err != nil {
		return err
	}
	primary := s.cluster.Member(s.cluster.Status.Get().Primary)
	rows := 0
	for _, m := range s.cluster.Members {
		var err error
		if rows, err = testbed.AwaitSame(ctx, primary, m); err != nil {
			return err
		}
	}
	s.story.say("check", "%d rows on each member", rows)
	standbys := slices.DeleteFunc(slices.Clone(s.cluster.Members), func(m testbed.Member) bool { return m == primary })
	for _, m := range append(standbys, primary) {
		limited, cancel := context.WithTimeout(ctx, testbed.StopLimit)
		err := m.Stop(limited)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}
