// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// preferred reports whether a member goes before others that are as good.
func preferred(c *Cluster, m *Member) bool {
	return c.Settings.FailBack.Mode != FailBackNever && m.Status.Tags.Preferred
}

// failBack orders a switchover to a preferred member that has been fit for long
// enough, in the daily window.
func (d *decider) failBack() {
	f, m := d.set.FailBack, &d.m
	if f.Mode != FailBackPreferred || d.in.Self.Tags.Preferred || d.c.Paused() || d.c.RequestRev != 0 || m.ReignRev == 0 || d.lapsed() {
		m.FitSince, m.FitMember = 0, ""
		return
	}
	fit := MemberID("")
	for i := range d.c.Members {
		x := &d.c.Members[i]
		if !x.Status.Tags.Preferred || judgeTarget(d.c, &d.in.View.Obs, Request{Kind: RequestSwitchover}, x.Name) != ReasonEligible {
			continue
		}
		if fit == "" || x.Name == m.FitMember {
			fit = x.Name
		}
	}
	switch {
	case fit == "":
		m.FitSince, m.FitMember = 0, ""
	case fit != m.FitMember:
		m.FitSince, m.FitMember = d.now, fit
	}
	if fit == "" {
		return
	}
	due := m.FitSince.Add(cmp.Or(f.After, DefaultFailBackAfter))
	d.at(due)
	if d.now < due || !f.open(d.in.View.Wall) || !d.storeReady() || !d.holding() {
		return
	}
	m.FitSince = d.now // when it is refused, it has to be fit for that long again
	k := d.keys()
	q := Request{
		ID: "fail-back-" + d.in.Self.Instance + "-" + strconv.FormatUint(m.Seq, 10), Kind: RequestSwitchover, To: fit, Term: m.Term,
		By: string(d.in.Self.Name), Why: "preferred member", Cause: "fail-back", Wall: d.in.View.Wall,
	}
	d.commit(ActAnswer, dcs.Txn{
		If:   []dcs.Cond{{Key: k.grant(), Modified: m.GrantRev}, {Key: k.request()}, {Key: k.pause()}},
		Then: []dcs.Op{{Key: k.request(), Value: encode(q)}},
	})
}

// noteLag follows how long ago this member had all that the primary had told of.
func (d *decider) noteLag() {
	old, o, m := d.c.Member(d.c.Reign.Holder), &d.in.View.Obs, &d.m
	if old == nil || old.Name == d.in.Self.Name || !d.c.Reign.Promoted || old.Status.Timeline < d.c.Reign.Timeline {
		return
	}
	if old.StatusRev > m.ToldRev {
		m.ToldRev, m.ToldAt = old.StatusRev, d.now
	}
	if d.fresh() && (position{o.Timeline, o.LSN}).compare(old.position()) >= 0 {
		m.EvenAt = d.now
	}
}

// lags reports whether this member is further behind the primary than MaxLag.
// The primary tells its position once in a heartbeat; a member that streams
// has what was told before by the time of its next look, so one that has not
// had all of it for two heartbeats is behind indeed.
func (d *decider) lags() bool {
	old, o := d.c.Member(d.c.Reign.Holder), &d.in.View.Obs
	return old != nil && d.c.Reign.Promoted && o.LSN.Behind(old.Status.LSN) > d.set.MaxLag && d.now.Sub(d.m.EvenAt) > 2*d.set.Heartbeat &&
		slices.ContainsFunc(d.c.Members, func(m Member) bool { return m.Status.Tags.Cascade }) // nobody else asks
}

// lagTime is how long before the primary's last word this member last had all
// that it had told of; the longest there is when it is not known.
func (d *decider) lagTime() time.Duration {
	switch m := &d.m; {
	case m.ToldRev == 0:
		return 0 // there was no primary
	case m.EvenAt == 0:
		return MaxLimit
	default:
		return max(m.ToldAt.Sub(m.EvenAt), 0)
	}
}
