// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"fmt"
	"strconv"
	"strings"
)

// LSN is a byte position in the write-ahead log, 64 bits wide. It is written
// as two hexadecimal halves, "16/B374D848", and compared as a number: as text
// 2/5C8 would sort behind 2/1000.
type LSN uint64

// ParseLSN reads the form X/Y: one to eight hexadecimal digits on each side.
func ParseLSN(s string) (LSN, error) {
	hi, lo, ok := strings.Cut(s, "/")
	if !ok {
		return 0, fmt.Errorf("ha: parse LSN %q: want X/Y in hexadecimal", s)
	}
	h, err := parseHalf(hi)
	if err != nil {
		return 0, fmt.Errorf("ha: parse LSN %q: part before the slash: %w", s, err)
	}
	l, err := parseHalf(lo)
	if err != nil {
		return 0, fmt.Errorf("ha: parse LSN %q: part after the slash: %w", s, err)
	}
	return LSN(h<<32 | l), nil
}

func parseHalf(s string) (uint64, error) {
	if len(s) == 0 || len(s) > 8 || s[0] == '+' || s[0] == '-' {
		return 0, fmt.Errorf("want one to eight hexadecimal digits")
	}
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return 0, fmt.Errorf("want one to eight hexadecimal digits")
	}
	return n, nil
}

// String gives the form X/Y with upper-case digits and no leading zeros, as
// the servers print it.
func (l LSN) String() string {
	var buf [17]byte
	b := appendUpperHex(buf[:0], uint32(l>>32))
	b = append(b, '/')
	return string(appendUpperHex(b, uint32(l)))
}

func appendUpperHex(b []byte, n uint32) []byte {
	start := len(b)
	b = strconv.AppendUint(b, uint64(n), 16)
	for i := start; i < len(b); i++ {
		if 'a' <= b[i] && b[i] <= 'f' {
			b[i] -= 'a' - 'A'
		}
	}
	return b
}

// MarshalText gives the form X/Y.
func (l LSN) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads the form X/Y.
func (l *LSN) UnmarshalText(text []byte) error {
	n, err := ParseLSN(string(text))
	if err != nil {
		return err
	}
	*l = n
	return nil
}

// Behind returns how many bytes l is behind other, and 0 when it is not.
func (l LSN) Behind(other LSN) Bytes {
	if l >= other {
		return 0
	}
	return Bytes(other - l)
}
