// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package mutation_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/internal/mutation"
)

// TestHolesAreAccountedFor: each hole of another manager is planted here or
// kept out for a reason, and what is named is there. With -v it prints them.
func TestHolesAreAccountedFor(t *testing.T) {
	bugs, tests, names := map[string]bool{}, testFunctions(t), map[string]bool{}
	for _, b := range mutation.Bugs() {
		if bugs[b.Name] {
			t.Errorf("two bugs are named %q", b.Name)
		}
		bugs[b.Name] = true
	}
	planted, kept := 0, 0
	for _, h := range mutation.Holes() {
		switch {
		case h.Name == "" || h.Source == "" || names[h.Name]:
			t.Errorf("%q of %q: no name, no source, or named twice", h.Name, h.Source)
		case len(h.Bugs) > 0:
			planted++
		case h.Why != "":
			kept++
		default:
			t.Errorf("%q: neither planted, nor is there a reason why not", h.Name)
		}
		names[h.Name] = true
		for _, b := range h.Bugs {
			if !bugs[b] {
				t.Errorf("%q: there is no planted bug %q", h.Name, b)
			}
		}
		for _, f := range h.Tests {
			if !tests[f] {
				t.Errorf("%q: there is no test %s", h.Name, f)
			}
		}
		t.Logf("%s (%s)\n\tplanted: %s\n\twhy: %s\n\ttests: %s", h.Name, h.Source,
			strings.Join(h.Bugs, "; "), h.Why, strings.Join(h.Tests, ", "))
	}
	t.Logf("%d holes: %d planted, %d kept out", len(names), planted, kept)
}

// testFunctions are the names of all test functions of the repository.
func testFunctions(t *testing.T) map[string]bool {
	found, function := map[string]bool{}, regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range function.FindAllSubmatch(source, -1) {
			found[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
