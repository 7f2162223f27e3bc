// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"

	"github.com/gausskit/gausskit/ha"
)

// checkDoubt checks V1 and V2 on one decision of a standby, by the silence that
// it has noted itself: it doubts a holder whose node lives only after the log
// has been silent for SuspectAfter, whatever it saw when it asked that one's
// server; and when the log has been silent for HangLimit more, it says so as
// soon as it can say anything.
func checkDoubt(in *ha.Input, d *ha.Decision, c *ha.Cluster) error {
	m, o, r := &d.Machine, &in.View.Obs, &c.Reign
	holder := c.Member(r.Holder)
	fresh := in.View.ObsKnown && in.View.ObsBegan >= m.ObsAfter && m.Flights[ha.LaneEngine].ID == 0 && m.Flights[ha.LaneStop].ID == 0
	if !r.Quorum || r.Released || !r.Promoted || r.Holder == in.Self.Name || holder == nil || !holder.Alive() || !fresh ||
		d.From != ha.StateStandby || d.To != ha.StateStandby || holder.Status.Suspect == r.Term || c.RequestRev != 0 {
		return nil
	}
	set := c.Settings.WithDefaults()
	silent, most := in.View.ObsBegan.Sub(m.Heard), set.SuspectAfter
	if set.AskPrimary {
		most += set.HangLimit
	}
	if s := &holder.Status; !s.Running || s.Restarting { // its node knows, and may start it again
		most += max(set.RestartLimit, ha.DefaultRestartLimit)
	}
	told, tells := m.Published.Suspect == r.Term, false
	for i := range d.Actions {
		if a := &d.Actions[i]; a.Kind == ha.ActPublish {
			op, _ := put(a, "/members/"+string(in.Self.Name))
			tells = true
			told = decode[ha.MemberStatus](op).Suspect == r.Term
			if told && silent < set.SuspectAfter {
				return fmt.Errorf("V1: doubts %s after a silence of %v", r.Holder, silent)
			}
		}
	}
	judges := o.Data == ha.DataPresent && o.Answers && !o.Writable && !voiceless(in, c)
	free := m.Flights[ha.LaneStore].ID == 0 && m.StoreAt <= in.Now && m.SessionRev != 0 && m.Lease != 0 && m.Loaded
	if judges && (tells || free) && !told && silent > most {
		return fmt.Errorf("V2: does not doubt %s after a silence of %v", r.Holder, silent)
	}
	return nil
}
