// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package filelock_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gausskit/gausskit/internal/filelock"
)

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, second := open(t, path), open(t, path)
	if err := filelock.Wait(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if err := filelock.Try(second); !errors.Is(err, filelock.ErrHeld) {
		t.Errorf("of a held lock: %v", err)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if err := filelock.Wait(ctx, second); !errors.Is(err, filelock.ErrHeld) || !errors.Is(err, cause) {
		t.Errorf("of a held lock, ended: %v", err)
	}
	got := make(chan error, 1)
	go func() { got <- filelock.Wait(t.Context(), second) }()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Errorf("of a lock that became free: %v", err)
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if err := filelock.Try(second); err == nil || errors.Is(err, filelock.ErrHeld) {
		t.Errorf("of a closed file: %v", err)
	}
}
