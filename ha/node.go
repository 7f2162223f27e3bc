// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/internal/monotime"
	"go.uber.org/zap"
)

// ErrClosed: the node was closed.
var ErrClosed = errors.New("ha: node closed")

// Node runs the role machine of one member: it asks the engine and the store
// what is, lets [Decide] decide, and carries out what was decided. One
// goroutine owns the machine; each action runs on a goroutine of its own, one
// per [Lane]. All methods may be called from any goroutine.
type Node struct {
	cfg   Config
	self  Self
	keys  Keys
	log   *zap.Logger
	clock monotime.Clock
	last  Instant // reading of the clock; owned by the loop

	inbox   chan message
	closing chan struct{} // closed by the first Close
	force   chan struct{} // closed when a Close runs out of time
	done    chan struct{} // closed when the loop has ended and all is cleaned up
	once    sync.Once
	forced  sync.Once

	workers sync.WaitGroup
	cancels [numLanes]context.CancelFunc
	events  *eventQueue
	probes  *prober
	reign   reign

	// Owned by the loop.
	machine    Machine
	view       View
	storeSince time.Time
	unreadable string // why the newest records cannot be read; empty when they can

	mu struct {
		sync.Mutex
		status   LocalStatus
		watchers map[chan LocalStatus]struct{}
		endErr   error
	}
}

// message is what reaches the loop from outside: the end of an action with
// what it brought, or a poke.
type message struct {
	outcome  Outcome
	cluster  *Cluster
	observed bool
	obs      Observation
	obsKnown bool
}

// Start validates cfg, claims the data directory where the engine can, and
// starts the node. It returns before the member has a role; ctx bounds only
// the start. The node runs until Close.
//
// Errors: [ErrConfig] with all violations; [ErrClaimed] when another process
// manages the data directory.
func Start(ctx context.Context, cfg Config) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	n := &Node{
		cfg: cfg, keys: KeysOf(cfg.Cluster), clock: monotime.Start(),
		inbox: make(chan message, 8), closing: make(chan struct{}), force: make(chan struct{}), done: make(chan struct{}),
	}
	n.log = cfg.Logger
	if n.log == nil {
		n.log = zap.NewNop()
	}
	n.log = n.log.With(zap.String("cluster", cfg.Cluster), zap.String("member", string(cfg.Name)))
	n.self = Self{
		Cluster: cfg.Cluster, Name: cfg.Name, Address: cfg.Address, Instance: rand.Text(), Tags: cfg.Tags,
		HasHook: cfg.Hook != nil, KeepServer: cfg.KeepServer, Shadow: cfg.Shadow, Defaults: cfg.Settings,
	}
	if c, ok := cfg.Engine.(Claimer); ok {
		claim, err := c.Claim(ctx)
		if err != nil {
			return nil, fmt.Errorf("ha: start %s of %s: %w", cfg.Name, cfg.Cluster, err)
		}
		n.self.Claim = claim
	}
	if cfg.Fencer != nil {
		n.self.Fence = cfg.Fencer.Level()
	}
	n.self.HasWatchdog = cfg.Watchdog != nil && cfg.WatchdogMode != WatchdogOff
	n.self.NeedsWatchdog = n.self.HasWatchdog && cfg.WatchdogMode == WatchdogRequired
	_, n.self.CanInit = cfg.Engine.(Initialiser)
	n.self.CanInit = n.self.CanInit && !cfg.NoInit
	_, n.self.CanSetSync = cfg.Engine.(SyncSetter)
	_, n.self.CanCheckpoint = cfg.Engine.(Checkpointer)
	_, n.self.CanAsk = cfg.Engine.(PeerAsker)
	n.probes = newProber(cfg.Probes)
	n.view.Health = n.probes.health()
	n.reign.init()
	n.events = newEventQueue(cfg.Events)
	n.mu.watchers = map[chan LocalStatus]struct{}{}
	n.mu.status = LocalStatus{Member: cfg.Name, State: StateStarting}
	go n.run()
	return n, nil
}

// Run starts a node and blocks until ctx ends; then it closes the node, giving
// it as long as an orderly hand-over may take.
func Run(ctx context.Context, cfg Config) error {
	n, err := Start(ctx, cfg)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-n.done:
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*cfg.Settings.WithDefaults().SwitchoverLimit)
	defer cancel()
	return n.Close(end)
}

