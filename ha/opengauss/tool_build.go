// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss/release"
	"github.com/gausskit/gausskit/replconn"
)

// BuildOptions say how a member's data is made anew.
type BuildOptions struct {
	// Mode is the kind of build. BuildAuto tries to rewind up to three times
	// and then copies, unless the primary cannot be reached.
	Mode BuildMode
	// As is the role in which the server is started afterwards: standby, the
	// default; cascade standby; main standby.
	As ha.Role
	// From is the channel to copy from. By default the tool tries the channels
	// of the configuration one after the other. It also lifts the tool's
	// refusal to build over a server that runs as primary.
	From *replconn.Channel
	// Term is that of the primary to copy from, 0 for any.
	Term ha.Term
	// ReceiveLimit is how long the primary may send nothing; 0 leaves it to the
	// tool (120 s).
	ReceiveLimit time.Duration
	// VerifyCommit fails when a commit of this member is not in the primary's
	// log, instead of throwing it away.
	VerifyCommit bool
	// KeepStopped leaves the server stopped afterwards.
	KeepStopped bool
	// Discard says that this member's data may be lost although it is that of a
	// primary. gs_ctl refuses to build over a primary that runs, and destroys
	// one that is stopped.
	Discard bool
	// Progress is called about twice a second with what the tool says of its
	// progress. It must be quick.
	Progress func(BuildProgress)
}

// buildWords are the words of -b (pg_ctl.cpp). An unknown one would mean auto.
var buildWords = map[BuildMode]string{
	BuildAuto: "auto", BuildFull: "full", BuildIncremental: "incremental", BuildStandbyFull: "standby_full",
	BuildCrossClusterFull: "cross_cluster_full", BuildCrossClusterIncremental: "cross_cluster_incremental",
	BuildCrossClusterStandbyFull: "cross_cluster_standby_full", BuildCheck: "check",
}

// Build makes the data of this member anew, from the primary or from a standby,
// and starts the server. A running server is stopped first, also by
// [BuildCheck]. A build that ends early leaves data that no server starts from,
// until a build succeeds; that may be so when the error is uncertain.
//
// [BuildCopySecureFiles] needs a password that gs_ctl reads from its command
// line alone: ErrPasswordArgument.
func (t *Tool) Build(ctx context.Context, o BuildOptions) (Result, error) {
	if o.As == ha.RoleUnknown {
		o.As = ha.RoleStandby
	}
	args, err := t.buildArguments(o)
	if err != nil {
		return Result{Command: CommandBuild}, err
	}
	if !o.Discard {
		if err := t.refusePrimary(ctx); err != nil {
			return Result{Command: CommandBuild}, err
		}
	}
	stop := t.follow(ctx, o.Progress)
	var r Result
	if o.KeepStopped || o.Mode == BuildCheck {
		r, err = t.do(ctx, CommandBuild, args...)
	} else {
		r, err = t.become(ctx, CommandBuild, []ha.Role{o.As}, args...)
	}
	stop()
	if _, serr := os.Lstat(filepath.Join(t.dataDir, buildMarker)); err == nil && serr == nil {
		r.Outcome, r.Line = Failed, "the data is incomplete: "+buildMarker+" is still there"
		err = r.Err()
	}
	return r, err
}

// buildMarker stands in data that a build has not finished (backup.cpp,
// pg_rewind.cpp); no server starts while it does.
const buildMarker = "build_completed.start"

