// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/command"
)

// Start starts the server in a session of its own, so that it outlives this
// process, or takes over the one that runs. What a killed postmaster has left
// behind is cleared away first.
//
// Data of a standby that is to be primary is started as a standby and
// promoted: a standby that went on by itself would write the log of a timeline
// that its old primary may have written further.
func (e *Engine) Start(ctx context.Context, spec ha.StartSpec) error {
	ctx, leave, err := e.ops.enter(ctx)
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
	srv, err := e.find()
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
	left, err := e.leftRole()
	if err != nil {
		return err
	}
	switch {
	case spec.Mode == ha.StartStandby:
		if err := e.mayFollow(ctx, left, spec.Upstream); err != nil {
			return err
		}
		return e.demote(ctx, left, spec.Upstream)
	case left == ha.RoleStandby:
		if err := e.startStandby(ctx, ha.Upstream{}); err != nil {
			return err
		}
		return e.promote(ctx, spec.Sync, 0)
	}
	names, err := formatSync(spec.Sync)
	if err != nil {
		return err
	}
	return e.launch(ctx, duty{Sync: names}, ha.StartPrimary)
}

// takeOver checks that the server that runs has the mode asked for, and brings
// upstream or synchronous set in line.
func (e *Engine) takeOver(ctx context.Context, spec ha.StartSpec) error {
	if err := e.awaitAnswer(ctx, ha.StartStandby); err != nil {
		return err
	}
	standby, _, err := e.isStandby(ctx)
	if err != nil {
		if srv, ferr := e.find(); ferr == nil && srv.pid == 0 {
			err = fmt.Errorf("%w: %w", errGone, err)
		}
		return uncertain(err)
	}
	switch {
	case standby != (spec.Mode == ha.StartStandby):
		return ha.ErrWrongMode
	case !standby:
		return e.setSync(ctx, spec.Sync)
	}
	d, err := e.readDuty()
	if err != nil {
		return err
	}
	if d.Upstream == spec.Upstream {
		e.keepSlot(ctx, spec.Upstream)
		return nil
	}
	return e.follow(ctx, spec.Upstream)
}

// mayFollow returns ErrNeedsRejoin when the data is known to hold log that its
// upstream lacks. An upstream that does not answer proves nothing.
func (e *Engine) mayFollow(ctx context.Context, left ha.Role, up ha.Upstream) error {
	if up.Address == "" {
		return nil
	}
	c, err := e.readControl(ctx)
	if err != nil {
		return err
	}
	ask, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	// What we have is read before what the upstream has: it may be growing.
	mine := position{c.timeline(), c.proven()}
	clean := c.State == stateShutDown
	if clean {
		if mine.LSN, err = e.cleanEnd(c); err != nil {
			return err
		}
	}
	log, err := e.readLog(ask, up)
	if err != nil {
		if ctx.Err() != nil {
			return ended(ctx, "the upstream")
		}
		e.log.Info("cannot compare logs before the start", zap.Error(err))
		return nil
	}
	switch {
	case log.SystemID != c.SystemID:
		return fmt.Errorf("%w: its system identifier is %s, that of upstream %s is %s", ErrForeignData, c.SystemID, up.Member, log.SystemID)
	case left == ha.RoleStandby && (mine.TLI == log.TLI || log.has(mine)):
		return nil
	case left != ha.RoleStandby && !clean:
		return fmt.Errorf("%w: a primary crashed here, the end of its log is not known", ha.ErrNeedsRejoin)
	case log.has(mine):
		return nil
	}
	return fmt.Errorf("%w: log ends at %v on timeline %d, which %s does not have", ha.ErrNeedsRejoin, mine.LSN, mine.TLI, up.Member)
}

// startStandby starts a stopped server as a standby.
func (e *Engine) startStandby(ctx context.Context, up ha.Upstream) error {
	if up.Address != "" {
		if _, err := e.password(false); err != nil {
			return err
		}
	}
	if err := e.write(standbySignal, ""); err != nil {
		return err
	}
	e.keepSlot(ctx, up)
	return e.launch(ctx, duty{Upstream: up, Sync: guardNames}, ha.StartStandby)
}

// demote starts stopped data as a standby, and gives up what the data of a
// former primary held for others.
func (e *Engine) demote(ctx context.Context, left ha.Role, up ha.Upstream) error {
	if err := e.startStandby(ctx, up); err != nil {
		return err
	}
	if left == ha.RoleStandby || up.Address == "" {
		return nil
	}
	if err := e.dropIdleSlots(ctx); err != nil {
		e.log.Info("cannot drop idle slots", zap.Error(err)) // they are bounded
	}
	return nil
}

const logName = "server.log"

