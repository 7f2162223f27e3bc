// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

// spaceBlock is a block of the file space: the ids of second-level blocks, or
// of the allocation units with a file's data.
type spaceBlock struct {
	b     []byte
	id    ID
	place Place
}

func (s *spaceBlock) used() int     { return int(u16(s.b, spaceUsed)) }
func (s *spaceBlock) slot(i int) ID { return idAt(s.b, spaceIDs+8*i) }

// slotPlace is where the id in slot i stands.
func (s *spaceBlock) slotPlace(i int) Place {
	p := s.place
	p.Field = "bitmap[" + itoa(i) + "]"
	return p
}

// readSpace reads a block that belongs to node n, in the place index of its
// parent (dss_check_fs_block_affiliation in src/common/dss_file.c). at is where
// id was read.
func (g *Group) readSpace(id ID, n *Node, index int, at Place) (*spaceBlock, error) {
	const structure = "file space block"
	d, off, err := g.locate(id, sizeSpace, structure, at)
	if err != nil {
		return nil, err
	}
	b := make([]byte, sizeSpace)
	if err := d.readChecked(b, off, structure); err != nil {
		return nil, err
	}
	if err := checkOwned(d, b, off, structure, typeSpace, id, n, owned{spaceOwner, spaceIndex, index}); err != nil {
		return nil, err
	}
	if used := u16(b, spaceUsed); used > spaceSlots {
		return nil, d.corrupt(off, structure, "used_num", "is %d of %d", used, spaceSlots)
	}
	return &spaceBlock{b, id, d.place(off, structure, "")}, nil
}

// owned says where a block names its owner and its place in the block above,
// and what place that must be.
type owned struct{ owner, index, want int }

func checkOwned(d *device, b []byte, off int64, structure string, kind uint32, id ID, n *Node, o owned) error {
	if err := checkBlock(d, b, off, structure, kind, id); err != nil {
		return err
	}
	if f := b[blockFlags]; f != flagUsed && f != flagReserved {
		return d.corrupt(off, structure, "flags", "is %d, want %d: file %s uses the block", f, flagUsed, quoteName(n.Name))
	}
	if n.recycled && o.want != indexEntry {
		return nil // truncating moves blocks to a recycled file as they are
	}
	if owner := idAt(b, o.owner); owner != n.ID && owner != NoID {
		return d.corrupt(off, structure, "ftid", "is %v, want %v: file %s uses the block", owner, n.ID, quoteName(n.Name))
	}
	if index := u16(b, o.index); int(index) != o.want && index != indexNone {
		return d.corrupt(off, structure, "index", "is %d, want %d", index, o.want)
	}
	return nil
}

// auxBlock says which pages of an allocation unit were written.
type auxBlock struct {
	b     []byte
	data  ID // the allocation unit
	whole bool
	page  int64 // bytes that one bit stands for
	place Place
}

// readAux reads the auxiliary block id of node n (src/common/persist/dss_fs_aux.h).
func (g *Group) readAux(id ID, n *Node, index int, at Place) (*auxBlock, error) {
	const structure = "auxiliary block"
	d, off, err := g.locate(id.block(), sizeAux, structure, at)
	if err != nil {
		return nil, err
	}
	b := make([]byte, sizeAux)
	if err := d.readChecked(b, off, structure); err != nil {
		return nil, err
	}
	if err := checkOwned(d, b, off, structure, typeAux, id, n, owned{auxOwner, auxIndex, index}); err != nil {
		return nil, err
	}
	page := auxPage(g.core.auSize, u32(b, auxBytes))
	if page == 0 {
		return nil, d.corrupt(off, structure, "bitmap_num", "is %d: no size of pages in an allocation unit of %d", u32(b, auxBytes), g.core.auSize)
	}
	data := idAt(b, auxData)
	return &auxBlock{b, data.block(), data.Item()&itemAux == 0, page, d.place(off, structure, "data_id")}, nil
}

