// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Engine is what a node needs from the database server of its member. An
// engine stands for one data directory on this machine and the server that
// runs on it; it holds no opinion on who should be primary.
//
// A node calls Observe at any time, also while another method runs, and at
// most one of the other methods at a time, with one exception: Stop may be
// called while another method runs whose context has just ended, and then
// must win: when Stop has returned nil, nothing that began before it may start
// the server again.
//
// All methods honour ctx and return soon after it ends. A method that changes
// something and cannot say whether it did returns an error for which
// [Uncertain] is true. hatest.TestEngine checks this contract.
type Engine interface {
	// Observe reports what the server and its data are now and changes
	// nothing. What cannot be learned is left at its zero value and named in
	// Observation.Problem. It returns an error only when nothing at all could
	// be learned; "the server does not run" is an observation, not an error.
	Observe(ctx context.Context) (Observation, error)

	// Start starts the server in the mode of spec and returns when it
	// answers (as a standby: when it accepts connections or, where that takes
	// longer, when recovery is under way). It must not matter in which role
	// the data was before, except that data of a former primary may only be
	// started as a standby if it is not ahead of its upstream; an engine that
	// can tell returns ErrNeedsRejoin. Starting a running server in the mode it has is no error;
	// in another mode it is ErrWrongMode.
	Start(ctx context.Context, spec StartSpec) error

	// Stop makes the server not run and returns when that is certain: no
	// process of it can accept or acknowledge another write. Stopping a
	// stopped server is no error.
	Stop(ctx context.Context, how StopMode) error

	// Promote makes a running standby the primary and returns when it is
	// writable. All log that was received is applied before. The synchronous
	// set of spec is in force before the first write can be acknowledged.
	Promote(ctx context.Context, spec PromoteSpec) error

	// Follow makes a running standby receive its log from upstream, and
	// keeps that across restarts. It returns when the server has taken the
	// change, not when it streams.
	Follow(ctx context.Context, upstream Upstream) error

	// Detach makes a running standby receive its log from nobody, and keeps
	// that across restarts. It returns when the receiver is seen to be gone.
	Detach(ctx context.Context) error

	// Rejoin makes the data of this member a standby of upstream, whatever
	// it was before, and starts it: by following where that is enough, by
	// rewinding, or by copying upstream's data, in this order of preference.
	// An empty data directory is a copy, and so is Unserved data of another
	// database than upstream's, unless spec.NoCopy forbids it. All other data
	// of another database is refused and stays what it is, whatever spec says.
	// An interrupted Rejoin leaves data for which Observe says DataBroken,
	// until a Rejoin succeeds.
	Rejoin(ctx context.Context, spec RejoinSpec) error
}

// Abilities that an engine may have beyond [Engine]. A node finds them by type
// assertion.
type (
	// Initialiser makes a new database in an empty data directory. Its
	// server is not started. ErrDataExists when the directory is not empty.
	// An Init that was interrupted leaves DataNone, or all of a database. An
	// engine with it remembers what it has made: Observe says Unserved, also
	// after a restart of everything, until the server is about to be started
	// as a primary, promoted, or told to follow somebody. That is forgotten
	// durably before.
	Initialiser interface {
		Init(ctx context.Context) error
	}

	// SyncSetter changes the synchronous set of a running primary and
	// returns when it is in force. Engines without it serve clusters with
	// asynchronous replication only.
	SyncSetter interface {
		SetSync(ctx context.Context, sync SyncSet) error
	}

	// Checkpointer shortens a stop that is about to come: it writes out what
	// the stop would have to write. Failure is harmless.
	Checkpointer interface {
		Checkpoint(ctx context.Context) error
	}

	// PeerAsker asks the server of another member for a sign of life, over
	// another way than the one that log comes by: a session, as a client has
	// it. It returns nil when that server has answered as one that accepts
	// writes, or that would not let the session in and so lives, and an error in
	// any other case. It may not use more than one connection at a time, and
	// keeps none for long that nobody asks over. See Settings.AskPrimary.
	PeerAsker interface {
		AskPeer(ctx context.Context, peer Upstream) error
	}

	// Claimer guards the data directory: Claim takes an exclusive lock that
	// the operating system frees when this process ends, and returns a text
	// that names the directory among all machines, the same after a restart.
	// ErrClaimed when another process has it. Release frees the lock.
	// With it, a manager that restarts can take over at once what its dead
	// predecessor held; without it, it waits until the lease has run out.
	Claimer interface {
		Claim(ctx context.Context) (string, error)
		Release() error
	}

	// Notifier tells when something may have changed (a process ended), so
	// that nobody waits for the next observation. Values may be merged; the
	// channel is closed when ctx ends.
	Notifier interface {
		Notify(ctx context.Context) <-chan struct{}
	}
)

