// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"
	"time"
)

// The themes: sequences of faults that single ones, thrown at random, meet too
// seldom. Times within them are random still.

// takeover is about how long it takes from a primary's crash to the next one.
func (g *generator) takeover() time.Duration {
	return g.o.Settings.TTL + g.between(100*time.Millisecond, 1500*time.Millisecond)
}

// syncTheme lets one member lag, another go and come back, and the primary
// crash when that is under way; and perhaps its heir, soon after.
func (g *generator) syncTheme() {
	at := g.between(time.Second, 3*time.Second)
	lags := g.member()
	g.add(at, "slow-log %s %v", lags, g.between(300*time.Millisecond, 4*time.Second))
	if !g.oneIn(3) {
		g.add(at, "slow-store all %v", g.between(50*time.Millisecond, g.o.Settings.StoreLimit))
	}
	at += g.between(10*time.Millisecond, time.Second)
	other := g.pick("standby", g.member())
	switch g.below(4) {
	case 0:
		g.add(at, "sync %d", g.confirmers(1+g.below(2)))
	case 1:
		g.add(at, "close %s", other)
		at += g.between(0, 700*time.Millisecond)
	default:
		g.add(at, "crash %s", other)
		at += g.takeover()
		if g.oneIn(2) {
			g.add(at, "restart all")
			at += g.between(0, 1500*time.Millisecond)
		}
	}
	g.add(at, "%s primary", g.pick("crash", "crash", "kill-node", "close"))
	switch g.below(4) {
	case 0:
		g.add(at+g.between(0, g.o.Settings.TTL), "crash %s", g.pick(other, "standby"))
	case 1, 2:
		at += g.takeover()
		g.add(at, "crash primary")
	}
	at += g.takeover()
	if g.oneIn(2) {
		g.add(at, "slow-log all 0s")
	}
	g.add(at+g.between(0, 4*time.Second), "restart all")
}

// tailTheme cuts a primary off from all but the client. It goes on to write
// until its lease runs out, and comes back when the next primary crashes.
func (g *generator) tailTheme() {
	at := g.between(time.Second, 4*time.Second)
	if g.oneIn(3) {
		g.add(at, "big on")
	}
	g.add(at, "cut primary store")
	g.add(at, "cut store primary")
	for i := range g.o.Members {
		g.add(at, "cut primary m%d", i+1)
		g.add(at, "cut m%d primary", i+1)
	}
	at += g.takeover() + g.between(0, time.Second)
	crash := at + g.between(-200*time.Millisecond, 600*time.Millisecond)
	g.add(at, "heal")
	g.add(crash, "big off")
	g.add(crash, "%s primary", g.pick("crash", "crash", "kill-server", "close"))
	at += g.takeover() * 2
	g.add(at, "restart all")
}

// leaseTheme makes the way to the store slow, and then cuts it in one of many
// ways.
func (g *generator) leaseTheme() {
	at := g.between(time.Second, 6*time.Second)
	g.add(at, "slow-store %s %v", g.pick("primary", "all"), g.between(g.o.Settings.StoreLimit/4, g.o.Settings.StoreLimit*5/4))
	if g.oneIn(3) {
		g.add(at, "slow-disk primary %d", 2+g.below(3))
	}
	at += g.between(500*time.Millisecond, 6*time.Second)
	switch g.below(6) {
	case 0:
		g.add(at, "store down")
	case 1:
		g.add(at, "hang primary")
		g.add(at, "cut primary store")
	case 2:
		g.add(at, "freeze primary")
	case 3:
		g.add(at, "kill-node primary")
		g.add(at+g.between(0, 2*time.Second), "restart all")
	case 4:
		g.add(at, "cut store primary")
	case 5:
		g.add(at, "cut primary store")
	}
	at += g.between(100*time.Millisecond, 2*g.o.Settings.TTL)
	g.add(at, "heal")
	g.add(at, "store up")
	g.add(at, "thaw all")
	g.add(at, "wake all")
}

// grantTheme does what people do by hand while a server is on its way.
func (g *generator) grantTheme() {
	at := g.between(time.Second, 6*time.Second)
	if g.oneIn(2) {
		g.add(at, "slow-watch %s %v", g.pick("all", "primary", "standby"), g.between(100*time.Millisecond, 3*time.Second))
	}
	if g.oneIn(2) {
		g.add(at, "slow-disk all %d", 2+g.below(6))
	}
	at += g.between(0, 500*time.Millisecond)
	g.add(at, "%s", g.pick("switchover", "failover", "kill-server primary", "crash primary", "pause", "kill-node primary"))
	if g.oneIn(3) {
		at += g.takeover()
	} else {
		at += g.between(0, time.Second)
	}
	g.add(at, "%s", g.pick("delete-grant", "delete-grant", "revoke primary", "crash primary", "pause"))
	at += g.between(0, time.Second)
	g.add(at, "%s", g.pick("kill-server primary", "failover", "switchover", "restart all", "delete-grant"))
	g.add(at+g.between(time.Second, 8*time.Second), "restart all")
	if g.oneIn(2) {
		g.add(at+g.between(time.Second, 8*time.Second), "resume")
	}
}

