// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package sql

import (
	"strings"
)

type kind uint8

const (
	end kind = iota
	word
	quoted // identifier in double quotes
	number
	text
	symbol
	placeholder
)

type token struct {
	kind kind
	text string
	pos  int
}

// lex takes a query string apart.
func lex(s string) ([]token, error) {
	var out []token
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case strings.HasPrefix(s[i:], "--"):
			for i < len(s) && s[i] != '\n' {
				i++
			}
		case strings.HasPrefix(s[i:], "/*"):
			j := strings.Index(s[i+2:], "*/")
			if j < 0 {
				return nil, Errorf(CodeSyntax, "unterminated /* comment")
			}
			i += j + 4
		default:
			t, n, err := lexOne(s, i)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
			i += n
		}
	}
	return append(out, token{kind: end, pos: len(s)}), nil
}

func lexOne(s string, i int) (token, int, error) {
	c := s[i]
	switch {
	case c == '\'':
		v, n, err := lexString(s[i:], false)
		return token{text, v, i}, n, err
	case (c == 'E' || c == 'e') && i+1 < len(s) && s[i+1] == '\'':
		v, n, err := lexString(s[i+1:], true)
		return token{text, v, i}, n + 1, err
	case c == '"':
		j := strings.IndexByte(s[i+1:], '"')
		if j < 0 {
			return token{}, 0, Errorf(CodeSyntax, "unterminated quoted identifier")
		}
		return token{quoted, s[i+1 : i+1+j], i}, j + 2, nil
	case c == '$' && i+1 < len(s) && isDigit(s[i+1]):
		j := i + 1
		for j < len(s) && isDigit(s[j]) {
			j++
		}
		return token{placeholder, s[i+1 : j], i}, j - i, nil
	case strings.HasPrefix(s[i:], "$$"):
		j := strings.Index(s[i+2:], "$$")
		if j < 0 {
			return token{}, 0, Errorf(CodeSyntax, "unterminated dollar-quoted string")
		}
		return token{text, s[i+2 : i+2+j], i}, j + 4, nil
	case isDigit(c) || c == '.' && i+1 < len(s) && isDigit(s[i+1]):
		j := i
		for j < len(s) && (isDigit(s[j]) || s[j] == '.' || (s[j] == 'e' || s[j] == 'E') && j+1 < len(s) && isDigit(s[j+1])) {
			j++
		}
		return token{number, s[i:j], i}, j - i, nil
	case isLetter(c):
		j := i
		for j < len(s) && (isLetter(s[j]) || isDigit(s[j]) || s[j] == '$') {
			j++
		}
		return token{word, strings.ToLower(s[i:j]), i}, j - i, nil
	}
	for _, op := range []string{"::", "<=", ">=", "<>", "!=", "||"} {
		if strings.HasPrefix(s[i:], op) {
			return token{symbol, op, i}, 2, nil
		}
	}
	if strings.IndexByte("(),;.=<>+-*/%~[]", c) >= 0 {
		return token{symbol, string(c), i}, 1, nil
	}
	return token{}, 0, Errorf(CodeSyntax, "syntax error at or near %q", string(c))
}

func lexString(s string, escapes bool) (string, int, error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\'' && i+1 < len(s) && s[i+1] == '\'':
			b.WriteByte('\'')
			i++
		case s[i] == '\'':
			return b.String(), i + 1, nil
		case escapes && s[i] == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case 'r':
				b.WriteByte('\r')
			default:
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, Errorf(CodeSyntax, "unterminated quoted string")
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}
