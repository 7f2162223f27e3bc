// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// syncGroup is one group of synchronous_standby_names.
type syncGroup struct {
	any   bool // ANY n: a quorum; otherwise FIRST n, by priority
	n     int
	names []string
}

// parseSyncNames reads synchronous_standby_names: nothing, a list of names,
// "n (names)", "FIRST n (names)", "ANY n (names)", several of these with commas
// between. The name * stands for every standby.
func parseSyncNames(text string) ([]syncGroup, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	bad := func() ([]syncGroup, error) {
		return nil, fmt.Errorf("invalid value for parameter \"synchronous_standby_names\": \"%s\"", text)
	}
	if !strings.Contains(text, "(") {
		names, ok := splitNames(text)
		if !ok {
			return bad()
		}
		return []syncGroup{{n: 1, names: names}}, nil
	}
	var groups []syncGroup
	rest := text
	for rest != "" {
		head, tail, ok := strings.Cut(rest, "(")
		list, after, ok2 := strings.Cut(tail, ")")
		if !ok || !ok2 {
			return bad()
		}
		g := syncGroup{}
		words := strings.Fields(head)
		if len(words) == 2 {
			g.any = strings.EqualFold(words[0], "any")
			if !g.any && !strings.EqualFold(words[0], "first") {
				return bad()
			}
			words = words[1:]
		}
		if len(words) != 1 {
			return bad()
		}
		var err error
		if g.n, err = strconv.Atoi(words[0]); err != nil || g.n < 1 {
			return bad()
		}
		if g.names, ok = splitNames(list); !ok {
			return bad()
		}
		groups = append(groups, g)
		rest = strings.TrimSpace(after)
		if rest != "" {
			if rest, ok = strings.CutPrefix(rest, ","); !ok {
				return bad()
			}
			rest = strings.TrimSpace(rest)
		}
	}
	return groups, nil
}

func splitNames(list string) ([]string, bool) {
	var names []string
	for _, n := range strings.Split(list, ",") {
		n = strings.Trim(strings.TrimSpace(n), "\"")
		if n == "" || strings.ContainsAny(n, " ()") {
			return nil, false
		}
		names = append(names, n)
	}
	return names, true
}

// place gives the group and the priority of a standby: the first group that
// names it, and its place there; 0 when none does.
func place(groups []syncGroup, name string) (group, priority int) {
	for g, gr := range groups {
		for i, n := range gr.names {
			if n == "*" || strings.EqualFold(n, name) {
				if gr.any {
					return g, 1
				}
				return g, i + 1
			}
		}
	}
	return -1, 0
}

// standby is a connected standby, for the question how far it is.
type standby struct {
	name string
	at   uint64 // position that counts under the wanted level
	live bool   // streams
}

// syncState is a standby's place: Sync, Potential, Quorum or Async.
type syncState struct {
	state    string
	priority int
}

// judge says which standbys are synchronous, and up to where the log is as safe
// as the groups demand; ok is false when nothing more may be acknowledged.
// With lenient (most_available_sync) only standbys that are there count.
func judge(groups []syncGroup, standbys []standby, end uint64, lenient bool) (states []syncState, at uint64, ok bool) {
	states = make([]syncState, len(standbys))
	at, ok = end, true
	members := make([][]int, len(groups))
	for i, s := range standbys {
		g, prio := place(groups, s.name)
		states[i] = syncState{"Async", prio}
		if g < 0 {
			continue
		}
		states[i].state = "Potential"
		if groups[g].any {
			states[i].state = "Quorum"
		}
		if s.live {
			members[g] = append(members[g], i)
		}
	}
	for g, gr := range groups {
		m := members[g]
		n := gr.n
		if len(m) < n {
			if !lenient {
				ok = false
			}
			n = len(m)
		}
		if gr.any {
			slices.SortFunc(m, func(a, b int) int { return -compareU(standbys[a].at, standbys[b].at) })
		} else {
			slices.SortStableFunc(m, func(a, b int) int { return states[a].priority - states[b].priority })
			for _, i := range m[:n] {
				states[i].state = "Sync"
			}
		}
		for _, i := range m[:n] {
			at = min(at, standbys[i].at)
		}
	}
	if !ok {
		at = 0
	}
	return states, at, ok
}

func compareU(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