// handTheme gives orders while a member lags.
func (g *generator) handTheme() {
	at := g.between(time.Second, 4*time.Second)
	for range 1 + g.below(2) {
		g.add(at, "slow-log %s %v", g.pick("standby", g.member()), g.between(50*time.Millisecond, 1500*time.Millisecond))
	}
	for range 1 + g.below(3) {
		at += g.between(200*time.Millisecond, 3*time.Second)
		g.add(at, "%s", g.pick("failover", "failover", "switchover", "close primary", "failover "+g.member(), "switchover "+g.member(), "kill-node primary"))
	}
	g.add(at+g.between(time.Second, 4*time.Second), "restart all")
}

// cutTheme takes servers out of each other's sight, or freezes one with its
// manager, in ways that leave both sides alive; and lets the other side's
// members, the store or the old primary come and go while they elect.
func (g *generator) cutTheme() {
	at := g.between(time.Second, 4*time.Second)
	for range 1 + g.below(2) {
		switch g.below(7) {
		case 0:
			g.add(at, "freeze primary")
			g.add(at, "hang primary")
		case 1:
			g.add(at, "freeze primary")
		case 2, 3: // its standbys do not see it, the store and the client do
			for i := range g.o.Members {
				g.add(at, "cut primary m%d", i+1)
				if !g.oneIn(3) {
					g.add(at, "cut m%d primary", i+1)
				}
			}
			if g.oneIn(3) {
				g.add(at, "cut primary store")
			}
		case 4:
			g.add(at, "store down")
			g.add(at+g.between(0, 3*time.Second), "%s primary", g.pick("crash", "kill-server", "freeze", "hang"))
			g.add(at+g.between(time.Second, 2*g.o.Settings.TTL), "store up")
		case 5:
			g.add(at, "cut %s standby", g.pick("primary", "standby", g.member()))
			g.add(at, "cut standby primary")
		case 6:
			g.add(at, "cut primary store")
			g.add(at, "cut store primary")
		}
		at += g.between(10*time.Millisecond, 2*g.o.Settings.SuspectAfter+time.Second)
		if g.oneIn(2) {
			g.add(at, "%s", g.pick("slow-watch all 500ms", "slow-log standby 1s", "crash standby", "kill-node standby", "freeze standby",
				"kill-server standby", "close standby", "failover", "switchover", "hang standby", "slow-store all 300ms", "restart all", "crash primary"))
		}
		at += g.between(10*time.Millisecond, g.o.Settings.TTL)
		g.add(at, "%s", g.pick("heal", "heal", "thaw all", "wake all", "store up"))
		at += g.between(0, time.Second)
	}
	if g.oneIn(2) {
		g.add(at, "%s primary", g.pick("crash", "kill-server", "kill-node", "freeze", "close"))
		at += g.takeover()
	}
	for _, all := range []string{"heal", "thaw all", "wake all", "store up", "restart all"} {
		g.add(at+g.between(0, 3*time.Second), "%s", all)
	}
}

// degradeTheme takes standbys away until writes are confirmed by fewer, or by
// none, lets some come back, and has the primary crash at any moment of it.
func (g *generator) degradeTheme() {
	limit := g.o.Settings.Durability.Degrade
	at := g.between(time.Second, 3*time.Second)
	for i := range g.o.Members {
		name := fmt.Sprintf("m%d", i+1)
		switch {
		case g.oneIn(4):
		case g.oneIn(4):
			g.add(at, "hang standby")
		case g.oneIn(3):
			g.add(at, "cut primary %s", name)
			g.add(at, "cut %s primary", name)
		default:
			g.add(at, "%s standby", g.pick("crash", "kill-node", "close"))
		}
		at += g.between(0, 300*time.Millisecond)
	}
	if g.oneIn(4) {
		g.add(at, "fail primary %s %s", g.pick("set-sync", "sync-rules", "reign", "confirm"), Fate(1+g.below(int(numFates)-1)))
	}
	at += limit + g.between(0, 2*time.Second)
	if g.oneIn(3) {
		g.add(at, "slow-log all %v", g.between(50*time.Millisecond, 2*time.Second))
	}
	for _, back := range []string{"heal", "wake all", "restart " + g.member(), "restart all"} {
		if !g.oneIn(3) {
			g.add(at, "%s", back)
			at += g.between(0, 800*time.Millisecond)
		}
	}
	g.add(at, "%s primary", g.pick("crash", "crash", "kill-server", "kill-node", "close", "freeze"))
	if g.oneIn(2) {
		g.add(at+g.between(0, time.Second), "restart all")
	}
	at += g.takeover()
	for _, back := range []string{"slow-log all 0s", "heal", "wake all", "thaw all", "restart all"} {
		g.add(at+g.between(0, 2*time.Second), "%s", back)
	}
}

