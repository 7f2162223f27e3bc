// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"cmp"
	"slices"
	"strconv"
)

// Recovery is how two clusters follow each other.
type Recovery uint8

// The kinds of disaster recovery that need channels between clusters.
const (
	// RecoveryNone: one cluster.
	RecoveryNone Recovery = iota
	// RecoveryStreaming: gs_sdr. Channels to the other cluster stand behind
	// those inside it among replconninfo1 to 8 and have iscrossregion=true; the
	// ones inside have iscascade=true.
	RecoveryStreaming
	// RecoveryShared: gs_ddr and dual clusters over shared storage. Channels to
	// the other cluster are cross_cluster_replconninfo1 to 8 and have the four
	// required fields only.
	RecoveryShared
)

var recoveries = labels{ // read-only
	RecoveryNone:      {code: "none"},
	RecoveryStreaming: {code: "streaming"},
	RecoveryShared:    {code: "shared"},
}

// String returns "none", "streaming" or "shared".
func (r Recovery) String() string { return recoveries.code("Recovery", uint8(r)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (r Recovery) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Recovery) UnmarshalText(text []byte) error {
	i, err := recoveries.find("kind of recovery", text)
	if err == nil {
		*r = Recovery(i)
	}
	return err
}

// Member is one server of a mesh. It is comparable.
type Member struct {
	Name    string
	Cluster int // 0 or 1
	// Endpoint is where the member listens; [DeriveEndpoint] makes one from
	// the port of SQL clients.
	Endpoint Endpoint
	// CrossHost is the address for the other cluster (gs_sdr: dataIp), when it
	// is not that of Endpoint. The ports are the same.
	CrossHost Host
	// Cascade says that the member is a cascade standby. In streaming disaster
	// recovery the flag means something else and this is not written.
	Cascade bool
	// Uwal is written into the channels that lead to the member.
	Uwal Uwal
}

// cross returns the member's endpoint for the other cluster.
func (m Member) cross() Endpoint {
	e := m.Endpoint
	e.Host = cmp.Or(m.CrossHost, e.Host)
	return e
}

// Mesh is a cluster, or two with disaster recovery between them, in which
// every member has a channel to every other: the way the cluster tools set
// openGauss up.
type Mesh struct {
	Members  []Member
	Recovery Recovery
	// SharedStorage says that the members of a cluster share their storage and
	// have no channels among themselves.
	SharedStorage bool
}

// MemberSettings are the settings of one member.
type MemberSettings struct {
	Member   string
	Settings Settings
}

// Check returns everything because of which the mesh cannot be written as
// values, or would not work: all conflicts, in the order of the members.
func (m Mesh) Check() []Conflict {
	var found []Conflict
	clusters := [2]int{}
	for i, a := range m.Members {
		if a.Name == "" || slices.ContainsFunc(m.Members[:i], func(b Member) bool { return b.Name == a.Name }) {
			found = append(found, Conflict{Kind: ConflictName, Member: a.Name, Got: a.Name})
		}
		if a.Cluster < 0 || a.Cluster > 1 {
			found = append(found, Conflict{Kind: ConflictCluster, Member: a.Name, Got: strconv.Itoa(a.Cluster)})
		} else {
			clusters[a.Cluster]++
		}
		ends := Channel{Local: a.cross(), Remote: a.Endpoint, Uwal: a.Uwal}
		if err := ValueOf(ends, ends.Mirror()).Validate(); err != nil {
			found = append(found, Conflict{Kind: ConflictEndpoint, Member: a.Name, Got: a.Endpoint.String(), Err: err})
		}
		for _, kind := range [2]bool{false, true} {
			if n := m.channels(a, kind); n > SlotsPerKind {
				found = append(found, Conflict{Kind: ConflictTooMany, Member: a.Name, Got: strconv.Itoa(n), Want: strconv.Itoa(SlotsPerKind)})
			}
		}
	}
	two := clusters[0] > 0 && clusters[1] > 0
	if two != (m.Recovery != RecoveryNone) || m.Recovery > RecoveryShared {
		found = append(found, Conflict{Kind: ConflictRecovery, Got: m.Recovery.String()})
	}
	return append(found, m.portConflicts()...)
}

// channels counts the settings of a kind that a member needs.
func (m Mesh) channels(a Member, crossCluster bool) (n int) {
	for _, b := range m.Members {
		inside := a.Cluster == b.Cluster
		switch {
		case inside && (crossCluster || m.SharedStorage || a.Name == b.Name):
		case !inside && crossCluster != (m.Recovery == RecoveryShared):
		default:
			n++
		}
	}
	return n
}

// portConflicts finds listeners that would be in each other's way. The service
// port is left out: no release of this server listens there.
func (m Mesh) portConflicts() (found []Conflict) {
	type address struct {
		host Host
		port uint16
	}
	type user struct{ member, key string }
	users := make(map[address]user)
	for _, a := range m.Members {
		for i, e := range [2]Endpoint{a.Endpoint, a.cross()} {
			if e.Host.IsZero() || i > 0 && e == a.Endpoint {
				continue
			}
			for _, l := range [2]struct {
				key  string
				port uint16
			}{{KeyLocalPort, e.Port}, {KeyLocalHeartbeatPort, e.HeartbeatPort}} {
				if l.port == 0 {
					continue
				}
				at, me := address{e.Host.unzoned(), l.port}, user{a.Name, l.key}
				other, taken := users[at]
				if !taken {
					users[at] = me
				} else if other != me {
					found = append(found, Conflict{Kind: ConflictPort, Member: a.Name, Peer: other.member, Key: l.key,
						Got: Endpoint{Host: e.Host, Port: l.port}.String()})
				}
			}
		}
	}
	return found
}

// Settings returns the settings of every member, in the order of the members:
// one channel for each peer, those of its own cluster first, each in canonical
// form. The error is a [*MeshError] with everything that [Mesh.Check] finds.
func (m Mesh) Settings() ([]MemberSettings, error) {
	if found := m.Check(); len(found) > 0 {
		return nil, &MeshError{Conflicts: found}
	}
	all := make([]MemberSettings, len(m.Members))
	for i, a := range m.Members {
		all[i] = MemberSettings{Member: a.Name, Settings: m.settingsOf(i)}
	}
	return all, nil
}

func (m Mesh) settingsOf(i int) (s Settings) {
	n := 0
	a := m.Members[i]
	for j, b := range m.Members {
		if i == j || a.Cluster != b.Cluster || m.SharedStorage {
			continue
		}
		n++
		s = s.With(Own(n), m.inside(a, b).String())
	}
	if m.Recovery == RecoveryShared {
		n = 0
	}
	for _, b := range m.Members {
		if a.Cluster == b.Cluster {
			continue
		}
		n++
		slot, c := m.across(n, a, b)
		s = s.With(slot, c.String())
	}
	return s
}

// inside returns the channel from a to b in the same cluster.
func (m Mesh) inside(a, b Member) Channel {
	c := Channel{Local: a.Endpoint, Remote: b.Endpoint, Uwal: b.Uwal}
	switch {
	case m.Recovery == RecoveryStreaming:
		c.IsCascade, c.IsCrossRegion = True, False
	case b.Cascade:
		c.IsCascade = True
	}
	return c
}

// across returns setting and channel number n from a to b in the other
// cluster.
func (m Mesh) across(n int, a, b Member) (Slot, Channel) {
	if m.Recovery == RecoveryShared {
		bare := func(e Endpoint) Endpoint { return Endpoint{Host: e.Host, Port: e.Port} }
		return CrossCluster(n), Channel{Local: bare(a.cross()), Remote: bare(b.cross())}
	}
	return Own(n), Channel{Local: a.cross(), Remote: b.cross(), Uwal: b.Uwal, IsCascade: False, IsCrossRegion: True}
}
