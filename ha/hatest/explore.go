// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Exploration is a systematic search, where a random schedule would guess: a
// cluster of three members that has settled, a beginning, and then every way
// to deviate from what would happen, at every event of a window. A deviation
// is a command (a fault, see [Cluster.Do]), or the delay of the event: a
// request, an answer, a notice, log on its way or a timer that comes later than
// what was to come after it.
type Exploration struct {
	Mode   string          // "lease" or "quorum"
	Begin  []string        // commands with which the window begins
	Window int             // events at which to deviate
	Faults []string        // commands
	Delays []time.Duration // of an event
	// Pairs also tries all pairs of deviations of which one at least is a delay.
	Pairs bool
}

// Explored is what an exploration has found.
type Explored struct {
	Runs   int
	States int // distinct states of the cluster that were seen; times, positions and revisions do not count
	// Broken tells of a run that broke a rule; empty for none.
	Broken string
}

// Explorations are the ones that "make explore" runs: both modes, and each of
// the faults that a failover begins with.
func Explorations(window int, pairs bool) []Exploration {
	begins := [][]string{
		{"crash primary"}, {"kill-server primary"}, {"kill-node primary"}, {"freeze primary"},
		{"freeze primary", "hang primary"}, {"cut primary store", "cut store primary"},
		{"partition primary,client standby,store,m3"}, {"switchover"}, {"store down"},
	}
	var all []Exploration
	for _, mode := range []string{"lease", "quorum"} {
		for _, b := range begins {
			all = append(all, Exploration{
				Mode: mode, Begin: b, Window: window, Pairs: pairs,
				Faults: []string{"crash primary", "crash standby", "crash m3", "kill-node all", "freeze standby", "heal", "thaw all", "restart all", "store down"},
				Delays: []time.Duration{400 * time.Millisecond, 3 * time.Second, 12 * time.Second},
			})
		}
	}
	return all
}

// deviation is what happens at an event instead of nothing.
type deviation struct {
	at    int // number of the event
	fault string
	delay time.Duration
}

func (d deviation) String() string {
	if d.fault != "" {
		return fmt.Sprintf("at event %d: %s", d.at, d.fault)
	}
	return fmt.Sprintf("event %d comes %v late", d.at, d.delay)
}

// options are small times, so that a run is short, and a watchdog, without
// which lease mode has its documented hole.
func (x Exploration) options() Options {
	o := Options{Members: 3, Seed: 1, WriteEvery: 300 * time.Millisecond}
	o.Settings = ha.Settings{
		TTL: 2 * time.Second, SuspectAfter: 300 * time.Millisecond, PromoteLimit: 4 * time.Second, RestartLimit: 2 * time.Second,
		HangLimit: 2 * time.Second, SwitchoverLimit: 3 * time.Second, RejoinAfter: 3 * time.Second,
	}
	o.Settings.Durability = ha.Durability{K: 1, Quorum: x.Mode == "quorum"}
	return o
}

// Run tries everything, on so many goroutines, and stops at the first run that
// breaks a rule.
func (x Exploration) Run(workers int) Explored {
	plans := x.plans()
	var next atomic.Int64
	var stop atomic.Bool
	var mu sync.Mutex
	var group sync.WaitGroup
	var out Explored
	seen := map[uint64]struct{}{}
	seed := maphash.MakeSeed()
	for range max(workers, 1) {
		group.Go(func() {
			mine, runs, broken := map[uint64]struct{}{}, 0, ""
			for broken == "" && !stop.Load() {
				n := int(next.Add(1)) - 1
				if n >= len(plans) {
					break
				}
				broken = x.try(plans[n], seed, mine)
				runs++
			}
			mu.Lock()
			defer mu.Unlock()
			out.Runs += runs
			for h := range mine {
				seen[h] = struct{}{}
			}
			if broken != "" && out.Broken == "" {
				out.Broken = broken
				stop.Store(true)
			}
		})
	}
	group.Wait()
	out.States = len(seen)
	return out
}

