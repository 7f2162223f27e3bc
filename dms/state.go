// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

// NodeState is what a server does about its role. The numbers are those of the
// server (replicainternal.h, ClusterNodeState).
type NodeState uint8

// The states.
const (
	NodeNormal                 NodeState = iota // nothing: it keeps its role
	NodeSmartDemoteRequested                    // asked to demote when its clients are gone
	NodeFastDemoteRequested                     // asked to demote at once
	NodeExtremeDemoteRequested                  // asked to demote without waiting for anything
	NodeStandbyWaiting                          // a standby asked for a switchover and waits
	NodePrimaryDemoting                         // the primary demotes
	NodePromoteApproved                         // the primary has demoted and lets the standby go on
	NodeStandbyRedirected                       // another standby is promoted, this one turns to it
	NodeStandbyPromoting                        // a standby promotes in a switchover
	NodeFailoverPromoting                       // a standby promotes in a failover
	NodeDemotingCatchUp                         // the primary demotes and waits for a standby to catch up
	NodeDemoteFailed                            // demoting failed
	NodeStandbyPromoted                         // a standby has been promoted
)

var nodeStateWords = words{ // read-only
	NodeNormal:                 {"normal", "NODESTATE_NORMAL"},
	NodeSmartDemoteRequested:   {"smart-demote-requested", "NODESTATE_SMART_DEMOTE_REQUEST"},
	NodeFastDemoteRequested:    {"fast-demote-requested", "NODESTATE_FAST_DEMOTE_REQUEST"},
	NodeExtremeDemoteRequested: {"extreme-demote-requested", "NODESTATE_EXTRM_FAST_DEMOTE_REQUEST"},
	NodeStandbyWaiting:         {"standby-waiting", "NODESTATE_STANDBY_WAITING"},
	NodePrimaryDemoting:        {"primary-demoting", "NODESTATE_PRIMARY_DEMOTING"},
	NodePromoteApproved:        {"promote-approved", "NODESTATE_PROMOTE_APPROVE"},
	NodeStandbyRedirected:      {"standby-redirected", "NODESTATE_STANDBY_REDIRECT"},
	NodeStandbyPromoting:       {"standby-promoting", "NODESTATE_STANDBY_PROMOTING"},
	NodeFailoverPromoting:      {"failover-promoting", "NODESTATE_STANDBY_FAILOVER_PROMOTING"},
	NodeDemotingCatchUp:        {"demoting-catch-up", "NODESTATE_PRIMARY_DEMOTING_WAIT_CATCHUP"},
	NodeDemoteFailed:           {"demote-failed", "NODESTATE_DEMOTE_FAILED"},
	NodeStandbyPromoted:        {"standby-promoted", "NODESTATE_STANDBY_PROMOTED"},
}

// ParseNodeState reads a state by its name or the server's identifier. Letter
// case does not matter. The error wraps [ErrFormat].
func ParseNodeState(s string) (NodeState, error) {
	return parseWord[NodeState](nodeStateWords, "node state", s)
}

