// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"fmt"
	"strings"
)

// RowKind says what a pair of state and trigger means.
type RowKind uint8

// The kinds of rows.
const (
	RowAllowed RowKind = iota + 1 // the state changes, or its duty begins anew
	RowIgnored                    // nothing changes; the reason says why that is right
	RowRefused                    // the deciding part never produces this pair; the reason says why
)

var rowKindNames = [...]string{"missing", "allowed", "ignored", "refused"} // read-only

// String gives the kind in lower case; "missing" for a row that is not there.
func (k RowKind) String() string { return nameOf(k, rowKindNames[:]) }

// MarshalText gives the form of String.
func (k RowKind) MarshalText() ([]byte, error) { return marshalName(k, rowKindNames[:]) }

// UnmarshalText reads the form of String.
func (k *RowKind) UnmarshalText(text []byte) error { return unmarshalName(k, rowKindNames[:], text) }

// Row is one entry of the transition table.
type Row struct {
	From    State
	Trigger Trigger
	Kind    RowKind
	To      State // From for rows that are ignored or refused
	Why     string
}

// Transition returns the row of a pair. Every pair has one; a test fails on a
// hole, a dead end or a state that cannot be reached.
func Transition(from State, t Trigger) Row {
	if from >= numStates || t >= numTriggers {
		return Row{From: from, Trigger: t, Kind: RowRefused, To: from, Why: "no such state or trigger"}
	}
	r := transitions[from][t]
	r.From, r.Trigger = from, t
	if r.Kind != RowAllowed {
		r.To = from
	}
	return r
}

func to(s State, why string) Row { return Row{Kind: RowAllowed, To: s, Why: why} }
func ignore(why string) Row      { return Row{Kind: RowIgnored, Why: why} }
func refuse(why string) Row      { return Row{Kind: RowRefused, Why: why} }

