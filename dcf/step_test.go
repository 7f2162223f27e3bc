// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dcf"
)

func TestSteps(t *testing.T) {
	tests := []struct {
		name     string
		from, to string // as in voters
		change   func(*dcf.Config)
		want     []string
		refused  []string
	}{
		{"nothing", "F1 F1 F1", "F1 F1 F1", nil, nil, nil},
		{"a node joins", "F1 F1 F1", "F1 F1 F1 F1", nil, []string{"add node 4 at 10.0.0.4:16683 as PASSIVE", "change node 4: role FOLLOWER"}, nil},
		{"a passive node joins", "F1 F1 F1", "F1 F1 F1 P1", nil, []string{"add node 4 at 10.0.0.4:16683 as PASSIVE"}, nil},
		{"a node leaves", "F1 F1 F1 F1", "F1 F1 F1", nil, []string{"remove node 4"}, nil},
		{"priority and group", "F1 F1 F1", "F1 F1 F1", func(c *dcf.Config) { c.Nodes[1].Priority, c.Nodes[1].Group = 9, 2 },
			[]string{"change node 2: group 2, priority 9"}, nil},
		{"gain before loss", "F1 F1 F1 P1", "P1 F1 F1 F1", nil, []string{"change node 4: role FOLLOWER", "change node 1: role PASSIVE"}, nil},
		{"too few votes", "F1 F1 F1", "F1 F1 P1", nil, nil,
			[]string{"element 2: role: \"\\\"PASSIVE\\\"\": a running group cannot be changed so: dcf: make node 3 passive: the group has 3 votes, more than 3 are needed (not-online)"}},
		{"leader is a preference", "F1 F1 F1", "F1 F1 F1", func(c *dcf.Config) { c.Nodes[2].Role = dcf.RoleLeader }, nil, nil},
		{"another address", "F1 F1 F1 F1", "F1 F1 F1 F1", func(c *dcf.Config) { c.Nodes[1].Addr = addr("10.0.0.99:1"); c.Nodes[1].Group = 3 },
			[]string{"remove node 2", "add node 2 at 10.0.0.99:1 as PASSIVE", "change node 2: role FOLLOWER, group 3"}, nil},
		{"logger", "F1 F1 F1", "F1 F1 L1", nil, nil,
			[]string{`element 2: role: "\"LOGGER\"": a running group cannot be changed so: it is FOLLOWER, and only FOLLOWER and PASSIVE can change (not-online)`}},
		{"weight", "F1 F1 F1", "F2 F1 F1", nil, nil,
			[]string{`element 0: weight: "2": a running group cannot be changed so: it is 1, and a weight cannot change (not-online)`}},
		{"heavy joiner", "F1 F1 F1", "F1 F1 F1 F2", nil, nil,
			[]string{`element 3: weight: "2": a running group cannot be changed so: a node that joins has weight 1 (not-online)`}},
		{"joining logger", "F1 F1 F1", "F1 F1 F1 L1", nil, nil,
			[]string{`element 3: role: "\"LOGGER\"": a running group cannot be changed so: a node joins as PASSIVE and can become FOLLOWER only (not-online)`}},
		{"moving logger", "F1 F1 L1", "F1 F1 L1", func(c *dcf.Config) { c.Nodes[2].Addr = addr("10.0.0.99:1") }, nil,
			[]string{`element 2: ip: "\"10.0.0.99\"": a running group cannot be changed so: the node would have to leave and join again, as a follower of weight 1 (not-online)`}},
	}
	for _, tt := range tests {
		to := voters(tt.to)
		if tt.change != nil {
			tt.change(&to)
		}
		steps, found := dcf.Steps(voters(tt.from), to)
		var got, refused []string
		for _, s := range steps {
			got = append(got, s.String())
		}
		for _, p := range found {
			refused = append(refused, p.Error())
		}
		if !slices.Equal(got, tt.want) || !slices.Equal(refused, tt.refused) {
			t.Errorf("%s:\n got %s\nwant %s\n got %s\nwant %s", tt.name, strings.Join(got, "; "), strings.Join(tt.want, "; "),
				strings.Join(refused, "\n     "), strings.Join(tt.refused, "\n     "))
		}
	}
}

// TestStepsLeadWhereTheyShould applies the steps between random groups.
func TestStepsLeadWhereTheyShould(t *testing.T) {
	complete := 0
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 3))
		group := func() dcf.Config {
			var nodes []dcf.Node
			for id := 1; id <= 6; id++ {
				if id > 3 && rng.IntN(3) == 0 {
					continue
				}
				n := node(id)
				n.Role = []dcf.Role{dcf.RoleFollower, dcf.RoleFollower, dcf.RoleFollower, dcf.RoleFollower, dcf.RolePassive, dcf.RoleLogger}[rng.IntN(6)]
				if id <= 3 {
					n.Role = dcf.RoleFollower
				}
				n.Group = rng.IntN(2)
				if rng.IntN(6) == 0 {
					n.Addr = addr(fmt.Sprintf("10.1.0.%d:7", id))
				}
				nodes = append(nodes, n)
			}
			return dcf.ConfigOf(nodes...)
		}
		from, to := group(), group()
		steps, found := dcf.Steps(from, to)
		now := from
		for _, s := range steps {
			if s.Kind == dcf.StepChange && s.Role && s.Node.Role == dcf.RolePassive && now.Votes(1).Total <= 3 {
				t.Fatalf("seed %d: %s with %d votes", seed, s, now.Votes(1).Total)
			}
			now = s.Apply(now)
		}
		if len(found) > 0 {
			continue
		}
		complete++
		if len(now.Nodes) != len(to.Nodes) {
			t.Fatalf("seed %d: %s, want %s", seed, now, to)
		}
		for _, want := range to.Nodes {
			if got, ok := now.Node(want.ID); !ok || !got.Equal(want) {
				t.Fatalf("seed %d: node %d is %s, want %s", seed, want.ID, got, want)
			}
		}
		if again, found := dcf.Steps(now, to); len(again)+len(found) > 0 {
			t.Fatalf("seed %d: at the goal there is still %v, %v", seed, again, found)
		}
	}
	if complete < 200 {
		t.Errorf("only %d of 2000 pairs were without problems", complete)
	}
}

func TestStepsKeepToTheServersLimit(t *testing.T) {
	group := func(first int) dcf.Config {
		var nodes []dcf.Node
		for id := first; id < first+8; id++ {
			nodes = append(nodes, node(id))
		}
		return dcf.ConfigOf(nodes...)
	}
	if _, found := dcf.Steps(group(1), group(5)); !found.Has(dcf.ReasonTooManyNodes) {
		t.Errorf("found %v", found)
	}
}

func TestChangeJSONIsWhatTheLibraryAccepted(t *testing.T) {
	n := node(4)
	n.Group, n.Priority = 1, 9
	s := dcf.Step{Kind: dcf.StepChange, Node: n, Group: true, Priority: true}
	if got, want := s.ChangeJSON(), strings.TrimSpace(read(t, "change-member.json")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s.Role, s.Group = true, false
	if got, want := s.ChangeJSON(), `[{"stream_id":1,"node_id":4,"role":"FOLLOWER","priority":9}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := (dcf.Step{Kind: dcf.StepAdd, Node: n}).ChangeJSON(); got != "" {
		t.Errorf("an addition as a change: %s", got)
	}
	if text, err := dcf.StepRemove.MarshalText(); string(text) != "remove" || err != nil || dcf.StepKind(9).String() != "StepKind(9)" {
		t.Errorf("%s, %v", text, err)
	}
}
