// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"fmt"
	"slices"
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// Shadow mode (ARCHITECTURE.md, 5.11): nodes beside another manager that look,
// say what they would do, and do nothing, until Admin.TakeOver.

// WouldKind is a kind of deed that a shadow node would do.
type WouldKind uint8

// The kinds, the most important last.
const (
	WouldNothing WouldKind = iota
	WouldSync              // change the synchronous set in force
	WouldFollow            // let its standby follow another member
	WouldStart             // start its server: a primary's in place, or as a standby
	WouldRejoin            // make its data a standby of the primary again, or fill it
	WouldStop              // stop its server, which has no right to be writable
	WouldWait              // an election is due that cannot succeed yet, see Would.Hold
	WouldPromote           // take the grant and promote its server
)

var wouldNames = [...]string{"nothing", "sync", "follow", "start", "rejoin", "stop", "wait", "promote"} // read-only

// String gives the kind in lower case.
func (k WouldKind) String() string { return nameOf(k, wouldNames[:]) }

// MarshalText gives the form of String.
func (k WouldKind) MarshalText() ([]byte, error) { return marshalName(k, wouldNames[:]) }

// UnmarshalText reads the form of String.
func (k *WouldKind) UnmarshalText(text []byte) error { return unmarshalName(k, wouldNames[:], text) }

// Would is what a shadow node would do now if it were in charge.
type Would struct {
	Kind   WouldKind `json:"kind,omitempty"`
	Member MemberID  `json:"member,omitempty"` // whose node would do it
	To     MemberID  `json:"to,omitempty"`     // follow, rejoin: whom
	Set    string    `json:"set,omitempty"`    // sync: the set, as SyncSet.String writes it
	Hold   Hold      `json:"hold,omitempty"`   // wait: for what
	Term   Term      `json:"term,omitempty"`   // promote: the timeline of the primary, plus one
	Cause  string    `json:"cause,omitempty"`  // promote: why
}

// String says it in a few words: "promote m2 (failover)".
func (w Would) String() string {
	switch w.Kind {
	case WouldNothing:
		return "do nothing"
	case WouldSync:
		return fmt.Sprintf("set the synchronous set of %s to %s", w.Member, w.Set)
	case WouldFollow:
		return fmt.Sprintf("let %s follow %s", w.Member, w.To)
	case WouldRejoin:
		return fmt.Sprintf("rejoin %s to %s", w.Member, w.To)
	case WouldWait:
		return fmt.Sprintf("promote nobody (%s): %s", w.Member, w.Hold)
	case WouldPromote:
		return fmt.Sprintf("promote %s (%s)", w.Member, w.Cause)
	}
	return fmt.Sprintf("%s the server of %s", w.Kind, w.Member)
}

// ShadowKind is what an entry of a shadow's journal tells.
type ShadowKind uint8

// The kinds of entries.
const (
	ShadowWould   ShadowKind = iota + 1 // a node would have done something, from Wall to End
	ShadowChanged                       // another member became primary
	ShadowBack                          // the primary came back, after somebody would have been promoted
	ShadowSplit                         // servers of two members accepted writes, from Wall to End
)

var shadowKindNames = [...]string{"", "would", "changed", "back", "split"} // read-only

// String gives the kind in lower case.
func (k ShadowKind) String() string { return nameOf(k, shadowKindNames[:]) }

// MarshalText gives the form of String.
func (k ShadowKind) MarshalText() ([]byte, error) { return marshalName(k, shadowKindNames[:]) }

// UnmarshalText reads the form of String.
func (k *ShadowKind) UnmarshalText(text []byte) error {
	return unmarshalName(k, shadowKindNames[:], text)
}

// ShadowEntry is one entry of a shadow's journal.
type ShadowEntry struct {
	Kind ShadowKind `json:"kind"`
	By   MemberID   `json:"by"`            // whose node recorded it
	Wall int64      `json:"wall"`          // when it began, Unix nanoseconds by that node's clock
	End  int64      `json:"end,omitempty"` // would, split: when it ended; 0 while it lasts
	// Would is what the node would have done; in an entry of another kind, what
	// was due before: a promotion, or nothing.
	Would Would `json:"would,omitzero"`
	// After is how long after that promotion was due the present manager's
	// primary took writes, by this node's monotonic clock.
	After    time.Duration `json:"after,omitempty"`
	From     MemberID      `json:"from,omitempty"`     // changed, back, split: the primary before
	To       MemberID      `json:"to,omitempty"`       // and the one after; split: the other one
	Timeline uint32        `json:"timeline,omitempty"` // of the primary after
	Why      string        `json:"why,omitempty"`      // would: what was found
	Verdicts []Verdict     `json:"verdicts,omitempty"` // would promote or wait: on each member
	Loss     Loss          `json:"loss,omitzero"`      // would promote: what that would have lost
}

// String says it in one sentence.
func (e ShadowEntry) String() string {
	due := fmt.Sprintf("%v after %s would have been promoted", e.After.Round(100*time.Millisecond), e.Would.Member)
	if e.Would.Kind == WouldNothing {
		due = "we would have done nothing"
	}
	switch e.Kind {
	case ShadowChanged:
		return fmt.Sprintf("%s became primary after %s: %s", e.To, e.From, due)
	case ShadowBack:
		return fmt.Sprintf("%s is primary again: %s", e.To, due)
	case ShadowSplit:
		return fmt.Sprintf("split brain: the servers of %s and %s accept writes at the same time", e.From, e.To)
	}
	if e.End == 0 {
		return "would " + e.Would.String()
	}
	return fmt.Sprintf("would have, for %v: %s", time.Duration(e.End-e.Wall).Round(100*time.Millisecond), e.Would)
}

