// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"fmt"
	"strings"
	"time"
)

// Failure is how a reign ended when nobody wanted it to.
type Failure uint8

// The failures. Each kind has a cool-down of its own in [Settings], or none.
const (
	FailureNone      Failure = iota
	FailureNode              // the primary's node is gone, with or without its server
	FailureCrash             // the primary's server ended and did not come back in place
	FailureHang              // the primary's server did not answer, or its standbys heard nothing of it
	FailurePromotion         // the promotion failed, was vetoed or took too long
	FailureLease             // the primary could not renew its lease in time
)

var failureNames = [...]string{ // read-only
	"none", "node lost", "server crashed", "server hung", "promotion failed", "lease ran out",
}

// String gives the failure in a few words.
func (f Failure) String() string { return nameOf(f, failureNames[:]) }

// MarshalText gives the form of String.
func (f Failure) MarshalText() ([]byte, error) { return marshalName(f, failureNames[:]) }

// UnmarshalText reads the form of String.
func (f *Failure) UnmarshalText(text []byte) error { return unmarshalName(f, failureNames[:], text) }

// Failover is one change of primary that a failure made necessary.
type Failover struct {
	Term    Term     `json:"term"` // the term that began with it
	From    MemberID `json:"from"`
	To      MemberID `json:"to"`
	Failure Failure  `json:"failure"`
	// Automatic: nobody ordered or approved it, so it counts for
	// Settings.FailoverLimit.
	Automatic bool  `json:"automatic,omitempty"`
	Wall      int64 `json:"wall"` // Unix nanoseconds by the new holder's clock
}

// KeptFailovers is how many failovers the store remembers, and so the largest
// Settings.FailoverLimit.
const KeptFailovers = 16

// within reports whether a moment of somebody's wall clock is less than d from
// now, before or after: clocks differ, and one that was wrong once must not
// count for ever.
func within(now, wall int64, d time.Duration) bool {
	age := time.Duration(now - wall)
	return -d < age && age < d
}

// recentFailovers counts the automatic failovers within the window, and says
// when the oldest of them was.
func recentFailovers(log []Failover, now int64, window time.Duration) (n int, oldest int64) {
	for i := range log {
		if f := &log[i]; f.Automatic && within(now, f.Wall, window) {
			if n == 0 || f.Wall < oldest {
				oldest = f.Wall
			}
			n++
		}
	}
	return n, oldest
}

// flapReason is what an operator reads when automation has paused itself.
func flapReason(log []Failover, now int64, window time.Duration) string {
	var b strings.Builder
	n, _ := recentFailovers(log, now, window)
	fmt.Fprintf(&b, "%d automatic failovers within %v:", n, window)
	sep := " "
	for i := range log {
		if f := &log[i]; f.Automatic && within(now, f.Wall, window) {
			fmt.Fprintf(&b, "%sterm %d %s -> %s (%s)", sep, f.Term, f.From, f.To, f.Failure)
			sep = ", "
		}
	}
	b.WriteString("; find the cause, then resume, or order a failover")
	return b.String()
}

// Downtime says that somebody works on a member: it is not promoted, its
// server is left alone when it does not run, it does not count for the
// synchronous set, and its problems are no alarms.
type Downtime struct {
	Reason string `json:"reason"`
	By     string `json:"by"` // its owner
	Wall   int64  `json:"wall"`
	// Until is when it ends by itself, Unix nanoseconds; 0 for never.
	Until int64 `json:"until,omitempty"`
}

// Down reports whether the member is in downtime.
func (m *Member) Down() bool { return m.DowntimeRev != 0 }

// Approval is an operator's word that an automatic failover may begin a term.
type Approval struct {
	Term Term   `json:"term"`
	By   string `json:"by"`
	Wall int64  `json:"wall"`
}

// Approved reports whether an operator has approved the failover that would
// begin the next term.
func (c *Cluster) Approved() bool { return c.ApprovalRev != 0 && c.Approval.Term == c.Reign.Term+1 }

func (k Keys) scheduled() string             { return k.State() + "scheduled" }
func (k Keys) failovers() string             { return k.State() + "failovers" }
func (k Keys) approval() string              { return k.State() + "approval" }
func (k Keys) downtime(name MemberID) string { return k.State() + "downtimes/" + string(name) }

// clockText writes a moment of a wall clock for a person.
func clockText(wall int64) string { return time.Unix(0, wall).UTC().Format(time.RFC3339) }