// transitions is the whole machine: for each state what each trigger means.
// Read a state's block from top to bottom as "being here, when this is found".
var transitions = [numStates][numTriggers]Row{ // read-only; long: one block per state
	StateStarting: {
		TriggerSteady:          ignore("server, data or store not known yet"),
		TriggerReady:           to(StateStandby, "data of this cluster that may not accept writes"),
		TriggerGrantFree:       refuse("a server that runs writable asks for the grant without an election; any other is a standby first"),
		TriggerGrantMine:       to(StatePromoting, "the grant of this member's former manager was taken over"),
		TriggerGrantElsewhere:  refuse("found as ready or writable"),
		TriggerGrantLost:       refuse("holds no grant"),
		TriggerDeadline:        refuse("holds no grant, so no lease protects it"),
		TriggerWritable:        to(StateDemoting, "writable, and its right to be so could not be shown"),
		TriggerPromoted:        refuse("was not promoted by this node"),
		TriggerPromotionFailed: refuse("promotes nothing"),
		TriggerServerLost:      refuse("is no primary"),
		TriggerUnfit:           refuse("is no primary"),
		TriggerHandOver:        refuse("has nothing to hand over"),
		TriggerReleased:        refuse("has nothing to release"),
		TriggerDiverged:        to(StateRebuilding, "no data, or none that is to be kept"),
		TriggerRejoined:        refuse("rejoins nothing"),
		TriggerForeign:         to(StateFenced, "data of another database"),
		TriggerClosing:         to(StateStopping, "asked to end"),
		TriggerClosed:          refuse("goes through stopping"),
		TriggerShadow:          to(StateShadow, "another manager is in charge"),
		TriggerTakeOver:        refuse("acts already"),
	},
	StateStandby: {
		TriggerSteady:          ignore("follows the holder, or waits"),
		TriggerReady:           refuse("is ready"),
		TriggerGrantFree:       to(StateElecting, "nobody holds the grant"),
		TriggerGrantMine:       to(StatePromoting, "holds the grant"),
		TriggerGrantElsewhere:  refuse("that is the steady state of a standby"),
		TriggerGrantLost:       refuse("holds no grant"),
		TriggerDeadline:        refuse("holds no grant"),
		TriggerWritable:        to(StateDemoting, "somebody else made the server writable"),
		TriggerPromoted:        refuse("found as writable without right"),
		TriggerPromotionFailed: refuse("promotes nothing"),
		TriggerServerLost:      refuse("a standby's server is started by its duty"),
		TriggerUnfit:           refuse("is no primary"),
		TriggerHandOver:        refuse("has nothing to hand over"),
		TriggerReleased:        refuse("has nothing to release"),
		TriggerDiverged:        to(StateRebuilding, "cannot follow the primary with this data"),
		TriggerRejoined:        refuse("rejoins nothing"),
		TriggerForeign:         to(StateFenced, "data of another database"),
		TriggerClosing:         to(StateStopping, "asked to end"),
		TriggerClosed:          refuse("goes through stopping"),
		TriggerShadow:          to(StateShadow, "the order to take over came to nothing"),
		TriggerTakeOver:        refuse("acts already"),
	},
	StateElecting: {
		TriggerSteady:          ignore("waits for positions, for better candidates, or for its turn"),
		TriggerReady:           refuse("is ready"),
		TriggerGrantFree:       ignore("that is why it is electing"),
		TriggerGrantMine:       to(StatePromoting, "took the grant"),
		TriggerGrantElsewhere:  to(StateStandby, "another member took the grant, or elections are paused"),
		TriggerGrantLost:       refuse("holds no grant"),
		TriggerDeadline:        refuse("holds no grant"),
		TriggerWritable:        to(StateDemoting, "somebody else made the server writable"),
		TriggerPromoted:        refuse("found as writable without right"),
		TriggerPromotionFailed: refuse("promotes nothing yet"),
		TriggerServerLost:      refuse("is no primary"),
		TriggerUnfit:           refuse("is no primary"),
		TriggerHandOver:        refuse("has nothing to hand over"),
		TriggerReleased:        refuse("has nothing to release"),
		TriggerDiverged:        refuse("a rejoin needs a primary, and there is none"),
		TriggerRejoined:        refuse("rejoins nothing"),
		TriggerForeign:         to(StateFenced, "data of another database"),
		TriggerClosing:         to(StateStopping, "asked to end"),
		TriggerClosed:          refuse("goes through stopping"),
		TriggerShadow:          refuse("acts already: the cluster was taken over"),
		TriggerTakeOver:        refuse("acts already"),
	},
	StatePromoting: {
		TriggerSteady:          ignore("asks the hook, confirms the grant, promotes"),
		TriggerReady:           refuse("is on its way to primary"),
		TriggerGrantFree:       refuse("found as lost"),
		TriggerGrantMine:       ignore("that is why it is promoting"),
		TriggerGrantElsewhere:  refuse("found as lost"),
		TriggerGrantLost:       to(StateDemoting, "the grant is gone before the promotion was done"),
		TriggerDeadline:        to(StateDemoting, "the lease may run out before the promotion is done"),
		TriggerWritable:        refuse("holds the grant, so found as promoted"),
		TriggerPromoted:        to(StatePrimary, "the server accepts writes"),
		TriggerPromotionFailed: to(StateDemoting, "the promotion failed, was vetoed or took too long"),
		TriggerServerLost:      refuse("found as a failed promotion"),
		TriggerUnfit:           refuse("found as a failed promotion"),
		TriggerHandOver:        ignore("a request waits until the promotion is done"),
		TriggerReleased:        refuse("releases nothing"),
		TriggerDiverged:        refuse("the holder's data is the cluster's data"),
		TriggerRejoined:        refuse("rejoins nothing"),
		TriggerForeign:         to(StateDemoting, "data of another database appeared under a held grant"),
		TriggerClosing:         to(StateDemoting, "asked to end"),
		TriggerClosed:          refuse("goes through demoting and stopping"),
		TriggerShadow:          refuse("acts already: the cluster was taken over"),
		TriggerTakeOver:        refuse("acts already"),
	},
	StatePrimary: {
		TriggerSteady:          ignore("renews the lease and keeps the server running"),
		TriggerReady:           refuse("is primary"),
		TriggerGrantFree:       refuse("found as lost"),
		TriggerGrantMine:       refuse("that is the steady state of a primary"),
		TriggerGrantElsewhere:  refuse("found as lost"),
		TriggerGrantLost:       to(StateDemoting, "the grant is gone"),
		TriggerDeadline:        to(StateDemoting, "the lease was not renewed in time"),
		TriggerWritable:        refuse("has the right to be writable"),
		TriggerPromoted:        refuse("is promoted"),
		TriggerPromotionFailed: refuse("is promoted"),
		TriggerServerLost:      to(StateDemoting, "the server did not come back in time"),
		TriggerUnfit:           to(StateDemoting, "its watchdog is gone, or a probe says that its disk is"),
		TriggerHandOver:        to(StateDemoting, "a request gives the grant to another member"),
		TriggerReleased:        refuse("releases nothing"),
		TriggerDiverged:        refuse("the holder's data is the cluster's data"),
		TriggerRejoined:        refuse("rejoins nothing"),
		TriggerForeign:         to(StateDemoting, "the data was exchanged under the node"),
		TriggerClosing:         to(StateDemoting, "asked to end"),
		TriggerClosed:          refuse("goes through demoting and stopping"),
		TriggerShadow:          refuse("acts already: the cluster was taken over"),
		TriggerTakeOver:        refuse("acts already"),
	},
	StateDemoting: {
		TriggerSteady:          ignore("stops the server, then gives the grant back"),
		TriggerReady:           refuse("found as released"),
		TriggerGrantFree:       refuse("found as released once the server is stopped"),
		TriggerGrantMine:       ignore("the grant is given back first; a later election may bring it again"),
		TriggerGrantElsewhere:  refuse("found as released once the server is stopped"),
		TriggerGrantLost:       ignore("is stopping the server because of that, or found as released"),
		TriggerDeadline:        ignore("is stopping the server because of that"),
		TriggerWritable:        ignore("is stopping it"),
		TriggerPromoted:        ignore("a promotion that ended late is stopped too"),
		TriggerPromotionFailed: ignore("is stopping the server because of that"),
		TriggerServerLost:      ignore("is stopping the server because of that"),
		TriggerUnfit:           ignore("is stopping the server anyway"),
		TriggerHandOver:        ignore("is handing over"),
		TriggerReleased:        to(StateStandby, "the server is stopped and the grant is not held any more"),
		TriggerDiverged:        refuse("judged as a standby, afterwards"),
		TriggerRejoined:        refuse("rejoins nothing"),
		TriggerForeign:         refuse("judged as a standby, afterwards"),
		TriggerClosing:         ignore("the server must be stopped first"),
		TriggerClosed:          refuse("goes through stopping"),
		TriggerShadow:          refuse("acts already: the cluster was taken over"),
		TriggerTakeOver:        refuse("acts already"),
	},
	StateRebuilding: {
		TriggerSteady:          ignore("rejoins the primary, or waits for one"),
		TriggerReady:           refuse("found as rejoined"),
		TriggerGrantFree:       to(StateElecting, "whole data, no primary to rejoin: it may be the best there is"),
		TriggerGrantMine:       refuse("a member that rebuilds takes no grant"),
		TriggerGrantElsewhere:  refuse("that is the steady state of a rejoin"),
		TriggerGrantLost:       refuse("holds no grant"),
		TriggerDeadline:        refuse("holds no grant"),
		TriggerWritable:        to(StateDemoting, "the server came up writable"),
		TriggerPromoted:        refuse("found as writable without right"),
		TriggerPromotionFailed: refuse("promotes nothing"),
		TriggerServerLost:      refuse("is no primary"),
		TriggerUnfit:           refuse("is no primary"),
		TriggerHandOver:        refuse("has nothing to hand over"),
		TriggerReleased:        refuse("has nothing to release"),
		TriggerDiverged:        ignore("that is why it rebuilds"),
		TriggerRejoined:        to(StateStandby, "the data is a standby of the primary"),
		TriggerForeign:         to(StateFenced, "data of another database"),
		TriggerClosing:         to(StateStopping, "asked to end"),
		TriggerClosed:          refuse("goes through stopping"),
		TriggerShadow:          refuse("acts already: the cluster was taken over"),
		TriggerTakeOver:        refuse("acts already"),
	},
	StateFenced: {
		TriggerSteady:          ignore("waits for a person; touches nothing"),
		TriggerReady:           to(StateStarting, "the data is this cluster's again"),
		TriggerGrantFree:       refuse("takes no part in elections"),
		TriggerGrantMine:       refuse("takes no grant"),
		TriggerGrantElsewhere:  refuse("takes no part"),
		TriggerGrantLost:       refuse("holds no grant"),
		TriggerDeadline:        refuse("holds no grant"),
		TriggerWritable:        refuse("writes to another database are not this cluster's business"),
		TriggerPromoted:        refuse("promotes nothing"),
		TriggerPromotionFailed: refuse("promotes nothing"),
		TriggerServerLost:      refuse("is no primary"),
		TriggerUnfit:           refuse("is no primary"),
		TriggerHandOver:        refuse("has nothing to hand over"),
		TriggerReleased:        refuse("has nothing to release"),
		TriggerDiverged:        refuse("the data is not this cluster's"),
		TriggerRejoined:        refuse("rejoins nothing"),
		TriggerForeign:         ignore("that is why it is fenced"),
		TriggerClosing:         to(StateStopping, "asked to end"),
		TriggerClosed:          refuse("goes through stopping"),
		TriggerShadow:          refuse("acts already: the cluster was taken over"),
		TriggerTakeOver:        refuse("acts already"),
	},
	StateStopping: {
		TriggerSteady:          ignore("stops a standby's server unless told to leave it, and ends the session"),
		TriggerReady:           refuse("is ending"),
		TriggerGrantFree:       refuse("is ending"),
		TriggerGrantMine:       refuse("gave the grant back before"),
		TriggerGrantElsewhere:  refuse("is ending"),
		TriggerGrantLost:       refuse("holds no grant"),
		TriggerDeadline:        refuse("holds no grant"),
		TriggerWritable:        to(StateDemoting, "the server became writable; it is stopped first"),
		TriggerPromoted:        refuse("found as writable without right"),
		TriggerPromotionFailed: refuse("promotes nothing"),
		TriggerServerLost:      refuse("is no primary"),
		TriggerUnfit:           refuse("is no primary"),
		TriggerHandOver:        refuse("has nothing to hand over"),
		TriggerReleased:        refuse("has nothing to release"),
		TriggerDiverged:        refuse("is ending"),
		TriggerRejoined:        refuse("is ending"),
		TriggerForeign:         refuse("is ending"),
		TriggerClosing:         ignore("is ending"),
		TriggerClosed:          to(StateStopped, "nothing is left to do"),
		TriggerShadow:          refuse("acts already: the cluster was taken over"),
		TriggerTakeOver:        refuse("acts already"),
	},
	StateStopped: {
		TriggerSteady:          ignore("has ended"),
		TriggerReady:           refuse("has ended"),
		TriggerGrantFree:       refuse("has ended"),
		TriggerGrantMine:       refuse("has ended"),
		TriggerGrantElsewhere:  refuse("has ended"),
		TriggerGrantLost:       refuse("has ended"),
		TriggerDeadline:        refuse("has ended"),
		TriggerWritable:        refuse("has ended"),
		TriggerPromoted:        refuse("has ended"),
		TriggerPromotionFailed: refuse("has ended"),
		TriggerServerLost:      refuse("has ended"),
		TriggerUnfit:           refuse("has ended"),
		TriggerHandOver:        refuse("has ended"),
		TriggerReleased:        refuse("has ended"),
		TriggerDiverged:        refuse("has ended"),
		TriggerRejoined:        refuse("has ended"),
		TriggerForeign:         refuse("has ended"),
		TriggerClosing:         ignore("has ended"),
		TriggerClosed:          ignore("has ended"),
		TriggerShadow:          refuse("acts already: the cluster was taken over"),
		TriggerTakeOver:        refuse("acts already"),
	},
	StateShadow: {
		TriggerSteady:          ignore("looks, and says what it would do"),
		TriggerReady:           refuse("looks only"),
		TriggerGrantFree:       refuse("looks only"),
		TriggerGrantMine:       refuse("looks only"),
		TriggerGrantElsewhere:  refuse("looks only"),
		TriggerGrantLost:       refuse("looks only"),
		TriggerDeadline:        refuse("looks only"),
		TriggerWritable:        refuse("looks only"),
		TriggerPromoted:        refuse("looks only"),
		TriggerPromotionFailed: refuse("looks only"),
		TriggerServerLost:      refuse("looks only"),
		TriggerUnfit:           refuse("looks only"),
		TriggerHandOver:        refuse("looks only"),
		TriggerReleased:        refuse("looks only"),
		TriggerDiverged:        refuse("looks only"),
		TriggerRejoined:        refuse("looks only"),
		TriggerForeign:         refuse("looks only"),
		TriggerClosing:         ignore("ends its session; the server is not its business"),
		TriggerClosed:          to(StateStopped, "nothing is left to do"),
		TriggerShadow:          ignore("that is why it looks only"),
		TriggerTakeOver:        to(StateStarting, "the cluster is taken over"),
	},
}

