// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"
	"time"
)

// Asides are sequences that a theme met too seldom. They have luck of their
// own, so that the schedules of all other seeds stay what they are.

// aside returns the dice of one kind of aside.
func aside(seed, salt uint64) dice { return dice{seed: mix(seed ^ salt)} }

func (d *dice) member(n int) string { return fmt.Sprintf("m%d", 1+d.below(n)) }

// brokenHand adds, to some seeds, a switchover whose heir does not get the end
// of the log because nothing of the primary's reaches the others, and the end
// of the machine that has it.
func (g *generator) brokenHand(seed uint64) {
	d := aside(seed, 0x4a)
	if !d.oneIn(6) {
		return
	}
	at := d.between(2*time.Second, 4*time.Second)
	for i := range g.o.Members {
		g.add(at, "cut m1 m%d", i+1) // most often the primary
	}
	at += d.between(200*time.Millisecond, 2500*time.Millisecond)
	g.add(at, "switchover standby")
	at += d.between(500*time.Millisecond, 3*time.Second)
	g.add(at, "%s m1", d.pick("crash", "freeze"))
	at += 2*g.o.Settings.TTL + d.between(0, 4*time.Second)
	for _, end := range []string{"heal", "thaw all", "restart all"} {
		g.add(at, "%s", end)
	}
}

// shownSync adds, to some seeds, a change of the synchronous set that the
// server shows and does not act on, and the primary's crash when all that was
// to follow from it has been done.
func (g *generator) shownSync(seed uint64) {
	d := aside(seed, 0x51)
	if !d.oneIn(4) || g.o.NoWatchdog && g.o.Settings.Durability.Quorum {
		return
	}
	at := d.between(7*time.Second, 10*time.Second) // when most of the theme is over
	from := d.below(2)
	g.add(at, "heal")
	g.add(at, "restart all")
	at += g.o.Settings.TTL / 2
	g.add(at, "sync %d", g.confirmers(from))
	at += d.between(time.Second, 2*time.Second)
	g.add(at, "fail primary set-sync lost")
	g.add(at, "sync %d", g.confirmers(from+1))
	at += 5*g.o.Settings.StoreLimit + d.between(500*time.Millisecond, 2*time.Second)
	g.add(at, "slow-log all %v", d.between(200*time.Millisecond, 2*time.Second))
	at += d.between(200*time.Millisecond, 2*time.Second)
	g.add(at, "crash primary")
	if d.oneIn(2) {
		g.add(at, "crash standby")
	}
	at += d.between(0, 2*g.o.Settings.TTL)
	g.add(at, "slow-log all 0s")
	g.add(at+d.between(0, 2*time.Second), "restart all")
}

// lateFollow adds, to some seeds, orders to follow a new primary that come into
// effect when nobody counts on them any more, and the freezing of that
// primary's manager in between.
func (g *generator) lateFollow(seed uint64) {
	d := aside(seed, 0x1f)
	if !d.oneIn(4) {
		return
	}
	at := d.between(8*time.Second, 10*time.Second)
	g.add(at, "heal")
	g.add(at, "thaw all")
	g.add(at, "wake all")
	g.add(at, "restart all")
	at += g.o.Settings.TTL / 2
	g.add(at, "fail all follow late")
	g.add(at, "%s", d.pick("crash primary", "failover", "failover"))
	at += d.between(300*time.Millisecond, 3*time.Second)
	g.add(at, "freeze primary")
	at += 5*g.o.Settings.StoreLimit + d.between(0, 3*time.Second)
	g.add(at, "thaw all")
	g.add(at, "restart all")
}

// earlyReinit adds, to some seeds, a member that lags and an order to throw
// away the data of another one, which may be the only one beside the primary
// that has what it confirmed.
func (g *generator) earlyReinit(seed uint64) {
	d := aside(seed, 0x2e)
	if !d.oneIn(3) {
		return
	}
	at := d.between(2*time.Second, 8*time.Second)
	lags := d.below(g.o.Members)
	other := (lags + 1 + d.below(g.o.Members-1)) % g.o.Members
	g.add(at, "slow-log m%d %v", lags+1, d.between(500*time.Millisecond, 4*time.Second))
	if d.oneIn(3) {
		g.add(at, "%s %s", d.pick("crash", "hang", "freeze"), d.member(g.o.Members))
	}
	at += d.between(300*time.Millisecond, 3*time.Second)
	g.add(at, "reinit m%d", other+1)
	if d.oneIn(2) {
		g.add(at+d.between(0, 3*time.Second), "%s", d.pick("crash primary", "kill-server primary", "switchover", "failover"))
	}
	at += d.between(2*time.Second, 6*time.Second)
	for _, end := range []string{"slow-log all 0s", "wake all", "thaw all", "restart all"} {
		g.add(at, "%s", end)
	}
}

// adrift adds what goes wrong with the identity of data: founders are overtaken
// while their servers are being made, and disks are mixed up.
func (g *generator) adrift(seed uint64) {
	d := aside(seed, 0xad)
	switch {
	case g.o.Empty && d.oneIn(2):
		at := d.between(founding, 2*founding)
		who := d.member(g.o.Members)
		g.add(at, "%s %s", d.pick("freeze", "freeze", "revoke", "cut-off"), who)
		g.add(at+g.o.Settings.TTL+d.between(founding, 8*founding), "%s", d.pick("thaw all", "heal", "restart all"))
	case !g.o.Empty && !g.o.Shadow && d.oneIn(16): // beside another manager no database is the cluster's yet
		who := d.member(g.o.Members)
		at := d.between(2*founding, faultTime/2)
		g.add(at, "crash %s", who)
		g.add(at, "exchange %s", who)
		g.add(at+d.between(founding, faultTime/4), "restart %s", who)
		if d.oneIn(2) {
			g.add(at+d.between(faultTime/4, faultTime/3), "give-back %s", who)
			g.add(at+d.between(faultTime/3, faultTime/2), "restart all")
		}
	}
}

// founding is about when the first member of an empty cluster makes its
// database: after ElectionWait.
const founding = faultTime / 40
