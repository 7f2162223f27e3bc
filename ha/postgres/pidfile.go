// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"fmt"
	"strconv"
	"strings"
)

// pidFile is what postmaster.pid says (src/include/utils/pidfile.h): one fact
// per line. The server writes the first lines before it opens its sockets and
// the others later, so all but the pid and the directory may be missing.
type pidFile struct {
	PID     int    // process id of the postmaster
	DataDir string // as the server was told
	Start   int64  // Unix time of its start, in seconds
	Port    int
	Socket  string // first directory with a Unix socket
	Status  string // "starting", "stopping", "ready", "standby"
}

// The server's words for its status.
const (
	statusStarting = "starting"
	statusReady    = "ready"
	statusStandby  = "standby" // up, and without hot_standby nobody may connect
)

// parsePidFile reads postmaster.pid. A negative pid is that of a server in
// single-user mode; it is returned as it is.
func parsePidFile(text string) (pidFile, error) {
	lines := strings.Split(text, "\n")
	line := func(i int) string {
		if i < len(lines) {
			return strings.TrimSpace(lines[i])
		}
		return ""
	}
	pid, err := strconv.ParseInt(line(0), 10, 32)
	if err != nil || pid == 0 {
		return pidFile{}, fmt.Errorf("postmaster.pid: line 1 is %q, want a process id", line(0))
	}
	p := pidFile{PID: int(pid), DataDir: line(1), Socket: line(4), Status: line(7)}
	if s := line(2); s != "" {
		if p.Start, err = strconv.ParseInt(s, 10, 64); err != nil {
			return pidFile{}, fmt.Errorf("postmaster.pid: line 3 is %q, want a time", s)
		}
	}
	if s := line(3); s != "" {
		if p.Port, err = strconv.Atoi(s); err != nil {
			return pidFile{}, fmt.Errorf("postmaster.pid: line 4 is %q, want a port", s)
		}
	}
	return p, nil
}
