// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"time"

	"github.com/gausskit/gausskit/ha/dcs"
)

// RequestKind is what an operator can ask of a cluster's nodes.
type RequestKind uint8

// The kinds of requests.
const (
	// RequestSwitchover: a planned change of primary, both sides help,
	// nothing is lost.
	RequestSwitchover RequestKind = iota + 1
	// RequestFailover: a change of primary without the old primary's help; it
	// is stopped at once if it lives.
	RequestFailover
)

var requestNames = [...]string{"", "switchover", "failover"} // read-only

// String gives the kind in lower case.
func (k RequestKind) String() string { return nameOf(k, requestNames[:]) }

// MarshalText gives the form of String.
func (k RequestKind) MarshalText() ([]byte, error) { return marshalName(k, requestNames[:]) }

// UnmarshalText reads the form of String.
func (k *RequestKind) UnmarshalText(text []byte) error {
	return unmarshalName(k, requestNames[:], text)
}

// Request is a wish of an operator, written into the store. A cluster has at
// most one at a time; it stays until it has an answer.
type Request struct {
	ID   string      `json:"id"`
	Kind RequestKind `json:"kind"`
	// To names the member to be primary; empty lets the nodes choose the best.
	To MemberID `json:"to,omitempty"`
	// Force lets a failover pass what only protects data: lag limits,
	// members not seen, the never-promote tag. It never passes what protects
	// against two primaries.
	Force bool   `json:"force,omitempty"`
	Term  Term   `json:"term"` // of the reign it was made in
	By    string `json:"by"`
	// Cause is what the reign that comes of it will say; empty for the kind.
	Cause string `json:"cause,omitempty"`
	Why   string `json:"why,omitempty"`
	Wall  int64  `json:"wall"` // Unix nanoseconds by the asker's clock

	// NotBefore is the time that a scheduled switchover waits for, Unix
	// nanoseconds, and From the primary when it was scheduled.
	NotBefore int64    `json:"notBefore,omitempty"`
	From      MemberID `json:"from,omitempty"`
}

// ScheduleGrace is how late a scheduled switchover may begin, when there was
// no primary that takes writes at its time, or another order was under way.
// Later it is void: nobody expects it any more.
const ScheduleGrace = 15 * time.Minute

// AnswerCode is what became of a request.
type AnswerCode uint8

// The answers.
const (
	AnswerDone      AnswerCode = iota + 1 // it was carried out
	AnswerRefused                         // nothing was changed
	AnswerFailed                          // it was begun, and ended otherwise
	AnswerScheduled                       // it waits for its time; a later answer ends it
	AnswerCancelled                       // it was called off before its time
)

var answerNames = [...]string{"", "done", "refused", "failed", "scheduled", "cancelled"} // read-only

// String gives the answer in lower case.
func (c AnswerCode) String() string { return nameOf(c, answerNames[:]) }

// MarshalText gives the form of String.
func (c AnswerCode) MarshalText() ([]byte, error) { return marshalName(c, answerNames[:]) }

// UnmarshalText reads the form of String.
func (c *AnswerCode) UnmarshalText(text []byte) error { return unmarshalName(c, answerNames[:], text) }

// Answer ends a request.
type Answer struct {
	ID      string     `json:"id"`
	Code    AnswerCode `json:"code"`
	Why     string     `json:"why,omitempty"`
	Term    Term       `json:"term"`    // of the reign when it was answered
	Primary MemberID   `json:"primary"` // who holds the grant then
}

// keptAnswers is how many answers stay in the store. An asker watches, so it
// sees its answer unless so many others end before it looks.
const keptAnswers = 32

// moreAnswers are the newest answers, with a as the last.
func moreAnswers(c *Cluster, a Answer) []Answer {
	all := append(append(make([]Answer, 0, len(c.Answers)+1), c.Answers...), a)
	return all[max(0, len(all)-keptAnswers):]
}

// answerOps are the changes that end the request of c with a.
func answerOps(k Keys, c *Cluster, a Answer) ([]dcs.Cond, []dcs.Op) {
	return endOps(k, c, dcs.Cond{Key: k.request(), Modified: c.RequestRev}, a)
}

// scheduledOps are the changes that end the scheduled switchover of c with a.
func scheduledOps(k Keys, c *Cluster, a Answer) ([]dcs.Cond, []dcs.Op) {
	return endOps(k, c, dcs.Cond{Key: k.scheduled(), Modified: c.ScheduledRev}, a)
}

func endOps(k Keys, c *Cluster, what dcs.Cond, a Answer) ([]dcs.Cond, []dcs.Op) {
	all := append(append(make([]Answer, 0, len(c.Answers)+1), c.Answers...), a)
	if len(all) > keptAnswers {
		all = all[len(all)-keptAnswers:]
	}
	return []dcs.Cond{
			what,
			{Key: k.answers(), Modified: c.AnswersRev},
		}, []dcs.Op{
			{Key: what.Key, Delete: true},
			{Key: k.answers(), Value: encode(all)},
		}
}
