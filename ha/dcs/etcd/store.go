// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package etcd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"

	"github.com/gausskit/gausskit/ha/dcs"
)

// Store is a dcs.Store in etcd. Make it with [Open] or [New].
type Store struct {
	client *clientv3.Client
	prefix string

	kv     pb.KVClient
	leases pb.LeaseClient
	watch  pb.WatchClient

	life      context.Context // ends with Close, or with the client
	end       context.CancelFunc
	owned     io.Closer // what Close closes besides; nil for a shared client
	closeOnce sync.Once
	closeErr  error

	renewals renewals
}

var _ dcs.Store = (*Store)(nil)

// New makes a store of the keys below prefix (see [Config].Prefix) that uses
// client, and leaves it to its owner. Many stores may share one client. Its
// DialKeepAliveTime should be set, and grpc.WithConnectParams should keep the
// pauses between attempts to connect short: see [Open].
func New(client *clientv3.Client, prefix string) *Store {
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	conn := client.ActiveConnection()
	s := &Store{
		client: client,
		prefix: prefix,
		kv:     pb.NewKVClient(conn),
		leases: pb.NewLeaseClient(conn),
		watch:  pb.NewWatchClient(conn),
	}
	s.life, s.end = context.WithCancel(client.Ctx())
	return s
}

// Close ends all requests and watches of this store with dcs.ErrClosed, and
// the connection when Open made it. Leases live on until their time is up.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		s.end()
		s.renewals.close()
		if s.owned != nil {
			if err := s.owned.Close(); err != nil && !errors.Is(err, context.Canceled) {
				s.closeErr = fmt.Errorf("etcd: close: %w", err)
			}
		}
	})
	return s.closeErr
}

// Load is described at dcs.Store.
func (s *Store) Load(ctx context.Context, prefix string) (dcs.Snapshot, error) {
	var resp *pb.RangeResponse
	err := s.unary(ctx, "load", anyway, func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		resp, err = s.kv.Range(ctx, s.rangeOf(prefix), opts...)
		return err
	})
	if err != nil {
		var u *dcs.UnavailableError
		if errors.As(err, &u) {
			u.MayHave = false // nothing to be had: a read changes nothing
		}
		return dcs.Snapshot{}, err
	}
	return s.snapshot(resp), nil
}

// rangeOf asks for all keys below prefix.
func (s *Store) rangeOf(prefix string) *pb.RangeRequest {
	key, end := s.span(prefix)
	return &pb.RangeRequest{Key: key, RangeEnd: end}
}

// span returns the first key of a range and the first one behind it, in etcd's
// notation: a single zero byte stands for the least key and for no end.
func (s *Store) span(prefix string) (key, end []byte) {
	whole := s.prefix + prefix
	if whole == "" {
		return []byte{0}, []byte{0}
	}
	return []byte(whole), []byte(clientv3.GetPrefixRangeEnd(whole))
}

func (s *Store) snapshot(resp *pb.RangeResponse) dcs.Snapshot {
	snap := dcs.Snapshot{Revision: dcs.Revision(resp.GetHeader().GetRevision())}
	if len(resp.GetKvs()) > 0 {
		snap.Entries = make([]dcs.Entry, len(resp.GetKvs()))
		for i, kv := range resp.GetKvs() {
			snap.Entries[i] = s.entry(kv)
		}
	}
	return snap
}

func (s *Store) entry(kv *mvccpb.KeyValue) dcs.Entry {
	return dcs.Entry{
		Key:      strings.TrimPrefix(string(kv.GetKey()), s.prefix),
		Value:    kv.GetValue(),
		Modified: dcs.Revision(kv.GetModRevision()),
		Lease:    dcs.LeaseID(kv.GetLease()),
	}
}

// Commit is described at dcs.Store. It is sent once: see the package comment.
func (s *Store) Commit(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
	if err := txn.Validate(); err != nil {
		return 0, fmt.Errorf("dcs: commit: %w", err)
	}
	req := s.request(txn)
	var resp *pb.TxnResponse
	err := s.unary(ctx, "commit", once, func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		resp, err = s.kv.Txn(ctx, req, opts...)
		return err
	})
	switch {
	case errors.Is(err, dcs.ErrLeaseNotFound):
		return 0, fmt.Errorf("dcs: commit %s: %w", names(txn.Then), dcs.ErrLeaseNotFound)
	case err != nil:
		return 0, err
	case !resp.GetSucceeded():
		return 0, conflict(txn.If, resp)
	}
	return dcs.Revision(resp.GetHeader().GetRevision()), nil
}