// KeptShadowEntries is how many entries the store keeps of each node's journal.
const KeptShadowEntries = 32

// ShadowRecord is what a shadow node tells besides its member's status: what
// it would tell and do if it were in charge. Acting nodes never read it.
type ShadowRecord struct {
	Instance string `json:"instance"` // run of the node

	As       State   `json:"as"`                 // in which it would be
	Suspect  Term    `json:"suspect,omitempty"`  // as in MemberStatus; terms are timelines here
	Final    Term    `json:"final,omitempty"`    // the same
	Released Term    `json:"released,omitempty"` // it would have given the grant back
	End      LSN     `json:"end,omitempty"`      // with this end of the log
	Exact    bool    `json:"exact,omitempty"`
	Lost     bool    `json:"lost,omitempty"`
	Start    LSN     `json:"start,omitempty"` // primary: where its timeline begins at the latest
	Sync     SyncSet `json:"sync,omitzero"`   // primary: the set in force, in our names
	// Alien says that a set is in force whose names nobody knows.
	Alien bool `json:"alien,omitempty"`
	// Strangers counts standbys of this server that no shadow node watches.
	Strangers int      `json:"strangers,omitempty"`
	Alias     MemberID `json:"alias,omitempty"` // what this member calls itself to its upstream

	// Saw is the order to take over after which the node has looked at its
	// server, and Writes what it saw: that it accepts writes, or
	// would as soon as it stirs.
	Saw    string `json:"saw,omitempty"`
	Writes bool   `json:"writes,omitempty"`

	Would   Would         `json:"would,omitzero"`
	Since   int64         `json:"since,omitempty"`   // of Would, Unix nanoseconds
	Entries []ShadowEntry `json:"entries,omitempty"` // the journal, oldest first
}

// same reports whether two records tell the same.
func (r *ShadowRecord) same(o *ShadowRecord) bool {
	a, b := *r, *o
	a.Entries, b.Entries, a.Sync.Members, b.Sync.Members = nil, nil, nil, nil
	return a.Instance == b.Instance && a.As == b.As && a.Suspect == b.Suspect && a.Final == b.Final && a.Released == b.Released &&
		a.End == b.End && a.Exact == b.Exact && a.Lost == b.Lost && a.Start == b.Start && r.Sync.Equal(o.Sync) && a.Alien == b.Alien &&
		a.Strangers == b.Strangers && a.Saw == b.Saw && a.Writes == b.Writes && a.Alias == b.Alias && a.Would == b.Would && a.Since == b.Since &&
		slices.EqualFunc(r.Entries, o.Entries, func(x, y ShadowEntry) bool {
			return x.Kind == y.Kind && x.Wall == y.Wall && x.End == y.End && x.Would == y.Would && x.To == y.To
		})
}

// TakeOver is the order to take a shadowed cluster over, and afterwards the
// record that it was.
type TakeOver struct {
	ID      string   `json:"id"`
	Primary MemberID `json:"primary"` // whose server takes writes, and whose node begins
	Manager string   `json:"manager"` // that does not act any more, on the operator's word
	// Without names members that are taken over although no node of theirs lives.
	Without []MemberID `json:"without,omitempty"`
	// Settings are those of the cluster from now on; nil for the ones in the
	// store or, where there are none, in the configuration of the primary's node.
	Settings *Settings `json:"settings,omitempty"`
	By       string    `json:"by"`
	Why      string    `json:"why,omitempty"`
	Wall     int64     `json:"wall"` // Unix nanoseconds
}

// TakeOverLimit is how long an order to take over may wait for the primary's
// node, by the wall clock. Later it is void: nobody expects it any more.
const TakeOverLimit = 30 * time.Second

func (k Keys) takeOver() string            { return k.State() + "takeover" }
func (k Keys) shadow(name MemberID) string { return k.State() + "shadows/" + string(name) }

// shadowKeys are all that a shadow node may change.
func (k Keys) shadowKeys(name MemberID) [3]string {
	return [...]string{k.session(name), k.member(name), k.shadow(name)}
}

// shadowTxn reports whether a transaction changes nothing but a shadow
// node's own records.
func shadowTxn(k Keys, name MemberID, txn dcs.Txn) bool {
	own := k.shadowKeys(name)
	for _, op := range txn.Then {
		if !slices.Contains(own[:], op.Key) {
			return false
		}
	}
	return true
}

// shadowed reports whether a node must not act: it is configured to look only
// and nobody has taken the cluster over, or all others look only. Between the
// order to take over and the first term only the member that it names acts.
func shadowed(self *Self, c *Cluster) bool {
	switch {
	case c == nil:
		return self.Shadow
	case c.TakeOverRev != 0:
		return c.Reign.Term == 0 && c.TakeOver.Primary != self.Name
	case c.IdentityRev != 0: // somebody manages the cluster
		return self.Shadow
	}
	return self.Shadow || c.Shadowed()
}

// Shadowed reports whether the cluster's nodes look only.
func (c *Cluster) Shadowed() bool {
	return c.Reign.Term == 0 && c.IdentityRev == 0 && slices.ContainsFunc(c.Members, func(m Member) bool {
		return m.Alive() && m.Known && m.Status.State == StateShadow
	})
}
