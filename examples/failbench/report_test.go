// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/postgres"
	"github.com/gausskit/gausskit/internal/etcdtest/testbed"
)

var update = flag.Bool("update", false, "rewrite testdata")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		gaps []time.Duration
		want spread
	}{
		{[]time.Duration{7}, spread{7, 7, 7, 7}},
		{[]time.Duration{9, 1}, spread{1, 5, 9, 9}},
		{[]time.Duration{3, 1, 2}, spread{1, 2, 3, 3}},
		{[]time.Duration{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, spread{1, 5, 9, 10}},
		{[]time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, spread{1, 6, 10, 11}},
	} {
		before := slices.Clone(c.gaps)
		if got := spreadOf(c.gaps); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.gaps, got, c.want)
		}
		if !slices.Equal(before, c.gaps) {
			t.Errorf("the order of measurement is lost: %v", c.gaps)
		}
	}
}

// filled is a report as a run makes it.
func filled() *report {
	r := newReport(options{n: 2, ttl: 5 * time.Second, hold: 20 * time.Second, faults: allFaults(), modes: allModes()}, postgres.Binaries{Major: 15})
	r.CPUs, r.Patroni = 2, "3.0.2"
	r.add(killNode, modeLease, sample{gap: 4450 * time.Millisecond, taken: true})
	r.add(killNode, modeLease, sample{gap: 5 * time.Second, taken: true})
	r.add(killNode, modeQuorum, sample{gap: 1234567 * time.Microsecond, taken: true})
	r.add(freezeManager, modeLease, sample{gap: 560 * time.Millisecond, taken: true, lost: 1})
	r.add(freezeManager, modePatroni, sample{gap: time.Minute, lost: 3, two: 1915, stuck: true})
	r.leaveOut(modePatroniFast, errors.New("too tired"))
	return r
}

func TestTableAndJSON(t *testing.T) {
	r := filled()
	r.judge(nil)
	if !r.Good {
		t.Errorf("problems %v", r.Problems)
	}
	var table, text bytes.Buffer
	if err := errors.Join(r.print(&table), r.writeJSON(&text)); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", table.String())
	r.Settings = map[string]ha.Settings{} // whatever the defaults are
	text.Reset()
	if err := r.writeJSON(&text); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", text.String())
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name    string
		fault   fault
		mode    mode
		sample  sample
		err     error
		problem string // empty: good
	}{
		{name: "all well", fault: killNode, mode: modeQuorum},
		{name: "lost", fault: killNode, mode: modeLease, sample: sample{lost: 2}, problem: "kill-node in mode lease: 2 acknowledged rows lost"},
		{name: "lost in the hole", fault: freezeManager, mode: modeLease, sample: sample{lost: 2, two: 1}},
		{name: "no hole", fault: freezeManager, mode: modeQuorum, sample: sample{two: 1}, problem: "freeze-manager in mode quorum: 0 acknowledged rows lost, 1 acknowledged by a former primary"},
		{name: "not ours", fault: killNode, mode: modePatroni, sample: sample{lost: 2, stuck: true}},
		{name: "stuck", fault: killServer, mode: modeQuorum, sample: sample{stuck: true}, problem: "did not become whole"},
		{name: "broken off", fault: killServer, mode: modeQuorum, err: errors.New("no disk"), problem: "no disk"},
	} {
		r := newReport(options{faults: allFaults(), modes: allModes()}, postgres.Binaries{})
		r.add(c.fault, c.mode, c.sample)
		r.judge(c.err)
		if r.Good != (c.problem == "") || !strings.Contains(strings.Join(r.Problems, "\n"), c.problem) {
			t.Errorf("%s: good %v, problems %q, want %q", c.name, r.Good, r.Problems, c.problem)
		}
	}
}

func TestQuorumModeDiffersInQuorumAlone(t *testing.T) {
	lease, quorum := settingsOf(modeLease, time.Second), settingsOf(modeQuorum, time.Second)
	if !quorum.Durability.Quorum || lease.Durability.Quorum {
		t.Errorf("lease %+v, quorum %+v", lease.Durability, quorum.Durability)
	}
	quorum.Durability.Quorum = false
	if lease != quorum {
		t.Errorf("lease %+v, quorum %+v", lease, quorum)
	}
}

func TestPatroniConfig(t *testing.T) {
	p := &patroni{mode: modePatroniFast, base: "/somewhere", bin: postgres.Binaries{Dir: "/usr/lib/postgresql/15/bin"}, password: "secret", net: &testbed.Network{}}
	m := &patroniNode{cluster: p, name: "m2", port: 14001, rest: "127.0.0.1:14002"}
	golden(t, "patroni.yml", m.config())
}
