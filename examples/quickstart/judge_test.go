// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

func TestJudge(t *testing.T) {
	good := outcome{Event: "switchover", Gap: time.Second, Limit: 2 * time.Second, Acknowledged: 10}
	for _, c := range []struct {
		name    string
		lease   bool
		async   bool
		err     error
		change  func(*outcome)
		problem string // empty: good
	}{
		{name: "all well", change: func(*outcome) {}},
		{name: "lost", change: func(o *outcome) { o.Lost = 2 }, problem: "2 acknowledged writes are lost"},
		{name: "lost, unprotected", async: true, change: func(o *outcome) { o.Lost = 2 }},
		{name: "two writable", lease: true, change: func(o *outcome) { o.Writable = 1 }, problem: "two members were writable at once, 1 times"},
		{name: "two writable, one acknowledges", change: func(o *outcome) { o.Writable = 1 }},
		{name: "two acknowledge", change: func(o *outcome) { o.Acking = 2 }, problem: "2 writes were acknowledged by a member whose successor had acknowledged one"},
		{name: "two acknowledge, unprotected", lease: true, async: true, change: func(o *outcome) { o.Acking = 1 }, problem: "1 writes were acknowledged by a member whose successor had acknowledged one"},
		{name: "too slow", change: func(o *outcome) { o.Gap = 3 * time.Second }, problem: "switchover: writes stood still for 3.000 s, above the bound of 2.000 s"},
		{name: "broken off", err: errors.New("no primary"), change: func(*outcome) {}, problem: "no primary"},
	} {
		var o options
		if !c.async {
			o.settings.Durability = ha.Durability{K: 1, Quorum: !c.lease}
		}
		r, step := newResult(o), good
		c.change(&step)
		r.add(step)
		r.judge(c.err)
		if r.Good != (c.problem == "") || r.Problem != c.problem {
			t.Errorf("%s: good %v, problem %q, want %q", c.name, r.Good, r.Problem, c.problem)
		}
	}
}

var update = flag.Bool("update", false, "rewrite testdata")

func TestTable(t *testing.T) {
	for _, name := range []string{"good", "quorum", "lost", "failed"} {
		r := newResult(options{settings: ha.Settings{Durability: ha.Durability{K: 1, Quorum: name == "quorum"}}, keep: true})
		r.Seconds, r.Asked, r.Dir = 14.2, 4321, "/somewhere"
		r.add(outcome{Event: "a primary is elected", Gap: 1912 * time.Millisecond, Acknowledged: 208})
		r.add(outcome{Event: "planned switchover", Gap: 177 * time.Millisecond, Limit: 30500 * time.Millisecond, Acknowledged: 216})
		r.Terms = []ha.TermEntry{{Reign: ha.Reign{Term: 1, Holder: "m1", Timeline: 2, Cause: "first primary"}}}
		var err error
		switch name {
		case "quorum":
			r.add(outcome{Event: "etcd is stopped for 7s", Gap: 56 * time.Millisecond, Acknowledged: 1346, Writable: 2})
		case "lost":
			r.protected = false
			r.add(outcome{Event: "kill -9 of the primary's server and manager", Gap: 5 * time.Second, Acknowledged: 100, Lost: 3})
			r.Terms = append(r.Terms, ha.TermEntry{Reign: ha.Reign{Term: 2, Holder: "m2", Timeline: 3, Cause: "failover", Behind: 2048}})
		case "failed":
			err = errors.New("kill -9 of the primary's server: wait for a new primary: not done within 40s")
		}
		r.judge(err)
		var out bytes.Buffer
		r.print(&out)
		path := filepath.Join("testdata", "table_"+name+".txt")
		if *update {
			if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, rerr := os.ReadFile(path)
		if rerr != nil {
			t.Fatal(rerr)
		}
		if out.String() != string(want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, out.String(), want)
		}
	}
}

func TestPanicInTheBackgroundEndsTheWalk(t *testing.T) {
	s := newStage(t.Context(), options{}, newTimeline(&bytes.Buffer{}, false, func(error) {}))
	var group sync.WaitGroup
	s.spawn(&group, "probe", func() { _ = memberNames()[len(memberNames())] })
	group.Wait()
	if err := context.Cause(s.ctx); err == nil || !strings.HasPrefix(err.Error(), "probe: panic: ") {
		t.Errorf("cause %v", err)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}
