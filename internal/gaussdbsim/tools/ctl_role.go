// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package tools

import (
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
)

// Roles as gs_ctl reads them.
const (
	rolePrimary = "Primary"
	roleStandby = "Standby"
	roleCascade = "Cascade Standby"
	roleMain    = "Main Standby"
	rolePending = "Pending"
	roleNormal  = "Normal"
)

func alive(pid int) bool { return pid > 0 && syscall.Kill(pid, 0) == nil }

// term reads -T; 1 without it.
func (c *ctl) term() (uint32, bool) {
	t, ok := c.flags["T"]
	if !ok {
		return 1, true
	}
	n, err := strconv.ParseUint(t, 10, 32)
	if err != nil {
		c.log(" invalid term %q", t)
		return 0, false
	}
	return uint32(n), true
}

// request writes a request's file and signals the server.
func (c *ctl) request(pid int, name string, content []byte) bool {
	err := c.dir.Put(name, content)
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGUSR1)
	}
	if err != nil {
		c.log(" could not signal the server (PID: %d): %v", pid, err)
		_ = os.Remove(c.dir.Path(name)) // nobody will
	}
	return err == nil
}

func (c *ctl) putTerm(term uint32) bool {
	if err := c.dir.Put(datadir.TermFile, datadir.Int32(int32(term))); err != nil {
		c.log(" could not create term file: %v", err)
		return false
	}
	return true
}

// failover is "gs_ctl failover".
func (c *ctl) failover() int {
	c.log("gs_ctl failover ,datadir is %s ", c.dir)
	if !c.lock("failover") {
		return 1
	}
	term, ok := c.term()
	if !ok {
		return 1
	}
	c.log("failover term (%d)", term)
	pid, ok := c.serverPID(" ")
	if !ok {
		return 1
	}
	role := c.role()
	switch {
	case c.isDCF():
		c.log("Failover is not supported in dcf mode.")
		return 1
	case role == rolePrimary:
		c.log(" failover completed (%s)", c.dir)
		return 0
	case role != roleStandby && role != roleCascade && role != roleMain:
		c.log(" cannot failover server; server is not in standby or cascade standby mode")
		return 1
	}
	if !c.putTerm(term) || !c.request(pid, datadir.Failover, nil) {
		return 1
	}
	if c.nowait {
		c.print("server starting to failover\n")
		return 0
	}
	c.log(" waiting for server to failover...")
	want := rolePrimary
	if role == roleCascade {
		want = roleStandby
	}
	for n := 0; time.Duration(n)*time.Second < c.wait; n++ {
		c.print(".")
		time.Sleep(time.Second)
		if c.role() == want {
			c.print("\n")
			c.log(" done")
			c.log(" failover completed (%s)", c.dir)
			return 0
		}
		if want == rolePrimary && !c.request(pid, datadir.Failover, nil) {
			return 1
		}
	}
	c.print("\n")
	c.log(" failover timeout after %d seconds. please manually check the cluster status.", int(c.wait/time.Second))
	return 1
}

// switchover is "gs_ctl switchover".
func (c *ctl) switchover() int {
	mode := int32(2)
	if _, ok := c.flags["f"]; ok {
		mode = 3
		c.log("Performing a Forced Switchover")
	}
	c.log("gs_ctl switchover ,datadir is %s ", c.dir)
	if !c.lock("switchover") {
		return 1
	}
	if c.isImmediate() {
		c.log(" not support smart or immediate mode in switchover")
		return 1
	}
	term, ok := c.term()
	if !ok {
		return 1
	}
	c.log("switchover term (%d)", term)
	pid, ok := c.serverPID("")
	if !ok {
		return 1
	}
	role := c.role()
	switch role {
	case rolePrimary, roleMain:
		c.log("switchover completed (%s)", c.dir)
		return 0
	case roleStandby, roleCascade:
	default:
		c.log(" cannot switchover server; server is not in standby or cascade standby mode")
		return 1
	}
	if c.isDCF() {
		return c.switchoverDCF(pid, mode)
	}
	if !c.putTerm(term) || !c.request(pid, datadir.Switchover, datadir.Int32(mode)) {
		return 1
	}
	c.logPart("waiting for server to switchover...")
	want := rolePrimary
	if role == roleCascade {
		want = roleStandby
	}
	if !c.poll(func() bool { return c.role() == want }) {
		c.print("\n")
		c.log("\n switchover timeout after %d seconds. please manually check the cluster status or backtrack log.", int(c.wait/time.Second))
		c.log("create switchover_timeout_file to (PID: %d)", pid)
		c.request(pid, datadir.SwitchoverTimeout, nil)
		c.log("send SIGUSR1 signal to (PID: %d)", pid)
		return 0
	}
	c.print("\n")
	c.log("done")
	c.log("switchover completed (%s)", c.dir)
	return 0
}

// notify is "gs_ctl notify".
func (c *ctl) notify() int {
	c.log("gs_ctl notify ,datadir is %s ", c.dir)
	targets := map[string]string{"primary": rolePrimary, "standby": roleStandby, "cascade_standby": roleCascade}
	want, ok := targets[c.flags["M"]]
	if _, given := c.flags["M"]; !ok && given {
		c.log(" the parameter of notify is not recognized")
		return 1
	}
	p, err := c.dir.ReadPID()
	if err != nil || !c.dir.IsServer(p.PID) {
		c.log(" PID file %q does not exist", c.dir.PIDPath())
		c.print("Is server running?\n")
		return 1
	}
	if !ok {
		c.log(" the parameter of notify is not recognized")
		return 1
	}
	role := c.role()
	if role != rolePending && !(role == roleNormal && want == rolePrimary) {
		c.log(" only support notify server in pending mode; or notify server to primary in normal mode")
		return 1
	}
	term, ok := c.term()
	if !ok {
		return 1
	}
	if want == rolePrimary && !c.putTerm(term) {
		return 1
	}
	if !c.request(p.PID, c.flags["M"], nil) {
		return 1
	}
	c.logPart("waiting for server to response... ")
	reached := func() bool { return c.role() == want }
	time.Sleep(10 * time.Millisecond) // most servers have answered by then
	if !reached() && !c.poll(reached) {
		c.print("\n")
		c.log(" notify timeout after %d seconds", int(c.wait/time.Second))
		return 1
	}
	c.logPart("done")
	c.log("notify server completed, mode change to %s", want)
	return 0
}

// finishRedo is "gs_ctl finishredo".
func (c *ctl) finishRedo() int {
	c.log("gs_ctl finish redo ,datadir is %s ", c.dir)
	p, err := c.dir.ReadPID()
	if err != nil || !c.dir.IsServer(p.PID) {
		c.log("PID file %q does not exist", c.dir.PIDPath())
		c.log("Is server running?")
		return 1
	}
	if !c.request(p.PID, datadir.FinishRedo, []byte{1}) {
		return 1
	}
	return 0
}
