// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"math"
	"strconv"
	"strings"
)

// cjson reads JSON as the library's parser does, cJSON 1.7, which is more
// lenient than RFC 8259: every byte up to the blank is a space, numbers are
// whatever strtod takes, texts may hold control characters, and what follows
// the value is not looked at.
type cjson struct {
	s     string // ends at the first NUL
	i     int
	depth int
}

// cvalue is one value as cJSON holds it.
type cvalue struct {
	kind     kind
	text     string // of a text, cut at a NUL as C would
	number   int32  // of a number: valueint
	elements []cvalue
	members  []cmember
	at       int // where the value begins
}

type cmember struct {
	key   string
	value cvalue
}

// get finds a key in any letter case; the first one counts
// (cJSON_GetObjectItem).
func (v *cvalue) get(key string) *cvalue {
	for i := range v.members {
		if equalFoldASCII(v.members[i].key, key) {
			return &v.members[i].value
		}
	}
	return nil
}

func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// parseC reads text; ok is false where cJSON_Parse returns NULL, and i then
// says how far it came.
func parseC(text string) (v cvalue, i int, ok bool) {
	if nul := strings.IndexByte(text, 0); nul >= 0 {
		text = text[:nul]
	}
	p := cjson{s: text}
	p.i += len(text) - len(strings.TrimPrefix(text, "\ufeff"))
	p.space()
	v, ok = p.value()
	return v, p.i, ok
}

func (p *cjson) space() {
	for p.i < len(p.s) && p.s[p.i] <= ' ' {
		p.i++
	}
}

func (p *cjson) peek() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *cjson) value() (cvalue, bool) {
	v := cvalue{at: p.i}
	rest := p.s[p.i:]
	for _, word := range [...]string{"null", "false", "true"} {
		if strings.HasPrefix(rest, word) {
			p.i += len(word)
			v.kind = kindLiteral
			return v, true
		}
	}
	var ok bool
	switch c := p.peek(); {
	case c == '"':
		v.kind = kindText
		v.text, ok = p.text()
	case c == '-' || c >= '0' && c <= '9':
		v.kind = kindNumber
		v.number, ok = p.number()
	case c == '[':
		v.kind = kindArray
		ok = p.list(']', func() bool {
			e, ok := p.value()
			v.elements = append(v.elements, e)
			return ok
		})
	case c == '{':
		v.kind = kindObject
		ok = p.list('}', func() bool { return p.member(&v) })
	}
	return v, ok
}

func (p *cjson) member(v *cvalue) bool {
	if p.peek() != '"' {
		return false
	}
	key, ok := p.text()
	if !ok {
		return false
	}
	p.space()
	if p.peek() != ':' {
		return false
	}
	p.i++
	p.space()
	e, ok := p.value()
	v.members = append(v.members, cmember{key, e})
	return ok
}

// list reads elements between commas up to the closing bracket.
func (p *cjson) list(closing byte, element func() bool) bool {
	if p.depth >= maxDepth {
		return false
	}
	p.depth++
	p.i++
	p.space()
	if p.peek() == closing {
		p.i++
		p.depth--
		return true
	}
	for {
		if !element() {
			return false
		}
		p.space()
		switch p.peek() {
		case closing:
			p.i++
			p.depth--
			return true
		case ',':
			p.i++
			p.space()
		default:
			return false
		}
	}
}

// number takes the longest beginning that strtod understands and turns it into
// cJSON's valueint: the fraction cut off, the ends of int32 as limits.
func (p *cjson) number() (int32, bool) {
	const longest = 63 // parse_number copies that many characters
	end := p.i
	for end < len(p.s) && end-p.i < longest && strings.IndexByte("0123456789+-eE.", p.s[end]) >= 0 {
		end++
	}
	n := strtodPrefix(p.s[p.i:end])
	if n == 0 {
		return 0, false
	}
	f, _ := strconv.ParseFloat(p.s[p.i:p.i+n], 64) // out of range gives an infinity, as strtod does
	p.i += n
	switch {
	case f >= math.MaxInt32:
		return math.MaxInt32, true
	case f <= math.MinInt32:
		return math.MinInt32, true
	}
	return int32(f), true
}

// strtodPrefix returns how many bytes of s are a decimal number for strtod.
func strtodPrefix(s string) int {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	digits := 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		i++
		for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			digits++
		}
	}
	if digits == 0 {
		return 0
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		from := j
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		if j > from {
			i = j
		}
	}
	return i
}

// text reads a string, decodes its escapes and cuts it at a NUL.
func (p *cjson) text() (string, bool) {
	from := p.i + 1
	end := from
	for end < len(p.s) && p.s[end] != '"' {
		if p.s[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.s) {
		return "", false
	}
	var b strings.Builder
	for i := from; i < end; {
		if p.s[i] != '\\' {
			b.WriteByte(p.s[i])
			i++
			continue
		}
		n := p.unescape(&b, p.s[i:end])
		if n == 0 {
			p.i = i
			return "", false
		}
		i += n
	}
	p.i = end + 1
	s := b.String()
	if nul := strings.IndexByte(s, 0); nul >= 0 {
		s = s[:nul]
	}
	return s, true
}

// unescape decodes one escape and returns its length, 0 for a wrong one.
func (p *cjson) unescape(b *strings.Builder, s string) int {
	if len(s) == 1 {
		// The digits of a \u took the first half of an escape: cJSON reads on
		// into the closing quote.
		b.WriteByte('"')
		return 2
	}
	switch s[1] {
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case '"', '\\', '/':
		b.WriteByte(s[1])
	case 'u':
		return unescapeUTF16(b, s)
	default:
		return 0
	}
	return 2
}

// unescapeUTF16 decodes \uXXXX or a pair of them. Digits that are none make a
// zero, as in cJSON.
func unescapeUTF16(b *strings.Builder, s string) int {
	const one, pair = 6, 12
	if len(s) < one {
		return 0
	}
	r := hex4(s[2:one])
	switch {
	case r >= 0xDC00 && r <= 0xDFFF:
		return 0
	case r >= 0xD800 && r <= 0xDBFF:
		if len(s) < pair || s[6] != '\\' || s[7] != 'u' {
			return 0
		}
		low := hex4(s[8:pair])
		if low < 0xDC00 || low > 0xDFFF {
			return 0
		}
		b.WriteRune(0x10000 + ((r&0x3FF)<<10 | low&0x3FF))
		return pair
	}
	b.WriteRune(r)
	return one
}

func hex4(s string) rune {
	for i := range len(s) {
		if !isHex(s[i]) {
			return 0
		}
	}
	n, _ := strconv.ParseUint(s, 16, 32) // four digits fit
	return rune(n)
}
