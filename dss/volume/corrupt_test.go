// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// spot is a structure of the sample.
type spot struct {
	name   string
	vol    int
	off    int64
	size   int
	backup bool // it has a copy
}

// spots returns all kinds of structures that carry a checksum.
func spots(g *image) []spot {
	list := []spot{
		{"volume header", 0, offHeader, sizeUnit, true},
		{"core control", 0, offCore, sizeCore, true},
		{"volume control", 0, offVolumes, sizeVolumes, true},
		{"root block", 0, offRoot, sizeTable, true},
		{"redo control", 0, offRedo, sizeUnit, true},
		{"volume header", 1, offHeader, sizeUnit, false},
	}
	add := func(name string, id ID, size int64) {
		vol, off := g.at(id, size)
		list = append(list, spot{name, vol, off, int(size), false})
	}
	wal := g.nodeBytes(g.paths["pg_xlog/000000010000000000000001"])
	entry := idAt(wal, nodeEntry)
	second := idAt(g.space[entry], spaceIDs)
	tracked := idAt(g.nodeBytes(g.paths["tracked"]), nodeEntry)
	aux := idAt(g.space[idAt(g.space[tracked], spaceIDs)], spaceIDs).block()
	add("file table block", g.paths["pg_xlog"], sizeTable)
	add("file table block", g.paths["base/1/2/3/deep"], sizeTable)
	add("file table block", g.freeFT[0], sizeTable)
	add("file space block", entry, sizeSpace)
	add("file space block", second, sizeSpace)
	add("file space block", g.freeFS[0], sizeSpace)
	add("auxiliary block", aux, sizeAux)
	add("auxiliary block", g.freeFA[0], sizeAux)
	return list
}

// blames reports whether err blames the place.
func blames(err error, vol int, off int64, structure, field string) bool {
	var c *CorruptError
	if !errors.As(err, &c) {
		return false
	}
	return (c.Volume == vol || c.Volume == -1) && c.Offset == off && strings.HasPrefix(c.Structure, structure) && strings.HasPrefix(c.Field, field)
}

