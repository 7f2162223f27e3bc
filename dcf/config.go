// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"fmt"
	"slices"
	"strings"
)

// Config is a dcf_config: the nodes of a DCF group, one element per node and
// stream. Every node of the group has the same one.
//
// A parsed Config remembers its text: [Config.String] gives it back byte for
// byte, and after a change only what was changed is different. The zero Config
// has no nodes.
type Config struct {
	Nodes []Node

	head string   // up to the first element: "["
	gaps []string // between elements: ","
	tail string   // behind the last element: "]"
}

// ConfigOf returns a configuration with these nodes.
func ConfigOf(nodes ...Node) Config { return Config{Nodes: nodes} }

// Node returns the node with this id in the server's stream, and whether it is
// there.
func (c Config) Node(id int) (Node, bool) {
	i := c.index(ServerStream, id)
	if i < 0 {
		return Node{}, false
	}
	return c.Nodes[i], true
}

func (c Config) index(stream, id int) int {
	return slices.IndexFunc(c.Nodes, func(n Node) bool {
		return n.ID == id && n.normal().Stream == stream
	})
}

// Equal reports whether two configurations mean the same: equal nodes in the
// same order, however they are spelled.
func (c Config) Equal(o Config) bool {
	return slices.EqualFunc(c.Nodes, o.Nodes, Node.Equal)
}

// Clone returns a copy that shares no memory with c that could be changed.
func (c Config) Clone() Config {
	c.Nodes, c.gaps = slices.Clone(c.Nodes), slices.Clone(c.gaps)
	return c
}

// String returns the configuration as JSON, a parsed one in its own spelling,
// a built one in the canonical form.
func (c Config) String() string {
	var b strings.Builder
	b.WriteString(c.opening())
	for i, n := range c.Nodes {
		if i > 0 {
			b.WriteString(c.gap(i - 1))
		}
		b.WriteString(n.String())
	}
	if c.head == "" {
		b.WriteByte(']')
	}
	b.WriteString(c.tail)
	return b.String()
}

// opening returns what stands before the first element.
func (c Config) opening() string {
	if c.head == "" {
		return "["
	}
	return c.head
}

// gap returns what stands behind element i when another follows.
func (c Config) gap(i int) string {
	switch {
	case i < len(c.gaps):
		return c.gaps[i]
	case len(c.gaps) > 0:
		return c.gaps[len(c.gaps)-1]
	default:
		return ","
	}
}

// Canonical returns the configuration in the canonical form: no spaces, keys in
// the order stream_id, node_id, ip, port, role, weight, group, priority, then
// unknown keys; default weights, groups and priorities left out; roles in upper
// case. It is the form in openGauss's documents.
func (c Config) Canonical() string {
	b := make([]byte, 0, 2+96*len(c.Nodes))
	b = append(b, '[')
	for i, n := range c.Nodes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, n.canonical()...)
	}
	return string(append(b, ']'))
}

// Validate reports everything that is wrong with the configuration, as
// [Parse] and [Config.Check] would; nil when a group can be started with it.
// The error is [Problems].
func (c Config) Validate() error {
	got, err := Parse(c.String())
	if err != nil {
		return err
	}
	if !got.Equal(c) {
		return fmt.Errorf("%w: %s does not read back as the same configuration", ErrInvalid, quoteShort(c.String()))
	}
	return c.Check().Err()
}

// AppendText implements [encoding.TextAppender] with [Config.String]. A
// configuration that [Parse] would refuse is an error, and nothing is appended.
func (c Config) AppendText(b []byte) ([]byte, error) {
	text := c.String()
	if _, err := Parse(text); err != nil {
		return b, err
	}
	return append(b, text...), nil
}

// MarshalText implements [encoding.TextMarshaler] like [Config.AppendText].
func (c Config) MarshalText() ([]byte, error) { return c.AppendText(nil) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [Parse]. On an error
// c is unchanged.
func (c *Config) UnmarshalText(text []byte) error {
	got, err := Parse(string(text))
	if err != nil {
		return err
	}
	*c = got
	return nil
}

// MarshalJSON implements json.Marshaler: the configuration is JSON already.
func (c Config) MarshalJSON() ([]byte, error) { return c.MarshalText() }

// UnmarshalJSON implements json.Unmarshaler with [Parse].
func (c *Config) UnmarshalJSON(text []byte) error { return c.UnmarshalText(text) }
