// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postmaster_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gausskit/gausskit/internal/atomicfile"
	"github.com/gausskit/gausskit/internal/postmaster"
)

func TestAStopPushesInFront(t *testing.T) {
	g := postmaster.NewGate()
	ctx, leave, err := g.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 1)
	entered := make(chan struct{})
	go func() {
		short, cancel := context.WithCancel(t.Context())
		defer cancel()
		close(entered)
		_, leave, err := g.Enter(short)
		if err == nil {
			leave()
		}
		waiting <- err
	}()
	<-entered
	stopped := make(chan func(), 1)
	go func() {
		leave, err := g.EnterStop(t.Context())
		if err != nil {
			t.Error(err)
		}
		stopped <- leave
	}()
	<-ctx.Done()
	if !errors.Is(context.Cause(ctx), postmaster.ErrSuperseded) {
		t.Errorf("cause %v", context.Cause(ctx))
	}
	leave()
	(<-stopped)()
	if err := <-waiting; err != nil && !errors.Is(err, postmaster.ErrSuperseded) {
		t.Errorf("what waited: %v", err)
	}
	if _, leave, err = g.Enter(t.Context()); err != nil {
		t.Errorf("after the stop: %v", err)
	} else {
		leave()
	}
}

func TestClaim(t *testing.T) {
	path := filepath.Join(t.TempDir(), "claim")
	var a, b postmaster.Claim
	id, err := a.Take(t.Context(), path, atomicfile.Owner{})
	if err != nil || id == "" {
		t.Fatalf("%q, %v", id, err)
	}
	if again, err := a.Take(t.Context(), path, atomicfile.Owner{}); err != nil || again != id {
		t.Errorf("again %q, %v", again, err)
	}
	if _, err := b.Take(t.Context(), path, atomicfile.Owner{}); !errors.Is(err, postmaster.ErrHeld) {
		t.Errorf("second: %v", err)
	}
	if err := errors.Join(a.Release(), a.Release()); err != nil {
		t.Error(err)
	}
	if got, err := b.Take(t.Context(), path, atomicfile.Owner{}); err != nil || got != id {
		t.Errorf("after the release %q, %v", got, err)
	}
	if err := b.Release(); err != nil {
		t.Error(err)
	}
}

func TestProcesses(t *testing.T) {
	if !postmaster.CanScan {
		t.Skip("processes cannot be seen here")
	}
	dir := t.TempDir()
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "600")
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	// The name changes when the program is loaded, a moment after the fork.
	for !postmaster.WorksIn(pid, info, "sleep") && t.Context().Err() == nil {
		continue
	}
	if pids, err := postmaster.ProcessesIn(info, "sleep"); err != nil || len(pids) != 1 || pids[0] != pid {
		t.Errorf("%v, %v, want %d", pids, err, pid)
	}
	if postmaster.WorksIn(pid, info, "gaussdb") {
		t.Error("another program counts")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := postmaster.WaitGone(ended, pid); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for one that lives: %v", err)
	}
	gone := make(chan error, 1)
	go func() { gone <- postmaster.WaitGone(t.Context(), pid) }()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-gone; err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // killed
	if postmaster.Alive(pid) {
		t.Error("still alive")
	}
}
