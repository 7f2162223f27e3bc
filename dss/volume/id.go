// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"fmt"
	"strconv"
)

// ID names an allocation unit, a block in one, or a node of the file table: the
// volume in bits 0 to 9, the allocation unit in 10 to 43, the block in 44 to 60,
// the item in 61 to 63 (st_auid_t in src/common/persist/dss_au.h). As text it is
// the number that dsscmd prints, with its parts.
type ID uint64

const (
	// NoID is the end of a list and an empty slot (DSS_INVALID_64).
	NoID ID = 1<<64 - 1
	// initID marks the owner of a block that is being initialised (DSS_BLOCK_ID_INIT).
	initID ID = 1<<64 - 2

	itemAux = 1 // item bit: the id is that of an auxiliary block, or of a unit written in part
)

// MakeID puts an ID together; parts that do not fit are cut.
func MakeID(volume int, au uint64, block uint32, item uint8) ID {
	return ID(volume)&0x3ff | ID(au)&(1<<34-1)<<10 | ID(block)&(1<<17-1)<<44 | ID(item)<<61
}

// Volume returns the number of the volume in the group, 0 to 1023; a group has
// at most 256.
func (id ID) Volume() int { return int(id & 0x3ff) }

// AU returns the number of the allocation unit in its volume.
func (id ID) AU() uint64 { return uint64(id>>10) & (1<<34 - 1) }

// Block returns the number of the block in its allocation unit.
func (id ID) Block() uint32 { return uint32(id>>44) & (1<<17 - 1) }

// Item returns the item in the block, 0 to 7.
func (id ID) Item() uint8 { return uint8(id >> 61) }

// String returns the number and its parts, "none" for [NoID].
func (id ID) String() string {
	switch id {
	case NoID:
		return "none"
	case initID:
		return "being initialised"
	}
	return fmt.Sprintf("%d (volume %d au %d block %d item %d)", uint64(id), id.Volume(), id.AU(), id.Block(), id.Item())
}

// unit returns the id of the allocation unit that id is in.
func (id ID) unit() ID { return id & (1<<44 - 1) }

// block returns id without its item.
func (id ID) block() ID { return id & (1<<61 - 1) }

// itoa is a number in an error.
func itoa[T ~int | ~uint32](n T) string { return strconv.FormatInt(int64(n), 10) }
