// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Command testall runs "go test -json" in every module of the repository and
// prints what a reader wants to see: go's own line for each package, the whole
// output of each test that failed, and at the end the list of the tests that
// were skipped, each with its reason.
//
// Usage, in the root of the repository:
//
//	go run ./internal/cmd/testall [flags for go test]
//
// The module in tools is left out: it only pins the linter. The exit status is
// 0 when everything passed, 1 when a test or a build failed, 2 when go could
// not be run at all.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code, err := run(ctx, ".", os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testall:", err)
	}
	os.Exit(code)
}

// run tests all modules below root, one after the other, and writes the report
// to stdout. It returns the exit status.
func run(ctx context.Context, root string, flags []string, stdout, stderr io.Writer) (int, error) {
	modules, err := findModules(root)
	if err != nil {
		return 2, err
	}
	start := time.Now()
	rep := newReport(stdout)
	failed := 0
	for _, dir := range modules {
		if len(modules) > 1 {
			fmt.Fprintf(stdout, "== module %s\n", dir)
		}
		if err := testModule(ctx, filepath.Join(root, dir), flags, rep, stderr); err != nil {
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				return 2, fmt.Errorf("module %s: %w", dir, err)
			}
			failed++
		}
	}
	rep.summary(time.Since(start))
	if failed > 0 || rep.failed() {
		return 1, nil
	}
	return 0, nil
}

// findModules returns the folders below root that hold a go.mod, root first,
// without tools, testdata and hidden folders.
func findModules(root string) ([]string, error) {
	var modules []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || rel == "tools" || rel == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if d.Name() == "go.mod" {
			modules = append(modules, filepath.Dir(rel))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find modules: %w", err)
	}
	if len(modules) == 0 {
		return nil, fmt.Errorf("find modules: no go.mod below %s", root)
	}
	sort.Strings(modules) // "." sorts before every name
	return modules, nil
}

// testModule runs go test in dir and feeds what it prints to rep. It returns
// an *exec.ExitError when a test or a build failed.
func testModule(ctx context.Context, dir string, flags []string, rep *report, stderr io.Writer) error {
	args := append([]string{"test", "-json"}, flags...)
	args = append(args, "./...")
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Stderr = stderr
	// An interrupt gives the tests the chance to stop the servers they started.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	readErr := rep.read(out)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	return readErr
}
