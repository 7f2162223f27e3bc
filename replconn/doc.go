// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package replconn reads, writes and checks the replication channels of
// openGauss: the values of the settings replconninfo1 to 8 and
// cross_cluster_replconninfo1 to 8, and the mesh that they form in a cluster.
//
//	localhost=10.0.0.1 localport=5433 localheartbeatport=5437 localservice=5436 remotehost=10.0.0.2 remoteport=5433 ...
//
// The server's own scanner is sloppy. It finds keys as substrings, takes
// "iscascade=True" for false, does not mind port 70000, runs past its buffer
// when a host ends the value, and uses only the first of several channels. So
// there is more than one reading of a text:
//   - [Parse] is the careful one: typed fields, every problem at once;
//   - [ParseServer] is what the server will understand, [ParseGsCtl] what
//     gs_ctl will, [PollCM] what the cluster manager gets from replconninfo1,
//     [MatchSDR] what gs_sdr takes out;
//   - [Lint] says where they differ.
//
// [Value.String] writes the canonical form, on which they agree. [Document]
// keeps a text byte for byte and changes only what is to change. [Mesh] makes
// the settings of all members of a cluster, [Rebuild] goes the other way and
// lists contradictions. [Reload] says what new settings will do to a running
// server.
//
// # Promised
//
// For every text, Parse returns a value or at least one problem, never both,
// and no function panics. For every value that
// [Value.Validate] accepts, Parse(v.String()) is v, and the server, gs_ctl and
// CM's poll read the same from it. If Lint finds nothing, the readings agree on
// every field. Values, slots, hosts, channels, members and findings are plain
// data, safe to copy, and comparable with == where their comment says so. The
// texts of codes ("one-sided", "port-range") do not change.
//
// # Assumed
//
// The other readers are those of openGauss-server 7.0.0-RC2 (commit 7e1fc94a,
// single-node build) and openGauss-OM (gs_sdr's pattern); other releases know
// other keys and fewer slots. The server runs with a locale in which isalpha
// means the letters of ASCII, as C and UTF-8 locales do. For [Reload], the
// settings stand in the configuration file in the order of their names.
//
// # Not promised
//
// The package knows no server: it does not resolve names, look whether a port
// is free, or read configuration files. It does not say what happens after a
// buffer is overrun, only that it is ([OutcomeOverrun]). For a compressed IPv6
// address no spelling suits everybody: the canonical form is the one that the
// server itself prints and compares, which gs_sdr refuses; Lint says so.
package replconn
