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
// detector installs programs with it: what it finds is in the servers' logs
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
	args := []string{"build", "-o", filepath.Join(bin, "gaussdb")}
	if race {
		args = append(args, "-race")
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", append(args, command)...)
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("gaussdbsim: build: %w: %s", err, stderr.Bytes())
	}
	for _, name := range Programs()[1:] {
		if err := os.Symlink("gaussdb", filepath.Join(bin, name)); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}
