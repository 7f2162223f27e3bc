// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"strings"
)

// words names the values of an enumeration by number: each value's own name
// first, then other spellings of it, as the library, SQL or pg_controldata
// write it. An entry without a name is no value.
type words [][]string

// name returns the name of a value, "Kind(i)" for what is no value.
func (w words) name(kind string, i int) string {
	if w.has(i) {
		return w[i][0]
	}
	return fmt.Sprintf("%s(%d)", kind, i)
}

func (w words) has(i int) bool { return i >= 0 && i < len(w) && len(w[i]) > 0 }

// marshal returns the name of a value, an error for what is no value.
func (w words) marshal(kind string, i int) ([]byte, error) {
	if !w.has(i) {
		return nil, fmt.Errorf("dms: write %s: %d is none", kind, i)
	}
	return []byte(w[i][0]), nil
}

// find returns the value with a spelling. Letter case does not matter.
func (w words) find(kind, text string) (int, error) {
	var known []string
	for i, spellings := range w {
		for _, s := range spellings {
			if len(s) == len(text) && strings.EqualFold(s, text) {
				return i, nil
			}
		}
		if len(spellings) > 0 {
			known = append(known, spellings[0])
		}
	}
	return 0, fmt.Errorf("%w: %s %s: want one of %s", ErrFormat, kind, quoteShort(text), strings.Join(known, ", "))
}

// parseWord returns the value of an enumeration with a spelling.
func parseWord[E ~uint8](w words, kind, text string) (E, error) {
	i, err := w.find(kind, text)
	return E(i), err
}

// unmarshalWord sets *e to the value with a spelling. On an error it is
// unchanged.
func unmarshalWord[E ~uint8](e *E, w words, kind string, text []byte) error {
	i, err := w.find(kind, string(text))
	if err == nil {
		*e = E(i)
	}
	return err
}
