// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"encoding/json"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Limits of the library (md_defs.h) and of openGauss.
const (
	MaxStream         = 63         // highest stream number; 0 means no stream
	MaxNodeID         = 255        // highest node id; 0 means no node
	MaxNodesPerStream = 32         // nodes that the library holds in a stream
	MaxServerNodes    = 10         // nodes that an openGauss server keeps track of
	MaxWeight         = 255        // highest weight of a vote
	MaxNumber         = 2147483647 // highest group and priority
	ServerStream      = 1          // the stream that openGauss works with
)

// DefaultWeight is the weight of a vote when none is given.
const DefaultWeight = 1

// Node is one element of dcf_config: a node's part in one stream.
//
// A Node is comparable; == also compares how a parsed node was spelled, [Node.Equal]
// compares what it means. The zero values of Stream, Weight, Group and Priority
// mean their defaults.
type Node struct {
	Stream   int            // "stream_id", 1..63, 0 means 1; openGauss uses 1 only
	ID       int            // "node_id", 1..255, unique in the stream
	Addr     netip.AddrPort // "ip" and "port" of the node's own listener; not the database's port
	Role     Role           // "role"; LEADER is a preference, elections may decide otherwise
	Weight   int            // "weight" of the vote, 1..255, 0 means 1
	Group    int            // "group", 0..2147483647: place for dcf_majority_groups and priorities
	Priority int            // "priority", 0..2147483647: the higher one leads if elections are equal

	form string // the element as it was parsed, for its order, spacing and unknown keys
}

// The keys of an element, in the canonical order.
const (
	keyStream   = "stream_id"
	keyNode     = "node_id"
	keyIP       = "ip"
	keyPort     = "port"
	keyRole     = "role"
	keyWeight   = "weight"
	keyGroup    = "group"
	keyPriority = "priority"
)

var (
	requiredKeys = [...]string{keyStream, keyNode, keyIP, keyPort, keyRole}
	knownKeys    = [...]string{keyStream, keyNode, keyIP, keyPort, keyRole, keyWeight, keyGroup, keyPriority}
)

// normal returns n with the defaults filled in and without its spelling.
func (n Node) normal() Node {
	if n.Stream == 0 {
		n.Stream = ServerStream
	}
	if n.Weight == 0 {
		n.Weight = DefaultWeight
	}
	n.form = ""
	return n
}

// Votes returns the weight of the node's vote, 0 for a node that has none.
func (n Node) Votes() int {
	if !n.Role.IsVoter() {
		return 0
	}
	return n.normal().Weight
}

// Equal reports whether two nodes mean the same: the same values, defaults
// filled in, and the same unknown keys in the same order.
func (n Node) Equal(o Node) bool {
	return n.normal() == o.normal() && n.extras() == o.extras()
}

// Extras yields the keys that this package does not know, with their values as
// JSON, in order. The library ignores them.
func (n Node) Extras() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		more := true
		n.members(func(m member) {
			if more && !slices.Contains(knownKeys[:], m.key) {
				more = yield(m.key, n.form[m.valueAt:m.valEnd])
			}
		})
	}
}

// Extra returns the JSON value of an unknown key, and whether it is there.
func (n Node) Extra(key string) (string, bool) {
	for k, v := range n.Extras() {
		if k == key {
			return v, true
		}
	}
	return "", false
}

// WithExtra returns the node with an unknown key set to a JSON value, in its
// old place or at the end; an empty value takes the key out. A key that the
// library knows, and a value that is not JSON, are refused.
func (n Node) WithExtra(key, value string) (Node, error) {
	for _, known := range knownKeys {
		if strings.EqualFold(key, known) {
			return Node{}, fmt.Errorf("dcf: set extra key %q: it is a key of the library, use the field", key)
		}
	}
	if value != "" && !json.Valid([]byte(value)) {
		return Node{}, fmt.Errorf("dcf: set extra key %q: %s is not JSON", key, quoteShort(value))
	}
	text, found := n.String(), false
	sc := scanner{s: text}
	var b strings.Builder
	b.WriteByte('{')
	add := func(key, value string) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(key + ":" + value)
	}
	sc.object(func(m member) {
		switch raw := text[m.valueAt:m.valEnd]; {
		case m.key != key:
			add(quote(m.key), raw)
		case value != "" && !found:
			add(quote(m.key), value)
			found = true
		}
	})
	if value != "" && !found {
		add(quote(key), value)
	}
	b.WriteByte('}')
	n.form = b.String()
	return n, nil
}