// opsTheme lets operators tell the nodes what to expect, and then breaks what
// they did not expect.
func (g *generator) opsTheme() {
	at := g.between(time.Second, 3*time.Second)
	for range 1 + g.below(2) {
		switch g.below(6) {
		case 0, 1:
			g.add(at, "limit %d %v", 1+g.below(2), g.between(10*time.Second, 40*time.Second))
			for range 2 + g.below(2) {
				g.add(at, "%s primary", g.pick("crash", "crash", "kill-node", "close"))
				at += g.takeover() + g.between(0, time.Second)
				g.add(at, "restart all")
				at += g.between(100*time.Millisecond, time.Second)
			}
		case 2:
			g.add(at, "downtime %s %v force", g.pick("standby", g.member()), g.between(500*time.Millisecond, 10*time.Second))
			at += g.between(0, time.Second)
			g.add(at, "%s", g.pick("crash primary", "crash primary", "switchover", "kill-server standby", "kill-node primary"))
		case 3:
			g.add(at, "approve on")
			at += g.between(0, time.Second)
			g.add(at, "crash primary")
			at += g.takeover()
			g.add(at, "%s", g.pick("approve", "failover", "restart all", "approve off"))
		case 4:
			g.add(at, "schedule %v %s", g.between(500*time.Millisecond, 6*time.Second), g.pick("", "standby", g.member()))
			at += g.between(0, 3*time.Second)
			g.add(at, "%s", g.pick("crash primary", "pause 1s", "cancel", "switchover", "kill-server primary", "close primary"))
		case 5:
			g.add(at, "pause %v", g.between(500*time.Millisecond, 8*time.Second))
			g.add(at+g.between(0, time.Second), "%s", g.pick("crash primary", "kill-server primary", "crash standby"))
			g.add(at+g.between(0, 8*time.Second), "%s", g.pick("remove m1", "remove m2", "remove m1 force", "remove m2 force", "resume"))
		}
		at += g.takeover()
		g.add(at, "restart all")
		at += g.between(0, time.Second)
	}
}

// shadowTheme lets the nodes look on while another manager has its troubles,
// take over, and have troubles themselves.
func (g *generator) shadowTheme() {
	at := g.between(500*time.Millisecond, 3*time.Second)
	for range g.below(3) {
		switch g.below(5) {
		case 0:
			g.add(at, "foreign switchover %s", g.member())
		case 1:
			g.add(at, "foreign split %s", g.member())
			g.add(at+g.between(time.Second, 4*time.Second), "foreign heal")
		case 2:
			g.add(at, "%s %s", g.pick("kill-server", "crash", "kill-node", "freeze", "hang"), g.pick("primary", "standby", g.member()))
		case 3:
			g.add(at, "%s %s", g.pick("close", "kill-node"), g.member())
		case 4:
			g.add(at, "slow-store all %v", g.between(20*time.Millisecond, g.o.Settings.StoreLimit))
		}
		at += g.between(100*time.Millisecond, 3*time.Second)
	}
	for range 1 + g.below(2) {
		switch g.below(7) {
		case 0:
			g.add(at, "fail primary acquire %s", Fate(1+g.below(int(numFates)-1)))
		case 1:
			g.add(at, "fail primary %s %s", g.pick("load", "answer", "publish", "set-sync", "sync-rules", "reign"), Fate(1+g.below(int(numFates)-1)))
		case 2:
			g.add(at, "slow-watch %s %v", g.pick("all", "primary", "standby"), g.between(50*time.Millisecond, 2*time.Second))
		case 3:
			g.add(at+g.between(0, 60*time.Millisecond), "%s", g.pick("cut primary store", "cut store primary", "kill-node primary", "freeze primary", "crash primary", "kill-server primary"))
		}
		g.add(at, "take-over %s", g.pick("", "", "", g.member()))
		at += g.between(0, 1500*time.Millisecond)
		if g.oneIn(3) {
			g.add(at, "%s primary", g.pick("crash", "kill-server", "kill-node", "freeze", "close"))
			at += g.takeover()
		}
		for _, all := range []string{"heal", "thaw all", "wake all", "restart all", "slow-watch all 0s", "slow-store all 0s"} {
			g.add(at+g.between(0, 2*time.Second), "%s", all)
		}
		at += g.between(time.Second, 4*time.Second)
	}
}
