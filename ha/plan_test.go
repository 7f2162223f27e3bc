// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/dcs"
	"github.com/gausskit/gausskit/ha/dcs/memory"
)

// led makes records of a cluster in which m1 is primary and all others stream.
func led(n int, changes ...func(*ha.Cluster)) *ha.Cluster {
	c := records(n, member("m1", func(m *ha.Member) {
		m.SessionRev, m.Session.Instance = 20, "run1"
		m.Status.Writable = true
	}))
	c.GrantRev, c.Grant = 30, ha.Grant{Holder: "m1", Term: 7, Instance: "run1"}
	for i := range c.Members[1:] {
		s := &c.Members[i+1].Status
		s.State, s.Final, s.Streaming, s.Upstream = ha.StateStandby, 0, true, "m1"
	}
	for _, change := range changes {
		change(c)
	}
	return c
}

func noGrant(c *ha.Cluster) { c.GrantRev, c.Grant = 0, ha.Grant{} }

func paused(c *ha.Cluster) { c.PauseRev, c.Pause = 40, ha.Pause{Reason: "moving racks", By: "ann"} }

func asked(c *ha.Cluster) {
	c.RequestRev, c.Request = 50, ha.Request{ID: "r1", Kind: ha.RequestSwitchover, Term: 7, By: "ann"}
}

