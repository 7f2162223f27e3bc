// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"fmt"
	"slices"
)

// Value is what one setting holds: its channels. The zero Value has none,
// which is how a setting is turned off.
//
// The format allows several channels, separated by commas, but the server uses
// the first only and gs_ctl the last: write one ([Lint] reports more).
type Value struct {
	Channels []Channel
}

// ValueOf returns a value with these channels.
func ValueOf(channels ...Channel) Value { return Value{Channels: channels} }

// IsEmpty reports whether the value has no channel.
func (v Value) IsEmpty() bool { return len(v.Channels) == 0 }

// Channel returns the first channel, the one the server uses, and whether
// there is one.
func (v Value) Channel() (Channel, bool) {
	if len(v.Channels) == 0 {
		return Channel{}, false
	}
	return v.Channels[0], true
}

// Equal reports whether two values have the same channels in the same order.
func (v Value) Equal(o Value) bool { return slices.Equal(v.Channels, o.Channels) }

// Clone returns a copy that shares no memory with v.
func (v Value) Clone() Value { return Value{Channels: slices.Clone(v.Channels)} }

// String returns the canonical form: the keys in the order of the cluster
// tools, one blank between pairs, no blank around '=', no host at the end, ""
// for an empty value. For a valid value
//   - [Parse] reads the same value back,
//   - the server and, of one channel, gs_ctl understand the same, and CM's poll
//     finds its two fields where it looks for them,
//   - gs_sdr accepts it if the channel has all four service and heartbeat
//     ports, every port has four or five digits, and hosts are IPv4 or IPv6
//     without "::" (which is how the server itself spells such an address).
//
// Text that the cluster tools wrote is in canonical form already. To change a
// text that is not, and leave the rest of it alone, see [Document].
func (v Value) String() string {
	var buf [256]byte // enough for one channel without unknown keys
	return string(v.appendTo(buf[:0]))
}

func (v Value) appendTo(b []byte) []byte {
	for i := range v.Channels {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.Channels[i].appendTo(b)
	}
	return b
}

// Validate reports what [Parse] would say of the value's canonical form, with
// positions in that form; nil when it parses back to the same value.
func (v Value) Validate() error {
	text := v.String()
	got, err := Parse(text)
	if err != nil {
		return err
	}
	if !got.Equal(v) {
		// For example extras with a known key, or a flag that is no Flag.
		return fmt.Errorf("%w: %q does not read back as the same value", ErrInvalid, text)
	}
	return nil
}

// AppendText implements [encoding.TextAppender]: the canonical form, or the
// error of [Value.Validate] and nothing appended.
func (v Value) AppendText(b []byte) ([]byte, error) {
	if err := v.Validate(); err != nil {
		return b, err
	}
	return v.appendTo(b), nil
}

// MarshalText implements [encoding.TextMarshaler] like [Value.AppendText].
func (v Value) MarshalText() ([]byte, error) { return v.AppendText(nil) }

// UnmarshalText implements [encoding.TextUnmarshaler] with [Parse]. On an
// error v is unchanged.
func (v *Value) UnmarshalText(text []byte) error {
	got, err := Parse(string(text))
	if err != nil {
		return err
	}
	*v = got
	return nil
}
