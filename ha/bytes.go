// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bytes is a number of bytes, such as a lag limit: 16 * ha.MiB.
type Bytes uint64

// Sizes for writing limits.
const (
	KiB Bytes = 1 << 10
	MiB Bytes = 1 << 20
	GiB Bytes = 1 << 30
)

var byteUnits = [...]struct { // read-only, largest first
	suffix string
	size   Bytes
}{{"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}}

// ParseBytes reads a whole number with an optional unit: B, KiB, MiB or GiB.
// kB, MB and GB, as the servers' settings write them, mean the same powers of
// two.
func ParseBytes(s string) (Bytes, error) {
	digits := strings.TrimRight(s, "BGKMik")
	n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("ha: parse bytes %q: want a whole number and B, KiB, MiB or GiB", s)
	}
	unit := Bytes(1)
	switch s[len(digits):] {
	case "", "B":
	case "KiB", "kB", "KB":
		unit = KiB
	case "MiB", "MB":
		unit = MiB
	case "GiB", "GB":
		unit = GiB
	default:
		return 0, fmt.Errorf("ha: parse bytes %q: unit %q is none of B, KiB, MiB, GiB", s, s[len(digits):])
	}
	if n > math.MaxUint64/uint64(unit) {
		return 0, fmt.Errorf("ha: parse bytes %q: larger than 64 bits", s)
	}
	return Bytes(n) * unit, nil
}

// String writes the number with the largest unit that divides it.
func (b Bytes) String() string {
	for _, u := range byteUnits {
		if b >= u.size && b%u.size == 0 {
			return strconv.FormatUint(uint64(b/u.size), 10) + " " + u.suffix
		}
	}
	return strconv.FormatUint(uint64(b), 10) + " B"
}

// MarshalText gives the form of String.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what ParseBytes reads.
func (b *Bytes) UnmarshalText(text []byte) error {
	n, err := ParseBytes(string(text))
	if err != nil {
		return err
	}
	*b = n
	return nil
}
