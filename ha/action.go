// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

// ActionKind is one kind of deed that a decision can order.
type ActionKind uint8

// The kinds of actions. The first group asks the store, the second the engine, the
// last the program's own parts.
const (
	ActNone        ActionKind = iota
	ActLease                  // make a lease for this node's session
	ActRenew                  // renew the session's lease
	ActRevoke                 // end the session's lease
	ActLoad                   // read the cluster's records, linearizably
	ActConfirm                // the same, as the last look at the grant before a promotion (R3)
	ActOpenSession            // bind this member's name to the lease
	ActIdentify               // claim, or state, which database this cluster is
	ActAcquire                // take the free grant, or one's own after a restart, with the next term
	ActRelease                // give the grant back
	ActReign                  // record that the promotion is done, and where the log forked
	ActSyncRules              // record which synchronous sets an election must honour
	ActPublish                // publish this member's status
	ActAnswer                 // answer a request that will not be carried out
	ActObserve                // ask the engine what is
	ActInit                   // make a new database
	ActStart                  // start the server
	ActStop                   // stop the server
	ActPromote                // make the standby the primary
	ActFollow                 // change the standby's upstream
	ActDetach                 // let the standby follow nobody
	ActRejoin                 // make the data a standby of the primary
	ActSetSync                // change the synchronous set in force
	ActCheckpoint             // shorten the stop that comes next
	ActHook                   // ask the user's hook
	ActPause                  // automation pauses itself
	ActExpire                 // end a pause or a downtime whose time has passed
	ActDue                    // make a request of a scheduled switchover whose time has come
	ActFence                  // let the user's device make sure of the old primary
	ActArm                    // arm the watchdog
	ActFeed                   // feed it
	ActDisarm                 // disarm it
	ActAsk                    // ask the primary's server for a sign of life
	ActShadow                 // record what this node would do
	numActions
)

var actionNames = [numActions]string{ // read-only
	"none", "lease", "renew", "revoke", "load", "confirm", "open session", "identify", "acquire", "release", "reign",
	"sync rules", "publish", "answer", "observe", "init", "start", "stop", "promote", "follow", "detach", "rejoin", "set sync",
	"checkpoint", "hook", "pause", "expire", "due",
	"fence", "arm watchdog", "feed watchdog", "disarm watchdog", "ask primary", "shadow",
}

// String gives the kind in lower case.
func (k ActionKind) String() string { return nameOf(k, actionNames[:]) }

// MarshalText gives the form of String.
func (k ActionKind) MarshalText() ([]byte, error) { return marshalName(k, actionNames[:]) }

// UnmarshalText reads the form of String.
func (k *ActionKind) UnmarshalText(text []byte) error { return unmarshalName(k, actionNames[:], text) }

// Lane is one of the workers of a node. Each carries out one action at a time.
type Lane uint8

// The lanes. Renewals have one of their own so that no other request can
// delay them, so has the stop, which must get past an engine that is busy, and
// so has the watchdog, which must be fed while anything else hangs. So have
// questions to the primary's server, which may hang themselves.
const (
	LaneRenew Lane = iota
	LaneStore
	LaneObserve
	LaneEngine
	LaneStop
	LaneGuard
	LaneAsk
	numLanes
)

var lanes = [numActions]Lane{ // read-only
	ActLease: LaneRenew, ActRenew: LaneRenew, ActRevoke: LaneRenew,
	ActLoad: LaneStore, ActConfirm: LaneStore, ActOpenSession: LaneStore, ActIdentify: LaneStore, ActAcquire: LaneStore,
	ActRelease: LaneStore, ActReign: LaneStore, ActSyncRules: LaneStore, ActPublish: LaneStore, ActAnswer: LaneStore,
	ActPause: LaneStore, ActExpire: LaneStore, ActDue: LaneStore,
	ActShadow:  LaneStore,
	ActObserve: LaneObserve,
	ActInit:    LaneEngine, ActStart: LaneEngine, ActPromote: LaneEngine, ActFollow: LaneEngine, ActDetach: LaneEngine, ActRejoin: LaneEngine,
	ActSetSync: LaneEngine, ActCheckpoint: LaneEngine, ActHook: LaneEngine, ActFence: LaneEngine,
	ActStop: LaneStop,
	ActArm:  LaneGuard, ActFeed: LaneGuard, ActDisarm: LaneGuard,
	ActAsk: LaneAsk,
}

// Lane returns the worker that carries out actions of this kind.
func (k ActionKind) Lane() Lane { return lanes[k] }

// Hook phases: what the user's hook is asked before.
type HookPhase uint8

// The phases that a hook can veto.
const (
	HookNone HookPhase = iota
	HookPromote
	HookSwitchover
)

var hookNames = [...]string{"none", "promote", "switchover"} // read-only

// String gives the phase in lower case.
func (h HookPhase) String() string { return nameOf(h, hookNames[:]) }

// MarshalText gives the form of String.
func (h HookPhase) MarshalText() ([]byte, error) { return marshalName(h, hookNames[:]) }

// UnmarshalText reads the form of String.
func (h *HookPhase) UnmarshalText(text []byte) error { return unmarshalName(h, hookNames[:], text) }