// Close ends the node and returns when nothing of it is left. A primary first
// writes a checkpoint, stops its server in order, and gives the grant back
// with the best standby as heir; a standby's server is stopped unless the
// configuration keeps it. When ctx ends before that, a server that may be
// writable is stopped at once and the grant is left to run out; the error is
// then ctx's.
func (n *Node) Close(ctx context.Context) error {
	n.once.Do(func() { close(n.closing) })
	select {
	case <-n.done:
	case <-ctx.Done():
		n.forced.Do(func() { close(n.force) })
		<-n.done
		n.mu.Lock()
		defer n.mu.Unlock()
		return errors.Join(fmt.Errorf("ha: close %s: %w", n.cfg.Name, context.Cause(ctx)), n.mu.endErr)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.mu.endErr
}

// Done is closed when the node has ended.
func (n *Node) Done() <-chan struct{} { return n.done }

// Admin returns the operator's view of the node's cluster.
func (n *Node) Admin() *Admin { return NewAdmin(n.cfg.Store, n.cfg.Cluster, string(n.cfg.Name)) }

// now reads the node's clock. No two readings are equal, whatever the clock's
// resolution: an observation that was begun before an action ended must never
// pass for one that was begun after. Only the loop reads it.
func (n *Node) now() Instant {
	n.last = max(Instant(n.clock.Since()), n.last+1)
	return n.last
}

// run owns the machine from start to end.
func (n *Node) run() {
	defer close(n.done)
	ctx, cancel := context.WithCancel(context.Background())
	var poke <-chan struct{}
	if p, ok := n.cfg.Engine.(Notifier); ok {
		poke = p.Notify(ctx)
	}
	n.probes.start(ctx)
	forced := n.loop(ctx, n.cfg.Store.Watch(ctx, n.keys.State()), poke)
	cancel()
	n.reign.end()
	n.workers.Wait()
	n.probes.wait()
	var err error
	if forced && mayBeWritable(&n.machine, &n.view) {
		err = n.emergencyStop()
	}
	if err == nil { // else the device is the last that can stop the server
		err = n.leaveWatchdog()
	}
	if c, ok := n.cfg.Engine.(Claimer); ok {
		err = errors.Join(err, c.Release())
	}
	n.events.close()
	n.mu.Lock()
	n.mu.endErr = err
	for w := range n.mu.watchers {
		close(w)
	}
	n.mu.watchers = nil
	n.mu.Unlock()
}

// mayBeWritable reports whether a node that is ended by force must make sure of
// its server: it is primary, or has found it writable and not judged it yet.
func mayBeWritable(m *Machine, v *View) bool {
	switch m.State {
	case StatePromoting, StatePrimary:
		return true
	case StateDemoting:
		return !m.Stopped
	case StateFenced, StateStopped, StateShadow:
		return false
	case StateStarting:
		if c := v.Cluster; c != nil && c.TakeOverRev != 0 && c.Reign.Term == 0 && m.Taking == 0 {
			return false // not its business before the first term can be its own
		}
	}
	return v.ObsKnown && v.Obs.Writable && v.Obs.Data == DataPresent
}

// loop decides, acts and waits until the machine has stopped, or is forced to.
func (n *Node) loop(ctx context.Context, watch <-chan dcs.Update, poke <-chan struct{}) (forced bool) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	in := Input{Self: &n.self, Policy: n.cfg.Policy}
	closing := n.closing
	var force chan struct{} // only after closing
	for {
		in.Now = n.now()
		for i := range in.Outcomes {
			in.Outcomes[i].Ended = in.Now
		}
		n.view.Wall = time.Now().UnixNano()
		in.Machine, in.View = n.machine, n.view
		d := Decide(&in)
		n.machine = d.Machine
		for i := range d.Actions {
			n.start(ctx, &d.Actions[i], in.Now)
		}
		n.tell(&in, &d)
		if n.machine.State == StateStopped {
			return false
		}
		in.Outcomes, in.Poked = in.Outcomes[:0], false
		if d.Wake != never {
			timer.Reset(d.Wake.Sub(in.Now))
		}
		select {
		case <-timer.C:
		case msg := <-n.inbox:
			n.take(&in, msg)
		case u, ok := <-watch:
			if !ok {
				watch = nil
				break
			}
			n.update(u)
		case _, ok := <-poke:
			if !ok {
				poke = nil
			}
			in.Poked = ok
		case <-n.probes.news:
			n.view.Health = n.probes.health()
		case <-closing:
			closing, force = nil, n.force
			n.view.Closing = true
		case <-force:
			return true
		}
		n.drain(&in)
	}
}

// drain takes what else has arrived, so that one decision sees it all.
func (n *Node) drain(in *Input) {
	for {
		select {
		case msg := <-n.inbox:
			n.take(in, msg)
		default:
			return
		}
	}
}

