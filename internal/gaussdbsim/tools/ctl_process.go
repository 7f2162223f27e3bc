// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package tools

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/ha/opengauss"
	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
)

// start is "gs_ctl start".
func (c *ctl) start() int {
	c.log("gs_ctl started,datadir is %s ", c.dir)
	if !c.lock("start") {
		return 0
	}
	if p, err := c.dir.ReadPID(); err == nil && c.dir.IsServer(p.PID) {
		c.log(" another server might be running; Please use the restart command")
		return 0
	}
	var args []string
	if m, ok := c.flags["M"]; ok {
		args = []string{"-M", m}
	}
	return c.launch(args)
}

// launch starts a server and waits until it is up.
func (c *ctl) launch(args []string) int {
	begun := time.Now()
	pid, err := c.spawn(args)
	if err != nil {
		c.log(" could not start server: %v", err)
		return 1
	}
	if c.nowait {
		c.print("server starting\n")
		return 0
	}
	c.log("waiting for server to start...")
	var status syscall.WaitStatus
	ended := false
	up := c.poll(func() bool {
		if got, err := syscall.Wait4(pid, &status, syscall.WNOHANG, nil); err == nil && got == pid {
			ended = true
			return true
		}
		return c.isUp(pid, begun)
	})
	switch {
	case ended:
		c.log("waitpid %d failed, exitstatus is %d, ret is 2\n", pid, int(status))
		c.log("stopped waiting")
		c.log("could not start server")
		c.print("Examine the log output.\n")
		return 1
	case !up:
		c.print("\n")
		c.log("stopped waiting")
		c.log("server is still starting up")
		return 0
	}
	c.print("\n")
	c.log(" done")
	c.log("server started (%s)", c.dir)
	return 0
}

// spawn starts the server program in a session of its own.
func (c *ctl) spawn(args []string) (int, error) {
	path := filepath.Join(filepath.Dir(c.exe), "gaussdb")
	cmd := exec.Command(path, append([]string{"-D", string(c.dir)}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
	if name, ok := c.flags["l"]; ok {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return 0, err
		}
		defer f.Close()
		cmd.Stdout, cmd.Stderr = f, f
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	return cmd.Process.Pid, nil
}

// isUp reports whether the server that was begun answers, or its state file
// says that it is well.
func (c *ctl) isUp(pid int, begun time.Time) bool {
	p, err := c.dir.ReadPID()
	if err != nil || p.PID != pid || c.dir.StateTime().Before(begun.Add(-time.Second)) {
		return false
	}
	st, err := c.dir.ReadState()
	if err != nil {
		return false
	}
	switch st.DBState() {
	case opengauss.StateNormal, opengauss.StateNeedRepair, opengauss.StateWaitPromoting, opengauss.StateDemoting,
		opengauss.StatePromoting, opengauss.StateBuilding, opengauss.StateCatchup:
		return true
	}
	return false
}

// stop is "gs_ctl stop".
func (c *ctl) stop() int {
	c.log("gs_ctl stopped ,datadir is %s ", c.dir)
	p, err := c.dir.ReadPID()
	if err != nil {
		c.log(" PID file %q does not exist.", c.dir.PIDPath())
		c.log("Is server running?")
		return 1
	}
	return c.halt(p)
}

// halt signals the server and waits until it is gone.
func (c *ctl) halt(p datadir.PID) int {
	running := c.dir.IsServer(p.PID)
	sig := syscall.SIGINT
	if c.isImmediate() {
		sig = syscall.SIGQUIT
	}
	if running {
		if err := syscall.Kill(p.PID, sig); err != nil {
			c.log(" could not send stop signal (PID: %d): %v", p.PID, err)
			return 1
		}
		if c.nowait {
			c.print("server shutting down\n")
			return 0
		}
	}
	c.print("waiting for server to shut down...")
	if !running || !c.poll(func() bool { return !c.dir.IsServer(p.PID) }) {
		if !running || !c.isImmediate() || syscall.Kill(p.PID, syscall.SIGKILL) != nil {
			c.print(" failed\n")
			c.log(" server does not shut down (%s)", c.dir)
			return 1
		}
	}
	c.print(" done\nserver stopped\n")
	return 0
}

// restart is "gs_ctl restart". Without -M the server keeps its command line.
func (c *ctl) restart() int {
	c.log("gs_ctl restarted ,datadir is %s ", c.dir)
	if !c.lock("restart") {
		return 0
	}
	var args []string
	if _, argv, err := c.dir.ReadOpts(); err == nil && len(argv) > 3 {
		args = argv[3:]
	}
	if m, ok := c.flags["M"]; ok {
		args = []string{"-M", m}
	}
	p, err := c.dir.ReadPID()
	if err != nil {
		c.log(" PID file %q does not exist", c.dir.PIDPath())
		c.log("Is server running?")
		c.log("starting server anyway")
		return c.launch(args)
	}
	if c.dir.IsServer(p.PID) {
		if code := c.halt(p); code != 0 {
			return code
		}
	} else {
		c.log("old server process (PID: %d) seems to be gone", p.PID)
		c.log("starting server anyway")
	}
	return c.launch(args)
}

// reload is "gs_ctl reload".
func (c *ctl) reload() int {
	c.log("gs_ctl reload ,datadir is %s ", c.dir)
	pid, ok := c.serverPID("")
	if !ok {
		return 1
	}
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		c.log(" could not send reload signal (PID: %d): %v", pid, err)
		return 1
	}
	c.print("server signaled\n")
	return 0
}

// status is "gs_ctl status".
func (c *ctl) status() int {
	c.log("gs_ctl status,datadir is %s ", c.dir)
	p, err := c.dir.ReadPID()
	if err != nil {
		c.print("no server running\n")
		return 3
	}
	if !c.dir.IsServer(p.PID) {
		c.print("gs_ctl: The process recorded in PID file %q is not current server\nIs server running?\n", c.dir.PIDPath())
		return 1
	}
	c.print("gs_ctl: server is running (PID: %d)\n", p.PID)
	if line, _, err := c.dir.ReadOpts(); err == nil {
		c.print("%s", line)
	}
	return 0
}

// kill is "gs_ctl kill".
func (c *ctl) kill() int {
	c.log("gs_ctl kill ,datadir is %s ", orNull(string(c.dir)))
	signals := map[string]syscall.Signal{"ABRT": syscall.SIGABRT, "HUP": syscall.SIGHUP, "INT": syscall.SIGINT,
		"QUIT": syscall.SIGQUIT, "TERM": syscall.SIGTERM, "USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2}
	sig, ok := signals[c.flags["arg0"]]
	if !ok {
		return c.advice("unrecognized signal name %q", c.flags["arg0"])
	}
	pid, err := strconv.Atoi(c.flags["arg1"])
	if err != nil {
		return c.advice("missing arguments for kill mode")
	}
	if err := syscall.Kill(pid, sig); err != nil {
		c.log(" could not send signal %d (PID: %d): %s", int(sig), pid, errnoText(err))
		return 1
	}
	return 0
}

func orNull(s string) string {
	if s == "" {
		return "(null)"
	}
	return s
}

func errnoText(err error) string {
	if err == syscall.ESRCH {
		return "No such process"
	}
	return fmt.Sprint(err)
}
