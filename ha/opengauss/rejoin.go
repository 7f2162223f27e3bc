// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/atomicfile"
)

// Rejoin first lets the member try to follow: the servers themselves find out
// whether its log is part of the upstream's. If it is not, gs_ctl rewinds the
// data (build -b incremental); what cannot be rewound is copied (build -b full).
//
// gs_ctl chooses whom it copies from among the channels of the configuration;
// for the time of a build the upstream's is the only one there.
//
// Data of another database than the upstream's is never replaced, but for what
// Init has made and nobody has written to: ErrForeignData. The servers' verdict
// says whose it is, so also before a copy that was asked for the member tries to
// follow. Data on which no server starts is copied over when that is asked for
// and its database was found to be an upstream's before.
func (e *Engine) Rejoin(ctx context.Context, spec ha.RejoinSpec) error {
	ctx, leave, err := e.ops.Enter(ctx)
	if err != nil {
		return e.failed("rejoin", err)
	}
	defer leave()
	return e.failed("rejoin", e.rejoin(ctx, spec))
}

func (e *Engine) rejoin(ctx context.Context, spec ha.RejoinSpec) error {
	up := spec.Upstream
	if up.Address == "" || up.Member == e.cfg.Member {
		return fmt.Errorf("upstream %q at %q: want another member", up.Member, up.Address)
	}
	if _, err := e.cfg.peerAt(up); err != nil {
		return err
	}
	if spec.Copy && spec.NoCopy {
		return errors.New("a copy is asked for and forbidden")
	}
	if ctx.Err() != nil {
		return ended(ctx, "the rejoin")
	}
	state, err := e.dataState()
	if err != nil {
		return err
	}
	if state == ha.DataForeign {
		return fmt.Errorf("%w: it holds no openGauss database", ErrForeignData)
	}
	// An upstream that cannot be reached is found out before anything changes.
	if err := e.reach(ctx, up); err != nil {
		return err
	}
	switch state {
	case ha.DataNone:
		return e.copy(ctx, up, nil)
	case ha.DataBroken:
		return e.copyUnless(ctx, spec, errors.New("an earlier build was interrupted"))
	}
	if err := e.usable(); err != nil {
		return err
	}
	if e.unserved(ctx) {
		return e.rejoinUnserved(ctx, spec)
	}
	return e.rejoinServed(ctx, spec)
}

// rejoinServed rejoins data that somebody may have written to.
func (e *Engine) rejoinServed(ctx context.Context, spec ha.RejoinSpec) error {
	up := spec.Upstream
	s, fits, err := e.judge(ctx, up)
	var broken *CommandError
	switch {
	case spec.Copy && errors.As(err, &broken) && e.isKnownSystem(ctx):
		// The two servers cannot compare their databases, but they have before.
		return e.copy(ctx, up, err)
	case err != nil:
		return err
	case fits == misfit && s.Detail.Rebuild() == RebuildSystemID:
		return fmt.Errorf("%w: it is another database than that of upstream %s: %s", ErrForeignData, up.Member, s.Detail)
	case fits == unknownFit:
		return fmt.Errorf("upstream %s at %s does not send: %s, %s", up.Member, up.Address, s.State, s.Detail)
	case spec.Copy:
		return e.copy(ctx, up, errors.New("a copy was asked for"))
	case fits == fit:
		return nil
	}
	e.log.Info("rejoining by rewinding", zap.String("upstream", string(up.Member)), zap.String("reason", string(s.Detail)))
	failure := e.build(ctx, up, BuildIncremental)
	switch {
	case failure == nil:
		return nil
	case ctx.Err() != nil:
		return uncertain(failure)
	case spec.NoCopy:
		return fmt.Errorf("%w: %w", ha.ErrNeedsRejoin, failure)
	}
	e.log.Warn("rewinding did not help", zap.Error(failure))
	return e.copy(ctx, up, failure)
}

// rejoinUnserved rejoins what Init has made and nobody has written to. Nothing
// is lost with it.
func (e *Engine) rejoinUnserved(ctx context.Context, spec ha.RejoinSpec) error {
	if spec.Copy {
		return e.copy(ctx, spec.Upstream, errors.New("a copy was asked for"))
	}
	s, fits, err := e.judge(ctx, spec.Upstream)
	switch {
	case err != nil:
		return err
	case fits == fit:
		return nil
	case fits == unknownFit:
		return fmt.Errorf("upstream %s at %s does not send: %s, %s", spec.Upstream.Member, spec.Upstream.Address, s.State, s.Detail)
	case s.Detail.Rebuild() != RebuildSystemID: // it is the upstream's after all
		return e.copyUnless(ctx, spec, errors.New(string(s.Detail)))
	case spec.NoCopy:
		if err := e.spare(ctx); err != nil {
			return err
		}
	}
	return e.copyUnless(ctx, spec, errors.New("it holds a new database of its own, which nobody has written to"))
}

