// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package dss is the shared storage of openGauss from Go: the configuration of
// DSS, what its command dsscmd prints, and its commands run with typed results.
//
// # Configuration
//
// Each instance has two files below cfg in its DSS_HOME. [ParseInst] and
// [ParseVGs] take dss_inst.ini and dss_vg_conf.ini apart; [Inst.Set] and
// [VGs.Set] change them, and everything else in them, comments, order, blanks,
// stays byte for byte. [EditInst] and [EditVGs] do the whole errand on disk:
// read, change, check, write in one step.
//
//	err := dss.EditInst(ctx, dss.InstPath(home), target, func(c *dss.Inst) error {
//		return c.Set("_LOG_LEVEL", "255")
//	})
//
// [Params] describes every parameter of a release: type, unit, range, default,
// and whether "dsscmd setcfg" changes it while the server runs. One unknown name
// keeps dssserver from starting, and names, ranges and words come and go between
// releases, so [Inst.Lint] takes the release. It reports all problems at once,
// each with line, key and reason. [Inst.Mend] mends those that have one mend
// only.
//
// [ParseNodes] reads DSS_NODES_LIST, [LintCluster] compares the files of all
// instances: what must be equal, what must differ, and what two instances on
// one machine must not share.
//
// # Commands
//
// A [Cmd] runs dsscmd for one instance: [Cmd.Status], [Cmd.VolumeGroups],
// [Cmd.List], [Cmd.Registration] and others. [ParseStatus], [ParseSpace] and
// the other parsers read outputs that came another way. They are strict where a
// value matters, and leave out lines and columns that they do not know.
//
// [Cmd.Fence] takes another instance's right to write away and proves it. That
// dsscmd kickh ends with status 0 proves nothing.
//
// # Errors
//
// [Error] is an error of DSS with its number, name and text. It matches what
// programs branch on: errors.Is(err, fs.ErrNotExist), also when the master gave
// the error to a standby. A [*CommandError] says how a command ended and which
// line of its output tells why.
//
// # Promised
//
// What EditInst and EditVGs have written, the servers of that release read, as
// far as the text shows. No error, no argument list and no log holds the value
// of SSL_PWD_CIPHERTEXT or of a name that is not known. A command ends when its
// context ends, with all that it started; if it was to change something, the
// error then matches [ErrUncertain].
//
// # Not promised
//
// The package does not look whether a path exists, an address is local, or a
// port is free. The tables are those of the community's builds for openGauss,
// from 3.1.1 to 7.0.0-RC2. Commands run on Unix only. Outputs were recorded from the sources of June 2026
// with plain files as volumes; those that need SCSI reservations (inq_reg,
// inq) follow the source and were not seen on a disk array.
package dss
