// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"net/netip"
	"strconv"
	"strings"
)

// Parse reads a dcf_config as a careful person writes it. It refuses what is
// not JSON by the letter, unknown spellings of keys, wrong types and values out
// of range, and reports all of that at once, as [Problems]. Rules between nodes
// are the matter of [Config.Check]; what the library itself makes of a text,
// that of [ParseServer].
//
// The format is that of the library: metadata.c, parse_stream_cfg_single.
func Parse(text string) (Config, error) {
	p := parser{sc: scanner{s: text}, index: -1}
	c := p.config()
	if len(p.problems) > 0 {
		return Config{}, p.problems
	}
	return c, nil
}

// parseNode reads one element. Its offsets count from the element's start.
func parseNode(form string) (Node, Problems) {
	p := parser{sc: scanner{s: form}}
	return p.node(), p.problems
}

type parser struct {
	sc       scanner
	index    int // of the element being read
	problems Problems
}

func (p *parser) add(r Reason, key, text string, offset int, detail string) {
	p.problems = append(p.problems, Problem{Reason: r, Index: p.index, Key: key, Text: text, Offset: offset, Detail: detail})
}

// syntax reports what the scanner stumbled over. Nothing behind it is read.
func (p *parser) syntax() {
	p.add(ReasonSyntax, "", first(p.sc.s[p.sc.i:], 12), p.sc.i, p.sc.fault)
}

// first returns the first n bytes of s, fewer if that would cut a character.
func first(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// config reads the whole value.
func (p *parser) config() Config {
	sc := &p.sc
	sc.space()
	if sc.peek() != '[' {
		from := sc.i
		if k, ok := sc.value(); ok {
			p.add(ReasonNotArray, "", first(sc.s[from:], 24), from, "it is "+k.String())
		} else {
			p.syntax()
		}
		return Config{}
	}
	var c Config
	end := 0 // of what has been read as elements
	ok := sc.array(func() bool {
		p.index++
		from := sc.i
		if sc.peek() != '{' {
			k, ok := sc.value()
			if ok {
				p.add(ReasonNotObject, "", first(sc.s[from:sc.i], 24), from, "it is "+k.String())
			}
			return ok
		}
		n := p.node()
		if sc.fault != "" {
			return false
		}
		if len(c.Nodes) == 0 {
			c.head = sc.s[:from]
		} else {
			c.gaps = append(c.gaps, sc.s[end:from])
		}
		end = sc.i
		c.Nodes = append(c.Nodes, n)
		return true
	})
	if !ok {
		p.syntax()
		return Config{}
	}
	p.index = -1
	if len(c.Nodes) == 0 { // all of "[ ]" is before the first element but its bracket
		end = sc.i - 1
		c.head = sc.s[:end]
	}
	sc.space()
	if sc.i < len(sc.s) {
		p.add(ReasonTrailingText, "", first(sc.s[sc.i:], 24), sc.i, "")
	}
	c.tail = sc.s[end:]
	return c
}

// node reads one element.
func (p *parser) node() Node {
	sc := &p.sc
	from := sc.i
	n := Node{Stream: ServerStream, Weight: DefaultWeight}
	var ip netip.Addr
	var port int
	var seen [len(knownKeys)]bool
	var unknown []string
	ok := sc.object(func(m member) {
		at, exact := knownKey(m.key)
		if at < 0 {
			for _, u := range unknown {
				if u == m.key {
					p.add(ReasonDuplicateKey, m.key, sc.s[m.valueAt:m.valEnd], m.keyAt, "")
				}
			}
			unknown = append(unknown, m.key)
			return
		}
		key := knownKeys[at]
		if seen[at] {
			p.add(ReasonDuplicateKey, m.key, sc.s[m.valueAt:m.valEnd], m.keyAt, "")
			return
		}
		seen[at] = true
		if !exact {
			p.add(ReasonKeyCase, m.key, m.key, m.keyAt, "it is "+key)
			return
		}
		switch key {
		case keyStream:
			n.Stream = p.number(m, 1, MaxStream, ReasonStreamRange)
		case keyNode:
			n.ID = p.number(m, 1, MaxNodeID, ReasonNodeIDRange)
		case keyIP:
			ip = p.ip(m)
		case keyPort:
			port = p.number(m, 1, 65535, ReasonPortRange)
		case keyRole:
			n.Role = p.role(m)
		case keyWeight:
			n.Weight = p.number(m, 1, MaxWeight, ReasonWeightRange)
		case keyGroup:
			n.Group = p.number(m, 0, MaxNumber, ReasonGroupRange)
		case keyPriority:
			n.Priority = p.number(m, 0, MaxNumber, ReasonPriorityRange)
		}
	})
	if !ok {
		return n
	}
	for at, key := range requiredKeys {
		if !seen[at] {
			p.add(ReasonMissingKey, key, "", from, "")
		}
	}
	n.Addr = netip.AddrPortFrom(ip, uint16(port))
	n.form = sc.s[from:sc.i]
	return n
}

// knownKey finds a key, in any letter case as the library does.
func knownKey(key string) (at int, exact bool) {
	for i, known := range knownKeys {
		if key == known {
			return i, true
		}
	}
	for i, known := range knownKeys {
		if len(key) == len(known) && strings.EqualFold(key, known) {
			return i, false
		}
	}
	return -1, false
}

// number reads a whole number within lo..hi; 0 when it is none.
func (p *parser) number(m member, lo, hi int, outside Reason) int {
	raw := p.sc.s[m.valueAt:m.valEnd]
	if m.kind != kindNumber {
		p.add(ReasonWrongType, m.key, raw, m.valueAt, "want a number, it is "+m.kind.String())
		return 0
	}
	if strings.ContainsAny(raw, ".eE") {
		p.add(ReasonNotInteger, m.key, raw, m.valueAt, "")
		return 0
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < lo || n > hi {
		p.add(outside, m.key, raw, m.valueAt, "")
		return 0
	}
	return n
}

// word reads a text.
func (p *parser) word(m member) (string, bool) {
	raw := p.sc.s[m.valueAt:m.valEnd]
	if m.kind != kindText {
		p.add(ReasonWrongType, m.key, raw, m.valueAt, "want text, it is "+m.kind.String())
		return "", false
	}
	return unquote(raw), true
}

// maxIP is how many bytes of an address the library can hold (cm_defs.h,
// CM_MAX_IP_LEN, with the closing NUL).
const maxIP = 63

func (p *parser) ip(m member) netip.Addr {
	text, ok := p.word(m)
	if !ok {
		return netip.Addr{}
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || len(text) > maxIP {
		p.add(ReasonBadIP, m.key, text, m.valueAt, "")
		return netip.Addr{}
	}
	return addr
}

func (p *parser) role(m member) Role {
	text, ok := p.word(m)
	if !ok {
		return RoleUnknown
	}
	role, err := ParseRole(text)
	if err != nil || !role.IsConfigurable() {
		p.add(ReasonBadRole, m.key, text, m.valueAt, "")
		return RoleUnknown
	}
	return role
}
