// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

// Package release knows the public releases of openGauss and what each can do.
//
// What differs between releases is a table here, never a comparison of version
// strings: releases are not a line. 3.0.5 came out after 3.1.0 and has what
// 3.1.0 lacks; a capability can be in 3.0.6 and 6.0.1 and in nothing between.
// So ask [Release.Can], and keep lists of releases as a [Set].
//
// The tables were read from the source of each release (its tag in
// openGauss-server); what a vendor's build on top of it adds or leaves out is
// not known here.
package release
