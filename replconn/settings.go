// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package replconn

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strings"
)

// Settings holds the texts of one server's sixteen settings. It is comparable;
// in the zero Settings all are empty, as on a server without replication.
type Settings struct {
	texts [2 * SlotsPerKind]string
}

// Get returns the text of a setting, "" when it is not set.
func (s Settings) Get(slot Slot) string {
	if !slot.IsValid() {
		return ""
	}
	return s.texts[slot-1]
}

// With returns the settings with one text replaced. An invalid slot changes
// nothing.
func (s Settings) With(slot Slot, text string) Settings {
	if slot.IsValid() {
		s.texts[slot-1] = text
	}
	return s
}

// All yields the settings that are not empty, in the order of [Slots].
func (s Settings) All() iter.Seq2[Slot, string] {
	return func(yield func(Slot, string) bool) {
		for slot := range Slots() {
			if text := s.Get(slot); text != "" && !yield(slot, text) {
				return
			}
		}
	}
}

// Map returns the settings that are not empty.
func (s Settings) Map() map[Slot]string { return maps.Collect(s.All()) }

// MarshalJSON implements [json.Marshaler]: an object of the settings that are
// not empty, by name.
func (s Settings) MarshalJSON() ([]byte, error) { return json.Marshal(s.Map()) }

// UnmarshalJSON implements [json.Unmarshaler]. A name that is not a setting is
// an error that matches [ErrBadSlot], and s is unchanged then.
func (s *Settings) UnmarshalJSON(data []byte) error {
	var texts map[Slot]string
	if err := json.Unmarshal(data, &texts); err != nil {
		return fmt.Errorf("replconn: read settings: %w", err)
	}
	*s = Settings{}
	for slot, text := range texts {
		*s = s.With(slot, text)
	}
	return nil
}

// Free returns the first empty slot of a kind, and false when all eight are
// taken.
func (s Settings) Free(crossCluster bool) (Slot, bool) {
	for slot := range Slots() {
		if slot.IsCrossCluster() == crossCluster && s.Get(slot) == "" {
			return slot, true
		}
	}
	return 0, false
}

// SlotError says in which setting a value is wrong.
type SlotError struct {
	Slot Slot
	Err  error
}

// Error names the setting and repeats the cause.
func (e *SlotError) Error() string {
	return fmt.Sprintf("replconn: %s: %s", e.Slot, strings.TrimPrefix(e.Err.Error(), "replconn: "))
}

// Unwrap returns the cause.
func (e *SlotError) Unwrap() error { return e.Err }

// Values parses all settings that are not empty. The map has those that parse;
// the error joins one [*SlotError] for each that does not.
func (s Settings) Values() (map[Slot]Value, error) {
	values := make(map[Slot]Value)
	var errs []error
	for slot, text := range s.All() {
		v, err := Parse(text)
		if err != nil {
			errs = append(errs, &SlotError{slot, err})
			continue
		}
		values[slot] = v
	}
	return values, errors.Join(errs...)
}

// Lint looks at every setting that is not empty; see the function [Lint].
func (s Settings) Lint() Findings {
	var all Findings
	for slot, text := range s.All() {
		all = append(all, Lint(slot, text)...)
	}
	return all
}
