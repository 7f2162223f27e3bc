// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// TakeOverSpec says how a shadowed cluster is taken over.
type TakeOverSpec struct {
	// Manager names the manager that was stopped, or paused, for good: the
	// operator's word that it will not act any more. It is required, because no
	// node can see it. It goes into the record.
	Manager string
	// Without names members to go on without although no node of theirs lives:
	// the operator's word that their servers accept no writes.
	Without []MemberID
	// Settings are the cluster's from then on. nil for those that SetConfig has
	// set or, if nobody has, those in the configuration of the primary's node.
	Settings *Settings
	Reason   string // goes into the record
}

// Order is the order to take over, for [Admin.Plan].
func (s TakeOverSpec) Order() Order {
	return Order{Kind: OrderTakeOver, Manager: s.Manager, Without: s.Without, Settings: s.Settings, Reason: s.Reason}
}

// TakeOver lets the nodes that look on (Config.Shadow) take the cluster over,
// in one step, and returns when they have. The running primary stays primary:
// its node begins term 1, and with that all nodes act. Nothing is stopped or
// started that runs; each standby's connection is made anew, in its own name.
// [Admin.Plan] of the order shows what each node will do first.
//
// Errors: a [*RefusedError] with all that is in the way as Obstacles; nothing
// has changed then. When ctx ends before the nodes answer the order is withdrawn;
// only if the store cannot be reached for that may it still be carried out,
// within [TakeOverLimit].
func (a *Admin) TakeOver(ctx context.Context, spec TakeOverSpec) (Answer, error) {
	return a.do(ctx, spec.Order())
}

// ShadowReport is what nodes that look on have seen.
type ShadowReport struct {
	Primary MemberID `json:"primary,omitempty"` // whose server accepts writes under the present manager
	// Split names a second one: two servers accept writes.
	Split MemberID `json:"split,omitempty"`
	// Would is what each node would do now, if anything.
	Would []Would `json:"would,omitempty"`
	// Entries are the journals of all nodes, oldest first. Each change of
	// primary is there once, as the node tells it that would have acted, or
	// that of the new primary.
	Entries []ShadowEntry `json:"entries,omitempty"`
}

// shadowReport gathers what the shadow nodes tell; nil when there are none.
func shadowReport(c *Cluster) *ShadowReport {
	if !slices.ContainsFunc(c.Members, func(m Member) bool { return m.ShadowRev != 0 }) {
		return nil
	}
	out := &ShadowReport{}
	if c.Shadowed() {
		if p := primaryOf(c); p != nil && leads(p) {
			out.Primary = p.Name
		}
		if two := splitOf(c); two != nil {
			out.Split = two.Name
		}
	}
	for i := range c.Members {
		m := &c.Members[i]
		if c.Shadowed() && m.Alive() && m.Shadow.Would.Kind != WouldNothing {
			out.Would = append(out.Would, m.Shadow.Would)
		}
		for _, e := range m.Shadow.Entries {
			if at := slices.IndexFunc(out.Entries, e.sameEvent); at < 0 {
				out.Entries = append(out.Entries, e)
			} else if e.witness() > out.Entries[at].witness() {
				out.Entries[at] = e
			}
		}
	}
	slices.SortStableFunc(out.Entries, func(a, b ShadowEntry) int { return cmp.Compare(a.Wall, b.Wall) })
	return out
}

// sameEvent reports whether two nodes' entries tell of one change.
func (e ShadowEntry) sameEvent(o ShadowEntry) bool {
	return e.Kind != ShadowWould && e.Kind == o.Kind && e.By != o.By && e.To == o.To && e.Timeline == o.Timeline && within(e.Wall, o.Wall, sameEventWithin)
}

// sameEventWithin is how far apart nodes may see one change, clocks included.
const sameEventWithin = 10 * time.Second

// witness is how much the node knows that tells of a change.
func (e ShadowEntry) witness() int {
	switch {
	case e.Would.Kind != WouldNothing && e.By == e.Would.Member:
		return 3
	case e.Would.Kind != WouldNothing:
		return 2
	case e.By == e.To:
		return 1
	}
	return 0
}

// withdrawLimit bounds the withdrawal of an order whose giver has no time left.
const withdrawLimit = 3 * time.Second

// withdraw takes an order to take over back that nobody has carried out. The
// transaction that carries it out stands on it, so exactly one of both happens.
func (a *Admin) withdraw(ctx context.Context, id string, why error) (Answer, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawLimit)
	defer cancel()
	c, err := a.load(ctx)
	if err != nil {
		return Answer{}, errors.Join(why, err)
	}
	if i := slices.IndexFunc(c.Answers, func(x Answer) bool { return x.ID == id }); i >= 0 && c.Answers[i].Code == AnswerDone {
		return c.Answers[i], nil // just in time
	}
	if c.TakeOver.ID == id && c.Reign.Term == 0 {
		key := a.keys.takeOver()
		_, err = a.store.Commit(ctx, dcs.Txn{If: []dcs.Cond{{Key: key, Modified: c.TakeOverRev}, {Key: a.keys.reign()}}, Then: []dcs.Op{{Key: key, Delete: true}}})
		if err != nil {
			return Answer{}, errors.Join(why, err)
		}
	}
	return Answer{}, &RefusedError{Order: OrderTakeOver, Why: "no answer in time, so the order was withdrawn; nothing was changed"}
}