func TestPlans(t *testing.T) {
	cascade := func(c *ha.Cluster) {
		c.Members[1].Status.Streaming = false
		c.Members[1].Status.Data = ha.DataNone
		dead(&c.Members[2])
	}
	for _, c := range []struct {
		name    string
		records *ha.Cluster
		order   ha.Order
		target  ha.MemberID
		refused string // part of the text; empty for a plan that can be applied
		step    string // part of one of the steps
		risk    string
	}{
		{name: "switchover to the best", records: led(3, of("m3", at(0x5001))), order: ha.Order{Kind: ha.OrderSwitchover}, target: "m3", step: "m3 takes the grant of term 8"},
		{name: "switchover to a named one", records: led(3), order: ha.Order{Kind: ha.OrderSwitchover, To: "m3"}, target: "m3", step: "m1 stops its server in order"},
		{name: "switchover to the primary", records: led(3), order: ha.Order{Kind: ha.OrderSwitchover, To: "m1"}, target: "m1", refused: "m1: is the primary"},
		{name: "switchover to nobody", records: led(3), order: ha.Order{Kind: ha.OrderSwitchover, To: "m9"}, target: "m9", refused: "m9: no such member"},
		{name: "switchover alone", records: led(1), order: ha.Order{Kind: ha.OrderSwitchover}, refused: "there is no other member"},
		{name: "switchover to a tagged one", records: led(3, of("m2", func(s *ha.MemberStatus) { s.Tags.NeverPromote = true })),
			order: ha.Order{Kind: ha.OrderSwitchover, To: "m2"}, target: "m2", refused: "tagged never to be promoted"},
		{name: "switchover with all others tagged", records: led(2, of("m2", func(s *ha.MemberStatus) { s.Tags.NeverPromote = true })),
			order: ha.Order{Kind: ha.OrderSwitchover}, refused: "no other member is fit: tagged never"},
		{name: "switchover to a dead one", records: led(3, member("m2", dead)), order: ha.Order{Kind: ha.OrderSwitchover, To: "m2"}, target: "m2", refused: "m2: no node lives"},
		{name: "switchover to a foreign one", records: led(3, of("m2", func(s *ha.MemberStatus) { s.State = ha.StateFenced })),
			order: ha.Order{Kind: ha.OrderSwitchover, To: "m2"}, target: "m2", refused: "m2: data of another"},
		{name: "switchover to one that lags", records: led(3, of("m1", at(0x5000+ha.LSN(2*ha.MiB)))), order: ha.Order{Kind: ha.OrderSwitchover, To: "m2"}, target: "m2", step: "m1 waits, at most 30s, while this is so: m2: too far behind"},
		{name: "switchover to one that is being filled", records: led(3, cascade), order: ha.Order{Kind: ha.OrderSwitchover}, step: "no other member is fit: no whole database"},
		{name: "switchover to one that does not stream", records: led(3, of("m2", func(s *ha.MemberStatus) { s.Streaming = false })),
			order: ha.Order{Kind: ha.OrderSwitchover, To: "m2"}, target: "m2", step: "does not stream"},
		{name: "switchover without a primary", records: led(3, noGrant), order: ha.Order{Kind: ha.OrderSwitchover}, refused: "there is no primary"},
		{name: "switchover twice", records: led(3, asked), order: ha.Order{Kind: ha.OrderSwitchover}, target: "m2", refused: "a switchover asked for by ann is under way"},

		{name: "failover to the best", records: led(3), order: ha.Order{Kind: ha.OrderFailover}, target: "m2", step: "m1, if it lives, stops", risk: "may be lost, at least 0 B"},
		{name: "failover without a primary", records: led(3, noGrant, member("m1", dead), of("m1", at(0x6000))), order: ha.Order{Kind: ha.OrderFailover}, target: "m2", step: "m2 takes the grant of term 8", risk: "behind 0/5000 may be lost, at least 4 KiB"},
		{name: "failover in synchronous replication", records: led(3, rule("m1", 1, "m2", "m3")), order: ha.Order{Kind: ha.OrderFailover, To: "m3"}, target: "m3", step: "m3 takes"},
		{name: "forced failover in synchronous replication", records: led(3, rule("m1", 1, "m2", "m3"), of("m1", at(0x5400))), order: ha.Order{Kind: ha.OrderFailover, To: "m3", Force: true}, target: "m3", risk: "at least 1 KiB"},
		{name: "failover to a tagged one", records: led(2, of("m2", func(s *ha.MemberStatus) { s.Tags.NeverPromote = true })), order: ha.Order{Kind: ha.OrderFailover, To: "m2"}, target: "m2", refused: "tagged"},
		{name: "forced failover to a tagged one", records: led(2, of("m2", func(s *ha.MemberStatus) { s.Tags.NeverPromote = true })), order: ha.Order{Kind: ha.OrderFailover, To: "m2", Force: true}, target: "m2", risk: "may be lost"},
		{name: "failover to one without data", records: led(2, of("m2", func(s *ha.MemberStatus) { s.Data = ha.DataNone })), order: ha.Order{Kind: ha.OrderFailover, To: "m2"}, target: "m2", refused: "no whole database"},
		{name: "failover during a switchover", records: led(3, asked), order: ha.Order{Kind: ha.OrderFailover}, target: "m2", refused: "under way", risk: "may be lost"},

		{name: "pause", records: led(3), order: ha.Order{Kind: ha.OrderPause, Reason: "moving racks"}, step: "stop all automatic changes"},
		{name: "pause without a reason", records: led(3), order: ha.Order{Kind: ha.OrderPause}, refused: "needs a reason"},
		{name: "pause twice", records: led(3, paused), order: ha.Order{Kind: ha.OrderPause, Reason: "x"}, refused: "paused already by ann: moving racks"},
		{name: "resume", records: led(3, paused), order: ha.Order{Kind: ha.OrderResume}, step: "allow automatic changes"},
		{name: "resume what is not paused", records: led(3), order: ha.Order{Kind: ha.OrderResume}, refused: "not paused"},

		{name: "config", records: led(3), order: ha.Order{Kind: ha.OrderConfig, Settings: &ha.Settings{TTL: 10 * time.Second}}, step: "TTL: 5s -> 10s"},
		{name: "config, a default that follows", records: led(3), order: ha.Order{Kind: ha.OrderConfig, Settings: &ha.Settings{TTL: 10 * time.Second}}, step: "Margin: 1s -> 2s"},
		{name: "config, lag", records: led(3), order: ha.Order{Kind: ha.OrderConfig, Settings: &ha.Settings{MaxLag: ha.MiB}}, step: "MaxLag: 16 MiB -> 1 MiB"},
		{name: "config, fewer copies", records: led(3, func(c *ha.Cluster) { c.Settings.Durability.K = 1 }), order: ha.Order{Kind: ha.OrderConfig, Settings: &ha.Settings{}}, step: "Durability.K: 1 -> 0", risk: "fewer copies"},
		{name: "config that breaks rules", records: led(3), order: ha.Order{Kind: ha.OrderConfig, Settings: &ha.Settings{TTL: time.Millisecond}}, refused: "TTL 1ms: below 500ms"},
		{name: "config of nothing", records: led(3), order: ha.Order{Kind: ha.OrderConfig}, refused: "no settings given"},
		{name: "no order", records: led(3), order: ha.Order{}, refused: "OrderKind(0) is not an order"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, _ := json.Marshal(c.records)
			p := ha.MakePlan("c1", c.records, c.order, nil)
			if after, _ := json.Marshal(c.records); string(after) != string(before) {
				t.Error("planning has changed the records")
			}
			if (c.refused == "") != (p.Refused == "") || !strings.Contains(p.Refused, c.refused) {
				t.Errorf("refused: %q, want %q", p.Refused, c.refused)
			}
			if !strings.Contains(strings.Join(p.Steps, "\n"), c.step) || c.refused == "" && len(p.Steps) == 0 {
				t.Errorf("steps: %q, want %q", p.Steps, c.step)
			}
			if (c.risk == "") != (p.Risk == "") || !strings.Contains(p.Risk, c.risk) {
				t.Errorf("risk: %q, want %q", p.Risk, c.risk)
			}
			if p.Target != c.target || p.Cluster != "c1" || p.Term != 7 || p.State == "" {
				t.Errorf("plan %+v", p)
			}
			if o := c.order.Kind; (o == ha.OrderSwitchover || o == ha.OrderFailover) && c.records.GrantRev != 0 && len(p.Verdicts) != len(c.records.Members) {
				t.Errorf("%d verdicts for %d members", len(p.Verdicts), len(c.records.Members))
			}
			text, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			var back ha.Plan
			if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(p, back) {
				t.Errorf("after a round trip through JSON: %v\n%+v\n%+v", err, back, p)
			}
		})
	}
}

