// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

// Rejoin first finds out exactly where the log of this member ends: by the
// control file after an orderly stop of a primary, and otherwise by starting
// the data as a standby that follows nobody, which applies all of it and
// writes nothing. If the upstream has it all, following is enough. If not,
// pg_rewind takes back what the upstream lacks; and what pg_rewind cannot
// mend, or has no log left for, is copied anew by pg_basebackup.
//
// A copy is made beside the old data, which it replaces when it is complete;
// see Config.CopyInPlace. Data with another system identifier than the
// upstream's is never replaced: ErrForeignData. The exception is a database
// that Init of this member has made and that nobody can have written to.
func (e *Engine) Rejoin(ctx context.Context, spec ha.RejoinSpec) error {
	ctx, leave, err := e.ops.enter(ctx)
	if err != nil {
		return e.failed("rejoin", err)
	}
	defer leave()
	return e.failed("rejoin", e.rejoin(ctx, spec))
}

func (e *Engine) rejoin(ctx context.Context, spec ha.RejoinSpec) error {
	if err := e.checkUpstream(spec.Upstream); err != nil {
		return err
	}
	state, err := e.dataState()
	if err != nil {
		return err
	}
	switch state {
	case ha.DataForeign:
		return fmt.Errorf("%w: it holds no PostgreSQL database", ErrForeignData)
	case ha.DataNone:
		return e.copyAll(ctx, spec, nil)
	case ha.DataBroken:
		return e.copyAll(ctx, spec, errors.New("an earlier rejoin was interrupted"))
	}
	if err := e.usable(); err != nil {
		return err
	}
	// An upstream that cannot be reached is found out before anything changes.
	log, err := e.readLog(ctx, spec.Upstream)
	if err != nil {
		return err
	}
	c, err := e.readControl(ctx)
	switch {
	case err != nil && spec.Copy && ctx.Err() == nil:
		// Whose it is cannot be said, nor can it ever be started; somebody has
		// decided that it may go.
		e.log.Warn("the control file cannot be read", zap.Error(err))
	case err != nil:
		return err
	case c.SystemID == log.SystemID:
	case e.unserved(ctx):
		return e.copyAll(ctx, spec, fmt.Errorf("it holds a new database of its own, %s, which nobody has written to", c.SystemID))
	default:
		return fmt.Errorf("%w: its system identifier is %s, that of upstream %s is %s", ErrForeignData, c.SystemID, spec.Upstream.Member, log.SystemID)
	}
	if spec.Copy {
		return e.copyAll(ctx, spec, errors.New("a copy was asked for"))
	}
	if o, err := e.Observe(ctx); err == nil && o.Streaming && o.Upstream == spec.Upstream.Member && o.Address == spec.Upstream.Address && o.Timeline == log.TLI {
		return nil // it is what it should be
	}
	mine, err := e.measure(ctx)
	if err != nil {
		if ctx.Err() != nil || ha.Uncertain(err) || !mendable(err) {
			return err
		}
		e.log.Warn("the data cannot be recovered", zap.Error(err))
		return e.copyAll(ctx, spec, err)
	}
	if log, err = e.readLog(ctx, spec.Upstream); err != nil {
		return err
	}
	if log.has(mine) {
		e.log.Info("rejoining by following", zap.Stringer("lsn", mine.LSN), zap.Uint32("timeline", mine.TLI))
		return e.followOrStart(ctx, spec.Upstream)
	}
	e.log.Info("rejoining by rewinding", zap.Stringer("lsn", mine.LSN), zap.Uint32("timeline", mine.TLI),
		zap.Stringer("upstream", log.LSN), zap.Uint32("upstreamTimeline", log.TLI))
	failure := e.rewind(ctx, spec.Upstream, log)
	if failure == nil {
		return nil
	}
	if ctx.Err() != nil {
		return uncertain(failure)
	}
	e.log.Warn("pg_rewind did not help", zap.Error(failure))
	return e.copyAll(ctx, spec, failure)
}

// mendable reports whether data that failed to start may be at fault, and not
// something that a copy would meet as well.
func mendable(err error) bool {
	return !errors.Is(err, ErrPortInUse) && !errors.Is(err, ErrPermission) && !errors.Is(err, ErrVersion)
}

