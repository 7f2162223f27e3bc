// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "fmt"

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
func (r Role) String() string {
	if r < numRoles {
		return roleNames[r]
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// ParseRole reads what String writes.
func ParseRole(s string) (Role, error) {
	for r, name := range roleNames {
		if name == s {
			return Role(r), nil
		}
	}
	return RoleUnknown, fmt.Errorf("ha: parse role %q: not a role", s)
}

// MarshalText gives the form of String.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the form of String.
func (r *Role) UnmarshalText(text []byte) error {
	v, err := ParseRole(string(text))
	if err != nil {
		return err
	}
	*r = v
	return nil
}
