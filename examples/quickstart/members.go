// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/gausskit/gausskit/ha"
)

// The engines that members can have.
const (
	enginePostgres = "postgres"
	engineSim      = "sim"
)

// cluster is the name under which the members find each other in etcd.
const cluster = "quickstart"

// member is one database member: a server, and a manager program with an
// ha.Node beside it.
type member interface {
	name() ha.MemberID

	// start starts the manager program; it starts the server.
	start(ctx context.Context) error
	// stop asks the manager to end in order and waits for it.
	stop(ctx context.Context) error
	// killServer is kill -9 of the server; the manager lives.
	killServer() error
	// crash is kill -9 of server and manager: what is left when a machine dies.
	crash() error
	// destroy ends everything of the member that still runs.
	destroy() error

	// probe asks the server itself, not its manager. Only one goroutine calls it.
	probe(ctx context.Context) (probe, error)
	// rows returns the numbers of all rows on this member, sorted. The server
	// must run.
	rows(ctx context.Context) ([]int64, error)
}

// probe is what a server says of itself.
type probe struct {
	writable bool
	run      string // differs for each start and role of the server
	lsn      ha.LSN
}

// client is the cluster as an application sees it: it finds the primary by
// itself.
type client interface {
	// insert writes row n; nil is the acknowledgement. After an error the
	// row may be there or not.
	insert(ctx context.Context, n int64) error
	// rows returns the numbers of all rows on the primary, sorted.
	rows(ctx context.Context) ([]int64, error)
	close()
}
