// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// OrderKind is what an operator can order.
type OrderKind uint8

// The kinds of orders.
const (
	OrderSwitchover OrderKind = iota + 1
	OrderFailover
	OrderPause
	OrderResume
	OrderConfig
	OrderReinit      // of one member: throw its data away and copy it anew
	OrderRestart     // of one member's server
	OrderCancel      // call a scheduled switchover off
	OrderApprove     // let the automatic failover that waits for it happen
	OrderRemove      // forget a member that never returns
	OrderDowntime    // somebody works on a member
	OrderEndDowntime // nobody does any more
	OrderTakeOver    // of a cluster in shadow mode
)

var orderNames = [...]string{ // read-only
	"", "switchover", "failover", "pause", "resume", "config", "reinit", "restart", "cancel", "approve", "remove", "downtime", "end downtime", "take over",
}

// String gives the kind in lower case.
func (k OrderKind) String() string { return nameOf(k, orderNames[:]) }

// MarshalText gives the form of String.
func (k OrderKind) MarshalText() ([]byte, error) { return marshalName(k, orderNames[:]) }

// UnmarshalText reads the form of String.
func (k *OrderKind) UnmarshalText(text []byte) error { return unmarshalName(k, orderNames[:], text) }

// Order is what an operator wants.
type Order struct {
	Kind     OrderKind `json:"kind"`
	To       MemberID  `json:"to,omitempty"`     // switchover, failover: the new primary; empty for the best
	Reason   string    `json:"reason,omitempty"` // why; a pause and a downtime need one
	Settings *Settings `json:"settings,omitempty"`

	// Force lets a failover pass what [Request] says, a pause or a downtime
	// replace the one there is, a downtime stop writes, and a removal take what
	// may be needed. The plan names the risk.
	Force bool `json:"force,omitempty"`
	// At is when a switchover is carried out, not before; zero for at once. See
	// also [ScheduleGrace].
	At time.Time `json:"at,omitzero"`
	// Until is when a pause or a downtime ends by itself; zero for never.
	Until time.Time `json:"until,omitzero"`
	// Member is whose downtime, removal, reinit or restart it is.
	Member  MemberID `json:"member,omitempty"`
	Undo    int      `json:"undo,omitempty"`    // config without settings: put back what was before this change
	Primary bool     `json:"primary,omitempty"` // restart: the primary's server, too
	// Manager and Without belong to the order to take over, see [TakeOverSpec].
	Manager string        `json:"manager,omitempty"`
	Without []MemberID    `json:"without,omitempty"`
	Limit   time.Duration `json:"limit,omitempty"` // of an order to one member: how long it may take; 0 is the default
}

// Plan is what an order would do to the cluster as it is. It can be printed,
// stored, and applied later, also by another process; applying it fails with
// [ErrPlanStale] when the cluster is not any more as the plan saw it.
type Plan struct {
	Order    Order     `json:"order"`
	Cluster  string    `json:"cluster"`
	State    string    `json:"state"` // hash of what the plan stands on
	Term     Term      `json:"term"`
	Primary  MemberID  `json:"primary,omitempty"`
	Target   MemberID  `json:"target,omitempty"`
	Verdicts []Verdict `json:"verdicts,omitempty"`
	Steps    []string  `json:"steps,omitempty"`
	// Refused says why the order cannot be carried out now; empty when it can.
	Refused string `json:"refused,omitempty"`
	// Obstacles are all that is in the way of a take-over, typed; Refused says
	// the same in words.
	Obstacles []Obstacle `json:"obstacles,omitempty"`
	// Risk says what carrying it out may cost; empty for nothing.
	Risk string `json:"risk,omitempty"`
}

// ErrPlanStale: the cluster has changed since the plan was made.
var ErrPlanStale = errors.New("ha: the cluster has changed since the plan was made")

