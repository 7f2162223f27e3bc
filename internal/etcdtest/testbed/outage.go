// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest"
)

// Isolate makes a member's network silent: it vanishes without a goodbye.
func (c *Cluster) Isolate(m ha.MemberID) (heal func()) {
	hears := c.cfg.Hooks.Deaf(m)
	connect := c.Net.Isolate(Party(m))
	return func() {
		connect()
		hears()
	}
}

// Isolate makes all connections of a party silent.
func (n *Network) Isolate(p Party) (heal func()) {
	for _, o := range n.Others(p) {
		n.Impair(p, o, TroubleSilent)
	}
	return func() {
		for _, o := range n.Others(p) {
			n.Heal(p, o)
		}
	}
}

// StopEtcd stops the store; what is returned starts it with what it had.
func (c *Cluster) StopEtcd() (start func() error) {
	var hears []func()
	for _, m := range c.cfg.Members {
		hears = append(hears, c.cfg.Hooks.Deaf(m))
	}
	restart := StopEtcd(c.etcd, c.Net)
	return func() error {
		err := restart()
		for _, h := range hears {
			h()
		}
		return err
	}
}

// StopEtcd stops a store; what is returned starts it with what it had. Its
// connections are cut first: an orderly end would wait for them.
func StopEtcd(etcd *etcdtest.Server, net *Network) (start func() error) {
	for _, o := range net.Others(PartyEtcd) {
		net.Impair(o, PartyEtcd, TroubleCut)
	}
	etcd.Stop()
	return func() error {
		// Its port may be taken for a moment by somebody's connection.
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err := etcd.Restart(ctx)
		for err != nil && ctx.Err() == nil {
			Wait(ctx, 100*time.Millisecond)
			err = etcd.Restart(ctx)
		}
		for _, o := range net.Others(PartyEtcd) {
			net.Heal(o, PartyEtcd)
		}
		return err
	}
}
