// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/memory"
)

// touches are the calls of engines that do more than look.
type touches struct {
	mu    sync.Mutex
	calls []string
}

func (t *touches) list() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.calls)
}

// shadowed sets three servers up as another manager would, m1 as primary, and
// starts nodes that look on.
func (l *lab) shadowed(changes ...func(*ha.Config)) *touches {
	l.Helper()
	m1 := l.servers.Server("m1")
	if err := errors.Join(m1.Init(l.Context()), m1.Start(l.Context(), ha.StartSpec{Mode: ha.StartPrimary})); err != nil {
		l.Fatal(err)
	}
	l.followedBy("m1", "m2", "m3")
	t := &touches{}
	l.members(3, append(changes, func(c *ha.Config) {
		c.Shadow = true
		name := c.Name
		l.engines[name].set(func(_ context.Context, call string) error {
			if call != "observe" && call != "claim" && call != "release" { // the claim is a lock beside the data
				t.mu.Lock()
				defer t.mu.Unlock()
				t.calls = append(t.calls, string(name)+" "+call)
			}
			return nil
		})
	})...)
	l.eventually(time.Minute, "all look on", func() bool {
		s := l.status().Shadow
		return s != nil && s.Primary == "m1" && len(l.status().Members) == 3 && !slices.ContainsFunc(l.status().Members, func(m ha.MemberReport) bool {
			return m.Status.State != ha.StateShadow || !m.Status.Running
		})
	})
	return t
}

// followedBy is what another manager does after a change of primary.
func (l *lab) followedBy(primary ha.MemberID, others ...ha.MemberID) {
	l.Helper()
	up := l.servers.Server(primary).Upstream()
	for _, m := range others {
		if err := l.servers.Server(m).Rejoin(l.Context(), ha.RejoinSpec{Upstream: up}); err != nil {
			l.Fatal(err)
		}
	}
}

// entries are the sentences of the report.
func (l *lab) entries() []string {
	var out []string
	if s := l.status().Shadow; s != nil {
		for _, e := range s.Entries {
			out = append(out, e.String())
		}
	}
	return out
}

func (l *lab) entry(want string) {
	l.Helper()
	l.eventually(time.Minute, "an entry with "+want, func() bool {
		return slices.ContainsFunc(l.entries(), func(s string) bool { return strings.Contains(s, want) })
	})
}

// TestShadowTouchesNothing: another manager switches over and, late, fails
// over; the nodes record both, and neither a server nor a record of the
// cluster is touched.
func TestShadowTouchesNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		var mu sync.Mutex
		var told []ha.ShadowEvent
		touched := l.shadowed(func(c *ha.Config) {
			c.Events.Shadowed = func(e ha.ShadowEvent) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, e)
			}
		})
		m1, m2 := l.servers.Server("m1"), l.servers.Server("m2")
		if err := errors.Join(m1.Stop(l.Context(), ha.StopFast), m2.Promote(l.Context(), ha.PromoteSpec{})); err != nil {
			l.Fatal(err)
		}
		l.followedBy("m2", "m1", "m3")
		l.entry("m2 became primary after m1: we would have done nothing")

		m2.Kill()
		l.entry("would start the server of m2") // in place, while that may take
		l.entry("would promote")
		if s := l.nodes["m1"].Status(); s.State != ha.StateShadow || s.Primary != "m2" {
			l.Errorf("%+v", s)
		}
		l.pass(4 * time.Second)
		if err := m1.Promote(l.Context(), ha.PromoteSpec{}); err != nil {
			l.Fatal(err)
		}
		l.followedBy("m1", "m3")
		l.entry("m1 became primary after m2: 4")
		if !slices.ContainsFunc(l.entries(), func(s string) bool { return strings.Contains(s, "would have been promoted") }) {
			l.Errorf("%q", l.entries())
		}

		if calls := touched.list(); calls != nil {
			l.Errorf("servers were touched: %q", calls)
		}
		s, err := l.store.Load(l.Context(), "c1/")
		if err != nil {
			l.Fatal(err)
		}
		for _, e := range s.Entries {
			dir := strings.Split(e.Key, "/")
			if len(dir) != 4 || !slices.Contains([]string{"sessions", "members", "shadows"}, dir[2]) {
				l.Errorf("record %s was written", e.Key)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		promotions := 0
		for _, e := range told {
			if e.Entry.Would.Kind != ha.WouldPromote || e.Record == nil {
				continue
			}
			promotions++
			text, err := json.Marshal(e.Record)
			if err != nil {
				l.Fatal(err)
			}
			var back ha.Record
			if err := json.Unmarshal(text, &back); err != nil {
				l.Fatal(err)
			}
			if err := back.Replay(); err != nil {
				l.Error(err)
			}
			if len(e.Entry.Verdicts) != 3 {
				l.Errorf("verdicts: %+v", e.Entry.Verdicts)
			}
		}
		if promotions != 1 {
			l.Errorf("%d promotions were told", promotions)
		}
	})
}

