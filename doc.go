// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package gausskit is the Go SDK for the high availability of openGauss.
//
// The module's root holds no code: import the package that has what you need.
//
//   - [github.com/gausskit/gausskit/ha] keeps one database of a cluster
//     writable, and never two: an embeddable role state machine.
//   - [github.com/gausskit/gausskit/ha/dcs] is what ha needs from a
//     coordination store; its folders memory and etcd are two such stores.
//   - [github.com/gausskit/gausskit/ha/postgres] is the engine for PostgreSQL
//     servers, 12 and later.
//   - [github.com/gausskit/gausskit/ha/opengauss] reads what openGauss and its
//     tools say; its folders are conf (postgresql.conf and pg_hba.conf, edited
//     like a careful person), release (what each release can do) and gausspgx
//     (pgx v5 with openGauss's passwords, usable alone).
//   - [github.com/gausskit/gausskit/ha/hatest] simulates whole clusters in
//     virtual time, with faults, and holds the conformance suites for engines
//     and stores.
//   - [github.com/gausskit/gausskit/replconn] reads, writes and checks
//     replconninfoN and cross_cluster_replconninfoN values.
//   - [github.com/gausskit/gausskit/dcf] reads, writes and checks dcf_config
//     and the DCF parameters.
package gausskit
