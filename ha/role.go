// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

// Role is what a server is in its cluster, in openGauss's words.
type Role uint8

// The roles of servers.
const (
	RoleUnknown     Role = iota // could not be learned
	RolePrimary                 // accepts writes
	RoleStandby                 // receives the log from the primary
	RoleCascade                 // cascade standby: receives the log from a standby
	RoleMainStandby             // first standby of a standby cluster: receives from the other cluster
	RolePending                 // runs and waits to be told its role
	RoleNormal                  // runs alone: accepts writes, no replication configured
	numRoles
)

var roleNames = [numRoles]string{ // read-only
	RoleUnknown: "unknown", RolePrimary: "primary", RoleStandby: "standby", RoleCascade: "cascade standby",
	RoleMainStandby: "main standby", RolePending: "pending", RoleNormal: "normal",
}

// String gives the role in lower case, "cascade standby" for instance.
func (r Role) String() string { return nameOf(r, roleNames[:]) }

// MarshalText gives the form of String.
func (r Role) MarshalText() ([]byte, error) { return marshalName(r, roleNames[:]) }

// UnmarshalText reads the form of String.
func (r *Role) UnmarshalText(text []byte) error { return unmarshalName(r, roleNames[:], text) }

// ParseRole reads what String writes.
func ParseRole(s string) (Role, error) {
	var r Role
	err := r.UnmarshalText([]byte(s))
	return r, err
}
