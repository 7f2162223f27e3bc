// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/atomicfile"
	"github.com/gausskit/gausskit/internal/command"
)

// Start starts the server in a session of its own, so that it outlives this
// process, or takes over the one that runs. It runs the server itself, as CM
// does: gs_ctl would look once a second.
//
// Whether data of a former primary fits its upstream the two servers find out
// when the one connects to the other: Start waits for that, and stops the server
// again when it does not. An upstream that cannot be reached proves nothing.
//
// Data of a standby that is to be primary is started as a standby and promoted,
// with the term after its own.
func (e *Engine) Start(ctx context.Context, spec ha.StartSpec) error {
	ctx, leave, err := e.ops.Enter(ctx)
	if err != nil {
		return e.failed("start", err)
	}
	defer leave()
	return e.failed("start", e.start(ctx, spec))
}

func (e *Engine) start(ctx context.Context, spec ha.StartSpec) error {
	if err := e.usable(); err != nil {
		return err
	}
	srv, err := findServer(e.cfg.DataDir)
	if err != nil {
		return err
	}
	if srv.pid != 0 {
		err := e.takeOver(ctx, spec)
		if !errors.Is(err, errGone) {
			return err
		}
		e.log.Info("the server ended while it was taken over", zap.Error(err))
	}
	if e.cfg.DCF {
		return e.launch(ctx, duty{}, ha.StartStandby)
	}
	left, err := e.leftRole(ctx)
	if err != nil {
		return err
	}
	if spec.Mode == ha.StartStandby {
		return e.startStandby(ctx, left, spec.Upstream)
	}
	if left == ha.RoleStandby {
		if err := e.launch(ctx, duty{sync: guardNames}, ha.StartStandby); err != nil {
			return err
		}
		return e.promote(ctx, ha.PromoteSpec{Term: spec.Term, Sync: spec.Sync})
	}
	names, err := formatSync(spec.Sync)
	if err != nil {
		return err
	}
	return e.launch(ctx, duty{sync: names}, ha.StartPrimary)
}

// startStandby starts stopped data as a standby, and sees to it that data of a
// former primary fits.
func (e *Engine) startStandby(ctx context.Context, left ha.Role, up ha.Upstream) error {
	if err := e.launch(ctx, duty{upstream: up, sync: guardNames}, ha.StartStandby); err != nil {
		return err
	}
	if left == ha.RoleStandby || up.Address == "" {
		return nil
	}
	const patience = 3 * time.Second
	switch fits, err := e.fits(ctx, patience); {
	case err != nil:
		return err
	case fits == misfit:
		detail := "it does not fit its upstream"
		if s, err := e.client.State(ctx); err == nil {
			detail = string(s.Detail)
		}
		if err := e.stop(ctx, ha.StopFast); err != nil {
			return err
		}
		return fmt.Errorf("%w: %s: %s", ha.ErrNeedsRejoin, up.Member, detail)
	}
	return nil
}

// fitting is what two servers have found out about their logs.
type fitting uint8

const (
	unknownFit fitting = iota // the upstream was not reached
	fit
	misfit
)

// fits waits until the server streams, or says that only a build helps; at most
// for patience.
func (e *Engine) fits(ctx context.Context, patience time.Duration) (fitting, error) {
	began := time.Now()
	found := unknownFit
	err := poll(ctx, "the upstream", func() (bool, error) {
		s, err := e.client.State(ctx)
		if err != nil {
			return false, nil // between two states
		}
		r, err := e.client.Receiver(ctx)
		switch {
		case err == nil && r != nil && (s.State == StateNormal || s.State == StateCatchup):
			found = fit
		case s.NeedsBuild():
			found = misfit
		default:
			return time.Since(began) > patience, nil
		}
		return true, nil
	})
	if err == nil && found == fit {
		err = e.rememberSystem(ctx)
	}
	return found, err
}