// measure returns where the log of this member ends. Afterwards the server is
// stopped cleanly, or runs as a standby that follows nobody.
func (e *Engine) measure(ctx context.Context) (position, error) {
	srv, err := e.find()
	if err != nil {
		return position{}, err
	}
	if srv.pid != 0 {
		if err := e.settle(ctx); err != nil {
			return position{}, err
		}
	}
	if srv, err = e.find(); err != nil {
		return position{}, err
	}
	if srv.pid == 0 {
		c, err := e.readControl(ctx)
		if err != nil {
			return position{}, err
		}
		if c.State == stateShutDown {
			end, err := e.cleanEnd(c)
			return position{c.Timeline, end}, err
		}
		if err := e.startStandby(ctx, ha.Upstream{}); err != nil {
			return position{}, err
		}
	}
	var o ha.Observation
	if srv, err = e.find(); err != nil {
		return position{}, err
	}
	err = e.observeServer(ctx, srv, &o)
	if hasCode(err, codeCannotConnectNow) {
		// Not consistent without log from an upstream, so it has never been
		// anything but a copy: it has nothing of its own.
		c, err := e.readControl(ctx)
		return position{c.timeline(), c.MinEnd}, err
	}
	return position{o.Timeline, o.LSN}, err
}

// settle makes a running server one that can be measured: a primary is
// stopped, a standby detached. One that does not answer is killed; its data
// stand that like a crash.
func (e *Engine) settle(ctx context.Context) error {
	const patience = 2 * time.Second
	ask, cancel := context.WithTimeout(ctx, patience)
	standby, err := e.inRecovery(ask)
	cancel()
	switch {
	case ctx.Err() != nil:
		return ended(ctx, "the server to answer")
	case hasCode(err, codeCannotConnectNow):
		return e.follow(ctx, ha.Upstream{})
	case err != nil:
		return e.stop(ctx, ha.StopKill)
	case !standby:
		return e.stop(ctx, ha.StopFast)
	}
	return e.follow(ctx, ha.Upstream{})
}

// followOrStart makes measured data follow the upstream.
func (e *Engine) followOrStart(ctx context.Context, up ha.Upstream) error {
	srv, err := e.find()
	if err != nil {
		return err
	}
	if srv.pid != 0 {
		return e.follow(ctx, up)
	}
	left, err := e.leftRole()
	if err != nil {
		return err
	}
	return e.demote(ctx, left, up)
}

// rewind runs pg_rewind on data that was measured and starts it.
func (e *Engine) rewind(ctx context.Context, up ha.Upstream, log logOf) error {
	if err := e.rewindable(ctx, up, log.TLI); err != nil {
		return err
	}
	if err := e.stop(ctx, ha.StopFast); err != nil {
		return err
	}
	info, err := e.conninfo(up, applicationName)
	if err != nil {
		return err
	}
	if err := e.markBroken("rewind to " + up.Address); err != nil {
		return err
	}
	args := []string{"-D", e.cfg.DataDir, "--source-server=" + info + " dbname='postgres'"}
	if e.caps.rewindEnsures {
		args = append(args, "--no-ensure-shutdown") // the stop above has done it
	}
	if _, err := e.tool(ctx, "pg_rewind", nil, args...); err != nil {
		return err
	}
	// The files of the upstream's configuration came with the data.
	if err := e.write(standbySignal, ""); err != nil {
		return err
	}
	if err := e.writeFiles(duty{Upstream: up, Sync: guardNames}); err != nil {
		return err
	}
	if err := e.markWhole(); err != nil {
		return err
	}
	if err := e.startStandby(ctx, up); err != nil {
		return err
	}
	return e.verify(ctx, up)
}

// rewindable waits until pg_rewind can see on which timeline the upstream is:
// it reads the control file, which a promoted server writes at its next
// checkpoint only.
func (e *Engine) rewindable(ctx context.Context, up ha.Upstream, tli uint32) error {
	const most = 30 * time.Second
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	cfg, err := e.remoteConfig(up)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("upstream %s at %s: %w", up.Member, up.Address, err)
	}
	defer hangUp(conn)
	standby, err := recoveryOf(ctx, conn)
	if err != nil {
		return err
	}
	if standby && !e.caps.rewindStandby {
		return fmt.Errorf("pg_rewind of release %d cannot read from a standby", e.bin.Major)
	}
	return poll(ctx, "the upstream's checkpoint after its promotion", func() (bool, error) {
		var at uint32
		err := conn.QueryRow(ctx, "SELECT timeline_id FROM pg_control_checkpoint()").Scan(&at)
		return at >= tli || standby, err
	})
}

// verify checks that rewound data is part of the upstream's log. pg_rewind
// believes that nothing is to be done when the last records of a standby have
// touched no page.
func (e *Engine) verify(ctx context.Context, up ha.Upstream) error {
	var o ha.Observation
	srv, err := e.find()
	if err != nil {
		return err
	}
	err = e.observeServer(ctx, srv, &o)
	if hasCode(err, codeCannotConnectNow) {
		return nil // not consistent before it has the upstream's log
	}
	if err != nil {
		return err
	}
	log, err := e.readLog(ctx, up)
	if err != nil {
		return err
	}
	if mine := (position{o.Timeline, o.Applied}); !log.has(mine) {
		return fmt.Errorf("after pg_rewind the log still ends at %v on timeline %d", mine.LSN, mine.TLI)
	}
	return nil
}
