// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"fmt"
	"strings"
)

// Role is what a node is in a DCF group. The numbers are those of the library
// (dcf_interface.h, dcf_role_t).
type Role uint8

// The roles. The first four can stand in a configuration; the last two are
// states on the way to being leader, seen in reports only.
const (
	RoleUnknown      Role = iota // not known
	RoleLeader                   // accepts writes; in a configuration: is preferred as leader
	RoleFollower                 // has the log and the data, votes, can become leader
	RoleLogger                   // has the log and votes, has no data, can not become leader
	RolePassive                  // has the log and the data, has no vote
	RolePreCandidate             // asks whether it could win an election
	RoleCandidate                // asks for votes
)

var roleNames = [...]string{
	RoleUnknown: "UNKNOWN", RoleLeader: "LEADER", RoleFollower: "FOLLOWER", RoleLogger: "LOGGER",
	RolePassive: "PASSIVE", RolePreCandidate: "PRE_CANDIDATE", RoleCandidate: "CANDIDATE",
}

// ParseRole reads a role's name in any letter case, as the library does
// (metadata.c, md_get_roletype_by_name).
func ParseRole(s string) (Role, error) {
	for r, name := range roleNames {
		if strings.EqualFold(s, name) && len(s) == len(name) {
			return Role(r), nil
		}
	}
	return RoleUnknown, fmt.Errorf("dcf: parse role %q: want LEADER, FOLLOWER, LOGGER or PASSIVE", s)
}

// String returns the name that the library writes: "FOLLOWER".
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// IsConfigurable reports whether the role can stand in dcf_config.
func (r Role) IsConfigurable() bool { return r >= RoleLeader && r <= RolePassive }

// IsVoter reports whether a node with this role votes and counts for a
// majority: all but passive and unknown nodes.
func (r Role) IsVoter() bool {
	return r >= RoleLeader && r <= RoleCandidate && r != RolePassive
}

// IsElectable reports whether a node with this role can become leader.
func (r Role) IsElectable() bool { return r.IsVoter() && r != RoleLogger }

// MarshalText implements [encoding.TextMarshaler] with the name. A number that
// is no role is an error.
func (r Role) MarshalText() ([]byte, error) {
	if int(r) >= len(roleNames) {
		return nil, fmt.Errorf("dcf: write role: %s is not a role", r)
	}
	return []byte(r.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseRole].
func (r *Role) UnmarshalText(text []byte) error {
	got, err := ParseRole(string(text))
	if err != nil {
		return err
	}
	*r = got
	return nil
}
