// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"fmt"
	"slices"
)

// The words of this package (states, reasons, results, ...) are small numbers
// with a table of names each. In JSON they are their names; what is written
// can be read back, and what has no name is not written. The zero value of a
// type that has no name for it is the empty text.

// nameOf gives the name of a value, and Type(n) when it has none.
func nameOf[T ~uint8](v T, names []string) string {
	if int(v) < len(names) && names[v] != "" {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", typeName(v), uint8(v))
}

func marshalName[T ~uint8](v T, names []string) ([]byte, error) {
	if int(v) >= len(names) || names[v] == "" && v != 0 {
		return nil, fmt.Errorf("ha: format %s: no such value", nameOf(v, names))
	}
	return []byte(names[v]), nil
}

func unmarshalName[T ~uint8](v *T, names []string, text []byte) error {
	i := slices.Index(names, string(text))
	if i < 0 {
		return fmt.Errorf("ha: parse %s %q: not one of %q", typeName(*v), text, slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == "" }))
	}
	*v = T(i)
	return nil
}

// typeName is the name of a type of this package.
func typeName(v any) string { return fmt.Sprintf("%T", v)[len("ha."):] }
