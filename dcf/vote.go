// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Votes is the arithmetic of a group's decisions. Votes have weights: the
// quorum is a matter of their sum, not of the number of nodes (elc_stream.c,
// elc_stream_get_quorum).
type Votes struct {
	Voters []Node // the nodes that vote, in the order of the configuration
	Total  int    // the sum of all weights
	Quorum int    // the sum that decides: more than half of Total
}

// Votes returns the arithmetic of a stream; openGauss uses [ServerStream].
func (c Config) Votes(stream int) Votes {
	var v Votes
	for _, n := range c.Nodes {
		if n.normal().Stream == stream && n.Role.IsVoter() {
			v.Voters = append(v.Voters, n)
			v.Total += n.Votes()
		}
	}
	v.Quorum = v.Total/2 + 1
	return v
}

// Sum returns the weight of those of the nodes that vote. An id that is named
// twice counts once.
func (v Votes) Sum(ids ...int) int {
	sum := 0
	for _, n := range v.Voters {
		if slices.Contains(ids, n.ID) {
			sum += n.Votes()
		}
	}
	return sum
}

// IsMajority reports whether these nodes together can elect a leader among
// them and keep it: enough weight, and one that can be leader.
func (v Votes) IsMajority(ids ...int) bool {
	return v.Sum(ids...) >= v.Quorum && slices.ContainsFunc(v.Voters, func(n Node) bool {
		return n.Role.IsElectable() && slices.Contains(ids, n.ID)
	})
}

// CanCommit reports whether a write that these nodes hold is acknowledged: they
// have the quorum, and each majority group that has voters is among them
// (rep_leader.c, rep_cal_commit_index). Groups without voters are ignored, as
// the library does, with a line in its log.
func (v Votes) CanCommit(groups Groups, ids ...int) bool {
	if v.Sum(ids...) < v.Quorum {
		return false
	}
	for _, g := range groups {
		exists, holds := false, false
		for _, n := range v.Voters {
			if n.Group == g {
				exists = true
				holds = holds || slices.Contains(ids, n.ID)
			}
		}
		if exists && !holds {
			return false
		}
	}
	return true
}

// MaxFailures returns how many nodes may fail, whichever they are, so that the
// rest can still elect a leader. With three voters of equal weight it is 1,
// with five 2; one heavy vote, or loggers in place of followers, make it less.
// It is -1 when not even all nodes together can.
func (v Votes) MaxFailures() int {
	weights := make([]int, 0, len(v.Voters))
	electable := 0
	for _, n := range v.Voters {
		weights = append(weights, n.Votes())
		if n.Role.IsElectable() {
			electable++
		}
	}
	if v.Total < v.Quorum || electable == 0 {
		return -1
	}
	// The worst that n failures can do to the sum is to take the heaviest; the
	// worst that they can do to the candidates is to hit only those.
	slices.Sort(weights)
	slices.Reverse(weights)
	failures, left := 0, v.Total
	for _, w := range weights {
		if left -= w; left < v.Quorum || failures+1 >= electable {
			break
		}
		failures++
	}
	return failures
}

// Essential returns the ids of the nodes whose failure alone takes the majority
// away: weights that are too heavy, or the only node that can be leader.
func (v Votes) Essential() []int {
	var ids []int
	for _, n := range v.Voters {
		if !v.IsMajority(v.others(n.ID)...) {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

func (v Votes) others(id int) []int {
	var ids []int
	for _, n := range v.Voters {
		if n.ID != id {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// MinorityVotes returns the number to name when these survivors are set to
// [RunMinority]: the weight of all of them, so that they decide together and a
// part of them cannot. An error says why minority mode is not the way: they
// still are a majority, none of them can lead, or none has a vote.
//
// The number is no protection against the nodes that are not among the
// survivors: they must be fenced first.
func (v Votes) MinorityVotes(survivors ...int) (int, error) {
	sum := v.Sum(survivors...)
	names := idList(survivors)
	switch {
	case sum == 0:
		return 0, fmt.Errorf("dcf: minority votes: none of the survivors %s has a vote", names)
	case v.IsMajority(survivors...):
		return 0, fmt.Errorf("dcf: minority votes: survivors %s have %d of %d votes, a majority: leave the group in normal mode", names, sum, v.Total)
	case !slices.ContainsFunc(v.Voters, func(n Node) bool { return n.Role.IsElectable() && slices.Contains(survivors, n.ID) }):
		return 0, fmt.Errorf("dcf: minority votes: none of the survivors %s can become leader", names)
	}
	return sum, nil
}

// CheckMinorityVotes says whether the library would accept this number of votes
// for [RunMinority]: 1 up to the sum of all weights (elc_stream.c,
// elc_stream_set_work_mode).
func (v Votes) CheckMinorityVotes(votes int) error {
	if votes < 1 || votes > v.Total {
		return fmt.Errorf("dcf: minority votes: %d is not between 1 and %d, the sum of all weights", votes, v.Total)
	}
	return nil
}

// CanSplit reports whether two separate sets of nodes could each reach this
// number of votes and lead at the same time: what a minority number of half
// the votes or less permits while the other nodes are not fenced.
func (v Votes) CanSplit(votes int) bool {
	// Which sums can a subset have? Then its complement has the rest.
	reach := make([]bool, v.Total+1)
	reach[0] = true
	for _, n := range v.Voters {
		for s := v.Total; s >= n.Votes(); s-- {
			reach[s] = reach[s] || reach[s-n.Votes()]
		}
	}
	for s := votes; s <= v.Total-votes; s++ {
		if s >= 0 && reach[s] {
			return true
		}
	}
	return false
}

// CanBecomePassive says whether a node may be changed from FOLLOWER to PASSIVE
// in a running group: the library wants the weights of all voters to sum up to
// more than three (dcf_interface.c, leader_change_member_nowait).
func (v Votes) CanBecomePassive(id int) error {
	i := slices.IndexFunc(v.Voters, func(n Node) bool { return n.ID == id })
	if i < 0 {
		return fmt.Errorf("dcf: make node %d passive: it is not a voting node", id)
	}
	if v.Voters[i].Role == RoleLogger {
		return fmt.Errorf("dcf: make node %d passive: it is a LOGGER, only a FOLLOWER can change", id)
	}
	if v.Total <= MinVoters {
		return fmt.Errorf("dcf: make node %d passive: the group has %d votes, more than %d are needed", id, v.Total, MinVoters)
	}
	return nil
}

// Groups is a list of groups of which each must hold a write before it is
// acknowledged: parameter dcf_majority_groups, for example "1,2". Empty means
// that groups do not matter.
type Groups []int

// ParseGroups reads a list of groups: numbers between commas. As the library,
// it accepts no spaces, no empty entry and no group twice.
func ParseGroups(s string) (Groups, error) {
	if s == "" {
		return nil, nil
	}
	var groups Groups
	for word := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 || n > MaxNumber || word[0] == '+' {
			return nil, fmt.Errorf("dcf: parse groups %q: %q is not a number between 0 and %d", s, word, MaxNumber)
		}
		if slices.Contains(groups, n) {
			return nil, fmt.Errorf("dcf: parse groups %q: group %d is listed twice", s, n)
		}
		groups = append(groups, n)
	}
	return groups, nil
}

// String returns the list as the parameter holds it: "1,2".
func (g Groups) String() string { return join(g, ",") }

func idList(ids []int) string { return "[" + join(ids, " ") + "]" }

func join(ns []int, sep string) string {
	words := make([]string, len(ns))
	for i, n := range ns {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, sep)
}
