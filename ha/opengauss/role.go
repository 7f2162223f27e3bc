// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"fmt"
	"slices"

	"github.com/gausskit/gausskit/ha"
)

// roleTexts are the roles as the server and gs_ctl write them
// (walreceiverfuncs.cpp: wal_get_role_string, pg_ctl.cpp: serverModeMap).
var roleTexts = [...]string{
	ha.RoleUnknown: "Unknown", ha.RolePrimary: "Primary", ha.RoleStandby: "Standby", ha.RoleCascade: "Cascade Standby",
	ha.RoleMainStandby: "Main Standby", ha.RolePending: "Pending", ha.RoleNormal: "Normal",
}

// ParseRole reads a local role as openGauss writes it, "Cascade Standby" for
// instance. Letter case counts, as it does for CM. A text that is no role is an
// error that wraps [ErrFormat]: who acts on a role must not guess it.
func ParseRole(text string) (ha.Role, error) {
	i := slices.Index(roleTexts[:], text)
	if i < 0 {
		return ha.RoleUnknown, fmt.Errorf("%w: role %q: want one of %q", ErrFormat, text, roleTexts)
	}
	return ha.Role(i), nil
}

// FormatRole writes a role as openGauss does.
func FormatRole(r ha.Role) string {
	if int(r) < len(roleTexts) {
		return roleTexts[r]
	}
	return r.String()
}

// PeerRole is the role of the server at the other end of a channel. Besides
// the roles of [ParseRole] it can be one of the constants below.
type PeerRole string

// Peers that have no role of their own in a cluster.
const (
	PeerSecondary      PeerRole = "Secondary"              // keeps log for a standby that is away; has no data
	PeerStandbyCluster PeerRole = "StandbyCluster_Standby" // a member of the standby cluster, over shared storage
)

// Role gives the peer's role in this package's words, [ha.RoleUnknown] for one
// that has none.
func (p PeerRole) Role() ha.Role {
	r, err := ParseRole(string(p))
	if err != nil {
		return ha.RoleUnknown
	}
	return r
}

// ServerMode is the role in gaussdb.state (replicainternal.h: ServerMode).
type ServerMode int32

// The modes, with the server's numbers.
const (
	ModeUnknown        ServerMode = iota // set when the postmaster starts
	ModeNormal                           // runs alone
	ModePrimary                          // accepts writes
	ModeStandby                          // receives from the primary
	ModeCascade                          // receives from a standby
	ModePending                          // waits to be told its role
	ModeRecovery                         // inside the server only
	ModeStandbyCluster                   // inside the server only
	ModeMainStandby                      // first standby of a standby cluster
	numModes
)

var modeRoles = [numModes]ha.Role{
	ModeNormal: ha.RoleNormal, ModePrimary: ha.RolePrimary, ModeStandby: ha.RoleStandby, ModeCascade: ha.RoleCascade,
	ModePending: ha.RolePending, ModeMainStandby: ha.RoleMainStandby,
}

// Role gives the role that the mode stands for, [ha.RoleUnknown] for those
// that are no role.
func (m ServerMode) Role() ha.Role {
	if 0 <= m && m < numModes {
		return modeRoles[m]
	}
	return ha.RoleUnknown
}

// ModeOf gives the mode that stands for a role.
func ModeOf(r ha.Role) ServerMode {
	return ServerMode(max(slices.Index(modeRoles[:], r), 0))
}

// String gives the text that gs_ctl shows for the mode, and the name for the
// two that it never shows.
func (m ServerMode) String() string {
	switch {
	case m == ModeRecovery:
		return "Recovery"
	case m == ModeStandbyCluster:
		return "Standby Cluster"
	case 0 <= m && m < numModes:
		return FormatRole(m.Role())
	}
	return fmt.Sprintf("ServerMode(%d)", int32(m))
}
