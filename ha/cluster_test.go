// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/memory"
	"github.com/gausskit/gausskit/ha/hatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
)

// lab is a cluster of real nodes over simulated servers, in the virtual time
// of a synctest bubble: an hour costs nothing, and a goroutine that is left
// behind fails the test.
type lab struct {
	*testing.T
	store   *memory.Store
	servers *hatest.Servers
	admin   *ha.Admin
	nodes   map[ha.MemberID]*ha.Node
	lines   map[ha.MemberID]*line   // to the store, by member
	engines map[ha.MemberID]*engine // by member
	all     []*ha.Node              // also those that were replaced
}

// inLab runs a test in a bubble.
func inLab(t *testing.T, test func(*lab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		defer l.close()
		test(l)
	})
}

// close ends all nodes without ceremony.
func (l *lab) close() {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, n := range l.all {
		if err := n.Close(ended); err != nil && !errors.Is(err, context.Canceled) {
			l.Error(err)
		}
	}
}

func newLab(t *testing.T) *lab {
	store := memory.New()
	return &lab{
		T: t, store: store, servers: hatest.NewServers(), admin: ha.NewAdmin(store, "c1", "test"),
		nodes: map[ha.MemberID]*ha.Node{}, lines: map[ha.MemberID]*line{}, engines: map[ha.MemberID]*engine{},
	}
}

// config is that of a member, with a store and an engine that can be harmed.
func (l *lab) config(name ha.MemberID) ha.Config {
	server := l.servers.Server(name)
	l.lines[name], l.engines[name] = &line{Store: l.store}, &engine{Server: server}
	return ha.Config{
		Cluster: "c1", Name: name, Address: server.Address(), Engine: l.engines[name], Store: l.lines[name],
		Logger: zaptest.NewLogger(l, zaptest.Level(zap.InfoLevel)),
	}
}

func (l *lab) start(cfg ha.Config) *ha.Node {
	l.Helper()
	n, err := ha.Start(l.Context(), cfg)
	if err != nil {
		l.Fatal(err)
	}
	l.nodes[cfg.Name] = n
	l.all = append(l.all, n)
	return n
}

// members starts a node for each of m1 to mn, after changes to their configs.
func (l *lab) members(n int, changes ...func(*ha.Config)) {
	l.Helper()
	for i := range n {
		cfg := l.config(ha.MemberID(fmt.Sprintf("m%d", i+1)))
		for _, change := range changes {
			change(&cfg)
		}
		l.start(cfg)
	}
}

// healthy starts n members and waits until they have a primary whom all follow.
func (l *lab) healthy(n int, changes ...func(*ha.Config)) ha.MemberID {
	l.Helper()
	l.members(n, changes...)
	return l.settled(n)
}

// settled waits until the cluster has a primary that n-1 others stream from.
func (l *lab) settled(n int) (primary ha.MemberID) {
	l.Helper()
	l.eventually(time.Minute, "a primary and streaming standbys", func() bool {
		s := l.status()
		streams := 0
		for _, m := range s.Members {
			if m.Alive && m.Status.Streaming && m.Status.State == ha.StateStandby && m.Status.Upstream == s.Primary {
				streams++
			}
		}
		primary = s.Primary
		return s.Writable && s.Reign.Promoted && streams == n-1
	})
	return primary
}

func (l *lab) status() ha.ClusterStatus {
	l.Helper()
	s, err := l.admin.Status(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return s
}

// pass lets virtual time go by.
func (l *lab) pass(d time.Duration) {
	l.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		<-time.After(min(10*time.Millisecond, time.Until(end)))
		synctest.Wait()
		l.oneWritable()
	}
}

// oneWritable fails the test when two servers of the cluster take writes.
func (l *lab) oneWritable() {
	l.Helper()
	var writable []string
	for name := range l.engines {
		if l.servers.Server(name).Writable() {
			writable = append(writable, string(name))
		}
	}
	if len(writable) > 1 {
		l.Fatalf("writable at once: %s", strings.Join(writable, ", "))
	}
}