// readOnly is a store that no change gets through to.
type readOnly struct{ dcs.Store }

var errReadOnly = errors.New("read only")

func (readOnly) Commit(context.Context, dcs.Txn) (dcs.Revision, error) { return 0, errReadOnly }
func (readOnly) Grant(context.Context, time.Duration) (dcs.LeaseID, error) {
	return 0, errReadOnly
}
func (readOnly) KeepAlive(context.Context, dcs.LeaseID) error { return errReadOnly }
func (readOnly) Revoke(context.Context, dcs.LeaseID) error    { return errReadOnly }

// stored puts records into a store.
func stored(t *testing.T, c *ha.Cluster) *memory.Store {
	t.Helper()
	s := memory.New()
	if _, err := s.Commit(t.Context(), c.Txn(ha.KeysOf("c1"))); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPlanningChangesNothing: a dry run needs no right to write.
func TestPlanningChangesNothing(t *testing.T) {
	admin := ha.NewAdmin(readOnly{stored(t, led(3))}, "c1", "ann")
	for _, o := range []ha.Order{
		{Kind: ha.OrderSwitchover}, {Kind: ha.OrderFailover, To: "m3"}, {Kind: ha.OrderPause, Reason: "x"},
		{Kind: ha.OrderConfig, Settings: &ha.Settings{MaxLag: 1}},
	} {
		p, err := admin.Plan(t.Context(), o)
		if err != nil || p.Refused != "" {
			t.Errorf("%v: %v, refused: %s", o.Kind, err, p.Refused)
		}
		if _, err := admin.Apply(t.Context(), p); !errors.Is(err, errReadOnly) {
			t.Errorf("%v: applying must write: %v", o.Kind, err)
		}
	}
	if _, err := admin.Status(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := admin.History(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestStalePlanIsRefused: a plan is for the state it was made in.
func TestStalePlanIsRefused(t *testing.T) {
	keys := ha.KeysOf("c1")
	status := led(3).Member("m2").Status
	set := func(key string, v any) dcs.Op {
		text, _ := json.Marshal(v)
		return dcs.Op{Key: key, Value: text}
	}
	streams := status
	streams.Streaming = false
	moved := status
	moved.LSN++
	for _, c := range []struct {
		name  string
		op    dcs.Op
		stale bool
	}{
		{"the primary is another one", set(keys.GrantKey(), ha.Grant{Holder: "m2", Term: 8}), true},
		{"the primary is gone", dcs.Op{Key: keys.GrantKey(), Delete: true}, true},
		{"a member left", dcs.Op{Key: keys.SessionKey("m3"), Delete: true}, true},
		{"a member came", set(keys.SessionKey("m4"), ha.Session{Instance: "run4"}), true},
		{"a member stopped to stream", set(keys.MemberKey("m2"), streams), true},
		{"only a position moved", set(keys.MemberKey("m2"), moved), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := stored(t, led(3))
			admin := ha.NewAdmin(store, "c1", "ann")
			plan, err := admin.Plan(t.Context(), ha.Order{Kind: ha.OrderPause, Reason: "x"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := store.Commit(t.Context(), dcs.Txn{Then: []dcs.Op{c.op}}); err != nil {
				t.Fatal(err)
			}
			_, err = admin.Apply(t.Context(), plan)
			if errors.Is(err, ha.ErrPlanStale) != c.stale || err != nil && !c.stale {
				t.Errorf("stale %v: %v", c.stale, err)
			}
			s, err := admin.Status(t.Context())
			if err != nil || (s.Pause == nil) != c.stale {
				t.Errorf("paused: %+v, %v", s.Pause, err)
			}
		})
	}
}

// racing changes the store between the look and the commit of an Apply.
type racing struct {
	dcs.Store
	between dcs.Txn
}

func (r *racing) Commit(ctx context.Context, txn dcs.Txn) (dcs.Revision, error) {
	if _, err := r.Store.Commit(ctx, r.between); err != nil {
		return 0, err
	}
	return r.Store.Commit(ctx, txn)
}

// TestPlanLosesARace: what changes after the last look is caught by the
// transaction itself.
func TestPlanLosesARace(t *testing.T) {
	store := stored(t, led(3))
	keys := ha.KeysOf("c1")
	race := &racing{store, dcs.Txn{Then: []dcs.Op{{Key: keys.GrantKey(), Delete: true}}}}
	admin := ha.NewAdmin(race, "c1", "ann")
	plan, err := admin.Plan(t.Context(), ha.Order{Kind: ha.OrderPause, Reason: "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Apply(t.Context(), plan); !errors.Is(err, ha.ErrPlanStale) {
		t.Errorf("paused over a lost race: %v", err)
	}
	if s, err := admin.Status(t.Context()); err != nil || s.Pause != nil || s.Primary != "" {
		t.Errorf("%+v, %v", s, err)
	}
	// Who has not seen a plan gets a new one: the grant is gone only once.
	if err := admin.Pause(t.Context(), "x"); err != nil {
		t.Errorf("pause without a plan of its own: %v", err)
	}
	if s, err := admin.Status(t.Context()); err != nil || s.Pause == nil {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestPlanTravels: a plan that went through JSON is applied by another admin.
func TestPlanTravels(t *testing.T) {
	store := stored(t, led(3))
	plan, err := ha.NewAdmin(store, "c1", "ann").Plan(t.Context(), ha.Order{Kind: ha.OrderConfig, Settings: &ha.Settings{TTL: 8 * time.Second, MaxLag: ha.MiB}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	var back ha.Plan
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	bob := ha.NewAdmin(store, "c1", "bob")
	if _, err := bob.Apply(t.Context(), back); err != nil {
		t.Fatal(err)
	}
	s, err := bob.Status(t.Context())
	if err != nil || s.Settings.TTL != 8*time.Second || s.Settings.MaxLag != ha.MiB {
		t.Errorf("%+v, %v", s.Settings, err)
	}
	if _, err := bob.Apply(t.Context(), back); !errors.Is(err, ha.ErrPlanStale) {
		t.Errorf("applied twice: %v", err)
	}
	other := ha.NewAdmin(store, "c2", "bob")
	var refused *ha.RefusedError
	if _, err := other.Apply(t.Context(), back); !errors.As(err, &refused) || !strings.Contains(err.Error(), "cluster c1, not c2") {
		t.Errorf("applied to another cluster: %v", err)
	}
}

// TestRefusedPlanIsNotApplied: the error holds the reason and the verdicts.
func TestRefusedPlanIsNotApplied(t *testing.T) {
	admin := ha.NewAdmin(readOnly{stored(t, led(3, member("m2", dead)))}, "c1", "ann")
	_, err := admin.Switchover(t.Context(), "m2")
	var refused *ha.RefusedError
	if !errors.Is(err, ha.ErrRefused) || errors.Is(err, ha.ErrFailed) || !errors.As(err, &refused) {
		t.Fatalf("%v", err)
	}
	if refused.Order != ha.OrderSwitchover || len(refused.Verdicts) != 3 || err.Error() != "ha: switchover refused: m2: no node lives under its name" {
		t.Errorf("%v: %+v", err, refused)
	}
}

// TestOrderWithoutAnAnswer: nobody is there to carry it out.
func TestOrderWithoutAnAnswer(t *testing.T) {
	store := stored(t, led(3))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := ha.NewAdmin(store, "c1", "ann").Switchover(ctx, "m2")
	if !errors.Is(err, context.DeadlineExceeded) || !ha.Uncertain(err) || !strings.Contains(err.Error(), "may still be carried out") {
		t.Errorf("%v", err)
	}
	s, err := ha.NewAdmin(store, "c1", "ann").Status(t.Context())
	if err != nil || s.Request == nil || s.Request.By != "ann" || s.Request.To != "m2" {
		t.Errorf("the request must still be there: %+v, %v", s.Request, err)
	}
}

// A plan says what an order would do, and what it may cost.
func ExampleMakePlan() {
	member := func(name ha.MemberID, s ha.MemberStatus) ha.Member {
		s.Data, s.Timeline = ha.DataPresent, 1
		return ha.Member{Name: name, Known: true, SessionRev: 1, Status: s}
	}
	cluster := &ha.Cluster{
		GrantRev: 5, Grant: ha.Grant{Holder: "m1", Term: 1}, ReignRev: 5, Reign: ha.Reign{Term: 1, Holder: "m1", Promoted: true, Timeline: 1},
		Members: []ha.Member{
			member("m1", ha.MemberStatus{State: ha.StatePrimary, LSN: 0x3000400}),
			member("m2", ha.MemberStatus{State: ha.StateStandby, Streaming: true, LSN: 0x3000000}),
		},
	}
	plan := ha.MakePlan("orders", cluster, ha.Order{Kind: ha.OrderFailover}, nil)
	for _, step := range plan.Steps {
		fmt.Println("-", step)
	}
	fmt.Println("risk:", plan.Risk)
	for _, v := range plan.Verdicts {
		fmt.Printf("%s: %s\n", v.Member, v.Reason)
	}
	// Output:
	// - m1, if it lives, stops its server at once; else its lease runs out
	// - m2 takes the grant of term 2 and is promoted
	// - the other members follow it, or are rewound or copied
	// risk: acknowledged writes behind 0/3000000 may be lost, at least 1 KiB of log
	// m1: is the primary
	// m2: chosen
}
