// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package ha

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// FailBackMode says what the tag Preferred of a member is good for.
type FailBackMode uint8

// The modes.
const (
	FailBackNever     FailBackMode = iota // for nothing
	FailBackNeeded                        // the next switchover or failover prefers the member
	FailBackPreferred                     // and the primary switches over to it by itself, see FailBack
)

var failBackNames = [...]string{"never", "needed", "preferred"} // read-only

// String gives the mode in lower case.
func (m FailBackMode) String() string { return nameOf(m, failBackNames[:]) }

// MarshalText gives the form of String.
func (m FailBackMode) MarshalText() ([]byte, error) { return marshalName(m, failBackNames[:]) }

// UnmarshalText reads the form of String.
func (m *FailBackMode) UnmarshalText(text []byte) error {
	return unmarshalName(m, failBackNames[:], text)
}

// DefaultFailBackAfter is how long a preferred member has to be fit before the
// primary switches over to it.
const DefaultFailBackAfter = 10 * time.Minute

// FailBack says whether and when a preferred member (Tags.Preferred) becomes
// primary again. The zero value is never.
//
// In mode preferred a primary that is not preferred itself orders a switchover,
// with the cause "fail-back", to a preferred member that could take over
// without loss for After, without a break and by the primary's own clock, when
// the time of day is in the window. Nothing is ordered during a pause or beside
// another order, and after a try that was refused After begins anew.
type FailBack struct {
	Mode FailBackMode
	// After is how long the member has to be fit; 0 is DefaultFailBackAfter.
	After time.Duration
	// From and To are the daily window, as time since midnight UTC by the
	// primary's wall clock; To is not in it. It may go over midnight (From above
	// To); both 0 is the whole day.
	From, To time.Duration
}

const day = 24 * time.Hour

// open reports whether the window is open at a wall clock's Unix nanoseconds.
func (f FailBack) open(wall int64) bool {
	at := time.Duration(wall) % day
	switch {
	case f.From == f.To:
		return true
	case f.From < f.To:
		return f.From <= at && at < f.To
	}
	return at >= f.From || at < f.To
}

func (f FailBack) validate() error {
	switch {
	case f.Mode > FailBackPreferred:
		return fmt.Errorf("settings: FailBack.Mode %v: not a mode", f.Mode)
	case f.After < 0 || f.After > MaxLimit:
		return fmt.Errorf("settings: FailBack.After %v: want 0 to %v", f.After, MaxLimit)
	case f.From < 0 || f.From >= day || f.To < 0 || f.To > day:
		return fmt.Errorf("settings: FailBack window %v to %v: want times of a day", f.From, f.To)
	case f.From%time.Minute != 0 || f.To%time.Minute != 0:
		return fmt.Errorf("settings: FailBack window %v to %v: want whole minutes", f.From, f.To)
	case f.Mode != FailBackPreferred && f != (FailBack{Mode: f.Mode}):
		return fmt.Errorf("settings: FailBack: After and a window are for mode preferred, not %v", f.Mode)
	}
	return nil
}

// failBackText is the text form of FailBack.
type failBackText struct {
	Mode   FailBackMode `json:"mode"`
	After  string       `json:"after,omitempty"`
	Window string       `json:"window,omitempty"`
}

var errWindow = errors.New("want a window such as \"02:00-04:30\"")

// MarshalJSON writes {"mode":"preferred","after":"10m0s","window":"02:00-04:30"}.
func (f FailBack) MarshalJSON() ([]byte, error) {
	t := failBackText{Mode: f.Mode}
	if f.After != 0 {
		t.After = f.After.String()
	}
	if f.From != f.To {
		clock := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", d/time.Hour, d%time.Hour/time.Minute) }
		t.Window = clock(f.From) + "-" + clock(f.To)
	}
	return json.Marshal(t)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *FailBack) UnmarshalJSON(text []byte) error {
	var t failBackText
	strict := json.NewDecoder(bytes.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&t); err != nil {
		return err
	}
	out := FailBack{Mode: t.Mode}
	if t.After != "" {
		var err error
		if out.After, err = time.ParseDuration(t.After); err != nil {
			return fmt.Errorf("after: %w", err)
		}
	}
	if t.Window != "" {
		var h1, m1, h2, m2 int
		n, err := fmt.Sscanf(t.Window, "%02d:%02d-%02d:%02d", &h1, &m1, &h2, &m2)
		if err != nil || n != 4 || len(t.Window) != len("00:00-00:00") || h1 > 23 || h2 > 24 || m1 > 59 || m2 > 59 {
			return fmt.Errorf("window %q: %w", t.Window, errWindow)
		}
		out.From = time.Duration(h1)*time.Hour + time.Duration(m1)*time.Minute
		out.To = time.Duration(h2)*time.Hour + time.Duration(m2)*time.Minute
	}
	*f = out
	return nil
}
