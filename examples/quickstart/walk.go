// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

const (
	stepLimit = 40 * time.Second       // for one step
	calm      = 500 * time.Millisecond // of plain writing before each step
	pauseFor  = 2 * time.Second        // how long the paused cluster is left alone
	stopLimit = 15 * time.Second       // for ending a member in order
)

// step is one part of the walk.
type step struct {
	name  string
	limit time.Duration // for the time without writes, from Config.Bound; 0 for none
	do    func(ctx context.Context) error
	// fromNow measures the time without writes from the beginning of the
	// step, instead of from the last acknowledged write.
	fromNow bool
	// still: there are no writes at the end of the step.
	still bool
	// goesOn: nobody has a reason to stop writing, or to take over.
	goesOn bool
	// over: nor is there anybody who would write.
	over bool
}

// walker goes through the steps.
type walker struct {
	*stage
	result *result
	down   ha.MemberID // member that has crashed
	pairs  int         // times at which two members were writable, counted so far
	acking int         // rows acknowledged by a former primary, counted so far
}

// walk goes through all steps and fills in the result.
func walk(s *stage, r *result) error {
	w := &walker{stage: s, result: r}
	steps := w.steps()
	for i, st := range steps {
		s.t.say(kindStep, "%d/%d %s", i+1, len(steps), st.name)
		if err := w.step(st); err != nil {
			if s.ctx.Err() != nil {
				err = context.Cause(s.ctx) // this is why
			}
			return fmt.Errorf("%s: %w%s", st.name, err, w.problems())
		}
	}
	return nil
}

// problems is what the members complain about.
func (w *walker) problems() string {
	text := ""
	for _, m := range w.cluster.Status.Get().Members {
		if p := m.Status.Problem; p != "" {
			text += fmt.Sprintf("; %s: %s", m.Name, p)
		}
	}
	return text
}

func (w *walker) steps() []step {
	b := w.result.Bound
	steps := []step{
		{name: "a primary is elected", do: w.elect, fromNow: true},
		{name: "planned switchover", do: w.switchover, limit: b.Switchover.Total()},
	}
	if w.opts.settings.Durability.Quorum {
		steps = append(steps,
			step{name: "SIGSTOP of the primary's manager", do: w.freezeManager, goesOn: true},
			step{name: fmt.Sprintf("etcd is stopped for %v", etcdAway(w.opts.settings)), do: w.stopEtcd, goesOn: true})
	}
	return append(steps, []step{
		{name: "kill -9 of the primary's server", do: w.killServer, limit: b.ServerCrash.Total()},
		{name: "kill -9 of the primary's server and manager", do: w.crash, limit: b.NodeCrash.Total()},
		{name: "the old primary comes back as a standby", do: w.comeBack},
		{name: "pause: the server is killed, nobody acts", do: w.pause, still: true},
		{name: "resume", do: w.resume, limit: b.ServerCrash.Total(), fromNow: true},
		{name: "all members hold the same rows", do: w.compare, still: true, over: true},
	}...)
}

// step carries out one step, waits until all is calm, and checks.
func (w *walker) step(st step) error {
	ctx, cancel := context.WithTimeoutCause(w.ctx, stepLimit, fmt.Errorf("not done within %v", stepLimit))
	defer cancel()
	if st.fromNow {
		w.writer.Gaps.MarkAt(w.t.now())
	} else {
		w.writer.Gaps.Mark()
	}
	before := w.watcher.Runs()
	if err := st.do(ctx); err != nil {
		return err
	}
	if !st.still {
		if err := w.writer.AwaitWrite(ctx); err != nil {
			return err
		}
		if err := w.settle(ctx); err != nil {
			return err
		}
		testbed.Wait(ctx, calm)
	}
	if err := w.check(ctx, st); err != nil || !st.goesOn {
		return err
	}
	return w.unmoved(before)
}

// check measures the step and looks whether all acknowledged rows are there.
func (w *walker) check(ctx context.Context, st step) error {
	o := outcome{Event: st.name, Limit: st.limit}
	if !st.over {
		o.Gap, o.Acknowledged = w.writer.Gaps.Measured(w.t.now())
	}
	if !st.still {
		acked := w.ledger.Snapshot()
		rows, err := w.client.Rows(ctx)
		if err != nil {
			return fmt.Errorf("read the rows of the primary: %w", err)
		}
		o.Lost = len(w.ledger.Compare(acked, rows))
	}
	pairs, acking := len(w.watcher.Overlaps()), len(testbed.BehindBacks(w.ledger.Snapshot()))
	o.Writable, o.Acking = pairs-w.pairs, acking-w.acking
	w.pairs, w.acking, w.result.Asked = pairs, acking, w.watcher.Asked()
	w.result.add(o)
	w.t.say(kindCheck, "writes stood still for %s; %d acknowledged, %d lost; two members writable %d times, two that acknowledge %d times",
		gap(o.Gap), o.Acknowledged, o.Lost, o.Writable, o.Acking)
	return nil
}

// settle waits until every member that lives is at its place.
func (w *walker) settle(ctx context.Context) error {
	if w.down != "" {
		return w.cluster.Settle(ctx, w.down)
	}
	return w.cluster.Settle(ctx)
}

// primary returns the member that is primary now.
func (w *walker) primary(ctx context.Context) (testbed.Member, ha.ClusterStatus, error) {
	st, err := w.cluster.Admin.AwaitPrimary(ctx)
	if err != nil {
		return nil, st, err
	}
	m := w.cluster.Member(st.Primary)
	if m == nil {
		return nil, st, fmt.Errorf("primary %s is not a member", st.Primary)
	}
	return m, st, nil
}

