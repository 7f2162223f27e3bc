// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcdtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Cluster is several etcd servers that elect a leader.
type Cluster struct {
	Members []*Server
}

// StartCluster runs n servers and returns when they have a leader.
func StartCluster(ctx context.Context, dir string, n int, options ...Option) (*Cluster, error) {
	addrs, err := freeAddrs(2 * n)
	if err != nil {
		return nil, err
	}
	c := &Cluster{}
	var initial []string
	for i := range n {
		s := newServer(fmt.Sprintf("e%d", i), dir, addrs[2*i], addrs[2*i+1], options)
		initial = append(initial, s.cfg.Name+"="+s.cfg.AdvertisePeerUrls[0].String())
		c.Members = append(c.Members, s)
	}
	for _, s := range c.Members {
		s.cfg.InitialCluster = strings.Join(initial, ",")
		if err := s.launch(); err != nil {
			c.Stop()
			return nil, err
		}
	}
	for _, s := range c.Members {
		if err := s.ready(ctx); err != nil {
			c.Stop()
			return nil, err
		}
	}
	_, err = c.Leader(ctx)
	if err != nil {
		c.Stop()
	}
	return c, err
}

// Stop stops all servers.
func (c *Cluster) Stop() {
	for _, s := range c.Members {
		s.Stop()
	}
}

// Endpoints returns the URLs of all servers for clients.
func (c *Cluster) Endpoints() []string {
	var all []string
	for _, s := range c.Members {
		all = append(all, s.Endpoints()...)
	}
	return all
}

// Client makes a silent client of all servers; the caller closes it.
func (c *Cluster) Client() (*clientv3.Client, error) { return newClient(c.Endpoints(), nil) }

// Leader waits until there is a leader and returns it.
func (c *Cluster) Leader(ctx context.Context) (*Server, error) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, s := range c.Members {
			if s.IsLeader() {
				return s, nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("etcdtest: wait for a leader: %w", ctx.Err())
		}
	}
}
