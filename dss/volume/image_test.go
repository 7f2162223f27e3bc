// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
)

// The writer of images for the tests: a description goes in, volumes come out,
// laid out as a server does. It shares the offsets of layout.go with the reader
// and nothing else.

// groupSpec describes a group.
type groupSpec struct {
	name     string
	au       int64   // 0 for 2 MiB
	volumes  []int64 // allocation units of each, without those of the header
	software uint32
	tree     []item
	recycled []item
	pending  []change // a batch that was not applied
	redoAt   int64    // position in the redo log
	page     int64    // that one bit of an auxiliary block stands for, 0 for 8 KiB
}

// item describes a file, a directory or a link.
type item struct {
	name   string
	kind   NodeType
	data   []byte           // of a file
	at     map[int64]string // of a large file: pieces at offsets
	size   int64            // of a large file
	target string           // of a link
	items  []item           // of a directory
	flags  NodeFlags        // besides FlagNormal
	holes  []int            // pages that were never written, of a tracked file
	inited int64
	cut    bool // recycled: what truncation left, written size 0
	orphan bool // does not name its parent
}

// change is an entry of a redo batch.
type change struct {
	kind RedoType
	data []byte
}

func file(name, content string) item {
	return item{name: name, kind: RegularFile, data: []byte(content)}
}
func dir(name string, items ...item) item {
	return item{name: name, kind: Directory, items: items}
}
func link(name, target string) item { return item{name: name, kind: Link, target: target} }

// image is a group in memory.
type image struct {
	spec   groupSpec
	au     int64
	vols   []*memory
	hwm    []int64
	turn   int // the volume that the next unit is taken from
	table  map[ID][]byte
	space  map[ID][]byte
	aux    map[ID][]byte
	root   []byte
	core   []byte
	freeFT []ID
	freeFS []ID
	freeFA []ID
	paths  map[string]ID // "dir/file" to node
	units  uint64
	fid    uint64
	redoAU ID
}

const (
	testTime = 1_790_000_000
	pageSize = 8192 // that one bit of an auxiliary block stands for
)

func p32(b []byte, off int, v uint32) { binary.LittleEndian.PutUint32(b[off:], v) }
func p64[T ~int64 | ~uint64](b []byte, off int, v T) {
	binary.LittleEndian.PutUint64(b[off:], uint64(v))
}
func p16(b []byte, off int, v uint16) { binary.LittleEndian.PutUint16(b[off:], v) }

func seal(b []byte) []byte { p32(b, 0, checksum(b)); return b }

// writeImage makes the volumes of a group.
func writeImage(spec groupSpec) *image {
	g := &image{
		spec: spec, au: max(spec.au, 0), table: map[ID][]byte{}, space: map[ID][]byte{}, aux: map[ID][]byte{},
		root: make([]byte, sizeTable), core: make([]byte, sizeCore), paths: map[string]ID{}, fid: 1,
	}
	if g.au == 0 {
		g.au = minAU
	}
	head := (sizeHead + g.au - 1) / g.au * g.au
	for _, units := range spec.volumes {
		g.vols = append(g.vols, newMemory(head+units*g.au))
		g.hwm = append(g.hwm, head)
	}
	g.redoAU = g.unitOn(0) // a log of two units in two areas
	g.unitOn(0)
	g.initRoot()
	recycle := g.newNode(0, dir(recycleName), FlagSystem)
	p64(g.core, coreAURoot+auRecycle, recycle)
	g.fill(0, "", spec.tree)
	g.fill(recycle, recycleName+"/", spec.recycled)
	g.flush()
	return g
}

// unitOn hands out the next unit of a volume.
func (g *image) unitOn(vol int) ID {
	id := MakeID(vol, uint64(g.hwm[vol]/g.au), 0, 0)
	g.hwm[vol] += g.au
	g.units++
	return id
}

// unit hands out a unit of each volume in turn.
func (g *image) unit() ID {
	for range g.vols {
		g.turn = (g.turn + 1) % len(g.vols)
		if g.hwm[g.turn]+g.au <= g.vols[g.turn].size {
			return g.unitOn(g.turn)
		}
	}
	panic("image: no space in " + g.spec.name)
}

func (g *image) initRoot() {
	p32(g.root, tableCount, 1)
	p64(g.root, tableNext, NoID)
	b := g.root[tableNode:]
	p64(b, nodeCreated, int64(testTime))
	p64(b, nodeUpdated, int64(testTime))
	for _, at := range []int{nodeFirst, nodeLast, nodeNext, nodePrev} {
		p64(b, at, NoID)
	}
	copy(b[nodeName:], g.spec.name)
}

// block heads.
func headOf(b []byte, kind uint32, id ID, flags byte) []byte {
	p32(b, blockType, kind)
	p64(b, blockVersion, uint64(1))
	p64(b, blockID, id)
	b[blockFlags] = flags
	return b
}

