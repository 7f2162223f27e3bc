// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

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
// which is copied as a whole by builds, and by people.
const unservedMarker = "unserved"

// birth is what the marker says: how the control file was when Init had ended.
//
// The marker alone does not make data worthless: the control file has to be
// what it was. A server that was started as a primary, by whomever, says "in
// production" there before it lets anybody in, and when it is stopped in order
// it has written another checkpoint. Data that was put in the place of what
// Init has made has another system identifier.
type birth struct {
	SystemID   uint64 `json:"systemId,string"`
	Checkpoint ha.LSN `json:"checkpoint"`
}

// markUnserved writes the marker. Init does so before it calls the data whole.
func (e *Engine) markUnserved(ctx context.Context) error {
	d, err := e.readControl(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(birth{SystemID: d.SystemID, Checkpoint: d.Checkpoint})
	if err != nil {
		return err
	}
	return e.mark(unservedMarker, string(text))
}

// unserved reports whether nobody can have written to the data. Nothing that
// cannot be read counts as that.
func (e *Engine) unserved(ctx context.Context) bool {
	text, err := os.ReadFile(e.runPath(unservedMarker))
	if err != nil {
		return false
	}
	var b birth
	if json.Unmarshal(text, &b) != nil || b.SystemID == 0 {
		return false
	}
	d, err := e.readControl(ctx)
	return err == nil && d.bornAs(b)
}

// bornAs reports whether data is what Init has left, and was at most started
// as a standby since.
func (d ControlData) bornAs(b birth) bool {
	switch d.State {
	case ControlShutDown, ControlShutDownRecovery, ControlArchiveRecovery:
		return d.SystemID == b.SystemID && d.Checkpoint == b.Checkpoint
	}
	return false
}

// aboutToServe takes the marker away for good before a server begins that
// could be written to, by a client or by an upstream.
func (e *Engine) aboutToServe() error { return e.unmark(unservedMarker) }

// aboutToLaunch does the same before any start, but for one as a standby of
// nobody on data that still is what Init has left. A member of a DCF group can
// be elected as soon as it runs.
func (e *Engine) aboutToLaunch(ctx context.Context, d duty, mode ha.StartMode) error {
	if _, err := os.Lstat(e.runPath(unservedMarker)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if mode == ha.StartStandby && d.upstream.Address == "" && !e.cfg.DCF && e.unserved(ctx) {
		return nil
	}
	e.log.Info("the new database is about to be used", zap.String("data", e.cfg.DataDir))
	return e.aboutToServe()
}

// spare gives new data back its marker, which it had before it tried to follow
// an upstream that turned out to be of another database: nothing can have come
// from there. It follows nobody any more then.
func (e *Engine) spare(ctx context.Context) error {
	if err := e.follow(ctx, ha.Upstream{}); err != nil {
		return err
	}
	return e.markUnserved(ctx)
}

// systemMarker holds the identifier of the database that was last found to be
// an upstream's: this member has streamed with it, or it was copied.
const systemMarker = "system"

// rememberSystem keeps the identifier of data that is known to be an upstream's.
func (e *Engine) rememberSystem(ctx context.Context) error {
	id, err := e.systemID(ctx)
	if err != nil {
		return err
	}
	if old, ok := e.isMarked(systemMarker); ok && old == id {
		return nil
	}
	return atomicfile.Write(e.runPath(systemMarker), []byte(id+"\n"), 0o600, e.owner)
}

// isKnownSystem reports whether the data is of the database that was last found
// to be an upstream's, whatever state it is in.
func (e *Engine) isKnownSystem(ctx context.Context) bool {
	known, ok := e.isMarked(systemMarker)
	id, err := e.systemID(ctx)
	return ok && err == nil && id == known
}
