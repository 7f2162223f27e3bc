// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// options are what the flags say.
type options struct {
	n      int
	ttl    time.Duration
	hold   time.Duration
	faults []fault
	modes  []mode
	keep   bool
	json   bool
}

// parseOptions reads the flags. Everything wrong with a flag's value is found
// before anything is started.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var faults, modes string
	var withPatroni bool
	f := flag.NewFlagSet("failbench", flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are printed once, by the caller
	f.IntVar(&o.n, "n", 5, "how often each fault is done in each mode")
	f.DurationVar(&o.ttl, "ttl", ha.DefaultTTL, "time to live of gausskit's leases, 1s to 60s; Patroni has its own")
	f.DurationVar(&o.hold, "hold", 20*time.Second, "how long etcd is away, and how long at least a manager is killed or frozen when nobody takes over")
	f.StringVar(&faults, "faults", "", "`faults`, separated by commas; default "+strings.Join(names(defaultFaults()), ",")+"; also "+nothing.String())
	f.StringVar(&modes, "modes", "", "`modes`, separated by commas; default "+strings.Join(names(defaultModes()), ",")+"; all: "+strings.Join(names(allModes()), ","))
	f.BoolVar(&withPatroni, "patroni", false, "also Patroni, where it is installed: modes patroni and patroni-fast")
	f.BoolVar(&o.keep, "keep", false, "keep data and logs, and say where")
	f.BoolVar(&o.json, "json", false, "print JSON instead of tables, with every single gap")
	if err := f.Parse(args); err != nil {
		if err == flag.ErrHelp {
			fmt.Fprint(stderr, "failbench measures how long writes stand still when something breaks.\n\nFlags:\n")
			f.SetOutput(stderr)
			f.PrintDefaults()
		}
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("argument %q: there are only flags; -help lists them", f.Arg(0))
	}
	var err error
	if o.faults, err = choose("-faults", faults, allFaults(), defaultFaults()); err != nil {
		return o, err
	}
	if o.modes, err = choose("-modes", modes, allModes(), defaultModes()); err != nil {
		return o, err
	}
	for _, m := range []mode{modePatroni, modePatroniFast} {
		if withPatroni && !slices.Contains(o.modes, m) {
			o.modes = append(o.modes, m)
		}
	}
	switch {
	case o.n < 1 || o.n > 10_000:
		return o, fmt.Errorf("-n %d: want 1 to 10000", o.n)
	case o.ttl < time.Second || o.ttl > time.Minute:
		return o, fmt.Errorf("-ttl %v: want 1s to 60s", o.ttl)
	case o.hold < time.Second || o.hold > 10*time.Minute:
		return o, fmt.Errorf("-hold %v: want 1s to 10m", o.hold)
	}
	for _, m := range o.modes {
		if m.patroni() {
			continue
		}
		if err := settingsOf(m, o.ttl).Validate(); err != nil {
			return o, fmt.Errorf("mode %s with -ttl %v: %w", m, o.ttl, err)
		}
	}
	return o, nil
}

// choose reads a list of words; empty stands for the default.
func choose[T fmt.Stringer](flag, text string, all, byDefault []T) ([]T, error) {
	if text == "" {
		return byDefault, nil
	}
	var out []T
	for _, word := range strings.Split(text, ",") {
		word = strings.TrimSpace(word)
		i := slices.Index(names(all), word)
		if i < 0 {
			return nil, fmt.Errorf("%s: %q: want some of %s", flag, word, strings.Join(names(all), ","))
		}
		if slices.Contains(names(out), word) {
			return nil, fmt.Errorf("%s: %q is there twice", flag, word)
		}
		out = append(out, all[i])
	}
	return out, nil
}

func names[T fmt.Stringer](list []T) []string {
	var out []string
	for _, v := range list {
		out = append(out, v.String())
	}
	return out
}
