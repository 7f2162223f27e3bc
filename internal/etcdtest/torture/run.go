// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
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
			err = errors.Join(err, s.keepLogs(opts.logs))
		}
		if cerr := s.close(); cerr != nil {
			err = errors.Join(err, fmt.Errorf("clear up: %w", cerr))
			r.judge(err)
		}
	}()
	s.story.say("check", "seed %d, PostgreSQL %d, TTL %v, K=%d", opts.seed, bin.Major, opts.settings.WithDefaults().TTL, opts.settings.Durability.K)
	if err := s.open(bin); err != nil {
		return nil, err
	}
	if opts.script != nil {
		err = opts.script(s)
	} else {
		err = s.rounds()
	}
	return nil, errors.Join(err, s.finish(err == nil))
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
			wait(s.ctx, f.after)
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
	if err := s.writers[0].awaitWrite(serve); err != nil {
		st := s.status.get()
		return fmt.Errorf("%w: %s", err, s.unsettled(&st))
	}
	if !calm {
		return nil
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	return s.check(ctx)
}

// settle waits until every member is at its place: one primary, all others
// stream from it, and the synchronous set is on record.
func (s *stage) settle(ctx context.Context) error {
	st, err := s.status.await(ctx, func(st *ha.ClusterStatus) bool { return s.unsettled(st) == "" })
	if err != nil {
		return fmt.Errorf("wait for a calm cluster: %w: %s", err, s.unsettled(&st))
	}
	return nil
}

// unsettled says what is not yet as it shall be, or nothing.
func (s *stage) unsettled(st *ha.ClusterStatus) string {
	var standbys []ha.MemberID
	for _, name := range memberNames() {
		if name == st.Primary {
			continue
		}
		standbys = append(standbys, name)
		i := slices.IndexFunc(st.Members, func(m ha.MemberReport) bool { return m.Name == name })
		switch {
		case i < 0 || !st.Members[i].Alive:
			return string(name) + " has no session"
		case !st.Members[i].Status.Streaming || st.Members[i].Status.State != ha.StateStandby || st.Members[i].Status.Upstream != st.Primary:
			return fmt.Sprintf("%s is %s and does not stream: %s", name, st.Members[i].Status.State, st.Members[i].Status.Problem)
		}
	}
	switch {
	case !st.Writable || !st.Reign.Promoted:
		return "no primary is writable"
	case st.Request != nil:
		return fmt.Sprintf("a %s is under way", st.Request.Kind)
	case s.opts.settings.Durability.K > 0 && (len(st.Rules) != 1 || !slices.Equal(st.Rules[0].Members, standbys)):
		return "the synchronous set is not all standbys"
	}
	return ""
}

// check looks for every acknowledged row on the primary.
func (s *stage) check(ctx context.Context) error {
	for ctx.Err() == nil {
		before := s.status.get()
		acks := s.ledger.snapshot()
		m := s.member(before.Primary)
		if m == nil {
			return errors.New("check: no primary")
		}
		rows, err := m.rows(ctx)
		if err != nil {
			return fmt.Errorf("check: read the rows of %s: %w", m.name(), err)
		}
		after, err := s.admin.Status(ctx)
		if err != nil {
			return fmt.Errorf("check: %w", err)
		}
		if after.Term != before.Term || after.Primary != before.Primary {
			continue // not the primary's rows for certain
		}
		s.tellLost(s.ledger.compare(acks, rows))
		s.story.say("check", "%s in term %d: %d acknowledged, %d rows", m.name(), after.Term, len(acks), len(rows))
		return nil
	}
	return context.Cause(ctx)
}

// tellLost names the first rows that are lost, and all that have no excuse.
func (s *stage) tellLost(lost []ack) {
	const enough = 5
	for i, a := range lost {
		if excuse := s.excuse(a); i < enough || excuse == "" {
			s.story.say("check", "LOST row %d, acknowledged by %s between %.3f and %.3f%s", a.n, a.member,
				a.when.from.Seconds(), a.when.to.Seconds(), excuse)
		}
	}
	if len(lost) > enough {
		s.story.say("check", "%d rows lost", len(lost))
	}
}

// excuse says that a row was acknowledged when its member's manager could not
// do its duty.
func (s *stage) excuse(a ack) string {
	if s.inHole(a) {
		return ", while its manager was away"
	}
	return ""
}

func (s *stage) inHole(a ack) bool {
	return slices.ContainsFunc(s.duties.holes(a.member, s.opts.settings), a.when.meets)
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
	if err := s.writers[0].awaitWrite(ctx); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	s.stopWriting()
	s.writing.Wait()
	if err := s.check(ctx); err != nil {
		return err
	}
	st := s.status.get()
	primary := s.member(st.Primary)
	want, err := primary.rows(ctx)
	if err != nil {
		return err
	}
	for _, m := range s.members {
		if err := awaitRows(ctx, m, want); err != nil {
			return err
		}
	}
	s.story.say("check", "%d rows on each member", len(want))
	standbys := slices.DeleteFunc(slices.Clone(s.members), func(m *member) bool { return m == primary })
	for _, m := range append(standbys, primary) {
		limited, cancel := context.WithTimeout(ctx, stopLimit)
		err := m.stop(limited)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// awaitRows waits until a member has applied all rows, and has no others.
func awaitRows(ctx context.Context, m *member, want map[int64]bool) error {
	for {
		have, err := m.rows(ctx)
		if err == nil && maps.Equal(have, want) {
			return nil
		}
		if wait(ctx, 20*time.Millisecond); ctx.Err() != nil {
			return fmt.Errorf("%s has %d of %d rows: %w", m.name(), len(have), len(want), errors.Join(context.Cause(ctx), err))
		}
	}
}
