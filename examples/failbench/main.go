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
	"syscall"

	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// What the program exits with.
const (
	exitGood        = 0
	exitBad         = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	if testbed.IsManager() {
		os.Exit(testbed.ManagerMain(os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// A reader of our output that goes away must not end us before we have
	// cleared up.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program. It returns when nothing of it is left.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opts, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitGood
	}
	if err != nil {
		fmt.Fprintln(stderr, "failbench:", err)
		return exitUsage
	}
	r, err := measure(ctx, opts, stderr)
	if r == nil {
		fmt.Fprintln(stderr, "failbench:", err)
		return exitBad
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted; what follows was measured before")
	}
	r.judge(err)
	if opts.json {
		err = r.writeJSON(stdout)
	} else {
		err = r.print(stdout)
	}
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "failbench:", err)
		return exitBad
	case ctx.Err() != nil:
		return exitInterrupted
	case !r.Good:
		return exitBad
	}
	return exitGood
}