var (
	// ErrNeedsRejoin: the data is ahead of its upstream or broken; only
	// Rejoin makes a standby of it.
	ErrNeedsRejoin = errors.New("ha: engine: data needs a rejoin")
	// ErrWrongMode: the server runs, in another mode than asked for.
	ErrWrongMode = errors.New("ha: engine: server runs in another mode")
	// ErrDataExists: the data directory is not empty.
	ErrDataExists = errors.New("ha: engine: data directory is not empty")
	// ErrClaimed: another process manages the data directory.
	ErrClaimed = errors.New("ha: engine: data directory is managed by another process")
)

// Uncertain reports whether the action that gave err may have happened, or
// may still happen, although it failed. A context that ended makes any action
// uncertain.
func Uncertain(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	var u interface{ Uncertain() bool }
	return errors.As(err, &u) && u.Uncertain()
}

// DataState says what is in a data directory.
type DataState uint8

// The states of a data directory.
const (
	DataUnknown DataState = iota // could not be learned
	DataNone                     // empty, absent, or a new database that was not finished
	DataPresent                  // a database
	DataBroken                   // part of a database: an interrupted rejoin
	DataForeign                  // something else; it is never touched
	numDataStates
)

var dataStateNames = [numDataStates]string{"unknown", "none", "present", "broken", "foreign"} // read-only

// String gives the state in lower case.
func (d DataState) String() string { return nameOf(d, dataStateNames[:]) }

// MarshalText gives the form of String.
func (d DataState) MarshalText() ([]byte, error) { return marshalName(d, dataStateNames[:]) }

// UnmarshalText reads the form of String.
func (d *DataState) UnmarshalText(text []byte) error {
	return unmarshalName(d, dataStateNames[:], text)
}

// Observation is what an engine can say about its server at one moment.
type Observation struct {
	Data     DataState `json:"data"`
	Running  bool      `json:"running"`            // a server process exists, whether it answers or not
	Answers  bool      `json:"answers"`            // it answered a question
	Role     Role      `json:"role"`               // running: its role; stopped: the role its data was left in
	Writable bool      `json:"writable"`           // a client could be told that a write is committed
	Clean    bool      `json:"clean"`              // stopped in an orderly way; LSN is the exact end of its log
	SystemID string    `json:"systemId,omitempty"` // names the database; all members of a cluster share it
	Timeline uint32    `json:"timeline"`
	// Unserved says that this engine's own Init made the data and that no
	// client can ever have written to it: nothing is lost with it. It is
	// false when in doubt.
	Unserved bool `json:"unserved,omitempty"`

	// LSN is the end of the log that this member could not lose in a crash:
	// written by a primary, received and flushed by a standby. For a stopped
	// server it is what its control file can prove. Applied is how far a
	// standby has applied the log.
	LSN     LSN `json:"lsn"`
	Applied LSN `json:"applied"`
	// Recovering says that a standby which was started has not read its own log
	// to the end yet: LSN is less than what it has, and may have confirmed.
	Recovering bool `json:"recovering,omitempty"`

	Upstream  MemberID `json:"upstream,omitempty"` // whom it is configured to follow
	Address   string   `json:"address,omitempty"`  // address of that upstream, as configured
	Alias     MemberID `json:"alias,omitempty"`    // what a standby calls itself there, where that is not its member's name
	Streaming bool     `json:"streaming"`          // log arrives from there
	// Silent is how long nothing has come from there although it streams; 0
	// also when the engine cannot tell.
	Silent    time.Duration `json:"silent,omitempty"`
	Sync      SyncSet       `json:"sync"` // synchronous set in force on a primary
	Receivers []Receiver    `json:"receivers,omitempty"`

	PendingRestart bool   `json:"pendingRestart,omitempty"` // a changed setting waits for a restart
	Problem        string `json:"problem,omitempty"`        // what could not be learned, and why
}

// Receiver is a standby as its upstream sees it.
type Receiver struct {
	Member    MemberID `json:"member"`
	Streaming bool     `json:"streaming"` // connected and caught up enough to stream
	Sync      bool     `json:"sync"`      // counts for synchronous commits
	Flushed   LSN      `json:"flushed"`
	Applied   LSN      `json:"applied"`
}

