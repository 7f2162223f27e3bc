// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package tools

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/gausskit/gausskit/internal/gaussdbsim/datadir"
)

// dcfServer gives the process of a DCF server, or says why there is none.
func (c *ctl) dcfServer(refusal string) (int, bool) {
	if !c.isDCF() {
		c.log("Can't run this command in %s mode!", refusal)
		return 0, false
	}
	p, err := c.dir.ReadPID()
	if err != nil || !c.dir.IsServer(p.PID) {
		c.log(" PID file %q does not exist", c.dir.PIDPath())
		c.log("Is server running?")
		return 0, false
	}
	return p.PID, true
}

// awaitStatus waits for a result file: 0 ok, 1 timed out, others failed. Without
// one in time it is 1.
func (c *ctl) awaitStatus(name string) int32 {
	for n := 0; time.Duration(n)*time.Second < c.wait; n++ {
		if c.dir.Exists(name) {
			time.Sleep(time.Second)
			b, _ := c.dir.Take(name)
			return datadir.ReadInt32(b)
		}
		c.print(".")
		time.Sleep(time.Second)
	}
	return 1
}

// setRunMode is "gs_ctl setrunmode".
func (c *ctl) setRunMode() int {
	c.log("Start set run mode.")
	if !c.lock("set run mode.") {
		return 1
	}
	pid, ok := c.dcfServer("non-DCF")
	if !ok {
		return 1
	}
	votes, err := strconv.ParseUint(orZero(c.flags["v"]), 10, 32)
	mode := uint32(0)
	switch {
	case c.flags["x"] == "minority" && err == nil && votes > 0:
		mode = 1
	case c.flags["x"] == "normal":
		votes = 0
	default:
		c.log("Please check the parameters of setrunmode!")
		return 1
	}
	c.log("DCF going to set run mode with xmode %d vote num %d!", mode, votes)
	_ = os.Remove(c.dir.Path(datadir.SetRunModeStatus)) // of an earlier run
	b := binary.LittleEndian.AppendUint32(nil, uint32(votes))
	if !c.request(pid, datadir.StartMinority, binary.LittleEndian.AppendUint32(b, mode)) {
		return 1
	}
	switch c.awaitStatus(datadir.SetRunModeStatus) {
	case 0:
		c.log("Set run mode success!")
		return 0
	case 1:
		c.log("Set run mode timeout after %d seconds!", int(c.wait/time.Second))
		return 1
	}
	c.log("Set run mode failed!")
	return 1
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// member is "gs_ctl member".
func (c *ctl) member() int {
	if !c.lock("member") {
		return 1
	}
	pid, ok := c.dcfServer("non DCF")
	if !ok {
		return 1
	}
	id, err := strconv.ParseUint(orZero(c.flags["u"]), 10, 32)
	if err != nil || id == 0 {
		return c.advice("the node id %q is not valid", c.flags["u"])
	}
	if role := c.role(); role != rolePrimary {
		c.log("Can't %s a member: the local role is %s.", c.flags["O"], role)
		return 1
	}
	switch c.flags["O"] {
	case "add":
		port, err := strconv.ParseUint(c.flags["e"], 10, 16)
		if ip := net.ParseIP(c.flags["i"]); ip == nil || err != nil {
			return c.advice("the address %s:%s is not valid", c.flags["i"], c.flags["e"])
		}
		c.log("Start adding a new member with node id %d ip %s port %d role 4 timeout 1000.", id, c.flags["i"], port)
		b := make([]byte, 84)
		binary.LittleEndian.PutUint32(b, 1)
		binary.LittleEndian.PutUint32(b[4:], uint32(id))
		copy(b[8:71], c.flags["i"])
		binary.LittleEndian.PutUint32(b[72:], uint32(port))
		binary.LittleEndian.PutUint32(b[76:], 4)
		binary.LittleEndian.PutUint32(b[80:], 1000)
		if !c.request(pid, datadir.AddMember, b) {
			return 1
		}
		c.logPart("Please check adding member result by command 'gs_ctl query'")
	case "remove":
		c.log("Start removing a member with node id %d.", id)
		if !c.request(pid, datadir.RemoveMember, datadir.Int32(int32(id))) {
			return 1
		}
		c.logPart("Please check removing member result by command 'gs_ctl query'")
	default:
		return c.advice("unrecognized member operation %q", c.flags["O"])
	}
	return 0
}

// changeRole is "gs_ctl changerole".
func (c *ctl) changeRole() int {
	if !c.lock("change role") {
		return 1
	}
	pid, ok := c.dcfServer("non DCF")
	if !ok {
		return 1
	}
	roles := map[string]int{"follower": 0, "passive": 1, "": -1}
	role, ok := roles[c.flags["R"]]
	if !ok {
		return c.advice("unrecognized role %q", c.flags["R"])
	}
	c.log("Start changing local DCF node role.")
	_ = os.Remove(c.dir.Path(datadir.ChangeRoleStatus)) // of an earlier run
	if !c.request(pid, datadir.ChangeRole, fmt.Appendf(nil, "%d_%d_%d", role, -1, -1)) {
		return 1
	}
	switch c.awaitStatus(datadir.ChangeRoleStatus) {
	case 0:
		c.log("Change role success!")
		return 0
	case 1:
		c.log("Change role timeout after %d seconds!", int(c.wait/time.Second))
		return 2
	}
	c.log("Change role failed!")
	return 1
}

// switchoverDCF asks DCF to make the local node leader.
func (c *ctl) switchoverDCF(pid int, mode int32) int {
	_ = os.Remove(c.dir.Path(datadir.SwitchoverStatus)) // of an earlier run
	if !c.request(pid, datadir.Switchover, datadir.Int32(mode)) {
		return 1
	}
	if err := c.dir.Put(datadir.Timeout, datadir.Int32(int32(c.wait/time.Second))); err != nil {
		c.log(" could not write the timeout: %v", err)
	}
	c.logPart("waiting for server to switchover...")
	failed := false
	done := c.poll(func() bool {
		if b, ok := c.dir.Take(datadir.SwitchoverStatus); ok && datadir.ReadInt32(b) != 0 {
			failed = true
		}
		return failed || c.role() == rolePrimary
	})
	c.print("\n")
	if failed || !done {
		c.log(" switchover failed")
		return 1
	}
	c.log("done")
	c.log("switchover completed (%s)", c.dir)
	return 0
}