// auxPage returns the size of pages, which is chosen when DSS is built, from the
// size of the bitmap in bytes (DSS_FS_AUX_BITMAP_SIZE in src/common/dss_defs.h).
// It is 0 if there is none.
func auxPage(auSize int64, bitmap uint32) int64 {
	for _, page := range []int64{8192, 4096, 16384, 32768} {
		if n := auSize / page / 8; n == int64(bitmap) && n <= sizeAux-auxBitmap {
			return page
		}
	}
	return 0
}

// written returns how many bytes from off in the unit have the same answer to
// the question whether they were written, and the answer.
func (a *auxBlock) written(off, end int64) (int64, bool) {
	if a.whole {
		return end - off, true
	}
	bit := func(page int64) bool {
		at := auxBitmap + page/8
		return at >= sizeAux || a.b[at]>>(page%8)&1 == 0
	}
	page := off / a.page
	first := bit(page)
	for page++; page*a.page < end && bit(page) == first; page++ {
	}
	return min(page*a.page, end) - off, first
}

// extent is a piece of a file inside one allocation unit.
type extent struct {
	device *device // nil: zeros
	off    int64   // in the volume
	n      int64
}

// mapping finds a file's bytes. It keeps the blocks that it read last.
type mapping struct {
	g      *Group
	n      *Node
	entry  *spaceBlock
	second *spaceBlock
	index  int // of second in entry
	aux    *auxBlock
	auxAt  int64 // number of the unit in the file that aux is for

	// Where the last unit is, if all of it was written.
	last      *device
	lastAt    int64
	lastStart int64
}

// at returns the longest extent that begins at off, up to end.
func (m *mapping) at(off, end int64) (extent, error) {
	auSize := m.g.core.auSize
	unit, within := off/auSize, off%auSize
	end = min(end-off+within, auSize)
	if m.last != nil && m.lastAt == unit {
		return extent{m.last, m.lastStart + within, end - within}, nil
	}
	data, at, err := m.unit(unit)
	if err != nil {
		return extent{}, err
	}
	tracked := data.Item()&itemAux != 0 && data < initID && m.n.Flags&FlagTracked != 0
	n, written := end-within, true
	if tracked {
		if m.aux == nil || m.auxAt != unit {
			if m.aux, err = m.g.readAux(data, m.n, int(unit%spaceSlots), at); err != nil {
				return extent{}, err
			}
			m.auxAt = unit
		}
		data, at = m.aux.data, m.aux.place
		if off < m.n.Inited {
			n = min(n, m.n.Inited-off)
		} else {
			n, written = m.aux.written(within, end)
		}
	}
	if !written {
		return extent{n: n}, nil
	}
	d, start, err := m.g.locate(data, auSize, "data", at)
	if err != nil {
		return extent{}, err
	}
	if !tracked {
		m.last, m.lastAt, m.lastStart = d, unit, start
	}
	return extent{d, start + within, n}, nil
}

// unit returns the id of the allocation unit number unit of the file, and where
// it stands.
func (m *mapping) unit(unit int64) (ID, Place, error) {
	i, j := unit/spaceSlots, int(unit%spaceSlots)
	at := m.n.place
	at.Structure, at.Field = "node "+quoteName(m.n.Name), "entry"
	if i >= spaceSlots {
		at.Field = "size"
		return 0, at, &CorruptError{at, "more than two levels of file space can hold"}
	}
	var err error
	if m.entry == nil {
		if m.entry, err = m.g.readSpace(m.n.Entry, m.n, indexEntry, at); err != nil {
			return 0, at, err
		}
	}
	if m.second == nil || m.index != int(i) {
		second, err := m.g.readSpace(m.entry.slot(int(i)), m.n, int(i), m.entry.slotPlace(int(i)))
		if err != nil {
			return 0, at, err
		}
		m.second, m.index = second, int(i)
	}
	return m.second.slot(j), m.second.slotPlace(j), nil
}
