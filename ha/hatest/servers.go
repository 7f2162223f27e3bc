// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package hatest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gausskit/gausskit/ha"
)

// Servers is a set of simulated database servers in this process that
// replicate to each other at once, for running real nodes in real time
// without any database: examples, tests of programs that embed ha, and
// machines where no server is installed. Faults in virtual time are the
// business of [Cluster].
//
// Left out: replication delay, disk faults, and everything about SQL. A log
// entry is a text; a commit is acknowledged as a real server would do it,
// synchronous sets included.
type Servers struct {
	mu struct {
		sync.Mutex
		changed chan struct{} // closed and replaced at every change
		byName  map[ha.MemberID]*Server
		nextID  uint64
	}
}

// NewServers returns an empty set.
func NewServers() *Servers {
	s := &Servers{}
	s.mu.changed = make(chan struct{})
	s.mu.byName = map[ha.MemberID]*Server{}
	return s
}

// Server is one simulated server with its data directory. It implements
// [ha.Engine] and all abilities.
type Server struct {
	*serverState
	holds bool // this manager's engine has the claim; guarded by set.mu
}

// serverState is the server itself, which several managers may try to manage.
type serverState struct {
	set  *Servers
	name ha.MemberID

	// All below is guarded by set.mu.
	data     ha.DataState
	systemID string
	running  bool
	frozen   bool
	standby  bool // what the data is: a standby's or a primary's
	clean    bool
	unserved bool // made by Init, and never started but as a standby of nobody
	claimed  bool
	timeline uint32
	log      []serverRow
	upstream ha.Upstream
	sync     ha.SyncSet
	pokes    []chan struct{}
	pending  bool // a setting waits for a restart
}

// serverRow is one entry of a log. Its ID is unique in the set, so that two
// logs agree up to an entry if they have the same one at its place.
type serverRow struct {
	id   uint64
	text string
}

// rowSize is how many bytes of log an entry takes.
const rowSize = 0x60

// Server returns the server of a name, and makes it, with an empty data
// directory, when it is not there.
func (s *Servers) Server(name ha.MemberID) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.mu.byName[name]
	if v == nil {
		v = &Server{serverState: &serverState{set: s, name: name, data: ha.DataNone}}
		s.mu.byName[name] = v
	}
	return v
}

// Twin returns another engine on the same server and data, as a second manager
// on the same machine would have it.
func (v *Server) Twin() *Server { return &Server{serverState: v.serverState} }

// Address is the host:port under which the other servers know this one.
func (v *Server) Address() string { return string(v.name) + ":5432" }

// Upstream names this server as its standbys follow it.
func (v *Server) Upstream() ha.Upstream { return ha.Upstream{Member: v.name, Address: v.Address()} }

// Wipe empties the data directory of a stopped server.
func (v *Server) Wipe() {
	v.set.mu.Lock()
	defer v.set.mu.Unlock()
	if !v.running {
		v.data, v.systemID, v.timeline, v.log = ha.DataNone, "", 0, nil
		v.standby, v.clean, v.unserved, v.upstream, v.sync = false, false, false, ha.Upstream{}, ha.SyncSet{}
	}
}

// changedLocked lets replication happen and wakes whoever waits.
func (s *Servers) changedLocked() {
	for again := true; again; { // once for each step of a cascade
		again = false
		for _, v := range s.mu.byName {
			again = s.receiveLocked(v) || again
		}
	}
	close(s.mu.changed)
	s.mu.changed = make(chan struct{})
}

// receiveLocked gives a standby the log of its upstream.
func (s *Servers) receiveLocked(v *Server) bool {
	up := s.streamLocked(v)
	if up == nil || len(v.log) == len(up.log) && v.timeline == up.timeline {
		return false
	}
	v.log = append(v.log, up.log[len(v.log):]...)
	v.timeline = up.timeline
	return true
}

// streamLocked returns the server that v streams from, or nil.
func (s *Servers) streamLocked(v *Server) *Server {
	if !v.running || v.frozen || !v.standby {
		return nil
	}
	up := s.mu.byName[v.upstream.Member]
	if up == nil || !up.running || up.frozen || up.data != ha.DataPresent || up.systemID != v.systemID || !v.prefixOf(up) {
		return nil
	}
	return up
}

