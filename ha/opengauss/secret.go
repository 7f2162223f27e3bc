// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package opengauss

import "strconv"

// Secret is text that prints as stars.
type Secret string

// String gives stars, and nothing for no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString gives stars.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText gives stars.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
