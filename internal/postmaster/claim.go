// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postmaster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/gausskit/gausskit/internal/atomicfile"
)

// ErrHeld: another process holds the lock.
var ErrHeld = errors.New("held by another process")

// Claim is a lock on a file that the operating system frees when this process
// ends. The zero Claim is free.
type Claim struct {
	mu struct {
		sync.Mutex
		file *os.File
		id   string
	}
}

// Take locks the file at path, which it creates and gives to owner. The text
// that it returns names the file among all machines: it is made of the
// machine's id, device and inode of the file, and a random word in it, so that
// neither a cloned machine nor a copied disk has the same. Taking a claim again
// is no error.
func (c *Claim) Take(ctx context.Context, path string, owner atomicfile.Owner) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.file != nil {
		return c.mu.id, nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return "", err
	}
	id, err := lockFile(f, owner)
	if err != nil {
		return "", errors.Join(err, f.Close())
	}
	c.mu.file, c.mu.id = f, id
	return id, nil
}

// Release frees the lock. Without one it does nothing.
func (c *Claim) Release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.file == nil {
		return nil
	}
	err := c.mu.file.Close()
	c.mu.file, c.mu.id = nil, ""
	return err
}

func lockFile(f *os.File, owner atomicfile.Owner) (string, error) {
	if owner.Set {
		if err := f.Chown(owner.UID, owner.GID); err != nil {
			return "", err
		}
	}
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return "", fmt.Errorf("%w (lock on %s)", ErrHeld, f.Name())
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