// housekeeping is what a node may do in any state but the last: keep its
// session, look, tell, and mind its watchdog.
const housekeeping = 1<<ActLease | 1<<ActRenew | 1<<ActLoad | 1<<ActOpenSession | 1<<ActObserve | 1<<ActPublish | 1<<ActFeed | 1<<ActDisarm

// shadowing is all that a node may do while another manager is in charge: keep
// its session, look, and tell.
const shadowing = 1<<ActLease | 1<<ActRenew | 1<<ActRevoke | 1<<ActLoad | 1<<ActOpenSession | 1<<ActObserve | 1<<ActPublish | 1<<ActShadow |
	1<<ActFeed | 1<<ActDisarm // of a device that was armed for a take-over that was refused

// caretaking is what any member of the cluster may do for all of it.
const caretaking = 1 << ActExpire

// duties says which actions a decision may order while in a state.
var duties = [numStates]uint64{ // read-only
	StateStarting:   housekeeping | 1<<ActIdentify | 1<<ActInit | 1<<ActAcquire | 1<<ActAnswer | 1<<ActArm,
	StateStandby:    housekeeping | caretaking | 1<<ActStart | 1<<ActFollow | 1<<ActStop | 1<<ActAnswer | 1<<ActAsk,
	StateElecting:   housekeeping | caretaking | 1<<ActStart | 1<<ActDetach | 1<<ActAcquire | 1<<ActAnswer | 1<<ActPause,
	StatePromoting:  housekeeping | 1<<ActHook | 1<<ActFence | 1<<ActArm | 1<<ActConfirm | 1<<ActSyncRules | 1<<ActStart | 1<<ActPromote,
	StatePrimary:    housekeeping | caretaking | 1<<ActAcquire | 1<<ActReign | 1<<ActSyncRules | 1<<ActSetSync | 1<<ActHook | 1<<ActCheckpoint | 1<<ActConfirm | 1<<ActStart | 1<<ActAnswer | 1<<ActDue | 1<<ActStop | 1<<ActArm,
	StateDemoting:   housekeeping | 1<<ActStop | 1<<ActRelease,
	StateRebuilding: housekeeping | caretaking | 1<<ActStop | 1<<ActRejoin | 1<<ActRelease | 1<<ActAnswer, // of a grant that came too late
	StateFenced:     housekeeping | 1<<ActRelease | 1<<ActAnswer,                                          // as above
	StateStopping:   housekeeping | 1<<ActStop | 1<<ActRevoke,
	StateStopped:    0,
	StateShadow:     shadowing,
}

// Duties returns the actions that a node may order while it is in state s.
func Duties(s State) []ActionKind {
	var kinds []ActionKind
	for k := ActNone + 1; s < numStates && k < numActions; k++ {
		if duties[s]&(1<<k) != 0 {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// Mermaid draws the allowed transitions as a Mermaid state diagram.
func Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> starting\n")
	for _, s := range States() {
		for _, t := range Triggers() {
			if r := Transition(s, t); r.Kind == RowAllowed {
				fmt.Fprintf(&b, "    %s --> %s: %s\n", r.From, r.To, r.Trigger)
			}
		}
	}
	b.WriteString("    stopped --> [*]\n")
	return b.String()
}

// DOT draws the allowed transitions for Graphviz.
func DOT() string {
	var b strings.Builder
	b.WriteString("digraph ha {\n\trankdir=LR;\n")
	for _, s := range States() {
		for _, t := range Triggers() {
			if r := Transition(s, t); r.Kind == RowAllowed {
				fmt.Fprintf(&b, "\t%s -> %s [label=%q, tooltip=%q];\n", r.From, r.To, r.Trigger.String(), r.Why)
			}
		}
	}
	b.WriteString("}\n")
	return b.String()
}
