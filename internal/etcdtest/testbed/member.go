// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"

	"github.com/gausskit/gausskit/ha"
)

// Member is one database member: a server, and a manager with an ha.Node beside
// it. Only one goroutine at a time does something to its processes.
type Member interface {
	// Name is the member's name.
	Name() ha.MemberID
	// Start starts the manager; it starts the server.
	Start(ctx context.Context) error
	// Stop asks the manager to end in order, its server with it, and waits.
	Stop(ctx context.Context) error
	// KillServer is kill -9 of the server; the manager lives.
	KillServer() error
	// Crash is kill -9 of manager and server: what is left when a machine dies.
	Crash() error
	// FreezeManager stops the manager as SIGSTOP does; thaw lets it go on.
	FreezeManager() (thaw func() error, err error)
	// Freeze stops manager and server; thaw lets both go on.
	Freeze() (thaw func() error, err error)
	// Destroy ends everything of the member, whatever state it is in.
	Destroy() error

	// Probe asks the server itself, not its manager. Only one goroutine calls it.
	Probe(ctx context.Context) (Probe, error)
	// Rows returns the numbers of all rows on this member, sorted. The server
	// must run.
	Rows(ctx context.Context) ([]int64, error)
}
