// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss/release"
)

// startModes are the words of -M (postmaster.cpp).
var startModes = map[ha.Role]string{
	ha.RolePrimary: "primary", ha.RoleStandby: "standby", ha.RoleCascade: "cascade_standby", ha.RolePending: "pending",
	ha.RoleNormal: "normal", ha.RoleMainStandby: "hadr_main_standby",
}

// modeOption gives -M for a role. A server that is started without it comes up
// as Normal and becomes Primary at its next reload, so there is no default.
func (t *Tool) modeOption(as ha.Role) ([]string, error) {
	mode, ok := startModes[as]
	if !ok {
		return nil, fmt.Errorf("opengauss: role %v: no server can be started so", as)
	}
	if as == ha.RoleMainStandby && !t.release.Can(release.MainStandby) {
		return nil, fmt.Errorf("%w: main standby, in release %s", ErrUnsupported, t.release)
	}
	return []string{"-M", mode}, nil
}

// Start starts the server in a role and waits until it answers, at most for
// limit (0: [DefaultLimit]). A server that runs already has to have that role.
// With DCF every member is started as a standby, the database elects.
func (t *Tool) Start(ctx context.Context, as ha.Role, limit time.Duration) (Result, error) {
	return t.start(ctx, CommandStart, as, "-t", seconds(ctx, limit), "-l", t.log)
}

// Restart stops the server, fast or at once, and starts it in a role. Limits
// are as for Start.
func (t *Tool) Restart(ctx context.Context, how ha.StopMode, as ha.Role, limit time.Duration) (Result, error) {
	mode, err := stopOption(how)
	if err != nil {
		return Result{Command: CommandRestart}, err
	}
	return t.start(ctx, CommandRestart, as, "-m", mode, "-t", seconds(ctx, limit), "-l", t.log)
}

func (t *Tool) start(ctx context.Context, c Command, as ha.Role, args ...string) (Result, error) {
	mode, err := t.modeOption(as)
	if err != nil {
		return Result{Command: c}, err
	}
	want := []ha.Role{as}
	if as == ha.RoleStandby { // under DCF a standby that was elected
		want = append(want, ha.RolePrimary)
	}
	return t.become(ctx, c, want, append(mode, args...)...)
}

func stopOption(how ha.StopMode) (string, error) {
	switch how {
	case ha.StopFast:
		return "fast", nil
	case ha.StopImmediate:
		return "immediate", nil
	}
	return "", fmt.Errorf("opengauss: gs_ctl cannot stop a server by %v", how)
}

// Stop stops the server, fast or at once, and waits until its process is gone.
// A server that does not run is no error.
func (t *Tool) Stop(ctx context.Context, how ha.StopMode, limit time.Duration) (Result, error) {
	mode, err := stopOption(how)
	if err != nil {
		return Result{Command: CommandStop}, err
	}
	r, err := t.do(ctx, CommandStop, "-m", mode, "-t", seconds(ctx, limit))
	if ctx.Err() != nil || r.ExitCode < 0 {
		return r, err
	}
	running, serr := t.IsRunning(ctx)
	switch {
	case serr != nil:
		return r, errors.Join(err, uncertain(serr))
	case running && err == nil:
		r.Outcome, r.Line = Unclear, "the server still runs"
		return r, r.Err()
	case !running:
		return r, nil
	}
	return r, err
}

// Reload makes the server read its configuration. Nothing tells whether it
// took it over: a value that it refuses it only logs.
func (t *Tool) Reload(ctx context.Context) (Result, error) { return t.do(ctx, CommandReload) }

// IsRunning reports whether the server's process lives; a frozen one does, too.
func (t *Tool) IsRunning(ctx context.Context) (bool, error) {
	r, err := t.do(ctx, CommandStatus)
	if r.Outcome == NotRunning {
		return false, nil
	}
	return err == nil, err
}

// Query asks what the server is. Where the server does not answer, the answer
// is that of its state file: see [Query.IsLive].
func (t *Tool) Query(ctx context.Context) (Query, error) {
	out, err := t.ctl(ctx, CommandQuery)
	if err != nil {
		return Query{}, err
	}
	return ReadQuery(out.Exit, out.Stdout)
}

