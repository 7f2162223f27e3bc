// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"slices"
	"strings"
)

// Parse reads a value as a careful person writes it: key=value pairs separated
// by blanks, channels separated by commas, keys in any order, blanks around
// '=' allowed. Unknown keys are kept in [Channel.Extra]. Empty or blank text
// is the empty value.
//
// The error is a [*ParseError] with every problem of the text, not only the
// first, and matches [ErrInvalid]. What the server makes of the same text is
// the business of [ParseServer], and where the two differ that of [Lint].
func Parse(text string) (Value, error) {
	p := parser{text: text}
	channels := p.parse()
	if len(p.problems) > 0 {
		return Value{}, p.err()
	}
	return Value{Channels: channels}, nil
}

// parser holds the state of one Parse. It is a value on the caller's stack:
// a text without problems costs one allocation, the slice of channels.
type parser struct {
	text     string
	number   int    // of the channel
	seen     uint16 // known keys of the channel, one bit each
	problems []Problem
	spans    *[]span // where the pairs are; nil unless a Document wants them
}

// span is where a pair stands in the text.
type span struct {
	channel          int
	key              string
	start            int // of the key
	valueAt, valueTo int // of the value; valueTo ends the pair
}

func (p *parser) err() error {
	slices.SortStableFunc(p.problems, func(a, b Problem) int { return a.Offset - b.Offset })
	return &ParseError{Problems: p.problems}
}

func (p *parser) add(r Reason, key, text string, offset int) {
	p.problems = append(p.problems, Problem{Reason: r, Channel: p.number, Key: key, Text: text, Offset: offset})
}

func (p *parser) parse() []Channel {
	if isBlank(p.text) {
		return nil
	}
	channels := make([]Channel, 0, 1) // more than one is rare
	for start := 0; start <= len(p.text); p.number++ {
		end := len(p.text)
		if n := strings.IndexByte(p.text[start:], ','); n >= 0 {
			end = start + n
		}
		p.seen = 0
		channels = append(channels, Channel{})
		p.channel(&channels[len(channels)-1], start, end)
		start = end + 1
	}
	return channels
}

func isBlank(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] != ' ' {
			return false
		}
	}
	return true
}

// channel reads the pairs of text[start:end].
func (p *parser) channel(c *Channel, start, end int) {
	if isBlank(p.text[start:end]) {
		p.add(ReasonEmptyChannel, "", "", start)
		return
	}
	for at := p.skip(start, end); at < end; {
		at = p.skip(p.pair(c, at, end), end)
	}
	p.complete(c, start)
}

// skip returns the start of the next word. Tabs and line ends separate words
// for a person but not for the server, so they are problems.
func (p *parser) skip(at, end int) int {
	for at < end {
		switch c := p.text[at]; c {
		case ' ':
		case '\t', '\n', '\r', '\v', '\f':
			p.add(ReasonBadCharacter, "", p.text[at:at+1], at)
		default:
			return at
		}
		at++
	}
	return at
}

// Classes of bytes inside a word.
const (
	byteGood = iota
	byteEnd  // ends the word
	byteEqual
	byteBad // does not belong in a value: reported, kept in the word
)

// read-only
var byteClass = func() (t [256]uint8) {
	for i := range t {
		switch c := byte(i); {
		case c == ' ' || c >= '\t' && c <= '\r':
			t[i] = byteEnd
		case c == '=':
			t[i] = byteEqual
		case c < ' ' || c > '~' || c == '\'' || c == '"' || c == '\\' || c == '#':
			t[i] = byteBad
		}
	}
	return t
}()

// word is a run without separators. eq is the offset of its first '=', or -1.
type word struct {
	start, end, eq int
	bad            bool
}

func (p *parser) word(at, end int) word {
	w := word{start: at, eq: -1}
	text := p.text[:end]
	for ; at < len(text); at++ {
		class := byteClass[text[at]]
		if class == byteGood { // nearly always
			continue
		}
		if class == byteEnd {
			break
		}
		if class == byteBad {
			w.bad = true
		} else if w.eq < 0 {
			w.eq = at
		}
	}
	w.end = at
	return w
}

