// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"fmt"
	"net/netip"
	"strconv"
)

// MinVoters is how many nodes of a group must vote: fewer do not survive the
// loss of one, and openGauss's tools refuse them.
const MinVoters = 3

// Check reports what is wrong between the nodes of one configuration: ids used
// twice, more than one LEADER, fewer than three voters, addresses that clash,
// more nodes than the server holds, streams that it does not use. The library
// starts with most of these (measured: two leaders, no leader, one port for
// two nodes) and then does not work as meant.
//
// Whether each value is in its range is not repeated here; see
// [Config.Validate] for both.
func (c Config) Check() Problems {
	k := checker{config: c}
	if len(c.Nodes) == 0 {
		k.add(ReasonNoNodes, -1, "", "", "")
		return k.found
	}
	k.ids()
	k.addresses()
	k.roles()
	k.counts()
	return k.found
}

type checker struct {
	config Config
	found  Problems
}

func (k *checker) add(r Reason, index int, key, text, detail string) {
	k.found = append(k.found, Problem{Reason: r, Index: index, Key: key, Text: text, Offset: k.config.offset(index, key), Detail: detail})
}

// offset finds the value of a key of an element in the configuration's text,
// the element itself when the key is not there.
func (c Config) offset(index int, key string) int {
	if index < 0 {
		return -1
	}
	at := len(c.opening())
	for i := range index {
		at += len(c.Nodes[i].String()) + len(c.gap(i))
	}
	sc := scanner{s: c.Nodes[index].String()}
	within := 0
	sc.object(func(m member) {
		if m.key == key {
			within = m.valueAt
		}
	})
	return at + within
}

// ids finds ids that a stream has twice, and streams that the server ignores.
func (k *checker) ids() {
	type key struct{ stream, id int }
	seen := map[key]int{}
	for i, n := range k.config.Nodes {
		n = n.normal()
		at := key{n.Stream, n.ID}
		if first, ok := seen[at]; ok {
			k.add(ReasonDuplicateNode, i, keyNode, strconv.Itoa(n.ID), fmt.Sprintf("element %d has it", first))
		} else {
			seen[at] = i
		}
		if n.Stream != ServerStream {
			k.add(ReasonStreamUnused, i, keyStream, strconv.Itoa(n.Stream), "")
		}
	}
}

// addresses finds two nodes on one address, and one node on two.
func (k *checker) addresses() {
	owner := map[netip.AddrPort]int{}
	home := map[int]int{}
	for i, n := range k.config.Nodes {
		if !n.Addr.IsValid() || n.Addr.Port() == 0 {
			continue // no address: Parse has the word
		}
		if first, ok := owner[n.Addr]; !ok {
			owner[n.Addr] = i
		} else if k.config.Nodes[first].ID != n.ID {
			k.add(ReasonAddressClash, i, keyPort, n.Addr.String(), fmt.Sprintf("node %d listens there", k.config.Nodes[first].ID))
		}
		if first, ok := home[n.ID]; !ok {
			home[n.ID] = i
		} else if o := k.config.Nodes[first]; o.Addr != n.Addr && o.normal().Stream != n.normal().Stream {
			k.add(ReasonNodeMoved, i, keyIP, n.Addr.String(), fmt.Sprintf("element %d says %s", first, o.Addr))
		}
	}
}

// roles judges each stream: at most one leader, enough voters.
func (k *checker) roles() {
	leader := map[int]int{}
	for i, n := range k.config.Nodes {
		if n.Role != RoleLeader {
			continue
		}
		s := n.normal().Stream
		if first, ok := leader[s]; ok {
			k.add(ReasonTwoLeaders, i, keyRole, n.Role.String(), fmt.Sprintf("node %d is LEADER", k.config.Nodes[first].ID))
		} else {
			leader[s] = i
		}
	}
	for _, s := range k.config.Streams() {
		voters, electable := 0, 0
		for _, n := range k.config.Nodes {
			if n.normal().Stream != s || !n.Role.IsVoter() {
				continue
			}
			voters++
			if n.Role.IsElectable() {
				electable++
			}
		}
		if voters < MinVoters {
			k.add(ReasonFewVoters, -1, keyRole, strconv.Itoa(voters), fmt.Sprintf("stream %d", s))
		}
		if voters > 0 && electable == 0 {
			k.add(ReasonNobodyElectable, -1, keyRole, "", fmt.Sprintf("stream %d", s))
		}
	}
}

// counts finds streams with more nodes than the server or the library holds.
func (k *checker) counts() {
	for _, s := range k.config.Streams() {
		nodes := 0
		for _, n := range k.config.Nodes {
			if n.normal().Stream == s {
				nodes++
			}
		}
		most, who := MaxNodesPerStream, "the library"
		if s == ServerStream {
			most, who = MaxServerNodes, "an openGauss server"
		}
		if nodes > most {
			k.add(ReasonTooManyNodes, -1, "", strconv.Itoa(nodes), fmt.Sprintf("%s keeps track of %d in stream %d", who, most, s))
		}
	}
}

// Streams returns the numbers of the streams in the configuration, in the
// order in which they first appear.
func (c Config) Streams() []int {
	var streams []int
	var seen [MaxStream + 1]bool
	for _, n := range c.Nodes {
		if s := n.normal().Stream; s > 0 && s <= MaxStream && !seen[s] {
			seen[s] = true
			streams = append(streams, s)
		}
	}
	return streams
}
