// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest"
)

// Config says what a cluster shall be.
type Config struct {
	Name     string // in the store, and of the table: a word of a-z
	Dir      string // for everything; see MakeDir
	Keep     bool   // the directory
	Members  []ha.MemberID
	Settings ha.Settings
	// Binaries are PostgreSQL's, Gauss is openGauss's installation; with neither
	// the servers are simulated in this program.
	Binaries postgres.Binaries
	Gauss    Gauss
	// Parameters are further settings of the servers.
	Parameters map[string]string
	// Now is the clock of the run.
	Now   func() time.Duration
	Hooks Hooks
}

// Hooks are told what happens, from any goroutine. Nil fields cost nothing.
type Hooks struct {
	StateChanged func(ha.StateChange)
	Status       func(*ha.ClusterStatus)
	Failed       func(error) // a manager has ended by itself
	// Absent is told when a manager is killed or frozen; what it returns is
	// called when the manager is back.
	Absent func(ha.MemberID) (back func())
	// Deaf is told when etcd goes away.
	Deaf func(ha.MemberID) (hears func())
}

func (h Hooks) withDefaults() Hooks {
	away := func(ha.MemberID) func() { return func() {} }
	if h.Status == nil {
		h.Status = func(*ha.ClusterStatus) {}
	}
	if h.StateChanged == nil {
		h.StateChanged = func(ha.StateChange) {}
	}
	if h.Failed == nil {
		h.Failed = func(error) {}
	}
	if h.Absent == nil {
		h.Absent = away
	}
	if h.Deaf == nil {
		h.Deaf = away
	}
	return h
}

// Cluster is everything but the writers: etcd, network, members, and a
// directory for all of it.
type Cluster struct {
	Net     *Network
	Admin   *ha.Admin
	Members []Member
	Status  Latest[ha.ClusterStatus] // what the cluster's records say

	cfg       Config
	etcd      *etcdtest.Server
	store     *Store
	simulated []*Simulated
	real      []*Real

	stopFollowing context.CancelFunc
	following     sync.WaitGroup
}

// Open starts everything but the members. It returns a cluster to close even
// when there is an error.
func Open(ctx context.Context, cfg Config) (*Cluster, error) {
	cfg.Hooks = cfg.Hooks.withDefaults()
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	c := &Cluster{cfg: cfg, Net: &Network{}, stopFollowing: stop}
	var err error
	if c.etcd, err = etcdtest.Start(ctx, cfg.Dir); err != nil {
		return c, err
	}
	if cfg.Binaries.Dir == "" && cfg.Gauss.Home == "" {
		err = c.makeSimulated()
	} else {
		err = c.makeReal()
	}
	if err != nil {
		return c, err
	}
	if c.store, err = openStore("http://" + c.Net.Way(PartyOps, PartyEtcd)); err != nil {
		return c, err
	}
	c.Admin = ha.NewAdmin(c.store, cfg.Name, cfg.Name)
	c.following.Go(func() {
		for st := range c.Admin.Watch(following) {
			cfg.Hooks.Status(&st)
			c.Status.Update(func(v *ha.ClusterStatus) { *v = st })
		}
	})
	return c, nil
}

func (c *Cluster) makeSimulated() error {
	if err := c.Net.build(c.cfg.Members, nil, c.etcd.Addr()); err != nil {
		return err
	}
	servers := hatest.NewServers()
	for _, name := range c.cfg.Members {
		server := servers.Server(name)
		m := newSimulated(server, ha.Config{
			Cluster: c.cfg.Name, Name: name, Address: server.Address(),
			Settings: c.cfg.Settings, Events: ha.Events{StateChanged: c.cfg.Hooks.StateChanged},
		}, c.Net, c.cfg.Hooks)
		c.Members, c.simulated = append(c.Members, m), append(c.simulated, m)
	}
	return nil
}