// take hands out a block from a list of free ones, formatting a unit if needed.
func (g *image) take(list *[]ID, blocks map[ID][]byte, size int64, kind uint32, init func([]byte)) ID {
	if len(*list) == 0 {
		unit := g.unit()
		for i := g.au/size - 1; i >= 0; i-- {
			id := unit | ID(i)<<44
			b := headOf(make([]byte, size), kind, id, flagFree)
			init(b)
			blocks[id] = b
			*list = append(*list, id)
		}
	}
	id := (*list)[len(*list)-1]
	*list = (*list)[:len(*list)-1]
	blocks[id][blockFlags] = flagUsed
	return id
}

// nodeBytes returns the node's part of its block.
func (g *image) nodeBytes(id ID) []byte {
	if id == 0 {
		return g.root[tableNode:]
	}
	return g.table[id][tableNode:]
}

// newNode appends a node to the directory parent.
func (g *image) newNode(parent ID, it item, flags NodeFlags) ID {
	id := g.take(&g.freeFT, g.table, sizeTable, typeTable, func(b []byte) {
		p32(b, tableCount, 1)
		p64(b, tableNext, NoID)
		p64(b, tableNode+nodeID, idAt(b, blockID))
		p64(b, tableNode+nodeParent, initID)
	})
	b, dir := g.nodeBytes(id), g.nodeBytes(parent)
	p32(b, nodeType, uint32(it.kind))
	p64(b, nodeCreated, int64(testTime)+int64(g.fid))
	p64(b, nodeUpdated, int64(testTime)+int64(g.fid))
	p32(b, nodeFlags, uint32(flags))
	if it.kind == Directory {
		p64(b, nodeFirst, NoID)
		p64(b, nodeLast, NoID)
	} else {
		p64(b, nodeEntry, NoID)
	}
	last := idAt(dir, nodeLast)
	p64(b, nodeNext, NoID)
	p64(b, nodePrev, last)
	copy(b[nodeName:nodeName+nameSize-1], it.name)
	p64(b, nodeFID, g.fid)
	g.fid++
	p64(b, nodeParent, parent)
	if it.orphan {
		p64(b, nodeParent, NoID)
	}
	if last == NoID {
		p64(dir, nodeFirst, id)
	} else {
		p64(g.nodeBytes(last), nodeNext, id)
	}
	p64(dir, nodeLast, id)
	p32(dir, nodeChildren, u32(dir, nodeChildren)+1)
	return id
}

// fill makes the entries of a directory.
func (g *image) fill(parent ID, prefix string, items []item) {
	for _, it := range items {
		id := g.newNode(parent, it, FlagNormal|it.flags)
		g.paths[prefix+it.name] = id
		switch it.kind {
		case Directory:
			g.fill(id, prefix+it.name+"/", it.items)
		case Link:
			g.store(id, it, int64(linkSize), map[int64][]byte{0: []byte(it.target + "\x00")}, 0)
		default:
			pieces, size := map[int64][]byte{0: it.data}, int64(len(it.data))
			if it.size > 0 {
				pieces, size = map[int64][]byte{}, it.size
				for off, s := range it.at {
					pieces[off] = []byte(s)
				}
			}
			written := size
			if it.cut {
				written = 0
			}
			g.store(id, it, size, pieces, written)
		}
	}
}

func (g *image) newSpace(owner ID, index uint16) ID {
	id := g.take(&g.freeFS, g.space, sizeSpace, typeSpace, func(b []byte) {
		p16(b, spaceTotal, spaceSlots)
		for i := range spaceSlots {
			p64(b, spaceIDs+8*i, NoID)
		}
	})
	p64(g.space[id], spaceNext, NoID)
	p64(g.space[id], spaceOwner, owner)
	p16(g.space[id], spaceIndex, index)
	return id
}

func (g *image) push(block, id ID) {
	b := g.space[block]
	used := u16(b, spaceUsed)
	p64(b, spaceIDs+8*int(used), id)
	p16(b, spaceUsed, used+1)
}