func (t *Tool) buildArguments(o BuildOptions) ([]string, error) {
	word, ok := buildWords[o.Mode]
	switch {
	case o.Mode == BuildCopySecureFiles:
		return nil, fmt.Errorf("%w: gs_ctl build -b copy_secure_files takes it with -P only", ErrPasswordArgument)
	case !ok:
		return nil, fmt.Errorf("opengauss: build mode %v: not one that can be asked for", o.Mode)
	case o.As != ha.RoleStandby && o.As != ha.RoleCascade && o.As != ha.RoleMainStandby:
		return nil, fmt.Errorf("opengauss: build as %v: want standby, cascade standby or main standby", o.As)
	}
	for mode, needs := range map[BuildMode]release.Capability{
		BuildCrossClusterFull: release.CrossClusterBuild, BuildCrossClusterIncremental: release.CrossClusterBuild,
		BuildCrossClusterStandbyFull: release.CrossClusterBuild, BuildCheck: release.BuildCheckMode,
	} {
		if o.Mode == mode && !t.release.Can(needs) {
			return nil, fmt.Errorf("%w: build %s, in release %s", ErrUnsupported, word, t.release)
		}
	}
	mode, err := t.modeOption(o.As)
	if err != nil {
		return nil, err
	}
	args := slices.Concat([]string{"-b", word}, mode, []string{"-l", t.log})
	if o.From != nil {
		v := replconn.ValueOf(*o.From)
		if err := v.Validate(); err != nil {
			return nil, fmt.Errorf("opengauss: build: channel: %w", err)
		}
		args = append(args, "-C", v.String())
	}
	if o.Term != 0 {
		option, err := termOption(o.Term)
		if err != nil {
			return nil, err
		}
		args = append(args, option...)
	}
	if o.ReceiveLimit > 0 {
		args = append(args, "-r", strconv.FormatInt(int64((o.ReceiveLimit+time.Second-1)/time.Second), 10))
	}
	if o.VerifyCommit {
		if !t.release.Can(release.VerifyCommit) {
			return nil, fmt.Errorf("%w: --verify-commit, in release %s", ErrUnsupported, t.release)
		}
		args = append(args, "--verify-commit")
	}
	if o.KeepStopped {
		args = append(args, "-q")
	}
	return args, nil
}

// refusePrimary returns ErrWouldDestroy when the data is a primary's, running
// or stopped, and when nobody can tell.
func (t *Tool) refusePrimary(ctx context.Context) error {
	if _, err := os.Lstat(filepath.Join(t.dataDir, buildMarker)); err == nil {
		return nil // broken already
	}
	if q, err := t.Query(ctx); err == nil && q.HA.Role == ha.RolePrimary {
		return fmt.Errorf("%w: the server runs as %s", ErrWouldDestroy, FormatRole(q.HA.Role))
	} else if err == nil && q.IsLive() {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(t.dataDir, controlFile)); errors.Is(err, os.ErrNotExist) {
		return nil // no database
	}
	d, err := t.ControlData(ctx)
	if err != nil {
		return fmt.Errorf("%w: its control file cannot be read: %w", ErrWouldDestroy, err)
	}
	if !d.State.isStandby() {
		return fmt.Errorf("%w: its control file says %q", ErrWouldDestroy, d.State)
	}
	return nil
}

const controlFile = "global/pg_control"

// isStandby reports whether the data was last a standby's.
func (s ControlState) isStandby() bool {
	return s == ControlShutDownRecovery || s == ControlArchiveRecovery
}

// follow reports the progress of a build until stop is called, which waits for
// the last report.
func (t *Tool) follow(ctx context.Context, report func(BuildProgress)) (stop func()) {
	if report == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		const every = 500 * time.Millisecond
		var last BuildProgress
		for pauseFor(ctx, every) {
			s, err := readStateFile(t.dataDir)
			if err != nil {
				continue // being replaced, or gone while the directory is cleared
			}
			p := s.BuildQuery().Progress
			if p == nil || p.Percent == last.Percent && p.Done == last.Done {
				continue
			}
			last = *p
			report(last)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

const stateFile = "gaussdb.state"

// readStateFile reads gaussdb.state. It can be missing for an instant.
func readStateFile(dataDir string) (StateFile, error) {
	b, err := os.ReadFile(filepath.Join(dataDir, stateFile))
	if err != nil {
		return StateFile{}, err
	}
	return ParseStateFile(b)
}
