// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// minPort is the lowest port that the server takes (CM_MIN_PORT).
const minPort = 1024

// Instance is one entry of DSS_NODES_LIST. It is comparable.
type Instance struct {
	ID   int            // 0 to 63
	Addr netip.AddrPort // IPv4, port 1024 or above
}

// String gives the entry, "0:127.0.0.1:1611" for instance.
func (i Instance) String() string {
	return strconv.Itoa(i.ID) + ":" + i.Addr.Addr().String() + ":" + strconv.Itoa(int(i.Addr.Port()))
}

// Nodes is the list of a cluster's instances, DSS_NODES_LIST, in the order of
// the text.
type Nodes []Instance

// ParseNodes reads DSS_NODES_LIST: "id:ip:port" entries with a comma between
// them and no blank anywhere. The error is [Problems] with everything that is
// wrong, and then the list is nil.
//
// The server is more lenient than it should be (cm_split_mes_urls of CBB): of
// two entries with one id it takes the last, and an entry that is a bare number
// becomes the port of instance 0. Both are refused here.
func ParseNodes(text string) (Nodes, error) {
	nodes, found := parseNodes(text)
	if err := found.Fatal().Err(); err != nil {
		return nil, err
	}
	return nodes, nil
}

// LintNodes reports what [ParseNodes] refuses, and what it accepts and is a
// trap nevertheless: ids with gaps, or out of order.
func LintNodes(text string) Problems {
	_, found := parseNodes(text)
	return found
}

func parseNodes(text string) (Nodes, Problems) {
	p := nodeParser{}
	if text == "" {
		p.add(ReasonNoNodes, "", 0, "")
		return nil, p.found
	}
	offset := 0
	for entry := range strings.SplitSeq(text, ",") {
		if entry == "" {
			p.add(ReasonEmptyEntry, "", offset, "")
		} else {
			p.entry(entry, offset)
		}
		offset += len(entry) + 1
	}
	p.order()
	return p.nodes, p.found
}

type nodeParser struct {
	nodes   Nodes
	offsets [MaxInstances]int // where the entry of an id begins
	seen    uint64            // ids, as bits
	found   Problems
}

func (p *nodeParser) add(r Reason, text string, offset int, detail string) {
	p.found = append(p.found, Problem{Reason: r, Text: text, Offset: offset, Detail: detail})
}

func (p *nodeParser) entry(text string, offset int) {
	if i := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' }); i >= 0 {
		detail := ""
		if text = strings.Join(strings.Fields(text), ""); text != "" {
			detail = "write " + strconv.Quote(text)
		}
		p.add(ReasonBlank, "", offset+i, detail)
		return
	}
	id, rest, ok := strings.Cut(text, ":")
	ip, port, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 || strings.Contains(port, ":") {
		detail := ""
		if strings.Count(text, ":") > 2 {
			detail = "IPv6 addresses are not possible"
		}
		p.add(ReasonNodeSyntax, text, offset, detail)
		return
	}
	before := len(p.found)
	var inst Instance
	inst.ID, ok = decimal(id, MaxInstances-1)
	if !ok {
		p.add(ReasonNodeID, id, offset, "")
	} else if first := p.offsets[inst.ID]; p.seen&(1<<inst.ID) != 0 {
		p.add(ReasonDuplicateNode, id, offset, "first at offset "+strconv.Itoa(first))
	} else {
		p.seen |= 1 << inst.ID
		p.offsets[inst.ID] = offset
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil || !addr.Is4() || addr.IsUnspecified() {
		p.add(ReasonBadIP, ip, offset+len(id)+1, "")
	}
	number, ok := decimal(port, 65535)
	if !ok || number < minPort {
		p.add(ReasonPort, port, offset+len(id)+len(ip)+2, "")
	}
	if len(p.found) > before {
		return
	}
	inst.Addr = netip.AddrPortFrom(addr, uint16(number))
	if i := slices.IndexFunc(p.nodes, func(n Instance) bool { return n.Addr == inst.Addr }); i >= 0 {
		p.add(ReasonAddressClash, inst.Addr.String(), offset+len(id)+1, "instance "+strconv.Itoa(p.nodes[i].ID))
	}
	p.nodes = append(p.nodes, inst)
}

// order warns of what keeps the list from being changed while the server runs
// (check_nodes_list_validity in dss_nodes_list.c).
func (p *nodeParser) order() {
	if len(p.found) > 0 || len(p.nodes) == 0 {
		return
	}
	last := -1
	for _, n := range p.nodes {
		if n.ID < last {
			p.add(ReasonNodeOrder, strconv.Itoa(n.ID), p.offsets[n.ID], "")
			break
		}
		last = n.ID
	}
	if !p.nodes.contiguous() {
		p.add(ReasonNodeGap, "", -1, "")
	}
}

// decimal reads a number without sign, blank or superfluous zeros.
func decimal(text string, most int) (int, bool) {
	if text == "" || len(text) > 1 && text[0] == '0' || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n <= most
}

// String gives the list as the server wants it. [ParseNodes] reads it back.
func (n Nodes) String() string {
	var b strings.Builder
	for i, inst := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(inst.String())
	}
	return b.String()
}

// MarshalText implements [encoding.TextMarshaler] with the form of String.
func (n Nodes) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseNodes].
func (n *Nodes) UnmarshalText(text []byte) error {
	got, err := ParseNodes(string(text))
	if err == nil {
		*n = got
	}
	return err
}

// Get returns the instance with an id.
func (n Nodes) Get(id int) (Instance, bool) {
	i := slices.IndexFunc(n, func(inst Instance) bool { return inst.ID == id })
	if i < 0 {
		return Instance{}, false
	}
	return n[i], true
}

// IsSolo reports whether an instance with this list becomes master by itself,
// without a cluster manager: it has at most one entry.
func (n Nodes) IsSolo() bool { return len(n) <= 1 }

// Equal reports whether two lists mean the same; their order does not matter.
func (n Nodes) Equal(other Nodes) bool {
	if len(n) != len(other) {
		return false
	}
	for _, inst := range n {
		if got, ok := other.Get(inst.ID); !ok || got != inst {
			return false
		}
	}
	return true
}

// contiguous reports whether the ids are 0 to n-1, in any order.
func (n Nodes) contiguous() bool {
	for id := range len(n) {
		if _, ok := n.Get(id); !ok {
			return false
		}
	}
	return true
}

// CheckChange reports what would keep a running server (7.0.0-RC1 or later)
// from taking next in place of n: the list may not get shorter, its ids must be
// 0 to n-1, and the text must fit. An instance may be given another address.
func (n Nodes) CheckChange(next Nodes) Problems {
	text := next.String()
	found := LintNodes(text)
	add := func(r Reason, detail string) {
		found = append(found, Problem{Reason: r, Key: nameNodes, Text: text, Offset: -1, Detail: detail})
	}
	if len(next) < len(n) {
		add(ReasonFewerNodes, strconv.Itoa(len(next))+" instead of "+strconv.Itoa(len(n)))
	}
	if len(text) > maxValue {
		add(ReasonValueLength, strconv.Itoa(len(text))+" bytes")
	}
	return slices.DeleteFunc(found, func(p Problem) bool { return p.Reason == ReasonNodeOrder })
}
