// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package kvtree

import "slices"

// PrefixMap maps prefixes to values and finds those that a key begins with, in
// one look-up for each length of prefix that is in use: three thousand
// prefixes of the same length cost as much as one. The zero value is empty.
type PrefixMap[V any] struct {
	byPrefix map[string]V
	lengths  []lengthCount // ascending
}

type lengthCount struct{ length, prefixes int }

// Len returns the number of prefixes.
func (m *PrefixMap[V]) Len() int { return len(m.byPrefix) }

// Get returns the value of exactly this prefix.
func (m *PrefixMap[V]) Get(prefix string) (V, bool) {
	v, ok := m.byPrefix[prefix]
	return v, ok
}

// Set gives prefix a value, in place of the one it may have.
func (m *PrefixMap[V]) Set(prefix string, v V) {
	if m.byPrefix == nil {
		m.byPrefix = make(map[string]V)
	}
	if _, ok := m.byPrefix[prefix]; !ok {
		i, ok := m.length(len(prefix))
		if !ok {
			m.lengths = slices.Insert(m.lengths, i, lengthCount{length: len(prefix)})
		}
		m.lengths[i].prefixes++
	}
	m.byPrefix[prefix] = v
}

// Delete forgets prefix.
func (m *PrefixMap[V]) Delete(prefix string) {
	if _, ok := m.byPrefix[prefix]; !ok {
		return
	}
	delete(m.byPrefix, prefix)
	i, _ := m.length(len(prefix))
	if m.lengths[i].prefixes--; m.lengths[i].prefixes == 0 {
		m.lengths = slices.Delete(m.lengths, i, i+1)
	}
}

// Clear forgets all prefixes.
func (m *PrefixMap[V]) Clear() {
	clear(m.byPrefix)
	m.lengths = m.lengths[:0]
}

// Match calls f for every prefix that key begins with, shortest first. f may
// delete the prefix it is called with, and nothing else.
func (m *PrefixMap[V]) Match(key string, f func(prefix string, v V)) {
	for i := 0; i < len(m.lengths) && m.lengths[i].length <= len(key); {
		n := m.lengths[i].length
		if v, ok := m.byPrefix[key[:n]]; ok {
			f(key[:n], v)
		}
		// When f has deleted the last prefix of this length, the next length
		// has moved to this place.
		if i < len(m.lengths) && m.lengths[i].length == n {
			i++
		}
	}
}

// Each calls f for every prefix, in no particular order. f must not change m.
func (m *PrefixMap[V]) Each(f func(prefix string, v V)) {
	for prefix, v := range m.byPrefix {
		f(prefix, v)
	}
}

func (m *PrefixMap[V]) length(n int) (int, bool) {
	return slices.BinarySearchFunc(m.lengths, n, func(c lengthCount, n int) int { return c.length - n })
}
