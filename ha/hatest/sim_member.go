// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
)

// member is one machine: a disk, a server on it, and a manager, which is the
// simulator's counterpart of ha.Node.
type member struct {
	c    *Cluster
	i    int
	name ha.MemberID
	ppm  int64

	// The machine and its server.
	db      *database
	aside   *database // its own, while another one is in its place
	up      bool      // the machine has power
	stream  stream
	slowNet time.Duration // log arrives this late
	slowIO  int64         // engine actions take this many times as long; 0 is 1
	barrier int           // counts stops and crashes: what began before one is over
	turned  int           // counts how often it turned away
	reading int64         // until then a standby that was started reads its own log
	copying bool          // a rejoin has begun to replace the data
	hungry  time.Duration // a cascade standby has not been fed, and could be

	// The manager.
	alive     bool
	frozen    bool
	held      []event // what waits while it is frozen
	run       int     // counts managers
	clock     clock
	self      ha.Self
	machine   ha.Machine
	view      ha.View
	wakes     uint64 // counts settings of the alarm
	flights   [8]flight
	watching  bool
	missed    bool
	slowWatch time.Duration
	slowStore time.Duration
	skew      time.Duration // of its wall clock
	backAt    int64         // when it was started, or went on
	readAt    int64         // when the store last told it that it holds the grant
	readTerm  ha.Term       // of that grant

	health  ha.Health // what its probes say
	sight   Sight     // what it sees of other servers
	quiet   bool      // no log comes to it, while all else gets through
	fates   []fateOf
	guard   guard
	journal int64 // wall time of the newest entry that was told
	device  device
	recent  [64]int64 // when the last decisions were made
	made    uint64
}

// flight is an action under way.
type flight struct {
	id        uint64 // 0: none
	kind      ha.ActionKind
	began     ha.Instant
	cancelled bool
}

func newMember(c *Cluster, i int) *member {
	m := &member{c: c, i: i, name: ha.MemberID("m" + strconv.Itoa(i+1))}
	m.db = &database{name: m.name, data: ha.DataNone}
	if c.opt.ClockDrift {
		m.ppm = int64(c.draw(i, drawClock)%(2*maxPPM+1)) - maxPPM
	}
	return m
}

func (m *member) writable() bool { return m.up && m.db.writable() }

// address is where the others' servers find this one.
func (m *member) address() string { return string(m.name) + ":5432" }

// boot starts a manager, and the machine when it has no power.
func (m *member) boot() {
	if m.alive {
		return
	}
	m.up, m.alive, m.frozen = true, true, false
	m.run++
	m.held, m.watching, m.missed = nil, false, false
	m.backAt = m.c.now
	m.clock = clock{origin: m.c.now - int64(time.Millisecond), ppm: m.ppm}
	m.machine, m.view, m.flights = ha.Machine{}, ha.View{}, [8]flight{}
	m.self = ha.Self{
		Cluster: clusterName, Name: m.name, Address: m.address(), Instance: string(m.name) + "#" + strconv.Itoa(m.run),
		Tags: m.c.opt.Tags[m.name], CanInit: true, CanSetSync: true, CanCheckpoint: true, CanAsk: true,
		HasHook: m.c.opt.Hook != nil, HasWatchdog: m.c.opt.Device || m.c.opt.DeviceRequired, NeedsWatchdog: m.c.opt.DeviceRequired, Defaults: m.c.opt.Settings,
		Shadow: m.c.opt.Shadow,
	}
	if m.c.opt.Fencer {
		m.self.Fence = ha.FenceDevice
	}
	if !m.c.opt.NoClaim {
		m.self.Claim = "disk of " + string(m.name)
	}
	m.tell("manager started")
	m.later(0, func() {
		m.watch()
		m.decide(nil, false)
	})
}

// later lets do happen in this run of the manager.
func (m *member) later(d int64, do func()) {
	m.c.agenda.add(event{at: m.c.now + max(d, 0), m: m, run: m.run, do: do})
}

// decide asks the core and carries out what it says.
func (m *member) decide(o *ha.Outcome, poked bool) {
	c := m.c
	m.view.Health = m.health
	m.view.Wall = m.skewedWall()
	in := &c.input // used again and again: it is large
	in.Now, in.Self, in.Machine, in.View, in.Poked, in.Policy = m.clock.local(c.now), &m.self, m.machine, m.view, poked, c.opt.Policy
	in.Outcomes = in.Outcomes[:0]
	if o != nil {
		in.Outcomes = append(in.Outcomes, *o)
	}
	d := ha.Decide(in)
	c.decisions++
	if c.decisions%101 == 0 {
		c.judge.twice(m, in, d)
	}
	if c.tracing && (d.Machine.Degraded != m.machine.Degraded || d.Machine.DegradedK != m.machine.DegradedK) && d.To == ha.StatePrimary {
		m.tell("degraded: %v, writes are confirmed by %d standbys", d.Machine.Degraded, m.confirms(&d.Machine))
	}
	m.machine = d.Machine
	c.judge.decided(m, in, &d)
	if c.tracing {
		m.tellShadow(d.Machine.Shadow)
	}
	if c.tracing && d.Parent != nil {
		m.tell("parent: %s", d.Parent)
	}
	if c.tracing && d.From != d.To {
		m.tell("%s -> %s: %s (%s)", d.From, d.To, d.Trigger, d.Why)
	}
	for i := range d.Actions {
		m.start(&d.Actions[i])
	}
	m.guard.renewed(m)
	if d.To == ha.StateStopped {
		m.tell("manager ended")
		m.device.fires = 0 // the last that a node does
		m.alive = false
		m.run++
		if m.c.healed {
			m.boot()
		}
		return
	}
	m.setAlarm(d.Wake)
}