func (n *Node) take(in *Input, msg message) {
	o := &msg.outcome
	in.Outcomes = append(in.Outcomes, *o)
	if msg.cluster != nil {
		n.see(msg.cluster)
	}
	if msg.observed {
		n.view.ObsBegan, n.view.ObsKnown = o.Began, msg.obsKnown
		if msg.obsKnown {
			n.view.Obs = msg.obs
		}
	}
	if o.Kind.Lane() == LaneStore || o.Kind.Lane() == LaneRenew {
		switch {
		case o.Result == ResultDone:
			n.view.StoreProblem = ""
		case o.Kind == ActLoad && o.Fault == FaultOther, o.Kind == ActConfirm && o.Fault == FaultOther:
			n.unreadable = o.Detail
		case o.Fault == FaultUnavailable || o.Result == ResultUncertain:
			n.view.StoreProblem = o.Detail
		}
	}
	if o.Result != ResultDone {
		n.log.Info("action failed", zap.Stringer("action", o.Kind), zap.Stringer("result", o.Result), zap.String("detail", o.Detail))
	}
}

// see takes newer records.
func (n *Node) see(c *Cluster) {
	if n.view.Cluster == nil || c.Revision >= n.view.Cluster.Revision {
		n.view.Cluster, n.unreadable = c, ""
	}
}

// update takes what the watch delivered.
func (n *Node) update(u dcs.Update) {
	if u.Err != nil {
		n.view.StoreProblem = u.Err.Error()
		return
	}
	c, err := n.keys.DecodeAfter(n.view.Cluster, u.Snapshot)
	if err != nil {
		n.unreadable = err.Error()
		n.log.Error("records cannot be read", zap.Error(err))
		return
	}
	n.see(c)
}

// start carries out an action on a goroutine of its own. A stop ends what the
// engine is busy with, and a stop before it.
//
// The time of the decision counts as the action's begin: it is a little early,
// which is the safe side for leases and for observations, and thousands of
// idle nodes save the reading of a clock.
func (n *Node) start(ctx context.Context, a *Action, began Instant) {
	lane := a.Kind.Lane()
	if lane == LaneStop {
		for _, l := range [...]Lane{LaneEngine, LaneStop} {
			if n.cancels[l] != nil {
				n.cancels[l]()
			}
		}
	}
	limit, cancel := context.WithTimeout(ctx, a.Limit)
	n.cancels[lane] = cancel
	known, with := n.view.Cluster, n.meansFor(n.machine.State)
	n.workers.Go(func() {
		defer cancel()
		msg := n.act(limit, *a, began, known, with)
		select {
		case n.inbox <- msg:
		case <-ctx.Done(): // the loop has ended and wants no news
		}
	})
}

// tell lets the outside know what was decided.
func (n *Node) tell(in *Input, d *Decision) {
	if d.From != d.To {
		n.log.Info("state", zap.Stringer("from", d.From), zap.Stringer("to", d.To), zap.Stringer("trigger", d.Trigger),
			zap.String("why", d.Why), zap.Stringer("term", n.machine.Term))
		n.events.stateChanged(StateChange{
			Member: n.cfg.Name, From: d.From, To: d.To, Trigger: d.Trigger, Why: d.Why,
			Term: n.machine.Term, LSN: n.view.Obs.LSN, At: time.Now(),
		})
	}
	n.tellDurability(&in.Machine, &d.Machine)
	n.tellParent(d.Parent)
	n.tellShadow(&in.Machine, d)
	if d.Changed() {
		n.events.decided(in, d)
	}
	n.reign.set(n.machine.State == StatePrimary)
	n.publishStatus(in.Now)
}

// tellDurability tells of steps into degraded mode and out of it.
func (n *Node) tellDurability(from, to *Machine) {
	if from.Degraded == to.Degraded && from.DegradedK == to.DegradedK || to.State != StatePrimary {
		return
	}
	want := n.settings().Durability.K
	c := DurabilityChange{
		Member: n.cfg.Name, From: from.copies(want), To: to.copies(want), Want: want, Degraded: to.Degraded,
		Term: to.Term, LSN: n.view.Obs.LSN, At: time.Now(),
	}
	log := n.log.Info
	if to.Degraded {
		log = n.log.Warn
	}
	log("durability", zap.Int("from", c.From), zap.Int("to", c.To), zap.Int("want", want), zap.Bool("degraded", c.Degraded))
	n.events.durabilityChanged(c)
}

// tellParent tells that this cascade standby has another parent.
func (n *Node) tellParent(choice *ParentChoice) {
	if choice == nil {
		return
	}
	n.log.Info("parent", zap.Stringer("choice", choice))
	n.events.parentChanged(ParentChange{
		Member: n.cfg.Name, Choice: *choice, Term: n.view.Cluster.Reign.Term, LSN: n.view.Obs.LSN, At: time.Now(),
	})
}

func (n *Node) settings() Settings {
	if c := n.view.Cluster; c != nil && c.SettingsRev != 0 {
		return c.Settings.WithDefaults()
	}
	return n.cfg.Settings.WithDefaults()
}
