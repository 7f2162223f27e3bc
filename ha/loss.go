// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import "math"

// LossKind says what a promotion does to acknowledged writes.
type LossKind uint8

// The kinds. The zero value is the one that promises nothing.
const (
	LossUnknown LossKind = iota // acknowledged writes may be missing, nobody knows how many
	LossSafe                    // every write that was acknowledged is there
	LossUpTo                    // acknowledged writes may be missing, within a known number of bytes
)

var lossKindNames = [...]string{"unknown", "safe", "loses up to"} // read-only

// String gives the kind in lower case.
func (k LossKind) String() string { return nameOf(k, lossKindNames[:]) }

// MarshalText gives the form of String.
func (k LossKind) MarshalText() ([]byte, error) { return marshalName(k, lossKindNames[:]) }

// UnmarshalText reads the form of String.
func (k *LossKind) UnmarshalText(text []byte) error {
	return unmarshalName(k, lossKindNames[:], text)
}

// Loss is the verdict on what promoting a member loses: Safe, LosesUpTo(n) or
// Unknown. The zero value is Unknown with nothing known.
type Loss struct {
	Kind LossKind `json:"kind"`
	// Bytes of log. With LossUpTo it is the most that can be missing of what
	// was acknowledged. With LossUnknown it is log that is known to have been
	// written and that the member lacks: it may be more, and not all of it
	// need have been acknowledged. 0 with LossSafe.
	Bytes Bytes `json:"bytes,omitempty"`
}

// String writes "safe", "loses up to 16 MiB", "unknown" or "unknown, at least
// 16 MiB not there".
func (l Loss) String() string {
	switch {
	case l.Kind == LossUpTo:
		return l.Kind.String() + " " + l.Bytes.String()
	case l.Kind == LossUnknown && l.Bytes > 0:
		return l.Kind.String() + ", at least " + l.Bytes.String() + " not there"
	}
	return l.Kind.String()
}

// MemberEnd is the end of a member's log: a timeline and a byte position on it.
type MemberEnd struct {
	Member   MemberID
	Timeline uint32 // 0: not known, and then LSN says nothing
	LSN      LSN
}

func (e *MemberEnd) position() position { return position{e.Timeline, e.LSN} }

// Branch says where a timeline begins: up to Start its log is Parent's.
type Branch struct {
	Timeline, Parent uint32
	Start            LSN
}

// LossInput is all that [JudgeLoss] looks at.
type LossInput struct {
	// Rules under each of which writes may have been acknowledged. None means
	// that replication was asynchronous all the time. When it was so for a
	// while only, that is a rule of its own, with K of 0: left out, the verdict
	// vouches for writes that no rule covers. The same goes for every time at
	// which fewer than K sufficed and it is known how many did: a rule with
	// that K. A rule with fewer members than K acknowledged nothing.
	//
	// A list by priority (FIRST k) acknowledges with k of its members like ANY
	// k, so it is the same rule. Where several groups must all acknowledge,
	// any one of them is a rule that holds.
	Rules []SyncRule

	// Degrades says that a server under these rules acknowledges with fewer
	// than K, or alone, while members of its set are missing, and that nobody
	// wrote down when: openGauss with most_available_sync, or with
	// ignore_standby_lsn_window above 0 (syncrep.cpp,
	// SyncRepGetNthLatestSyncRecPtr). What a rule says of the standbys is worth
	// nothing then: all writes count as acknowledged by the primary alone.
	Degrades bool

	// Seen are the members whose end is final: nothing is added to it any more
	// by a former primary. One entry for each. The former primary's may be
	// among them. A member whose data was removed or restored from elsewhere
	// since it acknowledged is not: it has no word in this. Nor has one whose
	// timeline is not known.
	Seen []MemberEnd

	// Chosen is the member to be promoted.
	Chosen MemberID

	// Old is the last primary and what is known of its end: exactly, when
	// OldExact (the stop was orderly), else at least. The last primary has all
	// that was acknowledged in earlier terms, except what a forced promotion
	// gave up then. When it is among Seen, its end is known from there. For a
	// cluster that never had a primary both are zero and OldExact is true.
	Old      MemberEnd
	OldExact bool

	// Branches of the log, as far as known. They are needed to count bytes
	// between ends on different timelines.
	Branches []Branch
}

// endless is behind every end: what a member has that nobody has seen.
var endless = position{math.MaxUint32, math.MaxUint64} // read-only

