// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

const sec = time.Second

func TestHolesBeginWithTheEndOfTheLease(t *testing.T) {
	// TTL 5 s, heartbeat 1.67 s, store limit 1 s: a lease lasts 2.33 s at least
	// after the last moment at which all was well, and back takes 4 s.
	set := settingsOf()
	lead := 5*sec - 5*sec/3 - sec
	for _, c := range []struct {
		name         string
		absent, deaf []interval
		want         []interval
	}{
		{"nothing", nil, nil, nil},
		{"a blink", []interval{{10 * sec, 11 * sec}}, nil, nil},
		{"longer than the lease", []interval{{10 * sec, 20 * sec}}, nil, []interval{{10*sec + lead, 24 * sec}}},
		{"too late to stop in time", []interval{{10 * sec, 12 * sec}}, nil, []interval{{10*sec + lead, 16 * sec}}},
		{"never back", []interval{{10 * sec, forever}}, nil, []interval{{10*sec + lead, forever}}},
		{"without etcd only", nil, []interval{{10 * sec, 20 * sec}}, nil},
		{"without etcd before", []interval{{15 * sec, 15*sec + 1}}, []interval{{10 * sec, 14 * sec}}, []interval{{15 * sec, 19*sec + 1}}},
		{"without etcd long before", []interval{{15 * sec, 16 * sec}}, []interval{{5 * sec, 10 * sec}}, nil},
		{"twice", []interval{{10 * sec, 20 * sec}, {50 * sec, 60 * sec}}, nil, []interval{{10*sec + lead, 24 * sec}, {50*sec + lead, 64 * sec}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := holes(c.absent, c.deaf, set); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestBehindBacks(t *testing.T) {
	a := func(n int64, m ha.MemberID, run string, from, to time.Duration) ack {
		return ack{n, m, run, interval{from, to}}
	}
	for _, c := range []struct {
		name string
		acks []ack
		want []int64
	}{
		{"one after the other", []ack{a(1, "m1", "r", 1, 2), a(2, "m1", "r", 3, 4), a(3, "m2", "q", 5, 6)}, nil},
		{"back after a restart", []ack{a(1, "m1", "r", 1, 2), a(2, "m2", "q", 3, 4), a(3, "m1", "r2", 5, 6)}, nil},
		{"back without one", []ack{a(1, "m1", "r", 1, 2), a(2, "m2", "q", 3, 4), a(3, "m1", "r", 5, 6)}, []int64{3}},
		{"the order is not certain", []ack{a(1, "m1", "r", 1, 2), a(2, "m2", "q", 3, 6), a(3, "m1", "r", 5, 8)}, nil},
		{"a standby before", []ack{a(1, "m2", "q", 1, 2), a(2, "m1", "r", 3, 4), a(3, "m1", "r", 5, 6)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []int64
			for _, a := range behindBacks(c.acks) {
				got = append(got, a.n)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestLedgerFindsWhatIsLostAndWhatComesBack(t *testing.T) {
	l := newLedger()
	for n := range int64(4) {
		l.acknowledged(ack{n: n})
	}
	lost := l.compare(l.snapshot(), map[int64]bool{0: true, 3: true})
	if len(lost) != 2 || lost[0].n != 1 || lost[1].n != 2 {
		t.Fatalf("lost %v, want rows 1 and 2", lost)
	}
	if again := l.compare(l.snapshot(), map[int64]bool{0: true, 2: true, 3: true}); len(again) != 0 {
		t.Errorf("told twice: %v", again)
	}
	if gone := l.missing(); len(gone) != 1 || gone[0].n != 1 {
		t.Errorf("lost for good: %v, want row 1", gone)
	}
}

func TestWatcherCountsCertainOverlapsOnly(t *testing.T) {
	w := &watcher{story: newStory(t.Output())}
	var one, two *span
	yes := func(run string) probe { return probe{true, run} }
	one = w.add("m1", one, yes("r"), interval{1, 2})
	one = w.add("m1", one, yes("r"), interval{5, 9})
	two = w.add("m2", two, yes("q"), interval{4, 6}) // from 6; m1 is known until 5 only
	if got := w.overlaps(); len(got) != 0 {
		t.Fatalf("overlaps %v, want none", got)
	}
	one = w.add("m1", one, yes("r"), interval{8, 9})
	w.add("m2", two, yes("q"), interval{9, 10})
	if got := w.overlaps(); len(got) != 1 || got[0].time != (interval{6, 8}) {
		t.Fatalf("overlaps %v, want one from 6 to 8", got)
	}
	if one = w.add("m1", one, probe{}, interval{10, 11}); one != nil {
		t.Error("the span goes on after a no")
	}
}

func TestSeedDecidesAllFaults(t *testing.T) {
	all := func(seed uint64) (out [][]fault) {
		rng := rand.New(rand.NewPCG(seed, 0))
		for range 300 {
			out = append(out, draw(rng, allKinds()))
		}
		return out
	}
	first := all(7)
	if !reflect.DeepEqual(first, all(7)) {
		t.Error("the same seed gave other faults")
	}
	if reflect.DeepEqual(first, all(8)) {
		t.Error("another seed gave the same faults")
	}
	seen := map[kind]bool{}
	for _, faults := range first {
		for _, f := range faults {
			seen[f.kind] = true
		}
	}
	if len(seen) != int(numKinds) {
		t.Errorf("%d of %d kinds were drawn", len(seen), numKinds)
	}
}

func TestParseKinds(t *testing.T) {
	got, err := parseKinds("kill server, isolate")
	if err != nil || !slices.Equal(got, []kind{killServer, isolate}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := parseKinds("earthquake"); err == nil {
		t.Error("earthquake was taken")
	}
	if all, err := parseKinds(""); err != nil || len(all) != int(numKinds) {
		t.Errorf("empty gave %v, %v", all, err)
	}
}