// request translates a transaction. When a condition does not hold, etcd reads
// the keys of the conditions instead, so that the error can name the one.
func (s *Store) request(txn dcs.Txn) *pb.TxnRequest {
	req := &pb.TxnRequest{}
	for _, c := range txn.If {
		key := []byte(s.prefix + c.Key)
		req.Compare = append(req.Compare, &pb.Compare{
			Key:         key,
			Target:      pb.Compare_MOD,
			Result:      pb.Compare_EQUAL,
			TargetUnion: &pb.Compare_ModRevision{ModRevision: int64(c.Modified)},
		})
		req.Failure = append(req.Failure, &pb.RequestOp{Request: &pb.RequestOp_RequestRange{
			RequestRange: &pb.RangeRequest{Key: key, KeysOnly: true},
		}})
	}
	for _, op := range txn.Then {
		key := []byte(s.prefix + op.Key)
		if op.Delete {
			req.Success = append(req.Success, &pb.RequestOp{Request: &pb.RequestOp_RequestDeleteRange{
				RequestDeleteRange: &pb.DeleteRangeRequest{Key: key},
			}})
			continue
		}
		req.Success = append(req.Success, &pb.RequestOp{Request: &pb.RequestOp_RequestPut{
			RequestPut: &pb.PutRequest{Key: key, Value: op.Value, Lease: int64(op.Lease)},
		}})
	}
	return req
}

// conflict names the first condition that does not hold.
func conflict(conds []dcs.Cond, resp *pb.TxnResponse) error {
	for i, r := range resp.GetResponses() {
		if i >= len(conds) {
			break
		}
		is := dcs.Revision(0)
		if kvs := r.GetResponseRange().GetKvs(); len(kvs) > 0 {
			is = dcs.Revision(kvs[0].GetModRevision())
		}
		if is != conds[i].Modified {
			return fmt.Errorf("dcs: commit: key %q is at revision %d, not %d: %w", conds[i].Key, is, conds[i].Modified, dcs.ErrConflict)
		}
	}
	return fmt.Errorf("dcs: commit: %w", dcs.ErrConflict)
}

// names lists the keys of puts with a lease, for an error.
func names(ops []dcs.Op) string {
	var keys []string
	for _, op := range ops {
		if op.Lease != 0 {
			keys = append(keys, fmt.Sprintf("%q on lease %d", op.Key, op.Lease))
		}
	}
	return strings.Join(keys, ", ")
}

// Grant is described at dcs.Store. The ttl is rounded up to seconds, and to
// etcd's shortest. A grant whose answer is lost leaves a lease without entries
// that ends by itself.
func (s *Store) Grant(ctx context.Context, ttl time.Duration) (dcs.LeaseID, error) {
	if ttl <= 0 {
		return 0, fmt.Errorf("dcs: grant: ttl %v: want more than 0: %w", ttl, dcs.ErrInvalid)
	}
	seconds := int64(ttl / time.Second)
	if ttl%time.Second != 0 {
		seconds++
	}
	var resp *pb.LeaseGrantResponse
	err := s.unary(ctx, "grant", once, func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		resp, err = s.leases.LeaseGrant(ctx, &pb.LeaseGrantRequest{TTL: seconds}, opts...)
		return err
	})
	if err != nil {
		return 0, err
	}
	if resp.GetID() == 0 {
		return 0, &dcs.UnavailableError{Op: "grant", MayHave: true, Cause: errEmpty("a lease: " + resp.GetError())}
	}
	return dcs.LeaseID(resp.GetID()), nil
}

// Revoke is described at dcs.Store.
func (s *Store) Revoke(ctx context.Context, id dcs.LeaseID) error {
	err := s.unary(ctx, "revoke", anyway, func(ctx context.Context, opts ...grpc.CallOption) error {
		_, err := s.leases.LeaseRevoke(ctx, &pb.LeaseRevokeRequest{ID: int64(id)}, opts...)
		return err
	})
	if errors.Is(err, dcs.ErrLeaseNotFound) {
		return nil
	}
	return err
}