// MakePlan works out what an order would do to a cluster. It is pure: the
// nodes' own judgement at the time of carrying it out is what counts, and
// stands on fresher facts.
func MakePlan(name string, c *Cluster, o Order, policy Policy) Plan {
	p := Plan{Order: o, Cluster: name, State: stateHash(c), Term: c.Reign.Term, Primary: c.Grant.Holder}
	switch o.Kind {
	case OrderSwitchover:
		p.planSwitchover(c, policy)
	case OrderFailover:
		p.planFailover(c, policy)
	case OrderPause:
		p.planPause(c)
	case OrderResume:
		p.planResume(c)
	case OrderConfig:
		p.planConfig(c)
	case OrderReinit, OrderRestart:
		p.planMember(c)
	case OrderCancel:
		p.planCancel(c)
	case OrderApprove:
		p.planApprove(c, policy)
	case OrderRemove:
		p.planRemove(c)
	case OrderDowntime, OrderEndDowntime:
		p.planDowntime(c)
	case OrderTakeOver:
		p.planTakeOver(c)
	default:
		p.Refused = fmt.Sprintf("%v is not an order", o.Kind)
	}
	p.planShadowed(c)
	p.checkFields()
	if o.Kind <= OrderFailover && p.Refused == "" && c.RequestRev != 0 && o.At.IsZero() {
		p.Refused = fmt.Sprintf("a %s asked for by %s is under way", c.Request.Kind, c.Request.By)
	}
	return p
}

func (p *Plan) planSwitchover(c *Cluster, policy Policy) {
	if c.GrantRev == 0 {
		p.Refused = "there is no primary; a failover can name one"
		return
	}
	q := Request{Kind: RequestSwitchover, To: p.Order.To, Force: p.Order.Force}
	view := observedByStatus(c)
	p.judgeAll(c, &view, q)
	target, reason := switchTarget(c, &view, q, policy)
	p.Target = target
	switch {
	case reason == ReasonEligible:
		p.choose(target)
	case !p.Order.At.IsZero() && (reason.waits() || reason == ReasonDowntime):
		p.Steps = []string{"not possible now, judged anew at that time: " + refusal(target, reason)}
	case reason.waits() && reason != ReasonDead: // a dead target is refused at once
		// A standby that is being filled or catches up: the primary waits for it.
		p.Steps = []string{fmt.Sprintf("%s waits, at most %v, while this is so: %s",
			c.Grant.Holder, c.Settings.WithDefaults().SwitchoverLimit, refusal(target, reason))}
	default:
		p.Refused = refusal(target, reason)
		return
	}
	if !p.Order.At.IsZero() {
		p.planSchedule(c)
		p.Target, target = p.Order.To, p.Order.To // whoever is the best then
	}
	if target == "" {
		target = "the best standby"
	}
	p.Steps = append(p.Steps,
		fmt.Sprintf("%s writes a checkpoint while writes go on", c.Grant.Holder),
		fmt.Sprintf("%s stops its server in order; writes stand still", c.Grant.Holder),
		fmt.Sprintf("%s gives the grant back with the end of its log", c.Grant.Holder),
		fmt.Sprintf("%s takes the grant of term %d once it has all log, and is promoted; writes go on", target, c.Reign.Term+1),
		fmt.Sprintf("%s and the other members follow %s", c.Grant.Holder, target))
}

func (p *Plan) planFailover(c *Cluster, policy Policy) {
	q := Request{Kind: RequestFailover, To: p.Order.To, Force: p.Order.Force}
	view := observedByStatus(c)
	p.judgeAll(c, &view, q)
	target, reason := switchTarget(c, &view, q, policy)
	p.Target = target
	if reason != ReasonEligible {
		p.Refused = refusal(target, reason)
		return
	}
	p.choose(target)
	if c.GrantRev != 0 {
		p.Steps = append(p.Steps, fmt.Sprintf("%s, if it lives, stops its server at once; else its lease runs out", c.Grant.Holder))
	}
	p.Steps = append(p.Steps,
		fmt.Sprintf("%s takes the grant of term %d and is promoted", target, c.Reign.Term+1),
		"the other members follow it, or are rewound or copied")
	if m := c.Member(target); m != nil && (asynchronous(c.Rules) || p.Order.Force) {
		if lost := shared(&c.Reign, m).Behind(lastKnown(c)); lost > 0 || asynchronous(c.Rules) {
			p.Risk = fmt.Sprintf("acknowledged writes behind %s may be lost, at least %s of log", m.Status.LSN, lost)
		}
	}
	if m := c.Member(target); m != nil && m.Status.Tags.Cascade && p.Order.Force {
		const what = "is a cascade standby, which has confirmed nothing: it may lack what others have"
		p.Risk = strings.TrimSuffix(fmt.Sprintf("%s %s; %s", target, what, p.Risk), "; ")
	}
}

