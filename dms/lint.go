// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"strconv"
	"strings"
)

// Limits on the way of a value into and between configuration files, in bytes.
const (
	gsGucMaxValue = 1024 // gs_guc: MAX_VALUE_LEN, quotes included
	syncMaxLine   = 1023 // configuration sync gives up on longer lines ("is out of 1024")
	initdbMaxLine = 354  // ss_initdb.cpp, ss_addnodeparmater: a buffer of TZ_STRLEN_MAX + 100, with its NUL
)

// confLine is how the setting stands in postgresql.conf around its value.
const confLine = ParamURL + " = ''"

// Lint reports what [Parse] refuses in an interconnect URL and what the server
// of a release makes of that, where it reads a text differently although Parse
// accepts it, and what will go wrong on the value's way through gs_initdb and
// configuration files. A canonical URL with ids below 10 has no findings.
//
// When there are none, Parse and [ParseServer] accept the text and agree on
// every instance. Rules between entries are the matter of [URL.Check].
func Lint(text string, r Release) Problems {
	u, err := Parse(text)
	reading := ParseServer(text, r)
	var found Problems
	if problems, ok := err.(Problems); ok {
		found = explain(problems, reading)
	} else {
		found = append(compare(text, u, reading), spaces(text)...)
	}
	return append(found, transport(text)...)
}

// explain adds to each problem what the server does with it.
func explain(problems Problems, reading Reading) Problems {
	found := make(Problems, len(problems))
	for i, p := range problems {
		switch {
		case reading.Outcome == OutcomeRefused:
			p.Detail = "the server refuses the value"
		case reading.Outcome == OutcomeFatal:
			p.Detail = "the server does not start"
		case p.Index >= 0 && p.Index < len(reading.Instances):
			p.Detail = "the server takes " + reading.Instances[p.Index].part(p.Key)
		}
		found[i] = p
	}
	return found
}

// part says how the server holds a part of an entry.
func (i ServerInstance) part(key string) string {
	switch key {
	case keyID:
		return fmt.Sprintf("instance %d", i.ID)
	case keyIP:
		return fmt.Sprintf("%s for an address", quoteShort(i.IP))
	case keyPort:
		return fmt.Sprintf("port %d", i.Port)
	}
	return quoteShort(i.String())
}

// means returns how the server should hold an instance.
func (i Instance) means() ServerInstance {
	return ServerInstance{ID: uint32(i.ID), IP: i.Addr.Addr().String(), Port: i.Addr.Port()}
}

// compare finds where the server reads a valid URL differently.
func compare(text string, u URL, reading Reading) Problems {
	if reading.Outcome != OutcomeInstances || len(reading.Instances) != len(u.Instances) {
		return Problems{{Reason: ReasonServerDiffers, Index: reading.Index, Key: reading.Key, Offset: reading.Offset, Detail: "the outcome is " + reading.Outcome.String()}}
	}
	var found Problems
	next := 0
	for i, x := range u.Instances {
		got := reading.Instances[i]
		at := next + len(text[next:]) - len(strings.TrimLeft(text[next:], blanks))
		if comma := strings.IndexByte(text[next:], ','); comma >= 0 {
			next += comma + 1
		}
		if got == x.means() {
			continue
		}
		reason, key, detail := ReasonServerDiffers, keyID, fmt.Sprintf("the server takes instance %d", got.ID)
		switch {
		case x.ID > 9 && got.ID == uint32(strconv.Itoa(x.ID)[0]-'0'):
			reason = ReasonFirstDigit
		case got.ID != uint32(x.ID):
			detail = fmt.Sprintf("for its position it takes instance %d", got.ID)
		default: // Parse is so strict that the parts can differ in the id only
			key, detail = "", "the server takes "+quoteShort(got.String())
		}
		found = append(found, Problem{Reason: reason, Index: i, Key: key, Text: strconv.Itoa(x.ID), Offset: at, Detail: detail})
	}
	return found
}

// spaces finds the first blank. Around an entry the server does not mind it.
func spaces(text string) Problems {
	i := strings.IndexAny(text, blanks)
	if i < 0 {
		return nil
	}
	return Problems{{Reason: ReasonBlanks, Index: -1, Text: text[i : i+1], Offset: i}}
}

// transport finds what tools and configuration sync cannot carry.
func transport(text string) Problems {
	var found Problems
	add := func(r Reason, length, most int) {
		if length > most {
			found = append(found, Problem{Reason: r, Index: -1, Text: strconv.Itoa(length) + " bytes", Offset: -1})
		}
	}
	if i := strings.IndexAny(text, "'\\\n\r"); i >= 0 {
		found = append(found, Problem{Reason: ReasonNeedsEscape, Index: -1, Text: text[i : i+1], Offset: i})
	}
	add(ReasonInitdbTooLong, len(text), initdbMaxLine-len(confLine))
	add(ReasonLineTooLong, len(text)+len(confLine), syncMaxLine)
	add(ReasonValueTooLong, len(text)+len("''"), gsGucMaxValue)
	return found
}
