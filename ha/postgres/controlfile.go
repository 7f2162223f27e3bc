// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// controlCache keeps what pg_controldata said until the control file changes.
type controlCache struct {
	mu struct {
		sync.Mutex
		control control
		stamp   fs.FileInfo
		read    time.Time
	}
}

// readControl runs pg_controldata, unless its file is the one of last time. A
// file that was written within the last moments is read again: its time stamp
// may be too coarse to tell a second write.
func (e *Engine) readControl(ctx context.Context) (control, error) {
	info, err := os.Stat(e.path("global/pg_control"))
	if err != nil {
		return control{}, err
	}
	const settled = 100 * time.Millisecond
	c := &e.control.mu
	c.Lock()
	if old := c.stamp; old != nil && os.SameFile(old, info) && old.ModTime().Equal(info.ModTime()) && c.read.Sub(info.ModTime()) > settled {
		defer c.Unlock()
		return c.control, nil
	}
	c.Unlock()
	read := time.Now()
	out, err := e.tool(ctx, "pg_controldata", nil, "-D", e.cfg.DataDir)
	if err != nil {
		return control{}, err
	}
	parsed, err := parseControl(out)
	if err != nil {
		return control{}, err
	}
	c.Lock()
	defer c.Unlock()
	c.control, c.stamp, c.read = parsed, info, read
	return parsed, nil
}

// cleanEnd returns the end of the log of a server that was shut down in an
// orderly way: that of the checkpoint record which it wrote last.
func (e *Engine) cleanEnd(c control) (ha.LSN, error) {
	f, err := os.Open(e.path("pg_wal/" + c.walName(c.Timeline, c.Checkpoint)))
	if err != nil {
		return 0, fmt.Errorf("last checkpoint record: %w", err)
	}
	var length [4]byte // xl_tot_len, in the byte order of this machine
	_, err = f.ReadAt(length[:], int64(uint64(c.Checkpoint)%c.SegSize))
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("last checkpoint record: %w", err)
	}
	n := binary.NativeEndian.Uint32(length[:])
	if n < 24 || n > 1024 { // XLogRecord itself; CheckPoint has less than 100 bytes
		return 0, fmt.Errorf("last checkpoint record at %v: length %d", c.Checkpoint, n)
	}
	return c.recordEnd(c.Checkpoint, n), nil
}

// newestTimeline returns the newest timeline that has a segment for lsn among
// the names of the files of pg_wal, and 0 when none has. When lsn is the first
// byte of a segment, that segment may not exist yet.
func (c control) newestTimeline(names []string, lsn ha.LSN) uint32 {
	at := c.walName(0, lsn)[8:]
	before := at
	if lsn > 0 {
		before = c.walName(0, lsn-1)[8:]
	}
	var newest uint32
	for _, name := range names {
		if len(name) != 24 || name[8:] != at && name[8:] != before {
			continue
		}
		if tli, err := strconv.ParseUint(name[:8], 16, 32); err == nil {
			newest = max(newest, uint32(tli))
		}
	}
	return newest
}
