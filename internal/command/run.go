// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// User is whom a program runs as. Only root can run as somebody else.
type User struct {
	UID, GID uint32
	Groups   []uint32 // supplementary groups
}

// Cmd is a program to run.
type Cmd struct {
	Path  string   // absolute
	Args  []string // without the program's name
	Dir   string   // working directory; empty is "/"
	Env   []string // the whole environment, as name=value
	Stdin []byte
	User  *User // nil is the user of this process
}

// Output is what a program wrote.
type Output struct {
	Stdout, Stderr []byte
}

// ExitError says how a program failed.
type ExitError struct {
	Name   string // the program's name
	Code   int    // its exit status, -1 when a signal ended it
	Signal string // the signal's name, if any
}

// Error gives name and status.
func (e *ExitError) Error() string {
	if e.Signal != "" {
		return fmt.Sprintf("%s: ended by signal %s", e.Name, e.Signal)
	}
	return fmt.Sprintf("%s: exit status %d", e.Name, e.Code)
}

// Run runs the program and waits for its end. When ctx ends, the program and
// what it started in its process group are killed, and the error wraps that of
// ctx. A program that fails gives an *ExitError beside its output.
func (c Cmd) Run(ctx context.Context) (Output, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	cmd.Dir, cmd.Env = c.dir(), c.env()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(c.Stdin), &stdout, &stderr
	cmd.SysProcAttr = c.attributes()
	cmd.SysProcAttr.Setpgid = true
	dieWithParent(cmd.SysProcAttr)
	cmd.Cancel = func() error {
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	// What survives in another process group could hold the pipes open.
	cmd.WaitDelay = 2 * time.Second
	err := cmd.Run()
	out := Output{stdout.Bytes(), stderr.Bytes()}
	if ctx.Err() != nil && err != nil {
		return out, fmt.Errorf("%s: %w", filepath.Base(c.Path), context.Cause(ctx))
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out, exitError(filepath.Base(c.Path), exit.Sys().(syscall.WaitStatus))
	}
	return out, err
}

// Detach starts the program in a session of its own and does not wait for it:
// it outlives this process. Its output is appended to log, which the caller
// closes. It returns the process id; Reap collects the status later.
func (c Cmd) Detach(log *os.File) (int, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	attr := c.attributes()
	attr.Setsid = true
	p, err := os.StartProcess(c.Path, append([]string{c.Path}, c.Args...), &os.ProcAttr{
		Dir: c.dir(), Env: c.env(), Files: []*os.File{null, log, log}, Sys: attr,
	})
	if err != nil {
		return 0, err
	}
	pid := p.Pid
	return pid, p.Release()
}

// Reap collects the status of a child that Detach started, without waiting.
// ended is true when it has ended or is no child of this process; err says how
// it failed, if known.
func Reap(name string, pid int) (ended bool, err error) {
	var status syscall.WaitStatus
	for {
		got, werr := syscall.Wait4(pid, &status, syscall.WNOHANG, nil)
		switch {
		case errors.Is(werr, syscall.EINTR):
		case werr != nil:
			return true, nil
		case got == 0:
			return false, nil
		case status.Exited() && status.ExitStatus() == 0:
			return true, nil
		default:
			return true, exitError(name, status)
		}
	}
}

func exitError(name string, status syscall.WaitStatus) *ExitError {
	if status.Signaled() {
		return &ExitError{Name: name, Code: -1, Signal: status.Signal().String()}
	}
	return &ExitError{Name: name, Code: status.ExitStatus()}
}

func (c Cmd) dir() string {
	if c.Dir == "" {
		return "/"
	}
	return c.Dir
}

// env never gives nil, which would mean the environment of this process.
func (c Cmd) env() []string { return append([]string{}, c.Env...) }

func (c Cmd) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if c.User != nil {
		attr.Credential = &syscall.Credential{Uid: c.User.UID, Gid: c.User.GID, Groups: c.User.Groups}
	}
	return attr
}
