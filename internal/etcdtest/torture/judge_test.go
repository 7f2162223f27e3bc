// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

const sec = time.Second

func TestHolesBeginWithTheEndOfTheLease(t *testing.T) {
	// TTL 5 s, heartbeat 1.67 s, store limit 1 s: a lease lasts 2.33 s at least
	// after the last moment at which all was well, and back takes 4 s.
	set := settingsOf(false)
	lead := 5*sec - 5*sec/3 - sec
	for _, c := range []struct {
		name         string
		absent, deaf []testbed.Interval
		want         []testbed.Interval
	}{
		{"nothing", nil, nil, nil},
		{"a blink", []testbed.Interval{{From: 10 * sec, To: 11 * sec}}, nil, nil},
		{"longer than the lease", []testbed.Interval{{From: 10 * sec, To: 20 * sec}}, nil, []testbed.Interval{{From: 10*sec + lead, To: 24 * sec}}},
		{"too late to stop in time", []testbed.Interval{{From: 10 * sec, To: 12 * sec}}, nil, []testbed.Interval{{From: 10*sec + lead, To: 16 * sec}}},
		{"never back", []testbed.Interval{{From: 10 * sec, To: testbed.Forever}}, nil, []testbed.Interval{{From: 10*sec + lead, To: testbed.Forever}}},
		{"without etcd only", nil, []testbed.Interval{{From: 10 * sec, To: 20 * sec}}, nil},
		{"without etcd before", []testbed.Interval{{From: 15 * sec, To: 15*sec + 1}}, []testbed.Interval{{From: 10 * sec, To: 14 * sec}}, []testbed.Interval{{From: 15 * sec, To: 19*sec + 1}}},
		{"without etcd long before", []testbed.Interval{{From: 15 * sec, To: 16 * sec}}, []testbed.Interval{{From: 5 * sec, To: 10 * sec}}, nil},
		{"twice", []testbed.Interval{{From: 10 * sec, To: 20 * sec}, {From: 50 * sec, To: 60 * sec}}, nil, []testbed.Interval{{From: 10*sec + lead, To: 24 * sec}, {From: 50*sec + lead, To: 64 * sec}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := holes(c.absent, c.deaf, set); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
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