func (p *Plan) planConfig(c *Cluster) {
	if p.undo(c); p.Refused != "" {
		return
	}
	if p.Order.Settings == nil {
		p.Refused = "no settings given"
		return
	}
	if err := p.Order.Settings.Validate(); err != nil {
		p.Refused = err.Error()
		return
	}
	old, next := c.Settings.WithDefaults(), p.Order.Settings.WithDefaults()
	for _, d := range old.durations() {
		if a, b := d.get(&old), d.get(&next); a != b {
			p.Steps = append(p.Steps, fmt.Sprintf("%s: %v -> %v", d.name, a, b))
		}
	}
	if a, b := old.Durability, next.Durability; a != b {
		if a.K != b.K {
			p.Steps = append(p.Steps, fmt.Sprintf("Durability.K: %d -> %d", a.K, b.K))
		}
		if a.Quorum != b.Quorum {
			p.Steps = append(p.Steps, fmt.Sprintf("Durability.Quorum: %t -> %t", a.Quorum, b.Quorum))
		}
		if a.Spread != b.Spread {
			p.Steps = append(p.Steps, fmt.Sprintf("Durability.Spread: %t -> %t", a.Spread, b.Spread))
		}
		if a.Degrade != b.Degrade {
			p.Steps = append(p.Steps, fmt.Sprintf("Durability.Degrade: %v -> %v", a.Degrade, b.Degrade))
		}
	}
	if a, b := old.FailBack, next.FailBack; a != b {
		p.Steps = append(p.Steps, fmt.Sprintf("FailBack: %s -> %s", encode(a), encode(b)))
	}
	if old.FailoverLimit != next.FailoverLimit {
		p.Steps = append(p.Steps, fmt.Sprintf("FailoverLimit: %d -> %d", old.FailoverLimit, next.FailoverLimit))
	}
	if old.Approve != next.Approve {
		p.Steps = append(p.Steps, fmt.Sprintf("Approve: %v -> %v", old.Approve, next.Approve))
	}
	if old.CascadeWaits != next.CascadeWaits {
		p.Steps = append(p.Steps, fmt.Sprintf("CascadeWaits: %v -> %v", old.CascadeWaits, next.CascadeWaits))
	}
	if old.Fencing != next.Fencing {
		p.Steps = append(p.Steps, fmt.Sprintf("Fencing: %s -> %s", old.Fencing, next.Fencing))
	}
	if old.MaxLag != next.MaxLag {
		p.Steps = append(p.Steps, fmt.Sprintf("MaxLag: %s -> %s", old.MaxLag, next.MaxLag))
	}
	switch {
	case next.Durability.K < old.Durability.K:
		p.Risk = "writes are acknowledged with fewer copies than before"
	case next.Durability.Degrade > 0 && old.Durability.Degrade == 0:
		p.Risk = "writes are acknowledged with fewer copies while standbys are missing, at last with none"
	}
	if next.Fencing < old.Fencing {
		p.Risk = strings.TrimPrefix(p.Risk+"; a former primary is fenced less surely before another is promoted", "; ")
	}
}

// refusal says why a target, or nobody when it is empty, can take over.
func refusal(target MemberID, r Reason) string {
	switch {
	case target != "":
		return string(target) + ": " + r.String()
	case r == ReasonNotThere:
		return "there is no other member"
	}
	return "no other member is fit: " + r.String()
}

func (p *Plan) judgeAll(c *Cluster, view *Observation, q Request) {
	last := lastKnown(c)
	for i := range c.Members {
		m := &c.Members[i]
		p.Verdicts = append(p.Verdicts, Verdict{
			Member: m.Name, Reason: judgeTarget(c, view, q, m.Name),
			Timeline: m.Status.Timeline, LSN: m.Status.LSN, Behind: shared(&c.Reign, m).Behind(last),
		})
	}
}