// QueryBuild asks how far a build is.
func (t *Tool) QueryBuild(ctx context.Context) (BuildQuery, error) {
	out, err := t.ctl(ctx, CommandQueryBuild)
	if err != nil {
		return BuildQuery{}, err
	}
	return ReadBuildQuery(out.Exit, out.Stdout)
}

// QueryLSN reads the log's files: where the last whole record begins, and
// whether there is a record at the given position. It needs no server.
func (t *Tool) QueryLSN(ctx context.Context, at ha.LSN) (LSNQuery, error) {
	out, err := t.ctl(ctx, CommandQuery, "-L", at.String())
	if err != nil {
		return LSNQuery{}, err
	}
	if out.Exit != 0 {
		return LSNQuery{}, ReadResult(CommandQuery, out.Exit, out.Stdout).Err()
	}
	return ParseLSNQuery(out.Stdout)
}

// termOption gives -T. gs_ctl's own default is 1, which is never newer than
// what a server has: a term must be said.
func termOption(term ha.Term) ([]string, error) {
	if term == 0 || term > maxTerm {
		return nil, fmt.Errorf("opengauss: term %d: want 1 to %d", term, maxTerm)
	}
	return []string{"-T", strconv.FormatUint(uint64(term), 10)}, nil
}

// maxTerm is the largest term: 32 bits, of which a log record keeps 31
// (XLOG_MASK_TERM).
const maxTerm = 1<<31 - 1

// Failover makes a standby the primary with a term, or a cascade standby a
// standby. Nothing looks whether another primary lives: that is the caller's
// duty. gs_ctl asks the server once a second; [Native.Failover] does not wait
// for the full second.
func (t *Tool) Failover(ctx context.Context, term ha.Term, limit time.Duration) (Result, error) {
	return t.promote(ctx, CommandFailover, term, "-t", seconds(ctx, limit))
}

// Switchover makes a standby change roles with its primary, both alive. extreme
// lets the primary step down without a checkpoint.
func (t *Tool) Switchover(ctx context.Context, term ha.Term, extreme bool, limit time.Duration) (Result, error) {
	args := []string{"-t", seconds(ctx, limit)}
	if extreme {
		args = append(args, "-f")
	}
	return t.promote(ctx, CommandSwitchover, term, args...)
}

// promote runs a command that raises the server by one rank: the role before
// says which role is to come.
func (t *Tool) promote(ctx context.Context, c Command, term ha.Term, args ...string) (Result, error) {
	option, err := termOption(term)
	if err != nil {
		return Result{Command: c}, err
	}
	q, err := t.Query(ctx)
	if err != nil {
		return Result{Command: c}, err
	}
	want := []ha.Role{ha.RolePrimary}
	if q.HA.Role == ha.RoleCascade {
		want = []ha.Role{ha.RoleStandby}
	}
	if c == CommandSwitchover {
		want = append(want, ha.RoleMainStandby)
	}
	return t.become(ctx, c, want, append(option, args...)...)
}

// Notify tells a pending server its role: primary (with a term), standby or
// cascade standby; or a normal one that it is primary.
func (t *Tool) Notify(ctx context.Context, as ha.Role, term ha.Term, limit time.Duration) (Result, error) {
	args := []string{"-M", startModes[as], "-t", seconds(ctx, limit)}
	switch as {
	case ha.RolePrimary:
		option, err := termOption(term)
		if err != nil {
			return Result{Command: CommandNotify}, err
		}
		args = append(args, option...)
	case ha.RoleStandby, ha.RoleCascade:
	default:
		return Result{Command: CommandNotify}, fmt.Errorf("opengauss: notify: role %v: want primary, standby or cascade standby", as)
	}
	return t.become(ctx, CommandNotify, []ha.Role{as}, args...)
}

// FinishRedo makes a standby stop waiting for log that is missing: what it
// misses is lost. It returns when the server was asked.
func (t *Tool) FinishRedo(ctx context.Context) (Result, error) {
	return t.do(ctx, CommandFinishRedo)
}

// StartWalReceiver makes a standby that has read its log ahead start receiving
// again.
func (t *Tool) StartWalReceiver(ctx context.Context, limit time.Duration) (Result, error) {
	if !t.release.Can(release.StartWalReceiver) {
		return Result{Command: CommandStartWalReceiver}, fmt.Errorf("%w: startwalrcv, in release %s", ErrUnsupported, t.release)
	}
	return t.do(ctx, CommandStartWalReceiver, "-t", seconds(ctx, limit))
}