// pair reads one pair at the start of a word and returns where it ends.
func (p *parser) pair(c *Channel, at, end int) int {
	k := p.word(at, end)
	switch {
	case k.eq == at:
		p.add(ReasonNoKey, "", p.text[at:k.end], at)
		return k.end
	case k.eq > at && k.eq < k.end-1: // key=value
		v := word{start: k.eq + 1, end: k.end, bad: k.bad}
		return p.assign(c, word{start: at, end: k.eq}, v)
	case k.eq < 0: // key, perhaps followed by " = value"
		eq := p.skipBlanks(k.end, end)
		if eq == end || p.text[eq] != '=' {
			p.add(ReasonNoEquals, "", p.text[at:k.end], at)
			return k.end
		}
		k.eq = eq
	default: // "key="
		k.end = k.eq
	}
	v := p.word(p.skipBlanks(k.eq+1, end), end)
	if v.start == v.end || v.eq >= 0 {
		p.emptyValue(k)
		return k.eq + 1
	}
	v.bad = v.bad || k.bad
	return p.assign(c, k, v)
}

func (p *parser) emptyValue(k word) {
	key := p.text[k.start:k.end]
	p.see(key, k.start)
	p.add(ReasonEmptyValue, key, "", k.eq+1)
}

func (p *parser) skipBlanks(at, end int) int {
	for at < end && p.text[at] == ' ' {
		at++
	}
	return at
}

// assign stores one pair and returns where it ends.
func (p *parser) assign(c *Channel, k, v word) int {
	if p.spans != nil {
		*p.spans = append(*p.spans, span{p.number, p.text[k.start:k.end], k.start, v.start, v.end})
	}
	key, value := p.text[k.start:k.end], p.text[v.start:v.end]
	number := p.see(key, k.start)
	if v.bad {
		p.badBytes(key, k.start, v.end)
		return v.end
	}
	if number != unknown {
		p.set(c, number, key, value, v.start)
		return v.end
	}
	if p.extraAllowed(c, key, value, k.start, v.start) {
		if text := c.Extra.text; text == "" && v.start == k.end+1 {
			c.Extra.text = p.text[k.start:v.end]
		} else {
			c.Extra.text = string(appendPair([]byte(text), key, value))
		}
	}
	return v.end
}

func (p *parser) badBytes(key string, from, to int) {
	for i := from; i < to; i++ {
		if byteClass[p.text[i]] == byteBad {
			p.add(ReasonBadCharacter, key, p.text[i:i+1], i)
		}
	}
}

// extraAllowed checks a pair whose key is not known.
func (p *parser) extraAllowed(c *Channel, key, value string, keyAt, valueAt int) bool {
	if lower := strings.ToLower(key); lookUp(lower) != unknown {
		p.add(ReasonKeyCase, lower, key, keyAt)
		return false
	}
	if _, twice := c.Extra.Get(key); twice {
		p.add(ReasonDuplicateKey, key, key, keyAt)
		return false
	}
	if found := keyInside(key); found != "" {
		p.add(ReasonKeyInside, key, found, keyAt+strings.Index(key, found))
		return false
	}
	if found := keyInside(value); found != "" {
		p.add(ReasonKeyInside, key, found, valueAt+strings.Index(value, found))
		return false
	}
	return true
}

// scanned are the texts that the server looks for anywhere in a channel, or
// that end a host for it, except localhost: the canonical form begins with
// that key, so a later "localhost" is never mistaken for it.
var scanned = [...]string{
	KeyLocalPort, KeyLocalHeartbeatPort, KeyRemoteHost, KeyRemotePort, KeyRemoteHeartbeatPort,
	KeyRemoteNodeID, uwalStop, KeyIsCascade, KeyIsCrossRegion, KeySSLMode,
}

// keyInside returns the first scanned text that s contains, or "".
func keyInside(s string) string {
	for i := 0; i+len(KeySSLMode) <= len(s); i++ { // the shortest
		switch s[i] {
		case 'l', 'r', 'i', 's': // with which they all begin
			for _, key := range scanned {
				if strings.HasPrefix(s[i:], key) {
					return key
				}
			}
		}
	}
	return ""
}

// see marks a key as given and returns its number.
func (p *parser) see(key string, at int) known {
	k := lookUp(key)
	if k == unknown {
		return k
	}
	if p.seen&(1<<k) != 0 {
		p.add(ReasonDuplicateKey, key, key, at)
	}
	p.seen |= 1 << k
	return k
}

// complete checks what concerns the channel as a whole.
func (p *parser) complete(c *Channel, start int) {
	for k := unknown + 1; k <= lastRequired; k++ {
		if p.seen&(1<<k) == 0 {
			p.add(ReasonMissingKey, required[k], "", start)
		}
	}
	const host, port = 1 << knownRemoteUwalHost, 1 << knownRemoteUwalPort
	switch p.seen & (host | port) {
	case host:
		p.add(ReasonUwalPair, KeyRemoteUwalPort, "", start)
	case port:
		p.add(ReasonUwalPair, KeyRemoteUwalHost, "", start)
	}
}
