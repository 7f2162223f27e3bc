// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package testbed_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

func numbers(acks []testbed.Ack) (out []int64) {
	for _, a := range acks {
		out = append(out, a.N)
	}
	return out
}

func TestBehindBacks(t *testing.T) {
	a := func(n int64, m ha.MemberID, run string, from, to time.Duration) testbed.Ack {
		return testbed.Ack{N: n, Member: m, Run: run, When: testbed.Interval{From: from, To: to}}
	}
	for _, c := range []struct {
		name string
		acks []testbed.Ack
		want []int64
	}{
		{"one after the other", []testbed.Ack{a(1, "m1", "r", 1, 2), a(2, "m1", "r", 3, 4), a(3, "m2", "q", 5, 6)}, nil},
		{"back after a restart", []testbed.Ack{a(1, "m1", "r", 1, 2), a(2, "m2", "q", 3, 4), a(3, "m1", "r2", 5, 6)}, nil},
		{"back without one", []testbed.Ack{a(1, "m1", "r", 1, 2), a(2, "m2", "q", 3, 4), a(3, "m1", "r", 5, 6)}, []int64{3}},
		{"both at once", []testbed.Ack{a(1, "m1", "r", 1, 2), a(2, "m2", "q", 3, 4), a(3, "m1", "r", 5, 6), a(4, "m2", "q", 7, 8), a(5, "m1", "r", 9, 10)}, []int64{3, 5}},
		{"both at once from the beginning", []testbed.Ack{a(1, "m1", "r", 1, 3), a(2, "m2", "q", 2, 4), a(3, "m1", "r", 5, 6), a(4, "m2", "q", 7, 8), a(5, "m1", "r", 9, 10)}, []int64{4, 5}},
		{"the order is not certain", []testbed.Ack{a(1, "m1", "r", 1, 2), a(2, "m2", "q", 3, 6), a(3, "m1", "r", 5, 8)}, nil},
		{"a standby before", []testbed.Ack{a(1, "m2", "q", 1, 2), a(2, "m1", "r", 3, 4), a(3, "m1", "r", 5, 6)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := numbers(testbed.BehindBacks(c.acks)); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestLedgerTellsEachLossOnce(t *testing.T) {
	l := testbed.NewLedger()
	for _, c := range []struct {
		acked int64 // one more row
		rows  []int64
		lost  []int64
	}{
		{1, []int64{1}, nil},
		{2, []int64{1, 2}, nil},
		{3, []int64{1, 2, 3}, nil},
		{4, []int64{1, 3}, []int64{2, 4}},
		{5, []int64{1, 3, 5}, nil},
		{6, []int64{0, 3, 5, 6, 7}, []int64{1}}, // not acknowledged: neither lost nor wrong
		{7, nil, []int64{3, 5, 6, 7}},
	} {
		if n := l.Number(); n != c.acked {
			t.Fatalf("row %d, want %d", n, c.acked)
		}
		l.Acknowledged(testbed.Ack{N: c.acked})
		if got := numbers(l.Compare(l.Snapshot(), c.rows)); !slices.Equal(got, c.lost) {
			t.Errorf("rows %v: lost %v, want %v", c.rows, got, c.lost)
		}
	}
}

func TestLedgerFindsWhatComesBack(t *testing.T) {
	l := testbed.NewLedger()
	for n := range int64(4) {
		l.Acknowledged(testbed.Ack{N: n})
	}
	l.Compare(l.Snapshot(), []int64{0, 3})
	if again := l.Compare(l.Snapshot(), []int64{0, 2, 3}); len(again) != 0 {
		t.Errorf("told twice: %v", again)
	}
	if gone := numbers(l.Missing()); !slices.Equal(gone, []int64{1}) {
		t.Errorf("lost for good: %v, want row 1", gone)
	}
}

// answer is what a member said to a question.
type answer struct {
	member          ha.MemberID
	writable        bool
	run             string
	asked, answered time.Duration
}

func TestWatcherCountsCertainOverlapsOnly(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []answer
		want    []testbed.Interval
	}{
		{"one primary", []answer{{"m1", true, "a", 0, 1}, {"m2", false, "b", 0, 1}, {"m1", true, "a", 9, 10}}, nil},
		{"one after the other", []answer{{"m1", true, "a", 0, 1}, {"m1", true, "a", 5, 6}, {"m1", false, "", 7, 8}, {"m2", true, "b", 9, 10}, {"m2", true, "b", 15, 16}}, nil},
		{"two at once", []answer{{"m1", true, "a", 0, 1}, {"m2", true, "b", 2, 3}, {"m1", true, "a", 8, 9}, {"m2", true, "b", 9, 10}}, []testbed.Interval{{From: 3, To: 8}}},
		{"three at once", []answer{
			{"m1", true, "a", 0, 1}, {"m2", true, "b", 0, 1}, {"m3", true, "c", 0, 1},
			{"m1", true, "a", 8, 9}, {"m2", true, "b", 8, 9}, {"m3", true, "c", 8, 9}}, []testbed.Interval{{From: 1, To: 8}, {From: 1, To: 8}, {From: 1, To: 8}}},
		// The old primary may have stopped between question and answer.
		{"slow answer", []answer{{"m1", true, "a", 0, 1}, {"m1", true, "a", 2, 90}, {"m2", true, "b", 50, 51}, {"m2", true, "b", 60, 61}}, nil},
		{"single answers prove nothing", []answer{{"m1", true, "a", 0, 5}, {"m2", true, "b", 0, 5}}, nil},
		// Between two runs of a server it was down.
		{"restarted", []answer{{"m1", true, "a", 0, 1}, {"m2", true, "b", 4, 5}, {"m2", true, "b", 6, 7}, {"m1", true, "a2", 9, 10}, {"m1", true, "a2", 11, 12}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &testbed.Watcher{}
			for _, a := range c.answers {
				w.Add(a.member, testbed.Probe{Writable: a.writable, Run: a.run}, testbed.Interval{From: a.asked, To: a.answered})
			}
			var got []testbed.Interval
			for _, o := range w.Overlaps() {
				got = append(got, o.Time)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("overlaps %v, want %v", got, c.want)
			}
			if w.Asked() != len(c.answers) {
				t.Errorf("asked %d times, want %d", w.Asked(), len(c.answers))
			}
		})
	}
}

func TestWatcherTellsChanges(t *testing.T) {
	var told []bool
	w := &testbed.Watcher{Changed: func(_ ha.MemberID, writable bool) { told = append(told, writable) }}
	for i, p := range []testbed.Probe{{}, {Writable: true, Run: "a"}, {Writable: true, Run: "a"}, {Writable: true, Run: "b"}, {}, {}} {
		w.Add("m1", p, testbed.Interval{From: time.Duration(i), To: time.Duration(i)})
	}
	if want := []bool{true, true, false}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	if runs := w.Runs(); len(runs) != 2 || !runs["m1/a"] || !runs["m1/b"] {
		t.Errorf("runs %v", runs)
	}
}

func TestGaps(t *testing.T) {
	const ms = time.Millisecond
	var g testbed.Gaps
	if gap := g.Add(500 * ms); gap != 0 {
		t.Errorf("the first has a gap of %v", gap)
	}
	g.Add(505 * ms)
	g.Add(2 * time.Second)
	if longest, n := g.Measured(2100 * ms); longest != 1495*ms || n != 3 {
		t.Errorf("longest %v of %d, want 1.495s of 3", longest, n)
	}
	g.Mark()
	g.Add(2010 * ms)
	if longest, n := g.Measured(2012 * ms); longest != 10*ms || n != 1 {
		t.Errorf("since the mark: longest %v of %d, want 10ms of 1", longest, n)
	}
	if longest, _ := g.Measured(3 * time.Second); longest != 990*ms {
		t.Errorf("the one that goes on: %v, want 990ms", longest)
	}
	g.MarkAt(4 * time.Second)
	if gap := g.Add(4001 * ms); gap != ms {
		t.Errorf("gap %v since the mark, want 1ms", gap)
	}
	h := g.Histogram()
	if h.Longest != 1495*ms || h.Counts[0] != 2 || h.Counts[1] != 1 || h.Counts[5] != 1 {
		t.Errorf("histogram %+v", h)
	}
	if len(h.Edges())+1 != len(h.Counts) {
		t.Errorf("%d edges for %d classes", len(h.Edges()), len(h.Counts))
	}
}
