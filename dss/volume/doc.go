// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package volume reads the volumes of DSS, the shared storage of openGauss,
// without a server and without a library: devices or images of them, read-only,
// in pure Go. It is for looking into a group whose servers do not run, for
// getting files out of one that is damaged, and for checking a copy.
//
// # What it shows
//
// A volume group is one entry volume, which has the metadata, and up to 255
// more. [OpenFiles] and [OpenGroup] open one from paths, [Open] from anything
// that is an [io.ReaderAt]. Then:
//
//   - [Group.Info], [Group.Volumes] and [Group.Usage] say what dsscmd lsvg says
//     and more,
//   - [Group.FS] is the directory tree as an [fs.FS]: files are also
//     [io.ReaderAt] and [io.Seeker], links are followed,
//   - [Group.RecycleFS] is what is left of deleted files,
//   - [Group.Redo] tells what was written to the redo log but not applied,
//   - [Group.Root] and [Group.Entries] are the nodes as they are on disk, the
//     deleted ones, too,
//   - [Group.Check] looks at all metadata and reports everything that is wrong.
//
// # What it promises
//
// Every structure that has a checksum is verified each time it is read, and a
// wrong one read again, for a server may have been writing it. Header, core
// control, volume control, root block and redo control have a backup copy, which
// is used when the first is damaged; [Group.Findings] says so. Nothing else has
// a second copy. Data has no checksum.
//
// What is wrong is a [*CorruptError], which names volume, offset, structure,
// field and reason, or a [*ReadError] with what the reader said. Whatever the
// volumes hold, there is no panic and no endless loop, and memory is bounded by
// what was read, not by what a count on the volume claims.
//
// # What it does not
//
// It never writes, replays no redo and takes no lock. On volumes that a server is
// writing the answers are a picture of no single moment: open the group again
// to see changes, and take findings as hints. Groups on Ceph or behind VTABLE are
// not supported.
//
// The format is that of software version 2, and of 0 and 1, whose redo log is in
// another place; layout.go has the offsets with the source of each.
package volume
