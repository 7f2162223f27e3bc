// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// The engines that members can have.
const (
	enginePostgres  = "postgres"
	engineOpenGauss = "opengauss"
	engineSim       = "sim"
)

const (
	writePause = 2 * time.Millisecond  // after an acknowledged write
	retryPause = 20 * time.Millisecond // after a write that failed
	loyalPause = 50 * time.Millisecond // of a client that stays with one member
	writeLimit = 5 * time.Second       // for one write, connecting included
	longGap    = 100 * time.Millisecond
)

// stage is everything that the walk needs: the cluster, writer, watcher, and a
// temporary directory for all of it. close removes it.
type stage struct {
	opts   options
	t      *timeline
	engine string
	dir    string

	cluster *testbed.Cluster
	client  testbed.Client
	ledger  *testbed.Ledger
	writer  *testbed.Writer   // finds whoever accepts writes
	loyal   []*testbed.Writer // each stays with one member
	watcher *testbed.Watcher

	ctx         context.Context // ends with the walk, or when something fails in the background
	fail        context.CancelCauseFunc
	background  sync.WaitGroup
	stopWriting context.CancelFunc
	// writeLoyally starts the loyal writers, once there is a table.
	writeLoyally func()
	writing      sync.WaitGroup
}

func newStage(ctx context.Context, opts options, t *timeline) *stage {
	s := &stage{opts: opts, t: t}
	s.ctx, s.fail = context.WithCancelCause(ctx)
	s.stopWriting = func() {}
	return s
}

// memberNames are the members.
func memberNames() []ha.MemberID { return []ha.MemberID{"m1", "m2", "m3"} }

// open starts everything but the members.
func (s *stage) open() error {
	bin, err := s.chooseEngine()
	if err != nil {
		return err
	}
	if s.dir, err = testbed.MakeDir("gausskit-quickstart-", false); err != nil {
		return err
	}
	gauss, err := s.findGauss()
	if err != nil {
		return err
	}
	s.introduce(bin)
	s.cluster, err = testbed.Open(s.ctx, testbed.Config{
		Name: "quickstart", Dir: s.dir, Keep: s.opts.keep, Members: memberNames(), Settings: s.opts.settings, Binaries: bin, Gauss: gauss, Now: s.t.now,
		Parameters: map[string]string{"max_connections": "40"},
		Hooks:      testbed.Hooks{StateChanged: s.t.sayState, Status: s.t.sawStatus, Failed: func(err error) { s.fail(err) }},
	})
	if err != nil {
		return err
	}
	if s.client, err = s.cluster.Client(); err != nil {
		return err
	}
	if err := s.findLoyal(); err != nil {
		return err
	}
	s.writer = &testbed.Writer{
		To: s.client, Ledger: s.ledger, Pace: writePause, Rest: retryPause, Limit: writeLimit,
		Failed: s.sayFailure, Acknowledged: s.sayGap,
	}
	s.watcher = &testbed.Watcher{Now: s.t.now, Answered: func(p testbed.Probe) {
		if p.Writable {
			s.t.sawLSN(p.LSN)
		}
	}}
	s.spawn(&s.background, "complaints", s.complain)
	for _, m := range s.cluster.Members {
		s.spawn(&s.background, "watcher of "+string(m.Name()), func() { s.watcher.Watch(s.ctx, m) })
	}
	writing, stop := context.WithCancel(s.ctx)
	s.stopWriting = stop
	s.spawn(&s.writing, "writer", func() { s.writer.Write(writing) })
	s.writeLoyally = func() {
		for _, w := range s.loyal {
			s.spawn(&s.writing, "loyal writer", func() { w.Write(writing) })
		}
	}
	return nil
}

// findLoyal makes a writer for each member that stays with it, as a forgotten
// client of a former primary would: should two members acknowledge, it shows.
func (s *stage) findLoyal() error {
	s.ledger = testbed.NewLedger()
	for _, m := range s.cluster.Members {
		client, err := s.cluster.LoyalClient(m)
		if err != nil {
			return err
		}
		s.loyal = append(s.loyal, &testbed.Writer{
			To: client, Ledger: s.ledger, Pace: loyalPause, Rest: loyalPause, Limit: writeLimit,
		})
	}
	return nil
}

