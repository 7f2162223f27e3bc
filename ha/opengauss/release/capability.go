// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package release

import "fmt"

// Capability is something that some releases have and others lack.
type Capability uint8

// What differs between releases, as far as a manager sees it.
const (
	// StateFileChannel: gaussdb.state says which channel is in use (72 bytes
	// that mean something to their end; replicainternal.h: GaussState).
	StateFileChannel Capability = iota
	// MainStandby: the role of the first standby of a standby cluster, and
	// "gs_ctl start -M hadr_main_standby".
	MainStandby
	// CrossClusterBuild: "gs_ctl build -b cross_cluster_full" and its kin,
	// and copy_secure_files, copy_upgrade_file.
	CrossClusterBuild
	// BuildCheckMode: "gs_ctl build -b check" shows as a mode of its own in
	// gaussdb.state.
	BuildCheckMode
	// VerifyCommit: "gs_ctl build --verify-commit".
	VerifyCommit
	// SwitchoverCancel: gs_ctl takes a switchover back that ran out of time
	// (file switchover_timeout).
	SwitchoverCancel
	// StartWalReceiver: "gs_ctl startwalrcv".
	StartWalReceiver
	// DCFFailoverRefused: "gs_ctl failover" refuses to run in DCF mode. Where
	// this is missing the tool sends the request.
	DCFFailoverRefused
	// TermLog: gs_write_term_log(), which puts the primary's term into its log.
	TermLog
	// HADRStatus: gs_hadr_local_rto_and_rpo_stat() and its kin.
	HADRStatus
	// SharedStorage: parameters ss_..., pg_controldata --enable-dss.
	SharedStorage
	// ReformPage: pg_controldata prints the reform page.
	ReformPage
	// ClusterRunMode: the reform page holds the cluster's run mode.
	ClusterRunMode
	// ReformInfo: query_node_reform_info().
	ReformInfo
	// GucBackupName: gs_guc works on postgresql.conf.guc.bak; without it on
	// postgresql.conf.bak, which ALTER SYSTEM uses, too.
	GucBackupName
	numCapabilities
)

// capabilities was read from the source of every release: pg_ctl.cpp,
// replicainternal.h, pg_controldata.cpp, gs_guc, builtin_funcs.ini.
var capabilities = [numCapabilities]struct {
	name string
	in   Set
}{
	StateFileChannel:   {"state-file-channel", all &^ (1 << V210)},
	MainStandby:        {"main-standby", all &^ (1 << V210)},
	CrossClusterBuild:  {"cross-cluster-build", all &^ (1 << V210)},
	BuildCheckMode:     {"build-check-mode", all &^ (to311 | 1<<V500)},
	VerifyCommit:       {"verify-commit", 1 << V700RC2},
	SwitchoverCancel:   {"switchover-cancel", from510 | 1<<V306},
	StartWalReceiver:   {"start-wal-receiver", from510&^(1<<V510|1<<V600RC1|1<<V600) | 1<<V306},
	DCFFailoverRefused: {"dcf-failover-refused", all &^ (1<<V210 | 1<<V300 | 1<<V301 | 1<<V302 | 1<<V303 | 1<<V310)},
	TermLog:            {"term-log", all &^ (1 << V210)},
	HADRStatus:         {"hadr-status", all &^ (1 << V210)},
	SharedStorage:      {"shared-storage", all&^to311 | 1<<V311},
	ReformPage:         {"reform-page", all &^ to311},
	ClusterRunMode:     {"cluster-run-mode", all &^ (to311 | 1<<V500)},
	ReformInfo:         {"reform-info", from510},
	GucBackupName:      {"guc-backup-name", all &^ (1<<V210 | 1<<V300 | 1<<V301 | 1<<V302 | 1<<V310)},
}

const (
	to311   Set = 1<<V210 | 1<<V300 | 1<<V301 | 1<<V302 | 1<<V303 | 1<<V305 | 1<<V306 | 1<<V310 | 1<<V311
	from510 Set = 1<<V510 | 1<<V600RC1 | 1<<V600 | 1<<V601 | 1<<V602 | 1<<V700RC1 | 1<<V700RC2
)

// String gives the capability's name, "main-standby" for instance.
func (c Capability) String() string {
	if c < numCapabilities {
		return capabilities[c].name
	}
	return fmt.Sprintf("Capability(%d)", uint8(c))
}

// Releases gives the releases that have the capability.
func (c Capability) Releases() Set {
	if c < numCapabilities {
		return capabilities[c].in
	}
	return 0
}

// Can reports whether the release has the capability. An unknown release has
// none.
func (r Release) Can(c Capability) bool { return c.Releases().Has(r) }
