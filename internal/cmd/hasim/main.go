// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Command hasim runs seeded fault schedules against the role machine in
// virtual time: "go run ./internal/cmd/hasim -seeds 100000". When a rule is
// broken it prints the shrunk story of the first seed that broke one, and
// exits with status 1.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gausskit/gausskit/ha/hatest"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// totals add up what the seeds did.
type totals struct {
	seeds, promotions, terms, switchovers, acked, lost, doubles, resets, broken int
	decisions                                                                   int64
	virtual                                                                     time.Duration
}

func (t *totals) add(r *hatest.Report) {
	t.seeds++
	t.promotions += r.Promotions
	t.terms += r.Terms
	t.switchovers += r.Switchovers
	t.acked += r.Acked
	t.lost += r.Lost
	t.resets += r.Resets
	t.decisions += r.Decisions
	t.virtual += r.Virtual
	if r.Doubles > 0 {
		t.doubles++
	}
}

func run(args []string, out, errs io.Writer) int {
	fs := flag.NewFlagSet("hasim", flag.ContinueOnError)
	fs.SetOutput(errs)
	seeds := fs.Int("seeds", 1000, "how many seeds to run")
	first := fs.Uint64("seed", 1, "first seed")
	members := fs.Int("members", 0, "number of members; 0 lets the seed choose three to five")
	theme := fs.Int("theme", -1, fmt.Sprintf("give all seeds this theme (0 to %d); -1 lets the seed choose", hatest.ThemeShadow))
	mode := fs.String("mode", "", "give all seeds this mode: lease or quorum; empty lets the seed choose")
	workers := fs.Int("workers", runtime.GOMAXPROCS(0), "seeds that run at the same time")
	all := fs.Bool("all", false, "go on after a seed that breaks a rule, and list them all")
	quiet := fs.Bool("q", false, "print the broken rule only, not its story")
	story := fs.Bool("v", false, "print the story of every seed")
	if err := fs.Parse(args); err != nil {
		return 2
	}
	if *seeds < 1 || *workers < 1 || *members < 0 || *members > 9 || *theme < -1 || *theme > int(hatest.ThemeShadow) || !slices.Contains([]string{"", "lease", "quorum"}, *mode) {
		fmt.Fprintf(errs, "hasim: want -seeds and -workers above 0, -members 0 to 9 and -theme -1 to %d, -mode lease or quorum\n", hatest.ThemeShadow)
		return 2
	}
	began := time.Now()
	sum, worst := simulate(*first, *seeds, *members, *theme, *mode, *workers, *all, func(r *hatest.Report) {
		switch {
		case *story:
			o := r.Options
			o.Trace = true
			told := hatest.RunSchedule(o, r.Schedule)
			fmt.Fprint(out, told.String())
		case *all && r.Broken != nil:
			fmt.Fprintf(out, "seed %d: %v\n", r.Seed, r.Broken)
		}
	})
	took := time.Since(began)
	fmt.Fprintf(out, "%d seeds in %.1f s: %.0f seeds per second, %.0f s of virtual time per seed, %.0f decisions per seed\n",
		sum.seeds, took.Seconds(), float64(sum.seeds)/took.Seconds(), sum.virtual.Seconds()/float64(sum.seeds), float64(sum.decisions)/float64(sum.seeds))
	fmt.Fprintf(out, "%d terms, %d promotions and restarts as primary, %d switchovers; %d rows acknowledged, %d of them lost in asynchronous replication\n",
		sum.terms, sum.promotions, sum.switchovers, sum.acked, sum.lost)
	fmt.Fprintf(out, "%d seeds without a watchdog, or with a lease revoked by hand, in which two servers were writable for a moment\n", sum.doubles)
	fmt.Fprintf(out, "%d machines reset by their watchdogs\n", sum.resets)
	if worst == nil {
		fmt.Fprintln(out, "no rule was broken")
		return 0
	}
	if *quiet {
		fmt.Fprintf(out, "seed %d: %v\n", worst.Seed, worst.Broken)
	} else {
		told := hatest.Explain(*worst)
		fmt.Fprint(out, told.String())
	}
	if *all {
		fmt.Fprintf(out, "%d of %d seeds broke a rule\n", sum.broken, sum.seeds)
	}
	return 1
}

// simulate runs the seeds and returns the totals and the report of the lowest
// seed that broke a rule. Without all it stops soon after the first.
func simulate(first uint64, seeds, members, theme int, mode string, workers int, all bool, each func(*hatest.Report)) (totals, *hatest.Report) {
	var next atomic.Uint64
	var stop atomic.Bool
	var mu sync.Mutex
	var sum totals
	var worst *hatest.Report
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for !stop.Load() {
				n := next.Add(1) - 1
				if n >= uint64(seeds) {
					return
				}
				about := hatest.ThemeOf(first + n)
				if theme >= 0 {
					about = hatest.Theme(theme)
				}
				o := hatest.ThemedOptions(first+n, members, about)
				switch mode {
				case "lease":
					o.Settings.Durability.Quorum = false
				case "quorum":
					o.Settings.Durability.K = max(o.Settings.Durability.K, 1)
					o.Settings.Durability.Quorum = true
				}
				r := hatest.RunSchedule(o, hatest.RandomSchedule(first+n, o, about))
				mu.Lock()
				sum.add(&r)
				if r.Broken != nil {
					sum.broken++
					if worst == nil || r.Seed < worst.Seed {
						worst = &r
					}
					stop.Store(!all)
				}
				each(&r)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return sum, worst
}
