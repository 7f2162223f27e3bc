// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Where the reform page is in the control file of a cluster with shared
// storage: files pg_control and pg_control.backup at the root of the data
// volume group.
const (
	ControlOffset = 64 * ControlSize // page 64, in bytes
	ControlSize   = 8192             // of the page, in bytes
)

// Lengths of what has a meaning in the page, checksum included.
const (
	controlLength    = 36
	oldControlLength = 16
	controlVersion   = 1
)

// ErrChecksum is the error for a reform page whose checksum does not fit its
// content: it was read while the server wrote it, is damaged, or was never
// written.
var ErrChecksum = errors.New("dms: checksum of the reform page does not fit")

// Control is the reform page: which instances are stable members of the
// cluster, and which of them is primary. The primary writes it at the end of
// each reform, and reads it at the start. It is comparable.
type Control struct {
	Version  uint32       // of the page's layout: 1, and 0 for that of 3.1.1 and 5.0.0, which has no number
	Stable   InstanceSet  // the members after the last reform
	Primary  int          // instance id; -1 before the first reform
	Recovery int          // instance id; no longer used, and not in layout 0
	State    ClusterState // ClusterNormal in layout 0
	RunMode  RunMode      // RunModePrimary in layout 0
}

// ReadControl reads the reform page from a control file.
func ReadControl(r io.ReaderAt) (Control, error) {
	b := make([]byte, controlLength)
	if n, err := r.ReadAt(b, ControlOffset); n < len(b) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Control{}, fmt.Errorf("dms: read reform page of the control file at %d: %w", ControlOffset, err)
	}
	return ParseControl(b)
}

// ReadControlPair reads the reform page as the server does: from pg_control,
// and where that cannot be read or its checksum does not fit, from
// pg_control.backup (ss_reform_common.cpp, SSReadReformerCtrl). fromBackup says
// which it was. The server writes the backup first: when both are good and
// differ, a write was cut short, and the older page counts until the next
// reform.
func ReadControlPair(control, backup io.ReaderAt) (c Control, fromBackup bool, err error) {
	c, err = ReadControl(control)
	if err == nil {
		return c, false, nil
	}
	c, second := ReadControl(backup)
	if second != nil {
		return Control{}, false, fmt.Errorf("dms: neither copy of the control file has a good reform page: %w", errors.Join(err, second))
	}
	return c, true, nil
}

// ParseControl reads the bytes of the page, at least 36 of them, or 16 of a page
// in layout 0. The layout is the one whose checksum fits; when none does, the
// error wraps [ErrChecksum]. For a value that cannot be it wraps [ErrFormat].
func ParseControl(page []byte) (Control, error) {
	if len(page) < oldControlLength {
		return Control{}, fmt.Errorf("%w: reform page: %d bytes, want at least %d", ErrFormat, len(page), controlLength)
	}
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(page[at:]) }
	stable := func(at int) InstanceSet { return InstanceSet(binary.LittleEndian.Uint64(page[at:])) }
	switch {
	case len(page) >= controlLength && u32(32) == castagnoli(page[:32]):
		c := Control{
			Version: u32(0), Stable: stable(8), Primary: int(int32(u32(16))), Recovery: int(int32(u32(20))),
			State: ClusterState(min(u32(24), 255)), RunMode: RunMode(min(u32(28), 255)),
		}
		if err := c.check(); err != nil {
			return Control{}, err
		}
		return c, nil
	case u32(12) == castagnoli(page[:12]):
		return Control{Stable: stable(0), Primary: int(int32(u32(8))), State: ClusterNormal}, nil
	}
	if len(bytes.Trim(page, "\x00")) == 0 {
		return Control{}, fmt.Errorf("%w: the page is empty: no reform page was ever written, or the file is no control file of shared storage", ErrChecksum)
	}
	return Control{}, fmt.Errorf("%w: neither in the layout since 5.0.1 nor in the one before", ErrChecksum)
}

func castagnoli(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

func (c Control) check() error {
	switch {
	case c.Version != controlVersion:
		return fmt.Errorf("%w: reform page: layout %d: want %d", ErrFormat, c.Version, controlVersion)
	case !clusterStateWords.has(int(c.State)):
		return fmt.Errorf("%w: reform page: cluster status %d: want 0 to 2", ErrFormat, c.State)
	case !runModeWords.has(int(c.RunMode)):
		return fmt.Errorf("%w: reform page: run mode %d: want 0 or 1", ErrFormat, c.RunMode)
	}
	return nil
}

// IsPrimary reports whether the instance is the primary, as far as the last
// reform knew.
func (c Control) IsPrimary(id int) bool { return id >= 0 && c.Primary == id }

// MarshalBinary gives the whole page with its checksum, zeros behind. It
// implements [encoding.BinaryMarshaler]. Do not write it under a running
// server.
func (c Control) MarshalBinary() ([]byte, error) {
	b := make([]byte, ControlSize)
	u32 := func(at int, v uint32) { binary.LittleEndian.PutUint32(b[at:], v) }
	if c.Version == 0 {
		if c.Recovery != 0 || c.State != ClusterNormal || c.RunMode != RunModePrimary {
			return nil, fmt.Errorf("%w: reform page: layout 0 has members and primary only", ErrInvalid)
		}
		binary.LittleEndian.PutUint64(b, uint64(c.Stable))
		u32(8, uint32(c.Primary))
		u32(12, castagnoli(b[:12]))
		return b, nil
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	u32(0, c.Version)
	binary.LittleEndian.PutUint64(b[8:], uint64(c.Stable))
	u32(16, uint32(c.Primary))
	u32(20, uint32(c.Recovery))
	u32(24, uint32(c.State))
	u32(28, uint32(c.RunMode))
	u32(32, castagnoli(b[:32]))
	return b, nil
}

// UnmarshalBinary implements [encoding.BinaryUnmarshaler] with [ParseControl].
// On an error c is unchanged.
func (c *Control) UnmarshalBinary(page []byte) error {
	got, err := ParseControl(page)
	if err != nil {
		return err
	}
	*c = got
	return nil
}
