// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"slices"
	"strings"
)

// Document is a value together with the text it was read from: the lossless
// form. It prints back byte for byte, and a change through [Document.With]
// touches only what changes. The zero Document is the empty text.
type Document struct {
	text  string
	value Value
	spans []span
}

// ParseDocument is [Parse], keeping the text.
func ParseDocument(text string) (Document, error) {
	d := Document{text: text}
	p := parser{text: text, spans: &d.spans}
	d.value.Channels = p.parse()
	if len(p.problems) > 0 {
		return Document{text: text}, p.err()
	}
	return d, nil
}

// Value returns a copy of what the text says.
func (d Document) Value() Value { return d.value.Clone() }

// String returns the text, byte for byte as it was read where it was not
// changed.
func (d Document) String() string { return d.text }

// MarshalText implements [encoding.TextMarshaler] with the text.
func (d Document) MarshalText() ([]byte, error) { return []byte(d.text), nil }

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseDocument]. On
// an error d is unchanged.
func (d *Document) UnmarshalText(text []byte) error {
	got, err := ParseDocument(string(text))
	if err != nil {
		return err
	}
	*d = got
	return nil
}

// With returns a document that says v: pairs that say the same keep their
// spelling, place and blanks, changed ones get a new value in place, new ones
// go to the end of their channel. When the number of channels changes, the
// text becomes the canonical form.
//
// The error is that of [Value.Validate]; d does not change in any case.
func (d Document) With(v Value) (Document, error) {
	if err := v.Validate(); err != nil {
		return Document{}, err
	}
	if v.Equal(d.value) {
		return d, nil
	}
	text := v.String()
	if n := len(v.Channels); n > 0 && n == len(d.value.Channels) {
		parts := strings.Split(d.text, ",") // Parse lets no comma into a pair
		start := 0
		for i := range parts {
			end := start + len(parts[i])
			parts[i] = d.rewrite(i, start, end, v.Channels[i])
			start = end + 1
		}
		text = strings.Join(parts, ",")
	}
	got, err := ParseDocument(text)
	if err != nil || !got.value.Equal(v) {
		// A spelling that cannot be kept, such as extras in another order.
		return ParseDocument(v.String())
	}
	return got, nil
}

// rewrite returns channel number i, which is text[start:end], saying c.
func (d Document) rewrite(i, start, end int, c Channel) string {
	old, want := collect(d.value.Channels[i]), collect(c)
	var b strings.Builder
	at := start
	for _, s := range d.spans {
		if s.channel != i {
			continue
		}
		now, keep := want.get(s.key)
		was, had := old.get(s.key)
		switch {
		case keep && was == now, !keep && !had: // as it was, or said nothing
			b.WriteString(d.text[at:s.valueTo])
		case keep:
			b.WriteString(d.text[at:s.valueAt] + now)
		default: // gone, with the blanks before it
			b.WriteString(strings.TrimRight(d.text[at:s.start], " "))
		}
		at = s.valueTo
	}
	tail := d.text[at:end]
	for _, p := range want {
		if !slices.ContainsFunc(d.spans, func(s span) bool { return s.channel == i && s.key == p.key }) {
			b.WriteString(" " + p.key + "=" + p.value)
		}
	}
	return b.String() + tail
}

type pair struct{ key, value string }

type pairList []pair

func collect(c Channel) (list pairList) {
	for k, v := range c.pairs() {
		list = append(list, pair{k, v})
	}
	return list
}

func (l pairList) get(key string) (string, bool) {
	for _, p := range l {
		if p.key == key {
			return p.value, true
		}
	}
	return "", false
}

// offset returns where the value of a key stands, -1 if the key is not there.
func (d Document) offset(channel int, key string) int {
	for _, s := range d.spans {
		if s.channel == channel && s.key == key {
			return s.valueAt
		}
	}
	return -1
}

// spelling returns the text of a key's value.
func (d Document) spelling(channel int, key string) string {
	for _, s := range d.spans {
		if s.channel == channel && s.key == key {
			return d.text[s.valueAt:s.valueTo]
		}
	}
	return ""
}
