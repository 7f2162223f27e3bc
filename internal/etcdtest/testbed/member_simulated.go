// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

// Simulated is a member with a simulated server. Its manager is a node in this
// program with a connection of its own to etcd.
type Simulated struct {
	server *hatest.Server
	gate   *gated    // the server, as the manager sees it
	config ha.Config // all but the store
	hooks  Hooks
	net    *Network
	kills  atomic.Int64 // tells the runs of the server apart

	node  *ha.Node
	store *Store
	local Latest[ha.LocalStatus]

	unwatch  context.CancelFunc // of the node's status
	watching sync.WaitGroup
	thaw     func() // lets the frozen manager go on
}

func newSimulated(server *hatest.Server, config ha.Config, net *Network, hooks Hooks) *Simulated {
	m := &Simulated{server: server, gate: &gated{Server: server}, config: config, net: net, hooks: hooks}
	m.config.Engine = m.gate
	return m
}

// Name is the member's name.
func (m *Simulated) Name() ha.MemberID { return m.config.Name }

// Start starts the node.
func (m *Simulated) Start(ctx context.Context) error {
	store, err := openStore("http://" + m.net.Way(Party(m.Name()), PartyEtcd))
	if err != nil {
		return err
	}
	cfg := m.config
	cfg.Store = store
	node, err := ha.Start(ctx, cfg)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	m.node, m.store = node, store
	watched, unwatch := context.WithCancel(context.Background())
	m.unwatch = unwatch
	m.watching.Go(func() {
		for st := range node.Watch(watched) {
			m.local.Update(func(s *ha.LocalStatus) { *s = st })
		}
	})
	return nil
}

// Local is what the manager says of itself.
func (m *Simulated) Local() *Latest[ha.LocalStatus] { return &m.local }

// drop forgets the node, which has ended.
func (m *Simulated) drop() {
	m.unwatch()
	m.watching.Wait()
	m.node = nil
}

// Stop ends the node in order.
func (m *Simulated) Stop(ctx context.Context) error {
	if m.node == nil {
		return nil
	}
	err := errors.Join(m.node.Close(ctx), m.store.Close())
	m.drop()
	return err
}

// KillServer kills the server.
func (m *Simulated) KillServer() error {
	m.server.Kill()
	m.kills.Add(1)
	return nil
}

// Crash cannot kill a node that is part of this program. It cuts its
// connection to etcd, which leaves the lease to run out, kills the server, and
// throws the node away without giving it time for anything.
func (m *Simulated) Crash() error {
	if m.node == nil {
		return nil
	}
	err := errors.Join(m.store.Close(), m.KillServer())
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if cerr := m.node.Close(gone); !errors.Is(cerr, context.Canceled) {
		err = errors.Join(err, cerr)
	}
	m.drop()
	return err
}

// FreezeManager makes the manager act as one that got SIGSTOP: it learns
// nothing from its server and from etcd, and what it orders is not carried out.
// It may say that it changes its state. The returned function lets it go on.
func (m *Simulated) FreezeManager() (thaw func() error, err error) {
	back := m.hooks.Absent(m.Name())
	open := m.gate.freeze()
	m.net.Impair(Party(m.Name()), PartyEtcd, TroubleSilent)
	m.thaw = func() {
		m.net.Heal(Party(m.Name()), PartyEtcd)
		open()
		back()
	}
	return m.goOn, nil
}

// goOn lets a frozen manager go on.
func (m *Simulated) goOn() error {
	if m.thaw != nil {
		m.thaw()
		m.thaw = nil
	}
	return nil
}

// Freeze freezes manager and server; the returned function lets both go on.
func (m *Simulated) Freeze() (thaw func() error, err error) {
	thawManager, err := m.FreezeManager()
	m.server.Freeze()
	return func() error {
		m.server.Thaw()
		return thawManager()
	}, err
}

// Destroy is a crash, of a frozen member too.
func (m *Simulated) Destroy() error {
	m.server.Thaw()
	return errors.Join(m.goOn(), m.Crash())
}

// Probe looks at the server.
func (m *Simulated) Probe(ctx context.Context) (Probe, error) {
	kills := m.kills.Load() // before, so that what ran before a kill is not taken for new
	o, err := m.server.Observe(ctx)
	if err != nil {
		return Probe{}, err
	}
	if !o.Running {
		return Probe{}, fmt.Errorf("%s: server is down", m.Name())
	}
	return Probe{Writable: o.Writable, Run: fmt.Sprintf("%d/%d", o.Timeline, kills), LSN: o.LSN}, nil
}

// Rows returns the rows that the server has applied.
func (m *Simulated) Rows(context.Context) ([]int64, error) {
	var out []int64
	for _, row := range m.server.Rows() {
		n, err := strconv.ParseInt(row, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	slices.Sort(out) // several clients may write
	return out, nil
}

// simulatedClient writes to whichever simulated server accepts it, beginning
// with the one that did last. One that does not acknowledge is asked last.
type simulatedClient struct {
	members []*Simulated
	now     func() time.Duration
	first   int // of members
}

var errNoPrimary = errors.New("no server accepts writes")

// Insert writes row n.
func (c *simulatedClient) Insert(ctx context.Context, n int64) (Ack, error) {
	for i := range c.members {
		at := (c.first + i) % len(c.members)
		m := c.members[at]
		if !m.server.Writable() {
			continue
		}
		c.first = at
		p, err := m.Probe(ctx) // for the run
		if err != nil {
			continue
		}
		sent := c.now()
		if err = m.server.Write(ctx, strconv.FormatInt(n, 10)); err != nil {
			c.first = at + 1
		}
		return Ack{n, m.Name(), p.Run, Interval{sent, c.now()}}, err
	}
	return Ack{}, errNoPrimary
}

// Rows returns the rows of the primary.
func (c *simulatedClient) Rows(ctx context.Context) ([]int64, error) {
	for _, m := range c.members {
		if m.server.Writable() {
			return m.Rows(ctx)
		}
	}
	return nil, errNoPrimary
}

// Close has nothing to do.
func (c *simulatedClient) Close() {}
