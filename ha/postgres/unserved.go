// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/atomicfile"
)

// unservedMarker stands in the run directory as long as nobody can have
// written to the database that Init has made. It is not in the data directory,
// where a base backup, or whoever copies the directory to another machine,
// would take it along.
const unservedMarker = "unserved"

// birth is what the marker says: how the control file was when Init had ended.
//
// The marker alone does not make data worthless: the control file has to be
// what it was. A server that was started as a primary, by whomever, says "in
// production" there before it lets anybody in, and when it is stopped in order
// it has written another checkpoint. Data that was put in the place of what
// Init has made has another system identifier.
type birth struct {
	SystemID   string `json:"systemId"`
	Checkpoint ha.LSN `json:"checkpoint"`
	Timeline   uint32 `json:"timeline"`
}

// markUnserved writes the marker. Init does so before it calls the data whole.
func (e *Engine) markUnserved(ctx context.Context) error {
	c, err := e.readControl(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(birth{SystemID: c.SystemID, Checkpoint: c.Checkpoint, Timeline: c.Timeline})
	if err != nil {
		return err
	}
	return e.writeAbs(e.runPath(unservedMarker), string(text)+"\n")
}

// unserved reports whether nobody can have written to the data. Nothing that
// cannot be read counts as that.
func (e *Engine) unserved(ctx context.Context) bool {
	text, err := os.ReadFile(e.runPath(unservedMarker))
	if err != nil {
		return false
	}
	var b birth
	if json.Unmarshal(text, &b) != nil || b.SystemID == "" {
		return false
	}
	c, err := e.readControl(ctx)
	return err == nil && c.bornAs(b)
}

// bornAs reports whether data is what Init has left, and was at most started
// as a standby since.
func (c control) bornAs(b birth) bool {
	switch c.State {
	case stateShutDown, stateShutInRecovery, stateArchRecovery:
		return c.SystemID == b.SystemID && c.Checkpoint == b.Checkpoint && c.timeline() == b.Timeline
	}
	return false
}

// aboutToServe takes the marker away for good before a server begins that
// could be written to, by a client or by an upstream.
func (e *Engine) aboutToServe() error { return atomicfile.Remove(e.runPath(unservedMarker)) }

// aboutToLaunch does the same before any start, but for one as a standby of
// nobody on data that still is what Init has left. Data that somebody else has
// started as a primary must not look like that again after a recovery.
func (e *Engine) aboutToLaunch(ctx context.Context, d duty, mode ha.StartMode) error {
	if _, err := os.Lstat(e.runPath(unservedMarker)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if mode == ha.StartStandby && d.Upstream.Address == "" && e.unserved(ctx) {
		return nil
	}
	e.log.Info("the new database is about to be used", zap.String("data", e.cfg.DataDir))
	return e.aboutToServe()
}