func (l *lab) eventually(limit time.Duration, what string, is func() bool) time.Duration {
	l.Helper()
	begin := time.Now()
	for !is() {
		if time.Since(begin) > limit {
			l.Fatalf("%s: not within %v:\n%s", what, limit, l.picture())
		}
		l.pass(10 * time.Millisecond)
	}
	return time.Since(begin)
}

// picture is what the nodes say, for the message of a failure.
func (l *lab) picture() string {
	var b strings.Builder
	for name, n := range l.nodes {
		fmt.Fprintf(&b, "%s: %+v\n", name, n.Status())
	}
	s, err := l.admin.Status(context.WithoutCancel(l.Context()))
	fmt.Fprintf(&b, "records: %+v %v", s, err)
	return b.String()
}

func (l *lab) state(name ha.MemberID, want ha.State) func() bool {
	return func() bool { return l.nodes[name].Status().State == want }
}

func (l *lab) other(not ...ha.MemberID) ha.MemberID {
	for _, m := range []ha.MemberID{"m1", "m2", "m3"} {
		if !strings.Contains(fmt.Sprint(not), string(m)) {
			return m
		}
	}
	return ""
}

// write writes a row to the primary; it has to work.
func (l *lab) write(primary ha.MemberID, row string) {
	l.Helper()
	if err := l.servers.Server(primary).Write(l.Context(), row); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) has(name ha.MemberID, rows ...string) {
	l.Helper()
	if got := fmt.Sprint(l.servers.Server(name).Rows()); got != fmt.Sprint(rows) {
		l.Errorf("%s has rows %s, want %v", name, got, rows)
	}
}

// crash ends a member's node and server as the loss of its machine does. What
// is left of the node in this process is cut off from everything.
func (l *lab) crash(name ha.MemberID) {
	l.Helper()
	l.lines[name].cut(true)
	l.engines[name].cut()
	l.servers.Server(name).Kill()
	_ = l.servers.Server(name).Release()
}

// killManager ends a member's node as kill -9 does; its server lives on.
func (l *lab) killManager(name ha.MemberID) {
	l.Helper()
	l.lines[name].cut(true)
	l.engines[name].cut()
	_ = l.servers.Server(name).Release()
}

// line is one node's way to the store.
type line struct {
	dcs.Store
	mu struct {
		sync.Mutex
		down    bool
		lost    int           // answers to the next so many changes are lost
		changed chan struct{} // closed and replaced when down changes
		calls   int
	}
}

// cut makes the store unreachable, or reachable again. Requests hang until
// their time is up, as they do when packets are lost.
func (s *line) cut(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.down = down
	if s.mu.changed != nil {
		close(s.mu.changed)
		s.mu.changed = nil
	}
}

// loseAnswers lets the next n changes happen and their answers be lost.
func (s *line) loseAnswers(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.lost = n
}

func (s *line) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.calls
}

func (s *line) isDown() (bool, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.changed == nil {
		s.mu.changed = make(chan struct{})
	}
	return s.mu.down, s.mu.changed
}

// pass asks for one request to get through.
func (s *line) pass(ctx context.Context, op string) error {
	down, _ := s.isDown()
	s.mu.Lock()
	s.mu.calls++
	s.mu.Unlock()
	if !down {
		return nil
	}
	<-ctx.Done()
	return &dcs.UnavailableError{Op: op, Cause: ctx.Err()}
}

func (s *line) answer(ctx context.Context, op string, err error) error {
	s.mu.Lock()
	lost := s.mu.lost > 0 && err == nil
	if lost {
		s.mu.lost--
	}
	s.mu.Unlock()
	if !lost {
		return err
	}
	<-ctx.Done()
	return &dcs.UnavailableError{Op: op, MayHave: true, Cause: ctx.Err()}
}

func (s *line) Load(ctx context.Context, prefix string) (dcs.Snapshot, error) {
	if err := s.pass(ctx, "load"); err != nil {
		return dcs.Snapshot{}, err
	}
	return s.Store.Load(ctx, prefix)
}

func (s *line) Commit(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
	if err := s.pass(ctx, "commit"); err != nil {
		return 0, err
	}
	rev, err := s.Store.Commit(ctx, txn)
	return rev, s.answer(ctx, "commit", err)
}

