// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

const (
	settleLimit = 2 * time.Minute        // for a cluster to be whole again when nothing is wrong any more
	before      = time.Second            // of plain writing before a fault, and some more at random
	afterwards  = 2 * time.Second        // of plain writing at another member before a fault ends
	calm        = 500 * time.Millisecond // of plain writing after all is whole
)

// bench measures one cluster after the other.
type bench struct {
	opts   options
	bin    postgres.Binaries
	report *report
	says   io.Writer
	began  time.Time
}

// measure does everything. What was measured before an error is in the report;
// without a report nothing was started.
func measure(ctx context.Context, opts options, says io.Writer) (*report, error) {
	bin, err := postgres.FindBinaries(ctx)
	if err != nil {
		return nil, err
	}
	b := &bench{opts: opts, bin: bin, report: newReport(opts, bin), says: says, began: time.Now()}
	for _, m := range opts.modes {
		if m.patroni() {
			version, err := patroniVersion(ctx)
			if err != nil {
				b.say(m, "left out: %v", err)
				b.report.leaveOut(m, err)
				continue
			}
			b.report.Patroni = version
		}
		if err := b.measureMode(ctx, m); err != nil {
			return b.report, fmt.Errorf("mode %s: %w", m, err)
		}
	}
	return b.report, nil
}

func (b *bench) now() time.Duration { return time.Since(b.began) }

func (b *bench) say(m mode, format string, args ...any) {
	fmt.Fprintf(b.says, "%8.1f  %-12s %s\n", b.now().Seconds(), m, fmt.Sprintf(format, args...))
}

// trial is the measurement of one cluster.
type trial struct {
	*bench
	mode   mode
	system system
	ledger *testbed.Ledger
	app    *testbed.Writer
	acked  testbed.Latest[testbed.Ack] // newest of the application
}

// errStuck: a cluster did not become whole by itself when nothing was wrong any
// more.
var errStuck = errors.New("the cluster is stuck")

// measureMode does all repetitions of a mode. A cluster that is stuck is thrown
// away, and the next one goes on where it stood.
func (b *bench) measureMode(ctx context.Context, m mode) error {
	done := 0
	for done < b.opts.n*len(b.opts.faults) {
		var err error
		if done, err = b.measureCluster(ctx, m, done); err != nil && !errors.Is(err, errStuck) {
			return err
		}
	}
	return nil
}

// measureCluster makes a cluster and does the repetitions that are not done. It
// returns how many are now.
func (b *bench) measureCluster(ctx context.Context, m mode, done int) (_ int, err error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	dir, err := testbed.MakeDir("gausskit-failbench-", false)
	if err != nil {
		return done, err
	}
	t := &trial{bench: b, mode: m, ledger: testbed.NewLedger()}
	if m.patroni() {
		t.system = newPatroni(m, b.opts, dir, b.bin, fail)
	} else {
		t.system = newGausskit(m, b.opts, dir, b.bin, b.now, fail)
	}
	var writing sync.WaitGroup
	stopped, stop := context.WithCancel(ctx)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if cause := context.Cause(ctx); cause != nil && err != nil {
			err = cause // this is why
		}
		stop()
		writing.Wait()
		if cerr := t.system.close(); cerr != nil {
			err = fmt.Errorf("clear up: %w", cerr)
		}
		if b.opts.keep {
			b.say(m, "data and logs are in %s", dir)
			b.report.Dirs = append(b.report.Dirs, dir)
		}
	}()
	b.say(m, "a cluster is made")
	opening, cancel := context.WithTimeoutCause(ctx, settleLimit, fmt.Errorf("not done within %v", settleLimit))
	defer cancel()
	if err := t.system.open(opening); err != nil {
		return done, fmt.Errorf("start the cluster: %w", err)
	}
	if err := t.startWriters(stopped, &writing); err != nil {
		return done, err
	}
	for ; done < b.opts.n*len(b.opts.faults); done++ {
		f, i := b.opts.faults[done%len(b.opts.faults)], done/len(b.opts.faults)
		if err := t.repeat(ctx, f, i); errors.Is(err, errStuck) {
			return done + 1, err
		} else if err != nil {
			return done, fmt.Errorf("%s, repetition %d: %w", f, i+1, err)
		}
	}
	return done, nil
}

