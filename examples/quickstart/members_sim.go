// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs/etcd"
	"github.com/gausskit/gausskit/ha/hatest"
)

// simMember is a member with a simulated server. Its manager is a node in this
// program with a connection of its own to etcd.
type simMember struct {
	server *hatest.Server
	config ha.Config // all but the store
	etcd   etcd.Config
	kills  atomic.Int64 // tells the runs of the server apart

	node  *ha.Node
	store *etcd.Store
}

func (m *simMember) name() ha.MemberID { return m.config.Name }

func (m *simMember) start(ctx context.Context) error {
	store, err := etcd.Open(ctx, m.etcd)
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
	return nil
}

func (m *simMember) stop(ctx context.Context) error {
	if m.node == nil {
		return nil
	}
	err := errors.Join(m.node.Close(ctx), m.store.Close())
	m.node = nil
	return err
}

func (m *simMember) killServer() error {
	m.server.Kill()
	m.kills.Add(1)
	return nil
}

// crash cannot kill a node that is part of this program. It cuts its
// connection to etcd, which leaves the lease to run out, kills the server, and
// throws the node away without giving it time for anything.
func (m *simMember) crash() error {
	if m.node == nil {
		return nil
	}
	err := m.store.Close()
	m.server.Kill()
	m.kills.Add(1)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if cerr := m.node.Close(gone); !errors.Is(cerr, context.Canceled) {
		err = errors.Join(err, cerr)
	}
	m.node = nil
	return err
}

func (m *simMember) destroy() error { return m.crash() }

func (m *simMember) probe(ctx context.Context) (probe, error) {
	kills := m.kills.Load() // before, so that what ran before a kill is not taken for new
	o, err := m.server.Observe(ctx)
	if err != nil {
		return probe{}, err
	}
	if !o.Running {
		return probe{}, fmt.Errorf("%s: server is down", m.name())
	}
	return probe{writable: o.Writable, run: fmt.Sprintf("%d/%d", o.Timeline, kills), lsn: o.LSN}, nil
}

func (m *simMember) rows(context.Context) ([]int64, error) {
	var out []int64
	for _, row := range m.server.Rows() {
		n, err := strconv.ParseInt(row, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// simClient writes to simulated servers.
type simClient []*simMember

func (c simClient) insert(ctx context.Context, n int64) error {
	for _, m := range c {
		if m.server.Writable() {
			return m.server.Write(ctx, strconv.FormatInt(n, 10))
		}
	}
	return errors.New("no server accepts writes")
}

func (c simClient) rows(ctx context.Context) ([]int64, error) {
	for _, m := range c {
		if m.server.Writable() {
			return m.rows(ctx)
		}
	}
	return nil, errors.New("no server accepts writes")
}

func (simClient) close() {}