// TestShadowEndsWithoutATrace: closing a node leaves its server as it is.
func TestShadowEndsWithoutATrace(t *testing.T) {
	inLab(t, func(l *lab) {
		touched := l.shadowed()
		for _, name := range []ha.MemberID{"m1", "m2"} {
			if err := l.nodes[name].Close(l.Context()); err != nil {
				l.Error(err)
			}
		}
		ended, cancel := context.WithCancel(l.Context())
		cancel()
		if err := l.nodes["m3"].Close(ended); err != nil && !errors.Is(err, context.Canceled) {
			l.Error(err)
		}
		if calls := touched.list(); calls != nil || !l.servers.Server("m1").Writable() {
			l.Errorf("%q, writable %v", calls, l.servers.Server("m1").Writable())
		}
	})
}

// TestShadowSurvivesTheStore: without the store a shadow does not stop a server.
func TestShadowSurvivesTheStore(t *testing.T) {
	inLab(t, func(l *lab) {
		touched := l.shadowed()
		for _, line := range l.lines {
			line.cut(true)
		}
		l.pass(2 * time.Minute)
		for _, line := range l.lines {
			line.cut(false)
		}
		l.pass(20 * time.Second)
		if calls := touched.list(); calls != nil || l.status().Shadow.Primary != "m1" {
			l.Errorf("%q, %+v", calls, l.status().Shadow)
		}
	})
}

// TestTakeOver: one order, and the cluster is managed; the primary's server
// has not noticed, and fails over when it is killed.
func TestTakeOver(t *testing.T) {
	for name, d := range map[string]ha.Durability{"asynchronous": {}, "lease": {K: 1}, "quorum": {K: 1, Quorum: true}} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				touched := l.shadowed()
				set := ha.Settings{Durability: d, RestartLimit: ha.AtOnce}
				spec := ha.TakeOverSpec{Manager: "cm", Settings: &set, Reason: "ours now"}
				plan, err := l.admin.Plan(l.Context(), spec.Order())
				if err != nil || plan.Refused != "" || plan.Target != "m1" || len(plan.Steps) < 3 {
					l.Fatalf("%+v, %v", plan, err)
				}
				a, err := l.admin.TakeOver(l.Context(), spec)
				if err != nil || a.Primary != "m1" || a.Term != 1 {
					l.Fatalf("%+v, %v", a, err)
				}
				if p := l.settled(3); p != "m1" {
					l.Fatalf("the primary is %s", p)
				}
				l.eventually(10*time.Second, "the durability that was asked for", func() bool {
					s := l.status()
					return s.Reign.Quorum == d.Quorum && (d.K == 0 || len(s.Rules) == 1 && s.Rules[0].K == d.K)
				})
				s := l.status()
				if s.Term != 1 || s.Reign.Cause != "take over" || s.Reign.Why != "from cm: ours now" || s.Settings.Durability != d {
					l.Errorf("%+v", s)
				}
				for _, call := range touched.list() {
					if strings.HasPrefix(call, "m1 ") && call != "m1 set sync" || strings.Contains(call, "stop") || strings.Contains(call, "rejoin") {
						l.Errorf("%s", call)
					}
				}
				var no *ha.RefusedError
				if _, err := l.admin.TakeOver(l.Context(), spec); !errors.As(err, &no) || no.Obstacles[0].Kind != ha.ObstacleNotShadowed {
					l.Errorf("taken over twice: %v", err)
				}
				l.servers.Server("m1").Kill()
				l.eventually(time.Minute, "a failover", func() bool { s := l.status(); return s.Writable && s.Primary != "m1" })
				history, err := l.admin.History(l.Context())
				if err != nil || len(history) != 2 || history[0].Cause != "take over" {
					l.Errorf("%+v, %v", history, err)
				}
			})
		})
	}
}

