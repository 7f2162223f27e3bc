// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"

	"github.com/gausskit/gausskit/ha/dcs"
)

// KeepAlive is described at dcs.Store. It is one message on a stream that stays
// open between calls. When the lease has ended but etcd has not yet removed its
// entries, the answer comes after it has.
func (s *Store) KeepAlive(ctx context.Context, id dcs.LeaseID) error {
	err := s.do(ctx, "keepalive", anyway, func(ctx context.Context, v *verdict) error {
		return s.renew(ctx, id, v)
	})
	if errors.Is(err, dcs.ErrLeaseNotFound) {
		return fmt.Errorf("dcs: keepalive: lease %d: %w", id, dcs.ErrLeaseNotFound)
	}
	return err
}

// renew asks once. A stream that was idle may have broken unnoticed: then the
// next one is tried, and when there is none left, a new one.
func (s *Store) renew(ctx context.Context, id dcs.LeaseID, v *verdict) error {
	for {
		r := s.renewals.take()
		used := r != nil
		if !used {
			var err error
			if r, err = s.openRenewal(ctx); err != nil {
				return err
			}
		}
		ttl, healthy, err := r.ask(ctx, id)
		if healthy {
			s.renewals.put(r)
		} else {
			r.cancel()
		}
		switch {
		case err == nil && ttl <= 0:
			return rpctypes.ErrLeaseNotFound
		case err == nil:
			return nil
		}
		v.mayHave = v.mayHave || classify(err) == lost
		if !used || ctx.Err() != nil {
			return err
		}
	}
}

// renewal is a stream for renewals of any lease, one at a time.
type renewal struct {
	stream pb.Lease_LeaseKeepAliveClient
	cancel context.CancelFunc
}

// openRenewal opens a stream that lives as long as the store. Opening ends with
// ctx.
func (s *Store) openRenewal(ctx context.Context) (*renewal, error) {
	life, cancel := context.WithCancel(clientv3.WithRequireLeader(s.life))
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	stream, err := s.leases.LeaseKeepAlive(life, grpc.WaitForReady(true))
	if err != nil {
		cancel()
		return nil, err
	}
	return &renewal{stream: stream, cancel: cancel}, nil
}

// ask renews a lease and returns its time to live in seconds, 0 when it has
// ended, and whether the stream can be used again. When ctx ends the stream
// does: an answer that comes later must not be taken for the next one's.
func (r *renewal) ask(ctx context.Context, id dcs.LeaseID) (ttl int64, healthy bool, err error) {
	stop := context.AfterFunc(ctx, r.cancel)
	err = r.stream.Send(&pb.LeaseKeepAliveRequest{ID: int64(id)})
	var resp *pb.LeaseKeepAliveResponse
	if err == nil || errors.Is(err, io.EOF) { // EOF: the reason is with the receiver
		resp, err = r.stream.Recv()
	}
	healthy = stop() && err == nil
	if errors.Is(err, io.EOF) {
		err = errEmpty("a renewal")
	}
	if err != nil {
		return 0, false, err
	}
	if resp.GetID() != int64(id) {
		return 0, false, fmt.Errorf("etcd: asked to renew lease %d, answer for lease %d", id, resp.GetID())
	}
	return resp.GetTTL(), healthy, nil
}

// maxIdle is how many streams a store keeps for renewals. A member renews one
// or two leases; others come only when renewals are slow and overlap.
const maxIdle = 4

// renewals keeps the streams that nobody uses right now.
type renewals struct {
	mu struct {
		sync.Mutex
		idle   []*renewal
		closed bool
	}
}

// take returns an idle stream, the last one used, or nil.
func (p *renewals) take() *renewal {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.mu.idle)
	if n == 0 {
		return nil
	}
	r := p.mu.idle[n-1]
	p.mu.idle = p.mu.idle[:n-1]
	return r
}

// put keeps a stream, or ends it when there are enough.
func (p *renewals) put(r *renewal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.closed || len(p.mu.idle) >= maxIdle {
		r.cancel()
		return
	}
	p.mu.idle = append(p.mu.idle, r)
}

// close ends the idle streams. Those in use end with the store's life.
func (p *renewals) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.closed = true
	for _, r := range p.mu.idle {
		r.cancel()
	}
	p.mu.idle = nil
}
