// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import "strconv"

// Rebuild makes the mesh again from the settings of all its members, and lists
// every contradiction it meets. With none, [Mesh.Settings] of the result says
// the same as the settings given, though not always in the same slots and
// spelling, and without keys this package does not know.
//
// Not in the settings, and so not in the result: which of two clusters is
// which (the first member's is 0), the port of SQL clients, cascade standbys
// under streaming disaster recovery, anything at all about a single member.
// With contradictions the result is the best that could be made of them.
func Rebuild(all []MemberSettings) (Mesh, []Conflict) {
	r := &rebuilding{mesh: Mesh{Members: make([]Member, len(all))}, links: make(map[[2]int]link)}
	for i, s := range all {
		r.mesh.Members[i].Name = s.Member
	}
	for i, s := range all {
		r.collect(i, s.Settings)
	}
	r.recovery()
	for i := range all {
		r.localSide(i)
	}
	for _, l := range r.all {
		r.resolve(l)
	}
	r.clusters()
	r.mesh.SharedStorage = r.mesh.Recovery == RecoveryShared && r.inside == 0 && len(all) > 2
	for i := range all {
		for j := range all {
			r.compare(i, j)
		}
	}
	r.checkMesh()
	return r.mesh, r.found
}

// link is a channel on its way from one member to another.
type link struct {
	from    int
	slot    Slot
	channel Channel
}

// crosses reports whether the link leads to the other cluster.
func (l link) crosses() bool { return l.slot.IsCrossCluster() || l.channel.IsCrossRegion.Bool() }

type rebuilding struct {
	mesh   Mesh
	all    []link          // as they were found
	links  map[[2]int]link // by member and peer
	inside int             // links inside a cluster
	found  []Conflict
}

func (r *rebuilding) name(i int) string { return r.mesh.Members[i].Name }

func (r *rebuilding) add(l link, c Conflict) {
	c.Member, c.Slot = r.name(l.from), l.slot
	r.found = append(r.found, c)
}

// collect parses the settings of one member.
func (r *rebuilding) collect(i int, s Settings) {
	for slot, text := range s.All() {
		l := link{from: i, slot: slot}
		v, err := Parse(text)
		if err != nil {
			r.add(l, Conflict{Kind: ConflictInvalid, Err: err})
			continue
		}
		if len(v.Channels) > 1 {
			r.add(l, Conflict{Kind: ConflictSeveral, Got: strconv.Itoa(len(v.Channels)), Want: "1"})
		}
		var ok bool
		if l.channel, ok = v.Channel(); !ok {
			continue
		}
		r.all = append(r.all, l)
		if !l.crosses() {
			r.inside++
		}
	}
}

// recovery finds out which kind of disaster recovery there is.
func (r *rebuilding) recovery() {
	for _, l := range r.all {
		kind := RecoveryNone
		switch {
		case l.slot.IsCrossCluster():
			kind = RecoveryShared
		case l.crosses():
			kind = RecoveryStreaming
		default:
			continue
		}
		if r.mesh.Recovery == RecoveryNone {
			r.mesh.Recovery = kind
		} else if r.mesh.Recovery != kind {
			r.add(l, Conflict{Kind: ConflictRecovery, Got: kind.String(), Want: r.mesh.Recovery.String()})
		}
	}
}

// localSide puts together what the settings of one member say of itself.
func (r *rebuilding) localSide(i int) {
	m := &r.mesh.Members[i]
	var inside, cross *Endpoint
	for _, l := range r.all {
		if l.from != i {
			continue
		}
		first := &inside
		if l.crosses() {
			first = &cross
		}
		if *first == nil {
			*first = &l.channel.Local
		} else {
			r.differ(l, ConflictLocal, -1, l.channel.Local, **first, false)
		}
	}
	switch {
	case inside != nil:
		m.Endpoint = *inside
	case cross != nil:
		m.Endpoint = *cross
	}
	if inside == nil || cross == nil {
		return
	}
	if cross.Host != inside.Host {
		m.CrossHost = cross.Host
	}
	for _, l := range r.all {
		if l.from == i && l.crosses() {
			r.differ(l, ConflictLocal, -1, l.channel.Local, m.cross(), r.mesh.Recovery == RecoveryShared)
			return
		}
	}
}

// differ adds a conflict for each field in which two endpoints differ. bare
// says that got has host and port only.
func (r *rebuilding) differ(l link, kind ConflictKind, peer int, got, want Endpoint, bare bool) {
	host, keys := KeyLocalHost, [...]string{KeyLocalPort, KeyLocalHeartbeatPort, KeyLocalService}
	if kind == ConflictRemote {
		host, keys = KeyRemoteHost, [...]string{KeyRemotePort, KeyRemoteHeartbeatPort, KeyRemoteService}
	}
	c := Conflict{Kind: kind}
	if peer >= 0 {
		c.Peer = r.name(peer)
	}
	same := got.Host == want.Host
	if kind == ConflictRemote {
		same = got.Host.SameMachine(want.Host)
	}
	if !same {
		c.Key, c.Got, c.Want = host, got.Host.String(), want.Host.String()
		r.add(l, c)
	}
	for i, p := range [...][2]uint16{{got.Port, want.Port}, {got.HeartbeatPort, want.HeartbeatPort}, {got.ServicePort, want.ServicePort}} {
		if bare && i > 0 {
			break
		}
		if p[0] != p[1] {
			c.Key, c.Got, c.Want = keys[i], digits(p[0]), digits(p[1])
			r.add(l, c)
		}
	}
}

// resolve finds the member to which a link leads.
func (r *rebuilding) resolve(l link) {
	to := r.listener(l)
	switch {
	case to < 0:
		r.add(l, Conflict{Kind: ConflictUnknownPeer, Got: l.channel.Remote.String()})
		return
	case to == l.from:
		r.add(l, Conflict{Kind: ConflictSelf, Got: l.channel.Remote.String()})
		return
	}
	if first, twice := r.links[[2]int{l.from, to}]; twice {
		r.add(l, Conflict{Kind: ConflictDuplicate, Peer: r.name(to), OtherSlot: first.slot})
		return
	}
	r.links[[2]int{l.from, to}] = l
}

// listener returns the member that listens at the link's remote side: another
// one when there is one, else its own, else -1.
func (r *rebuilding) listener(l link) int {
	found := -1
	at := l.channel.Remote
	for i, m := range r.mesh.Members {
		if m.Endpoint.Port != at.Port {
			continue
		}
		if !m.Endpoint.Host.SameMachine(at.Host) && !m.cross().Host.SameMachine(at.Host) {
			continue
		}
		if i != l.from {
			return i
		}
		found = i
	}
	return found
}
