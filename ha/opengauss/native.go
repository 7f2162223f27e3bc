// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/opengauss/conf"
	"github.com/gausskit/gausskit/ha/opengauss/release"
	"github.com/gausskit/gausskit/internal/atomicfile"
	"github.com/gausskit/gausskit/internal/postmaster"
)

// Native makes the requests that gs_ctl makes of a running server, without
// gs_ctl: a file in the data directory and SIGUSR1 to the server, under gs_ctl's
// lock and with its guards. gs_ctl looks once a second what became of it; Native
// every few milliseconds. Files are written whole and synced before the signal,
// and what the server has not taken when ctx ends is removed again: left behind
// it would take effect at the next signal, whatever that is about.
//
// It works on the machine of the server, as its user or as root.
//
// Source: pg_ctl.cpp (do_failover, do_switchover, do_notify, do_set_run_mode),
// xlog.cpp (CheckPromoteSignal and its kin), postmaster.cpp (sigusr1_handler).
type Native struct {
	dataDir string
	client  *Client
	release release.Release
	owner   atomicfile.Owner
}

// NewNative makes requests of the server of a data directory. client is asked
// for the role. owner is whom the files belong to; the zero Owner is the user of
// this process.
func NewNative(dataDir string, client *Client, r release.Release, owner atomicfile.Owner) (*Native, error) {
	if !filepath.IsAbs(dataDir) {
		return nil, fmt.Errorf("opengauss: data directory %q: want an absolute path", dataDir)
	}
	return &Native{dataDir: filepath.Clean(dataDir), client: client, release: r, owner: owner}, nil
}

// The files that requests are made of.
const (
	fileTerm              = "term_file" // stays: a primary looks at it at every signal
	fileFailover          = "failover"
	fileSwitchover        = "switchover"
	fileSwitchoverTimeout = "switchover_timeout"
	fileSwitchoverStatus  = "switchoverstatus"
	fileTimeout           = "timeout"
	fileFinishRedo        = "finish_redo_file"
	fileAddMember         = "addmember"
	fileRemoveMember      = "removemember"
	fileChangeRole        = "changerole"
	fileChangeRoleStatus  = "changerolestatus"
	fileSetRunMode        = "startminority"
	fileSetRunModeStatus  = "setrunmodestatus"
)

// requestFiles are those that a server takes as a command when it finds them.
var requestFiles = [...]string{ // read-only
	fileFailover, fileSwitchover, fileSwitchoverTimeout, fileFinishRedo, "primary", "standby", "cascade_standby",
	fileAddMember, fileRemoveMember, fileChangeRole, fileSetRunMode,
}

// clearRequests removes what was asked of a server that did not live to see it.
func clearRequests(dataDir string) error {
	var errs []error
	for _, name := range requestFiles {
		errs = append(errs, atomicfile.Remove(filepath.Join(dataDir, name)))
	}
	return errors.Join(errs...)
}

const (
	ctlLock     = "pg_ctl.lock"
	ctlLockSize = 1024
)

