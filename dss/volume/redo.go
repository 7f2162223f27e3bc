// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"encoding/binary"
	"fmt"
	"time"
)

// RedoType is the kind of a change in the redo log (dss_redo_type_t in
// src/common/persist/dss_redo.h).
type RedoType uint32

// names of the types, by number.
var redoTypes = [...]string{
	"core control", "add or remove volume", "volume header", "format file table", "allocate node", "free node",
	"recycle node", "set file size", "rename", "format file space", "allocate space block", "free space block",
	"initialise space block", "set space block", "set node flags", "format auxiliary", "allocate auxiliary block",
	"free auxiliary block", "initialise auxiliary block", "set space blocks", "set auxiliary blocks", "truncate space blocks",
}

// String returns the type in words.
func (t RedoType) String() string {
	if int64(t) < int64(len(redoTypes)) {
		return redoTypes[t]
	}
	return fmt.Sprintf("RedoType(%d)", uint32(t))
}

// RedoEntry is one change of a batch.
type RedoEntry struct {
	Type  RedoType
	Size  int      // of its data, bytes
	Names []string // of the nodes it changes, for the types that carry nodes
}

// RedoBatch is a set of changes that belong together.
type RedoBatch struct {
	Place   Place
	LSN     uint64
	Time    time.Time // the writing host's wall clock: its zone is not recorded
	Entries []RedoEntry
}

// Redo is the state of the redo log.
type Redo struct {
	LSN     uint64      // of the last batch that was applied; 0 before version 2
	Size    int64       // of the log, bytes
	Pending []RedoBatch // written but not applied; a server does so when it starts
}

// redoControl is st_dss_redo_ctrl in src/common/persist/dss_ctrl_def.h.
type redoControl struct {
	version uint64
	lsn     uint64
	index   int
	offset  int64
	areas   []redoArea
	place   Place
}

// redoArea is a run of allocation units.
type redoArea struct {
	start ID
	size  int64
}

func parseRedoControl(d *device, b []byte, off int64) (*redoControl, error) {
	bad := func(field, format string, args ...any) (*redoControl, error) {
		return nil, d.corrupt(off, "redo control", field, format, args...)
	}
	count, index := u32(b, redoCount), u32(b, redoIndex)
	if count == 0 || count > redoAreas {
		return bad("count", "is %d, want 1 to %d", count, redoAreas)
	}
	if index >= count {
		return bad("redo_index", "is %d of %d", index, count)
	}
	c := &redoControl{
		version: u64(b, redoVersion), lsn: u64(b, redoLSN), index: int(index),
		place: d.place(off, "redo control", ""),
	}
	for i := range int(count) {
		a := redoArea{idAt(b, redoStart+8*i), int64(u32(b, redoSize+4*i))}
		if a.size < sizeUnit || a.size%sizeUnit != 0 {
			return bad("redo_size["+itoa(i)+"]", "is %d, want a multiple of %d", a.size, sizeUnit)
		}
		c.areas = append(c.areas, a)
	}
	at := u64(b, redoOffset)
	if at%sizeUnit != 0 || at >= uint64(c.areas[index].size) {
		return bad("offset", "is %d in an area of %d", at, c.areas[index].size)
	}
	c.offset = int64(at)
	return c, nil
}

// Redo reads the redo log: what was written but not applied. A group whose
// servers run has such a batch for a moment; if it stays, the last server ended
// in the middle of a change, and what this package shows may be half of it.
func (g *Group) Redo() (*Redo, error) {
	if g.head.software < 2 {
		return g.redoSlots()
	}
	if g.redo == nil {
		return nil, g.devices[0].corrupt(offRedo, "redo control", "", "is damaged, and so is its backup copy")
	}
	r := &Redo{LSN: g.redo.lsn}
	for _, a := range g.redo.areas {
		r.Size += a.size
	}
	batch, err := g.readBatch()
	if err != nil || batch == nil {
		return r, err
	}
	if batch.LSN == g.redo.lsn+1 {
		r.Pending = append(r.Pending, *batch)
	}
	return r, nil
}

// readBatch reads the batch at the current position of the log, nil if none is
// complete there: dss_load_log_buffer_from_offset in
// src/common/persist/dss_redo_recovery.c.
func (g *Group) readBatch() (*RedoBatch, error) {
	area := g.redo.areas[g.redo.index]
	d, start, err := g.locateArea(area, g.redo.index)
	if err != nil {
		return nil, err
	}
	start += g.redo.offset
	b := make([]byte, sizeUnit, maxBatch)
	if err := d.read(b, start, "redo log"); err != nil {
		return nil, err
	}
	size := batchSize(b)
	if size == 0 || size > maxBatch {
		return nil, nil
	}
	b = b[:size]
	first := min(int64(size), area.size-g.redo.offset)
	if err := d.read(b[:first], start, "redo log"); err != nil {
		return nil, err
	}
	if rest := b[first:]; len(rest) > 0 {
		next := (g.redo.index + 1) % len(g.redo.areas)
		d2, start2, err := g.locateArea(g.redo.areas[next], next)
		if err != nil {
			return nil, err
		}
		if err := d2.read(rest, start2, "redo log"); err != nil {
			return nil, err
		}
	}
	return parseBatch(b, d.place(start, "redo batch", ""))
}

