// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// stage is everything that a run needs: the cluster, writers, watcher, and the
// books that are kept. close removes it.
type stage struct {
	opts    options
	story   *story
	cluster *testbed.Cluster
	duties  *duties
	ledger  *testbed.Ledger
	watcher *testbed.Watcher
	app     *testbed.Writer   // finds whoever accepts writes, through the network
	loyal   []*testbed.Writer // each stays with one member
	// registers are read and written, too, in quorum mode.
	registers *registers

	mu     sync.Mutex
	busy   map[string]bool // parts that a fault has claimed
	counts [numKinds]int

	ctx         context.Context // ends with the run, or when something fails in the background
	fail        context.CancelCauseFunc
	background  sync.WaitGroup
	stopWriting context.CancelFunc
	writing     sync.WaitGroup
}

const (
	writeLimit = 3 * time.Second // for one write, connecting included
	longGap    = 400 * time.Millisecond
)

func newStage(ctx context.Context, opts options, live io.Writer) *stage {
	s := &stage{opts: opts, story: newStory(live), ledger: testbed.NewLedger(), busy: map[string]bool{}}
	s.duties = newDuties(s.story.now)
	s.registers = &registers{now: s.story.now}
	s.ctx, s.fail = context.WithCancelCause(ctx)
	s.stopWriting = func() {}
	s.watcher = &testbed.Watcher{Now: s.story.now, Changed: func(m ha.MemberID, writable bool) {
		if writable {
			s.story.say(string(m), "* accepts writes")
		} else {
			s.story.say(string(m), "* does not accept writes any more")
		}
	}}
	s.app = &testbed.Writer{
		Ledger: s.ledger, Pace: 2 * time.Millisecond, Rest: 20 * time.Millisecond, Limit: writeLimit,
		Failed: func(n int64, err error) { s.story.say("app", "write %d fails: %v", n, err) },
		Acknowledged: func(a testbed.Ack, gap time.Duration) {
			if gap > longGap {
				s.story.say("app", "writes go on at %s after %.3f s", a.Member, gap.Seconds())
			}
		},
	}
	return s
}

// open starts everything and returns when the writers have begun.
func (s *stage) open(bin postgres.Binaries) error {
	dir, err := testbed.MakeDir("gktorture", true)
	if err != nil {
		return err
	}
	s.cluster, err = testbed.Open(s.ctx, testbed.Config{
		Name: "torture", Dir: dir, Members: memberNames(), Settings: s.opts.settings, Binaries: bin, Now: s.story.now,
		// Servers are killed here, machines are not: what the kernel has is safe.
		Parameters: map[string]string{
			"fsync": "off", "autovacuum": "off", "min_wal_size": "4MB", "max_wal_size": "64MB", "wal_keep_size": "64MB",
		},
		Hooks: testbed.Hooks{
			StateChanged: s.story.sayState, Failed: func(err error) { s.fail(err) },
			Absent: s.duties.isAbsent, Deaf: s.duties.isDeaf,
		},
	})
	if err != nil {
		return err
	}
	for _, m := range s.cluster.Members {
		s.background.Go(func() { s.watcher.Watch(s.ctx, m) })
		if err := m.Start(s.ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(s.ctx, settleLimit)
	defer cancel()
	if _, err := s.cluster.Admin.AwaitPrimary(ctx); err != nil {
		return err
	}
	if err := s.cluster.Settle(ctx); err != nil {
		return err
	}
	if err := s.cluster.Prepare(ctx); err != nil {
		return err
	}
	return s.startWriters()
}

// startWriters starts the application and the three loyal clients.
func (s *stage) startWriters() (err error) {
	writing, stop := context.WithCancel(s.ctx)
	s.stopWriting = stop
	if s.app.To, err = s.cluster.Client(); err != nil {
		return err
	}
	for _, m := range s.cluster.Servers() {
		client, err := s.cluster.LoyalClient(m)
		if err != nil {
			return err
		}
		s.loyal = append(s.loyal, &testbed.Writer{
			To: client, Ledger: s.ledger, Pace: 10 * time.Millisecond, Rest: 30 * time.Millisecond, Limit: writeLimit,
		})
	}
	s.writing.Go(func() { s.app.Write(writing) })
	for _, w := range s.loyal {
		s.writing.Go(func() { w.Write(writing) })
	}
	if s.quorum() {
		return s.startRegisters(writing)
	}
	return nil
}

// quorum reports whether the synchronous standbys decide who is primary.
func (s *stage) quorum() bool { return s.opts.settings.Durability.Quorum }

func modeName(quorum bool) string {
	if quorum {
		return "quorum"
	}
	return "lease"
}

func (s *stage) member(name ha.MemberID) *testbed.Real {
	for _, m := range s.cluster.Servers() {
		if m.Name() == name {
			return m
		}
	}
	return nil
}

func (s *stage) count(f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[f.kind]++
}

// keepLogs copies the story and the logs of managers and servers to dir, and
// shows the registers that went wrong.
func (s *stage) keepLogs(dir string, bad []badRegister) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	errs := []error{os.WriteFile(filepath.Join(dir, "story.txt"), []byte(s.story.text()), 0o644)}
	for _, b := range bad {
		errs = append(errs, b.visualise(filepath.Join(dir, fmt.Sprintf("register-%d.html", b.register))))
	}
	if s.cluster == nil {
		return errors.Join(errs...)
	}
	errs = append(errs, s.keepStatus(filepath.Join(dir, "status.json")))
	for _, m := range s.cluster.Servers() {
		manager, server := m.Logs()
		for from, to := range map[string]string{manager: "manager", server: "server"} {
			text, err := os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s.log", m.Name(), to)), text, 0o644)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// keepStatus writes down what the records say, and what each manager says of
// itself.
func (s *stage) keepStatus(path string) error {
	status := struct {
		Cluster ha.ClusterStatus
		Members []ha.LocalStatus
	}{Cluster: s.cluster.Status.Get()}
	for _, m := range s.cluster.Members {
		status.Members = append(status.Members, m.Local().Get())
	}
	text, err := json.MarshalIndent(status, "", "  ")
	return errors.Join(err, os.WriteFile(path, text, 0o644))
}

// close ends everything and removes the directory.
func (s *stage) close() error {
	s.stopWriting()
	s.fail(context.Canceled)
	s.writing.Wait()
	s.background.Wait()
	if s.cluster == nil {
		return nil
	}
	return s.cluster.Close()
}
