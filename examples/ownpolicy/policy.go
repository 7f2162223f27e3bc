// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"

	"github.com/gausskit/gausskit/ha"
)

// home is the zone where the application runs.
const home = "east"

// reports is a member that serves long queries. It may become primary when it
// must, but nobody may switch over to it on purpose.
const reports ha.MemberID = "m3"

// preferHome is an [ha.Policy]: among members that may be promoted, one in the
// preferHome is an [ha.Policy]: among members that may be promoted, one in the
// home zone goes first, even if another has a little more log. With
// synchronous replication "may be promoted" means that it has every
// acknowledged write, so the preference costs nothing. All other questions are
// left to the default.
func preferHome(a, b ha.Candidate) int {
	away := func(c ha.Candidate) int {
		if c.Tags.Zone == home {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(failed(a), failed(b)), // one whose promotion has just failed must not be tried for ever
		cmp.Compare(away(a), away(b)),
		ha.DefaultPolicy(a, b),
	)
}

func failed(c ha.Candidate) int {
	if c.Failed {
		return 1
	}
	return 0
}

// errReports is what a person reads who asks for a switchover to it.
var errReports = errors.New("m3 serves reports: choose another member")

// spareReports is a hook: it vetoes switchovers to the member for reports. As
// an [ha.Hook] it is asked by the node of the old primary, before anything is
// stopped.
func spareReports(_ ha.MemberID, phase ha.HookPhase, to ha.MemberID) error {
	if phase == ha.HookSwitchover && to == reports {
		return errReports
	}
	return nil
}
