// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs/memory"
)

// family is a cluster of real servers, each with a node.
type family struct {
	*testing.T
	ctx     context.Context
	store   *memory.Store
	admin   *ha.Admin
	members map[ha.MemberID]*member
	nodes   map[ha.MemberID]*ha.Node

	mu      sync.Mutex
	parents []string // what the cascade standby has told
}

const familyName = "family"

func newFamily(t *testing.T, n int) *family {
	t.Helper()
	needPostgres(t)
	store := memory.New()
	ctx, cancel := context.WithTimeout(context.Background(), 4*limit) // it waits for leases and patience several times
	t.Cleanup(cancel)
	f := &family{
		T: t, ctx: ctx, store: store, admin: ha.NewAdmin(store, familyName, "test"),
		members: map[ha.MemberID]*member{}, nodes: map[ha.MemberID]*ha.Node{},
	}
	base := tempDir(t)
	for i := range n {
		name := ha.MemberID(fmt.Sprintf("m-%d", i+1))
		f.members[name] = newCopy(t, base, name)
	}
	t.Cleanup(func() {
		for name := range f.nodes {
			f.abandon(name)
		}
	})
	return f
}

// start starts a member's node.
func (f *family) start(name ha.MemberID, tags ha.Tags) {
	f.Helper()
	m := f.members[name]
	n, err := ha.Start(f.ctx, ha.Config{
		Cluster: familyName, Name: name, Address: m.Upstream().Address, Engine: m.engine, Store: f.store, Tags: tags,
		Settings: ha.Settings{
			TTL: 2 * time.Second, Durability: ha.Durability{K: 1, Quorum: true}, ParentSettle: time.Second, RejoinAfter: 8 * time.Second,
		},
		Events: ha.Events{ParentChanged: func(c ha.ParentChange) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.parents = append(f.parents, c.Choice.String())
		}},
		Logger: logger(),
	})
	if err != nil {
		f.Fatal(err)
	}
	f.nodes[name] = n
}

// abandon ends a member's node without ceremony.
func (f *family) abandon(name ha.MemberID) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := f.nodes[name].Close(ended); err != nil && !errors.Is(err, context.Canceled) {
		f.Error(err)
	}
	delete(f.nodes, name)
}

// kill loses a machine: the node ends at once, and the server by kill -9.
func (f *family) kill(name ha.MemberID) {
	f.Helper()
	f.abandon(name)
	if err := f.members[name].Kill(); err != nil {
		f.Log(err) // a primary's is stopped already
	}
}

func (f *family) status() ha.ClusterStatus {
	f.Helper()
	s, err := f.admin.Status(f.ctx)
	must(f.T, err)
	return s
}

func (f *family) report(name ha.MemberID) ha.MemberReport {
	f.Helper()
	s := f.status()
	i := slices.IndexFunc(s.Members, func(m ha.MemberReport) bool { return m.Name == name })
	if i < 0 {
		return ha.MemberReport{}
	}
	return s.Members[i]
}

// streams waits until a member streams from another.
func (f *family) streams(name, from ha.MemberID) {
	f.Helper()
	f.until(fmt.Sprintf("%s streams from %s", name, from), func() bool {
		m := f.report(name)
		return m.Alive && m.Status.Streaming && m.Status.Upstream == from
	})
}

func (f *family) until(what string, done func() bool) {
	f.Helper()
	ok := false
	defer func() {
		if !ok {
			s := f.status()
			f.Logf("not so: %s\n%s%+v\n%v", what, s.Tree(), s.Members, f.parents)
		}
	}()
	eventually(f.ctx, f.T, done)
	ok = true
}

// arrives writes a row on one member and waits for it on another.
func (f *family) arrives(from, at ha.MemberID) {
	f.Helper()
	key := rowKey()
	must(f.T, f.members[from].Write(f.ctx, key))
	f.until("a row arrives", func() bool {
		has, err := f.members[at].Has(f.ctx, key)
		return err == nil && has
	})
}

