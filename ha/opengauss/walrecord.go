// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gausskit/gausskit/ha"
)

// LogRecord is where a record of the write-ahead log ends, and its term.
type LogRecord struct {
	End  ha.LSN // where the next record begins
	Term ha.Term
}

// The layout of the log (xlog_basic.h, xlog_internal.h): segments of 16 MiB in
// pages of 8 KiB, each page with a header that is longer on the first page of a
// segment. A record begins with its length and its term.
const (
	walSegment     = 16 << 20
	walPage        = 8192
	walShortHeader = 24
	walLongHeader  = 40
	walAlign       = 8
	walTermMask    = 0x7FFFFFFF // XLOG_MASK_TERM
	minRecord      = 32         // XLogRecord itself
	maxRecord      = 1 << 30
)

// walName names the segment of the log that holds the byte at lsn. openGauss
// never leaves the first timeline.
func walName(lsn ha.LSN) string {
	return fmt.Sprintf("00000001%08X%08X", uint64(lsn)>>32, uint64(lsn)&0xFFFFFFFF/walSegment)
}

// ReadRecord reads the head of the record that begins at lsn in pg_xlog of a
// data directory. Errors wrap [ErrFormat] where there is no record.
func ReadRecord(dataDir string, at ha.LSN) (LogRecord, error) {
	if uint64(at)%walAlign != 0 || uint64(at)%walPage < walShortHeader {
		return LogRecord{}, fmt.Errorf("%w: log record at %v: no record can begin there", ErrFormat, at)
	}
	f, err := os.Open(filepath.Join(dataDir, "pg_xlog", walName(at)))
	if err != nil {
		return LogRecord{}, fmt.Errorf("opengauss: log record at %v: %w", at, err)
	}
	var head [8]byte // in the byte order of the server's machine, which is this one
	_, err = f.ReadAt(head[:], int64(uint64(at)%walSegment))
	if err := errors.Join(err, f.Close()); err != nil {
		return LogRecord{}, fmt.Errorf("opengauss: log record at %v: %w", at, err)
	}
	return parseRecord(head, at)
}

func parseRecord(head [8]byte, at ha.LSN) (LogRecord, error) {
	length, term := binary.NativeEndian.Uint32(head[:]), binary.NativeEndian.Uint32(head[4:])&walTermMask
	if length < minRecord || length > maxRecord {
		return LogRecord{}, fmt.Errorf("%w: log record at %v: length %d", ErrFormat, at, length)
	}
	return LogRecord{End: recordEnd(at, length), Term: ha.Term(term)}, nil
}

// recordEnd returns where the record of length bytes that begins at lsn ends:
// headers of the pages that it crosses are not part of its length, and records
// are aligned.
func recordEnd(at ha.LSN, length uint32) ha.LSN {
	pos, left := uint64(at), uint64(length)
	for {
		room := walPage - pos%walPage
		if left <= room {
			return ha.LSN((pos + left + walAlign - 1) &^ (walAlign - 1))
		}
		left -= room
		pos += room
		if pos%walSegment == 0 {
			pos += walLongHeader
		} else {
			pos += walShortHeader
		}
	}
}
