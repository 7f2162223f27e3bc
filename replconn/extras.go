// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"iter"
	"strings"
)

// Extras holds the pairs of a channel whose keys this package does not know:
// keys of other releases (disable_repl, uuid, ...). They are kept in their
// order, and the server ignores them. Extras is comparable and immutable; the
// zero Extras is empty.
type Extras struct {
	text string // "key=value key=value", one blank between
}

// Get returns the value of a key, and whether it is there.
func (e Extras) Get(key string) (string, bool) {
	for k, v := range e.All() {
		if k == key {
			return v, true
		}
	}
	return "", false
}

// All yields the pairs in order.
func (e Extras) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for pair := range strings.SplitSeq(e.text, " ") {
			if k, v, ok := strings.Cut(pair, "="); ok && !yield(k, v) {
				return
			}
		}
	}
}

// With returns the extras with key set to value, in its old place or at the
// end. An empty value takes the key out. Whether key and value can be written
// is found out by [Value.Validate].
func (e Extras) With(key, value string) Extras {
	var b []byte
	found := false
	for k, v := range e.All() {
		if k == key {
			if found = true; value == "" {
				continue
			}
			v = value
		}
		b = appendPair(b, k, v)
	}
	if !found && value != "" {
		b = appendPair(b, key, value)
	}
	return Extras{string(b)}
}

// IsEmpty reports whether there are no pairs.
func (e Extras) IsEmpty() bool { return e.text == "" }

// String returns the pairs as a value writes them: "key=value key=value".
func (e Extras) String() string { return e.text }

func appendPair(b []byte, key, value string) []byte {
	b = appendKey(b, key)
	return append(b, value...)
}

func appendKey(b []byte, key string) []byte {
	if len(b) > 0 && b[len(b)-1] != ',' {
		b = append(b, ' ')
	}
	b = append(b, key...)
	return append(b, '=')
}
