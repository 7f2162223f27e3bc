// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "time"

// Elect lets one member look at the candidates, with the grant free since free.
// An empty policy is the default; q counts if it is a failover.
func Elect(c *Cluster, set Settings, policy Policy, free time.Duration, q Request, me MemberID) *Election {
	e := elector{c: c, set: set.WithDefaults(), policy: policy, free: free, freeFrom: Instant(time.Hour)}
	if policy == nil {
		e.policy = DefaultPolicy
	}
	if q.Kind == RequestFailover {
		e.to, e.force = q.To, q.Force
	}
	return e.elect(me)
}

// Internals under test.
var (
	RulesHold    = rulesHold
	WantedSync   = wantedSync
	SyncIs       = syncIs
	Covered      = covered
	SwitchTarget = switchTarget
	StateHash    = stateHash
)

// SessionKey and its like name single records of a cluster.
func (k Keys) SessionKey(m MemberID) string { return k.session(m) }

// MemberKey names a member's status.
func (k Keys) MemberKey(m MemberID) string { return k.member(m) }

// GrantKey names the grant.
func (k Keys) GrantKey() string { return k.grant() }

// ReignKey names the reign.
func (k Keys) ReignKey() string { return k.reign() }
