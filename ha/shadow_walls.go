// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gausskit/gausskit/ha/dcs"
	"go.uber.org/zap"
)

// The walls around a node that looks only: whatever is decided, its actions are
// carried out with means that can do nothing else.

// errShadow: a node in shadow mode was about to act. The table of duties lets
// no decision order that.
var errShadow = errors.New("ha: shadow mode: not allowed")

// looker is all of an engine that a node needs for looking.
type looker interface {
	Observe(ctx context.Context) (Observation, error)
}

// means are what a node's actions are carried out with.
type means struct {
	eyes  looker
	hands Engine // nil while another manager is in charge
	store dcs.Store
}

// meansFor are the means of a node in a state.
func (n *Node) meansFor(s State) means {
	if s == StateShadow {
		return means{eyes: n.cfg.Engine, store: shadowStore{n.cfg.Store, n.keys, n.cfg.Name}}
	}
	return means{eyes: n.cfg.Engine, hands: n.cfg.Engine, store: n.cfg.Store}
}

// shadowStore lets a node change nothing but its own session, status and record.
type shadowStore struct {
	dcs.Store
	keys Keys
	name MemberID
}

// Commit refuses transactions that change anything else.
func (s shadowStore) Commit(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
	if !shadowTxn(s.keys, s.name, txn) {
		return 0, fmt.Errorf("%w: to change records of others", errShadow)
	}
	return s.Store.Commit(ctx, txn)
}

// tellShadow tells of entries that have begun or ended.
func (n *Node) tellShadow(from *Machine, d *Decision) {
	to := d.Machine.Shadow
	if to == nil || from.Shadow == nil && len(to.Record.Entries) == 0 {
		return
	}
	var old []ShadowEntry
	if from.Shadow != nil {
		old = from.Shadow.Record.Entries
	} else {
		old = to.Record.Entries[:max(0, len(to.Record.Entries)-1)]
	}
	for i := range to.Record.Entries {
		e := &to.Record.Entries[i]
		if slices.ContainsFunc(old, func(o ShadowEntry) bool {
			return o.Kind == e.Kind && o.Wall == e.Wall && o.End == e.End && o.To == e.To
		}) {
			continue
		}
		ev := ShadowEvent{Member: n.cfg.Name, Entry: *e}
		if e.Kind == ShadowWould && e.End == 0 {
			ev.Record = d.Would
		}
		n.log.Info("shadow", zap.Stringer("entry", *e))
		n.events.shadowed(ev)
	}
}