// launch starts the postmaster and waits until it answers.
func (e *Engine) launch(ctx context.Context, d duty, mode ha.StartMode) error {
	// Children that outlive a killed postmaster would keep this one out.
	if err := e.stop(ctx, ha.StopKill); err != nil {
		return err
	}
	if err := os.Remove(e.path(promoteSignal)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := e.makeRunDir(); err != nil {
		return err
	}
	if err := e.canRead(e.cfg.RunDir); err != nil {
		return err
	}
	info, err := os.Stat(e.cfg.RunDir)
	if err != nil {
		return err
	}
	if err := e.owned(e.cfg.RunDir, info); err != nil {
		return err
	}
	if err := e.aboutToLaunch(ctx, d, mode); err != nil {
		return err
	}
	if err := e.writeFiles(d); err != nil {
		return err
	}
	if err := e.portFree(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ended(ctx, "the start")
	}
	log, begin, err := e.openLog()
	if err != nil {
		return err
	}
	defer log.Close()
	pid, err := command.Cmd{
		Path: filepath.Join(e.bin.Dir, "postgres"), Args: []string{"-D", e.cfg.DataDir},
		Dir: e.cfg.DataDir, Env: environment(), User: e.user,
	}.Detach(log)
	if err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	e.child.started(pid)
	e.log.Info("started the server", zap.Int("pid", pid), zap.Bool("standby", mode == ha.StartStandby), zap.String("upstream", string(d.Upstream.Member)))
	if err := e.awaitUp(ctx, pid, begin, mode); err != nil {
		return err
	}
	return e.awaitAnswer(ctx, mode)
}

// recoveryGrace is how long a standby may take to accept connections before
// Start is content with a recovery that is under way.
const recoveryGrace = time.Second

// awaitUp waits until the child says in its pid file that it is ready.
func (e *Engine) awaitUp(ctx context.Context, pid int, logBegin int64, mode ha.StartMode) error {
	began := time.Now()
	err := poll(ctx, "the server to come up", func() (bool, error) {
		if ended, err := e.child.reap(); ended {
			return false, e.startFailure(err, logBegin)
		}
		file, err := e.readPidFile()
		if err != nil || file.PID != pid {
			return false, nil
		}
		if file.Status == statusReady || file.Status == statusStandby {
			return true, nil
		}
		if mode == ha.StartStandby && time.Since(began) > recoveryGrace {
			return e.recovering(ctx)
		}
		return false, nil
	})
	return err
}

// recovering reports whether the control file says that recovery is under way.
func (e *Engine) recovering(ctx context.Context) (bool, error) {
	c, err := e.readControl(ctx)
	if err != nil {
		return false, err
	}
	return c.State == stateArchRecovery || c.State == stateCrashRecovery, nil
}

// startFailure says why the server ended, in the words of its log.
func (e *Engine) startFailure(exit error, logBegin int64) error {
	text, err := e.readLogFrom(logBegin)
	if err != nil {
		text = err.Error()
	}
	failure := &CommandError{Command: "postgres", ExitCode: -1, Line: decisive(text)}
	if x := (*command.ExitError)(nil); errors.As(exit, &x) {
		failure.ExitCode = x.Code
	}
	if strings.Contains(text, "Address already in use") {
		return fmt.Errorf("%w: %s: %w", ErrPortInUse, e.cfg.address(), failure)
	}
	return failure
}

// errGone: the server ended while somebody waited for it.
var errGone = errors.New("the server is gone")

// awaitAnswer waits until a session can be opened. A standby in recovery that
// does not let anybody in for a while has to do. A server that is being killed
// refuses connections for a moment before it is gone.
func (e *Engine) awaitAnswer(ctx context.Context, mode ha.StartMode) error {
	began := time.Now()
	return poll(ctx, "the server to answer", func() (bool, error) {
		conn, err := e.connect(ctx)
		switch {
		case err == nil:
			hangUp(conn)
			return true, nil
		case ctx.Err() != nil:
			return false, nil
		case hasCode(err, codeCannotConnectNow):
			if mode == ha.StartStandby && time.Since(began) > recoveryGrace {
				return e.recovering(ctx)
			}
			return false, nil
		case !transient(err):
			return false, uncertain(err)
		}
		srv, ferr := e.find()
		if ferr == nil && srv.pid == 0 {
			return false, uncertain(fmt.Errorf("%w: %w", errGone, err))
		}
		return false, ferr
	})
}

// transient reports whether a server that is coming up or being killed may
// have caused err.
func transient(err error) bool {
	for _, e := range []error{syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, syscall.ENOENT, syscall.EAGAIN, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// isStandby asks the server whether it is a standby. One in recovery that lets
// nobody in is deaf: its signal file answers.
func (e *Engine) isStandby(ctx context.Context) (standby, deaf bool, err error) {
	standby, err = e.inRecovery(ctx)
	if hasCode(err, codeCannotConnectNow) {
		left, err := e.leftRole()
		return left == ha.RoleStandby, true, err
	}
	return standby, false, err
}

// inRecovery asks the server whether it is a standby.
func (e *Engine) inRecovery(ctx context.Context) (standby bool, err error) {
	err = e.with(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, "SELECT pg_is_in_recovery()").Scan(&standby)
	})
	return standby, err
}

// portFree finds out who has the port before the server does. Names that do
// not resolve here are left to the server. A predecessor that was killed is
// gone for us a moment before the kernel closes its sockets.
func (e *Engine) portFree(ctx context.Context) error {
	const patience = 250 * time.Millisecond
	began := time.Now()
	return poll(ctx, "the port", func() (bool, error) {
		taken, err := e.portTaken(ctx)
		if taken && time.Since(began) > patience {
			return false, fmt.Errorf("%w: another program listens on port %d of %s", ErrPortInUse, e.cfg.Port, e.cfg.Listen)
		}
		return !taken, err
	})
}

func (e *Engine) portTaken(ctx context.Context) (bool, error) {
	for _, host := range strings.Split(e.cfg.Listen, ",") {
		host = strings.TrimSpace(host)
		if host == "" {
			continue
		}
		if host == "*" {
			host = ""
		}
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(e.cfg.Port)))
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return true, nil
		case err == nil:
			if err := l.Close(); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// openLog opens the server's log for appending and returns where it ends. A
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
	if err == nil && e.user != nil {
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
