// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Source is a volume's bytes: a device or an image.
type Source struct {
	Name   string // for errors: the path
	Reader io.ReaderAt
	Size   int64 // in bytes
}

// Group is an open volume group: a picture of its metadata as it was when the
// group was opened. What is read later (directories, blocks, data) is read from
// the volumes when it is asked for; open the group again to see changes. A Group
// can be used by many goroutines at once if its sources can.
type Group struct {
	head    header
	core    *core
	volumes *volumeControl
	root    *tableRoot
	redo    *redoControl // nil if it is damaged, or older than version 2
	devices [maxVolumes]*device
	nodes   uint64 // bitmap of the cluster's nodes
	notes   []Finding
	closers []io.Closer

	mu     sync.Mutex
	parent map[ID]ID // of nodes that do not name theirs
}

// Info is what a group says of itself.
type Info struct {
	Name           string
	Entry          string // path of the entry volume on the group's servers
	AllocationUnit int64  // bytes
	Created        time.Time
	Software       uint32 // version of the format, 0 to 2
	Protocol       uint32
	CoreVersion    uint64 // grows with every allocation
	VolumesVersion uint64 // grows with every change of the list of volumes
	TableVersion   uint64 // grows with every change of the file table's root
	NextFID        uint64 // number of the next file
	Instances      uint64 // bitmap of the cluster's instances
}