// judge makes the member try to follow, and returns what its server says then.
func (e *Engine) judge(ctx context.Context, up ha.Upstream) (HAState, fitting, error) {
	fits, err := e.tryFollow(ctx, up)
	if err != nil {
		return HAState{}, fits, err
	}
	s, err := e.client.State(ctx)
	return s, fits, uncertain(err)
}

// copyUnless copies, unless that is forbidden.
func (e *Engine) copyUnless(ctx context.Context, spec ha.RejoinSpec, why error) error {
	if spec.NoCopy {
		return fmt.Errorf("%w: %w, and a copy is forbidden", ha.ErrNeedsRejoin, why)
	}
	return e.copy(ctx, spec.Upstream, why)
}

// reach finds out whether the upstream's server listens where it sends from.
func (e *Engine) reach(ctx context.Context, up ha.Upstream) error {
	p, err := e.cfg.peerAt(up)
	if err != nil {
		return err
	}
	end, err := p.endpoint()
	if err != nil {
		return err
	}
	d := net.Dialer{Timeout: 2 * time.Second}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(p.Host, strconv.Itoa(int(end.Port))))
	switch {
	case ctx.Err() != nil:
		return ended(ctx, "the upstream")
	case err != nil:
		return fmt.Errorf("upstream %s: %w", up.Member, err)
	}
	return conn.Close()
}

// tryFollow makes the member a standby of the upstream as it is, and waits for
// what the two find out.
func (e *Engine) tryFollow(ctx context.Context, up ha.Upstream) (fitting, error) {
	const patience = 15 * time.Second
	srv, err := findServer(e.cfg.DataDir)
	if err != nil {
		return unknownFit, err
	}
	if srv.pid != 0 {
		done, err := e.followRunning(ctx, up)
		if err != nil {
			return unknownFit, err
		}
		if done {
			return e.fits(ctx, patience)
		}
	}
	if err := e.launch(ctx, duty{upstream: up, sync: guardNames}, ha.StartStandby); err != nil {
		return unknownFit, err
	}
	return e.fits(ctx, patience)
}

// followRunning makes a standby that runs follow. What runs as something else,
// or does not answer, is stopped: its data stand that like a crash.
func (e *Engine) followRunning(ctx context.Context, up ha.Upstream) (done bool, err error) {
	const patience = 2 * time.Second
	asked, cancel := context.WithTimeout(ctx, patience)
	s, err := e.client.State(asked)
	cancel()
	switch {
	case ctx.Err() != nil:
		return false, ended(ctx, "the server to answer")
	case err != nil:
		return false, e.stop(ctx, ha.StopKill)
	case s.Role == ha.RoleStandby || s.Role == ha.RoleCascade:
		return true, e.follow(ctx, up)
	}
	return false, e.stop(ctx, ha.StopFast)
}

// copy replaces the data by the upstream's.
func (e *Engine) copy(ctx context.Context, up ha.Upstream, why error) error {
	e.log.Info("copying the data", zap.String("upstream", string(up.Member)), zap.NamedError("why", why))
	if err := e.build(ctx, up, BuildFull); err != nil {
		return errors.Join(err, why)
	}
	return nil
}

// build makes the data anew and starts the server on it.
func (e *Engine) build(ctx context.Context, up ha.Upstream, mode BuildMode) error {
	if err := e.stop(ctx, ha.StopFast); err != nil {
		return err
	}
	if err := e.makeDir(e.cfg.DataDir); err != nil {
		return err
	}
	if err := errors.Join(e.aboutToServe(), e.mark(brokenMarker, "build "+mode.String()+" from "+up.Address)); err != nil {
		return err
	}
	if err := e.prepareBuild(ctx, up); err != nil {
		return err
	}
	if _, err := e.tool.Build(ctx, BuildOptions{Mode: mode, KeepStopped: true, Discard: true, Progress: e.cfg.Progress}); err != nil {
		return err
	}
	if err := errors.Join(e.rememberSystem(ctx), e.mark(builtMarker, mode.String()), e.unmark(brokenMarker)); err != nil {
		return uncertain(err)
	}
	return uncertain(e.launch(ctx, duty{upstream: up, sync: guardNames}, ha.StartStandby))
}

// prepareBuild writes the configuration that gs_ctl reads: it refuses one with
// an include, and makes none where there is no data.
func (e *Engine) prepareBuild(ctx context.Context, up ha.Upstream) error {
	if found, err := exists(e.path(confFile)); err != nil {
		return err
	} else if !found {
		if err := atomicfile.Write(e.path(confFile), nil, 0o600, e.owner); err != nil {
			return err
		}
	}
	// gs_ctl replaces it by the primary's, unless that fails half-way.
	if found, err := exists(e.path(hbaFile)); err != nil {
		return err
	} else if !found {
		if err := atomicfile.Write(e.path(hbaFile), []byte("local all all trust\n"), 0o600, e.owner); err != nil {
			return err
		}
	}
	// gs_ctl's own marks of a build that was interrupted keep conf from editing.
	if err := atomicfile.Remove(e.path(buildMarker)); err != nil {
		return err
	}
	_, err := e.configure(ctx, duty{upstream: up, sync: guardNames, only: true})
	return err
}
