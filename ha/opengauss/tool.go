// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// Tool runs the programs of openGauss for one data directory: gs_ctl, gs_guc,
// gs_initdb, pg_controldata. A method that changes something asks for the role
// afterwards: what the tool says and exits with decides only when nobody can be
// asked. An error for which [ha.Uncertain] is true may have happened.
//
// Methods may be called from any goroutine. gs_ctl itself lets one command at a
// time change a data directory and answers [ErrBusy] to the others.
type Tool struct {
	dataDir string
	run     Runner
	release release.Release
	log     string
}

// ToolConfig says which programs run on which data.
type ToolConfig struct {
	// DataDir is the data directory, an absolute path without the characters
	// that gs_ctl refuses.
	DataDir string
	// Run runs the programs: Installation.Run, or something that runs them
	// elsewhere.
	Run Runner
	// Release is what the options are chosen for. Unknown has no capability;
	// ReadRelease asks.
	Release release.Release
	// Log is the file that a server started by the tool writes to, its option
	// -l. Default /dev/null: the server has a log of its own.
	Log string
}

// NewTool checks the configuration. It touches nothing.
func NewTool(cfg ToolConfig) (*Tool, error) {
	if !filepath.IsAbs(cfg.DataDir) {
		return nil, fmt.Errorf("opengauss: data directory %q: want an absolute path", cfg.DataDir)
	}
	if cfg.Run == nil {
		return nil, errors.New("opengauss: tool: Run is missing")
	}
	if cfg.Log == "" {
		cfg.Log = "/dev/null"
	}
	if err := errors.Join(checkArgument("data directory", cfg.DataDir), checkArgument("log file", cfg.Log)); err != nil {
		return nil, err
	}
	return &Tool{dataDir: filepath.Clean(cfg.DataDir), run: cfg.Run, release: cfg.Release, log: cfg.Log}, nil
}

// ReadRelease asks the server program for its release.
func ReadRelease(ctx context.Context, run Runner) (release.Release, error) {
	out, err := run(ctx, Program{Name: "gaussdb", Args: []string{"--version"}})
	if err != nil {
		return release.Unknown, err
	}
	if out.Exit != 0 {
		return release.Unknown, fmt.Errorf("opengauss: gaussdb --version: exit code %d: %s", out.Exit, lastLine(out.Stdout+out.Stderr))
	}
	return release.Parse(out.Stdout)
}

// DefaultLimit is how long gs_ctl waits when it is not told.
const DefaultLimit = 60 * time.Second

// seconds writes a time limit as gs_ctl wants it: whole seconds, at least one,
// no more than ctx has left.
func seconds(ctx context.Context, limit time.Duration) string {
	if limit <= 0 {
		limit = DefaultLimit
	}
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	n := int64((limit + time.Second - 1) / time.Second)
	return strconv.FormatInt(max(n, 1), 10)
}

// collision is what gs_ctl says when another run of the same user is writing to
// the same log directory; nothing was done then.
const collision = "another gs_ctl command is running, init_log failed!"

// ctl runs one command of gs_ctl. A collision over the log directory is tried
// again until ctx ends.
func (t *Tool) ctl(ctx context.Context, c Command, args ...string) (Output, error) {
	p := Program{Name: "gs_ctl", Args: slices.Concat([]string{string(c), "-D", t.dataDir}, args)}
	for _, a := range p.Args {
		if err := checkArgument("argument", a); err != nil {
			return Output{}, err
		}
	}
	if err := ctx.Err(); err != nil {
		return Output{}, fmt.Errorf("opengauss: gs_ctl %s: nothing was done: %w", c, err)
	}
	const pause = 50 * time.Millisecond
	for {
		out, err := t.run(ctx, p)
		if err != nil {
			if c.changes() {
				err = uncertain(err)
			}
			return out, err
		}
		if out.Exit != 1 || !strings.Contains(out.Stdout, collision) {
			return out, nil
		}
		if !pauseFor(ctx, pause) {
			return out, &CommandError{Command: c, ExitCode: out.Exit, Outcome: Busy, Line: collision}
		}
	}
}

// pauseFor waits and reports whether ctx has not ended meanwhile.
func pauseFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// do runs a command that changes something and reads its result.
func (t *Tool) do(ctx context.Context, c Command, args ...string) (Result, error) {
	out, err := t.ctl(ctx, c, args...)
	if err != nil {
		return Result{Command: c, ExitCode: -1}, err
	}
	r := ReadResult(c, out.Exit, out.Stdout)
	return r, r.Err()
}

// become runs a command after which the server must have one of the roles, and
// lets the role decide. A role that is reached makes a command that ran out of
// time a success, one that is not reached makes "completed" uncertain.
func (t *Tool) become(ctx context.Context, c Command, want []ha.Role, args ...string) (Result, error) {
	r, err := t.do(ctx, c, args...)
	if ctx.Err() != nil || r.ExitCode < 0 || r.Outcome == Refused || r.Outcome == Busy || r.Outcome == NotRunning {
		return r, err
	}
	q, qerr := t.Query(ctx)
	switch {
	case qerr != nil || !q.IsLive():
		if err == nil {
			r.Outcome, r.Line = Unclear, "the server cannot be asked for its role afterwards"
			err = r.Err()
		}
		return r, err
	case slices.Contains(want, q.HA.Role):
		if r.Outcome != Already {
			r.Outcome = Done
		}
		return r, nil
	case err == nil:
		r.Outcome, r.Line = Unclear, fmt.Sprintf("the role afterwards is %s, not %s", FormatRole(q.HA.Role), FormatRole(want[0]))
		return r, r.Err()
	}
	return r, err
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