func (c *Cluster) makeReal() error {
	var beside []int
	if c.cfg.Gauss.Home != "" {
		beside = gaussPorts()
	}
	ports, err := QuietPorts(len(c.cfg.Members), beside...)
	if err != nil {
		return err
	}
	address := map[ha.MemberID]string{}
	var specs []spec
	for i, name := range c.cfg.Members {
		s := spec{
			Cluster: c.cfg.Name, Name: name, Base: c.cfg.Dir, Keep: c.cfg.Keep, BinDir: c.cfg.Binaries.Dir, Gauss: c.cfg.Gauss, Port: ports[i],
			Settings: c.cfg.Settings, Parameters: c.cfg.Parameters,
		}
		address[name] = s.address()
		specs = append(specs, s)
	}
	if err := c.Net.build(c.cfg.Members, address, c.etcd.Addr()); err != nil {
		return err
	}
	for _, s := range specs {
		s.Etcd = "http://" + c.Net.Way(Party(s.Name), PartyEtcd)
		s.Peers = map[ha.MemberID]peer{}
		for _, o := range c.cfg.Members {
			if o != s.Name {
				s.Peers[o] = peer{address[o], c.Net.Way(Party(s.Name), Party(o))}
			}
		}
		m, err := newReal(s, c.cfg.Name, c.cfg.Hooks)
		if err != nil {
			return err
		}
		c.Members, c.real = append(c.Members, m), append(c.real, m)
	}
	return nil
}

// Member returns the member of a name, nil if there is none.
func (c *Cluster) Member(name ha.MemberID) Member {
	for _, m := range c.Members {
		if m.Name() == name {
			return m
		}
	}
	return nil
}

// Servers are the members, when their servers are real.
func (c *Cluster) Servers() []*Real { return c.real }

// Prepare makes the writers' table on the primary.
func (c *Cluster) Prepare(ctx context.Context) error {
	if len(c.real) == 0 {
		return nil
	}
	st, err := c.Admin.AwaitPrimary(ctx)
	if err != nil {
		return err
	}
	for _, m := range c.real {
		if m.Name() != st.Primary {
			continue
		}
		conn, err := m.Connect(ctx)
		if err != nil {
			return err
		}
		defer hangUp(conn)
		return m.spec.dialect().prepare(ctx, conn, c.cfg.Name)
	}
	return fmt.Errorf("primary %s is not a member", st.Primary)
}

// Ports tells the members apart by the port of their server.
func (c *Cluster) Ports() map[string]ha.MemberID {
	out := map[string]ha.MemberID{}
	for _, m := range c.real {
		out[strconv.Itoa(m.spec.Port)] = m.Name()
	}
	return out
}

// Client is the cluster as an application sees it: it knows all members and
// finds the one that accepts writes, through the network. Nobody tells it about
// failovers.
func (c *Cluster) Client() (Client, error) {
	if len(c.real) == 0 {
		return &simulatedClient{members: c.simulated, now: c.cfg.Now}, nil
	}
	var addrs []string
	for _, m := range c.real {
		addrs = append(addrs, c.Net.Way(PartyApp, Party(m.Name())))
	}
	cfg, err := c.real[0].spec.dialect().appConfig(addrs)
	if err != nil {
		return nil, err
	}
	return &PostgresClient{table: c.cfg.Name, config: cfg, ports: c.Ports(), now: c.cfg.Now}, nil
}

// LoyalClient stays with one member, beside the network, as a forgotten client
// of a former primary would.
func (c *Cluster) LoyalClient(m Member) (Client, error) {
	switch m := m.(type) {
	case *Real:
		cfg, err := m.spec.dialect().config(m.ConnString())
		if err != nil {
			return nil, err
		}
		return newLoyal(cfg, c.cfg.Name, c.Ports(), c.cfg.Now), nil
	case *Simulated:
		return &simulatedClient{members: []*Simulated{m}, now: c.cfg.Now}, nil
	default:
		return nil, fmt.Errorf("member %T has no clients", m)
	}
}

// Close ends everything and removes the directory, unless it is to be kept.
// The writers and watchers must have ended.
func (c *Cluster) Close() error {
	c.stopFollowing()
	c.following.Wait()
	err := errors.Join(spread(c.Members, Member.Destroy)...)
	c.Net.Close()
	if c.store != nil {
		err = errors.Join(err, c.store.Close())
	}
	if c.etcd != nil {
		c.etcd.Stop()
	}
	if !c.cfg.Keep {
		err = errors.Join(err, RemoveAll(c.cfg.Dir))
	}
	return err
}
