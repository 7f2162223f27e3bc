// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import "time"

// header is the first unit of a volume, st_dss_disk_group_header_t.
type header struct {
	entry    bool // the volume with the group's metadata
	id       int
	path     string // the entry volume's own path; on an ordinary volume that volume's path
	group    string
	software uint32
	proto    uint32
	created  time.Time
	backup   uint32 // level of backup: 0 for the first MiB of the entry volume alone
}

// readHeader reads and checks the header of a volume, from the backup copy if
// the first is damaged. Only an entry volume has one.
func readHeader(d *device) (header, *Finding, error) {
	b, note, err := d.readMirrored(sizeUnit, offHeader, "volume header")
	if err != nil {
		if b = make([]byte, sizeUnit); d.read(b, offHeader, "") == nil && !looksLikeHeader(b) {
			err = &ReadError{d.place(offHeader, "volume header", ""), ErrNotVolume}
		}
		return header{}, nil, err
	}
	off := int64(offHeader)
	if note != nil {
		off += offBackup
	}
	bad := func(field, format string, args ...any) (header, *Finding, error) {
		return header{}, nil, d.corrupt(off, "volume header", field, format, args...)
	}
	h := header{
		entry:    u32(b, headType) == typeEntry,
		software: u32(b, headVersion),
		proto:    u32(b, headProto),
		created:  time.Unix(int64(u64(b, headSeconds)), 1000*int64(u64(b, headMicros)%1_000_000)),
		backup:   u32(b, headBackup),
	}
	if t := u32(b, headType); t != typeEntry && t != typeOrdinary {
		return bad("type", "is %#x, neither entry volume nor ordinary one", t)
	}
	if u32(b, headValid) != validMark {
		return header{}, nil, &ReadError{d.place(off, "volume header", "valid_flag"), ErrNotVolume}
	}
	if h.software > newestVersion {
		return header{}, nil, &ReadError{d.place(off, "volume header", "software_version"), ErrUnsupported}
	}
	id := u32(b, headID)
	if id >= maxVolumes || h.entry != (id == 0) {
		return bad("id", "is %d, want 0 for the entry volume and 1 to %d for others", id, maxVolumes-1)
	}
	h.id = int(id)
	var ok bool
	if h.path, ok = text(b[headEntry : headEntry+pathSize]); !ok {
		return bad("entry_volume_name", "does not end")
	}
	if h.group, ok = text(b[headGroup : headGroup+nameSize]); !ok || !validName(h.group) {
		return bad("vg_name", "is %q, not a name", h.group)
	}
	return h, note, nil
}

// looksLikeHeader tells a damaged header from something else.
func looksLikeHeader(b []byte) bool {
	t := u32(b, headType)
	return t == typeEntry || t == typeOrdinary || u32(b, headValid) == validMark
}