// prefixOf reports whether v's log is the beginning of up's.
func (v *Server) prefixOf(up *Server) bool {
	n := len(v.log)
	return v.timeline <= up.timeline && n <= len(up.log) && (n == 0 || v.log[n-1].id == up.log[n-1].id)
}

func (v *Server) lsn() ha.LSN { return ha.LSN(0x1000000 + rowSize*len(v.log)) }

// writable reports whether a commit could be acknowledged.
func (v *Server) writable() bool { return v.running && !v.standby && !v.frozen }

// ErrServerGone: the connection to the server ended, so a write that was sent
// may or may not be committed.
var ErrServerGone = errors.New("hatest: server closed the connection unexpectedly")

// Write writes a row and returns when it is acknowledged: at once with
// asynchronous replication, else when enough of the synchronous set have it.
func (v *Server) Write(ctx context.Context, row string) error {
	s := v.set
	s.mu.Lock()
	if !v.writable() {
		s.mu.Unlock()
		return fmt.Errorf("hatest: write to %s: not a primary that runs", v.name)
	}
	s.mu.nextID++
	entry := serverRow{id: s.mu.nextID, text: row}
	v.log = append(v.log, entry)
	at := len(v.log)
	s.changedLocked()
	defer s.mu.Unlock()
	for {
		if !v.writable() || len(v.log) < at || v.log[at-1].id != entry.id {
			return ErrServerGone
		}
		if v.ackedLocked(at) {
			return nil
		}
		wait := s.mu.changed
		s.mu.Unlock()
		select {
		case <-wait:
			s.mu.Lock()
		case <-ctx.Done():
			s.mu.Lock()
			return fmt.Errorf("hatest: write to %s: %w", v.name, context.Cause(ctx))
		}
	}
}

// ackedLocked reports whether the log up to n entries is on enough standbys.
func (v *Server) ackedLocked(n int) bool {
	have := 0
	for _, m := range v.sync.Members {
		if o := v.set.mu.byName[m]; o != nil && v.set.streamLocked(o) == v && len(o.log) >= n {
			have++
		}
	}
	return have >= v.sync.K
}

// Rows returns the rows of the server's log, whether it runs or not.
func (v *Server) Rows() []string {
	v.set.mu.Lock()
	defer v.set.mu.Unlock()
	out := make([]string, len(v.log))
	for i, r := range v.log {
		out[i] = r.text
	}
	return out
}

// Kill ends the server's process as kill -9 does.
func (v *Server) Kill() {
	v.set.mu.Lock()
	defer v.set.mu.Unlock()
	if v.running {
		v.running, v.frozen, v.clean = false, false, false
		v.set.changedLocked()
		v.pokeLocked()
	}
}

// ChangeSetting changes a setting that only a restart brings into force.
func (v *Server) ChangeSetting() {
	v.set.mu.Lock()
	defer v.set.mu.Unlock()
	v.pending = v.running
}

// Freeze stops the server's process as SIGSTOP does; Thaw lets it go on.
func (v *Server) Freeze() { v.freeze(true) }

// Thaw ends a Freeze.
func (v *Server) Thaw() { v.freeze(false) }

func (v *Server) freeze(is bool) {
	v.set.mu.Lock()
	defer v.set.mu.Unlock()
	v.frozen = is && v.running
	v.set.changedLocked()
}

func (v *Server) pokeLocked() {
	for _, p := range v.pokes {
		select {
		case p <- struct{}{}:
		default:
		}
	}
}

// Writable reports whether the server would take a write now.
func (v *Server) Writable() bool {
	v.set.mu.Lock()
	defer v.set.mu.Unlock()
	return v.writable()
}

var _ interface {
	ha.Engine
	ha.Initialiser
	ha.SyncSetter
	ha.Checkpointer
	ha.Claimer
	ha.Notifier
} = (*Server)(nil)

