// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gaussdbsim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// command is what is built.
const command = "github.com/gausskit/gausskit/internal/cmd/gaussdbsim"

// Programs are the names under which the program is installed.
func Programs() []string {
	return []string{"gaussdb", "gs_ctl", "gs_guc", "gs_initdb", "pg_controldata"}
}

// Install builds the programs and installs them in dir/bin. It takes the go
// command from $PATH and has to be called inside the module, or one that
// requires it, as every test is. A program that was built with the race
// detector installs a server with it: what it finds is in the servers' logs
// (pg_log/gaussdb.log), as "DATA RACE".
func Install(ctx context.Context, dir string) error {
	return install(ctx, dir, raceDetector)
}

// InstallPlain is Install without the race detector, for whom the servers are
// only there to be used.
func InstallPlain(ctx context.Context, dir string) error { return install(ctx, dir, false) }

func install(ctx context.Context, dir string, race bool) error {
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	names := Programs()
	server, tools := names[0], names[1:]
	if race {
		if err := build(ctx, filepath.Join(bin, server), "-race"); err != nil {
			return err
		}
		// The tools come and go, and have next to no goroutines.
		server, tools = tools[0], tools[1:]
	}
	if err := build(ctx, filepath.Join(bin, server)); err != nil {
		return err
	}
	for _, name := range tools {
		if err := os.Symlink(server, filepath.Join(bin, name)); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

func build(ctx context.Context, to string, flags ...string) error {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"build", "-o", to}, flags, []string{command})...)
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("gaussdbsim: build: %w: %s", err, stderr.Bytes())
	}
	return nil
}
