// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/ha"
)

func TestEveryPairHasARow(t *testing.T) {
	for _, s := range ha.States() {
		for _, tr := range ha.Triggers() {
			r := ha.Transition(s, tr)
			if r.From != s || r.Trigger != tr {
				t.Errorf("row of (%v, %v) says (%v, %v)", s, tr, r.From, r.Trigger)
			}
			if r.Kind != ha.RowAllowed && r.Kind != ha.RowIgnored && r.Kind != ha.RowRefused {
				t.Errorf("(%v, %v): row is %v", s, tr, r.Kind)
			}
			if r.Why == "" {
				t.Errorf("(%v, %v): no reason", s, tr)
			}
			if r.Kind != ha.RowAllowed && r.To != s {
				t.Errorf("(%v, %v): %v, and leads to %v", s, tr, r.Kind, r.To)
			}
			if r.Kind == ha.RowAllowed && r.To == s {
				t.Errorf("(%v, %v): leads to itself; such a row is ignored", s, tr)
			}
		}
		if r := ha.Transition(s, ha.TriggerSteady); r.Kind != ha.RowIgnored {
			t.Errorf("%v: the steady trigger is %v: nothing must happen when nothing is so", s, r.Kind)
		}
	}
}

func TestNoSuchPairIsRefused(t *testing.T) {
	noState, noTrigger := ha.State(len(ha.States())), ha.Trigger(len(ha.Triggers()))
	for _, r := range []ha.Row{ha.Transition(noState, ha.TriggerSteady), ha.Transition(ha.StatePrimary, noTrigger)} {
		if r.Kind != ha.RowRefused || r.To != r.From || r.Why == "" {
			t.Errorf("%+v", r)
		}
	}
	if d := ha.Duties(noState); d != nil {
		t.Errorf("duties of no state: %v", d)
	}
}

// reach is the set of states that can be reached from s.
func reach(s ha.State) map[ha.State]bool {
	seen, queue := map[ha.State]bool{s: true}, []ha.State{s}
	for len(queue) > 0 {
		from := queue[0]
		queue = queue[1:]
		for _, tr := range ha.Triggers() {
			if r := ha.Transition(from, tr); r.Kind == ha.RowAllowed && !seen[r.To] {
				seen[r.To] = true
				queue = append(queue, r.To)
			}
		}
	}
	return seen
}

func TestEveryStateIsReached(t *testing.T) {
	from := reach(ha.StateStarting)
	for _, s := range ha.States() {
		if !from[s] {
			t.Errorf("%v cannot be reached from starting", s)
		}
	}
}

func TestNoDeadEnd(t *testing.T) {
	for _, s := range ha.States() {
		can := reach(s)
		goals := []ha.State{ha.StatePrimary, ha.StateStandby, ha.StateStopped}
		if s == ha.StateStopped || s == ha.StateStopping {
			goals = goals[2:] // a node that was asked to end does not begin again
		}
		for _, goal := range goals {
			if !can[goal] {
				t.Errorf("%v can never become %v", s, goal)
			}
		}
	}
	if n := len(reach(ha.StateStopped)); n != 1 {
		t.Errorf("stopped leads to %d other states", n-1)
	}
}

// TestWayToPrimary checks what the safety argument stands on: a node becomes
// primary through promoting only, and leaves both through demoting only.
func TestWayToPrimary(t *testing.T) {
	for _, s := range ha.States() {
		for _, tr := range ha.Triggers() {
			r := ha.Transition(s, tr)
			if r.Kind != ha.RowAllowed {
				continue
			}
			if r.To == ha.StatePrimary && (s != ha.StatePromoting || tr != ha.TriggerPromoted) {
				t.Errorf("%v becomes primary by %v", s, tr)
			}
			if r.To == ha.StatePromoting && tr != ha.TriggerGrantMine {
				t.Errorf("%v begins to promote by %v, without the grant", s, tr)
			}
			if (s == ha.StatePrimary || s == ha.StatePromoting && tr != ha.TriggerPromoted) && r.To != ha.StateDemoting {
				t.Errorf("%v leaves by %v to %v; its server must be stopped first", s, tr, r.To)
			}
			if s == ha.StateDemoting && tr != ha.TriggerReleased {
				t.Errorf("demoting ends by %v, before the server is stopped", tr)
			}
		}
	}
	for _, s := range []ha.State{ha.StatePromoting, ha.StatePrimary} {
		for _, tr := range []ha.Trigger{ha.TriggerDeadline, ha.TriggerGrantLost, ha.TriggerClosing} {
			if r := ha.Transition(s, tr); r.Kind != ha.RowAllowed || r.To != ha.StateDemoting {
				t.Errorf("(%v, %v): %v to %v; want demoting", s, tr, r.Kind, r.To)
			}
		}
	}
}

