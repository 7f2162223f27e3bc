// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha/hatest"
)

// TestExplore tries every single deviation at the first events of each
// beginning. More, and pairs: make explore.
func TestExplore(t *testing.T) {
	window := 10
	if raceEnabled || testing.Short() {
		window = 3
	}
	runs, states := 0, 0
	for _, x := range hatest.Explorations(window, false) {
		found := x.Run(2)
		if found.Broken != "" {
			t.Fatal(found.Broken)
		}
		if found.Runs != 1+window*(len(x.Faults)+len(x.Delays)) || found.States < 10 {
			t.Errorf("%s, %v: %d runs, %d states", x.Mode, x.Begin, found.Runs, found.States)
		}
		runs, states = runs+found.Runs, states+found.States
	}
	t.Logf("%d runs, %d states", runs, states)
}

// TestExploreTellsWhatBroke: a command that makes no sense breaks a rule.
func TestExploreTellsWhatBroke(t *testing.T) {
	x := hatest.Exploration{Mode: "quorum", Begin: []string{"crash primary"}, Window: 2, Faults: []string{"explode"}}
	found := x.Run(1)
	for _, want := range []string{"quorum mode, crash primary", "at event 0: explode", hatest.StoryHeader, "machine crashes", "no such command"} {
		if !strings.Contains(found.Broken, want) {
			t.Errorf("the story lacks %q:\n%s", want, found.Broken)
		}
	}
}
