// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/gausskit/gausskit/ha"
	"github.com/gausskit/gausskit/ha/hatest"
)

func TestProgram(t *testing.T) {
	var out bytes.Buffer
	if err := run(&out, 50); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"ours took m3", "switchover to m3: refused", "50 schedules"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out.String())
		}
	}
}

// TestWithoutThePolicyAnotherMemberIsChosen shows that the story is the
// policy's doing.
func TestWithoutThePolicyAnotherMemberIsChosen(t *testing.T) {
	o := options(1)
	o.Policy = nil
	c := hatest.NewCluster(o)
	c.Settle(time.Minute)
	c.Crash("m1")
	c.Run(15 * time.Second)
	if c.Primary() != "m2" {
		t.Fatalf("%q is primary after the crash of m1, want m2 by its priority", c.Primary())
	}
}

// TestWorstPolicyIsStillSafe: a policy only chooses among members that may be
// promoted, so even one that wants the least log breaks no rule.
func TestWorstPolicyIsStillSafe(t *testing.T) {
	for seed := range uint64(100) {
		o := options(seed)
		o.Policy = func(a, b ha.Candidate) int { return -ha.DefaultPolicy(a, b) }
		r := hatest.RunSchedule(o, hatest.RandomSchedule(seed, o, hatest.ThemeOf(seed)))
		if r.Broken != nil {
			r = hatest.Explain(r)
			t.Fatalf("seed %d: %v\n%s", seed, r.Broken, r.String())
		}
	}
}

func TestHookVetoesOnlyTheReportsMember(t *testing.T) {
	for _, c := range []struct {
		phase ha.HookPhase
		to    ha.MemberID
		veto  bool
	}{
		{ha.HookSwitchover, "m3", true},
		{ha.HookSwitchover, "m2", false},
		{ha.HookPromote, "m3", false},
	} {
		if err := spareReports("m1", c.phase, c.to); (err != nil) != c.veto {
			t.Errorf("%v to %s: %v", c.phase, c.to, err)
		}
	}
}
