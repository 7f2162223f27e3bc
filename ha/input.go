// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// Instant is a moment on a node's monotonic clock, counted from the node's
// start. Instants of two nodes cannot be compared.
type Instant time.Duration

// Add returns the instant d later.
func (t Instant) Add(d time.Duration) Instant { return t + Instant(d) }

// Sub returns the time from u to t.
func (t Instant) Sub(u Instant) time.Duration { return time.Duration(t - u) }

// String writes the time since the node's start.
func (t Instant) String() string { return time.Duration(t).String() }

// never is an instant that no node lives to see.
const never Instant = 1<<63 - 1

// Self is what a node knows of itself from its start, and what never changes.
type Self struct {
	Cluster  string   `json:"cluster"`
	Name     MemberID `json:"name"`
	Address  string   `json:"address"`
	Instance string   `json:"instance"` // names this run of the node
	Claim    string   `json:"claim,omitempty"`
	Tags     Tags     `json:"tags,omitzero"`

	CanInit       bool `json:"canInit,omitempty"`       // engine is an Initialiser and a new cluster may be made
	CanSetSync    bool `json:"canSetSync,omitempty"`    // engine is a SyncSetter
	CanCheckpoint bool `json:"canCheckpoint,omitempty"` // engine is a Checkpointer
	CanAsk        bool `json:"canAsk,omitempty"`        // engine is a PeerAsker
	HasHook       bool `json:"hasHook,omitempty"`       // the program wants to be asked
	Shadow        bool `json:"shadow,omitempty"`        // look only, until somebody takes the cluster over
	KeepServer    bool `json:"keepServer,omitempty"`    // leave a standby's server running at the end

	Fence         FenceLevel `json:"fence,omitempty"`         // what the user's fencing device proves
	HasWatchdog   bool       `json:"hasWatchdog,omitempty"`   // there is a device to use
	NeedsWatchdog bool       `json:"needsWatchdog,omitempty"` // and no server may be writable without it

	Defaults Settings `json:"defaults"` // in force until the cluster has settings
}

// View is everything a decision may look at besides the node's own memory.
type View struct {
	Obs      Observation `json:"obs"`
	ObsBegan Instant     `json:"obsBegan"` // when the observation was asked for
	ObsKnown bool        `json:"obsKnown"`

	Cluster      *Cluster `json:"cluster,omitempty"` // newest records; nil before the first
	StoreProblem string   `json:"storeProblem,omitempty"`

	Health Health `json:"health,omitzero"` // what the probes say

	Closing bool `json:"closing,omitempty"` // the program asked the node to end
	// Wall is Unix nanoseconds, for records that people read. It decides only
	// what a wrong clock may make early or late: the end of a pause, a downtime
	// or a cool-down, the window of failovers, the time of a schedule, and
	// FailBack's daily window.
	Wall int64 `json:"wall"`
}

// Result is what became of an action.
type Result uint8

// The results of actions.
const (
	ResultDone      Result = iota + 1
	ResultRefused          // not done, and it makes no sense to try again unchanged
	ResultFailed           // not done
	ResultUncertain        // may have been done, or may still be
)

var resultNames = [...]string{"", "done", "refused", "failed", "uncertain"} // read-only

// String gives the result in lower case.
func (r Result) String() string { return nameOf(r, resultNames[:]) }

// MarshalText gives the form of String.
func (r Result) MarshalText() ([]byte, error) { return marshalName(r, resultNames[:]) }

// UnmarshalText reads the form of String.
func (r *Result) UnmarshalText(text []byte) error { return unmarshalName(r, resultNames[:], text) }

// Fault is the part of an action's error that decisions depend on.
type Fault uint8

// The faults.
const (
	FaultNone        Fault = iota
	FaultConflict          // a condition of a transaction did not hold
	FaultLeaseGone         // the lease has ended
	FaultUnavailable       // the store did not answer
	FaultNeedsRejoin       // the data cannot follow as it is
	FaultVeto              // the user's hook said no
	FaultOther
)

var faultNames = [...]string{"none", "conflict", "lease gone", "unavailable", "needs rejoin", "veto", "other"} // read-only

// String gives the fault in lower case.
func (f Fault) String() string { return nameOf(f, faultNames[:]) }

// MarshalText gives the form of String.
func (f Fault) MarshalText() ([]byte, error) { return marshalName(f, faultNames[:]) }

// UnmarshalText reads the form of String.
func (f *Fault) UnmarshalText(text []byte) error { return unmarshalName(f, faultNames[:], text) }

