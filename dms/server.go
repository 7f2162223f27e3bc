// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"math"
	"strings"
)

// Outcome is what becomes of a text when a server with ss_enable_dms = on
// starts with it.
type Outcome uint8

// The outcomes.
const (
	OutcomeInstances Outcome = iota // the server starts and uses the instances
	OutcomeRefused                  // the setting is refused as invalid: the server does not start
	OutcomeFatal                    // the setting is accepted, and the start ends when it is used
)

var outcomeWords = words{{"instances"}, {"refused"}, {"fatal"}} // read-only

// String returns "instances", "refused" or "fatal".
func (o Outcome) String() string { return outcomeWords.name("Outcome", int(o)) }

// MarshalText implements [encoding.TextMarshaler] with the name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// ServerInstance is an instance as a server holds it. It is comparable.
type ServerInstance struct {
	ID   uint32 // what the others call it; above 63 the server writes outside of its tables
	IP   string // any text of up to 63 bytes; what is no address fails when the others connect
	Port uint16 // what is left of the number in 16 bits
}

// String returns the instance as an entry of a URL.
func (i ServerInstance) String() string { return fmt.Sprintf("%d:%s:%d", i.ID, i.IP, i.Port) }

// Reading is what a server makes of a text.
type Reading struct {
	Outcome   Outcome
	Instances []ServerInstance // in their order; nil unless the outcome is OutcomeInstances
	Index     int              // entry at which the text was refused; -1 for the text as a whole
	Key       string           // part at which it was refused: "id", "ip", "port"; may be empty
	Offset    int              // where it was refused, in bytes; 0 when no place can be named
}

// checksURL and takesID say what releases do. Before 6.0.0 the id in an entry is
// not looked at, the position counts. Before 5.1.0 nothing is checked when the
// setting is read.
func (r Release) checksURL() bool { return r.since(V510) }
func (r Release) takesID() bool   { return r.since(V600) }

// ParseServer reads an interconnect URL as the server of a release does with
// ss_enable_dms = on (guc_storage.cpp, check_ss_interconnect_url; ss_init.cpp,
// parseInternalURL). It takes the first character of an entry for the id,
// whatever follows, cuts the port to 16 bits, and checks an address for four
// groups of digits, no more.
//
// Where ss_interconnect_url stands before ss_enable_dms in postgresql.conf, the
// check when the setting is read does not happen, and the text is read like
// 5.0.0 would, only that ids count since 6.0.0.
func ParseServer(text string, r Release) Reading {
	if i := strings.IndexByte(text, 0); i >= 0 {
		text = text[:i] // where a text ends in C
	}
	entries, ok := names(text, ',')
	refused := OutcomeFatal
	if r.checksURL() {
		refused = OutcomeRefused
	}
	if !ok || len(entries) == 0 || len(entries) > MaxInstances {
		return Reading{Outcome: refused, Index: -1}
	}
	if r.checksURL() {
		for i, e := range entries {
			if key, at := checkEntry(e.text); key != "" {
				return Reading{Outcome: OutcomeRefused, Index: i, Key: partOf(key), Offset: e.at + at}
			}
		}
	}
	reading := Reading{Index: -1, Instances: make([]ServerInstance, len(entries))}
	for i, e := range entries {
		instance, key, at := scanEntry(e.text)
		if key != "" {
			return Reading{Outcome: OutcomeFatal, Index: i, Key: partOf(key), Offset: e.at + at}
		}
		instance.ID = uint32(i)
		if r.takesID() {
			instance.ID = uint32(int32(int8(e.text[0])) - '0')
		}
		reading.Instances[i] = instance
	}
	return reading
}

// keyEntry is the entry as a whole, where a key is wanted.
const keyEntry = "entry"

func partOf(key string) string {
	if key == keyEntry {
		return ""
	}
	return key
}

// checkEntry is check_every_interconnect_url. The key is empty when the entry
// is accepted.
func checkEntry(text string) (key string, at int) {
	parts, ok := names(text, ':')
	if !ok || len(parts) != 3 {
		return keyEntry, 0
	}
	switch id, ip, port := parts[0], parts[1], parts[2]; {
	case !areDigits(id.text):
		return keyID, id.at
	case !areDigits(port.text):
		return keyPort, port.at
	case !isDotted(ip.text):
		return keyIP, ip.at
	}
	return "", 0
}

// areDigits is check_str_is_digit: true for "".
func areDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func isDotted(ip string) bool {
	groups, ok := names(ip, '.')
	if !ok || len(groups) != 4 {
		return false
	}
	for _, g := range groups {
		if !areDigits(g.text) {
			return false
		}
	}
	return true
}

// scanEntry is scanURL, but for the id.
func scanEntry(text string) (i ServerInstance, key string, at int) {
	parts, ok := names(text, ':')
	if !ok || len(parts) != 3 {
		return i, keyEntry, 0
	}
	port, ok := strtoint32(parts[2].text)
	if !ok {
		return i, keyPort, parts[2].at
	}
	return ServerInstance{IP: parts[1].text, Port: uint16(port)}, "", 0
}

// strtoint32 is pg_strtoint32 (numutils.cpp): blanks, a sign, digits, blanks.
func strtoint32(s string) (int32, bool) {
	i := skipSpace(s, 0)
	negative := i < len(s) && s[i] == '-'
	if negative || i < len(s) && s[i] == '+' {
		i++
	}
	from := i
	var n int64
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if n = n*10 + int64(s[i]-'0'); n > math.MaxInt32+1 {
			return 0, false
		}
	}
	if i == from || skipSpace(s, i) != len(s) {
		return 0, false
	}
	if negative {
		return int32(-n), true
	}
	return int32(n), n <= math.MaxInt32
}