// store gives a file its units and writes its pieces.
func (g *image) store(id ID, it item, size int64, pieces map[int64][]byte, written int64) {
	entry := g.newSpace(id, indexEntry)
	b := g.nodeBytes(id)
	p64(b, nodeEntry, entry)
	units := (size + g.au - 1) / g.au
	p64(b, nodeBytes, units*g.au)
	p64(b, nodeWritten, written)
	p64(b, nodeMinInited, it.inited)
	var second ID
	data := make([]ID, 0, units)
	for u := range units {
		if u%spaceSlots == 0 {
			second = g.newSpace(id, uint16(u/spaceSlots))
			g.push(entry, second)
			if it.cut { // the block is that of the file that was cut
				p64(g.space[second], spaceOwner, id^1<<44)
				p16(g.space[second], spaceIndex, 17)
			}
		}
		unit := g.unit()
		data = append(data, unit)
		if it.flags&FlagTracked != 0 {
			unit = g.newAux(id, unit, uint16(u%spaceSlots), it.holes, u)
		}
		g.push(second, unit)
	}
	for off, piece := range pieces {
		for len(piece) > 0 {
			unit, within := data[off/g.au], off%g.au
			n := min(int64(len(piece)), g.au-within)
			g.write(unit, within, piece[:n])
			piece, off = piece[n:], off+n
		}
	}
}

// newAux makes the auxiliary block of a unit; holes are pages of the file.
func (g *image) newAux(owner, unit ID, index uint16, holes []int, u int64) ID {
	id := g.take(&g.freeFA, g.aux, sizeAux, typeAux, func([]byte) {})
	b := g.aux[id]
	p64(b, auxNext, NoID)
	p64(b, auxOwner, owner)
	p64(b, auxData, unit|itemAux<<61)
	p16(b, auxIndex, index)
	page := cmp.Or(g.spec.page, pageSize)
	p32(b, auxBytes, uint32(g.au/page/8))
	perUnit := int(g.au / page)
	for _, page := range holes {
		if page/perUnit == int(u) {
			b[auxBitmap+page%perUnit/8] |= 1 << (page % perUnit % 8)
		}
	}
	return id | itemAux<<61
}

func (g *image) write(id ID, within int64, p []byte) {
	if _, err := g.vols[id.Volume()].WriteAt(p, int64(id.AU())*g.au+within); err != nil {
		panic(err)
	}
}

// flush seals and writes everything.
func (g *image) flush() {
	g.linkFree(g.freeFT, g.table, tableNode+nodeNext, NoID)
	g.linkFree(g.freeFS, g.space, spaceNext, NoID)
	g.linkFree(g.freeFA, g.aux, auxNext, 0) // the root was zeros when the first were made
	for id, b := range g.table {
		g.write(id, int64(id.Block())*sizeTable, seal(b))
	}
	for id, b := range g.space {
		g.write(id, int64(id.Block())*sizeSpace, seal(b))
	}
	for id, b := range g.aux {
		g.write(id, int64(id.Block())*sizeAux, seal(b))
	}
	for i := range g.vols {
		g.write(MakeID(i, 0, 0, 0), offHeader, g.header(i))
	}
	redo := g.redoControl()
	for _, backup := range []int64{0, offBackup} {
		g.write(0, backup+offHeader, g.header(0))
		g.write(0, backup+offCore, g.coreBytes())
		g.write(0, backup+offVolumes, g.volumesBytes())
		g.write(0, backup+offRoot, g.rootBytes())
		g.write(0, backup+offRedo, redo)
	}
	g.write(0, offGlobal, []byte{3})
	if g.spec.pending != nil {
		g.writeBatch()
	}
}

func (g *image) linkFree(free []ID, blocks map[ID][]byte, next int, prev ID) {
	for _, id := range free {
		p64(blocks[id], next, prev)
		prev = id
	}
}

func (g *image) volumePath(i int) string { return fmt.Sprintf("/dev/dss/%s%d", g.spec.name, i) }

func (g *image) header(i int) []byte {
	b := make([]byte, sizeUnit)
	p32(b, headType, typeOrdinary)
	if i == 0 {
		p32(b, headType, typeEntry)
	}
	p32(b, headID, uint32(i))
	copy(b[headEntry:], g.volumePath(i))
	copy(b[headGroup:], g.spec.name)
	p32(b, headValid, validMark)
	p32(b, headVersion, g.software())
	p64(b, headSeconds, int64(testTime))
	p64(b, headMicros, int64(5))
	p32(b, headProto, 4)
	return seal(b)
}

func (g *image) software() uint32 {
	if g.spec.software == 0 {
		return newestVersion
	}
	return g.spec.software - 1 // 1 stands for version 0
}

func putList(b []byte, count, first, last int, free []ID) {
	head, tail := NoID, NoID
	if len(free) > 0 {
		head, tail = free[len(free)-1], free[0]
	}
	p64(b, first, head)
	p64(b, last, tail)
	p32(b, count, uint32(len(free)))
}

