// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// HBA is a pg_hba.conf, taken apart into lines. What is not changed stays as
// it was, byte for byte. Unlike gs_guc, which sorts the whole file whenever it
// adds a line, it keeps the order.
type HBA struct {
	name   string
	origin string
	lines  []hbaLine
}

type hbaLine struct {
	text   string
	rule   HBARule
	active bool
	err    error
}

// HBARule is one line of pg_hba.conf: who may connect from where, and how they
// prove who they are. The first rule that fits a connection decides.
type HBARule struct {
	Type      string     // local, host, hostssl, hostnossl
	Databases []HBAToken // names, all, sameuser, samerole, samegroup, replication
	Users     []HBAToken // names, all, +group
	Address   HBAToken   // none for local: IP/length, IP, host name, .suffix, samehost, samenet, all
	Mask      string     // behind an IP without a length
	Method    string     // trust, reject, md5, sha256, sm3, cert, gss ...
	Options   []HBAToken // name=value
}

// HBAToken is a word. Between quotes a keyword means a name.
type HBAToken struct {
	Text   string
	Quoted bool
}

// Words makes tokens of words without quotes.
func Words(words ...string) []HBAToken {
	tokens := make([]HBAToken, len(words))
	for i, w := range words {
		tokens[i] = HBAToken{Text: w}
	}
	return tokens
}

func (t HBAToken) is(keyword string) bool { return !t.Quoted && t.Text == keyword }

// maxToken is the longest word (hba.cpp: MAX_TOKEN).
const maxToken = 255

// ParseHBA takes a file apart. name is for messages. A line that the server
// would refuse makes no difference to the others; [HBA.Err] tells. One such
// line makes the server refuse the whole file.
func ParseHBA(name, text string) *HBA {
	h := &HBA{name: name, origin: text}
	for t := range strings.Lines(text) {
		rule, active, err := ParseHBARule(t)
		h.lines = append(h.lines, hbaLine{t, rule, active, err})
	}
	return h
}

// OpenHBA reads the file at path.
func OpenHBA(path string) (*HBA, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("conf: %w", err)
	}
	return ParseHBA(path, string(text)), nil
}

// String gives the text of the file as it is now.
func (h *HBA) String() string {
	var b strings.Builder
	for _, l := range h.lines {
		b.WriteString(l.text)
	}
	return b.String()
}

// Err joins a [*SyntaxError] for every line that the server would refuse, or
// read otherwise than it looks: a comma behind a blank, a quote that does not
// end. A file without any rule is refused, too.
func (h *HBA) Err() error {
	var errs []error
	for i, l := range h.lines {
		if l.err != nil {
			errs = append(errs, &SyntaxError{h.name, i + 1, strings.TrimRight(l.text, "\r\n"), l.err.Error()})
		}
	}
	if len(h.Rules()) == 0 && errs == nil {
		errs = append(errs, &SyntaxError{h.name, len(h.lines), "", "the file has no rule"})
	}
	return errors.Join(errs...)
}

// Rules gives the rules in their order.
func (h *HBA) Rules() []HBARule {
	var rules []HBARule
	for _, l := range h.lines {
		if l.active {
			rules = append(rules, l.rule)
		}
	}
	return rules
}

// Set makes a rule hold: it replaces method and options of the rule for the
// same type, databases, users and address; else it adds a line, in front of
// the first rule that would decide its connections otherwise, at the end when
// there is none. Errors wrap [ErrInvalid].
func (h *HBA) Set(rule HBARule) error {
	text := rule.String()
	back, active, err := ParseHBARule(text)
	if err == nil && (!active || !back.equal(rule)) {
		err = errors.New("it would not be read back as it was meant")
	}
	if err != nil {
		return fmt.Errorf("%w: %s: rule %q: %w", ErrInvalid, h.name, text, err)
	}
	at := len(h.lines)
	for i, l := range h.lines {
		if !l.active {
			continue
		}
		if l.rule.sameKey(rule) {
			if l.rule.Method != rule.Method || !slices.Equal(l.rule.Options, rule.Options) {
				h.lines[i] = l.with(rule)
			}
			return nil
		}
		if at == len(h.lines) && l.rule.covers(rule) {
			at = i
		}
	}
	end := "\n"
	if n := len(h.lines); n > 0 {
		last := &h.lines[n-1].text
		if !strings.HasSuffix(*last, "\n") {
			*last += end
		}
		if strings.HasSuffix(*last, "\r\n") {
			end = "\r\n"
		}
	}
	h.lines = slices.Insert(h.lines, at, hbaLine{text: text + end, rule: rule, active: true})
	return nil
}

