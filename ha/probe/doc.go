// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package probe has ready-made checks for ha.Config.Probes.
//
// [Disk] writes a small file, makes the disk confirm it (fsync), and looks how
// much space is left:
//
//	disk, err := probe.Disk(probe.DiskConfig{Name: "data", Dir: "/srv/pg/probe"})
//	...
//	disk.Uses = ha.ProbeTriggers // a primary whose disk is dead gives the grant away
//	ha.Start(ctx, ha.Config{..., Probes: []ha.Probe{disk}})
//
// Package ha/postgres has one that writes on the server (Engine.WriteProbe).
//
// A write that never returns is a verdict too: the node calls a check dead that
// does not return within its Limit, and waits for it on a goroutine that nothing
// else depends on.
package probe
