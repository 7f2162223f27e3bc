// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// TestChangesAndRollBack: each change leaves an entry, and can be undone.
func TestChangesAndRollBack(t *testing.T) {
	store := stored(t, led(1, func(c *ha.Cluster) { c.Settings.MaxLag = 3 }))
	ann, bob := ha.NewAdmin(store, "c1", "ann"), ha.NewAdmin(store, "c1", "bob")
	set := func(n ha.Bytes) {
		t.Helper()
		if err := ann.SetConfig(t.Context(), func(s *ha.Settings) { s.MaxLag = n }); err != nil {
			t.Fatal(err)
		}
	}
	set(4)
	set(5)
	plan, err := ann.Plan(t.Context(), ha.Order{Kind: ha.OrderConfig, Settings: &ha.Settings{TTL: 8 * time.Second}, Reason: "slow disks"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ann.Apply(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if err := bob.RollBack(t.Context(), 2, "was wrong"); err != nil {
		t.Fatal(err)
	}
	changes, err := bob.Changes(t.Context())
	if err != nil || len(changes) != 4 {
		t.Fatalf("%+v, %v", changes, err)
	}
	if c := changes[0]; c.ID != 1 || c.By != "ann" || c.Before.MaxLag != 3 || c.After.MaxLag != 4 || c.Wall == 0 || c.Undoes != 0 {
		t.Errorf("%+v", c)
	}
	if c := changes[2]; c.ID != 3 || c.Why != "slow disks" || c.Before.MaxLag != 5 || c.After.TTL != 8*time.Second || c.After.MaxLag != 0 {
		t.Errorf("%+v", c)
	}
	if c := changes[3]; c.ID != 4 || c.By != "bob" || c.Why != "was wrong" || c.Undoes != 2 || c.After != (ha.Settings{MaxLag: 4}) {
		t.Errorf("%+v", c)
	}
	if s, err := bob.Status(t.Context()); err != nil || s.Settings.MaxLag != 4 || s.Settings.TTL != ha.DefaultTTL {
		t.Errorf("%+v, %v", s.Settings, err)
	}
	for i := range ha.Bytes(2 * ha.KeptChanges) {
		set(10 + i)
	}
	changes, err = bob.Changes(t.Context())
	if err != nil || len(changes) != ha.KeptChanges || changes[0].ID != 4+ha.KeptChanges+1 {
		t.Errorf("%d changes from %d, %v", len(changes), changes[0].ID, err)
	}
	if err := bob.RollBack(t.Context(), 3, ""); !errors.Is(err, ha.ErrRefused) || !strings.Contains(err.Error(), "change 3 is not on record; there are 21 to 36") {
		t.Error(err)
	}
}

// TestRollBackIsChecked: what was valid once may not be so now.
func TestRollBackIsChecked(t *testing.T) {
	c := led(1)
	c.Changes, c.ChangesRev = []ha.SettingsChange{{ID: 7, By: "ann", Before: ha.Settings{TTL: time.Millisecond}}}, 5
	p := ha.MakePlan("c1", c, ha.Order{Kind: ha.OrderConfig, Undo: 7}, nil)
	if !strings.Contains(p.Refused, "TTL 1ms: below 500ms") {
		t.Errorf("%+v", p)
	}
	if p = ha.MakePlan("c1", led(1), ha.Order{Kind: ha.OrderConfig, Undo: 1}, nil); p.Refused != "change 1 is not on record" {
		t.Errorf("%+v", p)
	}
}

// TestSettingsThatShrink: whatever a change of the settings says, a holder goes
// by the lease at hand: its deadline does not move, its stops and renewals fit.
func TestSettingsThatShrink(t *testing.T) {
	for name, set := range map[string]ha.Settings{
		"as it was": {}, "TTL": {TTL: 500 * time.Millisecond}, "a longer TTL": {TTL: time.Hour}, "Margin": {Margin: 100 * time.Millisecond, StopLimit: time.Millisecond},
		"a longer Margin": {TTL: time.Minute, Margin: 15 * time.Second}, "Heartbeat": {Heartbeat: 10 * time.Millisecond},
		"StoreLimit": {StoreLimit: 10 * time.Millisecond}, "StopLimit": {StopLimit: time.Millisecond}, "ElectionWait": {ElectionWait: time.Millisecond},
		"PromoteLimit": {PromoteLimit: time.Second}, "RestartLimit": {RestartLimit: time.Millisecond}, "at once": {RestartLimit: ha.AtOnce},
		"HangLimit": {HangLimit: time.Millisecond}, "SwitchoverLimit": {SwitchoverLimit: time.Second}, "RejoinAfter": {RejoinAfter: time.Millisecond},
		"SuspectAfter": {SuspectAfter: 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			if err := set.Validate(); err != nil {
				t.Fatal(err)
			}
			input := func(sent time.Duration) *ha.Input {
				in := idlePrimary()
				in.View.Cluster.Settings = set
				in.Machine.LeaseSent = in.Now.Add(-sent)
				in.Machine.RenewAt = in.Now
				return in
			}
			const ttl, margin = 5 * time.Second, time.Second // of the lease at hand
			d := ha.Decide(input(ttl - margin - 1))
			if d.To != ha.StatePrimary || d.Machine.LeaseTTL != ttl || d.Machine.LeaseMargin != margin {
				t.Errorf("%v with a lease of %v, margin %v", d.To, d.Machine.LeaseTTL, d.Machine.LeaseMargin)
			}
			for i := range d.Actions {
				switch a := &d.Actions[i]; a.Kind {
				case ha.ActLease:
					t.Error("another lease under a grant")
				case ha.ActRenew:
					if beat := min(set.WithDefaults().Heartbeat, ttl/3); beat+2*a.Limit > ttl-margin {
						t.Errorf("renewal every %v may take %v: one that is lost demotes", beat, a.Limit)
					}
				}
			}
			d = ha.Decide(input(ttl - margin))
			if d.To != ha.StateDemoting || d.Trigger != ha.TriggerDeadline {
				t.Fatalf("at the deadline of the lease at hand: %v", d.To)
			}
			for i := range d.Actions {
				if a := &d.Actions[i]; a.Kind == ha.ActStop && a.Limit > margin/2 {
					t.Errorf("a stop may take %v of a margin of %v", a.Limit, margin)
				}
			}
		})
	}
}
