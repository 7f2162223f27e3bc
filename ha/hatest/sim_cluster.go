// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"cmp"
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/internal/kvtree"
)

// Options say what a simulated cluster is made of. The zero value is three
// members with asynchronous replication and default settings.
type Options struct {
	Members  int    // 1 to 9; default 3. They are called m1, m2, ...
	Seed     uint64 // of latencies, clocks and the writer
	Settings ha.Settings
	Tags     map[ha.MemberID]ha.Tags

	// Policy and Hook are the user's own. A hook that returns an error vetoes.
	Policy ha.Policy
	Hook   func(member ha.MemberID, phase ha.HookPhase, to ha.MemberID) error

	// Empty lets the cluster begin without a database: the first members make
	// one. Otherwise m1 has one and the others a copy.
	Empty bool
	// Late is how many of the members, the last ones, are not there and have
	// no data until [Cluster.Restart].
	Late int
	// NoClaim models an engine that cannot lock its data directory.
	NoClaim bool
	// NoWatchdog leaves out the watchdog that stops a server whose manager is
	// dead or frozen. Without it two servers can be writable then, as package
	// ha documents; the simulation shows the hole and does not call it an error.
	NoWatchdog bool
	// Device gives the members a watchdog that their managers arm, feed and
	// disarm, as a node does with ha.Config's; automatic or required. It resets
	// the machine. Without it a simpler one is modelled, see NoWatchdog.
	Device, DeviceRequired bool
	// Fencer gives the members a device that switches another's machine off.
	Fencer bool
	// ClockDrift lets the clocks of the members and of the store run up to
	// one percent too fast or too slow.
	ClockDrift bool
	// Sweep is how often the store looks for ended leases; default 500 ms, as
	// etcd does.
	Sweep time.Duration
	// Loss is how many of a hundred messages are lost on their way and sent
	// again as TCP does: after 200 ms, and twice as long each time.
	Loss int
	// WriteEvery is the mean time between two rows of the client; default
	// 100 ms. RowSize is their size in the log; default 8 KiB.
	WriteEvery time.Duration
	RowSize    ha.Bytes
	// Base is where the log begins; default 0/3000000.
	Base ha.LSN
	// Shadow lets the nodes look on beside another manager, until the command
	// take-over. ForeignSync is how many standbys confirm a write under that one.
	Shadow      bool
	ForeignSync int
	// Aliases lets the other manager's standbys call themselves something else
	// than their members are called.
	Aliases bool
	// Trace records the story. It costs most of the time of a run.
	Trace bool
}

func (o Options) withDefaults() Options {
	o.Members = min(max(cmp.Or(o.Members, 3), 1), maxMembers)
	o.Sweep = cmp.Or(o.Sweep, 500*time.Millisecond)
	o.WriteEvery = cmp.Or(o.WriteEvery, 100*time.Millisecond)
	o.RowSize = cmp.Or(o.RowSize, 8*ha.KiB)
	o.Base = cmp.Or(o.Base, 0x3000000)
	o.Settings = o.Settings.WithDefaults()
	return o
}

const maxMembers = 9

// Cluster is a whole cluster in virtual time and one goroutine: members with
// their managers, servers, disks and clocks, a store, a network and a client
// that writes. Managers decide with [ha.Decide]; everything else is a model.
//
// Two clusters with the same options to which the same is done at the same
// times behave the same, to the byte of the trace. A Cluster is not safe for
// several goroutines.
type Cluster struct {
	opt     Options
	set     ha.Settings
	keys    ha.Keys
	now     int64
	agenda  agenda
	members []*member
	draws   [(maxMembers + 2) * numDraws]uint32

	store     store
	cut       [maxMembers + 2][maxMembers + 2]bool
	lastTL    uint32
	writer    writer
	judge     judge
	foreign   foreign
	requests  int
	decisions int64
	resets    int // by watchdogs
	input     ha.Input

	intercept func(event) bool // of an exploration: takes an event away

	healed  bool // no fault may begin any more; whoever has ended starts again
	tracing bool
	story   []string
}

// NewCluster makes a cluster and starts its members. Nothing happens before
// the first Run.
func NewCluster(o Options) *Cluster {
	o = o.withDefaults()
	c := &Cluster{opt: o, set: o.Settings, keys: ha.KeysOf(clusterName), lastTL: 1, tracing: o.Trace}
	c.store.init(c)
	c.judge.init(c)
	for i := range o.Members {
		c.members = append(c.members, newMember(c, i))
	}
	first := c.members[0].db
	if !o.Empty {
		first.create("7310000000000000001", o.Base)
		first.unserved = false
	}
	for i, m := range c.members {
		switch {
		case i >= o.Members-o.Late:
			continue
		case i > 0 && !o.Empty:
			m.db.copyOf(first)
			m.db.clean = true
		}
		m.boot()
	}
	if o.Shadow {
		c.foreign.init(c)
	}
	c.writer.init(c)
	if slices.ContainsFunc(c.members, (*member).cascade) {
		c.watchFeeding()
	}
	return c
}

