// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// options are what the flags say.
type options struct {
	engine   string // postgres, opengauss, sim, or empty for what there is
	settings ha.Settings
	keep     bool
	json     bool
}

// parseOptions reads the flags. Everything wrong with a flag's value is found
// before anything is started.
func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var mode, durability string
	f := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are printed once, by the caller
	f.StringVar(&o.engine, "engine", "", "`postgres, opengauss or sim`; opengauss is that of $GAUSSHOME, or simulated by processes; default postgres where its server programs are found, else sim")
	f.StringVar(&mode, "mode", "", "`quorum or lease`: whether the synchronous standbys decide who is primary, or the lease in etcd; default quorum, lease with -durability async")
	f.StringVar(&durability, "durability", "sync", "`sync or async`: whether a write waits for one standby before it is acknowledged")
	f.DurationVar(&o.settings.TTL, "ttl", ha.DefaultTTL, "how long a dead primary's grant outlives it, 1s to 20s")
	f.BoolVar(&o.keep, "keep", false, "keep data and logs, and say where")
	f.BoolVar(&o.json, "json", false, "print one JSON object per line: events, then the result")
	if err := f.Parse(args); err != nil {
		if err == flag.ErrHelp {
			usage(f, stderr)
		}
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("argument %q: there are only flags; -help lists them", f.Arg(0))
	}
	switch o.engine {
	case "", enginePostgres, engineOpenGauss, engineSim:
	default:
		return o, fmt.Errorf("-engine %q: want postgres, opengauss or sim", o.engine)
	}
	var err error
	if o.settings.Durability, err = durabilityOf(mode, durability); err != nil {
		return o, err
	}
	if o.settings.TTL < time.Second || o.settings.TTL > 20*time.Second {
		return o, fmt.Errorf("-ttl %v: want 1s to 20s", o.settings.TTL)
	}
	// A small database on an idle machine is quicker than the defaults allow
	// for, so the bounds can be closer.
	o.settings.PromoteLimit = 15 * time.Second // also for making the database
	o.settings.RestartLimit = 5 * time.Second
	o.settings.SwitchoverLimit = 10 * time.Second
	o.settings.FailoverLimit = -1 // here it is always for a good cause
	return o, o.settings.Validate()
}

// durabilityOf reads -mode, which may be empty, and -durability.
func durabilityOf(mode, durability string) (d ha.Durability, err error) {
	switch durability {
	case "sync":
		d.K = 1
	case "async":
	default:
		return d, fmt.Errorf("-durability %q: want sync or async", durability)
	}
	switch mode {
	case "":
		d.Quorum = d.K > 0
	case modeLease:
	case modeQuorum:
		if d.K == 0 {
			return d, errors.New("-mode quorum: the standbys that a write waits for decide; with -durability async there are none")
		}
		d.Quorum = true
	default:
		return d, fmt.Errorf("-mode %q: want quorum or lease", mode)
	}
	return d, nil
}

// The modes.
const (
	modeQuorum = "quorum" // the synchronous standbys decide who is primary
	modeLease  = "lease"  // whoever holds the lease is
)

// mode names how it is decided who is primary.
func (o options) mode() string {
	if o.settings.Durability.Quorum {
		return modeQuorum
	}
	return modeLease
}

func usage(f *flag.FlagSet, w io.Writer) {
	fmt.Fprint(w, "quickstart shows three databases that survive the loss of their primary.\n\nFlags:\n")
	f.SetOutput(w)
	f.PrintDefaults()
}

// durability says in a word what the settings protect.
func (o options) durability() string {
	if o.settings.Durability.K == 0 {
		return "async"
	}
	return "sync"
}