// changes does something after which another server, or another run of the
// same one, must accept writes.
func (w *walker) changes(ctx context.Context, do func() error) error {
	before := w.watcher.Runs()
	if err := do(); err != nil {
		return err
	}
	if err := w.watcher.AwaitNew(ctx, before); err != nil {
		return fmt.Errorf("wait for a new primary: %w", err)
	}
	return nil
}

func (w *walker) elect(ctx context.Context) error {
	for _, m := range w.cluster.Members {
		if err := m.Start(ctx); err != nil {
			return err
		}
	}
	_, st, err := w.primary(ctx)
	if err != nil {
		return err
	}
	w.t.say(kindNote, "%s is primary in term %d", st.Primary, st.Term)
	if err := w.cluster.Prepare(ctx); err != nil {
		return err
	}
	w.writeLoyally()
	return nil
}

// switchover asks for a plan, shows it, and applies it.
func (w *walker) switchover(ctx context.Context) error {
	_, st, err := w.primary(ctx)
	if err != nil {
		return err
	}
	target := memberNames()[0]
	if target == st.Primary {
		target = memberNames()[1]
	}
	return w.changes(ctx, func() error {
		for {
			plan, err := w.cluster.Admin.Plan(ctx, ha.Order{Kind: ha.OrderSwitchover, To: target, Reason: "quickstart"})
			if err != nil {
				return err
			}
			w.t.say(kindOrder, "switch over from %s to %s; the plan:", st.Primary, target)
			for _, line := range plan.Steps {
				w.t.say(kindOrder, "  %s", line)
			}
			answer, err := w.cluster.Admin.Apply(ctx, plan)
			if errors.Is(err, ha.ErrPlanStale) {
				continue // something moved in between: plan again
			}
			if err != nil {
				return err
			}
			w.t.say(kindOrder, "%s: %s is primary in term %d", answer.Code, answer.Primary, answer.Term)
			return nil
		}
	})
}

func (w *walker) killServer(ctx context.Context) error {
	m, _, err := w.primary(ctx)
	if err != nil {
		return err
	}
	return w.changes(ctx, func() error {
		w.t.say(kindFault, "kill -9 of the server of %s; its manager lives", m.Name())
		return m.KillServer()
	})
}

func (w *walker) crash(ctx context.Context) error {
	m, _, err := w.primary(ctx)
	if err != nil {
		return err
	}
	return w.changes(ctx, func() error {
		w.down = m.Name()
		w.t.say(kindFault, "kill -9 of the server and the manager of %s", m.Name())
		return m.Crash()
	})
}

// comeBack only starts the manager again. All the rest it does by itself.
func (w *walker) comeBack(ctx context.Context) error {
	m := w.cluster.Member(w.down)
	w.t.say(kindFault, "%s is started again", m.Name())
	w.down = ""
	return m.Start(ctx)
}

// pause shows that a paused cluster is left alone: the server of the primary
// is killed, and stays down.
func (w *walker) pause(ctx context.Context) error {
	m, before, err := w.primary(ctx)
	if err != nil {
		return err
	}
	w.t.say(kindOrder, "pause")
	if err := w.cluster.Admin.Pause(ctx, "quickstart shows a pause"); err != nil {
		return err
	}
	if _, err := w.cluster.Status.Await(ctx, func(s *ha.ClusterStatus) bool { return s.Pause != nil }); err != nil {
		return err
	}
	known := w.watcher.Runs()
	w.t.say(kindFault, "kill -9 of the server of %s; nobody may act for %v", m.Name(), pauseFor)
	if err := m.KillServer(); err != nil {
		return err
	}
	quiet, cancel := context.WithTimeout(ctx, pauseFor)
	defer cancel()
	if w.watcher.AwaitNew(quiet, known) == nil {
		return errors.New("a server was made writable during the pause")
	}
	after, err := w.cluster.Admin.Status(ctx)
	if err != nil {
		return err
	}
	if after.Term != before.Term || after.Primary != before.Primary {
		return fmt.Errorf("the pause did not hold: %s in term %d became %s in term %d", before.Primary, before.Term, after.Primary, after.Term)
	}
	w.t.say(kindNote, "still term %d, still %s, still no server that accepts writes", after.Term, after.Primary)
	return nil
}

func (w *walker) resume(ctx context.Context) error {
	return w.changes(ctx, func() error {
		w.t.say(kindOrder, "resume")
		return w.cluster.Admin.Resume(ctx)
	})
}

// compare stops the writer, waits until every member has every row, and ends
// the members in order, the primary last.
func (w *walker) compare(ctx context.Context) error {
	w.stopWriting()
	w.writing.Wait()
	p, _, err := w.primary(ctx)
	if err != nil {
		return err
	}
	for _, m := range w.cluster.Members {
		n, err := testbed.AwaitSame(ctx, p, m)
		if err != nil {
			return err
		}
		w.t.say(kindNote, "%s has %d rows", m.Name(), n)
	}
	if w.result.Terms, err = w.cluster.Admin.History(ctx); err != nil {
		return err
	}
	others := slices.DeleteFunc(slices.Clone(w.cluster.Members), func(m testbed.Member) bool { return m == p })
	for _, m := range append(others, p) {
		limited, cancel := context.WithTimeout(ctx, stopLimit)
		err := m.Stop(limited)
		cancel()
		if err != nil {
			return fmt.Errorf("end %s: %w", m.Name(), err)
		}
	}
	return nil
}