// String returns the name, for example "smart-demote-requested".
func (n NodeState) String() string { return nodeStateWords.name("NodeState", int(n)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (n NodeState) MarshalText() ([]byte, error) { return nodeStateWords.marshal("node state", int(n)) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseNodeState].
func (n *NodeState) UnmarshalText(text []byte) error {
	return unmarshalWord(n, nodeStateWords, "node state", text)
}

// ClusterState says how far the recovery of a cluster is. The numbers are those
// in the control file (ss_common_attr.h, SSGlobalClusterState).
type ClusterState uint8

// The states.
const (
	ClusterOnDemandBuild ClusterState = iota // on-demand recovery reads the log; no writes yet
	ClusterOnDemandRedo                      // pages are replayed when they are needed; clients are served
	ClusterNormal                            // no recovery is under way
)

var clusterStateWords = words{ // read-only
	ClusterOnDemandBuild: {"on-demand-build", "in on-demand build", "ONDEMAND_RECOVERY_BUILD"},
	ClusterOnDemandRedo:  {"on-demand-redo", "in on-demand redo", "ONDEMAND_RECOVERY_REDO"},
	ClusterNormal:        {"normal"},
}

// ParseClusterState reads a state by its name, or as pg_controldata or SQL
// writes it. Letter case does not matter. The error wraps [ErrFormat].
func ParseClusterState(s string) (ClusterState, error) {
	return parseWord[ClusterState](clusterStateWords, "cluster state", s)
}

// String returns the name, for example "on-demand-redo".
func (c ClusterState) String() string { return clusterStateWords.name("ClusterState", int(c)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (c ClusterState) MarshalText() ([]byte, error) {
	return clusterStateWords.marshal("cluster state", int(c))
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseClusterState].
func (c *ClusterState) UnmarshalText(text []byte) error {
	return unmarshalWord(c, clusterStateWords, "cluster state", text)
}

// RunMode says which part a cluster plays in a pair of clusters. The numbers are
// those in the control file.
type RunMode uint8

// The parts.
const (
	RunModePrimary RunMode = iota // accepts writes, or stands alone
	RunModeStandby                // follows the other cluster
)

var runModeWords = words{ // read-only
	RunModePrimary: {"primary", "primary cluster", "cluster_primary"},
	RunModeStandby: {"standby", "standby cluster", "cluster_standby"},
}

// ParseRunMode reads a part by its name, as pg_controldata or "gaussdb -z"
// writes it. Letter case does not matter. The error wraps [ErrFormat].
func ParseRunMode(s string) (RunMode, error) { return parseWord[RunMode](runModeWords, "run mode", s) }

// String returns the name, for example "standby".
func (r RunMode) String() string { return runModeWords.name("RunMode", int(r)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (r RunMode) MarshalText() ([]byte, error) { return runModeWords.marshal("run mode", int(r)) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseRunMode].
func (r *RunMode) UnmarshalText(text []byte) error {
	return unmarshalWord(r, runModeWords, "run mode", text)
}

// LockMode is how an instance holds a page or a lock. The numbers are those of
// the library (dms_api.h, dms_lock_mode_t).
type LockMode uint8

// The modes.
const (
	LockNone      LockMode = iota // not at all
	LockShare                     // to read
	LockExclusive                 // to write
)

var lockModeWords = words{ // read-only
	LockNone:      {"none", "No lock"},
	LockShare:     {"share", "Share lock"},
	LockExclusive: {"exclusive", "Exclusive lock"},
}

// ParseLockMode reads a mode by its name or as SQL writes it. Letter case does
// not matter. The error wraps [ErrFormat].
func ParseLockMode(s string) (LockMode, error) {
	return parseWord[LockMode](lockModeWords, "lock mode", s)
}

// String returns the name, for example "share".
func (l LockMode) String() string { return lockModeWords.name("LockMode", int(l)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (l LockMode) MarshalText() ([]byte, error) { return lockModeWords.marshal("lock mode", int(l)) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseLockMode].
func (l *LockMode) UnmarshalText(text []byte) error {
	return unmarshalWord(l, lockModeWords, "lock mode", text)
}

// BuildState is what a standby's realtime build does, which keeps the log ready
// for a failover (ss_dms_recovery.h, ondemand_realtime_build_status_t).
type BuildState uint8

// The states.
const (
	BuildDisabled   BuildState = iota // off
	BuildNormal                       // follows the primary's log
	BuildReady                        // may begin
	BuildToDisabled                   // is being switched off
	BuildToRedo                       // goes over to replay in a failover
)

var buildStateWords = words{ // read-only
	BuildDisabled:   {"disabled", "DISABLED"},
	BuildNormal:     {"normal", "BUILD_NORMAL"},
	BuildReady:      {"ready", "READY_TO_BUILD"},
	BuildToDisabled: {"to-disabled", "BUILD_TO_DISABLED"},
	BuildToRedo:     {"to-redo", "BUILD_TO_REDO"},
}

// ParseBuildState reads a state by its name or as SQL writes it. Letter case
// does not matter. The error wraps [ErrFormat].
func ParseBuildState(s string) (BuildState, error) {
	return parseWord[BuildState](buildStateWords, "build state", s)
}

// String returns the name, for example "normal".
func (b BuildState) String() string { return buildStateWords.name("BuildState", int(b)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (b BuildState) MarshalText() ([]byte, error) {
	return buildStateWords.marshal("build state", int(b))
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseBuildState].
func (b *BuildState) UnmarshalText(text []byte) error {
	return unmarshalWord(b, buildStateWords, "build state", text)
}

// PauseState is why on-demand recovery pauses
// (ss_dms_recovery.h, ondemand_recovery_pause_status_t).
type PauseState uint8

// The states.
const (
	PauseNone      PauseState = iota // it does not
	PauseSync                        // for a record that needs the others to be done
	PauseHashmap                     // the map of pages is full
	PauseSegQueue                    // the queue of segment records is full
	PauseTrxnQueue                   // the queue of transactions is full
)

var pauseStateWords = words{ // read-only
	PauseNone:      {"none", "NOT PAUSE"},
	PauseSync:      {"sync-record", "PAUSE(for sync record)"},
	PauseHashmap:   {"hashmap-full", "PAUSE(for hashmap full)"},
	PauseSegQueue:  {"seg-queue-full", "PAUSE(for seg queue full)"},
	PauseTrxnQueue: {"trxn-queue-full", "PAUSE(for trxn queue full)"},
}

// ParsePauseState reads a state by its name or as SQL writes it. Letter case
// does not matter. The error wraps [ErrFormat].
func ParsePauseState(s string) (PauseState, error) {
	return parseWord[PauseState](pauseStateWords, "pause state", s)
}

// String returns the name, for example "sync-record".
func (p PauseState) String() string { return pauseStateWords.name("PauseState", int(p)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (p PauseState) MarshalText() ([]byte, error) {
	return pauseStateWords.marshal("pause state", int(p))
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParsePauseState].
func (p *PauseState) UnmarshalText(text []byte) error {
	return unmarshalWord(p, pauseStateWords, "pause state", text)
}
