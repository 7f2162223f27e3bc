// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import "fmt"

// label names one value of an enumeration: a code for programs and, where
// messages need it, a text for people.
type label struct{ code, text string }

// labels are indexed by the enumeration; an empty code is no value.
type labels []label

func (l labels) has(i uint8) bool { return int(i) < len(l) && l[i].code != "" }

// code returns the code, or "Kind(i)" for what is no value.
func (l labels) code(kind string, i uint8) string {
	if !l.has(i) {
		return fmt.Sprintf("%s(%d)", kind, i)
	}
	return l[i].code
}

func (l labels) text(i uint8) string {
	if !l.has(i) {
		return "unknown"
	}
	return l[i].text
}

// find returns the value with a code.
func (l labels) find(kind string, code []byte) (uint8, error) {
	for i := range l {
		if l[i].code == string(code) && l[i].code != "" {
			return uint8(i), nil
		}
	}
	return 0, fmt.Errorf("replconn: %q is no %s", code, kind)
}
