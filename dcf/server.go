// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import "fmt"

// Outcome says how far the library gets with a dcf_config.
type Outcome uint8

// The outcomes of a [Reading].
const (
	OutcomeNodes   Outcome = iota // accepted, with the nodes of the Reading
	OutcomeRefused                // dcf_start fails with error 800; the server does not come up
	OutcomeEmpty                  // accepted, but no node is listed: dcf_start fails, without saying why
)

var outcomes = [...]string{"nodes", "refused", "empty"}

// String returns the outcome's code, for example "refused".
func (o Outcome) String() string {
	if int(o) < len(outcomes) {
		return outcomes[o]
	}
	return fmt.Sprintf("Outcome(%d)", uint8(o))
}

// MarshalText implements [encoding.TextMarshaler] with the code.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// ServerNode is a node as the library holds it (md_defs.h, dcf_node_t): almost
// nothing checked. It is comparable.
type ServerNode struct {
	Stream   uint32 // 0..63; stream 0 is accepted and means no stream elsewhere
	ID       uint32 // 0..255; dcf_start fails on node 0
	IP       string // any text of up to 63 bytes; other texts than numeric addresses fail later, error 202
	Port     uint32 // as given; see Listens
	Role     Role
	Weight   uint32 // 0..255; 0 is a voter without a vote
	Group    uint32
	Priority uint64
}

// Listens returns the port that the node really opens and connects to: the
// library hands 16 bits of it to the socket layer. With 0 dcf_start hangs.
func (n ServerNode) Listens() uint16 { return uint16(n.Port) }

// Reading is what the library makes of a dcf_config.
type Reading struct {
	Outcome Outcome
	Nodes   []ServerNode // all that were read, in order; for OutcomeRefused those before the fault
	Index   int          // element at which the value was refused; -1 for the value as a whole
	Key     string       // key at which it was refused; may be empty
	Offset  int          // where it was refused, or how far was read; in bytes
}

// ParseServer reads a dcf_config as the library does, which the server hands it
// to unread (DCF commit 8ad714e8: metadata.c, parse_streams_cfg; md_stream.c,
// add_stream_member). The library takes the first of two equal keys and any
// letter case, cuts fractions off, takes negative groups and priorities for 0,
// stops behind the array, and checks neither addresses nor ports.
//
// It reads the value on the first start only: once dcf_data_path holds
// metadata, that counts, and dcf_config is ignored (metadata.c, md_init).
func ParseServer(text string) Reading {
	root, end, ok := parseC(text)
	if !ok || root.kind != kindArray {
		return Reading{Outcome: OutcomeRefused, Index: -1, Offset: end}
	}
	r := Reading{Outcome: OutcomeNodes, Index: -1, Offset: end}
	for i := range root.elements {
		e := &root.elements[i]
		n, key, at, ok := serverNode(e)
		if !ok || r.clashes(n) {
			if ok {
				key, at = keyNode, e.get(keyNode).at
			}
			r.Outcome, r.Index, r.Key, r.Offset = OutcomeRefused, i, key, at
			return r
		}
		r.Nodes = append(r.Nodes, n)
	}
	if len(r.Nodes) == 0 {
		r.Outcome = OutcomeEmpty
	}
	return r
}

// clashes reports whether the stream has a node with this id already.
func (r Reading) clashes(n ServerNode) bool {
	for _, o := range r.Nodes {
		if o.Stream == n.Stream && o.ID == n.ID {
			return true
		}
	}
	return false
}

// serverNode reads one element in the library's order, and stops at the first
// thing that it refuses.
func serverNode(e *cvalue) (n ServerNode, key string, at int, ok bool) {
	if e.kind != kindObject {
		return n, "", e.at, false
	}
	refused := func(v *cvalue) int {
		if v == nil {
			return e.at
		}
		return v.at
	}
	n = ServerNode{Weight: DefaultWeight}
	for _, key := range knownKeys {
		v := e.get(key)
		optional := key == keyWeight || key == keyGroup || key == keyPriority
		if v == nil && optional {
			continue
		}
		want := kindNumber
		if key == keyIP || key == keyRole {
			want = kindText
		}
		if v == nil || v.kind != want || !n.set(key, v) {
			return n, key, refused(v), false
		}
	}
	// These are looked at when the element has been read (add_stream_member).
	switch {
	case n.Stream > MaxStream:
		return n, keyStream, e.get(keyStream).at, false
	case n.ID > MaxNodeID:
		return n, keyNode, e.get(keyNode).at, false
	case n.Weight > MaxWeight:
		return n, keyWeight, e.get(keyWeight).at, false
	}
	return n, "", 0, true
}

// set stores one value, or reports that the library refuses it.
func (n *ServerNode) set(key string, v *cvalue) bool {
	switch key {
	case keyStream:
		n.Stream = uint32(v.number)
	case keyNode:
		n.ID = uint32(v.number)
	case keyIP:
		n.IP = v.text
		return len(v.text) <= maxIP
	case keyPort:
		n.Port = uint32(v.number)
	case keyRole:
		for r := RoleLeader; r <= RolePassive; r++ {
			if equalFoldASCII(v.text, r.String()) {
				n.Role = r
				return true
			}
		}
		return false
	case keyWeight:
		n.Weight = uint32(v.number)
	case keyGroup:
		n.Group = uint32(max(v.number, 0))
	case keyPriority:
		n.Priority = uint64(max(v.number, 0))
	}
	return true
}

// means returns how the library would hold a node that was read carefully.
func (n Node) means() ServerNode {
	n = n.normal()
	return ServerNode{
		Stream: uint32(n.Stream), ID: uint32(n.ID), Port: uint32(n.Addr.Port()), Role: n.Role,
		Weight: uint32(n.Weight), Group: uint32(n.Group), Priority: uint64(n.Priority),
	}
}