// takeOver checks that the server that runs has the mode asked for, and brings
// upstream or synchronous set in line.
func (e *Engine) takeOver(ctx context.Context, spec ha.StartSpec) error {
	if err := e.awaitAnswer(ctx, ha.StartStandby); err != nil {
		return err
	}
	s, err := e.client.State(ctx)
	if err != nil {
		if srv, ferr := findServer(e.cfg.DataDir); ferr == nil && srv.pid == 0 {
			err = fmt.Errorf("%w: %w", errGone, err)
		}
		return uncertain(err)
	}
	standby := s.Role != ha.RolePrimary && s.Role != ha.RoleNormal
	switch {
	case e.cfg.DCF:
		return nil
	case standby != (spec.Mode == ha.StartStandby):
		return ha.ErrWrongMode
	case !standby:
		if err := e.aboutToServe(); err != nil {
			return err
		}
		return e.setSync(ctx, spec.Sync)
	}
	want, err := e.lockFor(spec.Upstream)
	if err != nil {
		return err
	}
	if got, err := e.client.ConnLock(ctx); err == nil && got.ConnLock == want {
		return nil
	}
	return e.follow(ctx, spec.Upstream)
}

const logName = "server.log"

// launch configures and starts the server and waits until it answers.
func (e *Engine) launch(ctx context.Context, d duty, mode ha.StartMode) error {
	// What a killed server has left would keep this one out.
	if err := e.stop(ctx, ha.StopKill); err != nil {
		return err
	}
	if err := e.aboutToLaunch(ctx, d, mode); err != nil {
		return err
	}
	role := ha.RolePrimary
	if mode == ha.StartStandby {
		role = e.roleBehind(ctx, d.upstream)
		if err := e.rememberRole(role); err != nil {
			return err
		}
	}
	if err := e.prepare(ctx, d, mode); err != nil {
		return err
	}
	if err := e.portsFree(ctx); err != nil {
		return err
	}
	log, begin, err := e.openLog()
	if err != nil {
		return err
	}
	defer log.Close()
	lock, err := lockCtl(e.cfg.DataDir, e.owner, CommandStart)
	if err != nil {
		return err
	}
	defer lock.Close()
	if ctx.Err() != nil {
		return ended(ctx, "the start")
	}
	cmd := e.in.cmd(Program{Name: serverProgram, Args: []string{"-D", e.cfg.DataDir, "-M", startModes[role]}})
	cmd.Dir = e.cfg.DataDir
	pid, err := cmd.Detach(log)
	if err != nil {
		return fmt.Errorf("opengauss: %w", err)
	}
	e.child.Started(pid)
	e.kind.forget()
	e.log.Info("started the server", zap.Int("pid", pid), zap.Stringer("as", role), zap.String("upstream", string(d.upstream.Member)))
	if err := e.awaitUp(ctx, begin, mode); err != nil {
		return err
	}
	return e.unmark(builtMarker)
}

// prepare writes what a server is to find when it starts.
func (e *Engine) prepare(ctx context.Context, d duty, mode ha.StartMode) error {
	if err := e.makeDir(e.cfg.RunDir); err != nil {
		return err
	}
	if err := clearRequests(e.cfg.DataDir); err != nil {
		return err
	}
	lock, err := e.lockFor(d.upstream)
	if err != nil {
		return err
	}
	if mode == ha.StartPrimary || e.cfg.DCF {
		lock = ConnLock{} // it would outlive the role
	}
	if err := e.writeLock(lock); err != nil {
		return err
	}
	if err := e.rememberUpstream(d.upstream); err != nil {
		return err
	}
	if _, err := e.configure(ctx, d); err != nil {
		return err
	}
	if err := e.admit(ctx); err != nil {
		return err
	}
	return e.lint()
}

// recoveryGrace is how long a standby may take to accept connections before
// Start is content with a recovery that is under way.
const recoveryGrace = time.Second

// awaitUp waits until the server that was started answers.
func (e *Engine) awaitUp(ctx context.Context, logBegin int64, mode ha.StartMode) error {
	began := time.Now()
	return poll(ctx, "the server to come up", func() (bool, error) {
		if ended, err := e.child.Reap(serverProgram); ended {
			return false, e.startFailure(err, logBegin)
		}
		s, err := e.client.State(ctx)
		if err == nil {
			return mode == ha.StartStandby || s.Role == ha.RolePrimary, nil
		}
		return mode == ha.StartStandby && time.Since(began) > recoveryGrace && e.recovering(ctx), nil
	})
}

