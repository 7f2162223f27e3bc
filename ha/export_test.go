// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

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
	LastKnown    = lastKnown
	SwitchTarget = switchTarget
	StateHash    = stateHash
)

// SessionKey and its like name single records of a cluster.
func (k Keys) SessionKey(m MemberID) string { return k.session(m) }

// MemberKey names a member's status.
func (k Keys) MemberKey(m MemberID) string { return k.member(m) }

// GrantKey names the grant.
func (k Keys) GrantKey() string { return k.grant() }

// Txn writes all records of c into an empty store.
func (c *Cluster) Txn(k Keys) dcs.Txn {
	var txn dcs.Txn
	put := func(key string, rev dcs.Revision, v any) {
		if rev != 0 {
			txn.Then = append(txn.Then, dcs.Op{Key: key, Value: encode(v)})
		}
	}
	put(k.settings(), c.SettingsRev, c.Settings)
	put(k.identity(), c.IdentityRev, c.Identity)
	put(k.grant(), c.GrantRev, c.Grant)
	put(k.reign(), c.ReignRev, c.Reign)
	put(k.rules(), c.RulesRev, c.Rules)
	put(k.pause(), c.PauseRev, c.Pause)
	put(k.request(), c.RequestRev, c.Request)
	put(k.changes(), c.ChangesRev, c.Changes)
	put(k.scheduled(), c.ScheduledRev, c.Scheduled)
	put(k.failovers(), c.FailoversRev, c.Failovers)
	put(k.approval(), c.ApprovalRev, c.Approval)
	for i := range c.Members {
		m := &c.Members[i]
		put(k.downtime(m.Name), m.DowntimeRev, m.Downtime)
		if m.Known {
			put(k.member(m.Name), 1, m.Status)
		}
		put(k.session(m.Name), m.SessionRev, m.Session)
	}
	return txn
}

// TermKey names the record of a term.
func (k Keys) TermKey(t Term) string { return k.term(t) }

// ShadowStore is the store of a node in shadow mode.
func ShadowStore(s dcs.Store, cluster string, name MemberID) dcs.Store {
	return shadowStore{s, KeysOf(cluster), name}
}
