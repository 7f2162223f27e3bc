// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Checked is what a [Group.Check] has seen.
type Checked struct {
	Directories int
	Files       int
	Links       int
	Deleted     int   // files that were deleted while somebody had them open
	Recycled    int   // files in the recycle area
	FreeNodes   int   // entries of the file table for new files
	FreeBlocks  int   // blocks of the file space for new files
	Units       int64 // allocation units that belong to something
	Unclaimed   int64 // allocation units that were handed out and belong to nothing that was found
	Faults      int
	Warnings    int
}

// Check reads all metadata of the group, calls report for everything that is
// wrong, and returns what it has seen. The data of files has no checksum: Check
// makes sure that it can be found, that it is inside the volumes and that no
// two files share it, and does not read it. The first 1000 links are followed.
// On a volume that a server is writing, what is found is advisory.
//
// It ends early, with the context's error, when ctx is done. No block is read
// more often than a few times, and memory grows with the number of allocation
// units and of directories, whatever the volumes say of themselves.
func (g *Group) Check(ctx context.Context, report func(Finding)) (Checked, error) {
	c := &checker{ctx: ctx, g: g, report: report, units: map[ID]*unitUse{}, fs: g.FS()}
	for _, f := range g.notes {
		c.add(f)
	}
	c.mirrors()
	c.volumes()
	c.log()
	c.tree()
	c.freeNodes()
	c.freeBlocks(g.core.space, "file space block", "fs_block_root", typeSpace, sizeSpace, spaceNext)
	c.freeBlocks(g.core.aux, "auxiliary block", "fs_aux_root", typeAux, sizeAux, auxNext)
	c.account()
	return c.done, context.Cause(ctx)
}

// checker is one check.
type checker struct {
	ctx    context.Context
	g      *Group
	report func(Finding)
	done   Checked
	units  map[ID]*unitUse
	fs     *FS

	followed int // links
}

func (c *checker) add(f Finding) {
	if f.Severity == Warning {
		c.done.Warnings++
	} else {
		c.done.Faults++
	}
	c.report(f)
}

// fault reports err; a volume that was not given is no fault of the others, and
// is reported once by volumes.
func (c *checker) fault(path string, err error) {
	if err != nil && !errors.Is(err, ErrMissingVolume) {
		c.add(Finding{Severity: Fault, Path: path, Err: err})
	}
}

func (c *checker) warn(path string, err error) {
	c.add(Finding{Severity: Warning, Path: path, Err: err})
}

func (c *checker) over() bool { return c.ctx.Err() != nil }

// mirrors compares structures with their backup copies.
func (c *checker) mirrors() {
	d := c.g.devices[0]
	for _, m := range []struct {
		structure string
		off       int64
		size      int
		version   int // 0: upgrades do not write the copy
	}{
		{"volume header", offHeader, sizeUnit, 0},
		{"core control", offCore, sizeCore, coreVersion},
		{"volume control", offVolumes, sizeVolumes, volsVersion},
		{"root block", offRoot, sizeTable, blockVersion},
		{"redo control", offRedo, sizeUnit, redoVersion},
	} {
		if m.off == offRedo && c.g.head.software < 2 {
			continue
		}
		first, second := make([]byte, m.size), make([]byte, m.size)
		if d.readChecked(first, m.off, m.structure) != nil {
			continue // found when the group was opened
		}
		if err := d.readChecked(second, m.off+offBackup, "backup of "+m.structure); err != nil {
			c.warn("", err)
			continue
		}
		if m.version != 0 && !bytes.Equal(first, second) {
			c.warn("", d.corrupt(m.off+offBackup, "backup of "+m.structure, "", "differs: version %d, that of the structure is %d",
				u64(second, m.version), u64(first, m.version)))
		}
	}
}

