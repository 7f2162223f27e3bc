// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gausskit/gausskit/ha"
)

// fault is something that is done to the primary.
type fault uint8

// The faults.
const (
	killServer fault = iota
	killManager
	killNode // of the server and the manager, and the network goes silent
	freezeManager
	freezeNode
	stopEtcd
	switchover // no fault, but writes stand still for a moment
	nothing    // for comparison: how long writes stand still on this machine anyway
	numFaults
)

var faultNames = [numFaults]string{ // read-only
	"kill-server", "kill-manager", "kill-node", "freeze-manager", "freeze-node", "stop-etcd", "switchover", "nothing",
}

// String names the fault.
func (f fault) String() string { return faultNames[f] }

func allFaults() []fault {
	var all []fault
	for f := range numFaults {
		all = append(all, f)
	}
	return all
}

// defaultFaults are all but the comparison.
func defaultFaults() []fault { return allFaults()[:nothing] }

// lasts reports whether the fault goes on until somebody takes over, or for
// long enough.
func (f fault) lasts() bool {
	return f == killManager || f == killNode || f == freezeManager || f == freezeNode
}

// excused reports whether a mode makes no promise for what is acknowledged
// during a fault. Of Patroni we promise nothing at all.
func (f fault) excused(m mode) bool {
	return m.patroni() || m == modeLease && (f == killManager || f == freezeManager || f == freezeNode)
}

// system is a cluster that can be broken.
type system interface {
	// open starts everything and returns when it is whole.
	open(ctx context.Context) error
	// close ends everything.
	close() error

	// members are the members; in no order.
	members() []node
	// primary is the member that serves.
	primary(ctx context.Context) (node, error)
	// settle waits until all members are at their places.
	settle(ctx context.Context) error
	// isolate makes a member's network silent.
	isolate(m node) (heal func())
	// stopEtcd makes etcd go away.
	stopEtcd() (start func() error)
	// switchOver hands over to another member and returns when it is done.
	switchOver(ctx context.Context, from node) error
}

// node is a member of a system.
type node interface {
	Name() ha.MemberID
	// start starts the manager, which starts the server.
	start(ctx context.Context) error
	killServer() error
	killManager() error
	freezeManager() (thaw func() error, err error)
	freezeServer() (thaw func() error, err error)
	// address is where the application reaches the server.
	address() string
	// connString is how to connect beside the network, as superuser.
	connString() string
}

// inflict does a fault to the primary and returns what undoes it, if anything
// has to.
func inflict(ctx context.Context, s system, f fault, m node) (undo func() error, err error) {
	switch f {
	case killServer:
		return nil, m.killServer()
	case killManager:
		return func() error { return m.start(ctx) }, m.killManager()
	case killNode:
		// First the network: nobody must see the end of a connection.
		heal := s.isolate(m)
		err := errors.Join(m.killManager(), m.killServer())
		return func() error { heal(); return m.start(ctx) }, err
	case freezeManager:
		return m.freezeManager()
	case freezeNode:
		thawManager, err := m.freezeManager()
		if err != nil {
			return nil, err
		}
		thawServer, err := m.freezeServer()
		if err != nil {
			return thawManager, err
		}
		// The server first: the worse of the two orders.
		return func() error { return errors.Join(thawServer(), thawManager()) }, nil
	case stopEtcd:
		return s.stopEtcd(), nil
	case switchover:
		return nil, s.switchOver(ctx, m)
	case nothing:
		return func() error { return nil }, nil
	}
	return nil, fmt.Errorf("fault %d", f)
}
