// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"testing"

	"github.com/gausskit/gausskit/dms"
)

// control is the reform page of a cluster of two, byte by byte.
func control(primary, state, mode uint32) []byte {
	b := make([]byte, dms.ControlSize)
	b[0] = 1 // layout
	b[8] = 3 // instances 0 and 1
	binary.LittleEndian.PutUint32(b[16:], primary)
	binary.LittleEndian.PutUint32(b[24:], state)
	binary.LittleEndian.PutUint32(b[28:], mode)
	binary.LittleEndian.PutUint32(b[32:], crc32.Checksum(b[:32], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// file puts a page at its place in a control file.
func file(page []byte) *bytes.Reader {
	return bytes.NewReader(append(make([]byte, dms.ControlOffset), page...))
}

func TestReadControl(t *testing.T) {
	got, err := dms.ReadControl(file(control(1, 2, 0)))
	want := dms.Control{Version: 1, Stable: dms.SetOf(0, 1), Primary: 1, State: dms.ClusterNormal}
	if err != nil || got != want || !got.IsPrimary(1) || got.IsPrimary(0) {
		t.Errorf("%+v, %v", got, err)
	}
	page, err := got.MarshalBinary()
	if err != nil || !bytes.Equal(page, control(1, 2, 0)) {
		t.Errorf("written as % x, %v", page[:36], err)
	}
	got, err = dms.ReadControl(file(control(0xFFFFFFFF, 1, 1)))
	if err != nil || got.Primary != -1 || got.State != dms.ClusterOnDemandRedo || got.RunMode != dms.RunModeStandby || got.IsPrimary(-1) {
		t.Errorf("before the first reform: %+v, %v", got, err)
	}
}

// TestOldLayout reads the page of 3.1.1 and 5.0.0: members, primary, checksum.
func TestOldLayout(t *testing.T) {
	page := make([]byte, 512)
	page[0], page[8] = 7, 2
	binary.LittleEndian.PutUint32(page[12:], crc32.Checksum(page[:12], crc32.MakeTable(crc32.Castagnoli)))
	got, err := dms.ParseControl(page)
	want := dms.Control{Stable: dms.SetOf(0, 1, 2), Primary: 2, State: dms.ClusterNormal}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	again, err := got.MarshalBinary()
	if err != nil || !bytes.Equal(again[:512], page) {
		t.Errorf("written as % x, %v", again[:16], err)
	}
	if got, err := dms.ParseControl(page[:16]); err != nil || got != want {
		t.Errorf("16 bytes: %+v, %v", got, err)
	}
	want.RunMode = dms.RunModeStandby
	if _, err := want.MarshalBinary(); !errors.Is(err, dms.ErrInvalid) {
		t.Error(err)
	}
}

func TestDamagedControl(t *testing.T) {
	good := control(1, 2, 0)
	for i := range 36 {
		bad := bytes.Clone(good)
		bad[i] ^= 0x40
		if got, err := dms.ParseControl(bad); !errors.Is(err, dms.ErrChecksum) {
			t.Errorf("byte %d: %+v, %v", i, got, err)
		}
	}
	for name, page := range map[string][]byte{"empty": make([]byte, dms.ControlSize), "text": bytes.Repeat([]byte("x"), 64)} {
		if _, err := dms.ParseControl(page); !errors.Is(err, dms.ErrChecksum) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, page := range map[string][]byte{"short": good[:15], "state": control(1, 3, 0), "huge state": control(1, 1<<31, 0), "mode": control(1, 2, 2)} {
		if got, err := dms.ParseControl(page); !errors.Is(err, dms.ErrFormat) || got != (dms.Control{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	later := bytes.Clone(good)
	later[0] = 2
	binary.LittleEndian.PutUint32(later[32:], crc32.Checksum(later[:32], crc32.MakeTable(crc32.Castagnoli)))
	var c dms.Control
	if err := c.UnmarshalBinary(later); !errors.Is(err, dms.ErrFormat) || c != (dms.Control{}) {
		t.Errorf("layout 2: %+v, %v", c, err)
	}
	if err := c.UnmarshalBinary(good); err != nil || c.Primary != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := dms.ReadControl(bytes.NewReader(make([]byte, 8192))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file of one page: %v", err)
	}
	if _, err := (dms.Control{Version: 1, State: 9}).MarshalBinary(); !errors.Is(err, dms.ErrFormat) {
		t.Error(err)
	}
}

func TestBackupCountsWhenTheFileIsDamaged(t *testing.T) {
	bad := control(0, 2, 0)
	bad[8]++
	one, two := control(0, 2, 0), control(1, 2, 0)
	for _, tt := range []struct {
		name            string
		control, backup []byte
		primary         int
		fromBackup, ok  bool
	}{
		{"both", one, one, 0, false, true},
		{"write cut short: the older counts", one, two, 0, false, true},
		{"damaged", bad, two, 1, true, true},
		{"cut", nil, two, 1, true, true},
		{"backup damaged", one, bad, 0, false, true},
		{"both damaged", bad, bad, 0, false, false},
	} {
		got, fromBackup, err := dms.ReadControlPair(file(tt.control), file(tt.backup))
		if (err == nil) != tt.ok || fromBackup != tt.fromBackup || got.Primary != tt.primary {
			t.Errorf("%s: %+v, %v, %v", tt.name, got, fromBackup, err)
		}
		if !tt.ok && !errors.Is(err, dms.ErrChecksum) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestControlChecksum: the checksum is CRC-32C over the first 32 bytes, whose
// vector for 32 zero bytes is the one of RFC 3720. A page of layout 0 would
// have it elsewhere, so this one is found to be of no layout there is.
func TestControlChecksum(t *testing.T) {
	page := append(make([]byte, 32), 0xaa, 0x36, 0x91, 0x8a)
	if _, err := dms.ParseControl(page); !errors.Is(err, dms.ErrFormat) || errors.Is(err, dms.ErrChecksum) {
		t.Errorf("the vector: %v", err)
	}
	page[35]++
	if _, err := dms.ParseControl(page); !errors.Is(err, dms.ErrChecksum) {
		t.Errorf("another checksum: %v", err)
	}
}
