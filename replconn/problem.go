// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"errors"
	"fmt"
	"strings"
)

// ErrInvalid is matched by every error of [Parse] and of the functions that
// parse on the way.
var ErrInvalid = errors.New("replconn: invalid value")

// Reason says what is wrong with a value. Its text is stable and made for
// programs: "port-range".
type Reason uint8

// The reasons for which [Parse] refuses a value.
const (
	ReasonMissingKey   Reason = iota + 1 // a required key is not there
	ReasonDuplicateKey                   // a key is there twice; readers take the first
	ReasonKeyCase                        // a key is known in another case; readers mind the case
	ReasonNoEquals                       // a word without '='
	ReasonNoKey                          // '=' without a key before it
	ReasonEmptyValue                     // a key without a value
	ReasonEmptyChannel                   // nothing between two commas
	ReasonBadHost                        // neither an IP address nor a host name
	ReasonHostTooLong                    // longer than the server's buffer
	ReasonNotNumber                      // not decimal digits
	ReasonPortRange                      // a port outside 1..65535
	ReasonNodeIDRange                    // a node id outside 0..2147483647
	ReasonBadFlag                        // neither "true" nor "false"
	ReasonBadSSLMode                     // not a mode of the lite build
	ReasonKeyInside                      // a host or an unknown pair contains a key that readers would find there
	ReasonBadCharacter                   // a tab, line end, quote, '\', '#' or a byte outside ASCII
	ReasonUwalPair                       // remoteuwalhost and remoteuwalport not together
)

var reasons = labels{ // read-only
	ReasonMissingKey:   {"missing-key", "required key is missing"},
	ReasonDuplicateKey: {"duplicate-key", "key is given twice, readers take the first"},
	ReasonKeyCase:      {"key-case", "key must be written in lower case, readers ignore this spelling"},
	ReasonNoEquals:     {"no-equals", "word is not key=value"},
	ReasonNoKey:        {"no-key", "'=' without a key"},
	ReasonEmptyValue:   {"empty-value", "key without a value"},
	ReasonEmptyChannel: {"empty-channel", "empty channel between commas"},
	ReasonBadHost:      {"bad-host", "not an IP address (IPv6 without brackets) or host name"},
	ReasonHostTooLong:  {"host-too-long", "host is longer than the server's buffer"},
	ReasonNotNumber:    {"not-a-number", "not a decimal number"},
	ReasonPortRange:    {"port-range", "port is not between 1 and 65535"},
	ReasonNodeIDRange:  {"node-id-range", "node id is not between 0 and 2147483647"},
	ReasonBadFlag:      {"bad-flag", "must be exactly true or false"},
	ReasonBadSSLMode:   {"bad-sslmode", "must be disable, allow, prefer, require, verify-ca or verify-full"},
	ReasonKeyInside:    {"key-inside", "contains the name of another key, which readers would find here"},
	ReasonBadCharacter: {"bad-character", "character is not allowed, use blanks between pairs and plain ASCII"},
	ReasonUwalPair:     {"uwal-pair", "remoteuwalhost and remoteuwalport must be given together"},
}

// String returns the code of the reason, for example "missing-key".
func (r Reason) String() string { return reasons.code("Reason", uint8(r)) }

// MarshalText implements [encoding.TextMarshaler] with the code.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Problem is one thing that is wrong with a value.
type Problem struct {
	Reason  Reason
	Channel int    // number of the channel between commas, from 0
	Key     string // the key it concerns; empty for a word without one
	Text    string // what stands at Offset: the value, word or character
	Offset  int    // of Text in the value, in bytes from 0
}

// Error says what is wrong, where, and the reason's code.
func (p Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "offset %d: ", p.Offset)
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	if p.Text != "" {
		fmt.Fprintf(&b, "%q: ", p.Text)
	}
	fmt.Fprintf(&b, "%s (%s)", reasons.text(uint8(p.Reason)), p.Reason)
	return b.String()
}

// Is makes every Problem match [ErrInvalid].
func (p Problem) Is(target error) bool { return target == ErrInvalid }

// ParseError holds everything that is wrong with a value, in the order of the
// text. It matches [ErrInvalid], and [errors.As] finds the first [Problem].
type ParseError struct {
	Problems []Problem // never empty
}

// Error lists all problems.
func (e *ParseError) Error() string {
	var b strings.Builder
	b.WriteString(ErrInvalid.Error())
	for i, p := range e.Problems {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString("; ")
		}
		b.WriteString(p.Error())
	}
	return b.String()
}

// Is makes the error match [ErrInvalid].
func (e *ParseError) Is(target error) bool { return target == ErrInvalid }

// Unwrap returns the problems one by one.
func (e *ParseError) Unwrap() []error {
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = p
	}
	return errs
}