// Observe implements ha.Engine.
func (v *Server) Observe(ctx context.Context) (ha.Observation, error) {
	if err := ctx.Err(); err != nil {
		return ha.Observation{}, err
	}
	v.set.mu.Lock()
	defer v.set.mu.Unlock()
	o := ha.Observation{
		Data: v.data, Running: v.running, Answers: v.running && !v.frozen, Clean: v.clean && !v.running,
		SystemID: v.systemID, Timeline: v.timeline, PendingRestart: v.pending, Upstream: v.upstream.Member, Address: v.upstream.Address,
	}
	if v.data != ha.DataPresent {
		return o, nil
	}
	o.Role, o.LSN, o.Applied, o.Unserved = ha.RolePrimary, v.lsn(), v.lsn(), v.unserved
	if v.standby {
		o.Role = ha.RoleStandby
		o.Streaming = v.set.streamLocked(v) != nil
	}
	if v.frozen {
		o.Problem = errServerFrozen.Error()
	}
	if v.running && !v.standby {
		o.Writable, o.Sync = !v.frozen, v.sync
		o.Receivers = v.receiversLocked()
	}
	return o, nil
}

func (v *Server) receiversLocked() []ha.Receiver {
	var out []ha.Receiver
	for name, o := range v.set.mu.byName {
		if v.set.streamLocked(o) == v {
			out = append(out, ha.Receiver{Member: name, Streaming: true, Sync: v.sync.Has(name), Flushed: o.lsn(), Applied: o.lsn()})
		}
	}
	slices.SortFunc(out, func(a, b ha.Receiver) int {
		if a.Member < b.Member {
			return -1
		}
		return 1
	})
	return out
}

// do runs one change of the server under the lock, if ctx still allows it.
func (v *Server) do(ctx context.Context, op string, f func() error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("hatest: %s %s: %w", op, v.name, err)
	}
	v.set.mu.Lock()
	defer v.set.mu.Unlock()
	if err := f(); err != nil {
		return fmt.Errorf("hatest: %s %s: %w", op, v.name, err)
	}
	v.set.changedLocked()
	return nil
}

var (
	errServerNoData     = errors.New("no database in the data directory")
	errServerNotRunning = errors.New("server is not running")
	errServerNotStandby = errors.New("server is not a standby")
	errServerFrozen     = errors.New("server does not answer")
	errServerAlien      = errors.New("data of another database")
)

// Init implements ha.Initialiser.
func (v *Server) Init(ctx context.Context) error {
	return v.do(ctx, "init", func() error {
		if v.data != ha.DataNone {
			return ha.ErrDataExists
		}
		v.set.mu.nextID++
		v.data, v.timeline, v.clean, v.standby = ha.DataPresent, 1, true, false
		v.unserved = true
		v.systemID = fmt.Sprintf("sim-%s-%d", v.name, v.set.mu.nextID)
		return nil
	})
}

// Start implements ha.Engine.
func (v *Server) Start(ctx context.Context, spec ha.StartSpec) error {
	return v.do(ctx, "start", func() error {
		standby := spec.Mode == ha.StartStandby
		switch {
		case v.data != ha.DataPresent:
			return errServerNoData
		case v.running && v.standby != standby:
			return ha.ErrWrongMode
		case v.running:
			return nil
		}
		if standby {
			if up := v.set.mu.byName[spec.Upstream.Member]; up != nil && up.running && !v.standby && !v.prefixOf(up) {
				return ha.ErrNeedsRejoin
			}
			v.upstream = spec.Upstream
		} else {
			if v.standby {
				v.timeline++ // a standby's data becomes a primary's by a promotion only
			}
			v.sync, v.upstream = spec.Sync, ha.Upstream{}
		}
		v.unserved = v.unserved && standby && spec.Upstream.Member == ""
		v.running, v.frozen, v.clean, v.standby, v.pending = true, false, false, standby, false
		return nil
	})
}

// Stop implements ha.Engine. A frozen server is stopped by StopKill only.
func (v *Server) Stop(ctx context.Context, how ha.StopMode) error {
	return v.do(ctx, "stop", func() error {
		if !v.running {
			return nil
		}
		if v.frozen && how != ha.StopKill {
			return errServerFrozen
		}
		v.clean = how == ha.StopFast
		v.running, v.frozen = false, false
		v.pokeLocked()
		return nil
	})
}