// with replaces method and options in the text of a line; what stands before
// them and a comment stay.
func (l hbaLine) with(rule HBARule) hbaLine {
	_, spans, _ := hbaTokens(l.text) // it was read before without an error
	n := 3
	if l.rule.Type != "local" {
		n++
		if l.rule.Mask != "" {
			n++
		}
	}
	tail := rule.Method
	for _, o := range rule.Options {
		tail += " " + o.String()
	}
	text := l.text[:spans[n].from] + tail + l.text[spans[len(spans)-1].to:]
	l.rule.Method, l.rule.Options = rule.Method, rule.Options
	return hbaLine{text: text, rule: l.rule, active: true}
}

// Unset comments out the rules for the type, databases, users and address of
// rule, whatever their method, and reports how many there were.
func (h *HBA) Unset(rule HBARule) int {
	n := 0
	for i, l := range h.lines {
		if l.active && l.rule.sameKey(rule) {
			h.lines[i] = hbaLine{text: "#" + l.text}
			n++
		}
	}
	return n
}

// Save writes the file back as [File.Save] does.
func (h *HBA) Save(ctx context.Context) error {
	text := h.String()
	err := replace(ctx, h.name, func(current string) (string, error) {
		if current != h.origin {
			return "", fmt.Errorf("%w: %s", ErrChanged, h.name)
		}
		return text, h.Err()
	})
	if err == nil {
		h.origin = text
	}
	return err
}

// EditHBA reads the file at path, changes it and saves it, as [Edit] does.
func EditHBA(ctx context.Context, path string, change func(*HBA) error) error {
	return replace(ctx, path, func(current string) (string, error) {
		h := ParseHBA(path, current)
		if err := change(h); err != nil {
			return "", err
		}
		if h.String() == current {
			return current, nil
		}
		return h.String(), h.Err()
	})
}

func (r HBARule) equal(o HBARule) bool {
	return r.sameKey(o) && r.Method == o.Method && slices.Equal(r.Options, o.Options)
}

func (r HBARule) sameKey(o HBARule) bool {
	return r.Type == o.Type && slices.Equal(r.Databases, o.Databases) && slices.Equal(r.Users, o.Users) && r.sameAddress(o)
}

func (r HBARule) sameAddress(o HBARule) bool {
	p, okP := r.prefix()
	q, okQ := o.prefix()
	if okP && okQ {
		return p == q
	}
	return r.Address == o.Address && r.Mask == o.Mask
}

// prefix gives the addresses of a rule that names an IP network.
func (r HBARule) prefix() (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(r.Address.Text); err == nil {
		return p.Masked(), true
	}
	ip, err := netip.ParseAddr(r.Address.Text)
	mask, err2 := netip.ParseAddr(r.Mask)
	if err != nil || err2 != nil || ip.BitLen() != mask.BitLen() {
		return netip.Prefix{}, false
	}
	bits, rest := 0, false
	for _, b := range mask.AsSlice() {
		for k := 7; k >= 0; k-- {
			switch on := b>>k&1 == 1; {
			case on && rest:
				return netip.Prefix{}, false
			case on:
				bits++
			default:
				rest = true
			}
		}
	}
	return netip.PrefixFrom(ip, bits).Masked(), true
}

// covers reports whether every connection that o fits is one that r fits, as
// far as the text tells. Of two rules of which one covers the other, the first
// decides.
func (r HBARule) covers(o HBARule) bool {
	if r.Type != o.Type && (r.Type != "host" || o.Type != "hostssl" && o.Type != "hostnossl") {
		return false
	}
	return coversDatabases(r.Databases, o.Databases) && coversNames(r.Users, o.Users) && r.coversAddress(o)
}

// coversDatabases: "all" does not mean replication.
func coversDatabases(r, o []HBAToken) bool {
	isAll := slices.ContainsFunc(r, func(t HBAToken) bool { return t.is("all") })
	for _, t := range o {
		if !slices.Contains(r, t) && (!isAll || t.is("replication")) {
			return false
		}
	}
	return true
}

func coversNames(r, o []HBAToken) bool {
	if slices.ContainsFunc(r, func(t HBAToken) bool { return t.is("all") }) {
		return true
	}
	for _, t := range o {
		if !slices.Contains(r, t) {
			return false
		}
	}
	return true
}

func (r HBARule) coversAddress(o HBARule) bool {
	if r.Type == "local" || r.Address.is("all") || r.sameAddress(o) {
		return true
	}
	p, okP := r.prefix()
	q, okQ := o.prefix()
	return okP && okQ && p.Bits() <= q.Bits() && p.Contains(q.Addr())
}
