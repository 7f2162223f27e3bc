// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dcf"
)

// voters builds nodes from a short form: F follower, L logger, P passive,
// followed by the weight: "F1 F1 L1".
func voters(short string) dcf.Config {
	roles := map[byte]dcf.Role{'F': dcf.RoleFollower, 'L': dcf.RoleLogger, 'P': dcf.RolePassive}
	var nodes []dcf.Node
	for i, word := range strings.Fields(short) {
		n := node(i + 1)
		n.Role = roles[word[0]]
		n.Weight = int(word[1] - '0')
		nodes = append(nodes, n)
	}
	return dcf.ConfigOf(nodes...)
}

func TestVotes(t *testing.T) {
	tests := []struct {
		nodes                      string
		total, quorum, maxFailures int
		essential                  []int
	}{
		{"F1 F1 F1", 3, 2, 1, nil},
		{"F1 F1 F1 F1", 4, 3, 1, nil},
		{"F1 F1 F1 F1 F1", 5, 3, 2, nil},
		{"F1 F1 F1 P1", 3, 2, 1, nil},
		{"F1 F1", 2, 2, 0, []int{1, 2}},
		{"F1", 1, 1, 0, []int{1}},
		{"F2 F1 F1", 4, 3, 0, []int{1}},
		{"F3 F1 F1", 5, 3, 0, []int{1}},
		{"F2 F2 F1", 5, 3, 1, nil},
		{"F1 L1 L1", 3, 2, 0, []int{1}},
		{"F1 F1 L1", 3, 2, 1, nil},
		{"L1 L1 L1", 3, 2, -1, []int{1, 2, 3}},
		{"P1 P1", 0, 1, -1, nil},
		{"", 0, 1, -1, nil},
	}
	for _, tt := range tests {
		v := voters(tt.nodes).Votes(dcf.ServerStream)
		if v.Total != tt.total || v.Quorum != tt.quorum || v.MaxFailures() != tt.maxFailures || !slices.Equal(v.Essential(), tt.essential) {
			t.Errorf("%q: total %d, quorum %d, failures %d, essential %v; want %d, %d, %d, %v", tt.nodes,
				v.Total, v.Quorum, v.MaxFailures(), v.Essential(), tt.total, tt.quorum, tt.maxFailures, tt.essential)
		}
	}
	if v := voters("F1 F1").Votes(2); v.Total != 0 {
		t.Errorf("stream 2 has %d votes", v.Total)
	}
}

// subsets yields every set of the ids 1..n.
func subsets(n int) [][]int {
	sets := make([][]int, 0, 1<<n)
	for bits := range 1 << n {
		var ids []int
		for id := 1; id <= n; id++ {
			if bits&(1<<(id-1)) != 0 {
				ids = append(ids, id)
			}
		}
		sets = append(sets, ids)
	}
	return sets
}

// randomVoters makes up to seven nodes with random roles, weights and groups.
func randomVoters(rng *rand.Rand) dcf.Config {
	var nodes []dcf.Node
	for id := 1; id <= 1+rng.IntN(7); id++ {
		n := node(id)
		n.Role = []dcf.Role{dcf.RoleLeader, dcf.RoleFollower, dcf.RoleFollower, dcf.RoleLogger, dcf.RolePassive}[rng.IntN(5)]
		n.Weight = 1 + rng.IntN(4)
		n.Group = rng.IntN(3)
		nodes = append(nodes, n)
	}
	return dcf.ConfigOf(nodes...)
}

// TestVotesByBruteForce compares the arithmetic with trying every set of nodes.
func TestVotesByBruteForce(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		c := randomVoters(rng)
		v := c.Votes(dcf.ServerStream)
		sets := subsets(len(c.Nodes))

		// Two majorities always share a voter.
		for _, a := range sets {
			var rest []int
			for _, n := range c.Nodes {
				if !slices.Contains(a, n.ID) {
					rest = append(rest, n.ID)
				}
			}
			if v.IsMajority(a...) && v.IsMajority(rest...) {
				t.Fatalf("seed %d: %v and %v are both majorities of %s", seed, a, rest, c)
			}
			if v.CanCommit(dcf.Groups{0, 1}, a...) && !v.CanCommit(nil, a...) {
				t.Fatalf("seed %d: groups make commits easier for %v of %s", seed, a, c)
			}
		}

		// MaxFailures: every set of that many voters may go, some larger set not.
		survives := func(failures int) bool {
			for _, gone := range sets {
				if len(gone) != failures {
					continue
				}
				var left []int
				for _, n := range c.Nodes {
					if !slices.Contains(gone, n.ID) {
						left = append(left, n.ID)
					}
				}
				if !v.IsMajority(left...) {
					return false
				}
			}
			return true
		}
		want := -1
		for f := 0; f <= len(c.Nodes) && survives(f); f++ {
			want = f
		}
		if got := v.MaxFailures(); got != want {
			t.Fatalf("seed %d: MaxFailures = %d, trying says %d: %s", seed, got, want, c)
		}

		// CanSplit: two separate sets reach the number.
		for votes := 1; votes <= v.Total; votes++ {
			split := slices.ContainsFunc(sets, func(a []int) bool {
				return v.Sum(a...) >= votes && v.Total-v.Sum(a...) >= votes
			})
			if v.CanSplit(votes) != split {
				t.Fatalf("seed %d: CanSplit(%d) = %v, trying says %v: %s", seed, votes, !split, split, c)
			}
		}
	}
}

