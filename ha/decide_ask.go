// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "time"

// A second view of the primary (Settings.AskPrimary). The log is one way on
// which a standby hears of the primary's server, and that way can break alone:
// a receiver that hangs, a firewall that forgets a quiet connection. So a
// standby that hears nothing asks the server over a session before it doubts.
//
// What it sees there can only keep it from doubting (V1), and not for longer
// than HangLimit after the log has fallen silent (V2): a server that answers
// and sends no log to anybody acknowledges nothing. So no answer, and no lie,
// moves the primary; and one that tells of a dead server that it lives
// delays what the log tells.

// lastSeen is the last sign of life of the holder's server, over either way.
func (d *decider) lastSeen() Instant {
	if !d.set.AskPrimary || d.m.SeenTerm != d.c.Reign.Term {
		return d.m.Heard
	}
	return max(d.m.Heard, min(d.m.Seen, d.m.Heard.Add(d.set.HangLimit)))
}

// ask orders the next question, when half of SuspectAfter has passed in
// silence: as long as log comes nobody asks.
func (d *decider) ask() {
	if !d.set.AskPrimary || !d.in.Self.CanAsk || !d.idle(LaneAsk) {
		return
	}
	if _, ok := d.watchful(); !ok {
		return
	}
	holder := d.c.Member(d.c.Reign.Holder)
	if holder == nil || !holder.Known || holder.Status.Address == "" {
		return
	}
	due := max(d.m.Heard.Add(d.set.SuspectAfter/2), d.m.AskAt)
	if d.now < due {
		d.at(due)
		return
	}
	d.m.Asked, d.m.AskAt = d.c.Reign.Term, d.now.Add(max(d.set.SuspectAfter/5, 50*time.Millisecond))
	d.order(Action{Kind: ActAsk, Term: d.c.Reign.Term, Upstream: d.upstream(holder), Limit: d.set.StoreLimit})
}

// absorbAsk notes that the server has answered. What it was at the time of the
// question is known, not what it is now.
func (d *decider) absorbAsk(o *Outcome) {
	if o.Result != ResultDone {
		return
	}
	if d.m.SeenTerm != d.m.Asked {
		d.m.Seen, d.m.SeenTerm = 0, d.m.Asked
	}
	d.m.Seen = max(d.m.Seen, o.Began)
}
