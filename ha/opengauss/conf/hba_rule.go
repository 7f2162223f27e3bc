// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"
)

// hbaMethods are the methods that some build of openGauss knows. There is no
// scram-sha-256 and no password.
var hbaMethods = [...]string{"trust", "reject", "md5", "sha256", "sm3", "cert", "gss", "peer", "ldap", "pam", "krb5", "sspi", "ident"}

// hbaTokens takes a line into its words. A comma makes lists: it is a word of
// its own here.
//
// Source: hba.cpp (next_token).
func hbaTokens(text string) (tokens []HBAToken, spans []span, err error) {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '#' || c == '\n':
			return tokens, spans, err
		case isBlank(c):
			i++
		case c == ',':
			if n := len(spans); n == 0 || spans[n-1].to != i {
				// The server skips such a comma, and what follows is the next
				// field: users instead of databases, for instance.
				err = errors.New("a comma must follow its word without a blank")
			}
			tokens, spans = append(tokens, HBAToken{Text: ","}), append(spans, span{i, i + 1})
			i++
		default:
			t, end, whole := hbaWord(text, i)
			if !whole {
				err = errors.New("a double quote does not end")
			}
			tokens, spans = append(tokens, t), append(spans, span{i, end})
			i = end
		}
	}
	return tokens, spans, err
}