// Promote implements ha.Engine.
func (v *Server) Promote(ctx context.Context, spec ha.PromoteSpec) error {
	return v.do(ctx, "promote", func() error {
		switch {
		case !v.running:
			return errServerNotRunning
		case v.frozen:
			return errServerFrozen
		case !v.standby:
			return nil
		}
		v.standby, v.sync, v.upstream, v.unserved = false, spec.Sync, ha.Upstream{}, false
		v.timeline++
		return nil
	})
}

// Follow implements ha.Engine.
func (v *Server) Follow(ctx context.Context, upstream ha.Upstream) error {
	return v.do(ctx, "follow", func() error { return v.followLocked(upstream) })
}

// Detach implements ha.Engine.
func (v *Server) Detach(ctx context.Context) error {
	return v.do(ctx, "detach", func() error { return v.followLocked(ha.Upstream{}) })
}

func (v *Server) followLocked(upstream ha.Upstream) error {
	switch {
	case !v.running:
		return errServerNotRunning
	case v.frozen:
		return errServerFrozen
	case !v.standby:
		return errServerNotStandby
	}
	v.upstream, v.unserved = upstream, v.unserved && upstream.Member == ""
	return nil
}

// Rejoin implements ha.Engine: the log is cut where it leaves upstream's.
func (v *Server) Rejoin(ctx context.Context, spec ha.RejoinSpec) error {
	return v.do(ctx, "rejoin", func() error {
		up := v.set.mu.byName[spec.Upstream.Member]
		switch {
		case spec.Copy && spec.NoCopy:
			return ha.ErrNeedsRejoin
		case v.data == ha.DataForeign:
			return errServerNoData
		case up == nil || !up.running || up.frozen:
			return fmt.Errorf("upstream %s: %w", spec.Upstream.Member, errServerNotRunning)
		case v.frozen:
			return errServerFrozen
		case v.data == ha.DataPresent && v.systemID != up.systemID && !v.unserved:
			return errServerAlien
		case v.data == ha.DataPresent && v.systemID != up.systemID && spec.NoCopy:
			return ha.ErrNeedsRejoin
		}
		v.unserved = false
		keep := 0
		for !spec.Copy && keep < len(v.log) && keep < len(up.log) && v.log[keep].id == up.log[keep].id {
			keep++
		}
		v.log = v.log[:keep:keep]
		v.data, v.systemID, v.timeline = ha.DataPresent, up.systemID, min(v.timeline, up.timeline)
		v.running, v.standby, v.clean, v.pending, v.upstream = true, true, false, false, spec.Upstream
		return nil
	})
}

// SetSync implements ha.SyncSetter.
func (v *Server) SetSync(ctx context.Context, sync ha.SyncSet) error {
	return v.do(ctx, "set sync of", func() error {
		switch {
		case !v.running:
			return errServerNotRunning
		case v.frozen:
			return errServerFrozen
		case v.standby:
			return ha.ErrWrongMode
		}
		v.sync = sync
		return nil
	})
}

// Checkpoint implements ha.Checkpointer.
func (v *Server) Checkpoint(ctx context.Context) error {
	return v.do(ctx, "checkpoint", func() error { return nil })
}

// Claim implements ha.Claimer.
func (v *Server) Claim(ctx context.Context) (string, error) {
	err := v.do(ctx, "claim", func() error {
		if v.claimed && !v.holds {
			return ha.ErrClaimed
		}
		v.claimed, v.holds = true, true
		return nil
	})
	return "sim/" + string(v.name), err
}

// Release implements ha.Claimer.
func (v *Server) Release() error {
	v.set.mu.Lock()
	defer v.set.mu.Unlock()
	if v.holds {
		v.claimed, v.holds = false, false
	}
	return nil
}

// Notify implements ha.Notifier.
func (v *Server) Notify(ctx context.Context) <-chan struct{} {
	poke := make(chan struct{}, 1)
	v.set.mu.Lock()
	defer v.set.mu.Unlock()
	v.pokes = append(v.pokes, poke)
	context.AfterFunc(ctx, func() {
		v.set.mu.Lock()
		defer v.set.mu.Unlock()
		v.pokes = slices.DeleteFunc(v.pokes, func(p chan struct{}) bool { return p == poke })
		close(poke)
	})
	return poke
}