// SyncSet is a synchronous set: a commit is acknowledged when K of Members
// have flushed it. K of zero is asynchronous replication. Members are sorted.
// With fewer members than K nothing can be acknowledged; engines must make
// writes wait then, and may not fall back to asynchronous replication.
type SyncSet struct {
	K       int        `json:"k"`
	Members []MemberID `json:"members,omitempty"`
}

// Equal reports whether both sets demand the same.
func (s SyncSet) Equal(o SyncSet) bool {
	return s.K == o.K && slices.Equal(s.Members, o.Members)
}

// Has reports whether m is a member of the set.
func (s SyncSet) Has(m MemberID) bool { return slices.Contains(s.Members, m) }

// String writes the set as "ANY 1 (m2,m3)", and "async" for K of zero.
func (s SyncSet) String() string {
	if s.K == 0 {
		return "async"
	}
	names := make([]string, len(s.Members))
	for i, m := range s.Members {
		names[i] = string(m)
	}
	return fmt.Sprintf("ANY %d (%s)", s.K, strings.Join(names, ","))
}

// Upstream is where a standby gets its log from. Address is host:port; user,
// password and certificates are the engine's business. The zero Upstream is
// nobody: the standby waits.
type Upstream struct {
	Member  MemberID `json:"member,omitempty"`
	Address string   `json:"address,omitempty"`
	// Patience is how long the upstream may be silent before the standby gives
	// the connection up; 0 leaves it to the engine. A standby asks a silent
	// upstream for a sign of life before, so that Observation.Silent stays
	// well below it while the upstream lives.
	Patience time.Duration `json:"patience,omitempty"`
}

// StartMode says as what a server is started.
type StartMode uint8

// The modes of starting.
const (
	StartStandby StartMode = iota
	StartPrimary
)

var startModeNames = [...]string{"standby", "primary"} // read-only

// String gives the mode in lower case.
func (m StartMode) String() string { return nameOf(m, startModeNames[:]) }

// MarshalText gives the form of String.
func (m StartMode) MarshalText() ([]byte, error) { return marshalName(m, startModeNames[:]) }

// UnmarshalText reads the form of String.
func (m *StartMode) UnmarshalText(text []byte) error {
	return unmarshalName(m, startModeNames[:], text)
}

// StartSpec says how to start a server.
type StartSpec struct {
	Mode     StartMode `json:"mode"`
	Upstream Upstream  `json:"upstream"` // for a standby; the zero value waits for a Follow
	Term     Term      `json:"term"`     // for a primary: the term it is started in
	Sync     SyncSet   `json:"sync"`     // for a primary: in force before the first write
}

// StopMode says how to stop a server.
type StopMode uint8

// The modes of stopping, gentlest first.
const (
	// StopFast ends sessions, sends the rest of the log to the standbys and
	// writes a checkpoint.
	StopFast StopMode = iota
	// StopImmediate leaves the log as it is; the next start recovers.
	StopImmediate
	// StopKill ends the processes whatever they do.
	StopKill
)

var stopModeNames = [...]string{"fast", "immediate", "kill"} // read-only

// String gives the mode in lower case.
func (m StopMode) String() string { return nameOf(m, stopModeNames[:]) }

// MarshalText gives the form of String.
func (m StopMode) MarshalText() ([]byte, error) { return marshalName(m, stopModeNames[:]) }

// UnmarshalText reads the form of String.
func (m *StopMode) UnmarshalText(text []byte) error { return unmarshalName(m, stopModeNames[:], text) }

// PromoteSpec says what a promotion must carry.
type PromoteSpec struct {
	Term Term `json:"term"` // stored by engines that can
	// Timeline is the number that the new timeline should have, if it is above
	// all that this member knows of: no other promotion of the cluster has it.
	// 0 leaves it to the engine.
	Timeline uint32  `json:"timeline,omitempty"`
	Sync     SyncSet `json:"sync"` // in force before the first write
}

// RejoinSpec says how a member comes back.
type RejoinSpec struct {
	Upstream Upstream `json:"upstream"`
	Term     Term     `json:"term"`
	// NoCopy forbids throwing the data away when following and rewinding are
	// not enough: Rejoin then returns ErrNeedsRejoin.
	NoCopy bool `json:"noCopy,omitempty"`
	// Copy asks for a copy although following or rewinding may be enough: the
	// data is not trusted. It cannot be asked for together with NoCopy.
	Copy bool `json:"copy,omitempty"`
}