// recovering reports whether the files say that recovery is under way.
func (e *Engine) recovering(ctx context.Context) bool {
	d, err := e.readControl(ctx)
	return err == nil && (d.State == ControlArchiveRecovery || d.State == ControlCrashRecovery)
}

// startFailure says why the server ended, in the words of its log.
func (e *Engine) startFailure(exit error, logBegin int64) error {
	text, err := e.readLogFrom(logBegin)
	if err != nil {
		text = err.Error()
	}
	failure := &CommandError{Command: CommandServer, ExitCode: -1, Outcome: Failed, Line: whyFailed(text)}
	if x := (*command.ExitError)(nil); errors.As(exit, &x) {
		failure.ExitCode = x.Code
	}
	if strings.Contains(text, "Address already in use") {
		return fmt.Errorf("%w: %w", ErrPortInUse, failure)
	}
	return failure
}

// errGone: the server ended while somebody waited for it.
var errGone = errors.New("the server is gone")

// awaitAnswer waits until a server that runs can be asked.
func (e *Engine) awaitAnswer(ctx context.Context, mode ha.StartMode) error {
	began := time.Now()
	return poll(ctx, "the server to answer", func() (bool, error) {
		_, err := e.client.State(ctx)
		if err == nil || ctx.Err() != nil {
			return err == nil, nil
		}
		srv, ferr := findServer(e.cfg.DataDir)
		if ferr == nil && srv.pid == 0 {
			return false, uncertain(fmt.Errorf("%w: %w", errGone, err))
		}
		return mode == ha.StartStandby && time.Since(began) > recoveryGrace && e.recovering(ctx), ferr
	})
}

// portsFree finds out who has the ports before the server does. A predecessor
// that was killed is gone for us a moment before the kernel closes its sockets.
func (e *Engine) portsFree(ctx context.Context) error {
	const patience = 250 * time.Millisecond
	began := time.Now()
	return poll(ctx, "the ports", func() (bool, error) {
		for _, port := range []int{e.cfg.Port, e.cfg.Port + 1} {
			var lc net.ListenConfig
			l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(e.cfg.Host, strconv.Itoa(port)))
			switch {
			case errors.Is(err, syscall.EADDRINUSE) && time.Since(began) > patience:
				return false, fmt.Errorf("%w: another program listens on port %d of %s", ErrPortInUse, port, e.cfg.Host)
			case errors.Is(err, syscall.EADDRINUSE):
				return false, nil
			case err == nil:
				if err := l.Close(); err != nil {
					return false, err
				}
			}
		}
		return true, nil
	})
}

// openLog opens the log of the start for appending and returns where it ends. A
// log that has grown large is put aside.
func (e *Engine) openLog() (*os.File, int64, error) {
	const large = 16 << 20
	path := e.LogFile()
	if info, err := os.Lstat(path); err == nil && info.Size() > large {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, 0, err
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && e.owner.Set {
		err = f.Chown(e.owner.UID, e.owner.GID)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

func (e *Engine) readLogFrom(begin int64) (string, error) {
	f, err := os.Open(e.LogFile())
	if err != nil {
		return "", err
	}
	defer f.Close()
	const most = 64 << 10
	text, err := io.ReadAll(io.NewSectionReader(f, begin, most))
	return string(text), err
}

// clear removes the lock files of a server that is gone: their number may
// belong to somebody else by now.
func (e *Engine) clear() error {
	_, _ = e.child.Reap(serverProgram) // how it ended is for who started it
	errs := []error{clearRequests(e.cfg.DataDir)}
	if file, err := readPIDFile(e.cfg.DataDir); err == nil && file.PID > 0 {
		errs = append(errs, atomicfile.Remove(e.path(pidFileName)))
	}
	for _, port := range []int{e.cfg.Port, e.cfg.Port + 1} {
		errs = append(errs, atomicfile.Remove(e.runPath(".s.PGSQL."+strconv.Itoa(port)+".lock")))
	}
	return errors.Join(errs...)
}