func TestCanCommitWaitsForMajorityGroups(t *testing.T) {
	// The case in rep_cal_commit_index: three nodes, groups 1, 1, 2.
	c := voters("F1 F1 F1")
	c.Nodes[0].Group, c.Nodes[1].Group, c.Nodes[2].Group = 1, 1, 2
	v := c.Votes(dcf.ServerStream)
	tests := []struct {
		groups dcf.Groups
		ids    []int
		want   bool
	}{
		{nil, []int{1, 2}, true},
		{dcf.Groups{1, 2}, []int{1, 2}, false},
		{dcf.Groups{1, 2}, []int{1, 3}, true},
		{dcf.Groups{1, 7}, []int{1, 2}, true}, // nobody is in group 7
		{dcf.Groups{1, 2}, []int{3}, false},
		{nil, []int{1, 1, 1}, false},
	}
	for _, tt := range tests {
		if got := v.CanCommit(tt.groups, tt.ids...); got != tt.want {
			t.Errorf("CanCommit(%v, %v) = %v", tt.groups, tt.ids, got)
		}
	}
}

func TestMinorityVotes(t *testing.T) {
	tests := []struct {
		nodes     string
		survivors []int
		want      int
		fault     string
	}{
		{"F1 F1 F1", []int{3}, 1, ""},
		{"F1 F1 F1 F1 F1", []int{2, 5}, 2, ""},
		{"F2 F1 F1 F1", []int{2, 4}, 2, ""},
		{"F1 F1 F1", []int{1, 2}, 0, "a majority: leave the group in normal mode"},
		{"F1 F1 L1", []int{3}, 0, "can become leader"},
		{"F1 F1 F1 P1", []int{4}, 0, "none of the survivors [4] has a vote"},
		{"F1 F1 F1", nil, 0, "has a vote"},
	}
	for _, tt := range tests {
		v := voters(tt.nodes).Votes(dcf.ServerStream)
		got, err := v.MinorityVotes(tt.survivors...)
		if got != tt.want || (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%q, survivors %v: %d, %v", tt.nodes, tt.survivors, got, err)
		}
		if err == nil && v.CheckMinorityVotes(got) != nil {
			t.Errorf("%q: the library refuses %d votes", tt.nodes, got)
		}
	}
	v := voters("F1 F1 F1").Votes(dcf.ServerStream)
	if v.CheckMinorityVotes(0) == nil || v.CheckMinorityVotes(4) == nil || v.CheckMinorityVotes(3) != nil {
		t.Error("CheckMinorityVotes does not keep to 1..3")
	}
	if !v.CanSplit(1) || v.CanSplit(2) {
		t.Error("of three votes, 1 can split and 2 cannot")
	}
}

func TestCanBecomePassive(t *testing.T) {
	tests := []struct {
		nodes string
		id    int
		ok    bool
	}{
		{"F1 F1 F1", 1, false},
		{"F1 F1 F1 F1", 1, true},
		{"F2 F1 F1", 1, true}, // four votes: the library counts weights
		{"F1 F1 F1 L1", 4, false},
		{"F1 F1 F1 F1 P1", 5, false},
	}
	for _, tt := range tests {
		if err := voters(tt.nodes).Votes(dcf.ServerStream).CanBecomePassive(tt.id); (err == nil) != tt.ok {
			t.Errorf("%q, node %d: %v", tt.nodes, tt.id, err)
		}
	}
}

func TestParseGroups(t *testing.T) {
	for _, text := range []string{"", "1", "1,2", "0,2147483647"} {
		if g, err := dcf.ParseGroups(text); err != nil || g.String() != text {
			t.Errorf("ParseGroups(%q) = %v, %v", text, g, err)
		}
	}
	for _, text := range []string{",", "1,", "x", "1, 2", "-1", "+1", "1,1", "2147483648"} {
		if g, err := dcf.ParseGroups(text); err == nil {
			t.Errorf("ParseGroups(%q) = %v", text, g)
		}
	}
}