// sayFailure tells of the first write that fails; before anything was written
// at all, that is nothing to tell.
func (s *stage) sayFailure(n int64, err error) {
	if s.writer.Newest() > 0 {
		s.t.say(kindWrites, "write %d fails: %v", n, short(err.Error()))
	}
}

func (s *stage) sayGap(_ testbed.Ack, gap time.Duration) {
	if gap > longGap {
		s.t.say(kindWrites, "writes go on; none was acknowledged for %s", seconds(gap))
	}
}

// chooseEngine settles whether the servers are real; then it says where
// PostgreSQL's programs are.
func (s *stage) chooseEngine() (postgres.Binaries, error) {
	s.engine = s.opts.engine
	if s.engine == engineSim || s.engine == engineOpenGauss {
		return postgres.Binaries{}, nil
	}
	bin, err := postgres.FindBinaries(s.ctx)
	switch {
	case err == nil:
		s.engine = enginePostgres
	case s.engine == "" && errors.Is(err, postgres.ErrNoPostgres):
		s.engine = engineSim
		s.t.say(kindNote, "PostgreSQL's server programs are not installed: the servers are simulated")
	default:
		return bin, err
	}
	return bin, nil
}

// findGauss finds openGauss, or builds the simulated gaussdb, where members are
// to be of it, and says which it is.
func (s *stage) findGauss() (testbed.Gauss, error) {
	if s.engine != engineOpenGauss {
		return testbed.Gauss{}, nil
	}
	g, err := testbed.FindGauss(s.ctx, s.dir)
	switch {
	case err != nil:
		return g, err
	case g.Simulated:
		s.t.say(kindNote, "GAUSSHOME is not set: gaussdb and its tools are simulated, by processes of their own")
	default:
		s.t.say(kindNote, "gaussdb is the one of GAUSSHOME: %s", g.Home)
	}
	return g, nil
}

func (s *stage) introduce(bin postgres.Binaries) {
	what := "three simulated servers"
	switch s.engine {
	case enginePostgres:
		what = fmt.Sprintf("three PostgreSQL %d servers", bin.Major)
	case engineOpenGauss:
		what = "three gaussdb servers"
	}
	durability := "asynchronous replication"
	if k := s.opts.settings.Durability.K; k > 0 {
		durability = fmt.Sprintf("a write waits for %d standby", k)
	}
	s.t.say(kindNote, "%s and an etcd; %s mode; %s; TTL %v; all below %s", what, s.opts.mode(), durability, s.opts.settings.TTL, s.dir)
}

// spawn runs f in the background. A panic in it ends the walk like any other
// failure, so that everything is cleared up.
func (s *stage) spawn(group *sync.WaitGroup, what string, f func()) {
	group.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				s.fail(fmt.Errorf("%s: panic: %v", what, p))
			}
		}()
		f()
	})
}

// complain prints what a member complains about, once it has done so for a
// while: most complaints are gone before they could be read.
func (s *stage) complain() {
	const every, patience = 500 * time.Millisecond, 6
	lasts, told := map[ha.MemberID]int{}, map[string]bool{}
	for s.ctx.Err() == nil {
		for _, m := range s.cluster.Status.Get().Members {
			text := fmt.Sprintf("%s: %s", m.Name, m.Status.Problem)
			if lasts[m.Name]++; m.Status.Problem == "" || !m.Alive {
				lasts[m.Name] = 0
			}
			if lasts[m.Name] >= patience && !told[text] {
				told[text] = true
				s.t.say(kindNote, "%s", text)
			}
		}
		testbed.Wait(s.ctx, every)
	}
}

// close ends everything and removes the directory, unless it is to be kept.
func (s *stage) close() error {
	s.stopWriting()
	s.fail(context.Canceled)
	s.writing.Wait()
	s.background.Wait()
	if s.cluster == nil {
		if s.dir == "" || s.opts.keep {
			return nil
		}
		return testbed.RemoveAll(s.dir)
	}
	return s.cluster.Close()
}
