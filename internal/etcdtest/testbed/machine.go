// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// MakeDir makes a temporary directory that the servers' user can enter; their
// own directories below are closed. inMemory prefers a file system in memory
// that is large enough, unless TMPDIR says otherwise: most of the time of a
// short run goes into copies of small files.
func MakeDir(pattern string, inMemory bool) (string, error) {
	const memory, enough = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	where := ""
	if inMemory && os.Getenv("TMPDIR") == "" && syscall.Statfs(memory, &fs) == nil && fs.Bavail*uint64(fs.Bsize) > enough {
		where = memory
	}
	dir, err := os.MkdirTemp(where, pattern)
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}

// RemoveAll removes a directory. Programs that were killed a moment ago may
// have children that still write for a moment.
func RemoveAll(dir string) error {
	const patience = 5 * time.Second
	for began := time.Now(); ; {
		err := os.RemoveAll(filepath.Clean(dir))
		if err == nil || time.Since(began) > patience {
			return err
		}
		Wait(context.Background(), 20*time.Millisecond)
	}
}

// QuietPorts returns ports that nobody listens on, below those that the kernel
// gives to connections: a server that is down must find its port free. Those
// beside it, so many higher, are quiet, too.
func QuietPorts(n int, beside ...int) ([]int, error) {
	const first, count = 14000, 16000
	var ports, taken []int
	for tries := 0; len(ports) < n && tries < 1000; tries++ {
		port := first + rand.IntN(count)
		block := []int{port}
		for _, d := range beside {
			block = append(block, port+d)
		}
		if slices.ContainsFunc(block, func(p int) bool { return slices.Contains(taken, p) || !isQuiet(p) }) {
			continue
		}
		ports, taken = append(ports, port), append(taken, block...)
	}
	if len(ports) < n {
		return nil, errors.New("no free ports")
	}
	return ports, nil
}

// isQuiet reports whether nobody listens on a port.
func isQuiet(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	return err == nil && l.Close() == nil
}