// locateArea finds an area of the log. It is a run of units, so only its first
// byte is checked; reads check the rest.
func (g *Group) locateArea(a redoArea, i int) (*device, int64, error) {
	at := g.redo.place
	at.Field = "redo_start_au[" + itoa(i) + "]"
	return g.locate(a.start, sizeUnit, "redo log", at)
}

// redoSlots looks for the batches of groups older than version 2, which are
// on the first group of an instance, in a slot for each group.
func (g *Group) redoSlots() (*Redo, error) {
	r := &Redo{Size: redoSlots * redoSlotSize}
	d := g.devices[0]
	for i := range int64(redoSlots) {
		start := int64(g.core.firstUnit())*g.core.auSize + i*redoSlotSize
		b := make([]byte, sizeUnit)
		if start+redoSlotSize > d.size {
			break
		}
		if err := d.read(b, start, "redo slot"); err != nil {
			return r, err
		}
		size := batchSize(b)
		if size == 0 || size > redoSlotSize {
			continue
		}
		b = make([]byte, size)
		if err := d.read(b, start, "redo slot"); err != nil {
			return r, err
		}
		batch, err := parseBatch(b, d.place(start, "redo slot "+itoa(int(i)), ""))
		if err != nil {
			return r, err
		}
		if batch != nil {
			r.Pending = append(r.Pending, *batch)
		}
	}
	return r, nil
}

// batchSize returns what a batch takes on disk, given its head: it ends with a
// copy of the head, at the end of a unit. 0 if there is no batch.
func batchSize(head []byte) int {
	size := u32(head, 0)
	if size <= batchHead || size > maxBatch {
		return 0
	}
	return (int(size) + batchHead + sizeUnit - 1) / sizeUnit * sizeUnit
}

// parseBatch returns nil if the batch is not complete, which a server takes as
// never written: dss_check_redo_batch_complete. A complete batch whose entries
// make no sense is corrupt.
func parseBatch(b []byte, place Place) (*RedoBatch, error) {
	tail := b[len(b)-batchHead:]
	size := int(u32(b, 0))
	hash := u32(b, batchHash)
	if u32(tail, 0) != uint32(size) || u32(tail, batchHash) != hash || u64(tail, batchTime) != u64(b, batchTime) ||
		hash != batchSum(b[batchHead:size]) {
		return nil, nil
	}
	// Microseconds since 2000 by the local clock: cm_now in CBB's cm_date.c.
	micros := int64(u64(b, batchTime))
	batch := &RedoBatch{
		Place: place, LSN: u64(b, batchLSN),
		Time: time.Date(2000, 1, 1, 0, 0, int(micros/1e6), int(micros%1e6)*1000, time.UTC),
	}
	rest := b[batchHead:size]
	for i := range u32(b, batchCount) {
		bad := func(field string, value uint32) error {
			p := place
			p.Field = fmt.Sprintf("entry %d: %s", i, field)
			return &CorruptError{p, fmt.Sprintf("is %d with %d bytes left", value, len(rest))}
		}
		if len(rest) < entryHead {
			return nil, bad("size", 0)
		}
		kind, n := u32(rest, 0), u32(rest, 4)
		if n < entryHead || int64(n) > int64(len(rest)) {
			return nil, bad("size", n)
		}
		if int(kind) >= len(redoTypes) {
			return nil, bad("type", kind)
		}
		batch.Entries = append(batch.Entries, parseEntry(RedoType(kind), rest[entryHead:n]))
		rest = rest[n:]
	}
	return batch, nil
}

// parseEntry reads the names of the nodes that an entry carries.
func parseEntry(t RedoType, data []byte) RedoEntry {
	const tableRootSize = 72 // gft_root_t
	e := RedoEntry{Type: t, Size: len(data)}
	switch t {
	case 4, 5: // nodes behind the table's root
		data = data[min(tableRootSize, len(data)):]
	case 6: // nodes
	case 8: // a node, its new name, its old name
		data = data[:min(nodeSize, len(data))]
	default:
		return e
	}
	for ; len(data) >= nodeSize; data = data[nodeSize:] {
		if idAt(data, nodeID) == NoID {
			continue
		}
		if name, ok := text(data[nodeName : nodeName+nameSize]); ok && validName(name) {
			e.Names = append(e.Names, name)
		}
	}
	return e
}

// batchSum is cm_hash_bytes in CBB's cm_hash.c: FNV-1 over words of four bytes,
// most significant first, the last one filled up with zeros.
func batchSum(b []byte) uint32 {
	const seed, prime = 0x811c9dc5, 0x01000193
	sum := uint32(seed)
	for len(b) >= 4 {
		sum = sum*prime ^ binary.BigEndian.Uint32(b)
		b = b[4:]
	}
	if len(b) > 0 {
		var last [4]byte
		copy(last[:], b)
		sum = sum*prime ^ binary.BigEndian.Uint32(last[:])
	}
	return sum
}
