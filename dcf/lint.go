// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Limits on the way of a value into and between configuration files, in bytes.
const (
	gsGucMaxValue = 1024 // gs_guc: MAX_VALUE_LEN, quotes included
	syncMaxLine   = 1023 // configuration sync gives up on longer lines ("is out of 1024")
)

// confLine is how the setting stands in postgresql.conf around its value.
const confLine = "dcf_config = ''"

// Lint reports what [Parse] refuses, what the library makes of that, where it
// reads a text differently although Parse accepts it, and what will go wrong on
// the value's way through configuration files. A canonical configuration of up
// to ten nodes with short addresses has no findings.
//
// When there are none, [Parse] and [ParseServer] accept the text and agree on
// every node. Rules between nodes are the matter of [Config.Check].
func Lint(text string) Problems {
	config, err := Parse(text)
	reading := ParseServer(text)
	var found Problems
	if problems, ok := err.(Problems); ok {
		found = append(found, explain(problems, reading)...)
	} else {
		found = append(found, compare(config, reading)...)
		found = append(found, spelling(text, config)...)
	}
	return append(found, transport(text)...)
}

// explain adds to each problem what the library does with it.
func explain(problems Problems, reading Reading) Problems {
	found := make(Problems, len(problems))
	for i, p := range problems {
		what := ""
		switch {
		case reading.Outcome == OutcomeRefused && p.Offset == reading.Offset:
			what = "the library refuses it"
		case reading.Outcome == OutcomeRefused && p.Reason == ReasonSyntax:
			what = "the library refuses the value"
		case p.Index >= 0 && p.Index < len(reading.Nodes):
			what = reads(reading.Nodes[p.Index], p)
		case reading.Outcome == OutcomeNodes && p.Index < 0:
			what = "the library accepts the value"
		}
		if what != "" {
			if p.Detail != "" {
				what = p.Detail + "; " + what
			}
			p.Detail = what
		}
		found[i] = p
	}
	return found
}

// reads says how the library holds the value that a problem is about.
func reads(n ServerNode, p Problem) string {
	at, _ := knownKey(p.Key)
	if at < 0 {
		return "the library ignores the key"
	}
	switch knownKeys[at] {
	case keyStream:
		return fmt.Sprintf("the library takes stream %d", n.Stream)
	case keyNode:
		return fmt.Sprintf("the library takes node %d", n.ID)
	case keyIP:
		return "the library stores it and fails when it connects (error 202)"
	case keyPort:
		if n.Listens() == 0 {
			return "the library takes port 0 and hangs"
		}
		return fmt.Sprintf("the library listens on port %d", n.Listens())
	case keyRole:
		return "the library takes " + n.Role.String()
	case keyWeight:
		return fmt.Sprintf("the library takes weight %d", n.Weight)
	case keyGroup:
		return fmt.Sprintf("the library takes group %d", n.Group)
	default:
		return fmt.Sprintf("the library takes priority %d", n.Priority)
	}
}

// compare finds where the library reads a valid configuration differently.
func compare(config Config, reading Reading) Problems {
	if reading.Outcome == OutcomeRefused {
		return Problems{{Reason: ReasonServerDiffers, Index: reading.Index, Key: reading.Key, Offset: reading.Offset, Detail: "the library refuses the value here"}}
	}
	var found Problems
	for i, n := range config.Nodes {
		if i >= len(reading.Nodes) {
			break
		}
		got, want := reading.Nodes[i], n.means()
		ip, err := netip.ParseAddr(got.IP)
		got.IP = ""
		if got != want || err != nil || ip != n.Addr.Addr() {
			found = append(found, Problem{Reason: ReasonServerDiffers, Index: i, Offset: config.offset(i, ""), Detail: fmt.Sprintf("the library takes %+v", reading.Nodes[i])})
		}
	}
	return found
}

// spelling finds roles that are not written as the library writes them.
func spelling(text string, config Config) Problems {
	var found Problems
	for i, n := range config.Nodes {
		n.members(func(m member) {
			if raw := n.form[m.valueAt:m.valEnd]; m.key == keyRole && unquote(raw) != n.Role.String() {
				at := config.offset(i, keyRole)
				found = append(found, Problem{Reason: ReasonRoleCase, Index: i, Key: keyRole, Text: unquote(raw), Offset: at})
			}
		})
	}
	if i := strings.IndexAny(text, `'\`); i >= 0 {
		found = append(found, Problem{Reason: ReasonNeedsEscape, Index: -1, Text: text[i : i+1], Offset: i})
	}
	return found
}

// transport finds what tools and configuration sync cannot carry.
func transport(text string) Problems {
	var found Problems
	add := func(r Reason, length int, detail string) {
		found = append(found, Problem{Reason: r, Index: -1, Text: strconv.Itoa(length) + " bytes", Offset: -1, Detail: detail})
	}
	if n := len(text) + len(confLine); n > syncMaxLine {
		add(ReasonLineTooLong, n, "")
	}
	if n := len(text) + len("''"); n > gsGucMaxValue {
		add(ReasonValueTooLong, n, "")
	}
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		found = append(found, Problem{Reason: ReasonNeedsEscape, Index: -1, Text: "\n", Offset: i, Detail: "a setting is one line"})
	}
	return found
}