// Open opens a volume group from some or all of its volumes, in any order; the
// entry volume must be among them. All that is wrong with what was given comes
// in one error; see [ErrNotVolume], [ErrNoEntry], [ErrUnsupported] and
// [CorruptError]. Structures whose backup copy had to be used are in
// [Group.Findings].
func Open(sources ...Source) (*Group, error) {
	g := &Group{parent: map[ID]ID{}}
	first, err := g.readHeaders(sources)
	if err != nil {
		return nil, err
	}
	entry := g.devices[0]
	if entry == nil {
		return nil, fmt.Errorf("%w: group %s has its metadata there; given is volume %d, %s", ErrNoEntry, g.head.group, first.id, first.name)
	}
	if err := g.readControl(entry); err != nil {
		return nil, err
	}
	var errs []error
	for _, d := range g.devices {
		if d != nil && g.volumes.defs[d.id].state == VolumeFree {
			errs = append(errs, d.corrupt(offHeader, "volume header", "id", "the group has no volume %d", d.id))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return g, nil
}

// readHeaders finds out which volume is which, and returns the first. The
// group's header is that of the entry volume, or of any if that is missing.
func (g *Group) readHeaders(sources []Source) (first *device, err error) {
	if len(sources) == 0 {
		return nil, fmt.Errorf("%w: no volume given", ErrNoEntry)
	}
	var errs []error
	for _, s := range sources {
		d := &device{name: s.Name, id: -1, r: s.Reader, size: s.Size}
		h, note, err := readHeader(d)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if note != nil {
			g.notes = append(g.notes, *note)
		}
		d.id = h.id
		if first == nil {
			first, g.head = d, h
		}
		if other := g.devices[h.id]; other != nil {
			errs = append(errs, d.corrupt(offHeader, "volume header", "id", "is that of %s, too", other.name))
			continue
		}
		if h.group != g.head.group {
			errs = append(errs, d.corrupt(offHeader, "volume header", "vg_name", "is %s, that of %s is %s", h.group, first.name, g.head.group))
			continue
		}
		g.devices[h.id] = d
		if h.entry {
			g.head = h
		}
	}
	return first, errors.Join(errs...)
}

// readControl reads what the entry volume says of the group. All that is damaged
// comes in one error; the redo control is not needed for reading.
func (g *Group) readControl(d *device) error {
	var errs []error
	if err := loadInto(g, d, sizeCore, offCore, "core control", parseCore, &g.core); err != nil {
		errs = append(errs, err)
	}
	if err := loadInto(g, d, sizeVolumes, offVolumes, "volume control", parseVolumes, &g.volumes); err != nil {
		errs = append(errs, err)
	}
	if err := loadInto(g, d, sizeTable, offRoot, "root block", parseRoot, &g.root); err != nil {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if g.head.software >= 2 {
		if err := loadInto(g, d, sizeUnit, offRedo, "redo control", parseRedoControl, &g.redo); err != nil {
			g.notes = append(g.notes, Finding{Severity: Fault, Err: err})
		}
	}
	b := make([]byte, sizeUnit)
	if err := d.read(b, offGlobal, "global control"); err != nil {
		g.notes = append(g.notes, Finding{Severity: Warning, Err: err})
	}
	g.nodes = u64(b, 0)
	return nil
}

// loadInto reads and parses a structure that has a backup copy.
func loadInto[T any](g *Group, d *device, n int, off int64, structure string, parse func(*device, []byte, int64) (*T, error), into **T) error {
	b, note, err := d.readMirrored(n, off, structure)
	if err != nil {
		return err
	}
	if note != nil {
		g.notes = append(g.notes, *note)
		off += offBackup
	}
	*into, err = parse(d, b, off)
	return err
}

// Close closes what [OpenFiles] and [OpenGroup] opened.
func (g *Group) Close() error {
	var errs []error
	for _, c := range g.closers {
		errs = append(errs, c.Close())
	}
	g.closers = nil
	return errors.Join(errs...)
}

// Findings returns what was found to be wrong when the group was opened: above
// all, structures of which the backup copy is used. [Group.Check] looks further.
func (g *Group) Findings() []Finding { return slices.Clone(g.notes) }

// Info returns what the group says of itself.
func (g *Group) Info() Info {
	return Info{
		Name: g.head.group, Entry: g.head.path, AllocationUnit: g.core.auSize, Created: g.head.created,
		Software: g.head.software, Protocol: g.head.proto,
		CoreVersion: g.core.version, VolumesVersion: g.volumes.version, TableVersion: g.root.version,
		NextFID: g.root.nextFID, Instances: g.nodes,
	}
}

// Volumes returns the volumes of the group by number, those that were not given
// to [Open], too.
func (g *Group) Volumes() []Volume {
	var list []Volume
	for i, def := range g.volumes.defs {
		if def.state == VolumeFree {
			continue
		}
		a := g.core.attrs[i]
		v := Volume{ID: i, Path: def.path, State: def.state, Size: a.size, HighWater: a.hwm, Free: a.free}
		if d := g.devices[i]; d != nil {
			v.Device = d.name
		}
		list = append(list, v)
	}
	return list
}

// Usage is how much of a group is used, in bytes, counted as dsscmd lsvg does.
type Usage struct {
	Size     int64
	Free     int64 // never handed out, or recycled
	Recycled int64 // what deleted files have, taken again when it is needed
	Used     int64
}

// Usage adds up the volumes in use and the recycle area. With an error it is
// what could be read.
func (g *Group) Usage() (Usage, error) {
	var u Usage
	for _, v := range g.Volumes() {
		if v.State == VolumeInUse {
			u.Size, u.Free = u.Size+v.Size, u.Free+v.Free
		}
	}
	var errs errorList
	recycle, err := g.Recycle()
	if err != nil {
		errs.add(err)
	} else {
		for n, err := range g.Entries(recycle) {
			if err != nil {
				errs.add(err)
				continue
			}
			u.Recycled += n.Allocated
		}
	}
	u.Free += u.Recycled
	u.Used = u.Size - u.Free
	return u, errs.err()
}

// errorList keeps the first errors of many.
type errorList struct {
	first []error
	more  int
}

func (l *errorList) add(err error) {
	if len(l.first) < 8 {
		l.first = append(l.first, err)
	} else {
		l.more++
	}
}

func (l *errorList) err() error {
	if l.more > 0 {
		return errors.Join(append(slices.Clone(l.first), fmt.Errorf("dss/volume: and %d more", l.more))...)
	}
	return errors.Join(l.first...)
}