// members calls each for every member of the node's form.
func (n Node) members(each func(member)) {
	if n.form != "" {
		sc := scanner{s: n.form}
		sc.object(each)
	}
}

// extras writes the unknown members without spaces: `,"key":value`.
func (n Node) extras() string {
	var b strings.Builder
	for key, value := range n.Extras() {
		b.WriteString("," + quote(key) + ":")
		b.WriteString(compact(value))
	}
	return b.String()
}

// compact takes the spaces between tokens out of a JSON value.
func compact(raw string) string {
	if !strings.ContainsAny(raw, " \t\r\n") {
		return raw
	}
	var b strings.Builder
	inText := false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case inText && c == '\\':
			b.WriteByte(c)
			i++ // the scanner has seen that something follows
			b.WriteByte(raw[i])
			continue
		case c == '"':
			inText = !inText
		case !inText && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// raw returns the JSON of one known key.
func (n Node) raw(key string) string {
	n = n.normal()
	switch key {
	case keyStream:
		return strconv.Itoa(n.Stream)
	case keyNode:
		return strconv.Itoa(n.ID)
	case keyIP:
		if !n.Addr.Addr().IsValid() {
			return `""`
		}
		return quote(n.Addr.Addr().String())
	case keyPort:
		return strconv.Itoa(int(n.Addr.Port()))
	case keyRole:
		return quote(n.Role.String())
	case keyWeight:
		return strconv.Itoa(n.Weight)
	case keyGroup:
		return strconv.Itoa(n.Group)
	default:
		return strconv.Itoa(n.Priority)
	}
}

// canonical writes the element in the canonical form, with its unknown keys
// at the end.
func (n Node) canonical() string {
	b := make([]byte, 0, 128)
	b = append(b, '{')
	for _, key := range knownKeys {
		raw := n.raw(key)
		if key == keyWeight && raw == "1" || (key == keyGroup || key == keyPriority) && raw == "0" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, key...)
		b = append(b, '"', ':')
		b = append(b, raw...)
	}
	b = append(b, n.extras()...)
	return string(append(b, '}'))
}

// String returns the element as JSON. A parsed node keeps its order, spacing,
// spelling and unknown keys; only values that were changed are written anew,
// and values that were not there are added at the end.
func (n Node) String() string {
	if n.form == "" {
		return n.canonical()
	}
	old, _ := parseNode(n.form) // the form was parsed before
	if old == n {
		return n.form
	}
	var b strings.Builder
	at, last, seen := 0, 0, map[string]bool{}
	n.members(func(m member) {
		seen[m.key] = true
		last = m.valEnd
		if slices.Contains(knownKeys[:], m.key) && old.raw(m.key) != n.raw(m.key) {
			b.WriteString(n.form[at:m.valueAt])
			b.WriteString(n.raw(m.key))
			at = m.valEnd
		}
	})
	b.WriteString(n.form[at:last])
	comma, colon := n.style()
	for _, key := range knownKeys {
		if !seen[key] && old.raw(key) != n.raw(key) {
			b.WriteString(comma + `"` + key + `"` + colon + n.raw(key))
		}
	}
	b.WriteString(n.form[last:])
	return b.String()
}

// style returns what stands between the first two members of the form and
// between the first key and its value.
func (n Node) style() (comma, colon string) {
	comma, colon = ",", ":"
	end, count := 0, 0
	n.members(func(m member) {
		switch count++; count {
		case 1:
			sc := scanner{s: n.form, i: m.keyAt}
			sc.text()
			colon = n.form[sc.i:m.valueAt]
		case 2:
			comma = n.form[end:m.keyAt]
		}
		end = m.valEnd
	})
	return comma, colon
}
