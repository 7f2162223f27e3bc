// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

// The layout of a volume group on disk: little endian, natural alignment capped
// at 8 bytes. Each group of constants names the file of the DSS sources
// (gitcode.com/opengauss/DSS, src/common) that it was read from.

// Regions of the entry volume: st_dss_ctrl in persist/dss_ctrl_def.h. Other
// volumes of a group carry the header alone.
const (
	offHeader  = 0
	offCore    = 512
	offVolumes = offCore + sizeCore
	offRoot    = offVolumes + sizeVolumes
	offRedo    = offRoot + 8<<10
	offGlobal  = 1<<20 - 512
	offBackup  = 1 << 20 // a copy of the first MiB; DSS_CTRL_BAK_ADDR

	sizeUnit    = 512 // DSS_DISK_UNIT_SIZE, and the header and redo control
	sizeCore    = 16 << 10
	sizeVolumes = 256 << 10
	sizeHead    = 4 << 20 // DSS_VOLUME_HEAD_SIZE: no allocation unit in use begins below
)

// Limits: dss_defs.h.
const (
	maxVolumes = 256
	minAU      = 2 << 20
	maxAU      = 64 << 20
	nameSize   = 64 // with the NUL
	pathSize   = 64 // of a volume, with the NUL
	linkSize   = 1024
)

// Volume header: st_dss_disk_group_header_t in persist/dss_ctrl_def.h.
const (
	headType    = 4
	headID      = 8
	headEntry   = 12
	headGroup   = 76
	headValid   = 140
	headVersion = 144
	headSeconds = 152
	headMicros  = 160
	headBackup  = 168
	headProto   = 184

	typeOrdinary = 0x12345678
	typeEntry    = 0x12345679
	validMark    = 0x5f3759df

	newestVersion = 2 // DSS_SOFTWARE_VERSION
)

// Core control: st_dss_core_ctrl in persist/dss_ctrl_def.h, st_dss_au_root_t in
// persist/dss_alloc_unit.h, st_dss_fs_root_t in persist/dss_file_def.h.
const (
	coreVersion   = 8
	coreAUSize    = 16
	coreCount     = 20
	coreSpaceRoot = 24
	coreAURoot    = 88
	coreAuxRoot   = 152
	coreAttrs     = 512

	rootFreeCount = 8 // within a space or auxiliary root
	rootFreeFirst = 16
	rootFreeLast  = 24

	auRecycle = 8 // within the AU root
	auCount   = 16

	attrSize      = 32
	attrBytes     = 8
	attrHighWater = 16
	attrFree      = 24
)

// Volume control: st_dss_volume_ctrl and st_dss_volume_def in
// persist/dss_ctrl_def.h.
const (
	volsVersion = 8
	volsDefs    = 512

	defSize    = 256
	defVersion = 8
	defName    = 16
	defCode    = 80
)

// Blocks: st_dss_common_block_t, st_dss_ft_block, st_gft_root_t and
// st_dss_block_header in persist/dss_file_def.h, st_dss_fs_aux_header_t in
// persist/dss_fs_aux.h.
const (
	blockType    = 4
	blockVersion = 8
	blockID      = 16
	blockFlags   = 24

	typeTable = 0 // dss_block_type_t in persist/dss_block_ctrl.h
	typeSpace = 1
	typeAux   = 2

	flagReserved = 0 // written before blocks had flags
	flagFree     = 1
	flagUsed     = 2

	sizeTable = 512
	sizeSpace = 16 << 10
	sizeAux   = 1536

	tableCount = 32
	tableNext  = 40
	tableNode  = 256

	rootTableFreeCount = 56 // the table's root, in the root block only
	rootTableFreeFirst = 64
	rootTableFreeLast  = 72
	rootTableNextFID   = 104
	rootTableFirst     = 112
	rootTableLast      = 120

	spaceNext  = 32
	spaceOwner = 40
	spaceUsed  = 48
	spaceTotal = 50
	spaceIndex = 52
	spaceIDs   = 56
	spaceSlots = (sizeSpace - spaceIDs) / 8 // 2041

	indexEntry = 0xfffd // DSS_ENTRY_FS_INDEX: the first level has no place in a parent
	indexNone  = 0xffff // written before blocks had an index

	auxNext   = 32
	auxOwner  = 40
	auxData   = 48
	auxBytes  = 56 // of the bitmap
	auxIndex  = 60
	auxBitmap = 64
)

// Node: st_gft_node in persist/dss_file_def.h.
const (
	nodeSize = 256

	nodeType      = 0
	nodeCreated   = 8
	nodeUpdated   = 16
	nodeFlags     = 28
	nodeBytes     = 32
	nodeEntry     = 40
	nodeChildren  = 40
	nodeFirst     = 48
	nodeLast      = 56
	nodeID        = 64
	nodeNext      = 72
	nodePrev      = 80
	nodeName      = 88
	nodeFID       = 152
	nodeWritten   = 160
	nodeParent    = 168
	nodeVersion   = 176
	nodeMinInited = 184
)

// Redo: st_dss_redo_ctrl in persist/dss_ctrl_def.h, st_dss_redo_batch and
// st_dss_redo_entry in persist/dss_redo.h.
const (
	redoIndex   = 4
	redoVersion = 8
	redoOffset  = 16
	redoLSN     = 24
	redoStart   = 32
	redoSize    = 96
	redoCount   = 128
	redoAreas   = 8 // DSS_MAX_EXTENDED_COUNT

	batchHead  = 32
	batchHash  = 4
	batchTime  = 8
	batchLSN   = 16
	batchCount = 24
	maxBatch   = 64 << 10 // DSS_VG_LOG_SPLIT_SIZE

	entryHead = 8

	redoSlots    = 65     // CM_HASH_SHM_MAX_ID: groups of one instance, each with a slot before version 2
	redoSlotSize = 129024 // DSS_INSTANCE_LOG_SPLIT_SIZE
)
