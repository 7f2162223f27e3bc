// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
	"github.com/gausskit/gausskit/ha/hatest"
	"github.com/gausskit/gausskit/ha/postgres"
)

// stage is everything that the walk needs: etcd, members, writer, watcher, and
// a temporary directory for all of it. close removes it.
type stage struct {
	opts   options
	t      *timeline
	engine string
	dir    string

	etcd    *etcdServer
	store   *etcd.Store
	admin   *ha.Admin
	members []member
	client  client
	writer  *writer
	watcher *watcher
	status  latest[ha.ClusterStatus]

	ctx         context.Context // ends with the walk, or when something fails in the background
	fail        context.CancelCauseFunc
	background  sync.WaitGroup
	managers    sync.WaitGroup // ends when the members are destroyed
	stopWriting context.CancelFunc
	writing     sync.WaitGroup
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
	// The servers' user must be able to enter it; their own directories are closed.
	if s.dir, err = os.MkdirTemp("", "gausskit-quickstart-"); err != nil {
		return err
	}
	if err := os.Chmod(s.dir, 0o755); err != nil {
		return err
	}
	s.introduce(bin)
	if s.etcd, err = startEtcd(s.ctx, s.dir); err != nil {
		return err
	}
	if s.store, err = etcd.Open(s.ctx, etcd.Config{Endpoints: []string{s.etcd.endpoint}}); err != nil {
		return err
	}
	s.admin = ha.NewAdmin(s.store, cluster, "quickstart")
	if err := s.makeMembers(bin); err != nil {
		return err
	}
	s.writer, s.watcher = &writer{to: s.client, t: s.t}, &watcher{t: s.t}
	s.spawn(&s.background, "status", s.follow)
	s.spawn(&s.background, "complaints", s.complain)
	for _, m := range s.members {
		s.spawn(&s.background, "watcher of "+string(m.name()), func() { s.watcher.run(s.ctx, m) })
	}
	writing, stop := context.WithCancel(s.ctx)
	s.stopWriting = stop
	s.spawn(&s.writing, "writer", func() { s.writer.run(writing) })
	return nil
}

// chooseEngine settles whether the servers are real.
func (s *stage) chooseEngine() (postgres.Binaries, error) {
	s.engine = s.opts.engine
	if s.engine == engineSim {
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

func (s *stage) introduce(bin postgres.Binaries) {
	what := "three simulated servers"
	if s.engine == enginePostgres {
		what = fmt.Sprintf("three PostgreSQL %d servers", bin.Major)
	}
	durability := "asynchronous replication"
	if k := s.opts.settings.Durability.K; k > 0 {
		durability = fmt.Sprintf("a write waits for %d standby", k)
	}
	s.t.say(kindNote, "%s and an etcd; %s; TTL %v; all below %s", what, durability, s.opts.settings.TTL, s.dir)
}

func (s *stage) makeMembers(bin postgres.Binaries) error {
	if s.engine == engineSim {
		servers, clients := hatest.NewServers(), simClient{}
		for _, name := range memberNames() {
			server := servers.Server(name)
			m := &simMember{
				server: server,
				etcd:   etcd.Config{Endpoints: []string{s.etcd.endpoint}},
				config: ha.Config{
					Cluster: cluster, Name: name, Address: server.Address(), Engine: server,
					Settings: s.opts.settings, Events: ha.Events{StateChanged: s.t.sayState},
				},
			}
			s.members, clients = append(s.members, m), append(clients, m)
		}
		s.client = clients
		return nil
	}
	ports, err := freePorts(len(memberNames()))
	if err != nil {
		return err
	}
	var all []*postgresMember
	for i, name := range memberNames() {
		m, err := newPostgresMember(s, memberSpec{
			Name: name, Base: s.dir, Keep: s.opts.keep, BinDir: bin.Dir, Port: ports[i],
			Etcd: s.etcd.endpoint, Settings: s.opts.settings,
		})
		if err != nil {
			return err
		}
		s.members, all = append(s.members, m), append(all, m)
	}
	s.client, err = newPostgresClient(all)
	return err
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

// follow keeps what the cluster's records say.
func (s *stage) follow() {
	for st := range s.admin.Watch(s.ctx) {
		s.t.sawStatus(&st)
		s.status.update(func(v *ha.ClusterStatus) { *v = st })
	}
}

// complain prints what a member complains about, once it has done so for a
// while: most complaints are gone before they could be read.
func (s *stage) complain() {
	const every, patience = 500 * time.Millisecond, 6
	lasts, told := map[ha.MemberID]int{}, map[string]bool{}
	for s.ctx.Err() == nil {
		for _, m := range s.status.get().Members {
			text := fmt.Sprintf("%s: %s", m.Name, m.Status.Problem)
			if lasts[m.Name]++; m.Status.Problem == "" || !m.Alive {
				lasts[m.Name] = 0
			}
			if lasts[m.Name] >= patience && !told[text] {
				told[text] = true
				s.t.say(kindNote, "%s", text)
			}
		}
		wait(s.ctx, every)
	}
}

// member returns the member of a name, which must be one of memberNames.
func (s *stage) member(name ha.MemberID) member {
	for _, m := range s.members {
		if m.name() == name {
			return m
		}
	}
	return nil
}

// close ends everything and removes the directory, unless it is to be kept.
func (s *stage) close() error {
	s.stopWriting()
	s.fail(context.Canceled)
	s.writing.Wait()
	s.background.Wait()
	var group sync.WaitGroup
	errs := make([]error, len(s.members)+3)
	for i, m := range s.members {
		group.Go(func() { errs[i] = m.destroy() })
	}
	group.Wait()
	s.managers.Wait()
	if s.client != nil {
		s.client.close()
	}
	if s.store != nil {
		errs[len(s.members)] = s.store.Close()
	}
	if s.etcd != nil {
		s.etcd.close()
	}
	if s.dir != "" && !s.opts.keep {
		errs[len(s.members)+1] = removeAll(s.dir)
	}
	return errors.Join(errs...)
}

// removeAll removes a directory. Programs that were killed a moment ago may
// have children that still write for a moment.
func removeAll(dir string) error {
	const patience = 5 * time.Second
	for began := time.Now(); ; {
		err := os.RemoveAll(filepath.Clean(dir))
		if err == nil || time.Since(began) > patience {
			return err
		}
		wait(context.Background(), 20*time.Millisecond)
	}
}