// confirms is how many standbys a primary wants to confirm a write.
func (m *member) confirms(k *ha.Machine) int {
	want := m.c.Records().Settings.Durability.K
	if k.Degraded {
		return min(k.DegradedK, want)
	}
	return want
}

// setAlarm asks for a decision at t.
func (m *member) setAlarm(t ha.Instant) {
	m.wakes++
	if t > ha.Instant(time.Hour) {
		return
	}
	n := m.wakes
	m.c.agenda.add(event{at: max(m.clock.real(t), m.c.now), m: m, run: m.run, own: true, do: func() {
		if m.wakes == n {
			m.decide(nil, false)
		}
	}})
}

// start begins an action. A stop ends what the engine is busy with, and a stop
// before it.
func (m *member) start(a *ha.Action) {
	if m.c.tracing {
		m.tellAction(a)
	}
	lane := a.Kind.Lane()
	if lane == ha.LaneStop {
		m.cancel(ha.LaneEngine)
		m.cancel(ha.LaneStop)
	}
	m.flights[lane] = flight{id: a.ID, kind: a.Kind, began: m.clock.local(m.c.now)}
	m.c.agenda.add(event{at: m.c.now + max(m.clock.span(a.Limit), 0), m: m, run: m.run, own: true, do: func() {
		o := failed(context.DeadlineExceeded)
		if lane == ha.LaneStore || lane == ha.LaneRenew {
			o = failed(&dcs.UnavailableError{Op: a.Kind.String(), MayHave: true, Cause: context.DeadlineExceeded})
		}
		m.finish(a, o)
	}})
	switch lane {
	case ha.LaneStore, ha.LaneRenew:
		m.ask(a)
	case ha.LaneObserve:
		m.look(a)
	case ha.LaneGuard:
		m.mind(a)
	case ha.LaneAsk:
		m.askPeer(a)
	default:
		m.drive(a)
	}
}

// cancel ends the context of the action on a lane.
func (m *member) cancel(l ha.Lane) {
	f := &m.flights[l]
	if f.id == 0 || f.cancelled {
		return
	}
	f.cancelled = true
	a := &ha.Action{ID: f.id, Kind: f.kind}
	m.later(m.c.span(m.i, drawMisc, 100*time.Microsecond, 3*time.Millisecond), func() {
		m.finishAs(a, f.began, failed(context.Canceled))
	})
}

// flying reports whether an action has not ended for the manager.
func (m *member) flying(a *ha.Action) bool { return m.flights[a.Kind.Lane()].id == a.ID }

// finish reports the end of an action, once.
func (m *member) finish(a *ha.Action, o ha.Outcome) {
	if m.flying(a) {
		m.finishAs(a, m.flights[a.Kind.Lane()].began, o)
	}
}

// finishAs reports an end even when a newer action flies in the lane: a
// replaced stop ends, too.
func (m *member) finishAs(a *ha.Action, began ha.Instant, o ha.Outcome) {
	if f := &m.flights[a.Kind.Lane()]; f.id == a.ID {
		*f = flight{}
	}
	o.ID, o.Kind, o.Began, o.Ended = a.ID, a.Kind, began, m.clock.local(m.c.now)
	if m.c.tracing && (o.Result != ha.ResultDone || telling(a.Kind)) {
		m.tell("%s: %s %s", a.Kind, o.Result, o.Detail)
	}
	m.decide(&o, false)
}

// failed turns an error into an outcome, as ha.Node does.
func failed(err error) ha.Outcome {
	if err == nil {
		return ha.Outcome{Result: ha.ResultDone}
	}
	o := ha.Outcome{Result: ha.ResultFailed, Fault: ha.FaultOther, Detail: err.Error()}
	switch {
	case errors.Is(err, errVeto):
		o.Result, o.Fault = ha.ResultRefused, ha.FaultVeto
	case errors.Is(err, dcs.ErrConflict):
		o.Fault = ha.FaultConflict
	case errors.Is(err, dcs.ErrLeaseNotFound):
		o.Fault = ha.FaultLeaseGone
	case errors.Is(err, ha.ErrNeedsRejoin):
		o.Result, o.Fault = ha.ResultRefused, ha.FaultNeedsRejoin
	case errors.Is(err, dcs.ErrUnavailable):
		o.Fault = ha.FaultUnavailable
	}
	if dcs.Uncertain(err) || ha.Uncertain(err) {
		o.Result = ha.ResultUncertain
	}
	return o
}

var errVeto = errors.New("hatest: vetoed by the hook")

// tell adds a line to the story.
func (m *member) tell(format string, args ...any) {
	if m.c.tracing {
		m.c.line(m, fmt.Sprintf(format, args...))
	}
}
