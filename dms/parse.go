// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"net/netip"
	"strconv"
	"strings"
)

// Limits of a URL's parts.
const (
	MaxID   = MaxInstances - 1 // largest instance id
	MinPort = 1024             // smallest port: CBB's own reader refuses smaller ones (cm_ip.c, cm_split_mes_single_url)
)

// Parse reads an interconnect URL as a careful person writes it:
// "0:10.0.0.1:1611,1:10.0.0.2:1611", blanks around the entries allowed. It
// reports everything that is wrong with the text at once, as [Problems]; only
// what stands behind 64 entries is not looked at. Rules between entries are the
// matter of [URL.Check]; what a server makes of a text, that of [ParseServer].
func Parse(text string) (URL, error) {
	p := parser{index: -1}
	u := p.url(text)
	if len(p.problems) > 0 {
		return URL{}, p.problems
	}
	return u, nil
}

type parser struct {
	index    int // of the entry being read
	problems Problems
}

func (p *parser) add(r Reason, key, text string, offset int) {
	p.problems = append(p.problems, Problem{Reason: r, Index: p.index, Key: key, Text: text, Offset: offset})
}

// The parts of an entry, as problems name them.
const (
	keyID   = "id"
	keyIP   = "ip"
	keyPort = "port"
)

const blanks = " \t"

func (p *parser) url(text string) URL {
	if strings.Trim(text, blanks) == "" {
		p.add(ReasonNoInstances, "", "", 0)
		return URL{}
	}
	count := 1 + strings.Count(text, ",")
	u := URL{Instances: make([]Instance, 0, min(count, MaxInstances))}
	offset := 0
	for entry := range strings.SplitSeq(text, ",") {
		if p.index++; p.index == MaxInstances {
			break // what follows does not matter any more
		}
		inner := strings.TrimLeft(entry, blanks)
		at := offset + len(entry) - len(inner)
		u.Instances = append(u.Instances, p.entry(strings.TrimRight(inner, blanks), at))
		offset += len(entry) + 1
	}
	if count > MaxInstances {
		p.index = -1
		p.add(ReasonTooManyInstances, "", strconv.Itoa(count), -1)
	}
	return u
}

// entry reads one entry, whose text begins at an offset.
func (p *parser) entry(text string, at int) Instance {
	if text == "" {
		p.add(ReasonEmptyEntry, "", "", at)
		return Instance{}
	}
	if i := strings.IndexAny(text, " \t\r\n\v\f\""); i >= 0 {
		reason := ReasonBlankInside
		if text[i] == '"' {
			reason = ReasonQuoted
		}
		p.add(reason, "", text[i:i+1], at+i)
		return Instance{}
	}
	first, last := strings.IndexByte(text, ':'), strings.LastIndexByte(text, ':')
	if first < 0 || first == last || strings.ContainsRune(text[first+1:last], ':') && !isIPv6(text[first+1:last]) {
		p.add(ReasonNotThreeParts, "", text, at)
		return Instance{}
	}
	id := p.number(keyID, text[:first], at, 0, MaxID, ReasonIDRange)
	ip := p.ip(text[first+1:last], at+first+1)
	port := p.number(keyPort, text[last+1:], at+last+1, MinPort, 65535, ReasonPortRange)
	return Instance{id, netip.AddrPortFrom(ip, uint16(port))}
}

// number reads decimal digits within lo..hi; 0 when they are not.
func (p *parser) number(key, text string, at, lo, hi int, outside Reason) int {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		p.add(ReasonNotNumber, key, text, at)
		return 0
	}
	if len(text) > 1 && text[0] == '0' {
		p.add(ReasonLeadingZero, key, text, at)
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < lo || n > hi {
		p.add(outside, key, text, at)
		return 0
	}
	return n
}

func (p *parser) ip(text string, at int) netip.Addr {
	addr, err := netip.ParseAddr(text)
	if err == nil && addr.Is4() {
		return addr
	}
	reason := ReasonBadIP
	if isIPv6(text) {
		reason = ReasonIPv6
	}
	p.add(reason, keyIP, text, at)
	return netip.Addr{}
}

// isIPv6 reports whether the text is an IPv6 address, in brackets or without.
func isIPv6(text string) bool {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(inner, "]")
	}
	addr, err := netip.ParseAddr(text)
	return err == nil && addr.Is6()
}
