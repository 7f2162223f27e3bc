// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/gausskit/gausskit/ha"
)

const claimName = "claim"

// claim holds the lock on the data directory.
type claim struct {
	mu struct {
		sync.Mutex
		file *os.File
		id   string
	}
}

// Claim locks the file "claim" in the run directory, beside the data
// directory, so that a copy of the data does not carry it away. The text that
// it returns is made of the machine's id, device and inode of the file, and a
// random word in it: neither a cloned machine nor a copied disk has the same.
func (e *Engine) Claim(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", e.failed("claim", err)
	}
	c := &e.claim.mu
	c.Lock()
	defer c.Unlock()
	if c.file != nil {
		return c.id, nil
	}
	if err := e.makeRunDir(); err != nil {
		return "", e.failed("claim", err)
	}
	f, err := os.OpenFile(e.runPath(claimName), os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return "", e.failed("claim", err)
	}
	id, err := e.lock(f)
	if err != nil {
		return "", e.failed("claim", errors.Join(err, f.Close()))
	}
	c.file, c.id = f, id
	return id, nil
}

func (e *Engine) lock(f *os.File) (string, error) {
	if e.user != nil {
		if err := f.Chown(e.owner.UID, e.owner.GID); err != nil {
			return "", err
		}
	}
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return "", fmt.Errorf("%w (lock on %s)", ha.ErrClaimed, f.Name())
	}
	if err != nil {
		return "", fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	word, err := claimWord(f)
	if err != nil {
		return "", err
	}
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	machine, err := machineID()
	if err != nil {
		return "", err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "", errors.ErrUnsupported
	}
	return fmt.Sprintf("%s/%d/%d/%s", machine, st.Dev, st.Ino, word), nil
}

// claimWord reads the word in the file and writes one into a new file.
func claimWord(f *os.File) (string, error) {
	buf := make([]byte, 64)
	n, err := f.ReadAt(buf, 0)
	word := strings.TrimSpace(string(buf[:n]))
	if word != "" {
		return word, nil
	}
	_ = err // an empty file: end of file
	word = rand.Text()
	if _, err := f.WriteAt([]byte(word+"\n"), 0); err != nil {
		return "", err
	}
	return word, f.Sync()
}

// machineID names this machine.
func machineID() (string, error) {
	for _, path := range []string{"/etc/machine-id", "/var/lib/dbus/machine-id"} {
		text, err := os.ReadFile(path)
		if id := strings.TrimSpace(string(text)); err == nil && id != "" {
			return id, nil
		}
	}
	return os.Hostname()
}

// Release frees the lock of Claim. Without a claim it does nothing.
func (e *Engine) Release() error {
	c := &e.claim.mu
	c.Lock()
	defer c.Unlock()
	if c.file == nil {
		return nil
	}
	err := c.file.Close()
	c.file, c.id = nil, ""
	if err != nil {
		return e.failed("release", err)
	}
	return nil
}