// slot reports whether a member keeps a slot for another, and whether it is used.
func (f *family) slot(on, of ha.MemberID) string {
	f.Helper()
	name := "gausskit_" + strings.ReplaceAll(string(of), "-", "_d")
	return f.members[on].ask(f.ctx, f.T, "SELECT coalesce(max(active::text || ' ' || (restart_lsn IS NOT NULL)::text), 'none') FROM pg_replication_slots WHERE slot_name = '"+name+"'")
}

// TestCascadeStandby: four real servers, of which one streams from a standby.
func TestCascadeStandby(t *testing.T) {
	f := newFamily(t, 4)
	tags := map[ha.MemberID]ha.Tags{"m-1": {}, "m-2": {}, "m-3": {NeverPromote: true}, "m-4": {Cascade: true, Parent: "m-2"}}
	f.start("m-1", tags["m-1"])
	f.until("m-1 is primary", func() bool { s := f.status(); return s.Writable && s.Primary == "m-1" })
	for _, name := range []ha.MemberID{"m-2", "m-3", "m-4"} {
		f.start(name, tags[name])
	}
	f.streams("m-2", "m-1")
	f.streams("m-4", "m-2")
	f.until("m-2 and m-3 confirm", func() bool {
		r := f.status().Rules
		return len(r) == 1 && slices.Equal(r[0].Members, []ha.MemberID{"m-2", "m-3"})
	})
	f.arrives("m-1", "m-4")
	if r := f.report("m-4"); r.Role != ha.RoleCascade || r.Status.Parent != "m-2" {
		t.Errorf("m-4 is %v, parent %q", r.Role, r.Status.Parent)
	}
	f.until("the slot is on the parent, and nowhere else", func() bool {
		return f.slot("m-2", "m-4") == "true true" && f.slot("m-1", "m-4") == "none"
	})
	sync := f.members["m-1"].ask(f.ctx, t, "SHOW synchronous_standby_names")
	if strings.Contains(sync, "m-4") {
		t.Errorf("synchronous_standby_names = %s", sync)
	}

	f.kill("m-2") // the parent
	f.streams("m-4", "m-3")
	f.arrives("m-1", "m-4")
	if got := f.slot("m-3", "m-4"); got != "true true" {
		t.Errorf("slot on the new parent: %s", got)
	}

	f.start("m-2", tags["m-2"]) // it comes back, and is preferred
	f.streams("m-4", "m-2")
	f.until("the slot on the parent that was left is gone", func() bool { return f.slot("m-3", "m-4") == "none" })
	f.until("m-2 confirms again", func() bool {
		r := f.status().Rules
		return len(r) == 1 && slices.Equal(r[0].Members, []ha.MemberID{"m-2", "m-3"})
	})
	f.arrives("m-1", "m-4")

	f.kill("m-1") // the primary; the parent is elected
	f.until("m-2 is primary", func() bool { s := f.status(); return s.Writable && s.Primary == "m-2" })
	f.streams("m-3", "m-2")
	f.arrives("m-2", "m-4")
	f.streams("m-4", "m-3") // a standby again, in its time
	f.arrives("m-2", "m-4")

	f.kill("m-3")
	f.kill("m-2") // nobody is left but the cascade standby
	f.until("it says that it is not promoted", func() bool {
		s := f.status()
		return s.Primary == "" && slices.ContainsFunc(s.Alarms(), func(a string) bool {
			return strings.HasPrefix(a, "m-4: no election: the only member left is a cascade standby")
		})
	})
	if o := f.members["m-4"].observe(f.ctx, t); o.Writable || o.Role != ha.RoleStandby {
		t.Errorf("the cascade standby is %+v", o)
	}
	_, err := f.admin.Failover(f.ctx, "m-4")
	var refused *ha.RefusedError
	if !errors.As(err, &refused) || !slices.ContainsFunc(refused.Verdicts, func(v ha.Verdict) bool { return v.Member == "m-4" && v.Reason == ha.ReasonCascade }) {
		t.Errorf("failover to it: %v", err)
	}
	if n, err := f.admin.History(f.ctx); err != nil || len(n) != 2 {
		t.Errorf("%d terms, want 2: %v", len(n), err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	t.Logf("parents: %q", f.parents)
}