func (s *line) Grant(ctx context.Context, ttl time.Duration) (dcs.LeaseID, error) {
	if err := s.pass(ctx, "grant"); err != nil {
		return 0, err
	}
	id, err := s.Store.Grant(ctx, ttl)
	return id, s.answer(ctx, "grant", err)
}

func (s *line) KeepAlive(ctx context.Context, id dcs.LeaseID) error {
	if err := s.pass(ctx, "keepalive"); err != nil {
		return err
	}
	return s.answer(ctx, "keepalive", s.Store.KeepAlive(ctx, id))
}

func (s *line) Revoke(ctx context.Context, id dcs.LeaseID) error {
	if err := s.pass(ctx, "revoke"); err != nil {
		return err
	}
	return s.Store.Revoke(ctx, id)
}

// Watch holds updates back while the line is down.
func (s *line) Watch(ctx context.Context, prefix string) <-chan dcs.Update {
	out := make(chan dcs.Update)
	go func() {
		defer close(out)
		for u := range s.Store.Watch(ctx, prefix) {
			for down, changed := s.isDown(); down; down, changed = s.isDown() {
				select {
				case <-changed:
				case <-ctx.Done():
					return
				}
			}
			select {
			case out <- u:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// engine is a simulated server whose engine can be harmed: each call asks
// before, if that is set.
type engine struct {
	*hatest.Server
	mu struct {
		sync.Mutex
		before func(ctx context.Context, call string) error
	}
}

var errCut = errors.New("the machine is gone")

func (e *engine) cut() {
	e.set(func(context.Context, string) error { return errCut })
}

func (e *engine) set(before func(ctx context.Context, call string) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mu.before = before
}

func (e *engine) ask(ctx context.Context, call string) error {
	e.mu.Lock()
	before := e.mu.before
	e.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(ctx, call)
}

func (e *engine) Observe(ctx context.Context) (ha.Observation, error) {
	if err := e.ask(ctx, "observe"); err != nil {
		return ha.Observation{}, err
	}
	return e.Server.Observe(ctx)
}

func (e *engine) Start(ctx context.Context, spec ha.StartSpec) error {
	if err := e.ask(ctx, "start"); err != nil {
		return err
	}
	return e.Server.Start(ctx, spec)
}

func (e *engine) Stop(ctx context.Context, how ha.StopMode) error {
	if err := e.ask(ctx, "stop "+how.String()); err != nil {
		return err
	}
	return e.Server.Stop(ctx, how)
}

func (e *engine) Promote(ctx context.Context, spec ha.PromoteSpec) error {
	if err := e.ask(ctx, "promote"); err != nil {
		return err
	}
	return e.Server.Promote(ctx, spec)
}

func (e *engine) Follow(ctx context.Context, up ha.Upstream) error {
	if err := e.ask(ctx, "follow"); err != nil {
		return err
	}
	return e.Server.Follow(ctx, up)
}

func (e *engine) Rejoin(ctx context.Context, spec ha.RejoinSpec) error {
	if err := e.ask(ctx, "rejoin"); err != nil {
		return err
	}
	return e.Server.Rejoin(ctx, spec)
}

func (e *engine) Init(ctx context.Context) error {
	if err := e.ask(ctx, "init"); err != nil {
		return err
	}
	return e.Server.Init(ctx)
}

func (e *engine) SetSync(ctx context.Context, set ha.SyncSet) error {
	if err := e.ask(ctx, "set sync"); err != nil {
		return err
	}
	return e.Server.SetSync(ctx, set)
}

func (e *engine) Checkpoint(ctx context.Context) error {
	if err := e.ask(ctx, "checkpoint"); err != nil {
		return err
	}
	return e.Server.Checkpoint(ctx)
}

// Release does nothing on a machine that is gone: another run may have claimed
// the data since.
func (e *engine) Release() error {
	if err := e.ask(context.Background(), "release"); err != nil {
		return nil
	}
	return e.Server.Release()
}

// refuse kills the server and lets a call fail until further notice.
func (e *engine) refuse(call string, server *hatest.Server) {
	e.set(func(_ context.Context, c string) error {
		if c == call {
			return errCut
		}
		return nil
	})
	server.Kill()
}
