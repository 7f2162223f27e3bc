// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// What the program exits with.
const (
	exitGood  = 0
	exitBad   = 1
	exitUsage = 2
)

func main() {
	if testbed.IsManager() {
		os.Exit(testbed.ManagerMain(os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are what a run is started with.
type options struct {
	seed     uint64
	duration time.Duration
	kinds    []kind
	settings ha.Settings
	logs     string             // directory for story and logs of a run that went wrong; empty for none
	calm     *calm              // pauses and lost packets instead of random faults
	script   func(*stage) error // instead of random faults
}

// settingsOf are those of the cluster: one standby must have what is
// acknowledged, nobody stops automation because there is much to do, standbys
// ask before they doubt, and the defaults for all else.
func settingsOf(quorum bool) ha.Settings {
	return ha.Settings{Durability: ha.Durability{K: 1, Quorum: quorum}, FailoverLimit: -1, AskPrimary: quorum}
}

// run is the whole program. It returns when nothing of it is left.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("torture", flag.ContinueOnError)
	fs.SetOutput(stderr)
	duration := fs.Duration("duration", 10*time.Minute, "how long faults are done")
	seed := fs.Uint64("seed", 0, "decides all faults; 0 takes one from the clock")
	faults := fs.String("faults", "", "kinds of faults, separated by commas; empty for all")
	mode := fs.String("mode", "lease", "lease or quorum")
	calmly := fs.Bool("calm", false, "lose a fifth of all packets, pause each part for 1.5 s, and demand that no term ends; settings of ha.Balanced")
	quiet := fs.Bool("q", false, "print the table only")
	logs := fs.String("logs", "", "directory for the story and all logs of a run that went wrong; default one in the temporary directory")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitGood
		}
		return exitUsage
	}
	kinds, err := parseKinds(*faults)
	if err != nil {
		fmt.Fprintln(stderr, "torture:", err)
		return exitUsage
	}
	if *mode != "lease" && *mode != "quorum" {
		fmt.Fprintf(stderr, "torture: -mode %q: want lease or quorum\n", *mode)
		return exitUsage
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano()) % 1_000_000
	}
	if *logs == "" {
		*logs = filepath.Join(os.TempDir(), fmt.Sprintf("torture-%d", *seed))
	}
	live := stdout
	if *quiet {
		live = io.Discard
	}
	opts := options{seed: *seed, duration: *duration, kinds: kinds, settings: settingsOf(*mode == "quorum"), logs: *logs}
	again := ""
	if *calmly {
		opts.settings, opts.calm = calmSettings(*mode == "quorum"), &calm{losses: time.Minute, rest: 8 * time.Second}
		again = " -calm"
	}
	r, err := torture(ctx, opts, live)
	switch {
	case errors.Is(err, postgres.ErrNoPostgres):
		fmt.Fprintln(stdout, "torture: nothing done:", err)
		return exitGood
	case r == nil:
		fmt.Fprintln(stderr, "torture:", err)
		return exitBad
	}
	r.print(stdout)
	if !r.Good {
		fmt.Fprintf(stdout, "story and logs: %s\nagain: -mode %s -seed %d -duration %v%s\n", *logs, *mode, *seed, *duration, again)
		return exitBad
	}
	return exitGood
}
