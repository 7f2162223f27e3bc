// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/atomicfile"
)

const (
	initMark = "initialisation"
	// passName is the file with the first user's password, where Config has none.
	passName = "pass"
)

// Init runs gs_initdb as the server's user. The first user, who is
// administrator, has the name of Config.User and Config.Password; without one a
// random password is made and kept in RunDir/pass. An initialisation that was
// interrupted is begun anew.
func (e *Engine) Init(ctx context.Context) error {
	ctx, leave, err := e.ops.Enter(ctx)
	if err != nil {
		return e.failed("init", err)
	}
	defer leave()
	return e.failed("init", e.init(ctx))
}

func (e *Engine) init(ctx context.Context) error {
	state, err := e.dataState()
	if err != nil {
		return err
	}
	if state != ha.DataNone {
		return fmt.Errorf("%w (%v)", ha.ErrDataExists, state)
	}
	if why, _ := e.isMarked(brokenMarker); why == initMark { // what an earlier one has left
		if err := emptyDir(e.cfg.DataDir); err != nil {
			return err
		}
	}
	if err := e.makeDir(e.cfg.DataDir); err != nil {
		return err
	}
	if e.owner.Set {
		if err := os.Chown(e.cfg.DataDir, e.owner.UID, e.owner.GID); err != nil {
			return err
		}
	}
	if err := os.Chmod(e.cfg.DataDir, 0o700); err != nil {
		return err
	}
	if err := errors.Join(e.mark(brokenMarker, initMark), e.aboutToServe()); err != nil {
		return err
	}
	if err := e.fill(ctx); err != nil {
		if cerr := emptyDir(e.cfg.DataDir); cerr != nil {
			return fmt.Errorf("%w (and cannot clear up: %w)", err, cerr)
		}
		return errors.Join(err, e.unmark(brokenMarker))
	}
	if err := e.markUnserved(ctx); err != nil {
		return err
	}
	e.log.Info("initialised a database", zap.String("data", e.cfg.DataDir))
	return errors.Join(e.unmark(builtMarker), e.unmark(brokenMarker))
}

// fill makes the database in the empty data directory.
func (e *Engine) fill(ctx context.Context) error {
	password := e.cfg.Password
	if password == "" {
		// Characters of three kinds, as gs_initdb wants them.
		password = Secret("Gk_" + rand.Text())
		if err := atomicfile.Write(e.runPath(passName), []byte(string(password)+"\n"), 0o600, e.owner); err != nil {
			return err
		}
	}
	err := e.tool.Init(ctx, InitOptions{
		Node: string(e.cfg.Member), User: e.user(), Password: password, DCF: e.cfg.DCF, Options: e.cfg.InitOptions, owner: e.owner,
	})
	if err != nil {
		return err
	}
	_, err = e.configure(ctx, duty{sync: guardNames})
	return err
}