// lockCtl takes the lock of gs_ctl (pg_ctl.cpp: pg_ctl_lock), which is given
// back by closing. It does not wait: ErrBusy.
func lockCtl(dataDir string, owner atomicfile.Owner, c Command) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dataDir, ctlLock), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if owner.Set {
		err = f.Chown(owner.UID, owner.GID)
	}
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = &CommandError{Command: c, ExitCode: -1, Outcome: Busy, Line: "another gs_ctl command holds " + ctlLock}
	} else if err == nil {
		err = f.Truncate(ctlLockSize)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// visit is one request under way.
type visit struct {
	n       *Native
	command Command
	pid     int
	lock    *os.File
	before  HAState
	dcf     bool
}

// enter takes the lock and finds the server and what it is.
func (n *Native) enter(ctx context.Context, c Command) (*visit, error) {
	if err := ctx.Err(); err != nil {
		return nil, uncertain(fmt.Errorf("opengauss: %s: nothing was done: %w", c, err))
	}
	lock, err := lockCtl(n.dataDir, n.owner, c)
	if err != nil {
		return nil, err
	}
	v := &visit{n: n, command: c, lock: lock}
	if err := v.look(ctx); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return v, nil
}

func (v *visit) look(ctx context.Context) error {
	srv, err := findServer(v.n.dataDir)
	if err != nil {
		return err
	}
	if srv.pid == 0 {
		return &CommandError{Command: v.command, ExitCode: -1, Outcome: NotRunning, Line: "no server works in " + v.n.dataDir}
	}
	v.pid = srv.pid
	if v.dcf, err = isDCF(v.n.dataDir); err != nil {
		return err
	}
	v.before, err = v.n.client.State(ctx)
	if err != nil {
		return v.refuse("the server cannot be asked for its role: %v", err)
	}
	return nil
}

// isDCF reports whether the server's configuration turns DCF on.
func isDCF(dataDir string) (bool, error) {
	c, err := conf.Load(filepath.Join(dataDir, "postgresql.conf"))
	if c == nil {
		return false, err
	}
	on, err := c.Effective().Value("enable_dcf")
	return err == nil && on.Bool(), nil // a value that is none keeps the server from starting
}

func (v *visit) leave() { _ = v.lock.Close() } // which gives the lock back

func (v *visit) refuse(format string, args ...any) error {
	return &CommandError{Command: v.command, ExitCode: -1, Outcome: Refused, Line: fmt.Sprintf(format, args...)}
}

func (v *visit) path(name string) string { return filepath.Join(v.n.dataDir, name) }

// write puts a request into the data directory.
func (v *visit) write(name string, content []byte) error {
	return atomicfile.Write(v.path(name), content, 0o600, v.n.owner)
}

// signal wakes the server up. A server that is gone is an error.
func (v *visit) signal() error {
	dir, err := os.Stat(v.n.dataDir)
	if err == nil && !worksIn(v.pid, dir) {
		err = &CommandError{Command: v.command, ExitCode: -1, Outcome: NotRunning, Line: "the server ended"}
	}
	if err != nil {
		return err
	}
	return postmaster.Signal(v.pid, syscall.SIGUSR1)
}

// take removes requests that the server has not read, and reports whether
// there was one.
func (v *visit) take(names ...string) (unread bool, err error) {
	for _, name := range names {
		rerr := os.Remove(v.path(name))
		switch {
		case rerr == nil:
			unread = true
		case !errors.Is(rerr, fs.ErrNotExist):
			err = errors.Join(err, rerr)
		}
	}
	return unread, err
}

// writeTerm stores the term of a promotion. It is written with each request,
// because a server reads it again at each.
func (v *visit) writeTerm(term ha.Term) error {
	if term == 0 || term > maxTerm {
		return fmt.Errorf("opengauss: term %d: want 1 to %d", term, maxTerm)
	}
	return v.write(fileTerm, binary.LittleEndian.AppendUint32(nil, uint32(term)))
}

const (
	// lookEvery is how often a server is asked what became of a request.
	lookEvery = 5 * time.Millisecond
	// askAgain is how often gs_ctl repeats the request for a failover: one that
	// comes before the server is ready for it is dropped.
	askAgain = time.Second
)

// await asks for the role until it is one of want. again is called whenever a
// request has to be repeated; it may be nil.
func (v *visit) await(ctx context.Context, again func() error, want ...ha.Role) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	asked := time.Now()
	for {
		s, err := v.n.client.State(ctx)
		if err == nil {
			for _, r := range want {
				if s.Role == r {
					return nil
				}
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if again != nil && time.Since(asked) >= askAgain {
			asked = time.Now()
			if err := again(); err != nil {
				return err
			}
		}
		if err != nil && !postmaster.Alive(v.pid) {
			return &CommandError{Command: v.command, ExitCode: -1, Outcome: Failed, Line: "the server ended"}
		}
	}
}

// timedOut says that a request was made and nothing is known of what became of
// it, or, when it was unread, that it was taken back.
func (v *visit) timedOut(ctx context.Context, unread bool, waiting string) error {
	if unread {
		return uncertain(fmt.Errorf("opengauss: %s: the server has not read the request, it was taken back: %w", v.command, context.Cause(ctx)))
	}
	return ended(ctx, waiting)
}
