// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

// result is what a run has shown. What happened while the manager of the
// former primary was killed or frozen is counted apart: lease mode does not
// promise anything for that (package comment of ha, "Assumed").
type result struct {
	Seed     uint64
	Quorum   bool
	Good     bool
	Why      []string // not
	Duration time.Duration

	Acknowledged int
	Lost         tally // acknowledged rows
	Overlaps     tally // times with two writable servers
	Overlap      [2]time.Duration
	Behind       tally // rows that a former primary acknowledged after the next one had
	Registers    registerVerdict
	Asked        int
	Term         ha.Term
	Faults       [numKinds]int
	Calm         *calm // nil unless the run demanded calm
	gaps         testbed.Histogram
}

// tally counts what must not happen, and what happened in the hole.
type tally struct{ Bad, InHole int }

func (t *tally) add(inHole bool) {
	if inHole {
		t.InHole++
	} else {
		t.Bad++
	}
}

// result sums up what is known so far.
func (s *stage) result() *result {
	r := &result{Seed: s.opts.seed, Quorum: s.quorum(), Duration: s.story.now(), Calm: s.opts.calm, gaps: s.app.Gaps.Histogram()}
	acks := s.ledger.Snapshot()
	r.Acknowledged = len(acks)
	for _, a := range s.ledger.Missing() {
		r.Lost.add(s.inHole(a))
	}
	for _, a := range testbed.BehindBacks(acks) {
		in := s.inHole(a)
		if !in {
			s.story.say("check", "TWO PRIMARIES: row %d acknowledged by %s between %.3f and %.3f, after another member's", a.N, a.Member,
				a.When.From.Seconds(), a.When.To.Seconds())
		}
		r.Behind.add(in)
	}
	r.Registers = judgeRegisters(s.registers.snapshot())
	r.Asked = s.watcher.Asked()
	for _, o := range s.watcher.Overlaps() {
		in := s.covered(o)
		if !in {
			s.story.say("check", "TWO PRIMARIES: %s and %s accepted writes from %.3f to %.3f", o.A, o.B, o.Time.From.Seconds(), o.Time.To.Seconds())
		}
		r.Overlaps.add(in)
		i := 0
		if in {
			i = 1
		}
		r.Overlap[i] += o.Time.To - o.Time.From
	}
	if s.cluster != nil {
		r.Term = s.cluster.Status.Get().Term
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Faults = s.counts
	return r
}

// covered reports whether two servers may be writable at the same time: in
// quorum mode, where only one can acknowledge, or when the manager of one of
// both was away all the time.
func (s *stage) covered(o testbed.Overlap) bool {
	if s.quorum() {
		return true
	}
	for _, m := range []ha.MemberID{o.A, o.B} {
		if slices.ContainsFunc(s.duties.holes(m, s.opts.settings), func(h testbed.Interval) bool { return h.Covers(o.Time) }) {
			return true
		}
	}
	return false
}

// judge decides whether the run was good, given how it ended.
func (r *result) judge(err error) {
	r.Why = nil
	bad := func(is bool, format string, args ...any) {
		if is {
			r.Why = append(r.Why, fmt.Sprintf(format, args...))
		}
	}
	bad(err != nil, "%v", err)
	bad(r.Lost.Bad > 0, "%d acknowledged rows lost", r.Lost.Bad)
	bad(r.Overlaps.Bad > 0, "two writable servers, %d times", r.Overlaps.Bad)
	bad(r.Behind.Bad > 0, "%d rows acknowledged by a former primary", r.Behind.Bad)
	for _, b := range r.Registers.Bad {
		bad(b.why == porcupine.Illegal, "register %d is not linearizable", b.register)
		bad(b.why != porcupine.Illegal, "register %d could not be checked within %v", b.register, checkLimit)
	}
	bad(err == nil && r.Acknowledged == 0, "nothing was acknowledged")
	r.Good = len(r.Why) == 0
}

// print writes the table that ends a run.
func (r *result) print(out io.Writer) {
	fmt.Fprintf(out, "\nseed %d, %s mode, %.0f s, %d terms\n\n", r.Seed, modeName(r.Quorum), r.Duration.Seconds(), r.Term)
	excuse := [2]string{"while a manager was", "killed or frozen"}
	if r.Quorum {
		excuse = [2]string{"only one of both", "can acknowledge"}
	}
	fmt.Fprintf(out, "%-44s %8s %22s\n", "", "", excuse[0])
	fmt.Fprintf(out, "%-44s %8s %22s\n", "", "", excuse[1])
	fmt.Fprintf(out, "%-44s %8d\n", "acknowledged writes", r.Acknowledged)
	fmt.Fprintf(out, "%-44s %8d %22d\n", "lost", r.Lost.Bad, r.Lost.InHole)
	fmt.Fprintf(out, "%-44s %8d %22d\n", "two writable servers, times", r.Overlaps.Bad, r.Overlaps.InHole)
	fmt.Fprintf(out, "%-44s %8.3f %22.3f\n", "two writable servers, seconds", r.Overlap[0].Seconds(), r.Overlap[1].Seconds())
	fmt.Fprintf(out, "%-44s %8d %22d\n", "writes acknowledged by a former primary", r.Behind.Bad, r.Behind.InHole)
	if r.Quorum {
		fmt.Fprintf(out, "%-44s %8d %22s\n", "registers that are not linearizable", len(r.Registers.Bad),
			fmt.Sprintf("of %d", r.Registers.Registers))
		fmt.Fprintf(out, "%-44s %8d %22s\n", "confirmed reads and writes of them", r.Registers.Operations,
			fmt.Sprintf("%d without an answer", r.Registers.Unknown))
	}
	fmt.Fprintf(out, "%-44s %8d\n\n", "questions to the servers", r.Asked)
	fmt.Fprintf(out, "faults:")
	for k, n := range r.Faults {
		if n > 0 {
			fmt.Fprintf(out, " %s %d;", kind(k), n)
		}
	}
	if c := r.Calm; c != nil {
		fmt.Fprintf(out, " %d pauses of %s, %.0f s with every fifth packet lost; term %d before, %d after", c.pauses, pauseFor, c.lossy.Seconds(), c.term, r.Term)
	}
	fmt.Fprintf(out, "\n\ngaps between acknowledgements of the application, longest %.3f s:\n", r.gaps.Longest.Seconds())
	from, edges := time.Duration(0), r.gaps.Edges()
	for i, n := range r.gaps.Counts {
		to := "       "
		if i < len(edges) {
			to = fmt.Sprintf("%6.2f s", edges[i].Seconds())
		}
		fmt.Fprintf(out, "  %6.2f to %s %8d %s\n", from.Seconds(), to, n, strings.Repeat("#", min(n, 40)))
		if i < len(edges) {
			from = edges[i]
		}
	}
	if r.Good {
		fmt.Fprintln(out, "\ngood")
	}
	for _, why := range r.Why {
		fmt.Fprintln(out, "\nBAD:", why)
	}
}