func TestDuties(t *testing.T) {
	states := func(k ha.ActionKind) string {
		var in []string
		for _, s := range ha.States() {
			if slices.Contains(ha.Duties(s), k) {
				in = append(in, s.String())
			}
		}
		return strings.Join(in, " ")
	}
	everywhere := "starting standby electing promoting primary demoting rebuilding fenced stopping shadow"
	for _, c := range []struct {
		kind ha.ActionKind
		want string
	}{
		{ha.ActShadow, "shadow"},
		{ha.ActLease, everywhere}, {ha.ActRenew, everywhere}, {ha.ActLoad, everywhere}, {ha.ActOpenSession, everywhere},
		{ha.ActObserve, everywhere}, {ha.ActPublish, everywhere},
		{ha.ActRevoke, "stopping shadow"},
		{ha.ActIdentify, "starting"}, {ha.ActInit, "starting"},
		{ha.ActAcquire, "starting electing primary"},
		{ha.ActConfirm, "promoting primary"}, {ha.ActPromote, "promoting"}, {ha.ActReign, "primary"},
		{ha.ActRelease, "demoting rebuilding fenced"}, // the last two have no writable server
		{ha.ActSyncRules, "promoting primary"}, {ha.ActSetSync, "primary"},
		{ha.ActAnswer, "starting standby electing primary rebuilding fenced"},
		{ha.ActStart, "standby electing promoting primary"},
		{ha.ActStop, "standby primary demoting rebuilding stopping"},
		{ha.ActFollow, "standby"}, {ha.ActDetach, "electing"}, {ha.ActRejoin, "rebuilding"},
		{ha.ActCheckpoint, "primary"}, {ha.ActHook, "promoting primary"},
		{ha.ActAsk, "standby"}, {ha.ActPause, "electing"}, {ha.ActDue, "primary"}, {ha.ActExpire, "standby electing primary rebuilding"},
	} {
		if got := states(c.kind); got != c.want {
			t.Errorf("%v is a duty of: %s\nwant: %s", c.kind, got, c.want)
		}
	}
	if d := ha.Duties(ha.StateStopped); len(d) != 0 {
		t.Errorf("stopped has duties: %v", d)
	}
}

func TestDrawings(t *testing.T) {
	golden(t, "testdata/states.mmd", ha.Mermaid())
	golden(t, "testdata/states.dot", ha.DOT())
	goldenBlock(t, "../ARCHITECTURE.md", "mermaid", "```mermaid\n"+ha.Mermaid()+"```\n")
}

// The table says why each step is taken, or is not.
func ExampleTransition() {
	row := ha.Transition(ha.StatePrimary, ha.TriggerDeadline)
	fmt.Println(row.Kind, "to", row.To, "because", row.Why)
	row = ha.Transition(ha.StateFenced, ha.TriggerGrantFree)
	fmt.Println(row.Kind, "because it", row.Why)
	// Output:
	// allowed to demoting because the lease was not renewed in time
	// refused because it takes no part in elections
}

func ExampleDuties() {
	fmt.Println(ha.Duties(ha.StateDemoting))
	// Output: [lease renew load open session release publish observe stop feed watchdog disarm watchdog]
}

// The drawing of the whole machine.
func ExampleMermaid() {
	fmt.Print(ha.Mermaid())
	// Output:
	// stateDiagram-v2
	//     [*] --> starting
	//     starting --> standby: ready
	//     starting --> promoting: grant mine
	//     starting --> demoting: writable without right
	//     starting --> rebuilding: diverged
	//     starting --> fenced: foreign data
	//     starting --> stopping: closing
	//     starting --> shadow: shadow
	//     standby --> electing: grant free
	//     standby --> promoting: grant mine
	//     standby --> demoting: writable without right
	//     standby --> rebuilding: diverged
	//     standby --> fenced: foreign data
	//     standby --> stopping: closing
	//     standby --> shadow: shadow
	//     electing --> promoting: grant mine
	//     electing --> standby: grant elsewhere
	//     electing --> demoting: writable without right
	//     electing --> fenced: foreign data
	//     electing --> stopping: closing
	//     promoting --> demoting: grant lost
	//     promoting --> demoting: deadline
	//     promoting --> primary: promoted
	//     promoting --> demoting: promotion failed
	//     promoting --> demoting: foreign data
	//     promoting --> demoting: closing
	//     primary --> demoting: grant lost
	//     primary --> demoting: deadline
	//     primary --> demoting: server lost
	//     primary --> demoting: unfit
	//     primary --> demoting: hand over
	//     primary --> demoting: foreign data
	//     primary --> demoting: closing
	//     demoting --> standby: released
	//     rebuilding --> electing: grant free
	//     rebuilding --> demoting: writable without right
	//     rebuilding --> standby: rejoined
	//     rebuilding --> fenced: foreign data
	//     rebuilding --> stopping: closing
	//     fenced --> starting: ready
	//     fenced --> stopping: closing
	//     stopping --> demoting: writable without right
	//     stopping --> stopped: closed
	//     shadow --> stopped: closed
	//     shadow --> starting: take over
	//     stopped --> [*]
}
