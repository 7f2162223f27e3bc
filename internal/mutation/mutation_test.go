// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package mutation_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/gausskit/gausskit/internal/mutation"
)

const root = "../.."

// seeds is how many seeds each bug has to hide in.
const seeds = 2500

// every is which share of the bugs an ordinary run of the tests plants: one in
// three, all kinds among them. To build the simulation for all takes longer
// than everything else together: "make mutants" does.
const every = 3

// TestPlantedBugsAreCaught builds the simulation with each bug and demands that
// one of the rules that the bug must break is seen to break. With
// GAUSSKIT_MUTANTS=all it leaves none out.
func TestPlantedBugsAreCaught(t *testing.T) {
	all := os.Getenv("GAUSSKIT_MUTANTS") == "all"
	for i, bug := range mutation.Bugs() {
		if !all && i%every != 0 {
			continue
		}
		t.Run(bug.Name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			program := filepath.Join(dir, "hasim")
			if err := bug.Build(t.Context(), root, dir, "./internal/cmd/hasim", program); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), program, "-q", "-workers", "1", "-theme", strconv.Itoa(bug.Theme), "-mode", bug.Mode,
				"-seed", strconv.FormatUint(max(bug.First, 1), 10), "-seeds", strconv.Itoa(seeds)).CombinedOutput()
			var exit *exec.ExitError
			if err == nil {
				t.Fatalf("the bug survived %d seeds from %d on", seeds, max(bug.First, 1))
			}
			if !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Fatalf("%v\n%s", err, out)
			}
			broken := regexp.MustCompile(`seed (\d+): hatest: at [^:]+: ([^:]+): .*`).FindSubmatch(out)
			if broken == nil || !slices.Contains(bug.Breaks, string(broken[2])) {
				t.Errorf("want one of %v to break:\n%s", bug.Breaks, out)
			}
			t.Logf("%s", broken[0])
		})
	}
}

// TestBugsApply keeps the bugs that an ordinary run does not build in step with
// the sources.
func TestBugsApply(t *testing.T) {
	for _, bug := range mutation.Bugs() {
		for _, e := range bug.Edits {
			source, err := os.ReadFile(filepath.Join(root, e.File))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Apply(string(source)); err != nil {
				t.Errorf("%s: %s: %v", bug.Name, e.File, err)
			}
		}
	}
}

func TestApplyWantsTheOldTextOnce(t *testing.T) {
	e := mutation.Edit{File: "f.go", Old: "a", New: "b"}
	for source, want := range map[string]bool{"": false, "a": true, "xax": true, "aa": false} {
		got, err := e.Apply(source)
		if (err == nil) != want {
			t.Errorf("Apply(%q) = %q, %v", source, got, err)
		}
	}
}