// TestTakeOverIsRefused: all that is in the way is typed, and nothing changes.
func TestTakeOverIsRefused(t *testing.T) {
	bad := ha.Settings{TTL: time.Millisecond}
	for name, c := range map[string]struct {
		harm func(*lab)
		spec ha.TakeOverSpec
		want []ha.ObstacleKind
	}{
		"nobody says that the other manager was stopped": {spec: ha.TakeOverSpec{}, want: []ha.ObstacleKind{ha.ObstacleManager}},
		"settings":       {spec: ha.TakeOverSpec{Manager: "cm", Settings: &bad}, want: []ha.ObstacleKind{ha.ObstacleSettings}},
		"no primary":     {func(l *lab) { l.servers.Server("m1").Kill() }, ha.TakeOverSpec{Manager: "cm"}, []ha.ObstacleKind{ha.ObstacleNoPrimary}},
		"not missing":    {nil, ha.TakeOverSpec{Manager: "cm", Without: []ha.MemberID{"m2"}}, []ha.ObstacleKind{ha.ObstacleMissing}},
		"missing member": {func(l *lab) { l.crash("m3") }, ha.TakeOverSpec{Manager: "cm"}, []ha.ObstacleKind{ha.ObstacleMissing}},
		"split brain": {func(l *lab) {
			if err := l.servers.Server("m2").Promote(l.Context(), ha.PromoteSpec{}); err != nil {
				l.Fatal(err)
			}
		}, ha.TakeOverSpec{Manager: "cm"}, []ha.ObstacleKind{ha.ObstacleSplit}},
		"several": {func(l *lab) { l.servers.Server("m1").Kill() }, ha.TakeOverSpec{}, []ha.ObstacleKind{ha.ObstacleManager, ha.ObstacleNoPrimary}},
	} {
		t.Run(name, func(t *testing.T) {
			inLab(t, func(l *lab) {
				touched := l.shadowed()
				if c.harm != nil {
					c.harm(l)
					<-time.After(12 * time.Second)
				}
				_, err := l.admin.TakeOver(l.Context(), c.spec)
				var no *ha.RefusedError
				if !errors.As(err, &no) || !errors.Is(err, ha.ErrRefused) {
					l.Fatalf("%v", err)
				}
				var got []ha.ObstacleKind
				for _, o := range no.Obstacles {
					if got = append(got, o.Kind); o.Why == "" {
						l.Errorf("%+v", o)
					}
				}
				if !slices.Equal(got, c.want) {
					l.Errorf("%v; want %v", no.Obstacles, c.want)
				}
				<-time.After(10 * time.Second)
				if s := l.status(); s.Term != 0 || touched.list() != nil {
					l.Errorf("term %v, %q", s.Term, touched.list())
				}
			})
		})
	}
}

// TestTakeOverWithoutAMember: a member that is named may be missing.
func TestTakeOverWithoutAMember(t *testing.T) {
	inLab(t, func(l *lab) {
		l.shadowed()
		l.crash("m3")
		l.pass(10 * time.Second)
		if _, err := l.admin.TakeOver(l.Context(), ha.TakeOverSpec{Manager: "cm", Without: []ha.MemberID{"m3"}}); err != nil {
			l.Fatal(err)
		}
		l.eventually(time.Minute, "m2 follows", func() bool {
			return slices.ContainsFunc(l.status().Members, func(m ha.MemberReport) bool {
				return m.Name == "m2" && m.Status.State == ha.StateStandby && m.Status.Streaming
			})
		})
	})
}

// TestTakeOverIsWithdrawn: when the primary's node does not answer, nothing
// has changed, also not later.
func TestTakeOverIsWithdrawn(t *testing.T) {
	inLab(t, func(l *lab) {
		touched := l.shadowed()
		l.lines["m1"].cut(true)
		ctx, cancel := context.WithTimeout(l.Context(), time.Second)
		defer cancel()
		_, err := l.admin.TakeOver(ctx, ha.TakeOverSpec{Manager: "cm"})
		if !errors.Is(err, ha.ErrRefused) || !strings.Contains(err.Error(), "withdrawn") {
			l.Fatal(err)
		}
		l.lines["m1"].cut(false)
		l.pass(time.Minute)
		if s := l.status(); s.Term != 0 || touched.list() != nil || !l.servers.Server("m1").Writable() {
			l.Errorf("term %v, %q", s.Term, touched.list())
		}
	})
}

// TestShadowRefusesOrders: orders that only acting nodes can carry out are
// refused at once, and settings can be prepared.
func TestShadowRefusesOrders(t *testing.T) {
	inLab(t, func(l *lab) {
		l.shadowed()
		if _, err := l.admin.Switchover(l.Context(), "m2"); !errors.Is(err, ha.ErrRefused) {
			l.Error(err)
		}
		if err := l.admin.Pause(l.Context(), "x"); !errors.Is(err, ha.ErrRefused) || !strings.Contains(err.Error(), "shadow") {
			l.Error(err)
		}
		if err := l.admin.SetConfig(l.Context(), func(s *ha.Settings) { s.Durability.K = 1 }); err != nil {
			l.Error(err)
		}
		l.entry("would set the synchronous set of m1 to ANY 1 (m2,m3)")
		if _, err := l.admin.TakeOver(l.Context(), ha.TakeOverSpec{Manager: "cm"}); err != nil || l.status().Settings.Durability.K != 1 {
			l.Errorf("%v, %+v", err, l.status().Settings)
		}
	})
}

// TestShadowStore: the store of a shadow node lets nothing through but its own
// records.
func TestShadowStore(t *testing.T) {
	s := ha.ShadowStore(memory.New(), "c1", "m1")
	for key, allowed := range map[string]bool{
		"c1/state/sessions/m1": true, "c1/state/members/m1": true, "c1/state/shadows/m1": true,
		"c1/state/sessions/m2": false, "c1/state/grant": false, "c1/state/reign": false, "c1/state/sync": false, "c1/history/001": false,
		"c1/state/takeover": false, "c2/state/members/m1": false,
	} {
		_, err := s.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{{Key: key, Value: []byte("{}")}}})
		if (err == nil) != allowed {
			t.Errorf("%s: %v", key, err)
		}
	}
}
