// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
)

// Init runs initdb as the server's user and creates the replication role with
// the rights that standbys and pg_rewind need. Data checksums are on, which
// pg_rewind wants as well. The superuser has no password: it comes in over the
// Unix socket as the operating system's user. An initialisation that was
// interrupted is begun anew.
func (e *Engine) Init(ctx context.Context) error {
	ctx, leave, err := e.ops.enter(ctx)
	if err != nil {
		return e.failed("init", err)
	}
	defer leave()
	return e.failed("init", e.init(ctx))
}

const initMark = "initialisation"

// halfMade reports whether an initialisation was interrupted: what it has left
// is not worth more than nothing.
func (e *Engine) halfMade() bool {
	mark, err := os.ReadFile(e.runPath(brokenMarker))
	return err == nil && strings.TrimSpace(string(mark)) == initMark
}

// bear fills the data directory and remembers that nobody has written to it.
// The broken mark, which stands meanwhile, goes last: what is whole and has no
// marker for being unserved is somebody's data.
func (e *Engine) bear(ctx context.Context, password Secret) error {
	if err := e.fill(ctx, password); err != nil {
		return err
	}
	return e.markUnserved(ctx)
}

func (e *Engine) init(ctx context.Context) error {
	state, err := e.dataState()
	if err != nil {
		return err
	}
	if state != ha.DataNone {
		return fmt.Errorf("%w (%v)", ha.ErrDataExists, state)
	}
	if e.halfMade() {
		if err := emptyDir(e.cfg.DataDir); err != nil {
			return err
		}
	}
	if err := e.makeDir(e.cfg.DataDir); err != nil {
		return err
	}
	if err := e.canRead(e.cfg.DataDir); err != nil {
		return err
	}
	password, err := e.password(true)
	if err != nil {
		return err
	}
	if err := e.markBroken(initMark); err != nil {
		return err
	}
	if err := e.bear(ctx, password); err != nil {
		if cerr := emptyDir(e.cfg.DataDir); cerr != nil {
			return fmt.Errorf("%w (and cannot clear up: %w)", err, cerr)
		}
		return fmt.Errorf("%w", joinMark(err, e.markWhole()))
	}
	e.log.Info("initialised a database", zap.String("data", e.cfg.DataDir))
	return e.markWhole()
}

func joinMark(err, mark error) error {
	if mark == nil {
		return err
	}
	return fmt.Errorf("%w (and %w)", err, mark)
}

// fill makes the database in the empty data directory.
func (e *Engine) fill(ctx context.Context, password Secret) error {
	if err := e.adopt(e.cfg.DataDir); err != nil {
		return err
	}
	args := append([]string{
		"-D", e.cfg.DataDir, "-U", e.cfg.Superuser, "--encoding=UTF8", "--locale=C", "--data-checksums",
		"--auth-local=peer", "--auth-host=scram-sha-256",
	}, e.cfg.InitOptions...)
	if _, err := e.tool(ctx, "initdb", nil, args...); err != nil {
		return err
	}
	if err := e.writeFiles(duty{Sync: guardNames}); err != nil {
		return err
	}
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return err
	}
	verifier, err := scramVerifier(password, salt)
	if err != nil {
		return err
	}
	// Single-user mode: nobody can connect meanwhile, and there is no standby
	// that synchronous commits could wait for.
	_, err = e.tool(ctx, "postgres", []byte(roleStatements(e.cfg.Replication.User, verifier)),
		"--single", "-D", e.cfg.DataDir, "-c", "exit_on_error=on", "-c", "synchronous_standby_names=", "postgres")
	return err
}

// adopt gives an existing directory to the server's user, closed to others.
func (e *Engine) adopt(dir string) error {
	if e.user != nil {
		if err := os.Chown(dir, e.owner.UID, e.owner.GID); err != nil {
			return err
		}
	}
	return os.Chmod(dir, 0o700)
}

// roleStatements create the replication role, one statement per line. The
// functions are those that pg_rewind's documentation lists for a role that is
// no superuser.
func roleStatements(user, verifier string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE ROLE %s LOGIN REPLICATION PASSWORD '%s';\n", user, verifier)
	for _, f := range []string{
		"pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)",
		"pg_read_binary_file(text)", "pg_read_binary_file(text, bigint, bigint, boolean)",
	} {
		fmt.Fprintf(&b, "GRANT EXECUTE ON FUNCTION pg_catalog.%s TO %s;\n", f, user)
	}
	return b.String()
}
