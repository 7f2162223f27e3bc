// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gausskit/gausskit/ha"
)

// control is what pg_controldata says about stopped data, as far as we ask.
type control struct {
	SystemID   string
	State      string // "shut down", "in production", "in archive recovery", ...
	Checkpoint ha.LSN // where the last checkpoint record begins
	Redo       ha.LSN // where recovery from it begins
	Timeline   uint32 // of that checkpoint
	MinEnd     ha.LSN // a standby is not consistent before this
	MinEndTLI  uint32
	BlockSize  uint64 // of the log
	SegSize    uint64 // of the log, in bytes
	Checksums  bool
	Hints      bool // wal_log_hints
}

// The states of a control file that matter here (src/bin/pg_controldata).
const (
	stateShutDown       = "shut down"
	stateShutInRecovery = "shut down in recovery"
	stateCrashRecovery  = "in crash recovery"
	stateArchRecovery   = "in archive recovery"
)

// parseControl reads the output of pg_controldata in the C locale.
func parseControl(out string) (control, error) {
	facts := map[string]string{}
	for _, line := range strings.Split(out, "\n") {
		if k, v, ok := strings.Cut(line, ":"); ok {
			facts[k] = strings.TrimSpace(v)
		}
	}
	p := factReader{facts: facts}
	c := control{
		SystemID:   p.text("Database system identifier"),
		State:      p.text("Database cluster state"),
		Checkpoint: p.lsn("Latest checkpoint location"),
		Redo:       p.lsn("Latest checkpoint's REDO location"),
		Timeline:   uint32(p.number("Latest checkpoint's TimeLineID", 32)),
		MinEnd:     p.lsn("Minimum recovery ending location"),
		MinEndTLI:  uint32(p.number("Min recovery ending loc's timeline", 32)),
		BlockSize:  p.number("WAL block size", 32),
		SegSize:    p.number("Bytes per WAL segment", 32),
		Checksums:  p.number("Data page checksum version", 32) != 0,
		Hints:      p.text("wal_log_hints setting") == "on",
	}
	if p.err == nil && (c.SegSize == 0 || c.BlockSize == 0 || c.SegSize%c.BlockSize != 0) {
		p.err = fmt.Errorf("segments of %d bytes in blocks of %d", c.SegSize, c.BlockSize)
	}
	if p.err != nil {
		return control{}, fmt.Errorf("pg_controldata: %w", p.err)
	}
	return c, nil
}

// factReader reads facts and keeps the first error.
type factReader struct {
	facts map[string]string
	err   error
}

func (p *factReader) text(key string) string {
	v, ok := p.facts[key]
	if p.err == nil && (!ok || v == "") {
		p.err = fmt.Errorf("no line %q", key)
	}
	return v
}

func (p *factReader) lsn(key string) ha.LSN {
	l, err := ha.ParseLSN(p.text(key))
	if p.err == nil && err != nil {
		p.err = fmt.Errorf("%s: %w", key, err)
	}
	return l
}

func (p *factReader) number(key string, bits int) uint64 {
	n, err := strconv.ParseUint(p.text(key), 10, bits)
	if p.err == nil && err != nil {
		p.err = fmt.Errorf("%s: %w", key, err)
	}
	return n
}

// timeline returns the timeline the data is on.
func (c control) timeline() uint32 { return max(c.Timeline, c.MinEndTLI) }

// proven returns the end of log that the control file can prove.
func (c control) proven() ha.LSN { return max(c.Checkpoint, c.MinEnd) }

// walName names the segment of the log that holds the byte at lsn.
func (c control) walName(tli uint32, lsn ha.LSN) string {
	seg := uint64(lsn) / c.SegSize
	perID := (1 << 32) / c.SegSize
	return fmt.Sprintf("%08X%08X%08X", tli, seg/perID, seg%perID)
}

// Sizes of the headers at the start of a page of the log and of a segment
// (src/include/access/xlog_internal.h, SizeOfXLogShortPHD and ...LongPHD).
const (
	shortHeader = 24
	longHeader  = 40
	walAlign    = 8
)

// recordEnd returns where the record of length bytes that begins at lsn ends,
// which is where the next one begins: headers of the pages that it crosses are
// not part of its length, and records are aligned.
func (c control) recordEnd(lsn ha.LSN, length uint32) ha.LSN {
	pos, left := uint64(lsn), uint64(length)
	for {
		room := c.BlockSize - pos%c.BlockSize
		if left <= room {
			end := (pos + left + walAlign - 1) &^ (walAlign - 1)
			return ha.LSN(end)
		}
		left -= room
		pos += room
		if pos%c.SegSize == 0 {
			pos += longHeader
		} else {
			pos += shortHeader
		}
	}
}
