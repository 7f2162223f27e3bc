// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/gausskit/gausskit/dss/volume"
)

// lister prints directories.
type lister struct {
	g         *volume.Group
	fsys      *volume.FS
	zone      *time.Location
	long      bool
	recursive bool
	out       io.Writer
	errs      []error
}

// list prints a file, or what is in a directory. What cannot be read is in the
// error; the rest is printed all the same.
func (l *lister) list(ctx context.Context, name string) error {
	info, err := l.fsys.Stat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		l.entry(name, info)
	} else {
		l.directory(ctx, name)
	}
	return errors.Join(append(l.errs, ctx.Err())...)
}

func (l *lister) directory(ctx context.Context, name string) {
	entries, err := l.fsys.ReadDir(name)
	if err != nil {
		l.errs = append(l.errs, err)
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return
		}
		full := path.Join(name, e.Name())
		shown := e.Name()
		if l.recursive {
			shown = full
		}
		info, err := e.Info()
		if err != nil {
			l.errs = append(l.errs, err)
			continue
		}
		l.entry(shown, info)
		if l.recursive && e.IsDir() {
			l.directory(ctx, full)
		}
	}
}

// entry prints one line.
func (l *lister) entry(shown string, info fs.FileInfo) {
	n, ok := info.Sys().(*volume.Node)
	if !l.long || !ok {
		fmt.Fprintln(l.out, shown)
		return
	}
	kind := "-"
	switch n.Type {
	case volume.Directory:
		kind = "d"
	case volume.Link:
		kind = "l"
		target, err := l.g.LinkTarget(n)
		if err != nil {
			l.errs = append(l.errs, err)
			target = "?"
		}
		shown += " -> " + target
	}
	fmt.Fprintf(l.out, "%s %12d %12d %s %6d %s\n", kind, n.Allocated, n.Written, n.Updated.In(l.zone).Format(time.DateTime), n.FID, shown)
}
