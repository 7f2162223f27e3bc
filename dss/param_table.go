// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"math"

	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// Sets of releases. DSS has no tag for 5.0.2, 6.0.1 and 6.0.2 of its own: its
// neighbours' sources are the same commit.
const (
	v311    release.Set = 1 << release.V311
	v500    release.Set = 1 << release.V500
	v501    release.Set = 1<<release.V501 | 1<<release.V502 | 1<<release.V503
	v510    release.Set = 1 << release.V510
	v600rc1 release.Set = 1 << release.V600RC1
	v600    release.Set = 1<<release.V600 | 1<<release.V601 | 1<<release.V602
	v700rc1 release.Set = 1 << release.V700RC1
	v700rc2 release.Set = 1 << release.V700RC2

	from700 = v700rc1 | v700rc2
	from600 = from700 | v600
	fromRC1 = from600 | v600rc1
	from501 = fromRC1 | v501 | v510
	from500 = from501 | v500
	every   = from500 | v311

	to500 = v311 | v500
	to510 = to500 | v501 | v510
	toRC1 = to510 | v600rc1
	to600 = toRC1 | v600
)

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

// table has the parameters of dss_inst.ini, by name (in the order of bytes: a
// leading underscore comes behind the letters).
//
// Source: g_dss_params and the dss_load functions in dss_param.c, dss_log.c and
// dss_param_verify.c of DSS, read at the tags v3.1.1 to v7.0.0-RC2; the master
// branch of June 2026 has the same as 7.0.0-RC2. Ranges are those that the code
// checks, which for some are not those that the table there states:
// SHARE_DISK, for instance, took the place of RAID with 7.0.0-RC1. Setcfg works
// for those with a verify function; DISK_TYPE has none and is not marked
// read-only, so setcfg accepts it and stores garbage.
//
// Not listed: IFILE, which is no parameter.
var table = [...]entry{
	{Param: Param{Name: "CEPH_CONFIG", Kind: KindPath, Default: "/etc/ceph/ceph.conf"}, in: every},
	{Param: Param{Name: "CLUSTER_RUN_MODE", Kind: KindEnum, Default: "cluster_primary", Values: "cluster_primary|cluster_standby", Rule: RuleEqual}, in: from501, setcfg: fromRC1},
	{Param: Param{Name: "DELAY_CLEAN_INTERVAL", Kind: KindInt, Unit: UnitSecond, Default: "5", Min: 5, Max: 1000000}, in: fromRC1, setcfg: fromRC1,
		older: [2]variant{{in: v600rc1 | v600, def: "100", min: 5, max: 1000000}}},
	// setcfg takes 0 alone: its check compares with the lower limit twice.
	{Param: Param{Name: "DELAY_CLEAN_SEARCH_FRAGMENT", Kind: KindInt, Default: "128", Min: 0, Max: 1024}, in: v700rc2, setcfg: v700rc2},
	{Param: Param{Name: nameOldLockPath, Kind: KindPath, Default: "/tmp"}, in: toRC1},
	{Param: Param{Name: "DISK_LOCK_INTERVAL", Kind: KindInt, Unit: UnitMillisecond, Default: "100", Min: 1, Max: 600000, Rule: RuleAlike}, in: every},
	{Param: Param{Name: nameDiskType, Kind: KindEnum, Default: "NORMAL", Values: "NORMAL|VTABLE", Rule: RuleEqual}, in: v700rc2},
	{Param: Param{Name: "DLOCK_RETRY_COUNT", Kind: KindInt, Default: "50", Min: 1, Max: 500000, Rule: RuleAlike}, in: every},
	{Param: Param{Name: nameCM, Kind: KindText, Rule: RuleEqual}, in: every},
	{Param: Param{Name: nameNodes, Kind: KindNodes, Default: "0:127.0.0.1:1611", Rule: RuleEqual}, in: every, setcfg: from700},
	{Param: Param{Name: "IMAGE_NAMES", Kind: KindPairs}, in: every},
	{Param: Param{Name: nameInstance, Kind: KindInt, Default: "0", Min: 0, Max: MaxInstances - 1, Rule: RuleDistinct}, in: every},
	{Param: Param{Name: "INTERCONNECT_CHANNEL_NUM", Kind: KindInt, Default: "2", Min: 1, Max: 32, Rule: RuleAlike}, in: every},
	{Param: Param{Name: "INTERCONNECT_TYPE", Kind: KindEnum, Default: "TCP", Values: "TCP|RDMA", AnyCase: true, Rule: RuleEqual}, in: every},
	{Param: Param{Name: "IO_THREADS", Kind: KindInt, Default: "2", Min: 1, Max: 8}, in: from501},
	{Param: Param{Name: "IP_WHITE_LIST_ON", Kind: KindBool, Default: "TRUE"}, in: from600},
	{Param: Param{Name: nameMultibus, Kind: KindBool, Default: "FALSE", Rule: RuleAlike}, in: v700rc2},
	{Param: Param{Name: "LOG_ALARM_HOME", Kind: KindPath}, in: from700},
	{Param: Param{Name: "LOG_COMPRESSED", Kind: KindBool, Default: "FALSE"}, in: from700},
	{Param: Param{Name: nameLogHome, Kind: KindPath}, in: every},
	{Param: Param{Name: nameSocketDir, Kind: KindPath, Default: "/tmp/"}, in: every},
	{Param: Param{Name: "MASTER_LOCK_TIMEOUT", Kind: KindInt, Unit: UnitSecond, Default: "10", Min: 1, Max: 30, Rule: RuleAlike}, in: v600rc1},
	{Param: Param{Name: "MAX_SESSION_NUMS", Kind: KindInt, Default: "8192", Min: 16, Max: 16320}, in: every},
	{Param: Param{Name: "MES_ELAPSED_SWITCH", Kind: KindBool, Default: "FALSE"}, in: every},
	{Param: Param{Name: "MES_WAIT_TIMEOUT", Kind: KindInt, Unit: UnitMillisecond, Default: "10000", Min: 500, Max: 30000, Rule: RuleAlike}, in: from501, setcfg: from600,
		older: [2]variant{{in: from501 &^ from700, def: "2000", min: 500, max: 10000}}},
	{Param: Param{Name: "MES_WITH_IP", Kind: KindBool, Default: "FALSE", Rule: RuleAlike}, in: from600},
	{Param: Param{Name: nameMultipath, Kind: KindPath}, in: v700rc2},
	{Param: Param{Name: "POOL_NAMES", Kind: KindPairs}, in: every},
	{Param: Param{Name: "RECV_MSG_POOL_SIZE", Kind: KindSize, Unit: UnitByte, Default: "48M", Min: 9 * mib, Max: gib, Rule: RuleAlike}, in: every,
		older: [2]variant{{in: toRC1, def: "16M", min: mib, max: gib}, {in: v600, def: "42M", min: 9 * mib, max: gib}}},
	{Param: Param{Name: "SSL_CA", Kind: KindPath}, in: every},
	{Param: Param{Name: "SSL_CERT", Kind: KindPath}, in: every},
	{Param: Param{Name: nameNotifyDays, Kind: KindInt, Unit: UnitDay, Default: "30", Min: 7, Max: 180}, in: every},
	{Param: Param{Name: "SSL_CIPHER", Kind: KindText, Rule: RuleAlike}, in: every},
	{Param: Param{Name: "SSL_CRL", Kind: KindPath}, in: every},
	{Param: Param{Name: "SSL_KEY", Kind: KindPath}, in: every},
	{Param: Param{Name: nameDetectDays, Kind: KindInt, Unit: UnitDay, Default: "7", Min: 1, Max: 180}, in: from500},
	{Param: Param{Name: nameSecret, Kind: KindText, Secret: true}, in: every},
	{Param: Param{Name: "SS_FI_CPU_LATENCY_ENTRIES", Kind: KindText, Debug: true}, in: from700, setcfg: from700},
	{Param: Param{Name: "SS_FI_CPU_LATENCY_MS", Kind: KindInt, Unit: UnitMillisecond, Default: "10", Max: math.MaxUint32, Debug: true}, in: from700, setcfg: from700},
	{Param: Param{Name: "SS_FI_CUSTOM_FAULT_ENTRIES", Kind: KindText, Debug: true}, in: from700, setcfg: from700},
	{Param: Param{Name: "SS_FI_CUSTOM_FAULT_PARAM", Kind: KindInt, Default: "3000", Max: math.MaxUint32, Debug: true}, in: from700, setcfg: from700},
	{Param: Param{Name: "SS_FI_NET_LATENCY_ENTRIES", Kind: KindText, Debug: true}, in: from700, setcfg: from700},
	{Param: Param{Name: "SS_FI_NET_LATENCY_MS", Kind: KindInt, Unit: UnitMillisecond, Default: "10", Max: math.MaxUint32, Debug: true}, in: from700, setcfg: from700},
	{Param: Param{Name: "SS_FI_PACKET_LOSS_ENTRIES", Kind: KindText, Debug: true}, in: from700, setcfg: from700},
	{Param: Param{Name: "SS_FI_PACKET_LOSS_PROB", Kind: KindInt, Unit: UnitPercent, Default: "10", Max: 100, Debug: true}, in: from700, setcfg: from700},
	{Param: Param{Name: "SS_FI_PROCESS_FAULT_ENTRIES", Kind: KindText, Debug: true}, in: from700, setcfg: from700},
	{Param: Param{Name: "SS_FI_PROCESS_FAULT_PROB", Kind: KindInt, Unit: UnitPercent, Default: "10", Max: 100, Debug: true}, in: from700, setcfg: from700},
	{Param: Param{Name: nameStorage, Kind: KindEnum, Default: "DISK", Values: "CLUSTER_RAID|SHARE_DISK|DISK", AnyCase: true, Rule: RuleEqual}, in: every,
		older: [2]variant{{in: to600, def: "DISK", values: "CLUSTER_RAID|RAID|DISK"}}},
	{Param: Param{Name: nameHigh, Kind: KindInt, Unit: UnitPercent, Default: "80", Min: 0, Max: 100}, in: from700},
	{Param: Param{Name: nameLow, Kind: KindInt, Unit: UnitPercent, Default: "75", Min: 0, Max: 100}, in: from700},
	{Param: Param{Name: "VOLUME_TYPES", Kind: KindPairs}, in: every},
	{Param: Param{Name: "WORK_THREADS", Kind: KindInt, Default: "16", Min: 16, Max: 128}, in: from501},
	{Param: Param{Name: "WORK_THREAD_COUNT", Kind: KindInt, Default: "8", Min: 2, Max: 64, Rule: RuleAlike}, in: every,
		older: [2]variant{{in: to600, def: "2", min: 2, max: 64}}},
	{Param: Param{Name: nameXlogVG, Kind: KindInt, Default: "1", Min: 1, Max: 64, Rule: RuleEqual}, in: from501},
	{Param: Param{Name: "_AUDIT_BACKUP_FILE_COUNT", Kind: KindInt, Default: "20", Min: 0, Max: 1024}, in: every, setcfg: every,
		older: [2]variant{{in: to500, def: "10", min: 0, max: 128}, {in: to600 &^ to500, def: "20", min: 0, max: 128}}},
	// Bit 1 records changes, bit 2 queries.
	{Param: Param{Name: "_AUDIT_LEVEL", Kind: KindInt, Default: "1", Min: 0, Max: 255}, in: every, setcfg: every},
	{Param: Param{Name: "_AUDIT_MAX_FILE_SIZE", Kind: KindSize, Unit: UnitByte, Default: "256M", Min: mib, Max: 4 * gib}, in: every, setcfg: every,
		older: [2]variant{{in: to500, def: "10M", min: mib, max: 4 * gib}}},
	{Param: Param{Name: "_BLACKBOX_DETAIL_ON", Kind: KindBool, Default: "FALSE"}, in: from501, setcfg: fromRC1},
	{Param: Param{Name: nameLockPath, Kind: KindPath, Default: "/tmp"}, in: from600},
	{Param: Param{Name: "_ENABLE_CORE_STATE_COLLECT", Kind: KindBool, Default: "TRUE"}, in: fromRC1, setcfg: fromRC1,
		older: [2]variant{{in: v600rc1 | v600, def: "FALSE"}}},
	{Param: Param{Name: "_LOG_BACKUP_FILE_COUNT", Kind: KindInt, Default: "20", Min: 0, Max: 1024}, in: every, setcfg: every,
		older: [2]variant{{in: to600, def: "20", min: 0, max: 128}}},
	{Param: Param{Name: "_LOG_FILE_PERMISSIONS", Kind: KindMode, Default: "600", Min: 600, Max: 777}, in: every},
	// Bits: run errors 1, warnings 2, information 4; debug 16, 32, 64; mec 128,
	// long SQL 256, operations 512, trace 1024, profile 2048.
	{Param: Param{Name: "_LOG_LEVEL", Kind: KindInt, Default: "519", Min: 0, Max: 4087}, in: every, setcfg: every,
		older: [2]variant{{in: to500, def: "7", min: 0, max: 4087}}},
	{Param: Param{Name: "_LOG_MAX_FILE_SIZE", Kind: KindSize, Unit: UnitByte, Default: "256M", Min: mib, Max: 4 * gib}, in: every, setcfg: every},
	{Param: Param{Name: "_LOG_PATH_PERMISSIONS", Kind: KindMode, Default: "700", Min: 700, Max: 777}, in: every},
	{Param: Param{Name: nameShmKey, Kind: KindInt, Default: "1", Min: 1, Max: 64}, in: every},
	{Param: Param{Name: "__RECYCLE_META_POOL_HWM", Kind: KindInt, Unit: UnitBasisPoint, Default: "8000", Max: 10000, Debug: true}, in: from700, setcfg: from700},
	{Param: Param{Name: "__RECYCLE_META_POOL_LWM", Kind: KindInt, Unit: UnitBasisPoint, Default: "6000", Max: 10000, Debug: true}, in: from700, setcfg: from700},
}

