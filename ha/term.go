// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"fmt"
	"strconv"
)

// Term counts the grants of a cluster: who holds the grant of the highest
// term, and only it, may have a writable server. A term is given once (R2).
// It is not the timeline, which counts the branches of the database's log.
type Term uint64

// String writes the number.
func (t Term) String() string { return strconv.FormatUint(uint64(t), 10) }

// MemberID names a member of a cluster for its whole life. It is part of keys
// in the store: 1 to 63 lower-case letters, digits, '-' and '_', beginning
// with a letter or a digit.
type MemberID string

// Validate returns an error when the name breaks the rule of [MemberID].
func (m MemberID) Validate() error {
	if !validName(string(m)) {
		return fmt.Errorf("%q: want 1 to 63 of a-z, 0-9, '-' and '_', a letter or digit first", string(m))
	}
	return nil
}

func validName(s string) bool {
	if len(s) == 0 || len(s) > 63 || s[0] == '-' || s[0] == '_' {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
