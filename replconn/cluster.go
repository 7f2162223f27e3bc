// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import "slices"

// clusters sorts the members into two clusters: links inside hold a cluster
// together, links across lead to the other one. The first member is in
// cluster 0, and so is whoever cannot be reached from it.
func (r *rebuilding) clusters() {
	side := make([]int, len(r.mesh.Members)) // 0 not yet, 1 or 2
	for start := range side {
		if side[start] != 0 {
			continue
		}
		side[start] = 1
		for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
			i := queue[0]
			for j := range side {
				want, linked := r.sideOf(i, j, side[i])
				switch {
				case !linked:
				case side[j] == 0:
					side[j] = want
					queue = append(queue, j)
				case side[j] != want && i < j:
					l, ok := r.links[[2]int{i, j}]
					if !ok {
						l = r.links[[2]int{j, i}]
					}
					r.add(l, Conflict{Kind: ConflictCluster, Peer: r.name(i + j - l.from)})
				}
			}
		}
	}
	for i, s := range side {
		r.mesh.Members[i].Cluster = s - 1
	}
}

// sideOf returns the cluster of j by its links with i, which is in cluster s.
func (r *rebuilding) sideOf(i, j, s int) (side int, linked bool) {
	l, ok := r.links[[2]int{i, j}]
	if !ok {
		l, ok = r.links[[2]int{j, i}]
	}
	if ok && l.crosses() {
		s = 3 - s
	}
	return s, ok
}

// compare checks the link from member i to member j against the way back and
// against what is known of j.
func (r *rebuilding) compare(i, j int) {
	l, there := r.links[[2]int{i, j}]
	back, returns := r.links[[2]int{j, i}]
	a, b := r.mesh.Members[i], &r.mesh.Members[j]
	switch {
	case i == j:
		return
	case !there:
		inside := a.Cluster == b.Cluster
		needed := inside && !r.mesh.SharedStorage || !inside && r.mesh.Recovery != RecoveryNone
		if needed && !returns && i < j {
			r.found = append(r.found, Conflict{Kind: ConflictUnlinked, Member: a.Name, Peer: b.Name})
		}
		return
	case !returns:
		r.add(l, Conflict{Kind: ConflictOneSided, Peer: b.Name})
	case l.crosses() != back.crosses() && i < j:
		r.add(l, Conflict{Kind: ConflictFlags, Peer: b.Name, OtherSlot: back.slot, Key: KeyIsCrossRegion,
			Got: FlagOf(l.crosses()).String(), Want: FlagOf(back.crosses()).String()})
	}
	want := b.Endpoint
	if l.crosses() {
		want = b.cross()
	}
	r.differ(l, ConflictRemote, j, l.channel.Remote, want, l.slot.IsCrossCluster())
	r.flags(l, j)
	r.uwal(l, j)
}

// flags checks iscascade. Without streaming disaster recovery it says that the
// peer is a cascade standby, and all channels to the peer must agree; with it,
// that the channel stays inside the cluster.
func (r *rebuilding) flags(l link, to int) {
	b := &r.mesh.Members[to]
	got := l.channel.IsCascade.Bool()
	want := got
	switch {
	case l.slot.IsCrossCluster():
	case r.mesh.Recovery == RecoveryStreaming:
		want = !l.crosses()
	case r.firstTo(l, to):
		b.Cascade = got
	default:
		want = b.Cascade
	}
	if got != want {
		r.add(l, Conflict{Kind: ConflictFlags, Peer: b.Name, Key: KeyIsCascade, Got: FlagOf(got).String(), Want: FlagOf(want).String()})
	}
}

// firstTo reports whether no earlier member has a link of full form to a peer.
func (r *rebuilding) firstTo(l link, to int) bool {
	for i := range l.from {
		if first, ok := r.links[[2]int{i, to}]; ok && !first.slot.IsCrossCluster() {
			return false
		}
	}
	return true
}

// uwal checks that all channels to a peer say the same of its UWAL service.
func (r *rebuilding) uwal(l link, to int) {
	b, got := &r.mesh.Members[to], l.channel.Uwal
	if l.slot.IsCrossCluster() {
		return
	}
	if r.firstTo(l, to) {
		b.Uwal = got
		return
	}
	c := Conflict{Kind: ConflictRemote, Peer: b.Name}
	if got.NodeID != b.Uwal.NodeID {
		c.Key, c.Got, c.Want = KeyRemoteNodeID, digits(got.NodeID), digits(b.Uwal.NodeID)
		r.add(l, c)
	}
	if got.Host != b.Uwal.Host {
		c.Key, c.Got, c.Want = KeyRemoteUwalHost, got.Host.String(), b.Uwal.Host.String()
		r.add(l, c)
	}
	if got.Port != b.Uwal.Port {
		c.Key, c.Got, c.Want = KeyRemoteUwalPort, digits(got.Port), digits(b.Uwal.Port)
		r.add(l, c)
	}
}

// checkMesh adds what is wrong with the members themselves. A member without
// any channel has no endpoint: that is reported as missing links already.
func (r *rebuilding) checkMesh() {
	for _, c := range r.mesh.Check() {
		if c.Kind == ConflictName || c.Kind == ConflictPort {
			r.found = append(r.found, c)
		}
	}
	if r.mesh.Recovery != RecoveryNone && !slices.ContainsFunc(r.mesh.Members, func(m Member) bool { return m.Cluster == 1 }) {
		r.found = append(r.found, Conflict{Kind: ConflictRecovery, Got: r.mesh.Recovery.String()})
	}
}