// Outcome is the end of an action.
type Outcome struct {
	ID     uint64     `json:"id"`
	Kind   ActionKind `json:"kind"`
	Began  Instant    `json:"began"` // before the request left
	Ended  Instant    `json:"ended"`
	Result Result     `json:"result"`
	Fault  Fault      `json:"fault,omitempty"`
	Detail string     `json:"detail,omitempty"`

	Lease    dcs.LeaseID  `json:"lease,omitempty"`    // of ActLease
	Revision dcs.Revision `json:"revision,omitempty"` // of a transaction

	Span time.Duration `json:"span,omitempty"` // of ActArm: what the device was set to
}

// Action is one deed that a decision orders. The shell carries it out on the
// lane of its kind, within Limit, and reports an [Outcome] with its ID.
type Action struct {
	ID    uint64        `json:"id"`
	Kind  ActionKind    `json:"kind"`
	Limit time.Duration `json:"limit"`

	Term     Term          `json:"term,omitempty"`
	Stop     StopMode      `json:"stop,omitempty"`
	Mode     StartMode     `json:"mode,omitempty"`
	Upstream Upstream      `json:"upstream,omitzero"`
	Timeline uint32        `json:"timeline,omitempty"` // of a promotion
	Copy     bool          `json:"copy,omitempty"`     // of a rejoin: throw the data away
	Sync     SyncSet       `json:"sync,omitzero"`
	Hook     HookPhase     `json:"hook,omitempty"`
	To       MemberID      `json:"to,omitempty"`
	Lease    dcs.LeaseID   `json:"lease,omitempty"`
	TTL      time.Duration `json:"ttl,omitempty"`
	Txn      dcs.Txn       `json:"txn,omitzero"`
}

// Flight is an action that was ordered and has not ended.
type Flight struct {
	ID    uint64        `json:"id,omitempty"` // 0: the lane is free
	Kind  ActionKind    `json:"kind,omitempty"`
	Begun Instant       `json:"begun,omitempty"`
	Limit time.Duration `json:"limit,omitempty"`
}

