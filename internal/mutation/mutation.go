// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Mutation is one planted bug. Most are one edit; where two parts of the
// machine protect the same rule, both have to go.
type Mutation struct {
	Name  string
	Theme int // of the schedules that it is looked for with; see hatest.Theme
	// Mode of the clusters that it is looked for in: "lease", "quorum", or
	// empty for either.
	Mode string
	// First is the seed that the search begins with, 1 when it is 0: shortly
	// before one that is known to break, where that takes very special luck.
	First uint64
	Edits []Edit
	// Breaks names the rules of the simulation one of which must break: the
	// word before the colon of what it says.
	Breaks []string
}

// Edit is one change of one file.
type Edit struct {
	File string // path from the root of the repository
	Old  string // stands in the file exactly once
	New  string
}

// Apply returns the text with the edit made.
func (e Edit) Apply(source string) (string, error) {
	if n := strings.Count(source, e.Old); n != 1 {
		return "", fmt.Errorf("mutation: the old text stands %d times in %s, not once:\n%s", n, e.File, e.Old)
	}
	return strings.Replace(source, e.Old, e.New, 1), nil
}

// plant writes the faulty files into dir and returns the overlay.
func (m Mutation) plant(root, dir string) (map[string]string, error) {
	overlay := map[string]string{}
	for _, e := range m.Edits {
		path, err := filepath.Abs(filepath.Join(root, e.File))
		if err != nil {
			return nil, fmt.Errorf("mutation: %s: %w", m.Name, err)
		}
		from := path
		if overlay[path] != "" {
			from = overlay[path] // a second edit of the same file
		}
		source, err := os.ReadFile(from)
		if err != nil {
			return nil, fmt.Errorf("mutation: %s: %w", m.Name, err)
		}
		text, err := e.Apply(string(source))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		overlay[path] = filepath.Join(dir, filepath.Base(e.File))
		if err := os.WriteFile(overlay[path], []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("mutation: %s: %w", m.Name, err)
		}
	}
	return overlay, nil
}

// Build compiles a package of the repository at root with the bug planted into
// the program at out. dir is an empty directory for what that needs.
func (m Mutation) Build(ctx context.Context, root, dir, pkg, out string) error {
	replace, err := m.plant(root, dir)
	if err != nil {
		return err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return fmt.Errorf("mutation: %s: %w", m.Name, err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return fmt.Errorf("mutation: %s: %w", m.Name, err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", file, "-ldflags=-s -w", "-o", out, pkg)
	cmd.Dir = root
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mutation: build %s: %w\n%s", m.Name, err, text)
	}
	return nil
}
