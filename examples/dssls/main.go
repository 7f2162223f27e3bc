// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Command dssls looks into DSS volume groups without a server: it lists, checks,
// and copies files out of devices or images of them. It never writes to them.
//
//	go run -C examples ./dssls -h
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/gausskit/gausskit/dss/volume"
)

const usage = `Usage: dssls [flags] volume ...

Looks into a DSS volume group without a server. The volumes are block devices
or images of them, in any order; the entry volume must be among them.

  dssls /dev/dss-dba                     list the root directory
  dssls -l -R /dev/dss-dba               list everything, with sizes and times
  dssls -path +data/pg_xlog data0.img data1.img
  dssls -info -group /dev/dss-dba        the group, its volumes, space and redo log
  dssls -check data0.img data1.img       find everything that is wrong
  dssls -copy +data/base -to /tmp/base data0.img data1.img
  dssls -copy pg_xlog/0001 -to - data0.img | xxd

Flags:
`

const exits = `
The volumes are only read. Nothing that exists is overwritten. Exit status: 0,
1 if anything could not be done or -check found a fault, 2 after a wrong flag.
`

// options are the command line.
type options struct {
	path      string
	long      bool
	recursive bool
	recycle   bool
	info      bool
	check     bool
	copy      string
	to        string
	group     bool
	volumes   []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], time.Local, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, zone *time.Location, out, errs io.Writer) int {
	o, err := parse(args, out, errs)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(errs, "dssls: %v\nTry dssls -h.\n", err)
		return 2
	}
	if err := o.work(ctx, zone, out, errs); err != nil {
		complain(errs, err)
		return 1
	}
	return 0
}

func parse(args []string, out, errs io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("dssls", flag.ContinueOnError)
	flags.StringVar(&o.path, "path", "", "list this `file` or directory, \"+group/dir\" or \"dir\", not the root")
	flags.BoolVar(&o.long, "l", false, "long: type, allocated and written bytes, time, number, target of links")
	flags.BoolVar(&o.recursive, "R", false, "list directories with all that is in them")
	flags.BoolVar(&o.recycle, "recycle", false, "list or copy what is left of deleted files instead, named name#number")
	flags.BoolVar(&o.info, "info", false, "show the group, its volumes, its space and its redo log")
	flags.BoolVar(&o.check, "check", false, "check all metadata")
	flags.StringVar(&o.copy, "copy", "", "copy this `file` or directory out of the group")
	flags.StringVar(&o.to, "to", "", "where -copy puts it: a `path` that does not exist, or - for standard output")
	flags.BoolVar(&o.group, "group", false, "open the group's other volumes by the paths it knows them by")
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(out)
		fmt.Fprint(out, usage)
		flags.PrintDefaults()
		fmt.Fprint(out, exits)
		return nil, err
	} else if err != nil {
		return nil, err
	}
	o.volumes = flags.Args()
	return o, o.validate()
}

func (o *options) validate() error {
	var errs []error
	modes := 0
	for _, set := range []bool{o.info, o.check, o.copy != ""} {
		if set {
			modes++
		}
	}
	list := o.path != "" || o.long || o.recursive
	if modes > 1 || modes == 1 && list {
		errs = append(errs, errors.New("-info, -check, -copy and the flags of listing exclude each other"))
	}
	if (o.copy == "") != (o.to == "") {
		errs = append(errs, errors.New("-copy and -to go together"))
	}
	if o.recycle && (o.info || o.check) {
		errs = append(errs, errors.New("-recycle is for listing and -copy"))
	}
	switch {
	case len(o.volumes) == 0:
		errs = append(errs, errors.New("name the volumes: devices or images"))
	case o.group && len(o.volumes) > 1:
		errs = append(errs, errors.New("with -group name the entry volume alone"))
	}
	return errors.Join(errs...)
}

// work opens the group and does what was asked for.
func (o *options) work(ctx context.Context, zone *time.Location, out, errs io.Writer) error {
	open := volume.OpenFiles
	if o.group {
		open = func(names ...string) (*volume.Group, error) { return volume.OpenGroup(names[0]) }
	}
	g, err := open(o.volumes...)
	if err != nil {
		return err
	}
	defer g.Close()
	if o.check {
		return check(ctx, g, out)
	}
	for _, f := range g.Findings() {
		fmt.Fprintf(errs, "dssls: %v\n", f)
	}
	if o.info {
		return info(g, zone, out)
	}
	fsys := g.FS()
	if o.recycle {
		if fsys, err = g.RecycleFS(); err != nil {
			return err
		}
	}
	if o.copy != "" {
		name, err := inside(g, o.copy)
		if err != nil {
			return err
		}
		return copyOut(ctx, fsys, name, o.to, out)
	}
	name, err := inside(g, o.path)
	if err != nil {
		return err
	}
	l := lister{g: g, fsys: fsys, zone: zone, long: o.long, recursive: o.recursive, out: out}
	return l.list(ctx, name)
}

// inside turns "+group/dir", "/dir", "dir/" and "" into a name in the group.
func inside(g *volume.Group, path string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "+"); ok {
		group, rest, _ := strings.Cut(rest, "/")
		if group != g.Info().Name {
			return "", fmt.Errorf("%s: the group is %s", path, g.Info().Name)
		}
		path = rest
	}
	if path = strings.Trim(path, "/"); path == "" {
		path = "."
	}
	return path, nil
}

// complain prints an error that may be many, a line for each.
func complain(errs io.Writer, err error) {
	for line := range strings.Lines(err.Error() + "\n") {
		fmt.Fprintf(errs, "dssls: %s", line)
	}
}
