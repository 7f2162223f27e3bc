// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"context"
	"fmt"

	"github.com/gausskit/gausskit/ha/dcs"
)

// SettingsChange is one change of a cluster's settings while it ran.
type SettingsChange struct {
	ID     int      `json:"id"` // counts the cluster's changes, from 1
	By     string   `json:"by"`
	Why    string   `json:"why,omitempty"`
	Wall   int64    `json:"wall"` // Unix nanoseconds by the asker's clock
	Before Settings `json:"before"`
	After  Settings `json:"after"`
	Undoes int      `json:"undoes,omitempty"` // it puts back what was before that change
}

// KeptChanges is how many changes of the settings a cluster remembers.
const KeptChanges = 16

func (k Keys) changes() string { return k.State() + "changes" }

// Changes returns the newest changes of the cluster's settings, [KeptChanges]
// at most, oldest first.
func (a *Admin) Changes(ctx context.Context) ([]SettingsChange, error) {
	c, err := a.load(ctx)
	if err != nil {
		return nil, err
	}
	return c.Changes, nil
}

// RollBack puts the settings back to what they were before a change, as a new
// change: what came after it is undone, too. It is refused when that change is
// not remembered any more, or when what was before is not valid now.
func (a *Admin) RollBack(ctx context.Context, change int, why string) error {
	_, err := a.do(ctx, Order{Kind: OrderConfig, Undo: change, Reason: why})
	return err
}

// undo finds the settings that an order to undo a change wants.
func (p *Plan) undo(c *Cluster) {
	if p.Order.Undo == 0 || p.Order.Settings != nil {
		return
	}
	for i := range c.Changes {
		if ch := &c.Changes[i]; ch.ID == p.Order.Undo {
			before := ch.Before
			p.Order.Settings = &before
			p.Steps = []string{fmt.Sprintf("put back what was before change %d of %s", ch.ID, ch.By)}
			return
		}
	}
	p.Refused = fmt.Sprintf("change %d is not on record", p.Order.Undo)
	if n := len(c.Changes); n > 0 {
		p.Refused += fmt.Sprintf("; there are %d to %d", c.Changes[0].ID, c.Changes[n-1].ID)
	}
}

// changeOp adds a change of the settings to those that are remembered.
func (p *Plan) changeOp(k Keys, c *Cluster, by Issue) (dcs.Cond, dcs.Op) {
	next := SettingsChange{
		ID: 1, By: by.Actor, Why: p.Order.Reason, Wall: by.Wall, Before: c.Settings, After: *p.Order.Settings, Undoes: p.Order.Undo,
	}
	if n := len(c.Changes); n > 0 {
		next.ID = c.Changes[n-1].ID + 1
	}
	all := append(append(make([]SettingsChange, 0, len(c.Changes)+1), c.Changes...), next)
	all = all[max(0, len(all)-KeptChanges):]
	return dcs.Cond{Key: k.changes(), Modified: c.ChangesRev}, dcs.Op{Key: k.changes(), Value: encode(all)}
}