// TestEveryFlippedStructureIsFound flips one byte at the start, in the middle
// and at the end of each.
func TestEveryFlippedStructureIsFound(t *testing.T) {
	whole := writeImage(sample())
	for i, s := range spots(whole) {
		for _, at := range []int{4, s.size / 2, s.size - 1} {
			t.Run(fmt.Sprintf("%s %d at %d", s.name, i, at), func(t *testing.T) {
				img := whole.overlay()
				img.change(s.vol, s.off, s.size, false, func(b []byte) { b[at] ^= 0x10 })
				g, err := Open(img.sources()...)
				if s.name == "volume header" && !s.backup {
					if !blames(err, s.vol, s.off, s.name, "checksum") {
						t.Errorf("open: %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				list, _ := check(t, g)
				found := 0
				for _, f := range list {
					if blames(f.Err, s.vol, s.off, s.name, "checksum") && f.Backup == s.backup && (f.Severity == Warning) == s.backup {
						found++
					}
				}
				if found != 1 {
					t.Errorf("found %d times: %v", found, list)
				}
			})
		}
	}
}

// TestBackupIsUsed damages the first copies, then both.
func TestBackupIsUsed(t *testing.T) {
	whole := writeImage(sample())
	img := whole.overlay()
	var copies []spot
	for _, s := range spots(whole) {
		if s.backup {
			copies = append(copies, s)
			img.change(s.vol, s.off, s.size, false, func(b []byte) { clear(b[4:]) })
		}
	}
	g := img.open(t)
	if got := g.Findings(); len(got) != len(copies) {
		t.Fatalf("findings %v", got)
	}
	for i, f := range g.Findings() {
		if !f.Backup || f.Severity != Warning || !blames(f.Err, 0, copies[i].off, copies[i].name, "checksum") {
			t.Errorf("finding %v", f)
		}
		if want := "; the backup copy is used"; !strings.HasSuffix(f.String(), want) {
			t.Errorf("%q does not end in %q", f, want)
		}
	}
	if b, err := fs.ReadFile(g.FS(), "base/1/2/3/deep"); err != nil || string(b) != "down here" {
		t.Error(string(b), err)
	}
	for _, s := range copies {
		img := whole.overlay()
		for _, off := range []int64{s.off, s.off + offBackup} {
			img.change(0, off, s.size, false, func(b []byte) { b[s.size-1]++ })
		}
		g, err := Open(img.sources()...)
		if s.name == "redo control" { // not needed for reading
			if err != nil || len(g.Findings()) != 1 || g.Findings()[0].Severity != Fault {
				t.Errorf("%s: %v", s.name, err)
			} else if _, err := g.Redo(); !errors.Is(err, ErrCorrupt) {
				t.Errorf("Redo: %v", err)
			}
			continue
		}
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(fmt.Sprint(err), s.name) || !strings.Contains(fmt.Sprint(err), "backup of "+s.name) {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

func TestBackupsThatDifferAreFound(t *testing.T) {
	img := writeImage(sample())
	img.change(0, offBackup+offCore, sizeCore, true, func(b []byte) { p64(b, coreVersion, uint64(93)) })
	img.change(0, offBackup+offRoot, sizeTable, false, func(b []byte) { b[9]++ })
	list, done := check(t, img.open(t))
	if len(list) != 2 || done.Warnings != 2 || done.Faults != 0 ||
		!blames(list[0].Err, 0, offBackup+offCore, "backup of core control", "") || !blames(list[1].Err, 0, offBackup+offRoot, "backup of root block", "checksum") {
		t.Error(list)
	}
}

// edit changes a field of a structure; the checksum stays right.
type edit struct {
	name  string
	apply func(img *image)
	at    func(img *image) int64
	place string // structure
	field string
}

// node returns an edit of a field of a node.
func nodeEdit(name, path, field string, put func(b []byte)) edit {
	return edit{
		name: name, place: "node", field: field,
		apply: func(img *image) {
			vol, off := img.at(img.paths[path], sizeTable)
			img.change(vol, off, sizeTable, true, func(b []byte) { put(b[tableNode:]) })
		},
		at: func(img *image) int64 { _, off := img.at(img.paths[path], sizeTable); return off },
	}
}

// TestEveryImpossibleValueIsFound edits fields and seals the structure: nothing
// but the value itself is wrong.
func TestEveryImpossibleValueIsFound(t *testing.T) {
	whole := writeImage(sample())
	for _, e := range slices.Concat(controlEdits(), nodeEdits(), blockEdits()) {
		t.Run(e.name, func(t *testing.T) { tryEdit(t, whole.overlay(), e) })
	}
}

// walFile is the file whose structures are edited.
const walFile = "pg_xlog/000000010000000000000001"

func controlEdits() []edit {
	control := func(name, structure string, off int64, size int, field string, where int64, put func(b []byte)) edit {
		return edit{name: name, place: structure, field: field, at: func(*image) int64 { return where },
			apply: func(img *image) {
				img.change(0, off, size, true, put)
				img.change(0, off+offBackup, size, true, put)
			}}
	}
	free := func(name, field string, put func(b []byte)) edit {
		return edit{name: name, place: "file table block", field: field,
			at: func(img *image) int64 { _, off := img.at(img.freeFT[5], sizeTable); return off },
			apply: func(img *image) {
				vol, off := img.at(img.freeFT[5], sizeTable)
				img.change(vol, off, sizeTable, true, put)
			}}
	}
	core := func(name, field string, put func(b []byte)) edit {
		return control(name, "core control", offCore, sizeCore, field, offCore, put)
	}
	attrs := func(name, field string, put func(b []byte)) edit {
		return control(name, "core control: volume_attrs[1]", offCore, sizeCore, field, offCore+coreAttrs+attrSize, func(b []byte) { put(b[coreAttrs+attrSize:]) })
	}
	defs := func(name, field string, put func(b []byte)) edit {
		return control(name, "volume control: defs[1]", offVolumes, sizeVolumes, field, offVolumes+volsDefs+defSize, func(b []byte) { put(b[volsDefs+defSize:]) })
	}
	return []edit{
		free("free node in use", "flags", func(b []byte) { b[blockFlags] = flagUsed }),
		free("list of free nodes is a loop", "next", func(b []byte) { p64(b, tableNode+nodeNext, u64(b, blockID)) }),
		free("list of free nodes ends", "next", func(b []byte) { p64(b, tableNode+nodeNext, NoID) }),
		core("tiny units", "au_size", func(b []byte) { p32(b, coreAUSize, 512) }),
		core("huge units", "au_size", func(b []byte) { p32(b, coreAUSize, 1<<31) }),
		core("odd units", "au_size", func(b []byte) { p32(b, coreAUSize, minAU+512) }),
		core("no volumes", "volume_count", func(b []byte) { p32(b, coreCount, 0) }),
		core("other volumes", "volume_count", func(b []byte) { p32(b, coreCount, 9) }),
		core("no recycle area", "au_root.free_root", func(b []byte) { p64(b, coreAURoot+auRecycle, MakeID(0, 9, 9, 0)) }),
		core("long free list", "fs_block_root.free", func(b []byte) { p64(b, coreSpaceRoot+rootFreeFirst, NoID) }),
		attrs("high water too high", "hwm", func(b []byte) { p64(b, attrHighWater, int64(1)<<50) }),
		attrs("high water negative", "hwm", func(b []byte) { p64(b, attrHighWater, uint64(1)<<63) }),
		attrs("free space", "free", func(b []byte) { p64(b, attrFree, u64(b, attrFree)-1) }),
		attrs("other id", "id", func(b []byte) { p64(b, 0, uint64(5)<<1) }),
		defs("impossible state", "flag", func(b []byte) { p64(b, 0, uint64(1|7<<16)) }),
		defs("unfinished change", "flag", func(b []byte) { p64(b, 0, uint64(1|VolumeAdding<<16)) }),
		defs("other number", "id", func(b []byte) { p64(b, 0, uint64(2|1<<16)) }),
		defs("no path", "name", func(b []byte) { clear(b[defName : defName+pathSize]) }),
	}
}

func nodeEdits() []edit {
	return []edit{
		nodeEdit("name with a slash", walFile, "name", func(b []byte) { b[nodeName+3] = '/' }),
		nodeEdit("name of the parent", walFile, "name", func(b []byte) { copy(b[nodeName:], "..\x00") }),
		nodeEdit("endless name", walFile, "name", func(b []byte) { copy(b[nodeName:], strings.Repeat("x", nameSize)) }),
		{name: "free block in a directory", place: "file table block", field: "flags",
			at: func(img *image) int64 { _, off := img.at(img.paths[walFile], sizeTable); return off },
			apply: func(img *image) {
				vol, off := img.at(img.paths[walFile], sizeTable)
				img.change(vol, off, sizeTable, true, func(b []byte) { b[blockFlags] = flagFree })
			}},
		nodeEdit("own id", walFile, "id", func(b []byte) { p64(b, nodeID, MakeID(2, 9, 9, 0)) }),
		nodeEdit("type", walFile, "type", func(b []byte) { p32(b, nodeType, 3) }),
		nodeEdit("negative size", walFile, "size", func(b []byte) { p64(b, nodeBytes, int64(-minAU)) }),
		nodeEdit("size of no units", walFile, "size", func(b []byte) { p64(b, nodeBytes, u64(b, nodeBytes)+1) }),
		nodeEdit("size of more units", walFile, "size", func(b []byte) { p64(b, nodeBytes, u64(b, nodeBytes)+minAU) }),
		nodeEdit("more written than allocated", walFile, "written_size", func(b []byte) { p64(b, nodeWritten, int64(1)<<40) }),
		nodeEdit("entry nowhere", walFile, "entry", func(b []byte) { p64(b, nodeEntry, MakeID(200, 5, 0, 0)) }),
		nodeEdit("entry in the header", walFile, "entry", func(b []byte) { p64(b, nodeEntry, MakeID(0, 1, 0, 0)) }),
		nodeEdit("entry behind the unit", walFile, "entry", func(b []byte) { p64(b, nodeEntry, u64(b, nodeEntry)|1<<60) }),
		nodeEdit("entry behind the volume", walFile, "entry", func(b []byte) { p64(b, nodeEntry, MakeID(0, 1<<33, 0, 0)) }),
		nodeEdit("parent", walFile, "parent", func(b []byte) { p64(b, nodeParent, MakeID(2, 9, 9, 0)) }),
		nodeEdit("previous", walFile, "prev", func(b []byte) { p64(b, nodePrev, MakeID(2, 9, 9, 0)) }),
		nodeEdit("next of the last", "pg_xlog/archive_status", "next", func(b []byte) { p64(b, nodeNext, u64(b, nodeID)) }),
		nodeEdit("loop", walFile, "next", func(b []byte) { p64(b, nodeNext, u64(b, nodeID)) }),
		nodeEdit("list into the header", walFile, "next", func(b []byte) { p64(b, nodeNext, uint64(0)) }),
		nodeEdit("list ends early", walFile, "next", func(b []byte) { p64(b, nodeNext, NoID) }),
		nodeEdit("endless count", "pg_xlog", "items", func(b []byte) { p32(b, nodeChildren, 1<<32-1); p64(b, nodeFirst, NoID) }),
		nodeEdit("other last", "pg_xlog", "items.last", func(b []byte) { p64(b, nodeLast, u64(b, nodeFirst)) }),
		nodeEdit("name twice", "pg_xlog/archive_status", "name", func(b []byte) {
			clear(b[nodeName : nodeName+nameSize])
			copy(b[nodeName:], "000000010000000000000001")
		}),
	}
}

func blockEdits() []edit {
	space := func(name, field string, put func(b []byte)) edit {
		at := func(img *image) (int, int64) {
			return img.at(idAt(img.nodeBytes(img.paths[walFile]), nodeEntry), sizeSpace)
		}
		return edit{name: name, place: "file space block", field: field,
			at:    func(img *image) int64 { _, off := at(img); return off },
			apply: func(img *image) { vol, off := at(img); img.change(vol, off, sizeSpace, true, put) }}
	}
	aux := func(name, field string, put func(b []byte)) edit {
		at := func(img *image) (int, int64) {
			entry := idAt(img.nodeBytes(img.paths["tracked"]), nodeEntry)
			return img.at(idAt(img.space[idAt(img.space[entry], spaceIDs)], spaceIDs).block(), sizeAux)
		}
		return edit{name: name, place: "auxiliary block", field: field,
			at:    func(img *image) int64 { _, off := at(img); return off },
			apply: func(img *image) { vol, off := at(img); img.change(vol, off, sizeAux, true, put) }}
	}
	return []edit{
		aux("bitmap of no size", "bitmap_num", func(b []byte) { p32(b, auxBytes, 1<<30) }),
		aux("owner of the bitmap", "ftid", func(b []byte) { p64(b, auxOwner, MakeID(0, 9, 9, 0)) }),
		aux("place of the bitmap", "index", func(b []byte) { p16(b, auxIndex, 9) }),
		aux("free bitmap", "flags", func(b []byte) { b[blockFlags] = flagFree }),
		aux("data nowhere", "data_id", func(b []byte) { p64(b, auxData, NoID) }),
		aux("data in the header", "data_id", func(b []byte) { p64(b, auxData, uint64(0)) }),
		space("other owner", "ftid", func(b []byte) { p64(b, spaceOwner, MakeID(0, 9, 9, 0)) }),
		space("other place", "index", func(b []byte) { p16(b, spaceIndex, 3) }),
		space("other id", "id", func(b []byte) { p64(b, blockID, MakeID(0, 9, 9, 0)) }),
		space("other type", "type", func(b []byte) { p32(b, blockType, typeAux) }),
		space("free", "flags", func(b []byte) { b[blockFlags] = flagFree }),
		space("too many used", "used_num", func(b []byte) { p16(b, spaceUsed, spaceSlots+1) }),
		space("slot is empty", "bitmap[0]", func(b []byte) { p64(b, spaceIDs, NoID) }),
		space("slot leads to itself", "bitmap[0]", func(b []byte) { p64(b, spaceIDs, u64(b, blockID)) }),
	}
}

func tryEdit(t *testing.T, img *image, e edit) {
	e.apply(img)
	g, err := Open(img.sources()...)
	list := []Finding{{Severity: Fault, Err: err}}
	if err == nil {
		list, _ = check(t, g)
		_ = fs.WalkDir(g.FS(), ".", func(path string, _ fs.DirEntry, _ error) error { // must end
			_, _ = fs.ReadFile(g.FS(), path)
			return nil
		})
	}
	for _, f := range list {
		var p Place
		if c, ok := errors.AsType[*CorruptError](f.Err); ok {
			p = c.Place
		} else if n, ok := errors.AsType[*NoticeError](f.Err); ok && f.Severity == Warning {
			p = n.Place
		}
		if p.Offset == e.at(img) && strings.HasPrefix(p.Structure, e.place) && strings.HasPrefix(p.Field, e.field) {
			return
		}
	}
	t.Errorf("want %s: %s at %d, found %v", e.place, e.field, e.at(img), list)
}

// TestSharedUnitsAreFound lets two files have the same data.
func TestSharedUnitsAreFound(t *testing.T) {
	img := writeImage(sample())
	second := func(path string) ID {
		return idAt(img.space[idAt(img.nodeBytes(img.paths[path]), nodeEntry)], spaceIDs)
	}
	taken := idAt(img.space[second("one")], spaceIDs)
	vol, off := img.at(second("base/1/2/3/deep"), sizeSpace)
	img.change(vol, off, sizeSpace, true, func(b []byte) { p64(b, spaceIDs, taken) })
	list, done := check(t, img.open(t))
	if len(list) != 1 || !strings.Contains(list[0].String(), "used twice") || done.Unclaimed != 1 {
		t.Error(list, done)
	}
}

// TestTruncatedImages cuts the volumes at many places: an error, and nothing
// else.
func TestTruncatedImages(t *testing.T) {
	whole := writeImage(sample())
	for vol := range whole.vols {
		for size := int64(0); size < whole.vols[vol].size; size += 3<<20 + 77 {
			img := whole.overlay()
			img.vols[vol].size = size
			g, err := Open(img.sources()...)
			if err != nil {
				if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotVolume) {
					t.Fatalf("%d of volume %d: %v", size, vol, err)
				}
				continue
			}
			list, _ := check(t, g)
			found := false
			for _, f := range list {
				found = found || blames(f.Err, vol, size, "volume", "size")
			}
			if !found {
				t.Fatalf("%d of volume %d: %v", size, vol, list)
			}
		}
	}
}

// failing is a device with a defect.
type failing struct {
	io.ReaderAt
	from, to int64
}

var errDefect = errors.New("input/output error")

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off < f.to && off+int64(len(p)) > f.from {
		return 0, errDefect
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestReadErrorsSayWhere(t *testing.T) {
	img := writeImage(sample())
	data := idAt(img.space[idAt(img.space[idAt(img.nodeBytes(img.paths["one"]), nodeEntry)], spaceIDs)], spaceIDs)
	vol, off := img.at(data, img.au)
	sources := img.sources()
	for i := range sources {
		v := sources[i].Reader
		if v == img.vols[vol] {
			sources[i].Reader = failing{v, off, off + 1}
		}
		if v == img.vols[0] {
			sources[i].Reader = failing{sources[i].Reader, offCore, offCore + 1} // a backup copy helps
		}
	}
	g, err := Open(sources...)
	if err != nil {
		t.Fatal(err)
	}
	if f := g.Findings(); len(f) != 1 || !errors.Is(f[0].Err, errDefect) || !f[0].Backup {
		t.Error(f)
	}
	_, err = fs.ReadFile(g.FS(), "one")
	var where *ReadError
	if !errors.As(err, &where) || where.Volume != vol || where.Offset != off || !errors.Is(err, errDefect) {
		t.Error(err)
	}
}
