// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

var update = flag.Bool("update", false, "write the transcripts anew") // read-only

// TestTranscripts plays the stories in testdata. Each is named after the rule
// that it protects.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d transcripts: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := hatest.Play(string(script))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(got, "BROKEN") || strings.Contains(got, "not settled") {
				t.Errorf("the cluster does not end well:\n%s", got)
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(script) {
				t.Errorf("the story has changed (-update accepts it):\n%s", difference(string(script), got))
			}
		})
	}
}

// difference shows the first line that differs, with what came before.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("%s\nwas: %s\nnow: %s", strings.Join(w[max(0, i-3):i], "\n"), w[i], g[i])
		}
	}
	return fmt.Sprintf("%d lines, %d now", len(w), len(g))
}

// TestSeeds runs random faults. More: go run ./internal/cmd/hasim.
func TestSeeds(t *testing.T) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 200
	}
	const parts = 4
	for part := range uint64(parts) {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			for seed := 1 + part; seed <= seeds; seed += parts {
				if r := hatest.RunSeed(seed, 0); r.Broken != nil {
					t.Fatal(r.String())
				}
			}
		})
	}
}

func TestSameSeedSameStory(t *testing.T) {
	for seed := range uint64(12) {
		o := hatest.RandomOptions(seed, 0)
		s := hatest.RandomSchedule(seed, o, hatest.ThemeOf(seed))
		plain := hatest.RunSchedule(o, s)
		o.Trace = true
		a, b := hatest.RunSchedule(o, s), hatest.RunSchedule(o, s)
		if a.String() != b.String() {
			t.Fatalf("seed %d: two stories:\n%s", seed, difference(a.String(), b.String()))
		}
		if plain.Decisions != a.Decisions || plain.Acked != a.Acked {
			t.Errorf("seed %d: tracing changes what happens", seed)
		}
		if len(a.Story) < 50 {
			t.Errorf("seed %d: the story has %d lines", seed, len(a.Story))
		}
	}
}

func TestShrinkKeepsWhatBreaks(t *testing.T) {
	step := func(do string) hatest.Step { return hatest.Step{Do: do} }
	s := hatest.Schedule{step("a"), step("b"), step("c"), step("d"), step("e")}
	breaks := func(s hatest.Schedule) bool {
		return slices.Contains(s, step("b")) && slices.Contains(s, step("d"))
	}
	if got := hatest.Shrink(s, breaks); !reflect.DeepEqual(got, hatest.Schedule{step("b"), step("d")}) {
		t.Errorf("shrunk to %v", got)
	}
}

// TestHoleWithoutWatchdog shows what package ha documents: without a watchdog
// a frozen manager leaves two servers writable, for as long as it is frozen.
func TestHoleWithoutWatchdog(t *testing.T) {
	for _, without := range []bool{false, true} {
		c := hatest.NewCluster(hatest.Options{Seed: 1, NoWatchdog: without})
		if !c.Settle(20 * time.Second) {
			t.Fatal("no primary")
		}
		c.Freeze(c.Primary())
		c.Run(10 * time.Second)
		if got := c.Doubles() > 0; got != without {
			t.Errorf("NoWatchdog %v: two servers writable: %v", without, got)
		}
		if err := c.Broken(); err != nil {
			t.Error(err)
		}
	}
}

// TestReportTellsTheStory breaks a rule on purpose: a policy that prefers the
// member with the least log.
func TestReportTellsTheStory(t *testing.T) {
	o := hatest.Options{Seed: 3, Policy: func(a, b ha.Candidate) int { return int(int64(a.LSN) - int64(b.LSN)) }}
	o.Settings.MaxLag = ha.MiB
	s := hatest.Schedule{{At: 4 * time.Second, Do: "nonsense"}, {At: time.Second, Do: "kill-server m2"}}
	r := hatest.Explain(hatest.RunSchedule(o, s))
	if r.Broken == nil || len(r.Schedule) != 1 {
		t.Fatalf("broken %v, %d steps left", r.Broken, len(r.Schedule))
	}
	text := r.String()
	for _, want := range []string{"seed 3: 3 members", hatest.StoryHeader, "promoted in term 1", "BROKEN", r.Broken.Error()} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

func TestCommandsThatMakeNoSense(t *testing.T) {
	c := hatest.NewCluster(hatest.Options{})
	for _, command := range []string{
		"explode m1", "crash", "crash m9", "crash m1 m2", "cut m1", "cut m1 m9", "partition m1,m9", "slow-store m1 soon",
		"fail m1 dance lost", "fail m1 start perhaps", "fail m1 start lost often", "store sideways", "sync many", "run far", "slow-disk m1 very", "ttl 5",
		"pause soon", "schedule", "schedule soon", "schedule 0s m1", "downtime m9", "downtime m1 soon", "approve maybe", "limit many", "limit 2 soon", "remove m9", "clock m1 wrong",
	} {
		if err := c.Do(command); err == nil || !strings.HasPrefix(err.Error(), "hatest: command \"") {
			t.Errorf("Do(%q) = %v", command, err)
		}
	}
	for _, script := range []string{"settle 1s", "cluster colour=red", "cluster members=many", "cluster\nexplode m1"} {
		if _, err := hatest.Play(script); err == nil {
			t.Errorf("Play(%q) gives no error", script)
		}
	}
}

// TestUsersOwnHookAndPolicy shows that a cluster asks both.
func TestUsersOwnHookAndPolicy(t *testing.T) {
	var asked []ha.HookPhase
	c := hatest.NewCluster(hatest.Options{
		Policy: func(a, b ha.Candidate) int { return -strings.Compare(string(a.Member), string(b.Member)) },
		Hook: func(_ ha.MemberID, phase ha.HookPhase, _ ha.MemberID) error {
			asked = append(asked, phase)
			return nil
		},
	})
	if !c.Settle(20*time.Second) || c.Primary() != "m3" {
		t.Fatalf("primary %q; the policy wants m3", c.Primary())
	}
	if refused := c.Switchover("m1"); refused != "" || !c.Settle(20*time.Second) || c.Primary() != "m1" {
		t.Fatalf("switchover: %q, primary %q", refused, c.Primary())
	}
	want := []ha.HookPhase{ha.HookPromote, ha.HookSwitchover, ha.HookPromote}
	if !slices.Equal(asked, want) {
		t.Errorf("hook was asked before %v, want %v", asked, want)
	}
}
