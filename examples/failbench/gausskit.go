// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// table is where the rows go, in all clusters.
const table = "failbench"

// memberNames are the members.
func memberNames() []ha.MemberID { return []ha.MemberID{"m1", "m2", "m3"} }

// parameters are those of the servers, in all clusters.
func parameters() map[string]string {
	return map[string]string{
		"shared_buffers": "16MB", "max_connections": "60", "min_wal_size": "4MB", "max_wal_size": "64MB", "wal_keep_size": "64MB",
	}
}

// gausskit is a cluster run by gausskit.
type gausskit struct {
	config  testbed.Config
	cluster *testbed.Cluster
	nodes   []node
}

// gausskitNode is a member of it.
type gausskitNode struct {
	*testbed.Real
	way string
}

func newGausskit(m mode, opts options, base string, bin postgres.Binaries, now func() time.Duration, fail func(error)) *gausskit {
	return &gausskit{config: testbed.Config{
		Name: table, Dir: base, Keep: opts.keep, Members: memberNames(), Settings: settingsOf(m, opts.ttl), Binaries: bin,
		Parameters: parameters(), Now: now, Hooks: testbed.Hooks{Failed: fail},
	}}
}

func (g *gausskit) open(ctx context.Context) (err error) {
	if g.cluster, err = testbed.Open(ctx, g.config); err != nil {
		return err
	}
	for _, m := range g.cluster.Servers() {
		g.nodes = append(g.nodes, gausskitNode{m, g.cluster.Net.Way(testbed.PartyApp, testbed.Party(m.Name()))})
		if err := m.Start(ctx); err != nil {
			return err
		}
	}
	if _, err := g.cluster.Admin.AwaitPrimary(ctx); err != nil {
		return err
	}
	if err := g.cluster.Settle(ctx); err != nil {
		return err
	}
	return g.cluster.Prepare(ctx)
}

func (g *gausskit) close() error {
	if g.cluster == nil {
		return nil
	}
	return g.cluster.Close()
}

func (g *gausskit) members() []node { return g.nodes }

func (g *gausskit) primary(ctx context.Context) (node, error) {
	st, err := g.cluster.Admin.AwaitPrimary(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range g.nodes {
		if m.Name() == st.Primary {
			return m, nil
		}
	}
	return nil, fmt.Errorf("primary %q is not a member", st.Primary)
}

func (g *gausskit) settle(ctx context.Context) error { return g.cluster.Settle(ctx) }

func (g *gausskit) isolate(m node) (heal func()) { return g.cluster.Isolate(m.Name()) }

func (g *gausskit) stopEtcd() (start func() error) { return g.cluster.StopEtcd() }

func (g *gausskit) switchOver(ctx context.Context, _ node) error {
	_, err := g.cluster.Admin.Switchover(ctx, "")
	return err
}

func (m gausskitNode) start(ctx context.Context) error { return m.Start(ctx) }

func (m gausskitNode) killServer() error { return m.KillServer() }

func (m gausskitNode) killManager() error { return m.KillManager() }

func (m gausskitNode) freezeManager() (thaw func() error, err error) { return m.FreezeManager() }

func (m gausskitNode) freezeServer() (thaw func() error, err error) {
	return m.Server.Thaw, m.Server.Freeze()
}

func (m gausskitNode) address() string { return m.way }

func (m gausskitNode) connString() string { return m.ConnString() }