// JudgeLoss says whether a promotion of the chosen member loses acknowledged
// writes.
//
// A write that was acknowledged under a rule is on the rule's primary and on K
// of its members. Logs are prefixes of each other up to what was acknowledged,
// so a member has a write if its end is not before it. Hence nothing is
// acknowledged behind
//
//   - the end of the primary, and
//   - the K-th furthest end of the rule's members,
//
// where a member that was not seen may have any end. The smaller of the two,
// for the rule where it is largest, bounds all acknowledged writes; the end of
// the last primary does so for all rules, because it has what earlier
// primaries acknowledged. The bound is reached: a write at it that is on the
// primary and on those K members contradicts nothing that was seen. So the
// verdict is LossSafe exactly when the chosen member has everything up to the
// bound, LossUpTo with the difference when it has not, and LossUnknown when
// there is no bound because neither the primary nor all but K-1 of the members
// were seen. For the member with the furthest end of all it is LossSafe under
// the same condition under which an election goes on: one of the two was seen,
// for each rule.
//
// With K of 0, without rules or with LossInput.Degrades, only the end of the
// primary bounds. Writes of sessions that asked for less than a synchronous
// commit were never promised and do not count.
func JudgeLoss(in LossInput) Loss {
	chosen, ok := in.end(in.Chosen)
	if !ok {
		return Loss{}
	}
	bound := in.acknowledged()
	switch missing, counted := in.missing(chosen, bound); {
	case bound.compare(chosen) <= 0, counted && missing == 0:
		return Loss{Kind: LossSafe}
	case counted && bound != endless:
		return Loss{Kind: LossUpTo, Bytes: missing}
	}
	return Loss{Kind: LossUnknown, Bytes: in.atLeast(chosen)}
}

// end is the final end of a member that was seen. One without its timeline
// cannot be compared with others: it was not seen.
func (in *LossInput) end(m MemberID) (position, bool) {
	for i := range in.Seen {
		if in.Seen[i].Member == m && in.Seen[i].Timeline != 0 {
			return in.Seen[i].position(), true
		}
	}
	return position{}, false
}

// acknowledged is the position behind which nothing was acknowledged, endless
// when there is none.
func (in *LossInput) acknowledged() position {
	last := in.primaryEnd(in.Old.Member)
	if len(in.Rules) == 0 || in.Degrades {
		return last
	}
	var bound position
	for i := range in.Rules {
		r := &in.Rules[i]
		bound = later(bound, earlier(in.primaryEnd(r.Primary), in.held(r)))
	}
	return earlier(bound, last)
}

// primaryEnd is the end of a primary's log, endless when it is not known. An
// exact end without its timeline says nothing, unless there never was a log.
func (in *LossInput) primaryEnd(m MemberID) position {
	p, seen := in.end(m)
	exact := in.OldExact && m == in.Old.Member && (in.Old.Timeline != 0 || m == "" && in.Old.LSN == 0)
	switch {
	case exact: // seen otherwise, the two contradict each other: trust neither for less
		return later(p, in.Old.position())
	case seen:
		return p
	}
	return endless
}

// held is the furthest position that K of a rule's members can have: the K-th
// furthest of their ends. When there are fewer than K it is before any write.
func (in *LossInput) held(r *SyncRule) position {
	if r.K <= 0 {
		return endless
	}
	var held position
	for _, m := range r.Members {
		p := in.reach(m)
		if p.compare(held) <= 0 {
			continue
		}
		n := 0
		for _, o := range r.Members {
			if in.reach(o).compare(p) >= 0 {
				n++
			}
		}
		if n >= r.K {
			held = p
		}
	}
	return held
}

// reach is the furthest position that a member can have.
func (in *LossInput) reach(m MemberID) position {
	if p, ok := in.end(m); ok {
		return p
	}
	return endless
}

// missing counts the bytes before to that a log which ends at from has not,
// if the branches between the two are known. What from has behind a branch is
// not the log that leads to to.
func (in *LossInput) missing(from, to position) (Bytes, bool) {
	common, at := from.lsn, to.timeline
	for at > from.timeline {
		b := in.branch(at)
		if b == nil || b.Parent >= at {
			return 0, false
		}
		common, at = min(common, b.Start), b.Parent
	}
	return common.Behind(to.lsn), at == from.timeline
}

func (in *LossInput) branch(timeline uint32) *Branch {
	for i := range in.Branches {
		if in.Branches[i].Timeline == timeline {
			return &in.Branches[i]
		}
	}
	return nil
}

// atLeast counts the bytes that are known to have been written after from.
func (in *LossInput) atLeast(from position) Bytes {
	var most Bytes
	for i := -1; i < len(in.Seen); i++ {
		e := &in.Old
		if i >= 0 {
			e = &in.Seen[i]
		}
		if e.Timeline < from.timeline {
			continue // of a log that from's has left, or of one that nobody knows
		}
		n, counted := in.missing(from, e.position())
		if !counted {
			n = from.lsn.Behind(e.LSN)
		}
		most = max(most, n)
	}
	return most
}

func later(a, b position) position {
	if a.compare(b) >= 0 {
		return a
	}
	return b
}

func earlier(a, b position) position {
	if a.compare(b) <= 0 {
		return a
	}
	return b
}
