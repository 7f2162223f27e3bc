// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gausskit/gausskit/internal/postmaster"
)

const pidFileName = "postmaster.pid"

// PIDFile is postmaster.pid, one fact per line (miscinit.cpp:
// CreateLockFile, AddToDataDirLockFile). The server writes the first lines
// before it opens its sockets and the others later, so all but the process id
// may be missing. It outlives a killed server.
type PIDFile struct {
	PID       int    // process id; negative for a server in single-user mode
	DataDir   string // as the server was told
	Started   int64  // Unix time in seconds
	Port      int
	SocketDir string
	Listen    string // first address that is neither localhost nor *
}

// ParsePIDFile reads the text. Errors wrap [ErrFormat].
func ParsePIDFile(text string) (PIDFile, error) {
	lines := strings.Split(text, "\n")
	line := func(i int) string {
		if i < len(lines) {
			return strings.TrimSpace(lines[i])
		}
		return ""
	}
	bad := func(i int, want string) (PIDFile, error) {
		return PIDFile{}, fmt.Errorf("%w: %s: line %d is %q, want %s", ErrFormat, pidFileName, i+1, line(i), want)
	}
	pid, err := strconv.ParseInt(line(0), 10, 32)
	if err != nil || pid == 0 {
		return bad(0, "a process id")
	}
	p := PIDFile{PID: int(pid), DataDir: line(1), SocketDir: line(4), Listen: line(5)}
	if s := line(2); s != "" {
		if p.Started, err = strconv.ParseInt(s, 10, 64); err != nil {
			return bad(2, "a time")
		}
	}
	if s := line(3); s != "" {
		port, err := strconv.ParseUint(s, 10, 16)
		if err != nil {
			return bad(3, "a port")
		}
		p.Port = int(port)
	}
	return p, nil
}

// String writes the first six lines as the server does.
func (p PIDFile) String() string {
	return fmt.Sprintf("%d\n%s\n%d\n%d\n%s\n%s\n", p.PID, p.DataDir, p.Started, p.Port, p.SocketDir, p.Listen)
}

// serverProgram is the name of the server's process.
const serverProgram = "gaussdb"

// server is the processes that run on a data directory, whoever started them.
type server struct {
	pid    int     // of the server; 0 when there is none
	file   PIDFile // what postmaster.pid says, if it is about this server
	others []int   // processes of it that the pid file does not know
}

func worksIn(pid int, dir os.FileInfo) bool { return postmaster.WorksIn(pid, dir, serverProgram) }

// runs reports whether any process can still write.
func (s server) runs() bool { return s.pid != 0 || len(s.others) > 0 }

// findServer looks for the processes of a data directory. The pid file is
// believed only when its process lives, is a gaussdb, and works in this
// directory: files go stale and process ids are used again.
func findServer(dataDir string) (server, error) {
	dir, err := os.Stat(dataDir)
	if errors.Is(err, fs.ErrNotExist) {
		return server{}, nil
	}
	if err != nil {
		return server{}, err
	}
	file, err := readPIDFile(dataDir)
	if err == nil && file.PID > 0 && worksIn(file.PID, dir) {
		return server{pid: file.PID, file: file}, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrFormat) { // it may be being written
		return server{}, err
	}
	others, err := postmaster.ProcessesIn(dir, serverProgram)
	return server{others: others}, err
}

func readPIDFile(dataDir string) (PIDFile, error) {
	text, err := os.ReadFile(filepath.Join(dataDir, pidFileName))
	if err != nil {
		return PIDFile{}, err
	}
	return ParsePIDFile(string(text))
}
