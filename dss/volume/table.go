// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

// tableRoot is the root of the file table: the root directory and what the
// first block says of the table.
type tableRoot struct {
	version uint64
	dir     *Node
	free    freeList
	nextFID uint64
	first   ID // blocks of the table, in the order they were made
	last    ID
}

func parseRoot(d *device, b []byte, off int64) (*tableRoot, error) {
	if err := checkBlock(d, b, off, "root block", typeTable, 0); err != nil {
		return nil, err
	}
	dir, err := parseNode(b[tableNode:tableNode+nodeSize], 0, d.place(off, "root block", ""))
	if err != nil {
		return nil, err
	}
	if dir.Type != Directory {
		return nil, dir.corrupt("type", "is %v: the root is a directory", dir.Type)
	}
	return &tableRoot{
		version: u64(b, blockVersion),
		dir:     dir,
		free:    freeList{uint64(u32(b, rootTableFreeCount)), idAt(b, rootTableFreeFirst), idAt(b, rootTableFreeLast)},
		nextFID: u64(b, rootTableNextFID),
		first:   idAt(b, rootTableFirst),
		last:    idAt(b, rootTableLast),
	}, nil
}

// checkBlock checks what all blocks begin with.
func checkBlock(d *device, b []byte, off int64, structure string, kind uint32, id ID) error {
	if t := u32(b, blockType); t != kind {
		return d.corrupt(off, structure, "type", "is %d, want %d", t, kind)
	}
	if own := idAt(b, blockID).block(); own != id.block() {
		return d.corrupt(off, structure, "id", "is %v, want %v", own, id.block())
	}
	return nil
}

// locate returns the volume and the offset of a block of the given size. The
// whole block is inside an allocation unit that can be in use, inside the
// volume. at is where the id was read, for the error.
func (g *Group) locate(id ID, size int64, structure string, at Place) (*device, int64, error) {
	bad := func(reason string) (*device, int64, error) {
		return nil, 0, &CorruptError{at, "is " + id.String() + ": " + reason}
	}
	if id == NoID || id == initID {
		return bad("no " + structure)
	}
	if id.Volume() >= maxVolumes || g.volumes.defs[id.Volume()].state == VolumeFree {
		return bad("the group has no such volume")
	}
	if id.AU() < g.core.firstUnit() {
		return bad("inside the header of the volume")
	}
	within := int64(id.Block()) * size
	if within+size > g.core.auSize {
		return bad("behind the end of the allocation unit")
	}
	// 34 bits of a unit of 26 bits at most: no overflow.
	off := int64(id.AU())*g.core.auSize + within
	d := g.devices[id.Volume()]
	if d == nil {
		return nil, 0, &ReadError{Place{g.volumes.defs[id.Volume()].path, id.Volume(), off, structure, ""}, ErrMissingVolume}
	}
	if off+size > d.size {
		return bad("behind the end of the volume")
	}
	return d, off, nil
}

// node reads the node id. at is where the id was read.
func (g *Group) node(id ID, at Place) (*Node, error) {
	b := make([]byte, sizeTable)
	place, err := g.readTable(b, id, at)
	if err != nil {
		return nil, err
	}
	if b[blockFlags] == flagFree {
		place.Field = "flags"
		return nil, &CorruptError{place, "the block is free, and in a directory"}
	}
	n, err := parseNode(b[tableNode:], id, place)
	if err == nil {
		n.recycled = n.Parent == g.core.recycle
	}
	return n, err
}

// readTable reads the block of node id into b, 512 bytes, and returns its place.
func (g *Group) readTable(b []byte, id ID, at Place) (Place, error) {
	const structure = "file table block"
	d, off, err := g.locate(id, sizeTable, structure, at)
	if err != nil {
		return Place{}, err
	}
	if id.Item() != 0 {
		return Place{}, &CorruptError{at, "is " + id.String() + ": a block has one node"}
	}
	if err := d.readChecked(b, off, structure); err != nil {
		return Place{}, err
	}
	return d.place(off, structure, ""), checkBlock(d, b, off, structure, typeTable, id)
}
