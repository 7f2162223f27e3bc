// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Command haexplore tries every deviation, and every pair of deviations, from
// how three members get over a fault, in lease and in quorum mode:
// "go run ./internal/cmd/haexplore -window 24". It prints how many runs it made
// and how many states it saw, and exits with status 1 and the story when a rule
// was broken.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha/hatest"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errs io.Writer) int {
	fs := flag.NewFlagSet("haexplore", flag.ContinueOnError)
	fs.SetOutput(errs)
	window := fs.Int("window", 300, "events at which to deviate")
	pairs := fs.Int("pairs", 16, "events of the window at which to deviate twice; 0 for none")
	mode := fs.String("mode", "", "only this mode: lease or quorum")
	workers := fs.Int("workers", runtime.GOMAXPROCS(0), "runs at the same time")
	if err := fs.Parse(args); err != nil {
		return 2
	}
	if *window < 1 || *pairs < 0 || *workers < 1 || *mode != "" && *mode != "lease" && *mode != "quorum" {
		fmt.Fprintln(errs, "haexplore: want -window and -workers above 0, -pairs of 0 or more, -mode lease or quorum")
		return 2
	}
	began, runs, states := time.Now(), 0, 0
	for _, all := range [][]hatest.Exploration{hatest.Explorations(*window, false), hatest.Explorations(*pairs, true)} {
		for _, x := range all {
			if *mode != "" && x.Mode != *mode || x.Window == 0 {
				continue
			}
			found := x.Run(*workers)
			runs, states = runs+found.Runs, states+found.States
			deep := "one deviation"
			if x.Pairs {
				deep = "two deviations"
			}
			fmt.Fprintf(out, "%-6s  %-46s %s at %d events: %d runs, %d states\n", x.Mode, strings.Join(x.Begin, ", "), deep, x.Window, found.Runs, found.States)
			if found.Broken != "" {
				fmt.Fprintln(out, found.Broken)
				return 1
			}
		}
	}
	took := time.Since(began)
	fmt.Fprintf(out, "%d runs in %.1f s, %d states seen: no rule was broken\n", runs, took.Seconds(), states)
	return 0
}