// hbaWord reads one word. Quotes can stand anywhere in it; two of them are one
// quote. The server calls a word quoted when a quote began it, and takes what
// is there when a quote does not end; then whole is false here.
func hbaWord(text string, i int) (t HBAToken, end int, whole bool) {
	var b strings.Builder
	quoted, inside := text[i] == '"', false
	for ; i < len(text) && text[i] != '\n'; i++ {
		c := text[i]
		switch {
		case c == '"' && inside && i+1 < len(text) && text[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			inside = !inside
		case !inside && (isBlank(c) || c == ',' || c == '#'):
			return HBAToken{b.String(), quoted}, i, true
		default:
			b.WriteByte(c)
		}
	}
	return HBAToken{b.String(), quoted}, i, !inside
}

// ParseHBARule reads one line. ok is false for a line that says nothing. The
// error says why the server would refuse the line, or why a person did not
// mean it.
func ParseHBARule(text string) (rule HBARule, ok bool, err error) {
	tokens, _, err := hbaTokens(text)
	if len(tokens) == 0 || err != nil {
		return rule, false, err
	}
	for _, t := range tokens {
		if len(t.Text) > maxToken {
			return rule, false, fmt.Errorf("a word is longer than %d bytes", maxToken)
		}
	}
	fields, err := hbaFields(tokens)
	if err != nil {
		return rule, false, err
	}
	rule, err = hbaRule(fields)
	return rule, err == nil, err
}

// hbaFields joins words with commas between them.
func hbaFields(tokens []HBAToken) ([][]HBAToken, error) {
	var fields [][]HBAToken
	glue := false
	for _, t := range tokens {
		if t.is(",") {
			if glue || len(fields) == 0 {
				return nil, errors.New("a comma without a word before it")
			}
			glue = true
			continue
		}
		if glue {
			fields[len(fields)-1] = append(fields[len(fields)-1], t)
		} else {
			fields = append(fields, []HBAToken{t})
		}
		glue = false
	}
	if glue {
		return nil, errors.New("a comma without a word behind it")
	}
	return fields, nil
}

func hbaRule(fields [][]HBAToken) (r HBARule, err error) {
	i := 0
	single := func(what string) (HBAToken, error) {
		if i >= len(fields) {
			return HBAToken{}, fmt.Errorf("the line ends before %s", what)
		}
		f := fields[i]
		i++
		if len(f) > 1 {
			return HBAToken{}, fmt.Errorf("a list stands for %s", what)
		}
		return f[0], nil
	}
	many := func(what string) ([]HBAToken, error) {
		if i >= len(fields) {
			return nil, fmt.Errorf("the line ends before %s", what)
		}
		i++
		return fields[i-1], nil
	}
	kind, err := single("the type")
	if err != nil {
		return r, err
	}
	if !slices.Contains([]string{"local", "host", "hostssl", "hostnossl"}, kind.Text) {
		return r, fmt.Errorf("type %q: want local, host, hostssl or hostnossl", kind.Text)
	}
	r.Type = kind.Text
	if r.Databases, err = many("the database"); err != nil {
		return r, err
	}
	if r.Users, err = many("the user"); err != nil {
		return r, err
	}
	if r.Type != "local" {
		if r.Address, err = single("the address"); err != nil {
			return r, err
		}
		if err := r.checkAddress(); err != nil {
			return r, err
		}
		if _, err := netip.ParseAddr(r.Address.Text); err == nil {
			mask, err := single("the mask of an address without a length")
			if err != nil {
				return r, err
			}
			r.Mask = mask.Text
			if _, ok := r.prefix(); !ok {
				return r, fmt.Errorf("mask %q does not fit the address", r.Mask)
			}
		}
	}
	method, err := single("the method")
	if err != nil {
		return r, err
	}
	if r.Method = method.Text; !slices.Contains(hbaMethods[:], r.Method) {
		return r, fmt.Errorf("method %q: want one of %s", r.Method, strings.Join(hbaMethods[:], ", "))
	}
	for i < len(fields) {
		o, err := single("an option")
		if err != nil {
			return r, err
		}
		if !strings.Contains(o.Text, "=") {
			return r, fmt.Errorf("option %q: want name=value", o.Text)
		}
		r.Options = append(r.Options, o)
	}
	return r, nil
}

func (r HBARule) checkAddress() error {
	text := r.Address.Text
	if text == "" {
		return errors.New("the address is empty")
	}
	if strings.Contains(text, "/") {
		if _, err := netip.ParsePrefix(text); err != nil {
			return fmt.Errorf("address %q: want IP/length", text)
		}
	}
	return nil
}

// String writes the rule as one line, without its end, in the columns of the
// file that gs_initdb writes.
func (r HBARule) String() string {
	address := r.Address.String()
	if r.Type == "local" {
		address = ""
	} else if r.Mask != "" {
		address += " " + r.Mask
	}
	s := fmt.Sprintf("%-7s %-15s %-15s %-23s %s", r.Type, joinTokens(r.Databases), joinTokens(r.Users), address, r.Method)
	for _, o := range r.Options {
		s += " " + o.String()
	}
	return s
}

func joinTokens(tokens []HBAToken) string {
	parts := make([]string, len(tokens))
	for i, t := range tokens {
		parts[i] = t.String()
	}
	return strings.Join(parts, ",")
}

// String writes the word, between quotes where it needs them. A word that no
// quote began, as +"my group", keeps its first character in front of them:
// quoted, it would be a name.
func (t HBAToken) String() string {
	const special = "\" \t\r\n,#"
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	if !t.Quoted && t.Text != "" {
		if !strings.ContainsAny(t.Text, special) {
			return t.Text
		}
		if _, n := utf8.DecodeRuneInString(t.Text); !strings.ContainsAny(t.Text[:n], special) {
			return t.Text[:n] + quote(t.Text[n:])
		}
	}
	return quote(t.Text)
}

// LintHBA says what is wrong with a pg_hba.conf: lines that the server
// refuses, rules that an earlier one makes useless, and trust for addresses
// other than this machine, which the server grants to its own tools only.
func LintHBA(h *HBA) []Problem {
	var found []Problem
	var before []int
	for i, l := range h.lines {
		if l.err != nil {
			found = append(found, Problem{h.name, i + 1, "", ReasonSyntax, l.err.Error()})
		}
		if !l.active {
			continue
		}
		for _, k := range before {
			if h.lines[k].rule.covers(l.rule) {
				found = append(found, Problem{h.name, i + 1, l.rule.Type, ReasonShadowed,
					fmt.Sprintf("line %d decides all its connections already", k+1)})
				break
			}
		}
		before = append(before, i)
		if l.rule.Method == "trust" && l.rule.Type != "local" && !l.rule.isLoopback() {
			found = append(found, Problem{h.name, i + 1, l.rule.Type, ReasonTrust,
				"the server refuses remote connections with trust, but for its own tools"})
		}
	}
	return found
}

func (r HBARule) isLoopback() bool {
	p, ok := r.prefix()
	return ok && p.Addr().IsLoopback() || r.Address.is("samehost") || r.Address.Text == "localhost"
}
