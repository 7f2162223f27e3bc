// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import (
	"errors"
	"strings"
)

// This file reads one line as the server's scanner does (guc-file.l).

// span is a part of a line.
type span struct{ from, to int }

func (s span) of(text string) string { return text[s.from:s.to] }

// setting is where the parts of "name = value" are in a line.
type setting struct {
	name  span
	equal int // of "=", -1 when there is none: it is optional
	value span
}

// tokens that the grammar knows.
type token uint8

const (
	tokenEnd    token = iota // end of line or a comment
	tokenID                  // a word
	tokenDotted              // a word with one dot: the name of a parameter of an extension
	tokenValue               // unquoted text, number
	tokenString              // between single quotes
	tokenEqual
	tokenBad
)

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// next finds the token that begins at i or behind blanks.
func next(line string, i int) (token, span) {
	for i < len(line) && isBlank(line[i]) {
		i++
	}
	if i == len(line) || line[i] == '#' || line[i] == '\n' {
		return tokenEnd, span{i, i}
	}
	switch c := line[i]; {
	case c == '=':
		return tokenEqual, span{i, i + 1}
	case c == '\'':
		return quoted(line, i)
	case isLetter(c):
		return word(line, i)
	default:
		return numeric(line, i)
	}
}

// word reads ID, QUALIFIED_ID or UNQUOTED_STRING, whichever is longest.
func word(line string, i int) (token, span) {
	end := i
	kind, dots := tokenID, 0
	for end < len(line) {
		c := line[end]
		switch {
		case isLetter(c) || isDigit(c) && end > i:
		case c == '.':
			dots++
			// The dot of a qualified name is followed by a letter.
			if dots > 1 || kind != tokenID || end+1 >= len(line) || !isLetter(line[end+1]) {
				kind = tokenValue
			}
		case strings.IndexByte("-:/", c) >= 0:
			kind = tokenValue
		default:
			return dotted(kind, dots), span{i, end}
		}
		end++
	}
	return dotted(kind, dots), span{i, end}
}

func dotted(kind token, dots int) token {
	if kind == tokenID && dots == 1 {
		return tokenDotted
	}
	return kind
}

// quoted reads a string: doubled quotes and backslash escapes, on one line.
func quoted(line string, i int) (token, span) {
	for end := i + 1; end < len(line) && line[end] != '\n'; end++ {
		switch line[end] {
		case '\\':
			end++
			if end < len(line) && line[end] == '\n' {
				return tokenBad, span{i, end}
			}
		case '\'':
			if end+1 < len(line) && line[end+1] == '\'' {
				end++
				continue
			}
			return tokenString, span{i, end + 1}
		}
	}
	return tokenBad, span{i, len(line)}
}

// numeric reads INTEGER or REAL, letters of a unit behind it.
func numeric(line string, i int) (token, span) {
	end := i
	digits := func(is func(byte) bool) bool {
		from := end
		for end < len(line) && is(line[end]) {
			end++
		}
		return end > from
	}
	if line[end] == '+' || line[end] == '-' {
		end++
	}
	isHex := func(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
	if rest := line[end:]; len(rest) > 2 && rest[0] == '0' && rest[1] == 'x' && isHex(rest[2]) {
		end += 2
		digits(isHex)
		digits(isUnitLetter)
		return tokenValue, span{i, end}
	}
	whole := digits(isDigit)
	if end < len(line) && line[end] == '.' {
		end++
		digits(isDigit)
		// An exponent has digits; an "e" alone is the letter of a unit.
		if rest := line[end:]; len(rest) > 1 && (rest[0] == 'e' || rest[0] == 'E') {
			at := 1
			if rest[at] == '+' || rest[at] == '-' {
				at++
			}
			if at < len(rest) && isDigit(rest[at]) {
				end += at
				digits(isDigit)
			}
		}
	} else if !whole {
		return tokenBad, span{i, min(i+1, len(line))}
	}
	digits(isUnitLetter)
	return tokenValue, span{i, end}
}

func isUnitLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// scan reads a line. ok is false for a line that says nothing.
func scan(line string) (s setting, ok bool, err error) {
	kind, at := next(line, 0)
	switch kind {
	case tokenEnd:
		return s, false, nil
	case tokenID, tokenDotted:
		s.name = at
	default:
		return s, false, errors.New("a line begins with the name of a parameter")
	}
	kind, at = next(line, at.to)
	s.equal = -1
	if kind == tokenEqual {
		s.equal = at.from
		kind, at = next(line, at.to)
	}
	switch kind {
	case tokenID, tokenValue, tokenString:
		s.value = at
	case tokenEnd:
		return s, false, errors.New("the parameter has no value")
	case tokenDotted, tokenEqual, tokenBad:
		return s, false, errors.New("the value has a character that needs quotes, or a quote that does not end")
	}
	if kind, _ = next(line, at.to); kind != tokenEnd {
		return s, false, errors.New("something that is no comment follows the value")
	}
	return s, true, nil
}

// unquote gives the value that a token stands for (GUC_scanstr).
func unquote(text string) string {
	if text == "" || text[0] != '\'' {
		return text
	}
	text = text[1 : len(text)-1]
	if strings.IndexByte(text, '\\') < 0 && strings.IndexByte(text, '\'') < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			i++ // the second of two
			b.WriteByte('\'')
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte(escaped(text, &i))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// escaped gives the character that an escape stands for; *i is at the
// character behind the backslash and is left at the last one used.
func escaped(text string, i *int) byte {
	c := text[*i]
	if at := strings.IndexByte("bfnrt", c); at >= 0 {
		return "\b\f\n\r\t"[at]
	}
	if c < '0' || c > '7' {
		return c
	}
	n := int(c - '0')
	for k := 0; k < 2 && *i+1 < len(text) && '0' <= text[*i+1] && text[*i+1] <= '7'; k++ {
		*i++
		n = n<<3 + int(text[*i]-'0')
	}
	return byte(n)
}

// Quote writes a value between single quotes, for a line of postgresql.conf:
// quotes and backslashes are doubled. A line end or zero byte cannot be
// written: that is an error.
func Quote(value string) (string, error) {
	if strings.ContainsAny(value, "\x00\n\r") {
		return "", errors.New("a line end or zero byte cannot be written")
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(value) + "'", nil
}

// isBare reports whether a value can stand without quotes.
func isBare(value string) bool {
	kind, at := next(value, 0)
	return (kind == tokenID || kind == tokenValue) && at == span{0, len(value)}
}