func (g *image) coreBytes() []byte {
	b := g.core
	p64(b, coreVersion, uint64(94))
	p32(b, coreAUSize, uint32(g.au))
	p32(b, coreCount, uint32(len(g.vols)))
	putList(b[coreSpaceRoot:], rootFreeCount, rootFreeFirst, rootFreeLast, g.freeFS)
	if len(g.aux) > 0 {
		putList(b[coreAuxRoot:], rootFreeCount, rootFreeFirst, rootFreeLast, g.freeFA)
	}
	p64(b, coreAURoot+auCount, g.units)
	for i, v := range g.vols {
		at := coreAttrs + i*attrSize
		p64(b, at, uint64(i)<<1)
		p64(b, at+attrBytes, v.size)
		p64(b, at+attrHighWater, g.hwm[i])
		p64(b, at+attrFree, v.size-g.hwm[i])
	}
	return seal(b)
}

func (g *image) volumesBytes() []byte {
	b := make([]byte, sizeVolumes)
	p64(b, volsVersion, uint64(8))
	for i := range g.vols {
		at := volsDefs + i*defSize
		p64(b, at, uint64(i)|uint64(VolumeInUse)<<16)
		copy(b[at+defName:], g.volumePath(i))
	}
	return seal(b)
}

func (g *image) rootBytes() []byte {
	b := g.root
	p64(b, blockVersion, uint64(7))
	putList(b, rootTableFreeCount, rootTableFreeFirst, rootTableFreeLast, g.freeFT)
	p64(b, rootTableNextFID, g.fid)
	return seal(b)
}

const testLSN = 41

func (g *image) redoControl() []byte {
	b := make([]byte, sizeUnit)
	p64(b, redoVersion, uint64(3))
	p64(b, redoOffset, g.spec.redoAt)
	p64(b, redoLSN, uint64(testLSN))
	for i := range 2 {
		p64(b, redoStart+8*i, MakeID(0, g.redoAU.AU()+uint64(i), 0, 0))
		p32(b, redoSize+4*i, uint32(g.au))
	}
	p32(b, redoCount, 2)
	return seal(b)
}

// batch returns the pending batch as it stands in the log.
func (g *image) batch() []byte {
	b := make([]byte, batchHead)
	for _, c := range g.spec.pending {
		var head [entryHead]byte
		p32(head[:], 0, uint32(c.kind))
		p32(head[:], 4, uint32(entryHead+len(c.data)))
		b = append(append(b, head[:]...), c.data...)
	}
	p32(b, 0, uint32(len(b)))
	p32(b, batchHash, batchSum(b[batchHead:]))
	p64(b, batchTime, int64(800_000_000_000_123))
	p64(b, batchLSN, uint64(testLSN+1))
	p32(b, batchCount, uint32(len(g.spec.pending)))
	whole := make([]byte, batchSize(b))
	copy(whole, b)
	copy(whole[len(whole)-batchHead:], b[:batchHead])
	return whole
}

// writeBatch writes the batch around the end of the first area, if it is there.
func (g *image) writeBatch() {
	b := g.batch()
	if g.software() < 2 {
		g.write(g.redoAU, redoSlotSize, b) // the second slot
		return
	}
	first := min(int64(len(b)), g.au-g.spec.redoAt)
	g.write(g.redoAU, g.spec.redoAt, b[:first])
	g.write(g.redoAU, g.au, b[first:])
}

// overlay returns a copy of the image that can be changed.
func (g *image) overlay() *image {
	c := *g
	c.vols = nil
	for _, v := range g.vols {
		c.vols = append(c.vols, v.overlay())
	}
	return &c
}

// sources are the volumes, the entry volume last: the order must not matter.
func (g *image) sources() []Source {
	var list []Source
	for i, v := range g.vols {
		list = append(list, Source{fmt.Sprintf("%s%d.img", g.spec.name, i), v, v.size})
	}
	slices.Reverse(list)
	return list
}

// change lets edit change n bytes of a volume, and seals them if it says so.
func (g *image) change(vol int, off int64, n int, sealed bool, edit func(b []byte)) {
	b := make([]byte, n)
	if _, err := g.vols[vol].ReadAt(b, off); err != nil {
		panic(err)
	}
	edit(b)
	if sealed {
		seal(b)
	}
	if _, err := g.vols[vol].WriteAt(b, off); err != nil {
		panic(err)
	}
}

// at returns the volume and offset of a block.
func (g *image) at(id ID, size int64) (int, int64) {
	if id == 0 {
		return 0, offRoot
	}
	return id.Volume(), int64(id.AU())*g.au + int64(id.Block())*size
}

// open opens the image and fails the test if that is not possible.
func (g *image) open(t testing.TB) *Group {
	t.Helper()
	group, err := Open(g.sources()...)
	if err != nil {
		t.Fatal(err)
	}
	return group
}

// check returns what Check reports.
func check(t testing.TB, g *Group) ([]Finding, Checked) {
	t.Helper()
	var list []Finding
	done, err := g.Check(t.Context(), func(f Finding) { list = append(list, f) })
	if err != nil {
		t.Fatal(err)
	}
	return list, done
}
