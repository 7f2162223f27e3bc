// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

// Trigger is what a node has found when it decides: the most urgent of the
// things that are so. Together with the state it selects a row of the
// transition table.
type Trigger uint8

// The triggers, in no order; which one counts first depends on the state, see
// decide.go.
const (
	// TriggerSteady: nothing calls for a change of state.
	TriggerSteady Trigger = iota
	// TriggerReady: server, data and store are known, this is a standby.
	TriggerReady
	// TriggerGrantFree: nobody holds the grant and elections are allowed.
	TriggerGrantFree
	// TriggerGrantMine: this member holds the grant of the newest term.
	TriggerGrantMine
	// TriggerGrantElsewhere: another member holds the grant.
	TriggerGrantElsewhere
	// TriggerGrantLost: this member held the grant and holds it no more.
	TriggerGrantLost
	// TriggerDeadline: by this node's clock the lease may be over (R1).
	TriggerDeadline
	// TriggerWritable: the server accepts writes and has no right to.
	TriggerWritable
	// TriggerPromoted: the server of the holder accepts writes.
	TriggerPromoted
	// TriggerPromotionFailed: the promotion failed, was vetoed or took too long.
	TriggerPromotionFailed
	// TriggerServerLost: the primary's server is down or silent for longer
	// than it may take to restart in place.
	TriggerServerLost
	// TriggerUnfit: the primary lost what it must have to go on: a required
	// watchdog, or a disk that answers.
	TriggerUnfit
	// TriggerHandOver: a switchover or failover orders the grant away.
	TriggerHandOver
	// TriggerReleased: the server is stopped and the grant is given back or gone.
	TriggerReleased
	// TriggerDiverged: the data cannot follow the primary as it is, or there is
	// none, or a new database that is not the cluster's and that nobody has
	// ever written to.
	TriggerDiverged
	// TriggerRejoined: the data is a standby of the primary.
	TriggerRejoined
	// TriggerForeign: the data belongs to another database, or is none.
	TriggerForeign
	// TriggerClosing: the embedding program asked the node to end.
	TriggerClosing
	// TriggerClosed: nothing is left to do before the end.
	TriggerClosed
	// TriggerShadow: another manager is in charge.
	TriggerShadow
	// TriggerTakeOver: this node is to be in charge.
	TriggerTakeOver
	numTriggers
)

var triggerNames = [numTriggers]string{ // read-only
	"steady", "ready", "grant free", "grant mine", "grant elsewhere", "grant lost", "deadline", "writable without right",
	"promoted", "promotion failed", "server lost", "unfit", "hand over", "released", "diverged", "rejoined", "foreign data",
	"closing", "closed", "shadow", "take over",
}

// String gives the trigger in lower case.
func (t Trigger) String() string { return nameOf(t, triggerNames[:]) }

// MarshalText gives the form of String.
func (t Trigger) MarshalText() ([]byte, error) { return marshalName(t, triggerNames[:]) }

// UnmarshalText reads the form of String.
func (t *Trigger) UnmarshalText(text []byte) error { return unmarshalName(t, triggerNames[:], text) }

// Triggers returns all triggers, in order.
func Triggers() []Trigger {
	all := make([]Trigger, numTriggers)
	for i := range all {
		all[i] = Trigger(i)
	}
	return all
}
