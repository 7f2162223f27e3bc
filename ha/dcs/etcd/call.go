// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/cenkalti/backoff/v4"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"

	"github.com/gausskit/gausskit/ha/dcs"
)

// repeatable says whether a request may be sent again although an earlier one
// may have been carried out.
type repeatable bool

const (
	once   repeatable = false
	anyway repeatable = true
)

// do runs one request: attempt after attempt while that is safe and may help.
// attempt notes in the verdict when it may have been carried out.
func (s *Store) do(ctx context.Context, op string, again repeatable, attempt func(ctx context.Context, v *verdict) error) error {
	if err := ctx.Err(); err != nil {
		return &dcs.UnavailableError{Op: op, Cause: err}
	}
	joined, leave := s.join(ctx)
	defer leave()
	v := &verdict{}
	pauses := newPauses()
	for tries := 1; ; tries++ {
		if s.life.Err() == nil {
			if v.err = attempt(joined, v); v.err == nil {
				return nil
			}
		} else if v.err == nil {
			v.err = dcs.ErrClosed
		}
		c := classify(v.err)
		switch {
		case c != lost && c != refused, v.mayHave && again == once, tries >= s.attempts(), joined.Err() != nil, !pause(joined, pauses):
			v.closed = s.life.Err() != nil
			return v.explain(ctx, op)
		}
	}
}

// attempts is how often a request is tried: each member of etcd gets a chance
// to be the one without a leader, or about to stop.
func (s *Store) attempts() int { return 1 + len(s.client.Endpoints()) }

// join returns a context that ends with ctx or with the store.
func (s *Store) join(ctx context.Context) (context.Context, func()) {
	joined, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.life, cancel)
	return joined, func() {
		stop()
		cancel()
	}
}

// unary is do for a request with one answer.
//
// The client library repeats requests by itself, up to a hundred times. That
// is stopped by ending the request's context in two cases: when a server says
// that the request was cancelled or late while our context still runs (it may
// have been carried out, and the library would repeat transactions, too), and
// when new tokens do not help.
func (s *Store) unary(ctx context.Context, op string, again repeatable, call func(context.Context, ...grpc.CallOption) error) error {
	return s.do(ctx, op, again, func(ctx context.Context, v *verdict) error {
		ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
		defer cancel()
		var to peer.Peer
		var last error // of the attempt after which the client library was stopped
		tokens := 0
		finished := func(err error) {
			if err == nil || last != nil {
				return
			}
			// gRPC fills in the peer when the request gets a stream on a
			// connection. Without one it was never sent.
			v.mayHave = v.mayHave || to.Addr != nil && classify(err) == lost
			if oldToken(err) {
				tokens++
			}
			if c := code(err); c == codes.Canceled || c == codes.DeadlineExceeded || tokens >= maxTokens {
				last = err
				cancel()
			}
		}
		err := call(ctx, grpc.Peer(&to), grpc.OnFinish(finished), grpc.WaitForReady(true), grpc.MaxCallRecvMsgSize(math.MaxInt32))
		return cmp.Or(last, err)
	})
}

// maxTokens is how many tokens may be refused in one attempt. The first may
// have expired, the second may be older than a change of users or roles.
const maxTokens = 3

// oldToken reports whether the client library will authenticate and try again.
func oldToken(err error) bool {
	is := rpctypes.Error(err)
	return errors.Is(is, rpctypes.ErrInvalidAuthToken) || errors.Is(is, rpctypes.ErrAuthOldRevision)
}

// newPauses returns the pauses between attempts: short at first, two seconds at
// most, without end, and scattered so that many members do not come back at the
// same moment.
func newPauses() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval = 25 * time.Millisecond
	b.Multiplier = 2
	b.MaxInterval = 2 * time.Second
	b.MaxElapsedTime = 0
	b.Reset()
	return b
}

// pause waits and reports whether ctx still runs.
func pause(ctx context.Context, pauses *backoff.ExponentialBackOff) bool {
	timer := time.NewTimer(pauses.NextBackOff())
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// errEmpty is an answer without what it must have.
func errEmpty(what string) error { return fmt.Errorf("etcd: answer without %s", what) }
