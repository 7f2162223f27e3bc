// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import "github.com/gausskit/gausskit/ha/opengauss/release"

const every release.Set = 1<<(release.V700RC2+1) - 2

// knownNames lists the parameters that the servers of a set of releases know,
// one list per set, names sorted and between blanks.
//
// Source: the tables of guc.cpp and guc_*.cpp of each release, single-node
// build without assertions.
var knownNames = [...]struct {
	in    release.Set
	names string
}{
	{every, "" +
		"DateStyle FencedUDFMemoryLimit IntervalStyle IsInplaceUpgrade RepOriginId TimeZone UDFWorkerMemHardLimit " +
		"acce_min_datasize_per_thread acceleration_with_compute_pool advance_xlog_file_num alarm_component " +
		"alarm_report_interval allocate_mem_cost allow_concurrent_tuple_update allow_system_table_mods analysis_options " +
		"application_name archive_command archive_dest archive_mode archive_timeout array_nulls asp_flush_mode asp_flush_rate " +
		"asp_log_directory asp_log_filename asp_retention_days asp_sample_interval asp_sample_num audit_copy_exec " +
		"audit_data_format audit_database_process audit_directory audit_dml_state audit_dml_state_select audit_enabled " +
		"audit_file_remain_threshold audit_file_remain_time audit_function_exec audit_grant_revoke audit_login_logout " +
		"audit_resource_policy audit_rotation_interval audit_rotation_size audit_set_parameter audit_space_limit " +
		"audit_system_object audit_user_locked audit_user_violation auth_iteration_count authentication_timeout " +
		"auto_explain_level autoanalyze autoanalyze_timeout autocommit autovacuum autovacuum_analyze_scale_factor " +
		"autovacuum_analyze_threshold autovacuum_freeze_max_age autovacuum_io_limits autovacuum_max_workers autovacuum_mode " +
		"autovacuum_naptime autovacuum_vacuum_cost_delay autovacuum_vacuum_cost_limit autovacuum_vacuum_scale_factor " +
		"autovacuum_vacuum_threshold available_zone backend_flush_after backslash_quote backtrace_min_messages " +
		"backwrite_quantity basebackup_timeout bbox_blanklist_items bbox_dump_count bbox_dump_path behavior_compat_options " +
		"bgwriter_delay bgwriter_flush_after bgwriter_lru_maxpages bgwriter_lru_multiplier block_size bulk_read_ring_size " +
		"bulk_write_ring_size bytea_output cache_connection candidate_buf_percent_target catchup2normal_wait_time cgroup_name " +
		"check_function_bodies check_implicit_conversions checkpoint_completion_target checkpoint_flush_after " +
		"checkpoint_segments checkpoint_timeout checkpoint_wait_timeout checkpoint_warning client_encoding " +
		"client_min_messages cn_send_buffer_size codegen_cost_threshold codegen_strategy comm_proxy_attr commit_delay " +
		"commit_siblings config_file connection_alarm_rate connection_info constraint_exclusion convert_string_to_digit " +
		"cost_param cost_weight_index cpu_collect_timer cpu_index_tuple_cost cpu_operator_cost cpu_tuple_cost " +
		"cstore_backwrite_max_threshold cstore_backwrite_quantity cstore_buffers cstore_insert_mode cstore_prefetch_quantity " +
		"current_logic_cluster current_schema cursor_tuple_fraction data_directory data_replicate_buffer_size data_sync_retry " +
		"datanode_heartbeat_interval db4ai_snapshot_mode db4ai_snapshot_version_delimiter db4ai_snapshot_version_separator " +
		"dcf_compress_algorithm dcf_compress_level dcf_config dcf_connect_timeout dcf_data_path dcf_election_timeout " +
		"dcf_flow_control_cpu_threshold dcf_flow_control_disk_rawait_threshold " +
		"dcf_flow_control_net_queue_message_num_threshold dcf_log_backup_file_count dcf_log_file_permission dcf_log_level " +
		"dcf_log_path dcf_log_path_permission dcf_max_log_file_size dcf_max_workers dcf_mec_agent_thread_num " +
		"dcf_mec_batch_size dcf_mec_channel_num dcf_mec_fragment_size dcf_mec_pool_max_size dcf_mec_reactor_thread_num " +
		"dcf_mem_pool_init_size dcf_mem_pool_max_size dcf_node_id dcf_rep_append_thread_num dcf_run_mode dcf_socket_timeout " +
		"dcf_ssl dcf_stg_pool_init_size dcf_stg_pool_max_size dcf_truncate_threshold deadlock_timeout debug_assertions " +
		"debug_pretty_print debug_print_parse debug_print_plan debug_print_rewritten default_limit_rows " +
		"default_statistics_target default_tablespace default_text_search_config default_transaction_deferrable " +
		"default_transaction_isolation default_transaction_read_only default_with_oids defer_csn_cleanup_time " +
		"dfs_partition_directory_length dirty_page_percent_max disable_memory_protect dynamic_library_path " +
		"effective_cache_size effective_io_concurrency elastic_search_ip_addr enableSeparationOfDuty " +
		"enable_absolute_tablespace enable_access_server_directory enable_adio_debug enable_adio_function enable_alarm " +
		"enable_analyze_check enable_asp enable_auto_clean_unique_sql enable_auto_explain enable_bbox_dump " +
		"enable_beta_features enable_beta_opfusion enable_bitmapscan enable_bloom_filter enable_broadcast enable_cbm_tracking " +
		"enable_change_hjcost enable_codegen enable_codegen_print enable_compress_hll enable_compress_spill " +
		"enable_constraint_optimization enable_copy_server_files enable_csqual_pushdown enable_custom_parser " +
		"enable_data_replicate enable_dcf enable_debug_vacuum enable_default_cfunc_libpath enable_default_ustore_table " +
		"enable_delta_store enable_double_write enable_early_free enable_extrapolation_stats enable_fast_allocate " +
		"enable_fast_numeric enable_ffic_log enable_force_vector_engine enable_global_plancache enable_global_stats " +
		"enable_hadoop_env enable_hashagg enable_hashjoin enable_hdfs_predicate_pushdown enable_hypo_index " +
		"enable_incremental_catchup enable_incremental_checkpoint enable_index_nestloop enable_indexonlyscan enable_indexscan " +
		"enable_instance_metric_persistent enable_instr_cpu_timer enable_instr_rt_percentile enable_instr_track_wait " +
		"enable_kill_query enable_logical_io_statistics enable_material enable_memory_context_control enable_memory_limit " +
		"enable_mergejoin enable_mix_replication enable_nestloop enable_nonsysadmin_execute_direct enable_online_ddl_waitlock " +
		"enable_opfusion enable_orc_cache enable_page_lsn_check enable_partition_opfusion enable_partitionwise " +
		"enable_pbe_optimization enable_prevent_job_task_startup enable_recyclebin enable_resource_record " +
		"enable_resource_track enable_roach_standby_cluster enable_save_datachanged_timestamp enable_security_policy " +
		"enable_seqscan enable_show_any_tuples enable_slot_log enable_slow_query_log enable_sonic_hashagg " +
		"enable_sonic_hashjoin enable_sonic_optspill enable_sort enable_stmt_track enable_stream_replication enable_tde " +
		"enable_thread_pool enable_tidscan enable_upgrade_merge_lock_mode enable_user_metric_persistent " +
		"enable_valuepartition_pruning enable_vector_engine enable_wdr_snapshot enable_xlog_prune enforce_a_behavior " +
		"escape_string_warning event_source exit_on_error explain_dna_file explain_perf_mode external_pid_file " +
		"extra_float_digits failed_login_attempts fast_extend_file_size fault_mon_timeout force_bitmapand force_promote " +
		"from_collapse_limit fsync full_page_writes geqo geqo_effort geqo_generations geqo_pool_size geqo_seed " +
		"geqo_selection_bias geqo_threshold gin_fuzzy_search_limit gin_pending_list_limit gpc_clean_timeout gs_clean_timeout " +
		"ha_module_debug hadr_max_size_for_xlog_receiver hashagg_table_size hba_file hll_default_expthresh " +
		"hll_default_log2explicit hll_default_log2m hll_default_log2sparse hll_default_regwidth hll_default_sparseon " +
		"hll_duplicate_check hll_max_sparse hot_standby hot_standby_feedback ident_file ignore_checksum_failure " +
		"ignore_system_indexes incremental_checkpoint_timeout inplace_upgrade_next_system_object_oids " +
		"instance_metric_retention_time instr_rt_percentile_interval instr_unique_sql_count instr_unique_sql_track_type " +
		"integer_datetimes io_control_unit io_limits io_priority is_sysadmin job_queue_processes join_collapse_limit " +
		"krb_caseins_users krb_server_keyfile krb_srvname lastval_supported lc_collate lc_ctype lc_messages lc_monetary " +
		"lc_numeric lc_time listen_addresses lo_compat_privileges local_bind_address local_preload_libraries " +
		"local_syscache_threshold lockwait_timeout log_autovacuum_min_duration log_checkpoints log_connections " +
		"log_destination log_directory log_disconnections log_duration log_error_verbosity log_executor_stats log_file_mode " +
		"log_filename log_hostname log_line_prefix log_lock_waits log_min_duration_statement log_min_error_statement " +
		"log_min_messages log_pagewriter log_parser_stats log_planner_stats log_rotation_age log_rotation_size log_statement " +
		"log_statement_stats log_temp_files log_timezone log_truncate_on_rotation logging_collector logging_module " +
		"maintenance_work_mem max_active_global_temporary_table max_cached_tuplebufs max_changes_in_memory " +
		"max_compile_functions max_concurrent_autonomous_transactions max_connections max_files_per_process max_function_args " +
		"max_identifier_length max_index_keys max_inner_tool_connections max_io_capacity max_keep_log_seg max_loaded_cudesc " +
		"max_locks_per_transaction max_pred_locks_per_transaction max_prepared_transactions max_process_memory " +
		"max_recursive_times max_redo_log_size max_replication_slots max_resource_package max_size_for_xlog_prune " +
		"max_stack_depth max_standby_archive_delay max_standby_streaming_delay max_undo_workers max_user_defined_exception " +
		"max_wal_senders memory_detail_tracking memory_fault_percent memory_tracking_mode memorypool_enable memorypool_size " +
		"modify_initial_password most_available_sync mot_config_file ngram_gram_size ngram_grapsymbol_ignore " +
		"ngram_punctuation_ignore nls_timestamp_format num_internal_lock_partitions numa_distribute_mode omit_encoding_error " +
		"operation_mode opfusion_debug_mode pagewriter_sleep pagewriter_thread_num partition_lock_upgrade_timeout " +
		"partition_max_cache_size partition_mem_batch password_effect_time password_encryption_type password_lock_time " +
		"password_max_length password_min_digital password_min_length password_min_lowercase password_min_special " +
		"password_min_uppercase password_notify_time password_policy password_reuse_max password_reuse_time percentile " +
		"perf_directory pgxc_node_name plan_cache_mode plan_mode_seed pljava_vmoptions plog_merge_age port post_auth_delay " +
		"pre_auth_delay prefetch_quantity primary_slotname psort_work_mem qrw_inlist2join_optmode query_band query_dop " +
		"query_log_directory query_log_file query_max_mem query_mem quote_all_identifiers raise_errors_if_no_files " +
		"random_page_cost recovery_max_workers recovery_min_apply_delay recovery_parallelism recovery_parse_workers " +
		"recovery_redo_workers recovery_time_target recyclebin_retention_time remote_read_mode remotetype replconninfo1 " +
		"replconninfo2 replconninfo3 replconninfo4 replconninfo5 replconninfo6 replconninfo7 replconninfo8 replication_type " +
		"require_ssl reserve_space_for_nullable_atts resource_track_cost resource_track_duration resource_track_level " +
		"resource_track_log restart_after_crash retry_ecode_list rewrite_rule role schedule_splits_threshold search_path seed " +
		"segment_buffers segment_size seq_page_cost server_encoding server_version server_version_num session_authorization " +
		"session_history_memory session_replication_role session_respool session_statistics_memory session_timeout " +
		"shared_buffers shared_preload_libraries show_acce_estimate_detail skew_option sql_beta_feature sql_compatibility " +
		"sql_inheritance sql_use_spacelimit ssl ssl_ca_file ssl_cert_file ssl_cert_notify_time ssl_ciphers ssl_crl_file " +
		"ssl_key_file ssl_renegotiation_limit standard_conforming_strings standby_shared_buffers_fraction statement_timeout " +
		"stats_temp_directory string_hash_compatible support_batch_bind support_extended_features sync_config_strategy " +
		"synchronize_seqscans synchronous_commit synchronous_standby_names sysadmin_reserved_connections syslog_facility " +
		"syslog_ident table_skewness_warning_rows table_skewness_warning_threshold tcp_keepalives_count tcp_keepalives_idle " +
		"tcp_keepalives_interval td_compatible_truncation tde_cmk_id temp_buffers temp_file_limit temp_tablespaces " +
		"thread_pool_attr time_to_target_rpo timezone_abbreviations topsql_retention_time trace_notify " +
		"trace_recovery_messages track_activities track_activity_query_size track_counts track_functions track_io_timing " +
		"track_sql_count track_stmt_details_size track_stmt_parameter track_stmt_retention_time track_stmt_session_slot " +
		"track_stmt_stat_level track_thread_wait_status_interval transaction_deferrable transaction_isolation " +
		"transaction_pending_time transaction_read_only transform_null_equals transparent_encrypt_kms_region " +
		"transparent_encrypt_kms_url transparent_encrypted_string udf_memory_limit uncontrolled_memory_context " +
		"undo_limit_size_per_transaction undo_space_limit_size undo_zone_count unique_sql_retention_time " +
		"unix_socket_directory unix_socket_group unix_socket_permissions update_lockwait_timeout update_process_title " +
		"upgrade_mode use_elastic_search use_workload_manager user_metric_retention_time ustore_attr vacuum_cost_delay " +
		"vacuum_cost_limit vacuum_cost_page_dirty vacuum_cost_page_hit vacuum_cost_page_miss vacuum_defer_cleanup_age " +
		"vacuum_freeze_min_age vacuum_freeze_table_age vacuum_gtt_defer_check_age version_retention_age wait_dummy_time " +
		"wal_block_size wal_buffers wal_file_init_num wal_keep_segments wal_level wal_log_hints wal_receiver_buffer_size " +
		"wal_receiver_connect_retries wal_receiver_connect_timeout wal_receiver_status_interval wal_receiver_timeout " +
		"wal_segment_size wal_sender_timeout wal_sync_method wal_writer_delay walsender_max_send_size walwriter_cpu_bind " +
		"walwriter_sleep_threshold wdr_snapshot_interval wdr_snapshot_query_timeout wdr_snapshot_retention_days work_mem " +
		"xc_maintenance_mode xloginsert_locks xmlbinary xmloption zero_damaged_pages"},
	{every &^ (1 << release.V210), "" +
		"archive_interval audit_thread_num audit_xid_info cross_cluster_replconninfo1 cross_cluster_replconninfo2 " +
		"cross_cluster_replconninfo3 cross_cluster_replconninfo4 cross_cluster_replconninfo5 cross_cluster_replconninfo6 " +
		"cross_cluster_replconninfo7 cross_cluster_replconninfo8 dcf_election_switch_threshold " +
		"dcf_enable_auto_election_priority dw_file_num dw_file_size enable_consider_usecount enable_defer_calculate_snapshot " +
		"enable_global_syscache enable_startwith_debug enable_ustore enable_wal_shipping_compression " +
		"global_syscache_threshold hadr_recovery_point_target hadr_recovery_time_target hadr_super_user_record_path " +
		"keep_sync_window max_logical_replication_workers pldebugger_timeout plsql_show_all_error redo_bind_cpu_attr " +
		"thread_pool_stream_attr try_vector_engine_strategy undo_retention_time uppercase_attribute_name wal_flush_delay " +
		"wal_flush_timeout xlog_file_path xlog_file_size xlog_lock_file_path"},
	{every &^ (1<<release.V210 | 1<<release.V300 | 1<<release.V301 | 1<<release.V302 | 1<<release.V303 | 1<<release.V305 | 1<<release.V306 | 1<<release.V310), "" +
		"dolphin_server_port enable_dolphin_proto max_error_count show_fdw_remote_plan sql_note ss_dss_conn_path " +
		"ss_enable_aio ss_enable_catalog_centralized ss_enable_dms ss_enable_dss ss_enable_scrlock " +
		"ss_enable_scrlock_sleep_mode ss_enable_ssl ss_instance_id ss_interconnect_channel_count ss_interconnect_type " +
		"ss_interconnect_url ss_ock_log_path ss_rdma_work_config ss_recv_msg_pool_size ss_scrlock_server_bind_core " +
		"ss_scrlock_server_port ss_scrlock_worker_bind_core ss_scrlock_worker_count ss_work_thread_count"},
	{1 << release.V700RC2, "" +
		"ansi_nulls cache_data_on_npu comm_link_num comm_sctp_type diskann_probes ds_limit_write_xlog_size " +
		"enable_LC_xlog_flush_optimize enable_dbsd_plugin enable_default_pcr_index enable_evil_detect enable_ivfflat_npu " +
		"enable_npu enable_rack_memory_cleaner enable_rack_memory_free_test enable_risky_query_detection enable_sql_limit " +
		"hcom_link_path ivfflat_npubind_info max_smb_memory page_repair_function ss_enable_distirbution_storage " +
		"ss_enable_vtable track_stmt_trace_size xlog_write_flush_split"},
	{1<<release.V700RC1 | 1<<release.V700RC2, "" +
		"borrow_work_mem cbm_threads_num cbm_xlog_files_epoch d_format_behavior_compat_options enable_aggr_coerce_type " +
		"enable_binary_special_a_format enable_borrow_memory enable_heap_prefetch enable_mot_server " +
		"enable_nonowner_remote_ddl enable_pltype_name_check enable_query_parameterization enable_tpc_fragment_chunks " +
		"enable_vacuum_extreme_xmin gms_sql_max_open_cursor_count gms_stats_history_retention lmemfabric_client_path " +
		"max_borrow_memory max_parameterized_query_stored nls_length_semantics num_slru_buffers ss_disaster_mode"},
	{every &^ (1<<release.V210 | 1<<release.V300 | 1<<release.V301 | 1<<release.V302 | 1<<release.V303 | 1<<release.V305 | 1<<release.V306), "" +
		"block_encryption_mode bypass_dram bypass_nvm dcf_majority_groups delimiter_name enable_ai_stats " +
		"enable_cachedplan_mgr enable_functional_dependency enable_nvm enable_seqscan_fusion enable_set_variable_b_format " +
		"group_concat_max_len max_sync_workers_per_subscription multi_stats_type nvm_buffers nvm_file_path " +
		"partition_iterator_elimination partition_page_estimation pca_shared_buffers sql_ignore_strategy " +
		"var_eq_const_selectivity"},
	{1<<release.V510 | 1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2, "" +
		"base_page_saved_interval disable_memory_stats enable_default_index_deduplication enable_iud_fusion " +
		"enable_opfusion_reuse enable_seqscan_dopcost enable_sortgroup_agg enable_union_all_subquery_orderby " +
		"enable_vector_targetlist exrto_standby_read_opt max_standby_base_page_size max_standby_lsn_info_size " +
		"ss_enable_bcast_snapshot ss_txnstatus_cache_size standby_force_recycle_ratio standby_max_query_time " +
		"standby_recycle_interval time_record_level transform_to_numeric_operators"},
	{1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2, "" +
		"comm_timer_mode enable_ignore_case_in_dquotes enable_nls enable_proc_coverage enable_uwal heap_bulk_read_size " +
		"log_max_size ss_enable_ondemand_realtime_build ss_work_thread_pool_attr uwal_async_append_switch uwal_config " +
		"uwal_devices_path uwal_disk_size uwal_log_path uwal_rpc_compression_switch uwal_rpc_flowcontrol_switch " +
		"uwal_rpc_flowcontrol_value vacuum_bulk_read_size"},
	{1<<release.V600 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2, "" +
		"disable_keyword_options enable_dump_trigger_definer enable_gazelle_performance_mode " +
		"enable_heap_multi_insert_for_insert_select enable_record_nettime enable_xlog_insert_record_group " +
		"float_suffix_acceptance foreign_key_checks max_size_xlog_force_prune restrict_nonsystem_relation_kind " +
		"ss_dss_data_vg_name ss_dss_xlog_vg_name ss_enable_bcast_getoldestxmin ss_enable_dynamic_trace ss_enable_reform_trace " +
		"uwal_truncate_interval wal_file_preinit_threshold"},
	{every &^ (1<<release.V210 | 1<<release.V300 | 1<<release.V301 | 1<<release.V302), "" +
		"allow_create_sysobject enable_gtt_concurrent_truncate logical_decode_options_default logical_sender_timeout " +
		"memory_trace_level plsql_compile_check_options repl_auth_mode repl_uuid resilience_memory_reject_percent " +
		"resilience_threadpool_reject_cond safe_data_path tcp_user_timeout"},
	{every &^ (1<<release.V210 | 1<<release.V300 | 1<<release.V301 | 1<<release.V302 | 1<<release.V303 | 1<<release.V305 | 1<<release.V306 | 1<<release.V310 | 1<<release.V311), "" +
		"audit_system_function_exec b_compatibility_user_host_auth b_format_behavior_compat_options enable_expr_fusion " +
		"enable_indexscan_optimization enable_inner_unique_opt full_audit_users light_comm no_audit_client " +
		"ss_log_backup_file_count ss_log_level ss_log_max_file_size"},
	{1<<release.V300 | 1<<release.V301 | 1<<release.V302, "" +
		"replconninfo10 replconninfo11 replconninfo12 replconninfo13 replconninfo14 replconninfo15 replconninfo16 " +
		"replconninfo17 replconninfo18 replconninfo9"},
	{1<<release.V602 | 1<<release.V700RC2, "" +
		"bm25_b bm25_k1 bm25_topk enable_bm25_taat enable_mmap enable_parse_fusion hnsw_use_mmap max_score_ratio " +
		"unique_checks"},
	{1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2, "" +
		"enable_default_local_index enable_remote_execute hnsw_earlystop_threshold hnsw_ef_search ivfflat_probes " +
		"ivfpq_kreorder"},
	{1<<release.V501 | 1<<release.V502 | 1<<release.V503 | 1<<release.V510 | 1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2, "" +
		"enable_segment ss_enable_ondemand_recovery ss_ondemand_recovery_mem_size ss_parallel_thread_count " +
		"subscription_conflict_resolution"},
	{1 << release.V210, "backend_version bgwriter_thread_num enable_twophase_commit gds_debug_mod twophase_clean_workers"},
	{every &^ (1<<release.V210 | 1<<release.V300 | 1<<release.V301 | 1<<release.V302 | 1<<release.V303 | 1<<release.V310 | 1<<release.V311 | 1<<release.V500), "enable_huge_pages huge_page_size ignore_feedback_xmin_window ignore_standby_lsn_window"},
	{1<<release.V305 | 1<<release.V306 | 1<<release.V510 | 1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2, "enable_batch_dispatch enable_time_report parallel_recovery_batch parallel_recovery_timeout"},
	{every &^ (1<<release.V210 | 1<<release.V300 | 1<<release.V301), "enable_save_confirmed_lsn idle_in_transaction_session_timeout track_stmt_standby_chain_size"},
	{1<<release.V303 | 1<<release.V305 | 1<<release.V306, "a_format_dev_version a_format_version auto_explain_log_min_duration"},
	{1<<release.V502 | 1<<release.V503 | 1<<release.V510 | 1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2, "character_set_connection collation_connection"},
	{every &^ (1<<release.V210 | 1<<release.V300 | 1<<release.V301 | 1<<release.V302 | 1<<release.V310 | 1<<release.V311), "enable_availablezone"},
	{every &^ (1<<release.V210 | 1<<release.V300 | 1<<release.V301 | 1<<release.V302 | 1<<release.V310 | 1<<release.V311 | 1<<release.V500), "stream_cluster_run_mode"},
	{1<<release.V305 | 1<<release.V306 | 1<<release.V502 | 1<<release.V503 | 1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2, "handle_toast_in_autovac"},
	{1<<release.V502 | 1<<release.V503 | 1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2, "dolphin_hot_standby"},
	{1<<release.V306 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2, "plan_cache_type_validation"},
	{1<<release.V306 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2, "parallel_recovery_dispatch_algorithm"},
	{1<<release.V602 | 1<<release.V700RC1, "enable_pq"},
	{1<<release.V510 | 1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602, "ss_enable_dorado"},
	{1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602, "ss_stream_cluster"},
	{1<<release.V600 | 1<<release.V601 | 1<<release.V602, "enable_binary_special_o_format"},
	{1<<release.V311 | 1<<release.V500 | 1<<release.V501 | 1<<release.V502 | 1<<release.V503 | 1<<release.V510 | 1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601, "enable_remote_excute"},
	{1<<release.V311 | 1<<release.V500 | 1<<release.V501 | 1<<release.V502 | 1<<release.V503 | 1<<release.V510 | 1<<release.V600RC1, "ss_dss_vg_name"},
	{every &^ (1<<release.V510 | 1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2), "max_query_retry_times"},
	{every &^ (1<<release.V210 | 1<<release.V510 | 1<<release.V600RC1 | 1<<release.V600 | 1<<release.V601 | 1<<release.V602 | 1<<release.V700RC1 | 1<<release.V700RC2), "cluster_run_mode"},
	{1 << release.V311, "ss_enable_log_level"},
}

// debugNames are known to servers that were built with assertions only.
const debugNames = "" +
	"enable_hashbucket ss_enable_verify_page ss_fi_cpu_latency_entries ss_fi_cpu_latency_ms " +
	"ss_fi_custom_fault_entries ss_fi_custom_fault_param ss_fi_net_latency_entries ss_fi_net_latency_ms " +
	"ss_fi_packet_loss_entries ss_fi_packet_loss_prob ss_fi_process_fault_entries ss_fi_process_fault_prob"

// oldNames are other names of parameters (guc.cpp: map_old_guc_names).
var oldNames = map[string]string{"sort_mem": "work_mem", "vacuum_mem": "maintenance_work_mem"}