// Names of parameters that this package treats by name.
const (
	nameInstance    = "INST_ID"
	nameNodes       = "DSS_NODES_LIST"
	nameSocketDir   = "LSNR_PATH"
	nameStorage     = "STORAGE_MODE"
	nameLockPath    = "_DISK_LOCK_FILE_PATH"
	nameOldLockPath = "DISK_LOCK_FILE_PATH"
	nameCM          = "DSS_CM_SO_NAME"
	nameShmKey      = "_SHM_KEY"
	nameXlogVG      = "XLOG_VG_ID"
	nameDiskType    = "DISK_TYPE"
	nameLogHome     = "LOG_HOME"
	nameMultibus    = "LINUX_MULTIBUS"
	nameMultipath   = "MPATHPERSIST_DSS_PATH"
	nameHigh        = "VG_SPACE_USAGE_HWM"
	nameLow         = "VG_SPACE_USAGE_LWM"
	nameNotifyDays  = "SSL_CERT_NOTIFY_TIME"
	nameDetectDays  = "SSL_PERIOD_DETECTION"
	nameSecret      = "SSL_PWD_CIPHERTEXT"
	nameInclude     = "IFILE"
)

// Limits of DSS, in bytes where nothing else is said.
const (
	// MaxInstances is how many instances a cluster can have; ids are below it.
	MaxInstances = 64
	// MaxVolumeGroups is how many volume groups dss_vg_conf.ini can name.
	MaxVolumeGroups = 65
	// MaxNameLength is how long names of volume groups, files and volumes may be.
	MaxNameLength = 63
	// MaxSocketPath is how long the path of a socket may be (sun_path, less its
	// closing zero byte).
	MaxSocketPath = 107
	// SocketName is the name of a server's socket in the directory LSNR_PATH.
	SocketName = ".dss_unix_d_socket"

	maxFileSize  = 64 * kib // CM_MAX_CONFIG_FILE_SIZE
	maxLine      = 2*kib - 1
	maxValue     = 1023 // CM_PARAM_BUFFER_SIZE, less its closing zero byte
	maxLockPath  = 107  // DSS_UNIX_PATH_MAX
	maxSocketDir = 169  // DSS_MAX_PATH_BUFFER_SIZE, less the socket's name
)
