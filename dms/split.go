// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import "strings"

// maxName is how many bytes of a name the server keeps (NAMEDATALEN - 1).
const maxName = 63

// isSpace is isspace of the C locale.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// names splits a text at a separator as the server's SplitIdentifierString does
// (varlena.cpp): blanks around a name are passed over, a name in double quotes
// loses them, any other ends at a blank and becomes lower case, and what is
// longer than 63 bytes is cut. A text of blanks has no names. If ok is false,
// the server refuses the text.
//
// The texts that come back begin where at says, counted in the text; a doubled
// quote before that makes it a little less exact.
func names(text string, separator byte) (list []name, ok bool) {
	i := skipSpace(text, 0)
	if i == len(text) {
		return nil, true
	}
	for {
		var n name
		if text[i] == '"' {
			n, i, ok = quotedName(text, i)
		} else {
			n, i, ok = bareName(text, i, separator)
		}
		if !ok {
			return nil, false
		}
		n.text = clip(n.text)
		i = skipSpace(text, i)
		if i < len(text) && text[i] != separator {
			return nil, false
		}
		list = append(list, n)
		if i == len(text) {
			return list, true
		}
		i = skipSpace(text, i+1)
		if i == len(text) {
			return nil, false // nothing behind the separator
		}
	}
}

// name is one name of a list.
type name struct {
	text string
	at   int // where it begins in the text
}

func skipSpace(text string, i int) int {
	for i < len(text) && isSpace(text[i]) {
		i++
	}
	return i
}

// bareName reads a name without quotes.
func bareName(text string, i int, separator byte) (name, int, bool) {
	from := i
	for i < len(text) && text[i] != separator && !isSpace(text[i]) {
		i++
	}
	return name{lowerASCII(text[from:i]), from}, i, i > from
}

// quotedName reads a name that begins with a quote. Two quotes in it stand for
// one.
func quotedName(text string, i int) (name, int, bool) {
	var b strings.Builder
	from := i + 1
	for i++; i < len(text); i++ {
		if text[i] != '"' {
			b.WriteByte(text[i])
			continue
		}
		if i+1 < len(text) && text[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		return name{b.String(), from}, i + 1, true
	}
	return name{}, i, false
}

// lowerASCII is what the server does to bytes of a locale without upper and
// lower case beyond ASCII.
func lowerASCII(s string) string {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if b[j] >= 'A' && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// clip cuts a name to the server's length, between characters.
func clip(s string) string {
	if len(s) <= maxName {
		return s
	}
	n := maxName
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
