// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"fmt"
	"strings"
)

// ConflictKind says what contradicts what in a [Conflict]. Its text is stable
// and made for programs: "one-sided".
type ConflictKind uint8

// The kinds of conflict. The first group is about the members of a [Mesh], the
// second about the values from which [Rebuild] makes one.
const (
	ConflictName        ConflictKind = iota + 1 // a member has no name, or that of another
	ConflictEndpoint                            // a member has no host or port, or one that no value can carry
	ConflictCluster                             // members do not fall into one cluster, or two with disaster recovery
	ConflictRecovery                            // both kinds of disaster recovery, or none between two clusters
	ConflictTooMany                             // a member needs more than eight settings of a kind
	ConflictPort                                // two listeners on the same address and port
	ConflictInvalid                             // a value does not parse; Err says why
	ConflictSeveral                             // a value has several channels, the server uses the first
	ConflictSelf                                // a channel leads to its own member
	ConflictDuplicate                           // two settings of a member lead to the same peer
	ConflictUnknownPeer                         // no member listens where a channel leads
	ConflictOneSided                            // the peer has no channel back
	ConflictUnlinked                            // two members that need a channel have none, in neither direction
	ConflictLocal                               // settings of one member disagree on its own side
	ConflictRemote                              // a channel says of the peer what the peer does not say of itself
	ConflictFlags                               // flags disagree with those of other channels
)

var conflictKinds = labels{ // read-only
	ConflictName:        {"name", "member names must be given and different"},
	ConflictEndpoint:    {"endpoint", "host and port must be given and valid"},
	ConflictCluster:     {"cluster", "cluster must be 0 or 1, linked as such"},
	ConflictRecovery:    {"recovery", "disaster recovery of one kind needs two clusters, two clusters need it"},
	ConflictTooMany:     {"too-many", "more channels than settings"},
	ConflictPort:        {"port", "address and port are used twice"},
	ConflictInvalid:     {"invalid", "value is not valid"},
	ConflictSeveral:     {"several", "several channels in one value"},
	ConflictSelf:        {"self", "channel leads to its own member"},
	ConflictDuplicate:   {"duplicate", "another setting leads to the same peer"},
	ConflictUnknownPeer: {"unknown-peer", "no member listens there"},
	ConflictOneSided:    {"one-sided", "the peer has no channel back"},
	ConflictUnlinked:    {"unlinked", "no channel in either direction"},
	ConflictLocal:       {"local", "differs from the member's other settings"},
	ConflictRemote:      {"remote", "differs from what the peer says of itself"},
	ConflictFlags:       {"flags", "differs from what other channels imply"},
}

// String returns the kind's code, for example "one-sided".
func (k ConflictKind) String() string { return conflictKinds.code("ConflictKind", uint8(k)) }

// MarshalText implements [encoding.TextMarshaler] with the code.
func (k ConflictKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Conflict is one contradiction in a mesh or between the values of its
// members. Fields that do not matter for the kind are zero.
type Conflict struct {
	Kind      ConflictKind
	Member    string
	Slot      Slot   // of the member
	Peer      string // the other member
	OtherSlot Slot   // the other setting: of the member for ConflictDuplicate, else of the peer
	Key       string // the key on which they disagree
	Got, Want string
	Err       error // of ConflictInvalid
}

// Error says it in one line.
func (c Conflict) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "member %q: ", c.Member)
	if c.Slot.IsValid() {
		fmt.Fprintf(&b, "%s: ", c.Slot)
	}
	if c.Key != "" {
		fmt.Fprintf(&b, "%s: ", c.Key)
	}
	fmt.Fprintf(&b, "%s (%s)", conflictKinds.text(uint8(c.Kind)), c.Kind)
	if c.Peer != "" {
		fmt.Fprintf(&b, ", peer %q", c.Peer)
	}
	if c.OtherSlot.IsValid() {
		fmt.Fprintf(&b, ", %s", c.OtherSlot)
	}
	if c.Got != "" || c.Want != "" {
		fmt.Fprintf(&b, ": %q", c.Got)
		if c.Want != "" {
			fmt.Fprintf(&b, ", want %q", c.Want)
		}
	}
	if c.Err != nil {
		b.WriteString(": " + strings.TrimPrefix(c.Err.Error(), "replconn: "))
	}
	return b.String()
}

// Unwrap returns the cause of ConflictInvalid.
func (c Conflict) Unwrap() error { return c.Err }

// MeshError holds all conflicts of a [Mesh] that cannot be written as values.
type MeshError struct {
	Conflicts []Conflict // never empty
}

// Error lists all conflicts.
func (e *MeshError) Error() string {
	parts := make([]string, len(e.Conflicts))
	for i, c := range e.Conflicts {
		parts[i] = c.Error()
	}
	return "replconn: invalid mesh: " + strings.Join(parts, "; ")
}

// Unwrap returns the conflicts one by one.
func (e *MeshError) Unwrap() []error {
	errs := make([]error, len(e.Conflicts))
	for i, c := range e.Conflicts {
		errs[i] = c
	}
	return errs
}
