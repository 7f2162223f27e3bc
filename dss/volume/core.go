// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import "math"

// core is the core control: the size of allocation units, what is used of each
// volume, and where free blocks and the recycle area begin.
type core struct {
	version uint64
	auSize  int64
	count   uint32 // volumes in use
	space   freeList
	aux     freeList
	recycle ID
	aus     uint64
	attrs   [maxVolumes]attr
}

// freeList is a list of free blocks.
type freeList struct {
	count       uint64
	first, last ID
}

// attr is what the core control says of a volume.
type attr struct {
	id              int
	size, hwm, free int64
}

// parseCore checks what everything else is computed from.
func parseCore(d *device, b []byte, off int64) (*core, error) {
	list := func(at int) freeList {
		return freeList{u64(b, at+rootFreeCount), idAt(b, at+rootFreeFirst), idAt(b, at+rootFreeLast)}
	}
	c := &core{
		version: u64(b, coreVersion),
		auSize:  int64(u32(b, coreAUSize)),
		count:   u32(b, coreCount),
		space:   list(coreSpaceRoot),
		aux:     list(coreAuxRoot),
		recycle: idAt(b, coreAURoot+auRecycle),
		aus:     u64(b, coreAURoot+auCount),
	}
	bad := func(field, format string, args ...any) (*core, error) {
		return nil, d.corrupt(off, "core control", field, format, args...)
	}
	if c.auSize < minAU || c.auSize > maxAU || c.auSize%1024 != 0 {
		return bad("au_size", "is %d, want 2 MiB to 64 MiB in KiB", c.auSize)
	}
	if c.count == 0 || c.count > maxVolumes {
		return bad("volume_count", "is %d, want 1 to %d", c.count, maxVolumes)
	}
	for i := range c.attrs {
		at := coreAttrs + i*attrSize
		for _, f := range []struct {
			name string
			at   int
		}{{"size", attrBytes}, {"hwm", attrHighWater}, {"free", attrFree}} {
			if n := u64(b, at+f.at); n > math.MaxInt64 {
				return nil, d.corrupt(off+int64(at), "core control: volume_attrs["+itoa(i)+"]", f.name, "is %d", n)
			}
		}
		size, hwm, free := u64(b, at+attrBytes), u64(b, at+attrHighWater), u64(b, at+attrFree)
		c.attrs[i] = attr{int(u64(b, at)>>1) & 0xffff, int64(size), int64(hwm), int64(free)}
	}
	return c, nil
}

// firstUnit returns the number of the first allocation unit that can be in use.
func (c *core) firstUnit() uint64 { return uint64((sizeHead + c.auSize - 1) / c.auSize) }
