// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import "math"

// params is the table of parameters, by name and release.
//
// Source: guc.cpp and guc_*.cpp of openGauss-server at the tag of each release,
// single-node build, for types, defaults, ranges and builds; walreceiver.cpp
// (g_reserve_param) of 7.0.0-RC2 for what configuration sync leaves alone. The
// scopes are this package's judgement from what the parameters do.
var params = [...]Param{
	{Name: "enable_double_write", Default: "on", Apply: ApplyRestart, Since: V311},
	{Name: "enable_segment", Default: "off", Build: BuildDebug, Since: V311, Until: V500},
	{Name: "enable_segment", Default: "off", Since: V501},
	{Name: "recovery_parse_workers", Kind: KindInt, Default: "1", Min: 1, Max: 16, Apply: ApplyRestart, Since: V311},
	{Name: "ss_disaster_mode", Kind: KindEnum, Default: "single", Values: "single|stream|dorado", Apply: ApplyRestart, Scope: ScopeEqual, Kept: true, Since: V700RC1},
	{Name: "ss_dss_conn_path", Kind: KindSocket, Default: "UDS:/tmp/.dss_unix_d_socket", Apply: ApplyRestart, Scope: ScopeHost, Kept: true, Since: V311},
	{Name: "ss_dss_data_vg_name", Kind: KindVolumeGroup, Apply: ApplyRestart, Scope: ScopeEqual, Since: V600},
	{Name: "ss_dss_vg_name", Kind: KindVolumeGroup, Apply: ApplyRestart, Scope: ScopeEqual, Kept: true, Since: V311, Until: V600RC1},
	{Name: "ss_dss_xlog_vg_name", Kind: KindVolumeGroup, Apply: ApplyRestart, Scope: ScopeEqual, Since: V600},
	{Name: "ss_enable_aio", Default: "on", Since: V311, Until: V311},
	{Name: "ss_enable_aio", Default: "on", Apply: ApplyRestart, Since: V500},
	{Name: "ss_enable_bcast_getoldestxmin", Default: "off", Apply: ApplyRestart, Scope: ScopeEqual, Since: V600},
	{Name: "ss_enable_bcast_snapshot", Default: "off", Apply: ApplyRestart, Scope: ScopeEqual, Since: V510},
	{Name: "ss_enable_catalog_centralized", Default: "on", Apply: ApplyRestart, Scope: ScopeAlike, Kept: true, Since: V311},
	// The server spells it so.
	{Name: "ss_enable_distirbution_storage", Default: "off", Apply: ApplyRestart, Scope: ScopeEqual, Since: V700RC2},
	{Name: "ss_enable_dms", Default: "off", Apply: ApplyRestart, Scope: ScopeEqual, Kept: true, Since: V311},
	{Name: "ss_enable_dorado", Default: "off", Apply: ApplyRestart, Scope: ScopeEqual, Since: V510, Until: V602},
	{Name: "ss_enable_dss", Default: "off", Apply: ApplyRestart, Scope: ScopeEqual, Kept: true, Since: V311},
	{Name: "ss_enable_dynamic_trace", Default: "on", Apply: ApplyRestart, Since: V600, Until: V601},
	{Name: "ss_enable_dynamic_trace", Default: "off", Apply: ApplyRestart, Since: V602},
	{Name: "ss_enable_log_level", Default: "off", Apply: ApplyRestart, Since: V311, Until: V311},
	{Name: "ss_enable_ondemand_realtime_build", Default: "off", Apply: ApplyRestart, Scope: ScopeAlike, Kept: true, Since: V600RC1},
	{Name: "ss_enable_ondemand_recovery", Default: "off", Apply: ApplyRestart, Scope: ScopeAlike, Kept: true, Since: V501},
	{Name: "ss_enable_reform", Default: "on", Apply: ApplyRestart, Scope: ScopeEqual, Build: BuildDebug, Since: V311, Until: V600RC1},
	{Name: "ss_enable_reform_trace", Default: "on", Apply: ApplyRestart, Since: V600, Until: V601},
	{Name: "ss_enable_reform_trace", Default: "off", Apply: ApplyRestart, Since: V602},
	{Name: "ss_enable_scrlock", Default: "off", Apply: ApplyRestart, Scope: ScopeEqual, Since: V311},
	{Name: "ss_enable_scrlock_sleep_mode", Default: "on", Apply: ApplyRestart, Since: V311},
	{Name: "ss_enable_ssl", Default: "on", Apply: ApplyRestart, Scope: ScopeEqual, Since: V311},
	{Name: "ss_enable_verify_page", Default: "on", Build: BuildDebug, Since: V311},
	{Name: "ss_enable_vtable", Default: "off", Apply: ApplyRestart, Scope: ScopeEqual, Since: V700RC2},
	{Name: "ss_fi_cpu_latency_entries", Kind: KindList, Build: BuildDebug, Since: V600},
	{Name: "ss_fi_cpu_latency_ms", Kind: KindInt, Default: "10", Min: 0, Max: math.MaxInt32, Build: BuildDebug, Since: V600},
	{Name: "ss_fi_custom_fault_entries", Kind: KindList, Build: BuildDebug, Since: V600},
	{Name: "ss_fi_custom_fault_param", Kind: KindInt, Default: "3000", Min: 0, Max: math.MaxInt32, Build: BuildDebug, Since: V600},
	{Name: "ss_fi_net_latency_entries", Kind: KindList, Build: BuildDebug, Since: V600},
	{Name: "ss_fi_net_latency_ms", Kind: KindInt, Default: "10", Min: 0, Max: math.MaxInt32, Build: BuildDebug, Since: V600},
	{Name: "ss_fi_packet_loss_entries", Kind: KindList, Build: BuildDebug, Since: V600},
	{Name: "ss_fi_packet_loss_prob", Kind: KindInt, Default: "10", Min: 0, Max: 100, Build: BuildDebug, Since: V600},
	{Name: "ss_fi_process_fault_entries", Kind: KindList, Build: BuildDebug, Since: V600},
	{Name: "ss_fi_process_fault_prob", Kind: KindInt, Default: "10", Min: 0, Max: 100, Build: BuildDebug, Since: V600},
	{Name: "ss_htap_cluster_map", Kind: KindText, Apply: ApplyRestart, Build: BuildHTAP, Since: V700RC2},
	{Name: "ss_instance_id", Kind: KindInt, Default: "0", Min: 0, Max: 63, Apply: ApplyRestart, Scope: ScopeUnique, Kept: true, Since: V311},
	{Name: "ss_interconnect_channel_count", Kind: KindInt, Default: "16", Min: 1, Max: 32, Apply: ApplyRestart, Scope: ScopeAlike, Since: V311},
	{Name: "ss_interconnect_type", Kind: KindWord, Default: "TCP", Values: "TCP|RDMA", Apply: ApplyRestart, Scope: ScopeEqual, Since: V311},
	{Name: "ss_interconnect_url", Kind: KindURL, Default: "0:127.0.0.1:1611", Apply: ApplyRestart, Scope: ScopeEqual, Since: V311},
	{Name: "ss_log_backup_file_count", Kind: KindInt, Default: "10", Min: 0, Max: 1024, Since: V500},
	{Name: "ss_log_level", Kind: KindInt, Default: "7", Min: 0, Max: 887, Since: V500},
	{Name: "ss_log_max_file_size", Kind: KindInt, Unit: UnitKB, Default: "10240", Min: 1024, Max: 4194304, Since: V500},
	{Name: "ss_max_imcs_cache", Kind: KindInt, Unit: UnitKB, Default: "131072", Min: 0, Max: math.MaxInt32, Apply: ApplyRestart, Build: BuildHTAP, Since: V700RC2},
	{Name: "ss_ock_log_path", Kind: KindText, Apply: ApplyRestart, Kept: true, Since: V311},
	{Name: "ss_ondemand_recovery_mem_size", Kind: KindInt, Unit: UnitKB, Default: "4194304", Min: 1048576, Max: 104857600, Apply: ApplyRestart, Since: V501},
	{Name: "ss_parallel_thread_count", Kind: KindInt, Default: "16", Min: 0, Max: 64, Apply: ApplyRestart, Since: V501},
	{Name: "ss_rdma_work_config", Kind: KindCores, Apply: ApplyRestart, Kept: true, Since: V311},
	{Name: "ss_recv_msg_pool_size", Kind: KindInt, Unit: UnitKB, Default: "16384", Min: 1024, Max: 1048576, Apply: ApplyRestart, Scope: ScopeAlike, Since: V311, Until: V602},
	{Name: "ss_recv_msg_pool_size", Kind: KindInt, Unit: UnitKB, Default: "65536", Min: 32768, Max: 1048576, Apply: ApplyRestart, Scope: ScopeAlike, Since: V700RC1},
	{Name: "ss_scrlock_server_bind_core", Kind: KindCores, Apply: ApplyRestart, Since: V311},
	{Name: "ss_scrlock_server_port", Kind: KindInt, Default: "8000", Min: 0, Max: 65535, Apply: ApplyRestart, Kept: true, Since: V311, Until: V510},
	{Name: "ss_scrlock_server_port", Kind: KindInt, Default: "8000", Min: 1024, Max: 65535, Apply: ApplyRestart, Kept: true, Since: V600RC1},
	{Name: "ss_scrlock_worker_bind_core", Kind: KindCores, Apply: ApplyRestart, Since: V311},
	{Name: "ss_scrlock_worker_count", Kind: KindInt, Default: "2", Min: 2, Max: 16, Apply: ApplyRestart, Since: V311},
	{Name: "ss_stream_cluster", Default: "off", Apply: ApplyRestart, Scope: ScopeEqual, Since: V600RC1, Until: V602},
	// Besides its range: 0, or at least 8192 and a multiple of 256.
	{Name: "ss_txnstatus_cache_size", Kind: KindInt, Default: "131072", Min: 0, Max: 524288, Apply: ApplyRestart, Since: V510},
	{Name: "ss_work_thread_count", Kind: KindInt, Default: "32", Min: 16, Max: 128, Apply: ApplyRestart, Scope: ScopeAlike, Since: V311},
	{Name: "ss_work_thread_pool_attr", Kind: KindCount, Min: 16, Max: 128, Apply: ApplyRestart, Scope: ScopeAlike, Since: V600RC1},
	{Name: "ssl", Default: "off", Apply: ApplyRestart, Kept: true, Since: V311},
	{Name: "temp_tablespaces", Kind: KindText, Apply: ApplySession, Since: V311},
}
