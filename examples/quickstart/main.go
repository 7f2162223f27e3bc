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
	"time"

	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// What the program exits with.
const (
	exitGood        = 0
	exitBad         = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// walkLimit ends a walk that got stuck.
const walkLimit = 90 * time.Second

func main() {
	if testbed.IsManager() {
		os.Exit(testbed.ManagerMain(os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// A reader of our output that goes away (quickstart | head) ends the walk
	// by an error of writing, not the program by a signal.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// errInterrupted is what ends a walk when the caller's context does.
var errInterrupted = errors.New("interrupted")

// run is the whole program. It returns when nothing of it is left.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	opts, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitGood
	}
	if err != nil {
		fmt.Fprintln(stderr, "quickstart:", err)
		return exitUsage
	}
	limited, cancel := context.WithTimeoutCause(ctx, walkLimit, fmt.Errorf("not done within %v", walkLimit))
	defer cancel()
	limited, fail := context.WithCancelCause(limited)
	defer fail(nil)
	t := newTimeline(stdout, opts.json, fail)
	result, err := show(limited, opts, t)
	if ctx.Err() != nil {
		err = errInterrupted
	}
	result.judge(err)
	t.result(result)
	switch {
	case errors.Is(err, errInterrupted):
		fmt.Fprintln(stderr, "quickstart: interrupted; "+result.left())
		return exitInterrupted
	case !result.Good:
		return exitBad
	}
	return exitGood
}

// show prepares the stage, walks, and clears up whatever happens, a panic
// included.
func show(ctx context.Context, opts options, t *timeline) (r *result, err error) {
	r = newResult(opts)
	s := newStage(ctx, opts, t)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if cerr := s.close(); cerr != nil {
			err = errors.Join(err, fmt.Errorf("clear up: %w", cerr))
		}
		r.Engine, r.Dir, r.Seconds = s.engine, s.dir, t.now().Seconds()
	}()
	if err := s.open(); err != nil {
		if s.ctx.Err() != nil {
			err = context.Cause(s.ctx) // this is why
		}
		return r, err
	}
	return r, walk(s, r)
}
