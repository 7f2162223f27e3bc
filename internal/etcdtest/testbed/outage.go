// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Isolate makes a member's network silent: it vanishes without a goodbye.
func (c *Cluster) Isolate(m ha.MemberID) (heal func()) {
	hears := c.cfg.Hooks.Deaf(m)
	for _, o := range c.Net.Others(Party(m)) {
		c.Net.Impair(Party(m), o, TroubleSilent)
	}
	return func() {
		for _, o := range c.Net.Others(Party(m)) {
			c.Net.Heal(Party(m), o)
		}
		hears()
	}
}

// StopEtcd stops the store; what is returned starts it with what it had. Its
// connections are cut first: an orderly end would wait for them.
func (c *Cluster) StopEtcd() (start func() error) {
	var hears []func()
	for _, m := range c.cfg.Members {
		hears = append(hears, c.cfg.Hooks.Deaf(m))
	}
	for _, o := range c.Net.Others(PartyEtcd) {
		c.Net.Impair(o, PartyEtcd, TroubleCut)
	}
	c.etcd.Stop()
	return func() error {
		// Its port may be taken for a moment by somebody's connection.
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err := c.etcd.Restart(ctx)
		for err != nil && ctx.Err() == nil {
			Wait(ctx, 100*time.Millisecond)
			err = c.etcd.Restart(ctx)
		}
		for _, o := range c.Net.Others(PartyEtcd) {
			c.Net.Heal(o, PartyEtcd)
		}
		for _, h := range hears {
			h()
		}
		return err
	}
}