// volumes compares what the group says of its volumes with what they are.
func (c *checker) volumes() {
	g, inUse := c.g, uint32(0)
	entry := g.devices[0]
	low := int64(g.core.firstUnit()) * g.core.auSize
	for i, def := range g.volumes.defs {
		if def.state == VolumeFree {
			continue
		}
		inUse++
		a := g.core.attrs[i]
		bad := func(field, format string, args ...any) {
			c.fault("", entry.corrupt(offCore+coreAttrs+int64(i)*attrSize, "core control: volume_attrs["+itoa(i)+"]", field, format, args...))
		}
		if def.state != VolumeInUse {
			c.warn("", &NoticeError{entry.place(offVolumes+volsDefs+int64(i)*defSize, "volume control: defs["+itoa(i)+"]", "flag"), "is " + def.state.String() + ": the change was not finished"})
		}
		if a.id != i {
			bad("id", "is %d", a.id)
		}
		if a.hwm < low || a.hwm > a.size || a.hwm%g.core.auSize != 0 {
			bad("hwm", "is %d, want a multiple of %d from %d to %d", a.hwm, g.core.auSize, low, a.size)
		} else if a.free != a.size-a.hwm {
			bad("free", "is %d, want %d: size less hwm", a.free, a.size-a.hwm)
		}
		switch d := g.devices[i]; {
		case d == nil:
			c.warn("", &ReadError{Place{def.path, i, 0, "volume", ""}, ErrMissingVolume})
		case d.size < a.size:
			c.fault("", d.corrupt(d.size, "volume", "size", "ends here, the group knows it with %d bytes", a.size))
		}
	}
	if inUse != g.core.count {
		c.warn("", entry.corrupt(offCore, "core control", "volume_count", "is %d, the volume control has %d", g.core.count, inUse))
	}
}

// log looks for unapplied redo and claims the log's units.
func (c *checker) log() {
	r, err := c.g.Redo()
	if c.g.head.software < 2 || c.g.redo != nil { // else it was found when the group was opened
		c.fault("", err)
	}
	if r != nil {
		for _, b := range r.Pending {
			c.warn("", &NoticeError{b.Place, fmt.Sprintf("lsn %d with %d changes was written but not applied", b.LSN, len(b.Entries))})
		}
	}
	if c.g.redo == nil {
		return
	}
	for i, a := range c.g.redo.areas {
		at := c.g.redo.place
		at.Field = "redo_start_au[" + itoa(i) + "]"
		for off := int64(0); off < a.size; off += c.g.core.auSize {
			id := MakeID(a.start.Volume(), a.start.AU()+uint64(off/c.g.core.auSize), 0, 0)
			if !c.claim(unitRedo, id, c.g.core.auSize, "", at) {
				break
			}
		}
	}
}

// freeNodes follows the list of free nodes of the file table.
func (c *checker) freeNodes() {
	list := c.g.root.free
	at := c.g.root.dir.place
	at.Field = "ft_root.free_list"
	b := make([]byte, sizeTable)
	id := list.first
	for i := uint64(0); i < list.count && !c.over(); i++ {
		place, err := c.g.readTable(b, id, at)
		if err == nil && b[blockFlags] == flagUsed {
			place.Field = "flags"
			err = &CorruptError{place, "the block is in use, and in the list of free ones"}
		}
		if err != nil {
			c.fault("", c.listError(err, id, at, i, list.count))
			return
		}
		if !c.claim(unitTable, id, sizeTable, "", at) {
			return
		}
		c.done.FreeNodes++
		place.Field = "next"
		at, id = place, idAt(b, tableNode+nodeNext)
	}
	c.listEnd(list, id, at)
}

// freeBlocks follows a list of free blocks of the file space.
func (c *checker) freeBlocks(list freeList, structure, field string, kind uint32, size int64, next int) {
	at := c.g.devices[0].place(offCore, "core control", field+".free")
	b := make([]byte, size)
	use := unitSpace
	if kind == typeAux {
		use = unitAux
	}
	id := list.first
	for i := uint64(0); i < list.count && !c.over(); i++ {
		d, off, err := c.g.locate(id, size, structure, at)
		if err == nil {
			err = d.readChecked(b, off, structure)
		}
		if err == nil {
			err = checkBlock(d, b, off, structure, kind, id)
		}
		if err == nil && b[blockFlags] == flagUsed {
			err = d.corrupt(off, structure, "flags", "the block is in use, and in the list of free ones")
		}
		if err != nil {
			c.fault("", c.listError(err, id, at, i, list.count))
			return
		}
		if !c.claim(use, id, size, "", at) {
			return
		}
		c.done.FreeBlocks++
		at, id = d.place(off, structure, "next"), idAt(b, next)
	}
	if list.count > 0 {
		c.listEnd(list, id, at)
	}
}

// listError says of a list that ends early how much is missing.
func (c *checker) listError(err error, id ID, at Place, seen, count uint64) error {
	if id == NoID {
		return &CorruptError{at, fmt.Sprintf("the list ends, %d of %d entries are missing", count-seen, count)}
	}
	return err
}

// listEnd compares the end of a list with its count. 0, which no list can have
// in it, ends lists whose root was zeros at first.
func (c *checker) listEnd(list freeList, id ID, at Place) {
	if id != NoID && id != 0 && !c.over() {
		c.fault("", &CorruptError{at, fmt.Sprintf("is %v behind %d entries, want none", id, list.count)})
	}
}