func (p *Plan) choose(target MemberID) {
	for i := range p.Verdicts {
		if p.Verdicts[i].Member == target {
			p.Verdicts[i].Reason = ReasonChosen
		}
	}
}

// observedByStatus stands in for the primary's own view: what the standbys
// said of themselves.
func observedByStatus(c *Cluster) Observation {
	o := Observation{LSN: lastKnown(c)}
	for i := range c.Members {
		m := &c.Members[i]
		if m.Alive() && m.Status.Streaming && (!m.Status.Tags.Cascade || m.Status.Upstream == c.Grant.Holder) {
			o.Receivers = append(o.Receivers, Receiver{Member: m.Name, Streaming: true, Flushed: m.Status.LSN})
		}
	}
	return o
}

// stateHash names what a plan stands on: who holds the grant, what was
// decided about the cluster, and which members live in which state with
// which tags. Positions are left out: they move all the time.
func stateHash(c *Cluster) string {
	h := sha256.New()
	fmt.Fprintln(h, c.GrantRev, c.ReignRev, c.PauseRev, c.SettingsRev, c.RequestRev, c.RulesRev, c.IdentityRev, c.ScheduledRev, c.ApprovalRev)
	if c.TakeOverRev != 0 {
		fmt.Fprintln(h, c.TakeOverRev)
	}
	for i := range c.Members {
		m := &c.Members[i]
		if m.ShadowRev != 0 {
			fmt.Fprintln(h, m.Status.Writable, m.Status.Running, m.Shadow.Sync, m.Shadow.Alien, m.Shadow.Strangers)
		}
		fmt.Fprintln(h, m.Name, m.SessionRev, m.Status.State, m.Status.Tags, m.Status.Streaming, m.Status.Data, m.Status.PendingRestart, m.OrderRev, m.DowntimeRev)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Issue is who applies a plan, and when; both stand in the records.
type Issue struct {
	ID    string // of the request; unique among a cluster's requests
	Actor string
	Wall  int64 // Unix nanoseconds
}

// Txn is the transaction that carries a plan into the store. It changes
// nothing unless the cluster is still at the revisions of c; the caller
// checks that c still hashes to p.State.
func (p *Plan) Txn(k Keys, c *Cluster, by Issue) dcs.Txn {
	guard := []dcs.Cond{
		{Key: k.grant(), Modified: c.GrantRev}, {Key: k.reign(), Modified: c.ReignRev},
		{Key: k.pause(), Modified: c.PauseRev}, {Key: k.settings(), Modified: c.SettingsRev},
		{Key: k.request(), Modified: c.RequestRev},
	}
	op := dcs.Op{}
	switch p.Order.Kind {
	case OrderTakeOver:
		return p.takeOverTxn(k, c, by, guard)
	case OrderCancel, OrderApprove, OrderRemove, OrderDowntime, OrderEndDowntime, OrderResume:
		return p.opsTxn(k, c, by, guard)
	case OrderSwitchover, OrderFailover:
		if !p.Order.At.IsZero() {
			return p.opsTxn(k, c, by, guard)
		}
		kind := RequestSwitchover
		if p.Order.Kind == OrderFailover {
			kind = RequestFailover
		}
		op = dcs.Op{Key: k.request(), Value: encode(Request{
			ID: by.ID, Kind: kind, To: p.Order.To, Force: p.Order.Force, Term: c.Reign.Term,
			By: by.Actor, Why: p.Order.Reason, Wall: by.Wall,
		})}
	case OrderPause:
		op = dcs.Op{Key: k.pause(), Value: encode(Pause{Reason: p.Order.Reason, By: by.Actor, Wall: by.Wall, Until: wallOf(p.Order.Until)})}
	case OrderConfig:
		op = dcs.Op{Key: k.settings(), Value: encode(p.Order.Settings)}
		cond, note := p.changeOp(k, c, by)
		return dcs.Txn{If: append(guard, cond), Then: []dcs.Op{op, note}}
	case OrderReinit, OrderRestart:
		var cond dcs.Cond
		cond, op = p.memberOp(k, c, by)
		guard = append(guard, cond)
	}
	return dcs.Txn{If: guard, Then: []dcs.Op{op}}
}
