// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"errors"
	"fmt"
	"iter"
	"strings"
)

// SlotsPerKind is the number of settings of each of the two kinds. The server
// sizes its arrays with MAX_REPLNODE_NUM = 9 and never uses index 0. Older
// releases have fewer: ask pg_settings.
const SlotsPerKind = 8

// ErrBadSlot says that a name is not that of a channel setting.
var ErrBadSlot = errors.New("replconn: no such setting")

// Slot names one of the sixteen settings, replconninfo1 to 8 and
// cross_cluster_replconninfo1 to 8. It is comparable and ordered; the zero
// Slot is no setting.
type Slot uint8

const (
	prefixOwn   = "replconninfo"
	prefixCross = "cross_cluster_replconninfo"
)

// Own returns replconninfo<n>, n from 1 to 8; the zero Slot for another n.
func Own(n int) Slot {
	if n < 1 || n > SlotsPerKind {
		return 0
	}
	return Slot(n)
}

// CrossCluster returns cross_cluster_replconninfo<n>, n from 1 to 8; the zero
// Slot for another n.
func CrossCluster(n int) Slot {
	if n < 1 || n > SlotsPerKind {
		return 0
	}
	return Slot(n + SlotsPerKind)
}

// ParseSlot reads a setting's name. Like the server it does not mind the case
// of letters. The error matches [ErrBadSlot].
func ParseSlot(name string) (Slot, error) {
	if len(name) > 0 {
		prefix, n := name[:len(name)-1], int(name[len(name)-1])-'0'
		var s Slot
		switch {
		case strings.EqualFold(prefix, prefixOwn):
			s = Own(n)
		case strings.EqualFold(prefix, prefixCross):
			s = CrossCluster(n)
		}
		if s.IsValid() {
			return s, nil
		}
	}
	return 0, fmt.Errorf("%w: %q, want %s1 to %d or %s1 to %d", ErrBadSlot, name, prefixOwn, SlotsPerKind, prefixCross, SlotsPerKind)
}

// Slots yields all sixteen slots, replconninfo first.
func Slots() iter.Seq[Slot] {
	return func(yield func(Slot) bool) {
		for s := Slot(1); s <= 2*SlotsPerKind; s++ {
			if !yield(s) {
				return
			}
		}
	}
}

// IsValid reports whether s is one of the sixteen settings.
func (s Slot) IsValid() bool { return s >= 1 && s <= 2*SlotsPerKind }

// IsCrossCluster reports whether s is a cross_cluster_replconninfo setting.
func (s Slot) IsCrossCluster() bool { return s.IsValid() && s > SlotsPerKind }

// Number returns the digit at the end of the name, 1 to 8; 0 for no setting.
func (s Slot) Number() int {
	switch {
	case !s.IsValid():
		return 0
	case s.IsCrossCluster():
		return int(s) - SlotsPerKind
	}
	return int(s)
}

// String returns the setting's name.
func (s Slot) String() string {
	switch {
	case !s.IsValid():
		return fmt.Sprintf("Slot(%d)", uint8(s))
	case s.IsCrossCluster():
		return prefixCross + string(rune('0'+s.Number()))
	}
	return prefixOwn + string(rune('0'+s.Number()))
}

// MarshalText implements [encoding.TextMarshaler] with the setting's name; the
// error for no setting matches [ErrBadSlot].
func (s Slot) MarshalText() ([]byte, error) {
	if !s.IsValid() {
		return nil, fmt.Errorf("%w: %s", ErrBadSlot, s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler] with [ParseSlot].
func (s *Slot) UnmarshalText(text []byte) error {
	slot, err := ParseSlot(string(text))
	if err != nil {
		return err
	}
	*s = slot
	return nil
}