// Machine is a node's memory between two decisions. It is a plain value: a
// copy continues where the original was.
type Machine struct {
	State State   `json:"state"`
	Since Instant `json:"since"`
	Seq   uint64  `json:"seq"` // ID of the newest action

	// The session: a lease of this node, and the member's name bound to it.
	Lease       dcs.LeaseID   `json:"lease,omitempty"`
	LeaseTTL    time.Duration `json:"leaseTtl,omitempty"` // what it was made with, also when the settings change
	LeaseMargin time.Duration `json:"leaseMargin,omitempty"`
	AskedTTL    time.Duration `json:"askedTtl,omitempty"` // of a lease that is being made
	AskedMargin time.Duration `json:"askedMargin,omitempty"`
	LeaseSent   Instant       `json:"leaseSent,omitempty"` // when the last successful renewal was sent
	RenewAt     Instant       `json:"renewAt,omitempty"`
	SessionRev  dcs.Revision  `json:"sessionRev,omitempty"` // 0: the name is not bound

	// The grant, while this member holds it.
	GrantRev   dcs.Revision `json:"grantRev,omitempty"`
	Term       Term         `json:"term,omitempty"`
	Taking     Term         `json:"taking,omitempty"`    // the term of an acquisition under way
	Confirmed  bool         `json:"confirmed,omitempty"` // R3: the grant was read after it was taken
	ConfirmAt  Instant      `json:"confirmAt,omitempty"` // when that read was sent
	Hooked     HookPhase    `json:"hooked,omitempty"`    // the hook has agreed to this
	Promoted   bool         `json:"promoted,omitempty"`  // the engine's promotion is done
	PromoFail  bool         `json:"promoFail,omitempty"`
	Failure    Failure      `json:"failure,omitempty"`    // that ends the reign
	Start      LSN          `json:"start,omitempty"`      // end of the log before the promotion
	Behind     Bytes        `json:"behind,omitempty"`     // what the promotion may lose
	Took       Taking       `json:"took,omitzero"`        // for the record of the term
	Resumed    bool         `json:"resumed,omitempty"`    // took over its own former grant or server
	ReignRev   dcs.Revision `json:"reignRev,omitempty"`   // the promotion is on record
	Quorum     bool         `json:"quorum,omitempty"`     // the reign is on record as one that no lease ends
	AskedQuo   bool         `json:"askedQuo,omitempty"`   // what a record under way says of that
	SyncAt     Instant      `json:"syncAt,omitempty"`     // when the set in force was last seen to change
	SyncLSN    LSN          `json:"syncLsn,omitempty"`    // end of the log then
	AskedAsync bool         `json:"askedAsync,omitempty"` // the last change of the set in force was to none
	Loose      bool         `json:"loose,omitempty"`      // such a change got no answer and may still come
	RulesAsked dcs.Revision `json:"rulesAsked,omitempty"` // record that the last change of the rules stood on
	SyncDoubt  bool         `json:"syncDoubt,omitempty"`  // the set in force may be another than the server shows
	RulesDoubt bool         `json:"rulesDoubt,omitempty"` // that change got no answer

	Job Job `json:"job,omitzero"` // an order to this member

	// Shadow is a shadow node's memory, never changed in place. Adopted is when
	// the node took over a server that another program had set up, and whose
	// synchronous set has not been set since.
	Shadow  *Shadow `json:"shadow,omitempty"`
	Adopted Instant `json:"adopted,omitempty"`

	// Degraded mode, see Durability.Degrade.
	LackSince    Instant `json:"lackSince,omitempty"`    // too few standbys keep up since
	Degraded     bool    `json:"degraded,omitempty"`     // writes are confirmed by DegradedK instead of K
	DegradedK    int     `json:"degradedK,omitempty"`    // 0 is asynchronous
	DegradedWall int64   `json:"degradedWall,omitempty"` // since when, by View.Wall

	DownSince   Instant  `json:"downSince,omitempty"`   // primary's server seen down, 0 if up
	SilentSince Instant  `json:"silentSince,omitempty"` // primary's server does not answer
	ToldDown    bool     `json:"toldDown,omitempty"`    // a start in place needs a confirmed grant
	HandTo      MemberID `json:"handTo,omitempty"`      // to whom the grant is being handed
	HandID      string   `json:"handId,omitempty"`      // request that is being carried out
	HandSince   Instant  `json:"handSince,omitempty"`
	HandReady   bool     `json:"handReady,omitempty"` // checkpoint done

	// Demoting and stopping.
	StopMode StopMode     `json:"stopMode,omitempty"`
	StopAt   Instant      `json:"stopAt,omitempty"`  // no further try before
	Stopped  bool         `json:"stopped,omitempty"` // the engine says: not running
	GaveBack bool         `json:"gaveBack,omitempty"`
	GaveRev  dcs.Revision `json:"gaveRev,omitempty"` // change that gave it back
	EndLSN   LSN          `json:"endLsn,omitempty"`
	EndExact bool         `json:"endExact,omitempty"`
	Lost     bool         `json:"lost,omitempty"` // because the server was lost
	Revoked  bool         `json:"revoked,omitempty"`

	TakeAt   Instant `json:"takeAt,omitempty"`   // no acquisition before, after a promotion that failed
	Fences   int     `json:"fences,omitempty"`   // how many of Reign.ToFence are fenced in this promotion
	FenceWhy string  `json:"fenceWhy,omitempty"` // why one is not

	// The watchdog.
	Guard     GuardState    `json:"guard,omitempty"`
	GuardSpan time.Duration `json:"guardSpan,omitempty"` // it fires so long after it was fed last
	FedAt     Instant       `json:"fedAt,omitempty"`     // begin of the last feeding that succeeded
	FeedAt    Instant       `json:"feedAt,omitempty"`    // no further try before; set after a failure
	ArmAt     Instant       `json:"armAt,omitempty"`     // the same for arming
	GuardWhy  string        `json:"guardWhy,omitempty"`  // why it cannot be used

	// Standby and rejoin.
	FreeSince   Instant      `json:"freeSince,omitempty"` // when this node saw the grant free and the old primary stopped
	FreeTerm    Term         `json:"freeTerm,omitempty"`  // reign that ended with it, plus one: the term to be given
	FreeMark    dcs.Revision `json:"freeMark,omitempty"`  // pause, order or approval that the waiting stands on
	NeedsRejoin bool         `json:"needsRejoin,omitempty"`
	Rejoined    bool         `json:"rejoined,omitempty"`
	RejoinFrom  MemberID     `json:"rejoinFrom,omitempty"`
	DrySince    Instant      `json:"drySince,omitempty"`  // no log arrives since
	DryLSN      LSN          `json:"dryLsn,omitempty"`    // end of its log then
	Heard       Instant      `json:"heard,omitempty"`     // last sign of life of the upstream
	Asked       Term         `json:"asked,omitempty"`     // reign whose holder's server was asked last
	AskAt       Instant      `json:"askAt,omitempty"`     // not before
	Seen        Instant      `json:"seen,omitempty"`      // when the newest question that it answered was sent
	SeenTerm    Term         `json:"seenTerm,omitempty"`  // reign of that holder
	Sign        Instant      `json:"sign,omitempty"`      // last sign of life of the upstream's server
	ToldRev     dcs.Revision `json:"toldRev,omitempty"`   // newest status of the primary
	ToldAt      Instant      `json:"toldAt,omitempty"`    // when that was seen
	EvenAt      Instant      `json:"evenAt,omitempty"`    // when this member last had all that it tells
	FitSince    Instant      `json:"fitSince,omitempty"`  // since when a fail-back is possible
	FitMember   MemberID     `json:"fitMember,omitempty"` // and to whom
	Detached    bool         `json:"detached,omitempty"`  // turning away was the last that succeeded of what changes the upstream
	Bare        bool         `json:"bare,omitempty"`      // the start under way follows nobody
	Doubt       Term         `json:"doubt,omitempty"`     // reign that the election is held against
	Promised    Term         `json:"promised,omitempty"`  // newest term that the record may promise the position for
	FirstSeen   Instant      `json:"firstSeen,omitempty"`

	Cascade CascadeMemory `json:"cascade,omitzero"` // of a cascade standby: its parent

	NeedLoad  bool         `json:"needLoad,omitempty"`  // the records at hand are known to be old
	Wrote     dcs.Revision `json:"wrote,omitempty"`     // newest change of this node that they may lack
	Loaded    bool         `json:"loaded,omitempty"`    // records were read since the session began
	ObsAfter  Instant      `json:"obsAfter,omitempty"`  // older observations say nothing about the server
	ObserveAt Instant      `json:"observeAt,omitempty"` // when to look again
	EngineAt  Instant      `json:"engineAt,omitempty"`  // no engine action before
	StoreAt   Instant      `json:"storeAt,omitempty"`   // no transaction before
	Fails     int          `json:"fails,omitempty"`     // engine actions that failed in a row

	Published    MemberStatus `json:"published"`
	Publishing   MemberStatus `json:"publishing"`
	PublishedAt  Instant      `json:"publishedAt,omitempty"`
	PublishedRev dcs.Revision `json:"publishedRev,omitempty"` // of that record
	Problem      string       `json:"problem,omitempty"`

	Flights [numLanes]Flight `json:"flights"`
}

