// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Step is one command of a schedule and when it is carried out.
type Step struct {
	At time.Duration
	Do string // see [Cluster.Do]
}

// Schedule is a list of faults and orders, earliest first.
type Schedule []Step

// String writes one step per line.
func (s Schedule) String() string {
	var b strings.Builder
	for _, step := range s {
		fmt.Fprintf(&b, "%9.3f  %s\n", step.At.Seconds(), step.Do)
	}
	return b.String()
}

// dice are the random numbers of one seed's schedule; each is keyed by what it
// is for, so that a new kind of fault does not change all schedules.
type dice struct {
	seed uint64
	n    uint64
}

func (d *dice) roll() uint64 {
	d.n++
	return mix(d.seed ^ mix(d.n))
}

func (d *dice) below(n int) int         { return int(d.roll() % uint64(n)) }
func (d *dice) oneIn(n int) bool        { return d.below(n) == 0 }
func (d *dice) pick(s ...string) string { return s[d.below(len(s))] }

func (d *dice) between(lo, hi time.Duration) time.Duration {
	return (lo + time.Duration(d.roll()%uint64(hi-lo))).Round(time.Millisecond)
}

// faultTime is how long a random schedule makes trouble.
const faultTime = 20 * time.Second

// RandomOptions returns the cluster that a seed stands for: three to five
// members, or exactly as many as members says when it is not 0.
func RandomOptions(seed uint64, members int) Options {
	d := dice{seed: mix(seed ^ 0xc1)}
	o := Options{Seed: seed, Members: 3 + d.below(5)/2, ClockDrift: !d.oneIn(4), NoClaim: d.oneIn(4), NoWatchdog: d.oneIn(8), Empty: d.oneIn(6)}
	if members != 0 {
		o.Members = members
	}
	if d.oneIn(5) && o.Members > 3 {
		o.Late = 1
	}
	if d.oneIn(6) {
		o.Sweep = time.Millisecond
	}
	s := &o.Settings
	s.TTL = []time.Duration{5 * time.Second, 2 * time.Second, 3 * time.Second}[d.below(3)]
	s.Durability.K = []int{0, 1, 1, 2}[d.below(4)]
	s.Durability.Quorum = s.Durability.K > 0 && d.oneIn(2)
	s.SuspectAfter = []time.Duration{time.Second, 300 * time.Millisecond, 3 * time.Second}[d.below(3)]
	s.MaxLag = []ha.Bytes{64 * ha.KiB, 1 * ha.MiB, 16 * ha.MiB}[d.below(3)]
	s.PromoteLimit, s.RestartLimit, s.HangLimit = 8*time.Second, 3*time.Second, 3*time.Second
	s.SwitchoverLimit, s.RejoinAfter = 6*time.Second, 4*time.Second
	// The log passes a position where a comparison as text goes wrong.
	o.Base = ha.LSN(0x10000000) - ha.LSN(d.below(int(3*ha.MiB)))
	if d.oneIn(3) {
		o.Tags = map[ha.MemberID]ha.Tags{}
		apart := d.below(12) // one of five members at most, so that two can confirm
		for i := range o.Members {
			t := ha.Tags{Priority: d.below(3)}
			switch {
			case i > 0 && d.oneIn(8):
				t.NeverPromote = true
			case i == apart && o.Members > 4:
				t.NeverSync = true
			}
			o.Tags[ha.MemberID(fmt.Sprintf("m%d", i+1))] = t
		}
	}
	if s.Durability.K > 0 && d.oneIn(3) {
		s.Durability.Degrade = []time.Duration{300 * time.Millisecond, time.Second, 3 * time.Second}[d.below(3)]
	}
	if d.oneIn(6) {
		s.RestartLimit = ha.AtOnce
	}
	if d.oneIn(6) {
		s.MaxLagTime = 4 * time.Second
	}
	if s.Durability.K > 0 && d.oneIn(4) {
		s.Durability.Spread = true
		tags := map[ha.MemberID]ha.Tags{}
		for i := range o.Members {
			name := ha.MemberID(fmt.Sprintf("m%d", i+1))
			t := o.Tags[name]
			t.Zone = d.pick("a", "b", "c")
			tags[name] = t
		}
		o.Tags = tags
	}
	s.FailoverLimit = -1
	if d.oneIn(4) {
		s.FailoverLimit, s.FailoverWindow = 1+d.below(3), d.between(2*time.Second, 40*time.Second)
	}
	s.Approve = d.oneIn(12)
	if !o.NoWatchdog && d.oneIn(3) {
		o.Device, o.DeviceRequired = true, d.oneIn(2)
	}
	if d.oneIn(5) {
		o.Fencer = true
		if d.oneIn(2) {
			o.Settings.Fencing = ha.FenceDevice
		}
	}
	// Luck of its own: all other options stay what they are.
	if own := (dice{seed: mix(seed ^ 0xe7)}); own.oneIn(3) {
		s.AskPrimary = s.Durability.Quorum
	}
	return o
}