const clusterName = "sim"

// Run lets d of virtual time pass, or less when a rule is broken.
func (c *Cluster) Run(d time.Duration) {
	c.runUntil(c.now+int64(d), nil)
}

// runUntil runs until the instant, or until done says so after an event.
func (c *Cluster) runUntil(end int64, done func() bool) bool {
	for len(c.agenda.heap) > 0 && c.agenda.heap[0].at <= end && c.judge.broken == "" {
		e := c.agenda.next()
		c.now = e.at
		if c.intercept != nil && c.intercept(e) {
			continue
		}
		if e.m != nil {
			if e.m.run != e.run {
				continue
			}
			if e.m.frozen {
				e.m.held = append(e.m.held, e)
				continue
			}
		}
		e.do()
		c.judge.check()
		if done != nil && done() {
			return true
		}
	}
	if c.judge.broken == "" {
		c.now = end
	}
	return false
}

// after lets do happen d nanoseconds from now.
func (c *Cluster) after(d int64, do func()) {
	c.agenda.add(event{at: c.now + max(d, 0), do: do})
}

// strictly is after for what an exploration may not delay.
func (c *Cluster) strictly(d int64, do func()) {
	c.agenda.add(event{at: c.now + max(d, 0), do: do, strict: true})
}

// Now returns how much virtual time has passed.
func (c *Cluster) Now() time.Duration { return time.Duration(c.now) }

// Broken returns the first rule that was broken, or nil. A cluster whose rule
// is broken stands still.
func (c *Cluster) Broken() error {
	if c.judge.broken == "" {
		return nil
	}
	return &brokenRule{at: c.Now(), text: c.judge.broken}
}

// Primary returns the member whose server accepts writes, or "" when there is
// none.
func (c *Cluster) Primary() ha.MemberID {
	for _, m := range c.members {
		if m.writable() {
			return m.name
		}
	}
	return ""
}

// Members returns the names of all members.
func (c *Cluster) Members() []ha.MemberID {
	names := make([]ha.MemberID, len(c.members))
	for i, m := range c.members {
		names[i] = m.name
	}
	return names
}

// Term returns the newest term that was given.
func (c *Cluster) Term() ha.Term { return c.Records().Reign.Term }

// Records returns the cluster's records as the store has them now.
func (c *Cluster) Records() *ha.Cluster { return c.store.records() }

// State returns the state of a member's node, [ha.StateStopped] when it has none.
func (c *Cluster) State(m ha.MemberID) ha.State {
	if x := c.member(m); x != nil && x.run != 0 && x.alive {
		return x.machine.State
	}
	return ha.StateStopped
}

// Acked returns how many rows the client was told are committed.
func (c *Cluster) Acked() int { return c.writer.acked }

// Lost returns how many acknowledged rows were missing on a primary after a
// failover. With synchronous replication it must be 0.
func (c *Cluster) Lost() int { return c.writer.lost }

// Doubles returns at how many events two servers accepted writes although the
// documentation says that this can happen: without a watchdog, or after a
// lease was revoked by hand.
func (c *Cluster) Doubles() int { return c.judge.doubles }

// Trace returns the story so far, one line per event; see [Options].Trace.
func (c *Cluster) Trace() []string { return c.story }

func (c *Cluster) member(name ha.MemberID) *member {
	for _, m := range c.members {
		if m.name == name {
			return m
		}
	}
	return nil
}

// Network addresses besides the members' own.
const (
	atStore  = maxMembers
	atClient = maxMembers + 1
)

// reaches reports whether a message can go from one place to another now.
func (c *Cluster) reaches(from, to int) bool { return !c.cut[from][to] }

// store is the coordination store as the members see it: a tree of keys, a
// clock of its own, and a state.
type store struct {
	c       *Cluster
	tree    *kvtree.Tree
	ppm     int64
	down    bool
	stopped int64 // virtual time at which it went down
	offset  int64 // time that it was down

	decoded *ha.Cluster
	ends    map[dcs.LeaseID]time.Duration // by the store's clock
	ttls    map[dcs.LeaseID]time.Duration
	sweepAt int64
	dirty   bool
}

// Resets returns how many machines were reset by their watchdogs.
func (c *Cluster) Resets() int { return c.resets }