// Deadline is the instant from which the holder of the grant must not let its
// server accept writes (R1). It counts from the moment the last successful
// renewal was sent, because the store cannot have received it earlier. Time to
// live and margin are those that the lease was made with.
func (m *Machine) Deadline() Instant {
	return m.LeaseSent.Add(m.LeaseTTL - m.LeaseMargin)
}

// Input is everything a decision depends on.
type Input struct {
	Now      Instant   `json:"now"`
	Self     *Self     `json:"self"`
	Machine  Machine   `json:"machine"`
	View     View      `json:"view"`
	Outcomes []Outcome `json:"outcomes,omitempty"`
	Poked    bool      `json:"poked,omitempty"` // something happened to the server: look again

	// Policy orders eligible candidates; nil is [DefaultPolicy]. It must be
	// a pure function and the same on all members.
	Policy Policy `json:"-"`
}

// Decision is the output: what the machine is now, what is to be done, and
// when to ask again although nothing happened. With its input it is a [Record].
type Decision struct {
	Machine Machine  `json:"machine"`
	From    State    `json:"from"`
	Trigger Trigger  `json:"trigger"`
	To      State    `json:"to"`
	Why     string   `json:"why"`
	Actions []Action `json:"actions,omitempty"`
	Wake    Instant  `json:"wake"`

	// Election says what was thought of each member; nil when no election
	// was looked at.
	Election *Election `json:"election,omitempty"`

	// Parent says from whom this cascade standby streams from now on, and why;
	// nil when that has not changed.
	Parent *ParentChoice `json:"parent,omitempty"`
	// Would is, when a shadow begins a new entry of what it would do, the
	// decision that it would have made, with all that it stands on.
	Would *Record `json:"would,omitempty"`
}

// Changed reports whether the decision says anything new: another state, or an
// action beyond the daily round of renewing, looking and publishing.
func (d *Decision) Changed() bool {
	if d.From != d.To || d.Parent != nil {
		return true
	}
	for i := range d.Actions {
		if uint64(housekeeping)&(1<<d.Actions[i].Kind) == 0 {
			return true
		}
	}
	return false
}