// Theme is what a random schedule is about.
type Theme uint8

// The themes. A seed has the theme of its remainder by their number, unless
// it is told another.
const (
	ThemeAny     Theme = iota // faults of all kinds, most often the primary's
	ThemeSync                 // members of the synchronous set come, go and lag while primaries crash
	ThemeTail                 // a primary that is cut off writes on, and comes back when its heir crashes
	ThemeLease                // requests and answers are slow or lost while leases run out
	ThemeGrant                // people delete grants, revoke leases and give orders while servers move
	ThemeHand                 // orders while members lag and observations are old
	ThemeCut                  // servers lose sight of each other while managers freeze and the store comes and goes
	ThemeOps                  // pauses, downtimes, schedules, approvals and limits while members crash
	ThemeCascade              // parents of cascade standbys crash, lag, are cut off, promoted or rebuilt
	numThemes
	// ThemeShadow: nodes look on beside another manager, and take over.
	ThemeShadow = numThemes
)

// ThemeOf returns the theme of a seed.
func ThemeOf(seed uint64) Theme {
	if seed%32 == 31 {
		return ThemeShadow
	}
	return Theme(seed % uint64(numThemes))
}

// ThemedOptions are the options of a seed as its theme needs them.
func ThemedOptions(seed uint64, members int, theme Theme) Options {
	o := RandomOptions(seed, members)
	if theme != ThemeShadow {
		return WithCascades(o, theme)
	}
	d := dice{seed: mix(seed ^ 0x5ad0)}
	o.Shadow, o.Empty, o.Late = true, false, 0
	o.ForeignSync, o.Aliases = d.below(2), d.oneIn(2)
	o.Settings.Fencing, o.Settings.Durability.Degrade = ha.FenceNone, 0
	return o
}

