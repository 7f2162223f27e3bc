// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// patroni is a cluster run by Patroni, with the PostgreSQL and the etcd of the
// others. Each member has three proxies: to its server, to its REST interface,
// and from it to etcd.
type patroni struct {
	mode     mode
	keep     bool
	base     string
	bin      postgres.Binaries
	fail     func(error)
	program  string
	user     *osUser // whom everything runs as; nil for us
	password string  // of the superuser and for replication

	etcd  *etcdtest.Server
	net   *testbed.Network
	nodes []node
}

// patroniVersion says which Patroni is installed.
func patroniVersion(ctx context.Context) (string, error) {
	path, err := exec.LookPath("patroni")
	if err != nil {
		return "", errors.New("patroni is not installed")
	}
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", path, err)
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "patroni "), nil
}

func newPatroni(m mode, opts options, base string, bin postgres.Binaries, fail func(error)) *patroni {
	return &patroni{mode: m, keep: opts.keep, base: base, bin: bin, fail: fail, password: rand.Text(), net: &testbed.Network{}}
}

func (p *patroni) members() []node { return p.nodes }

func (p *patroni) open(ctx context.Context) (err error) {
	if p.program, err = exec.LookPath("patroni"); err != nil {
		return err
	}
	if p.user, err = serverUser(); err != nil {
		return err
	}
	if p.etcd, err = etcdtest.Start(ctx, p.base); err != nil {
		return err
	}
	ports, err := testbed.QuietPorts(2 * len(memberNames()))
	if err != nil {
		return err
	}
	for i, name := range memberNames() {
		m := &patroniNode{
			cluster: p, name: name, port: ports[2*i], rest: fmt.Sprintf("127.0.0.1:%d", ports[2*i+1]),
			server: testbed.NewServerProcess(filepath.Join(p.base, string(name), "data")),
		}
		err := errors.Join(
			p.net.Add(testbed.PartyApp, testbed.Party(name), fmt.Sprintf("127.0.0.1:%d", m.port)),
			p.net.Add(testbed.PartyOps, testbed.Party(name), m.rest),
			p.net.Add(testbed.Party(name), testbed.PartyEtcd, p.etcd.Addr()))
		if err != nil {
			return err
		}
		p.nodes = append(p.nodes, m)
		if err := errors.Join(m.configure(), m.start(ctx)); err != nil {
			return err
		}
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	m, err := p.primary(ctx)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, m.connString())
	if err != nil {
		return err
	}
	return errors.Join(testbed.PrepareTable(ctx, conn, table), conn.Close(ctx))
}

// close ends everything, whatever state it is in.
func (p *patroni) close() error {
	var errs []error
	for _, n := range p.nodes {
		errs = append(errs, n.(*patroniNode).destroy())
	}
	p.net.Close()
	if p.etcd != nil {
		p.etcd.Stop()
	}
	if !p.keep {
		errs = append(errs, testbed.RemoveAll(p.base))
	}
	return errors.Join(errs...)
}

func (p *patroni) isolate(m node) (heal func()) { return p.net.Isolate(testbed.Party(m.Name())) }

func (p *patroni) stopEtcd() (start func() error) { return testbed.StopEtcd(p.etcd, p.net) }

// settle waits until one member serves, the others stream from it, and one of
// them at least is synchronous.
func (p *patroni) settle(ctx context.Context) error {
	for {
		why := p.unsettled(ctx)
		if why == nil {
			return nil
		}
		if testbed.Wait(ctx, 100*time.Millisecond); ctx.Err() != nil {
			return fmt.Errorf("wait for a calm cluster: %w: %w", context.Cause(ctx), why)
		}
	}
}

func (p *patroni) unsettled(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	leader, handy, err := p.leader(ctx)
	if err != nil {
		return err
	}
	if !handy {
		return errors.New("no synchronous standby is on record")
	}
	for _, n := range p.nodes {
		conn, err := pgx.Connect(ctx, n.connString())
		if err != nil {
			return err
		}
		var recovers bool
		var streaming, synchronous int
		err = conn.QueryRow(ctx, `SELECT pg_is_in_recovery(), count(*) FILTER (WHERE state = 'streaming'),
			count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')) FROM pg_stat_replication`).Scan(&recovers, &streaming, &synchronous)
		switch err := errors.Join(err, conn.Close(ctx)); {
		case err != nil:
			return err
		case recovers != (n.Name() != leader):
			return fmt.Errorf("%s has not the role that it shall have", n.Name())
		case !recovers && (streaming < len(p.nodes)-1 || synchronous == 0):
			return fmt.Errorf("%d members stream, %d synchronously", streaming, synchronous)
		}
	}
	return nil
}

func (p *patroni) primary(ctx context.Context) (node, error) {
	leader, _, err := p.leader(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range p.nodes {
		if n.Name() == leader {
			return n, nil
		}
	}
	return nil, fmt.Errorf("leader %q is not a member", leader)
}

// leader is the member that Patroni says is the leader and runs; handy is
// whether it knows a synchronous standby to hand over to.
func (p *patroni) leader(ctx context.Context) (leader ha.MemberID, handy bool, err error) {
	var errs []error
	for _, n := range p.nodes {
		all, err := n.(*patroniNode).ask(ctx)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, m := range all {
			if m.Role == "leader" && m.State == "running" {
				leader = m.Name
			}
			handy = handy || m.Role == "sync_standby"
		}
		if leader != "" {
			return leader, handy, nil
		}
	}
	return "", false, errors.Join(append(errs, errors.New("there is no leader"))...)
}

func (p *patroni) switchOver(ctx context.Context, from node) error {
	limited, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return from.(*patroniNode).switchOver(limited)
}

// chown gives a file to whom everything runs as.
func (p *patroni) chown(path string) error {
	if p.user == nil {
		return nil
	}
	return os.Chown(path, p.user.uid, p.user.gid)
}
