// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dcf

import (
	"encoding/json"
	"unicode/utf8"
)

// maxDepth limits how deep values may be nested, like the library's parser
// (cJSON, CJSON_NESTING_LIMIT).
const maxDepth = 1000

// kind is the JSON type of a value.
type kind uint8

const (
	kindNone kind = iota
	kindText
	kindNumber
	kindArray
	kindObject
	kindLiteral // true, false, null
)

var kindNames = [...]string{"nothing", "text", "a number", "an array", "an object", "true, false or null"}

func (k kind) String() string { return kindNames[k] }

// scanner reads JSON by the letter of RFC 8259 and remembers where it is.
// encoding/json would do the reading, but hides duplicate keys and offsets.
type scanner struct {
	s     string
	i     int
	depth int
	fault string // what is wrong at i; empty while nothing is
}

// member is one key of an object with its value.
type member struct {
	key             string // decoded
	kind            kind
	keyAt           int // offset of the key's opening quote
	valueAt, valEnd int // the value is s[valueAt:valEnd]
}

func (sc *scanner) fail(what string) bool {
	if sc.fault == "" {
		sc.fault = what
	}
	return false
}

func (sc *scanner) space() {
	for sc.i < len(sc.s) {
		switch sc.s[sc.i] {
		case ' ', '\t', '\n', '\r':
			sc.i++
		default:
			return
		}
	}
}

// peek returns the next byte, 0 at the end.
func (sc *scanner) peek() byte {
	if sc.i < len(sc.s) {
		return sc.s[sc.i]
	}
	return 0
}

// take steps over c, or fails.
func (sc *scanner) take(c byte) bool {
	if sc.peek() != c || sc.i >= len(sc.s) {
		return sc.fail("want '" + string(rune(c)) + "'")
	}
	sc.i++
	return true
}

// value steps over one value of any kind.
func (sc *scanner) value() (kind, bool) {
	switch c := sc.peek(); {
	case c == '"':
		return kindText, sc.text()
	case c == '{':
		return kindObject, sc.object(func(member) {})
	case c == '[':
		return kindArray, sc.array(func() bool { _, ok := sc.value(); return ok })
	case c == '-' || c >= '0' && c <= '9':
		return kindNumber, sc.number()
	}
	for _, word := range [...]string{"true", "false", "null"} {
		if len(sc.s)-sc.i >= len(word) && sc.s[sc.i:sc.i+len(word)] == word {
			sc.i += len(word)
			return kindLiteral, true
		}
	}
	if sc.i >= len(sc.s) {
		return kindNone, sc.fail("the text ends where a value should be")
	}
	return kindNone, sc.fail("want a value")
}

// array steps over an array; element is called where each element begins and
// steps over it.
func (sc *scanner) array(element func() bool) bool {
	if !sc.enter('[') {
		return false
	}
	if sc.space(); sc.peek() == ']' {
		return sc.leave()
	}
	for {
		sc.space()
		if !element() {
			return false
		}
		sc.space()
		if sc.peek() == ']' {
			return sc.leave()
		}
		if sc.peek() != ',' {
			return sc.fail("want ',' or ']'")
		}
		sc.i++
	}
}

// object steps over an object and calls each for every member.
func (sc *scanner) object(each func(member)) bool {
	if !sc.enter('{') {
		return false
	}
	if sc.space(); sc.peek() == '}' {
		return sc.leave()
	}
	for {
		sc.space()
		m := member{keyAt: sc.i}
		if sc.peek() != '"' {
			return sc.fail("want a key in quotes")
		}
		if !sc.text() {
			return false
		}
		m.key = unquote(sc.s[m.keyAt:sc.i])
		sc.space()
		if !sc.take(':') {
			return false
		}
		sc.space()
		var ok bool
		m.valueAt = sc.i
		if m.kind, ok = sc.value(); !ok {
			return false
		}
		m.valEnd = sc.i
		each(m)
		sc.space()
		if sc.peek() == '}' {
			return sc.leave()
		}
		if sc.peek() != ',' {
			return sc.fail("want ',' or '}'")
		}
		sc.i++
	}
}

func (sc *scanner) enter(open byte) bool {
	if sc.depth++; sc.depth > maxDepth {
		return sc.fail("nested too deep")
	}
	return sc.take(open)
}

func (sc *scanner) leave() bool {
	sc.depth--
	sc.i++
	return true
}

// text steps over a string.
func (sc *scanner) text() bool {
	sc.i++
	for sc.i < len(sc.s) {
		switch c := sc.s[sc.i]; {
		case c == '"':
			sc.i++
			return true
		case c < ' ':
			return sc.fail("control character in a text")
		case c == '\\':
			if !sc.escape() {
				return false
			}
		case c < utf8.RuneSelf:
			sc.i++
		default:
			r, size := utf8.DecodeRuneInString(sc.s[sc.i:])
			if r == utf8.RuneError && size == 1 {
				return sc.fail("not UTF-8")
			}
			sc.i += size
		}
	}
	return sc.fail("the text has no closing quote")
}

func (sc *scanner) escape() bool {
	sc.i++
	switch sc.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		sc.i++
		return true
	case 'u':
		for n := 1; n <= 4; n++ {
			if sc.i+n >= len(sc.s) || !isHex(sc.s[sc.i+n]) {
				return sc.fail("want four hexadecimal digits after \\u")
			}
		}
		if sc.s[sc.i+1:sc.i+5] == "0000" {
			return sc.fail("a text must not hold a NUL, which ends it in C")
		}
		sc.i += 5
		return true
	}
	return sc.fail("unknown escape")
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// number steps over a number.
func (sc *scanner) number() bool {
	if sc.peek() == '-' {
		sc.i++
	}
	if sc.peek() == '0' {
		sc.i++
		if c := sc.peek(); c >= '0' && c <= '9' {
			return sc.fail("a number must not begin with 0")
		}
	} else if !sc.digits() {
		return false
	}
	if sc.peek() == '.' {
		sc.i++
		if !sc.digits() {
			return false
		}
	}
	if c := sc.peek(); c == 'e' || c == 'E' {
		sc.i++
		if c := sc.peek(); c == '+' || c == '-' {
			sc.i++
		}
		return sc.digits()
	}
	return true
}

func (sc *scanner) digits() bool {
	from := sc.i
	for c := sc.peek(); c >= '0' && c <= '9'; c = sc.peek() {
		sc.i++
	}
	if sc.i == from {
		return sc.fail("want a digit")
	}
	return true
}

// unquote decodes a string that the scanner has stepped over.
func unquote(raw string) string {
	for i := range len(raw) {
		if raw[i] == '\\' {
			var s string
			_ = json.Unmarshal([]byte(raw), &s) // raw is a valid JSON string
			return s
		}
	}
	return raw[1 : len(raw)-1]
}

// quote writes s as a JSON string, without escapes that JSON does not need.
func quote(s string) string {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			b, _ := json.Marshal(s) // a string has always a JSON form
			return string(b)
		}
	}
	return `"` + s + `"`
}
