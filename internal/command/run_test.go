// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package command_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gausskit/gausskit/internal/command"
)

const sh = "/bin/sh"

// TestMain doubles as the program that dies in TestProgramsDieWithTheirParent.
func TestMain(m *testing.M) {
	if file := os.Getenv("COMMAND_TEST_CHILD"); file != "" {
		_, err := command.Cmd{Path: sh, Args: []string{"-c", "echo $$ > " + file + "; exec sleep 600"}}.Run(context.Background())
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestRunInheritsNothing(t *testing.T) {
	t.Setenv("PGPASSWORD", "secret")
	out, err := command.Cmd{Path: sh, Args: []string{"-c", "echo $A-$PGPASSWORD; pwd; cat; echo oops >&2"}, Env: []string{"A=b"}, Stdin: []byte("in\n")}.Run(t.Context())
	if err != nil || string(out.Stdout) != "b-\n/\nin\n" || string(out.Stderr) != "oops\n" {
		t.Errorf("%q, %q, %v", out.Stdout, out.Stderr, err)
	}
}

func TestRunReportsTheStatus(t *testing.T) {
	for script, want := range map[string]command.ExitError{
		"exit 3":      {Name: "sh", Code: 3},
		"kill -15 $$": {Name: "sh", Code: -1, Signal: "terminated"},
	} {
		_, err := command.Cmd{Path: sh, Args: []string{"-c", script}}.Run(t.Context())
		var exit *command.ExitError
		if !errors.As(err, &exit) || *exit != want {
			t.Errorf("%s: %v", script, err)
		}
	}
	if _, err := (command.Cmd{Path: "/nonexistent"}).Run(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing program: %v", err)
	}
}

// TestContextEndsTheWholeGroup: what the program has started dies with it.
func TestContextEndsTheWholeGroup(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := command.Cmd{Path: sh, Args: []string{"-c", "sleep 600 & echo $! > " + file + "; wait"}, Env: []string{"PATH=" + os.Getenv("PATH")}}.Run(ctx)
		done <- err
	}()
	pid := awaitPid(t, file)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	awaitGone(t, pid)
}

func TestProgramsDieWithTheirParent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	me, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	parent, err := command.Cmd{Path: me, Env: []string{"COMMAND_TEST_CHILD=" + file, "PATH=" + os.Getenv("PATH")}}.Detach(log)
	if err != nil {
		t.Fatal(err)
	}
	pid := awaitPid(t, file)
	if err := syscall.Kill(parent, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	poll(t, func() bool {
		ended, err := command.Reap("test", parent)
		var exit *command.ExitError
		return ended && errors.As(err, &exit) && exit.Signal == "killed"
	})
	awaitGone(t, pid)
}

func TestDetachedProgramsAreReaped(t *testing.T) {
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	pid, err := command.Cmd{Path: sh, Args: []string{"-c", "echo hello; exit 4"}}.Detach(log)
	if err != nil {
		t.Fatal(err)
	}
	var exit *command.ExitError
	poll(t, func() bool {
		ended, err := command.Reap("sh", pid)
		return ended && errors.As(err, &exit)
	})
	if exit.Code != 4 {
		t.Errorf("%v", exit)
	}
	if ended, err := command.Reap("sh", pid); !ended || err != nil {
		t.Errorf("reaped twice: %v, %v", ended, err)
	}
	if text, err := os.ReadFile(log.Name()); err != nil || string(text) != "hello\n" {
		t.Errorf("%q, %v", text, err)
	}
}

func poll(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("not in time")
		}
	}
}

func awaitPid(t *testing.T, file string) (pid int) {
	t.Helper()
	poll(t, func() bool {
		text, err := os.ReadFile(file)
		if err != nil || !strings.HasSuffix(string(text), "\n") {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	})
	return pid
}

// awaitGone waits until a process is gone, or a zombie that nobody collects.
func awaitGone(t *testing.T, pid int) {
	t.Helper()
	poll(t, func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
}