// startWriters starts the application, and a loyal client for each member.
func (r *trial) startWriters(ctx context.Context, writing *sync.WaitGroup) error {
	ports := map[string]ha.MemberID{}
	for _, m := range r.system.members() {
		cfg, err := pgx.ParseConfig(m.connString())
		if err != nil {
			return err
		}
		ports[fmt.Sprint(cfg.Port)] = m.Name()
	}
	app, err := newSeeker(table, r.system.members(), ports, r.now)
	if err != nil {
		return err
	}
	r.app = &testbed.Writer{
		To: app, Ledger: r.ledger, Pace: 5 * time.Millisecond, Rest: 5 * time.Millisecond, Limit: settleLimit,
		Acknowledged: func(a testbed.Ack, _ time.Duration) { r.acked.Update(func(v *testbed.Ack) { *v = a }) },
	}
	writing.Go(func() {
		r.app.Write(ctx)
		app.wait()
	})
	for _, m := range r.system.members() {
		client, err := testbed.NewLoyalClient(m.connString(), table, ports, r.now)
		if err != nil {
			return err
		}
		w := &testbed.Writer{To: client, Ledger: r.ledger, Pace: 20 * time.Millisecond, Rest: 50 * time.Millisecond, Limit: 3 * time.Second}
		writing.Go(func() { w.Write(ctx) })
	}
	return nil
}

// repeat does a fault once and measures it.
func (r *trial) repeat(ctx context.Context, f fault, i int) error {
	if err := r.awaitWhole(ctx); err != nil {
		if ctx.Err() == nil {
			r.report.omit(f, r.mode, err)
		}
		return err
	}
	testbed.Wait(ctx, before+rand.N(r.mode.rhythm(r.opts.ttl)))
	m, err := r.system.primary(ctx)
	if err != nil {
		return err
	}
	acksBefore := len(r.ledger.Snapshot())
	r.app.Gaps.Mark()
	undo, err := inflict(ctx, r.system, f, m)
	if undo != nil {
		r.hold(ctx, f, m)
		err = errors.Join(err, undo())
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && f == switchover:
		r.say(r.mode, "%-14s %d/%d: not done: %v", f, i+1, r.opts.n, err)
		r.report.omit(f, r.mode, err)
		return nil
	case err != nil:
		return err
	}
	testbed.Wait(ctx, calm) // what the records say may be from before
	if err := r.awaitWhole(ctx); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		gap, _ := r.app.Gaps.Measured(r.now())
		r.report.add(f, r.mode, sample{gap: gap, stuck: true})
		r.say(r.mode, "%-14s %d/%d: %7.3f s  %v", f, i+1, r.opts.n, gap.Seconds(), err)
		return err
	}
	testbed.Wait(ctx, calm)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	gap, _ := r.app.Gaps.Measured(r.now())
	return r.enter(ctx, f, i, m, gap, acksBefore)
}

// awaitWhole waits until all members are at their places and the application is
// served.
func (r *trial) awaitWhole(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, settleLimit, fmt.Errorf("not whole within %v", settleLimit))
	defer cancel()
	err := r.system.settle(limited)
	if err == nil {
		err = r.app.AwaitWrite(limited)
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errStuck, err)
	}
	return err
}

// hold waits as long as the fault shall last.
func (r *trial) hold(ctx context.Context, f fault, m node) {
	if !f.lasts() {
		testbed.Wait(ctx, r.opts.hold)
		return
	}
	limited, cancel := context.WithTimeout(ctx, max(r.opts.hold, r.mode.patience(r.opts.ttl)))
	defer cancel()
	if _, err := r.acked.Await(limited, func(a *testbed.Ack) bool { return a.Member != m.Name() }); err == nil {
		testbed.Wait(ctx, afterwards)
	}
}

// enter looks for what was lost and puts the measurement into the report.
func (r *trial) enter(ctx context.Context, f fault, i int, old node, gap time.Duration, acksBefore int) error {
	acks := r.ledger.Snapshot()
	now, err := r.system.primary(ctx)
	if err != nil {
		return err
	}
	rows, err := rowsOf(ctx, now)
	if err != nil {
		return fmt.Errorf("read the rows of %s: %w", now.Name(), err)
	}
	s := sample{
		gap: gap, taken: now.Name() != old.Name(),
		lost: len(r.ledger.Compare(acks, rows)), two: len(testbed.BehindBacks(acks[acksBefore:])),
	}
	r.report.add(f, r.mode, s)
	r.say(r.mode, "%-14s %d/%d: %7.3f s  %s -> %s%s", f, i+1, r.opts.n, gap.Seconds(), old.Name(), now.Name(), s.complaint())
	return nil
}

func rowsOf(ctx context.Context, m node) ([]int64, error) {
	conn, err := pgx.Connect(ctx, m.connString())
	if err != nil {
		return nil, err
	}
	rows, err := testbed.ReadRows(ctx, conn, table)
	return rows, errors.Join(err, conn.Close(ctx))
}
