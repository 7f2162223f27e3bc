// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest"
)

// stage is everything that a run needs: etcd, network, members, writers,
// watcher, and a directory for all of it. close removes it.
type stage struct {
	opts   options
	story  *story
	dir    string
	etcd   *etcdtest.Server
	store  *ownStore
	admin  *ha.Admin
	net    *network
	duties *duties
	ledger *ledger
	gaps   *gaps

	members []*member
	writers []*writer // the application first
	watcher *watcher
	status  latest[ha.ClusterStatus]

	mu     sync.Mutex
	busy   map[string]bool // parts that a fault has claimed
	counts [numKinds]int

	ctx         context.Context // ends with the run, or when something fails in the background
	fail        context.CancelCauseFunc
	background  sync.WaitGroup
	stopWriting context.CancelFunc
	writing     sync.WaitGroup
}

func newStage(ctx context.Context, opts options, live io.Writer) *stage {
	s := &stage{opts: opts, story: newStory(live), ledger: newLedger(), gaps: &gaps{}, busy: map[string]bool{}}
	s.duties = newDuties(s.story.now)
	s.ctx, s.fail = context.WithCancelCause(ctx)
	s.stopWriting = func() {}
	return s
}

// open starts everything and returns when the writers may begin.
func (s *stage) open(bin postgres.Binaries) error {
	var err error
	if s.dir, err = makeDir(); err != nil {
		return err
	}
	if s.etcd, err = etcdtest.Start(s.ctx, s.dir); err != nil {
		return err
	}
	if err := s.makeMembers(bin); err != nil {
		return err
	}
	if s.store, err = openStore("http://" + s.net.way(partyOps, partyEtcd)); err != nil {
		return err
	}
	s.admin = ha.NewAdmin(s.store, clusterName, "torture")
	s.watcher = &watcher{story: s.story}
	s.background.Go(func() {
		for st := range s.admin.Watch(s.ctx) {
			s.status.update(func(v *ha.ClusterStatus) { *v = st })
		}
	})
	for _, m := range s.members {
		s.background.Go(func() { s.watcher.watch(s.ctx, m) })
		if err := m.start(); err != nil {
			return err
		}
	}
	if err := s.prepare(); err != nil {
		return err
	}
	return s.startWriters()
}

// makeDir prefers a file system in memory that is large enough: most of the
// time of a short run goes into copies of small files.
func makeDir() (string, error) {
	const memory, enough = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	where := ""
	if os.Getenv("TMPDIR") == "" && syscall.Statfs(memory, &fs) == nil && fs.Bavail*uint64(fs.Bsize) > enough {
		where = memory
	}
	dir, err := os.MkdirTemp(where, "gktorture")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755) // the servers' user must be able to enter it
}

func (s *stage) makeMembers(bin postgres.Binaries) error {
	ports, err := quietPorts(len(memberNames()))
	if err != nil {
		return err
	}
	var specs []memberSpec
	for i, name := range memberNames() {
		specs = append(specs, memberSpec{Name: name, Base: s.dir, BinDir: bin.Dir, Port: ports[i], Settings: s.opts.settings})
	}
	if s.net, err = newNetwork(specs, s.etcd.Addr()); err != nil {
		return err
	}
	for _, spec := range specs {
		spec.Etcd = "http://" + s.net.way(party(spec.Name), partyEtcd)
		spec.Peers = map[ha.MemberID]peer{}
		for _, o := range specs {
			if o.Name != spec.Name {
				spec.Peers[o.Name] = peer{o.address(), s.net.way(party(spec.Name), party(o.Name))}
			}
		}
		m, err := newMember(spec, s.story, s.duties, s.fail)
		if err != nil {
			return err
		}
		s.members = append(s.members, m)
	}
	return nil
}