// RandomSchedule returns the faults and orders that a seed stands for.
func RandomSchedule(seed uint64, o Options, theme Theme) Schedule {
	o = o.withDefaults()
	g := generator{dice: dice{seed: mix(seed ^ 0x5c)}, o: o}
	if theme == ThemeShadow && !o.Shadow {
		theme = ThemeAny // there is no other manager
	}
	switch theme {
	case ThemeSync:
		if o.Settings.Durability.Degrade > 0 && g.oneIn(2) {
			g.degradeTheme()
		} else {
			g.syncTheme()
		}
		g.shownSync(seed)
	case ThemeTail:
		g.tailTheme()
	case ThemeLease:
		g.leaseTheme()
	case ThemeGrant:
		g.grantTheme()
	case ThemeCut:
		g.cutTheme()
		g.lateFollow(seed)
	case ThemeHand:
		g.handTheme()
		g.brokenHand(seed)
	case ThemeOps:
		g.opsTheme()
		g.earlyReinit(seed)
	case ThemeCascade:
		g.cascadeTheme()
	case ThemeShadow:
		g.shadowTheme()
	}
	n := 1 + g.below(7)
	if theme != ThemeAny {
		n = g.below(3)
	}
	for range n {
		g.fault()
	}
	g.probes(seed)
	g.adrift(seed)
	g.sights(seed)
	slices.SortStableFunc(g.steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	return g.steps
}

// probes lets probes of some seeds find something, with luck of their own: the
// other faults stay what they are.
func (g *generator) probes(seed uint64) {
	d := dice{seed: mix(seed ^ 0x9b)}
	if !d.oneIn(4) {
		return
	}
	for range 1 + d.below(3) {
		at := d.between(200*time.Millisecond, faultTime)
		who := d.pick("primary", "standby", fmt.Sprintf("m%d", 1+d.below(g.o.Members)))
		g.add(at, "probe %s %s", who, d.pick("dead", "dead", "veto", "object"))
		if !d.oneIn(3) {
			g.add(at+d.between(500*time.Millisecond, 8*time.Second), "probe all well")
		}
	}
}

// sights lets members of some seeds see what is not there, and keeps the log
// from some.
func (g *generator) sights(seed uint64) {
	d := dice{seed: mix(seed ^ 0x51)}
	if !g.o.Settings.AskPrimary || !d.oneIn(2) {
		return
	}
	for range 1 + d.below(2) {
		at := d.between(100*time.Millisecond, faultTime)
		g.add(at, "sight %s %s", d.pick("all", "standby", fmt.Sprintf("m%d", 1+d.below(g.o.Members))), d.pick("blind", "rosy"))
		if d.oneIn(2) {
			g.add(at+d.between(time.Second, 10*time.Second), "sight all true")
		}
		if d.oneIn(2) {
			at = d.between(100*time.Millisecond, faultTime)
			g.add(at, "quiet-log %s on", d.pick("all", "standby"))
			g.add(at+d.between(300*time.Millisecond, 6*time.Second), "quiet-log all off")
		}
	}
}

type generator struct {
	dice
	o     Options
	last  time.Duration
	steps Schedule
}

func (g *generator) add(at time.Duration, format string, args ...any) {
	g.steps = append(g.steps, Step{At: at, Do: fmt.Sprintf(format, args...)})
}

func (g *generator) member() string { return fmt.Sprintf("m%d", 1+g.below(g.o.Members)) }

// victim is whom a fault is meant for: most often the primary, because there
// is more to break.
func (g *generator) victim() string {
	switch g.below(5) {
	case 0, 1:
		return "primary"
	case 2:
		return "standby"
	}
	return g.member()
}

// fault adds one fault or order, and most often what ends it. Many come soon
// after the one before: single faults are survived too easily.
func (g *generator) fault() {
	at := g.between(200*time.Millisecond, faultTime)
	if g.last != 0 && g.oneIn(2) {
		at = min(g.last+g.between(time.Millisecond, 1500*time.Millisecond), faultTime)
	}
	g.last = at
	end := at + g.between(50*time.Millisecond, []time.Duration{time.Second, 4 * time.Second, 12 * time.Second}[g.below(3)])
	m := g.victim()
	switch g.below(20) {
	case 0, 1:
		g.add(at, "crash %s", m)
		g.add(end, "restart all")
	case 2:
		g.add(at, "kill-node %s", m)
		g.add(end, "restart all")
	case 3:
		g.add(at, "kill-server %s", m)
	case 4:
		g.add(at, "hang %s", m)
		g.add(end, "wake all")
	case 5:
		g.add(at, "freeze %s", m)
		g.add(end, "thaw all")
	case 6, 7:
		g.network(at, end, m)
	case 8:
		g.add(at, "store down")
		g.add(end, "store up")
	case 9:
		g.add(at, "slow-store %s %v", g.pick(m, "all"), g.between(10*time.Millisecond, g.o.Settings.StoreLimit*2))
		g.add(end, "slow-store all 0s")
	case 10:
		g.add(at, "%s %s %v", g.pick("slow-log", "slow-watch"), m, g.between(50*time.Millisecond, 3*time.Second))
		g.add(end, "slow-log all 0s")
		g.add(end, "slow-watch all 0s")
	case 11, 12, 13:
		g.fate(at, end, m)
	case 14, 15:
		g.add(at, "switchover %s", g.pick("", "standby", g.member()))
	case 16:
		g.add(at, "failover %s %s", g.pick("", "standby", g.member()), g.pick("", "", "", "force"))
	case 17:
		g.add(at, "%s", g.pick("pause", "pause", "pause "+g.between(100*time.Millisecond, 8*time.Second).String()))
		if !g.oneIn(3) {
			g.add(end, "resume")
		}
	case 18:
		g.odd(at, end, m)
	case 19:
		g.add(at, "close %s", m)
		g.add(end, "restart all")
	}
}

// fate lets a call go wrong, and makes sure that there is one.
func (g *generator) fate(at, end time.Duration, m string) {
	kind := ha.ActionKind(g.below(int(ha.ActDue)) + 1)
	g.add(at, "fail %s %s %s %d", m, strings.ReplaceAll(kind.String(), " ", "-"), Fate(1+g.below(int(numFates)-1)), g.below(3))
	if g.oneIn(2) {
		g.add(at+g.between(0, time.Second), "%s", g.pick("switchover", "kill-server primary", "crash primary", "crash "+g.member()))
	}
	g.add(end+4*time.Second, "restart all")
}

func (g *generator) network(at, end time.Duration, m string) {
	switch g.below(5) {
	case 0:
		g.add(at, "cut %s store", m)
	case 1:
		g.add(at, "cut store %s", m)
	case 2:
		g.add(at, "cut %s %s", m, g.member())
	default:
		var a, b []string
		for i := range g.o.Members {
			name := fmt.Sprintf("m%d", i+1)
			if g.oneIn(2) {
				a = append(a, name)
			} else {
				b = append(b, name)
			}
		}
		if g.oneIn(3) {
			a = append(a, "store")
		} else {
			b = append(b, "store")
		}
		if g.oneIn(2) {
			a = append(a, "client")
		} else {
			b = append(b, "client")
		}
		g.add(at, "partition %s %s", strings.Join(a, ","), strings.Join(b, ","))
	}
	g.add(end, "heal")
}

// odd adds what people do by hand, and changes of the settings.
func (g *generator) odd(at, end time.Duration, m string) {
	switch g.below(16) {
	case 14:
		g.add(at, "reinit %s %s", g.pick("standby", g.member()), g.pick("", "", "", "force"))
	case 15:
		g.add(at, "restart-server %s %s %s", m, g.pick("force", "force", ""), g.pick("in-place", ""))
	case 7, 8, 9, 10, 11, 12, 13:
		g.operator(at, end, m)
	case 6:
		g.add(at, "ttl %s", g.pick("2s", "3s", "5s", "7s"))
	case 0:
		g.add(at, "delete-grant")
	case 1:
		g.add(at, "revoke %s", m)
	case 2:
		switch {
		case g.o.NoWatchdog && g.o.Settings.Durability.Quorum: // lease mode would have its hole
			g.add(at, "sync %d", g.confirmers(1+g.below(2)))
		case g.oneIn(3) && !g.o.NoWatchdog:
			g.add(at, "mode %s", g.pick("lease", "quorum"))
			if g.oneIn(2) {
				g.add(end, "mode %s", g.pick("lease", "quorum"))
			}
		default:
			g.add(at, "sync %d", g.confirmers(g.below(3)))
		}
	case 3:
		g.add(at, "slow-disk %s %d", m, 2+g.below(8))
		g.add(end, "slow-disk all 1")
	case 4:
		g.add(at, "big on")
		g.add(end, "big off")
	case 5:
		g.add(at, "cut %s client", m)
		g.add(end, "heal")
	}
}

// operator adds what people tell the nodes to expect.
func (g *generator) operator(at, end time.Duration, m string) {
	switch g.below(7) {
	case 0:
		g.add(at, "schedule %v %s", g.between(100*time.Millisecond, 8*time.Second), g.pick("", "standby", g.member()))
		if g.oneIn(3) {
			g.add(end, "cancel")
		}
	case 1:
		g.add(at, "downtime %s %v %s", g.pick("standby", g.member()), g.between(100*time.Millisecond, 8*time.Second), g.pick("", "force"))
		g.add(at+g.between(0, 2*time.Second), "%s", g.pick("crash primary", "kill-server standby", "switchover", "crash standby"))
		if g.oneIn(3) {
			g.add(end, "end-downtime all")
		}
		g.add(end, "restart all")
	case 2:
		g.add(at, "limit %d %v", 1+g.below(2), g.between(2*time.Second, 30*time.Second))
		for range 2 + g.below(2) {
			g.add(at, "%s primary", g.pick("crash", "kill-server", "hang", "freeze", "close"))
			at += g.o.Settings.TTL + g.between(100*time.Millisecond, 3*time.Second)
			g.add(at, "restart all")
			g.add(at, "wake all")
			g.add(at, "thaw all")
		}
	case 3:
		g.add(at, "approve on")
		g.add(at+g.between(0, time.Second), "crash %s", m)
		g.add(end, "approve")
		g.add(end+g.between(0, 3*time.Second), "approve %s", g.pick("off", "on"))
		g.add(end, "restart all")
	case 4:
		g.add(at, "crash %s", m)
		g.add(at+g.between(0, 2*g.o.Settings.TTL), "remove %s %s", g.pick(m, g.member()), g.pick("", "", "force"))
		g.add(end, "restart all")
	case 5:
		g.add(at, "clock %s %v", m, g.between(-time.Hour, time.Hour))
		g.add(at, "pause 2s")
		g.add(end, "clock all 0s")
	case 6:
		g.add(at, "pause %v", g.between(50*time.Millisecond, 4*time.Second))
		g.add(at+g.between(0, time.Second), "crash %s", m)
		g.add(end, "restart all")
	}
}
