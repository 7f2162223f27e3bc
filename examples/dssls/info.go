// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/gausskit/gausskit/dss/volume"
)

// info prints what the group says of itself.
func info(g *volume.Group, zone *time.Location, out io.Writer) error {
	i := g.Info()
	use, errUse := g.Usage()
	redo, errRedo := g.Redo()
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "group\t%s\n", i.Name)
	fmt.Fprintf(w, "created\t%s\n", i.Created.In(zone).Format(time.DateTime))
	fmt.Fprintf(w, "format\tsoftware version %d, protocol %d\n", i.Software, i.Protocol)
	fmt.Fprintf(w, "allocation unit\t%d\n", i.AllocationUnit)
	fmt.Fprintf(w, "size\t%d\n", use.Size)
	fmt.Fprintf(w, "used\t%d\n", use.Used)
	fmt.Fprintf(w, "free\t%d, of it %d recycled\n", use.Free, use.Recycled)
	fmt.Fprintf(w, "instances\t%b\n", i.Instances)
	if redo != nil {
		fmt.Fprintf(w, "redo\tapplied up to lsn %d, %d batches not applied\n", redo.LSN, len(redo.Pending))
	}
	fmt.Fprintf(w, "\nvolume\tstate\tsize\thigh water\tfree\tpath\topened as\n")
	for _, v := range g.Volumes() {
		device := v.Device
		if device == "" {
			device = "(missing)"
		}
		fmt.Fprintf(w, "%d\t%s\t%d\t%d\t%d\t%s\t%s\n", v.ID, v.State, v.Size, v.HighWater, v.Free, v.Path, device)
	}
	if redo != nil {
		for _, b := range redo.Pending {
			fmt.Fprintf(w, "\nredo batch, lsn %d, written %s by its host's clock, not applied:\n", b.LSN, b.Time.Format(time.DateTime))
			for _, e := range b.Entries {
				fmt.Fprintf(w, "  %s\t%d bytes\t%s\n", e.Type, e.Size, list(e.Names))
			}
		}
	}
	return errors.Join(w.Flush(), errUse, errRedo)
}

func list(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprint(names)
}

// errFaults is the answer of -check; what is wrong was printed.
var errFaults = errors.New("the group is damaged")

// check prints everything that is wrong, and what was seen.
func check(ctx context.Context, g *volume.Group, out io.Writer) error {
	done, err := g.Check(ctx, func(f volume.Finding) { fmt.Fprintln(out, f) })
	fmt.Fprintf(out, "%d directories, %d files, %d links, %d deleted while open, %d recycled\n",
		done.Directories, done.Files, done.Links, done.Deleted, done.Recycled)
	fmt.Fprintf(out, "%d allocation units in use, %d belong to nothing, %d free nodes, %d free blocks\n",
		done.Units, done.Unclaimed, done.FreeNodes, done.FreeBlocks)
	fmt.Fprintf(out, "%d faults, %d warnings\n", done.Faults, done.Warnings)
	if err == nil && done.Faults > 0 {
		err = errFaults
	}
	return err
}
