// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package gaussdbsim installs the simulated openGauss: programs that behave
// towards gausskit as those of release 7.0 do, written from what real servers
// printed, without a line of theirs. README.md says what they model and what
// they leave out.
//
// Install builds one program and links it under the names of an installation,
// bin/gaussdb, bin/gs_ctl and so on, which can stand for $GAUSSHOME.
package gaussdbsim