// plans lists the deviations of each run; the first run has none.
func (x Exploration) plans() [][]deviation {
	var single []deviation
	for at := range x.Window {
		for _, f := range x.Faults {
			single = append(single, deviation{at: at, fault: f})
		}
		for _, d := range x.Delays {
			single = append(single, deviation{at: at, delay: d})
		}
	}
	plans := [][]deviation{nil}
	for _, d := range single {
		plans = append(plans, []deviation{d})
	}
	if !x.Pairs {
		return plans
	}
	for i, a := range single {
		for _, b := range single[i+1:] {
			if a.delay != 0 || b.delay != 0 {
				plans = append(plans, []deviation{a, b})
			}
		}
	}
	return plans
}

// try runs one plan and returns what broke, as a story.
func (x Exploration) try(plan []deviation, seed maphash.Seed, seen map[uint64]struct{}) string {
	c := x.play(x.options(), plan, func(c *Cluster) { seen[c.fingerprint(seed)] = struct{}{} })
	if c.judge.broken == "" {
		return ""
	}
	o := x.options()
	o.Trace = true
	told := x.play(o, plan, nil)
	var b strings.Builder
	fmt.Fprintf(&b, "%s mode, %s\n", x.Mode, strings.Join(x.Begin, ", "))
	for _, d := range plan {
		fmt.Fprintln(&b, d)
	}
	fmt.Fprintf(&b, "%s\n%s\n%s", StoryHeader, strings.Join(told.story, "\n"), c.judge.broken)
	return b.String()
}

// play settles a cluster, begins, deviates, and lets it come to rest.
func (x Exploration) play(o Options, plan []deviation, each func(*Cluster)) *Cluster {
	c := NewCluster(o)
	if !c.Settle(20 * time.Second) {
		c.judge.fail("exploration: no cluster to begin with")
		return c
	}
	must := func(command string) {
		if err := c.Do(command); err != nil {
			c.judge.fail("exploration: %v", err)
		}
	}
	for _, b := range x.Begin {
		must(b)
	}
	n, plan := -1, slices.Clone(plan)
	c.intercept = func(e event) bool {
		n++
		late := false
		for _, d := range plan {
			switch {
			case d.at != n:
			case d.fault != "":
				must(d.fault)
			case !e.strict:
				if e.own && e.run == e.m.run {
					e.m.suspect() // the watchdog is for such managers
				}
				e.at += int64(d.delay)
				c.agenda.add(e)
				late = true
			}
		}
		if each != nil {
			each(c)
		}
		return late
	}
	c.Run(3*o.Settings.TTL + 4*o.Settings.SuspectAfter)
	c.intercept = nil
	c.finish()
	return c
}

// fingerprint is a hash of what the cluster is: who is in which state, what is
// under way, what the records say; not when, how far the log is, or at which
// revision.
func (c *Cluster) fingerprint(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	put := func(v any) { maphash.WriteComparable(&h, v) }
	r := c.Records()
	put([...]any{r.Reign.Term, r.Reign.Holder, r.Reign.Promoted, r.Reign.Quorum, r.Reign.Released, r.Reign.To, r.GrantRev != 0, r.Grant.Holder})
	put([...]any{len(r.Rules), r.RequestRev != 0, c.store.down})
	for _, m := range c.members {
		k := &m.machine
		put([...]bool{m.up, m.alive, m.frozen, m.copying, m.db.running, m.db.hung, m.stream.connected, k.GrantRev != 0, k.Confirmed, k.Quorum, k.Stopped})
		put([...]any{k.State, m.db.role, m.db.upstream.Member, k.Term, k.Promised, k.Published.Final, k.Published.Suspect, k.Published.State, m.db.sync.K})
		for i := range k.Flights {
			put(k.Flights[i].Kind)
		}
		if s := r.Member(m.name); s != nil {
			put([...]any{s.Alive(), s.Status.Final, s.Status.Suspect, s.Status.State})
		}
	}
	return h.Sum64()
}
