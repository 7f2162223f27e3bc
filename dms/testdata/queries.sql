-- reform, since 3.1.1: 0 columns
-- dms: not supported by this release: query_node_reform_info in 3.1.1: it is there since 5.1.0
-- info, since 3.1.1: 0 columns
-- dms: not supported by this release: query_node_reform_info_from_dms in 3.1.1: it is there since 6.0.0-RC1
-- last, since 3.1.1: 0 columns
-- dms: not supported by this release: query_node_reform_info_from_dms in 3.1.1: it is there since 6.0.0-RC1
-- page, since 3.1.1: 0 columns
-- dms: not supported by this release: query_page_distribution_info in 3.1.1: it is there since 5.1.0
-- on-demand, since 3.1.1: 0 columns
-- dms: not supported by this release: ondemand_recovery_status in 3.1.1: it is there since 6.0.0-RC1
-- cache, since 3.1.1: 0 columns
-- dms: not supported by this release: ss_txnstatus_cache_stat in 3.1.1: it is there since 5.1.0
-- io, since 3.1.1: 0 columns
-- dms: not supported by this release: dss_io_stat in 3.1.1: it is there since 5.1.0
-- pages, since 3.1.1: 0 columns
-- dms: not supported by this release: query_all_drc_info in 3.1.1: it is there since 6.0.0-RC1
-- locks, since 3.1.1: 0 columns
-- dms: not supported by this release: query_all_drc_info in 3.1.1: it is there since 6.0.0-RC1
-- reform, since 5.1.0: 10 columns
select coalesce(reform_node_id::text, '-') as reform_node_id, coalesce(reform_type::text, '-') as reform_type, coalesce(reform_start_time::text, '-') as reform_start_time, coalesce(reform_end_time::text, '-') as reform_end_time, coalesce(is_reform_success::text, '-') as is_reform_success, coalesce(redo_start_time::text, '-') as redo_start_time, coalesce(redo_end_time::text, '-') as redo_end_time, coalesce(xlog_total_bytes::text, '-') as xlog_total_bytes, coalesce(hashmap_construct_time::text, '-') as hashmap_construct_time, coalesce(action::text, '-') as action from query_node_reform_info() as t(reform_node_id, reform_type, reform_start_time, reform_end_time, is_reform_success, redo_start_time, redo_end_time, xlog_total_bytes, hashmap_construct_time, action);
-- page, since 5.1.0: 8 columns
select coalesce(instance_id::text, '-') as instance_id, coalesce(is_master::text, '-') as is_master, coalesce(is_owner::text, '-') as is_owner, coalesce(is_copy::text, '-') as is_copy, coalesce(lock_mode::text, '-') as lock_mode, coalesce(mem_lsn::text, '-') as mem_lsn, coalesce(disk_lsn::text, '-') as disk_lsn, coalesce(is_dirty::text, '-') as is_dirty from query_page_distribution_info($1::text, $2::int4, $3::int4) as t(instance_id, is_master, is_owner, is_copy, lock_mode, mem_lsn, disk_lsn, is_dirty);
-- cache, since 5.1.0: 8 columns
select coalesce(vcache_gets::text, '-') as vcache_gets, coalesce(hcache_gets::text, '-') as hcache_gets, coalesce(nio_gets::text, '-') as nio_gets, coalesce(avg_hcache_gettime_us::text, '-') as avg_hcache_gettime_us, coalesce(avg_nio_gettime_us::text, '-') as avg_nio_gettime_us, coalesce(cache_hit_rate::text, '-') as cache_hit_rate, coalesce(hcache_eviction::text, '-') as hcache_eviction, coalesce(avg_eviction_refcnt::text, '-') as avg_eviction_refcnt from ss_txnstatus_cache_stat() as t(vcache_gets, hcache_gets, nio_gets, avg_hcache_gettime_us, avg_nio_gettime_us, cache_hit_rate, hcache_eviction, avg_eviction_refcnt);
-- io, since 5.1.0: 3 columns
select coalesce(read_kilobyte_per_sec::text, '-') as read_kilobyte_per_sec, coalesce(write_kilobyte_per_sec::text, '-') as write_kilobyte_per_sec, coalesce(io_times::text, '-') as io_times from dss_io_stat(5) as t(read_kilobyte_per_sec, write_kilobyte_per_sec, io_times);
-- reform, since 6.0.0-RC1: 10 columns
select coalesce(reform_node_id::text, '-') as reform_node_id, coalesce(reform_type::text, '-') as reform_type, coalesce(to_char(reform_start_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '-') as reform_start_time, coalesce(to_char(reform_end_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '-') as reform_end_time, coalesce(is_reform_success::text, '-') as is_reform_success, coalesce(to_char(redo_start_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '-') as redo_start_time, coalesce(to_char(redo_end_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '-') as redo_end_time, coalesce(xlog_total_bytes::text, '-') as xlog_total_bytes, coalesce(to_char(hashmap_construct_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '-') as hashmap_construct_time, coalesce(action::text, '-') as action from query_node_reform_info() as t(reform_node_id, reform_type, reform_start_time, reform_end_time, is_reform_success, redo_start_time, redo_end_time, xlog_total_bytes, hashmap_construct_time, action);
-- info, since 6.0.0-RC1: 2 columns
select coalesce(name::text, '-') as name, coalesce(description::text, '-') as description from query_node_reform_info_from_dms(1) as t(name, description);
-- last, since 6.0.0-RC1: 2 columns
select coalesce(name::text, '-') as name, coalesce(description::text, '-') as description from query_node_reform_info_from_dms(0) as t(name, description);
-- on-demand, since 6.0.0-RC1: 10 columns
select coalesce(primary_checkpoint_redo_lsn::text, '-') as primary_checkpoint_redo_lsn, coalesce(realtime_build_replayed_lsn::text, '-') as realtime_build_replayed_lsn, coalesce(hashmap_used_blocks::text, '-') as hashmap_used_blocks, coalesce(hashmap_total_blocks::text, '-') as hashmap_total_blocks, coalesce(trxn_queue_blocks::text, '-') as trxn_queue_blocks, coalesce(seg_queue_blocks::text, '-') as seg_queue_blocks, coalesce(in_ondemand_recovery::text, '-') as in_ondemand_recovery, coalesce(ondemand_recovery_status::text, '-') as ondemand_recovery_status, coalesce(realtime_build_status::text, '-') as realtime_build_status, coalesce(recovery_pause_status::text, '-') as recovery_pause_status from ondemand_recovery_status() as t(primary_checkpoint_redo_lsn, realtime_build_replayed_lsn, hashmap_used_blocks, hashmap_total_blocks, trxn_queue_blocks, seg_queue_blocks, in_ondemand_recovery, ondemand_recovery_status, realtime_build_status, recovery_pause_status);
-- pages, since 6.0.0-RC1: 1 columns
select coalesce(r::text, '-') as resource from (select query_all_drc_info(0) as r) as t;
-- locks, since 6.0.0-RC1: 1 columns
select coalesce(r::text, '-') as resource from (select query_all_drc_info(1) as r) as t;
-- on-demand, since 6.0.0: 12 columns
select coalesce(primary_checkpoint_redo_lsn::text, '-') as primary_checkpoint_redo_lsn, coalesce(realtime_build_replayed_lsn::text, '-') as realtime_build_replayed_lsn, coalesce(hashmap_used_blocks::text, '-') as hashmap_used_blocks, coalesce(hashmap_total_blocks::text, '-') as hashmap_total_blocks, coalesce(trxn_queue_blocks::text, '-') as trxn_queue_blocks, coalesce(seg_queue_blocks::text, '-') as seg_queue_blocks, coalesce(in_ondemand_recovery::text, '-') as in_ondemand_recovery, coalesce(ondemand_recovery_status::text, '-') as ondemand_recovery_status, coalesce(realtime_build_status::text, '-') as realtime_build_status, coalesce(recovery_pause_status::text, '-') as recovery_pause_status, coalesce(record_item_num::text, '-') as record_item_num, coalesce(record_item_mbytes::text, '-') as record_item_mbytes from ondemand_recovery_status() as t(primary_checkpoint_redo_lsn, realtime_build_replayed_lsn, hashmap_used_blocks, hashmap_total_blocks, trxn_queue_blocks, seg_queue_blocks, in_ondemand_recovery, ondemand_recovery_status, realtime_build_status, recovery_pause_status, record_item_num, record_item_mbytes);
