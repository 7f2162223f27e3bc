// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"errors"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/gausskit/gausskit/ha/dcs/etcd"
)

// Store is a store that closes its client.
type Store struct {
	*etcd.Store
	client *clientv3.Client
}

// Close ends the store and its connection.
func (s *Store) Close() error { return errors.Join(s.Store.Close(), s.client.Close()) }

// openStore does not wait for etcd, as etcd.Open does: a manager that comes
// back while etcd is away must see to its server first.
func openStore(endpoint string) (*Store, error) {
	pauses := backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{endpoint}, Logger: zap.NewNop(),
		DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: 2 * time.Second,
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{Backoff: pauses, MinConnectTimeout: 2 * time.Second})},
	})
	if err != nil {
		return nil, err
	}
	return &Store{etcd.New(client, ""), client}, nil
}
