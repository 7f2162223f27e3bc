// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package etcdtest runs real etcd servers inside the program, for tests and for
// demonstrations, and breaks their network on demand.
//
// [Start] gives one server, [StartCluster] several that elect a leader; both
// can be stopped and started again with their data. A [Proxy] in front of a
// server cuts, freezes and slows connections, or holds the answers back.
//
// It is a module of its own because etcd's server brings many dependencies that
// no user of the SDK should have. Its tests run the adapter dcs/etcd against
// these servers. Package testbed in it is a whole cluster with members, writers
// and judges, for the torture and for the examples.
//
// Promised: a server answers when Start returns; nothing of it runs and no
// address is taken when Stop has returned; it is silent unless told otherwise.
//
// Not promised: durability. Data is not synced to disk, which makes the tests
// quick; elections take a tenth of etcd's default time.
package etcdtest
