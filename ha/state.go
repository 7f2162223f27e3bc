// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

// State is where a member is on its way, as its own node sees it. It is not
// its server's [Role].
type State uint8

// The states of a node. Each has a duty, see [Duties], and the ways from one to
// the next stand in the table that [Transition] reads.
const (
	// StateStarting: the node learns what its server and the store hold. It
	// touches neither server nor data, but for stopping a writable server
	// whose right to be so cannot be shown in time.
	StateStarting State = iota
	// StateStandby: the server follows the holder of the grant, or waits.
	StateStandby
	// StateElecting: nobody holds the grant; the node fixes the end of its
	// log, publishes it, and takes the grant if it is the best candidate.
	StateElecting
	// StatePromoting: the node holds the grant and makes its server writable.
	StatePromoting
	// StatePrimary: the node holds the grant, its server accepts writes.
	StatePrimary
	// StateDemoting: the server is being stopped; afterwards the grant is
	// given back, if it is still held.
	StateDemoting
	// StateRebuilding: the data is made a standby of the primary again: by
	// following, rewinding or copying; an empty directory is filled.
	StateRebuilding
	// StateFenced: the data belongs to another database, or is none. It is
	// never touched; a person must look.
	StateFenced
	// StateStopping: the node was asked to end and is no primary any more.
	StateStopping
	// StateStopped: the node has ended.
	StateStopped
	// StateShadow: another manager is in charge; the node looks, says what it
	// would do, and does nothing.
	StateShadow
	numStates
)

var stateNames = [numStates]string{ // read-only
	"starting", "standby", "electing", "promoting", "primary", "demoting", "rebuilding", "fenced", "stopping", "stopped", "shadow",
}

// String gives the state in lower case.
func (s State) String() string { return nameOf(s, stateNames[:]) }

// MarshalText gives the form of String.
func (s State) MarshalText() ([]byte, error) { return marshalName(s, stateNames[:]) }

// UnmarshalText reads the form of String.
func (s *State) UnmarshalText(text []byte) error { return unmarshalName(s, stateNames[:], text) }

// States returns all states, in order.
func States() []State {
	all := make([]State, numStates)
	for i := range all {
		all[i] = State(i)
	}
	return all
}
