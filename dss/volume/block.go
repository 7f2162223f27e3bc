// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package volume

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"sync"
)

// rereads is how often a structure with a wrong checksum is read: on a live
// volume a server may have been writing it.
const rereads = 3

var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// checksum is dss_get_checksum in persist/dss_diskgroup.h: CRC-32C of all but
// the first four bytes, which hold it.
func checksum(b []byte) uint32 { return crc32.Checksum(b[4:], castagnoli()) }

func u16(b []byte, off int) uint16 { return binary.LittleEndian.Uint16(b[off:]) }
func u32(b []byte, off int) uint32 { return binary.LittleEndian.Uint32(b[off:]) }
func u64(b []byte, off int) uint64 { return binary.LittleEndian.Uint64(b[off:]) }
func idAt(b []byte, off int) ID    { return ID(u64(b, off)) }

// text returns the NUL-terminated text in b, false if the NUL is missing.
func text(b []byte) (string, bool) {
	s, _, found := strings.Cut(string(b), "\x00")
	return s, found
}

// device is one volume's bytes.
type device struct {
	name string
	id   int // -1 as long as the header has not been read
	r    io.ReaderAt
	size int64
}

func (d *device) place(off int64, structure, field string) Place {
	return Place{Device: d.name, Volume: d.id, Offset: off, Structure: structure, Field: field}
}

func (d *device) corrupt(off int64, structure, field, format string, args ...any) *CorruptError {
	return &CorruptError{d.place(off, structure, field), fmt.Sprintf(format, args...)}
}

// read fills p from off. The error is a [*CorruptError] if the volume ends
// before, else a [*ReadError].
func (d *device) read(p []byte, off int64, structure string) error {
	if off < 0 || off > d.size || int64(len(p)) > d.size-off {
		return d.corrupt(off, structure, "", "%d bytes are wanted, the volume ends at %d", len(p), d.size)
	}
	n, err := d.r.ReadAt(p, off)
	switch {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return d.corrupt(off, structure, "", "the volume ends after %d of %d bytes", n, len(p))
	}
	return &ReadError{d.place(off, structure, ""), err}
}

// readChecked fills p from off with a structure that carries a checksum.
func (d *device) readChecked(p []byte, off int64, structure string) error {
	for range rereads {
		if err := d.read(p, off, structure); err != nil {
			return err
		}
		if u32(p, 0) == checksum(p) {
			return nil
		}
	}
	return d.corrupt(off, structure, "checksum", "is %#08x, the content has %#08x", u32(p, 0), checksum(p))
}

// readMirrored reads a structure that has a backup copy: the first good one of
// the two, as dss_recover_ctrlinfo in persist/dss_redo_recovery.c does. If that
// is the backup copy, what is wrong with the first comes as a finding, too.
func (d *device) readMirrored(n int, off int64, structure string) ([]byte, *Finding, error) {
	p := make([]byte, n)
	first := d.readChecked(p, off, structure)
	if first == nil {
		return p, nil, nil
	}
	second := d.readChecked(p, off+offBackup, "backup of "+structure)
	if second != nil {
		return nil, nil, errors.Join(first, second)
	}
	return p, &Finding{Severity: Warning, Err: first, Backup: true}, nil
}

// idSet is a set of blocks, a bitmap for each allocation unit: 1/4096 of what it
// stands for with blocks of 512 bytes.
type idSet map[ID][]uint64

// add puts id in and reports whether it is new. perUnit is the number of blocks
// in an allocation unit, which id must be within.
func (s idSet) add(id ID, perUnit uint32) bool {
	bits := s[id.unit()]
	if bits == nil {
		bits = make([]uint64, (perUnit+63)/64)
		s[id.unit()] = bits
	}
	word, bit := &bits[id.Block()/64], uint64(1)<<(id.Block()%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}
