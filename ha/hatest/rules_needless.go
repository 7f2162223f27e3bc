// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"

	"github.com/gausskit/gausskit/ha"
)

// checkNeedless checks N1 to N3 on one decision: that no primary is given up
// for what does not endanger anybody. Safety does not hang on them.
func checkNeedless(in *ha.Input, d *ha.Decision, c *ha.Cluster) error {
	m, r := &d.Machine, &c.Reign
	switch {
	case d.From == ha.StatePrimary && d.Trigger == ha.TriggerDeadline && m.Quorum:
		return fmt.Errorf("N1: stops for its lease, and relies on its standbys")
	case d.Trigger == ha.TriggerGrantLost && m.GrantRev > c.Revision:
		return fmt.Errorf("N2: gives up the grant of revision %d for records of revision %d", m.GrantRev, c.Revision)
	case d.From != ha.StateStandby || d.To != ha.StateElecting || !r.Quorum || r.Released || r.Holder == in.Self.Name:
		return nil
	}
	if old := c.Member(r.Holder); old != nil && old.Alive() && old.Status.Suspect == r.Term || c.RequestRev != 0 && c.Request.Force {
		return nil
	}
	doubt, calm := 0, 0
	for i := range c.Members {
		switch x := &c.Members[i]; {
		case x.Name == r.Holder || !x.Alive():
		case x.Status.Suspect == r.Term:
			doubt++
		case x.Known && x.Status.State == ha.StateStandby && x.Status.Running && x.Status.Data == ha.DataPresent &&
			!x.Status.Dry && !x.Status.Tags.Cascade && !x.Down():
			calm++
		}
	}
	if doubt < 2 && calm > 0 {
		return fmt.Errorf("N3: turns away from %s: %d doubt it, and %d who could do not", r.Holder, doubt, calm)
	}
	return nil
}
