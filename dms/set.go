// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"iter"
	"math/bits"
	"strconv"
	"strings"
)

// MaxInstances is how many instances DMS can tell apart: ids 0 to 63
// (dms_api.h, DMS_MAX_INSTANCES).
const MaxInstances = 64

// InstanceSet is a set of instance ids, 0 to 63. Bit n is instance n, as in the
// library's bitmaps.
type InstanceSet uint64

// SetOf returns the set of these ids. Ids outside 0 to 63 are left out.
func SetOf(ids ...int) InstanceSet {
	var s InstanceSet
	for _, id := range ids {
		if id >= 0 && id < MaxInstances {
			s |= 1 << id
		}
	}
	return s
}

// ParseBitmap reads a set as the library and pg_controldata print it, as one
// decimal number.
func ParseBitmap(text string) (InstanceSet, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: bitmap of instances %s: want a decimal number of 64 bits", ErrFormat, quoteShort(text))
	}
	return InstanceSet(n), nil
}

// ParseInstanceSet reads ids between commas, the form of [InstanceSet.String].
func ParseInstanceSet(text string) (InstanceSet, error) {
	var s InstanceSet
	if text == "" {
		return 0, nil
	}
	for word := range strings.SplitSeq(text, ",") {
		id, err := strconv.ParseUint(word, 10, 8)
		if err != nil || id >= MaxInstances || s.Has(int(id)) || strconv.Itoa(int(id)) != word {
			return 0, fmt.Errorf("%w: set of instances %s: want ids from 0 to 63 between commas, each once", ErrFormat, quoteShort(text))
		}
		s |= 1 << id
	}
	return s, nil
}

// Has reports whether the instance is in the set.
func (s InstanceSet) Has(id int) bool { return id >= 0 && id < MaxInstances && s&(1<<id) != 0 }

// Len counts the instances.
func (s InstanceSet) Len() int { return bits.OnesCount64(uint64(s)) }

// All yields the ids, smallest first.
func (s InstanceSet) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for rest := s; rest != 0; rest &= rest - 1 {
			if !yield(bits.TrailingZeros64(uint64(rest))) {
				return
			}
		}
	}
}

// String returns the ids between commas, "0,1,3"; "" for the empty set.
func (s InstanceSet) String() string {
	var b []byte
	for id := range s.All() {
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(id), 10)
	}
	return string(b)
}

// MarshalText implements [encoding.TextMarshaler] like [InstanceSet.String].
func (s InstanceSet) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseInstanceSet].
func (s *InstanceSet) UnmarshalText(text []byte) error {
	got, err := ParseInstanceSet(string(text))
	if err != nil {
		return err
	}
	*s = got
	return nil
}
