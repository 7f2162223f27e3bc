// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"fmt"
	"slices"
)

// DBState is how a server is doing, in the server's own words. A word of a
// later release is kept as it is; [DBState.IsKnown] tells.
//
// Source: postmaster.cpp (wal_get_db_state_string, get_local_dbstate); the
// last eight are CM's (cm_misc.cpp).
type DBState string

// The states that a server reports.
const (
	StateUnknown       DBState = "Unknown"
	StateNormal        DBState = "Normal"         // does what its role asks
	StateNeedRepair    DBState = "Need repair"    // a standby without upstream: see [Detail] before you rebuild
	StateStarting      DBState = "Starting"       // or the receiver is not online yet; with DMS: reform runs
	StateWaitPromoting DBState = "Wait promoting" // asked the primary to step down
	StateDemoting      DBState = "Demoting"
	StatePromoting     DBState = "Promoting"
	StateBuilding      DBState = "Building" // its data is being copied
	StateCatchup       DBState = "Catchup"  // receives, and is behind
	StateCoredump      DBState = "Coredump" // the process is writing a core file
)

// The states that only CM or "gs_om -t status" reports.
const (
	StateManuallyStopped DBState = "Manually stopped"
	StateDiskDamaged     DBState = "Disk damaged"
	StatePortConflicting DBState = "Port conflicting"
	StateBuildFailed     DBState = "Build failed"
	StateReadOnly        DBState = "ReadOnly"
)

// dbStates has the states in the order of the server's numbers
// (replicainternal.h: DbState).
var dbStates = [...]DBState{
	StateUnknown, StateNormal, StateNeedRepair, StateStarting, StateWaitPromoting, StateDemoting, StatePromoting,
	StateBuilding, StateCatchup, StateCoredump,
}

// IsKnown reports whether the state is one of this package's constants. CM's
// spelling "CoreDump" is not: CM shows it for no server.
func (s DBState) IsKnown() bool {
	return slices.Contains(dbStates[:], s) || slices.Contains([]DBState{StateManuallyStopped, StateDiskDamaged,
		StatePortConflicting, StateBuildFailed, StateReadOnly}, s)
}

// Rebuild is the reason why a standby cannot follow (replicainternal.h:
// HaRebuildReason).
type Rebuild int32

// The reasons, with the server's numbers.
const (
	RebuildNone       Rebuild = iota // nothing is wrong, or nothing is known yet
	RebuildWAL                       // the upstream has no longer, or never had, the log this standby needs
	RebuildConnect                   // the upstream cannot be reached: wait, do not rebuild
	RebuildTimeline                  // another timeline
	RebuildSystemID                  // another database system
	RebuildVersion                   // another version of the server
	RebuildMode                      // the upstream is not in a role that can feed it
	RebuildDCFLogLoss                // DCF has lost log entries
	numRebuilds
)

var rebuildTexts = [numRebuilds]Detail{
	DetailNormal, "WAL segment removed", DetailDisconnected, "Timeline not matched", "System id not matched",
	"Version not matched", "Mode not matched", "DCF log loss",
}

// String gives the reason as detail_information shows it.
func (r Rebuild) String() string {
	if 0 <= r && r < numRebuilds {
		return string(rebuildTexts[r])
	}
	return fmt.Sprintf("Rebuild(%d)", int32(r))
}

// NeedsBuild reports whether only "gs_ctl build" helps. An upstream that is
// away or in the wrong role is none of these: most standbys that say "Need
// repair" heal by themselves.
func (r Rebuild) NeedsBuild() bool {
	switch r {
	case RebuildWAL, RebuildTimeline, RebuildSystemID, RebuildVersion, RebuildDCFLogLoss:
		return true
	}
	return false
}

// Detail is detail_information: one of the constants, the text of a
// [Rebuild], or, when the server did not answer, the reason why.
type Detail string

// Details that are no reason for a rebuild.
const (
	DetailNormal       Detail = "Normal"
	DetailConnecting   Detail = "Connecting..." // no receiver runs yet, or not any more
	DetailDisconnected Detail = "Disconnected"
	DetailAccessDenied Detail = "Access denied" // gs_ctl could not even try
)

// Rebuild gives the reason that the detail names, [RebuildNone] for any other
// text.
func (d Detail) Rebuild() Rebuild {
	return Rebuild(max(slices.Index(rebuildTexts[:], d), 0))
}
