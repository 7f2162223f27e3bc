// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"
	"context"
	"time"
)

// LocalStatus is what a node says of itself.
type LocalStatus struct {
	Member   MemberID      `json:"member"`
	State    State         `json:"state"`
	Term     Term          `json:"term,omitempty"` // of the grant that it holds; 0 for none
	Primary  MemberID      `json:"primary,omitempty"`
	Role     Role          `json:"role"` // RoleCascade while it streams from a standby
	Running  bool          `json:"running"`
	Writable bool          `json:"writable"`
	LSN      LSN           `json:"lsn"`
	LeaseFor time.Duration `json:"leaseFor,omitempty"` // until the holder's deadline (R1)
	Paused   bool          `json:"paused,omitempty"`
	// Parent is whom a cascade standby has chosen to stream from, and ParentWhy
	// why.
	Parent    MemberID     `json:"parent,omitempty"`
	ParentWhy ParentReason `json:"parentWhy,omitempty"`
	// Degraded: this primary's writes are confirmed by fewer standbys than the
	// settings ask for; see [Durability].Degrade. SyncK is by how many they are.
	Degraded bool `json:"degraded,omitempty"`
	SyncK    int  `json:"syncK,omitempty"`
	// PausedUntil is when the pause ends by itself; zero for never.
	PausedUntil time.Time `json:"pausedUntil,omitzero"`
	// Downtime: somebody works on this member.
	Downtime bool   `json:"downtime,omitempty"`
	Problem  string `json:"problem,omitempty"`
	// Watchdog is armed as long as it guards a server that is, or may be,
	// writable.
	Watchdog GuardState `json:"watchdog,omitempty"`
	// StoreProblem says why the store cannot be used right now, and StoreSince
	// when that began, by the wall clock.
	StoreProblem string    `json:"storeProblem,omitempty"`
	StoreSince   time.Time `json:"storeSince,omitzero"`
	// Quorum says that the member is primary by its standbys' leave: it goes on
	// when its lease runs out, and its deadline means nothing.
	Quorum bool `json:"quorum,omitempty"`
	// Would is, in state shadow, what the node would do if it were in charge;
	// empty for nothing.
	Would string `json:"would,omitempty"`
}

// Status returns the newest local status.
func (n *Node) Status() LocalStatus {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.mu.status
}

// Watch delivers the local status, first as it is and then after changes,
// until ctx ends or the node does; then the channel is closed. A slow receiver
// misses statuses in between, never the last one.
func (n *Node) Watch(ctx context.Context) <-chan LocalStatus {
	out := make(chan LocalStatus, 1)
	n.mu.Lock()
	defer n.mu.Unlock()
	out <- n.mu.status
	if n.mu.watchers == nil {
		close(out)
		return out
	}
	n.mu.watchers[out] = struct{}{}
	context.AfterFunc(ctx, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if _, ok := n.mu.watchers[out]; ok {
			delete(n.mu.watchers, out)
			close(out)
		}
	})
	return out
}

// publishStatus is called by the loop after each decision.
func (n *Node) publishStatus(now Instant) {
	s := LocalStatus{
		Member: n.cfg.Name, State: n.machine.State, Problem: n.machine.Problem, StoreProblem: cmp.Or(n.unreadable, n.view.StoreProblem),
		Role: n.view.Obs.Role, Running: n.view.Obs.Running, Writable: n.view.Obs.Writable && n.view.ObsKnown, LSN: n.view.Obs.LSN,
	}
	s.Problem = cmp.Or(s.Problem, n.view.Obs.Problem, n.machine.GuardWhy, n.view.Health.Lost, n.view.Health.Unfit)
	s.Watchdog = n.machine.Guard
	s.Parent, s.ParentWhy = n.machine.Cascade.Parent, n.machine.Cascade.Why
	if s.Writable {
		s.SyncK, s.Degraded = n.view.Obs.Sync.K, n.machine.Degraded
	}
	if c := n.view.Cluster; c != nil {
		s.Primary, s.Paused = c.Grant.Holder, c.Paused()
		if c.GrantRev == 0 && contest(c) {
			s.Primary = c.Reign.Holder
		}
		if c.Paused() && c.Pause.Until != 0 {
			s.PausedUntil = time.Unix(0, c.Pause.Until)
		}
		me := c.Member(n.cfg.Name)
		s.Downtime = me != nil && me.Down()
		s.Role = roleOf(c, n.view.Obs.Role, n.view.Obs.Upstream)
		s.Problem = cmp.Or(s.Problem, forsaken(c, n.cfg.Name, &n.cfg.Tags))
	}
	if sh := n.machine.Shadow; sh != nil && s.State == StateShadow {
		if s.Primary = sh.Primary; sh.Record.Would.Kind != WouldNothing {
			s.Would = sh.Record.Would.String()
		}
	}
	if n.cfg.Shadow && s.State != StateShadow && s.State != StateStarting {
		s.Problem = cmp.Or(s.Problem, "the cluster was taken over, and the configuration still says shadow")
	}
	if n.machine.GrantRev != 0 {
		s.Term = n.machine.Term
		if s.Quorum = n.machine.Quorum && n.machine.State == StatePrimary; !s.Quorum {
			s.LeaseFor = n.machine.Deadline().Sub(now)
		}
	}
	switch {
	case s.StoreProblem == "":
		n.storeSince = time.Time{}
	case n.storeSince.IsZero():
		n.storeSince = time.Now().Round(0)
	}
	s.StoreSince = n.storeSince
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.mu.status
	n.mu.status = s
	old.LeaseFor = s.LeaseFor // moves all the time; nobody waits for it
	if old == s {
		return
	}
	for w := range n.mu.watchers {
		select {
		case <-w:
		default:
		}
		w <- s
	}
}
