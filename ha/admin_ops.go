// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"context"
	"fmt"
	"time"
)

// PauseUntil stops all automatic changes of roles until Resume or the time,
// whichever comes first. At that time any node ends the pause, by its own wall
// clock; one that is wrong ends it early or late.
func (a *Admin) PauseUntil(ctx context.Context, reason string, until time.Time) error {
	_, err := a.do(ctx, Order{Kind: OrderPause, Reason: reason, Until: until})
	return err
}

// ScheduleSwitchover lets the primary carry out a switchover at a time, not
// before it and at most [ScheduleGrace] late, and returns as soon as that is on
// record; wait for what comes of it with [Admin.AwaitAnswer]. A cluster has at
// most one scheduled switchover. It is judged when its time has come, and
// refused with its reasons when it cannot be lossless then, or when the cluster
// is paused. One with a target survives a change of primary; one without is
// void when another member has become primary. Other orders do not wait for it.
func (a *Admin) ScheduleSwitchover(ctx context.Context, to MemberID, at time.Time) (Answer, error) {
	return a.do(ctx, Order{Kind: OrderSwitchover, To: to, At: at})
}

// Cancel calls the scheduled switchover off. One whose time has come cannot be
// cancelled.
func (a *Admin) Cancel(ctx context.Context) error {
	_, err := a.do(ctx, Order{Kind: OrderCancel})
	return err
}

// AwaitAnswer waits until the request of an ID has its answer, or ctx ends. The
// store keeps the answers of the newest 16 requests.
func (a *Admin) AwaitAnswer(ctx context.Context, id string) (Answer, error) {
	return a.await(ctx, Plan{Order: Order{Kind: OrderSwitchover}}, id)
}

// Approve lets the automatic failover happen that waits for it (see
// Settings.Approve). It counts for the next term alone. [Admin.Plan] of an
// OrderApprove shows the election first.
func (a *Admin) Approve(ctx context.Context) error {
	_, err := a.do(ctx, Order{Kind: OrderApprove})
	return err
}

// BeginDowntime says that somebody works on a member, until EndDowntime or the
// time; the zero time is never. Meanwhile it is not promoted, its server is not
// started or rejoined by its node, it does not count for the synchronous set,
// and its problems are no alarms. The owner is this admin's actor.
func (a *Admin) BeginDowntime(ctx context.Context, m MemberID, reason string, until time.Time) error {
	_, err := a.do(ctx, Order{Kind: OrderDowntime, Member: m, Reason: reason, Until: until})
	return err
}

// EndDowntime puts a member into service again.
func (a *Admin) EndDowntime(ctx context.Context, m MemberID) error {
	_, err := a.do(ctx, Order{Kind: OrderEndDowntime, Member: m})
	return err
}

// Remove forgets a member that never returns. It is refused while a node lives
// under the name. It is also refused, unless force is set, while the
// synchronous rules count on the member, or when it was the last primary and
// nobody has taken over; [Admin.Plan] of an OrderRemove names the risk.
func (a *Admin) Remove(ctx context.Context, m MemberID, force bool) error {
	_, err := a.do(ctx, Order{Kind: OrderRemove, Member: m, Force: force})
	return err
}

// Alarms lists what an operator should look at, one short text each, none for a
// cluster that is well. What a member in downtime suffers from is not listed.
func (s ClusterStatus) Alarms() []string {
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	switch {
	case s.Term == 0 && s.Shadow != nil && s.Shadow.Split != "":
		add("split brain: the servers of %s and %s accept writes", s.Shadow.Primary, s.Shadow.Split)
	case s.Term == 0 && s.Shadow != nil && s.Shadow.Primary != "":
	case s.NeedsApproval:
		add("the failover from %s waits for an approval", s.Reign.Holder)
	case s.Primary == "":
		add("there is no primary")
	case !s.Writable:
		add("%s: primary, and takes no writes", s.Primary)
	}
	if p := s.Pause; p != nil && p.Automatic {
		add("automation has paused itself: %s", p.Reason)
	}
	for i := range s.Members {
		m := &s.Members[i]
		switch {
		case m.Downtime != nil:
		case !m.Alive:
			add("%s: no node lives under its name", m.Name)
		case m.Status.Problem != "":
			add("%s: %s", m.Name, m.Status.Problem)
		case !m.Status.Running:
			add("%s: its server does not run", m.Name)
		case m.Name != s.Primary && s.Writable && !m.Status.Streaming && m.Status.Tags.Cascade:
			add("%s: nothing feeds this cascade standby: %s", m.Name, m.Status.ParentWhy)
		case m.Status.State == StateShadow && m.Status.Role != RolePrimary && !m.Status.Streaming,
			m.Name != s.Primary && s.Writable && !m.Status.Streaming:
			add("%s: %s", m.Name, ReasonNotStreaming)
		}
	}
	return out
}