// quietPorts returns ports that nobody listens on, below those that the kernel
// gives to connections: a server that is down must find its port free.
// They are not the seed's matter: several runs may go on at the same time.
func quietPorts(n int) ([]int, error) {
	const first, count = 14000, 16000
	var ports []int
	for tries := 0; len(ports) < n && tries < 1000; tries++ {
		port := first + rand.IntN(count)
		if slices.Contains(ports, port) {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		ports = append(ports, port)
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
	if len(ports) < n {
		return nil, errors.New("no free ports")
	}
	return ports, nil
}

// prepare waits for the first primary and makes the table and the role of the
// application.
func (s *stage) prepare() error {
	ctx, cancel := context.WithTimeout(s.ctx, settleLimit)
	defer cancel()
	st, err := s.admin.AwaitPrimary(ctx)
	if err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	conn, err := s.member(st.Primary).connect(ctx)
	if err != nil {
		return err
	}
	defer hangUp(conn)
	_, err = conn.Exec(ctx, `CREATE TABLE torture (n bigint PRIMARY KEY); CREATE ROLE app LOGIN PASSWORD 'app'; GRANT SELECT, INSERT ON torture TO app`)
	return err
}

// startWriters starts the application and the three loyal clients.
func (s *stage) startWriters() error {
	writing, stop := context.WithCancel(s.ctx)
	s.stopWriting = stop
	var hosts, ports string
	whose := map[string]ha.MemberID{}
	for i, m := range s.members {
		addr := s.net.way(partyApp, party(m.name()))
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return err
		}
		if i > 0 {
			hosts, ports = hosts+",", ports+","
		}
		hosts, ports = hosts+host, ports+port
		whose[addr] = m.name()
	}
	app, err := pgx.ParseConfig(fmt.Sprintf("host=%s port=%s user=app password=app dbname=postgres sslmode=disable connect_timeout=1 target_session_attrs=read-write", hosts, ports))
	if err != nil {
		return err
	}
	s.writers = append(s.writers, &writer{
		name: "app", config: app, whose: whose, pace: 2 * time.Millisecond, rest: 20 * time.Millisecond,
		story: s.story, ledger: s.ledger, gaps: s.gaps,
	})
	for _, m := range s.members {
		cfg, err := pgx.ParseConfig(m.engine.ConnString("postgres"))
		if err != nil {
			return err
		}
		s.writers = append(s.writers, &writer{
			name: "at " + string(m.name()), config: cfg, member: m.name(), pace: 10 * time.Millisecond, rest: 30 * time.Millisecond,
			story: s.story, ledger: s.ledger,
		})
	}
	for _, w := range s.writers {
		s.writing.Go(func() { w.write(writing) })
	}
	return nil
}

func (s *stage) member(name ha.MemberID) *member {
	for _, m := range s.members {
		if m.name() == name {
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

// keepLogs copies the story and the logs of managers and servers to dir.
func (s *stage) keepLogs(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	errs := []error{os.WriteFile(filepath.Join(dir, "story.txt"), []byte(s.story.text()), 0o644)}
	for _, m := range s.members {
		for from, to := range map[string]string{m.spec.path(".log"): "manager", m.engine.LogFile(): "server"} {
			text, err := os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, string(m.name())+"-"+to+".log"), text, 0o644)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// close ends everything and removes the directory.
func (s *stage) close() error {
	s.stopWriting()
	s.fail(context.Canceled)
	s.writing.Wait()
	s.background.Wait()
	var group sync.WaitGroup
	errs := make([]error, len(s.members))
	for i, m := range s.members {
		group.Go(func() { errs[i] = m.destroy() })
	}
	group.Wait()
	err := errors.Join(errs...)
	if s.net != nil {
		s.net.close()
	}
	if s.store != nil {
		err = errors.Join(err, s.store.Close())
	}
	if s.etcd != nil {
		s.etcd.Stop()
	}
	if s.dir != "" {
		err = errors.Join(err, removeAll(s.dir))
	}
	return err
}

// removeAll removes a directory. Programs that were killed a moment ago may
// have children that still write for a moment.
func removeAll(dir string) error {
	const patience = 5 * time.Second
	for began := time.Now(); ; {
		err := os.RemoveAll(dir)
		if err == nil || time.Since(began) > patience {
			return err
		}
		wait(context.Background(), 20*time.Millisecond)
	}
}
