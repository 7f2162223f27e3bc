// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"
	"slices"

	"github.com/gausskit/gausskit/ha"
)

// checkShadow checks S1 to S3 on one decision.
func checkShadow(in *ha.Input, d *ha.Decision) error {
	c := in.View.Cluster
	if c == nil {
		c = &ha.Cluster{}
	}
	ordered := c.TakeOverRev != 0 && c.Reign.Term == 0
	begins := ordered && c.TakeOver.Primary == in.Self.Name
	looks := d.To == ha.StateShadow || d.From == ha.StateShadow && d.To != ha.StateStarting ||
		in.Self.Shadow && d.From == ha.StateStarting && (c.TakeOverRev == 0 || ordered && !begins)
	for i := range d.Actions {
		a := &d.Actions[i]
		switch {
		case looks:
			if l := a.Kind.Lane(); l == ha.LaneEngine || l == ha.LaneStop {
				return fmt.Errorf("S1: %v while another manager is in charge", a.Kind)
			}
			k := ha.KeysOf(in.Self.Cluster)
			own := []string{k.State() + "sessions/", k.State() + "members/", k.State() + "shadows/"}
			for _, op := range a.Txn.Then {
				if !slices.ContainsFunc(own, func(dir string) bool { return op.Key == dir+string(in.Self.Name) }) {
					return fmt.Errorf("S1: %v changes %s while another manager is in charge", a.Kind, op.Key)
				}
			}
		case begins && a.Kind == ha.ActStop && d.Machine.Taking == 0 && d.From == ha.StateStarting:
			return fmt.Errorf("S2: stops its server before the first term can be its own")
		case begins && a.Kind == ha.ActAcquire:
			if err := checkBegin(in, a, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkBegin: the first term stands on the order, and on the word of all others.
func checkBegin(in *ha.Input, a *ha.Action, c *ha.Cluster) error {
	if o := &in.View.Obs; !in.View.ObsKnown || !o.Writable || in.View.ObsBegan < in.Machine.Since {
		return fmt.Errorf("S3: begins over a server that was not just seen to accept writes: %+v", o)
	}
	if k := in.View.Obs.Sync.K; k > 0 {
		op, _ := put(a, "/state/sync")
		rules := decode[[]ha.SyncRule](op)
		if len(rules) != 1 || rules[0].Primary != in.Self.Name || rules[0].K != k && rules[0].K != 0 {
			return fmt.Errorf("S3: begins over the set %v, and puts on record: %v", in.View.Obs.Sync, rules)
		}
	}
	if rev, ok := cond(a, "/state/takeover"); !ok || rev != c.TakeOverRev {
		return fmt.Errorf("S2: begins, and does not stand on the order")
	}
	for i := range c.Members {
		m := &c.Members[i]
		if m.Name == in.Self.Name {
			continue
		}
		if rev, ok := cond(a, "/members/"+string(m.Name)); !ok || rev != m.StatusRev {
			return fmt.Errorf("S3: begins, and does not stand on what %s says", m.Name)
		}
		rev, ok := cond(a, "/shadows/"+string(m.Name))
		if !ok || rev != m.ShadowRev || m.SessionRev != 0 && (m.Shadow.Saw != c.TakeOver.ID || m.Shadow.Writes) {
			return fmt.Errorf("S3: begins before %s has looked at its server since the order: %+v", m.Name, m.Shadow)
		}
		if m.SessionRev != 0 && m.Status.Instance == m.Session.Instance && m.Status.Writable {
			return fmt.Errorf("S3: begins while the server of %s accepts writes", m.Name)
		}
	}
	return nil
}
