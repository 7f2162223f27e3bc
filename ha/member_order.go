// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// MemberOrder is a wish of an operator about one member, written into the
// store; that member's node carries it out and answers. Each member has at most
// one at a time, beside the one [Request] of the cluster; a change of primary
// goes first.
type MemberOrder struct {
	ID       string    `json:"id"`
	Kind     OrderKind `json:"kind"`     // OrderReinit or OrderRestart
	Instance string    `json:"instance"` // run of the node that it was given to
	// Force lets a reinit throw away the last copy that the synchronous rules
	// count on besides the primary's, and a restart happen without need.
	Force bool `json:"force,omitempty"`
	// Primary lets a restart stop the primary's server, in place.
	Primary bool `json:"primary,omitempty"`
	// Limit is how long it may take from when the node has seen it; 0 is
	// DefaultRestartOrder or DefaultReinitOrder.
	Limit time.Duration `json:"limit,omitempty"`
	By    string        `json:"by"`
	Why   string        `json:"why,omitempty"`
	Wall  int64         `json:"wall"` // Unix nanoseconds by the asker's clock
}

// How long orders to members may take when they do not say.
const (
	DefaultRestartOrder = 5 * time.Minute
	DefaultReinitOrder  = rejoinLimit
)

func (q *MemberOrder) limit() time.Duration {
	if q.Kind == OrderRestart {
		return cmp.Or(q.Limit, DefaultRestartOrder)
	}
	return cmp.Or(q.Limit, DefaultReinitOrder)
}

// given reports whether an order waits for the run of the node that lives now.
func (m *Member) given() bool {
	return m.OrderRev != 0 && m.Alive() && m.Order.Instance == m.Session.Instance
}

func (k Keys) order(name MemberID) string { return k.State() + "orders/" + string(name) }

// Reinit throws the data of a standby away, copies it anew from the primary,
// and returns when the standby streams. First the member is taken out of the
// synchronous set, so that other members have all that it has confirmed; it is
// refused when too few of them are left, unless force says that it does not
// matter should the primary be lost, too, before the copy is done.
func (a *Admin) Reinit(ctx context.Context, member MemberID, force bool) (Answer, error) {
	return a.do(ctx, Order{Kind: OrderReinit, Member: member, Force: force})
}

// Restart restarts a member's server, and returns when it is up. Without always
// only one whose changed settings wait for that ([MemberStatus].PendingRestart)
// is restarted. The primary's is restarted only with primary, and in place:
// writes stand still, and when it takes longer than Settings.RestartLimit
// another member takes over.
func (a *Admin) Restart(ctx context.Context, member MemberID, always, primary bool) (Answer, error) {
	return a.do(ctx, Order{Kind: OrderRestart, Member: member, Force: always, Primary: primary})
}

// spared reports whether a member's data can be missed: as many others as the
// settings ask for confirm writes without it, or no rule counts on it.
func spared(c *Cluster, name MemberID) bool {
	if !counted(c.Rules, name) {
		return true
	}
	n := 0
	s := syncMembers{c: c, me: c.Grant.Holder}
	for i := range c.Members {
		if m := &c.Members[i]; m.Name != name && s.has(m) && m.Status.Streaming {
			n++
		}
	}
	return n >= c.Settings.Durability.K
}

// counted reports whether a rule counts on a member's data.
func counted(rules []SyncRule, name MemberID) bool {
	return slices.ContainsFunc(rules, func(r SyncRule) bool { return r.K > 0 && slices.Contains(r.Members, name) })
}

// planMember works out what an order to one member would do.
func (p *Plan) planMember(c *Cluster) {
	o := &p.Order
	m := c.Member(o.Member)
	p.Target = o.Member
	primary := o.Member != "" && c.Grant.Holder == o.Member
	switch {
	case m == nil || !m.Known:
		p.Refused = refusal(o.Member, ReasonNotThere)
		if o.Member == "" {
			p.Refused = "no member named"
		}
	case !m.Alive():
		p.Refused = refusal(o.Member, ReasonDead) + ", so nobody could carry it out"
	case m.Status.State == StateFenced:
		p.Refused = refusal(o.Member, ReasonForeign)
	case m.given():
		p.Refused = fmt.Sprintf("a %s of %s asked for by %s is under way", m.Order.Kind, o.Member, m.Order.By)
	case o.Limit < 0 || o.Limit > MaxLimit:
		p.Refused = fmt.Sprintf("limit %v: want 0 to %v", o.Limit, MaxLimit)
	case o.Kind == OrderReinit:
		p.planReinit(c, primary)
	default:
		p.planRestart(c, m, primary)
	}
}

func (p *Plan) planReinit(c *Cluster, primary bool) {
	o, holder := &p.Order, c.Grant.Holder
	switch spare := spared(c, o.Member); {
	case primary:
		p.Refused = refusal(o.Member, ReasonIsPrimary) + ", and its data is the cluster's"
		return
	case c.GrantRev == 0 || !c.Reign.Promoted:
		p.Refused = "there is no primary to copy from"
		return
	case !spare && !o.Force:
		p.Refused = fmt.Sprintf("%s has the last copy that the synchronous rules count on besides %s's: fewer than %d others stream",
			o.Member, holder, c.Settings.Durability.K)
		return
	case !spare:
		p.Risk = fmt.Sprintf("if %s is lost before the copy is done, acknowledged writes are lost; until then writes may wait", holder)
	case counted(c.Rules, o.Member):
		p.Steps = append(p.Steps, fmt.Sprintf("%s takes %s out of the synchronous set; others confirm all that it has", holder, o.Member))
	}
	p.Steps = append(p.Steps,
		fmt.Sprintf("%s stops its server and throws its data away", o.Member),
		fmt.Sprintf("%s copies the data of %s and follows it", o.Member, holder))
}

func (p *Plan) planRestart(c *Cluster, m *Member, primary bool) {
	o, set := &p.Order, c.Settings.WithDefaults()
	switch {
	case primary && !o.Primary:
		p.Refused = refusal(o.Member, ReasonIsPrimary) + "; it is restarted in place only when the order says so"
	case m.Status.State != StateStandby && m.Status.State != StatePrimary:
		p.Refused = fmt.Sprintf("%s is %s", o.Member, m.Status.State)
	case !m.Status.PendingRestart && !o.Force:
		p.Refused = string(o.Member) + ": no restart is pending"
	case primary:
		p.Risk = fmt.Sprintf("writes stand still until the server is up again; after %v another member takes over", set.RestartLimit)
	case !spared(c, o.Member):
		p.Risk = "writes wait while the server is down: too few others confirm them"
	}
	if p.Refused == "" {
		p.Steps = []string{fmt.Sprintf("%s stops its server in order", o.Member), fmt.Sprintf("%s starts it as it was", o.Member)}
	}
}

// memberOp is the change that gives an order to a member.
func (p *Plan) memberOp(k Keys, c *Cluster, by Issue) (dcs.Cond, dcs.Op) {
	o := &p.Order
	q := MemberOrder{
		ID: by.ID, Kind: o.Kind, Force: o.Force, Primary: o.Primary, Limit: o.Limit, By: by.Actor, Why: o.Reason, Wall: by.Wall,
	}
	cond := dcs.Cond{Key: k.order(o.Member)}
	if m := c.Member(o.Member); m != nil {
		q.Instance, cond.Modified = m.Session.Instance, m.OrderRev
	}
	return cond, dcs.Op{Key: cond.Key, Value: encode(q)}
}
