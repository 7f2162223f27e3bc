// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package conf

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gausskit/gausskit/ha"
)

// Value is the value of a parameter, as the server understands it. It is
// comparable: two texts that mean the same are equal.
type Value struct {
	kind Kind
	unit Unit
	n    int64   // of integers, in the unit; 1 for true
	f    float64 // of reals
	text string  // of texts and enums; enums in lower case
}

// Kind gives the type.
func (v Value) Kind() Kind { return v.kind }

// Bool is the value of a bool.
func (v Value) Bool() bool { return v.kind == KindBool && v.n != 0 }

// Int is the value of an integer, in the parameter's unit.
func (v Value) Int() int64 { return v.n }

// Float is the value of a number.
func (v Value) Float() float64 {
	if v.kind == KindReal {
		return v.f
	}
	return float64(v.n)
}

// Text is the value of a text or an enum.
func (v Value) Text() string { return v.text }

// Duration is the value of an integer that counts time, 0 for others. What
// does not fit is the largest duration.
func (v Value) Duration() time.Duration {
	switch v.unit {
	case UnitMillisecond:
		return scale(v.n, time.Millisecond)
	case UnitSecond:
		return scale(v.n, time.Second)
	}
	return 0
}

// Bytes is the value of an integer that counts memory, 0 for others.
func (v Value) Bytes() ha.Bytes {
	switch v.unit {
	case UnitKB:
		return ha.Bytes(scale(v.n, 1<<10))
	case UnitBlock:
		return ha.Bytes(scale(v.n, 8<<10))
	}
	return 0
}

func scale(n int64, by time.Duration) time.Duration {
	if n > math.MaxInt64/int64(by) {
		return math.MaxInt64
	}
	return time.Duration(n) * by
}

// String gives the value as one would write it: with the largest unit that
// fits exactly.
func (v Value) String() string {
	switch v.kind {
	case KindBool:
		if v.n != 0 {
			return "on"
		}
		return "off"
	case KindInt:
		best := strconv.FormatInt(v.n, 10)
		if v.n <= 0 {
			return best
		}
		for _, u := range unitsOf(v.unit) {
			if n, ok := u.exactly(v.n); ok {
				best = strconv.FormatInt(n, 10) + u.name
			}
		}
		return best
	case KindReal:
		return strconv.FormatFloat(v.f, 'g', -1, 64)
	}
	return v.text
}

// factor is a unit that may stand behind a number, relative to the
// parameter's: value = number * mul / div.
type factor struct {
	name     string
	mul, div int64
}

func (u factor) exactly(n int64) (int64, bool) {
	if u.div > 1 {
		if n > math.MaxInt64/u.div {
			return 0, false
		}
		n *= u.div
	}
	return n / u.mul, n%u.mul == 0
}

var (
	kbUnits = [...]factor{{"kB", 1, 1}, {"MB", 1 << 10, 1}, {"GB", 1 << 20, 1}}
	// Blocks of 8 kB.
	blockUnits       = [...]factor{{"kB", 1, 8}, {"MB", 1 << 7, 1}, {"GB", 1 << 17, 1}}
	millisecondUnits = [...]factor{{"ms", 1, 1}, {"s", 1000, 1}, {"min", 60_000, 1}, {"h", 3_600_000, 1}, {"d", 86_400_000, 1}}
	secondUnits      = [...]factor{{"ms", 1, 1000}, {"s", 1, 1}, {"min", 60, 1}, {"h", 3600, 1}, {"d", 86_400, 1}}
)

func unitsOf(u Unit) []factor {
	switch u {
	case UnitKB:
		return kbUnits[:]
	case UnitBlock:
		return blockUnits[:]
	case UnitMillisecond:
		return millisecondUnits[:]
	case UnitSecond:
		return secondUnits[:]
	}
	return nil
}

// Parse reads a value, without quotes, as the server does: letter case of units
// counts, a fraction of the unit is cut off. Errors wrap [ErrInvalid].
func (p Param) Parse(text string) (Value, error) {
	v := Value{kind: p.Kind, unit: p.Unit}
	var err error
	switch p.Kind {
	case KindBool:
		var b bool
		if b, err = parseBool(text); b {
			v.n = 1
		}
	case KindInt:
		v.n, err = parseInt(text, unitsOf(p.Unit), slices.Contains(wide[:], p.Name))
		if lo, hi := p.limits(); err == nil && (v.n < lo || v.n > hi) {
			err = fmt.Errorf("want %d to %d%s", lo, hi, unitSuffix(p.Unit))
		}
	case KindReal:
		v.f, err = strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || math.IsNaN(v.f) || v.f < p.Min || v.f > p.Max {
			err = fmt.Errorf("want a number from %g to %g", p.Min, p.Max)
		}
	case KindEnum:
		v.text, err = p.enum(text)
	default:
		v.text = text
	}
	if err != nil {
		return Value{}, fmt.Errorf("%w: %s: value %q: %w", ErrInvalid, p.Name, text, err)
	}
	return v, nil
}

func unitSuffix(u Unit) string {
	if u == UnitNone {
		return ""
	}
	return " in units of " + u.String()
}

// parseBool reads a bool: on, off, 1, 0, and true, false, yes, no or the
// beginning of one (bool.cpp: parse_bool).
func parseBool(text string) (bool, error) {
	s := strings.ToLower(text)
	switch {
	case s == "":
	case s == "on" || s == "1" || strings.HasPrefix("true", s) || strings.HasPrefix("yes", s):
		return true, nil
	case s == "of" || s == "off" || s == "0" || strings.HasPrefix("false", s) || strings.HasPrefix("no", s):
		return false, nil
	}
	return false, errors.New("want on or off")
}

// enum reads a word. synchronous_commit takes those of a bool, too, and 2.
func (p Param) enum(text string) (string, error) {
	s := strings.ToLower(text)
	if p.Name == "synchronous_commit" {
		switch s {
		case "true", "yes", "1":
			s = "on"
		case "false", "no", "0":
			s = "off"
		case "2":
			s = "remote_apply"
		}
	}
	for word := range strings.SplitSeq(p.Values, "|") {
		if s == word {
			return s, nil
		}
	}
	return "", fmt.Errorf("want one of %s", strings.ReplaceAll(p.Values, "|", ", "))
}

// wide are the integers of 64 bits, which are read by another function.
var wide = [...]string{"max_standby_base_page_size", "max_standby_lsn_info_size", "uwal_disk_size", "vacuum_defer_cleanup_age",
	"walwriter_sleep_threshold", "xlog_file_size"}

// parseInt reads an integer with an optional unit (guc.cpp: parse_int). As in
// C, 0x is hexadecimal and a leading 0 is octal, unless the parameter has 64
// bits (parse_int64).
func parseInt(text string, units []factor, decimal bool) (int64, error) {
	s := strings.TrimSpace(text)
	end := 0
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	base := 10
	if rest := s[end:]; !decimal && len(rest) > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X') {
		base = 16
		end += 2
	} else if !decimal && len(rest) > 1 && rest[0] == '0' && isDigit(rest[1]) {
		base = 8
	}
	from := end
	for end < len(s) && strings.IndexByte("0123456789abcdefABCDEF"[:digitsOf(base)], s[end]) >= 0 {
		end++
	}
	digits, unit := s[from:end], strings.TrimLeft(s[end:], " \t")
	if strings.HasPrefix(s, "-") {
		digits = "-" + digits
	}
	n, err := strconv.ParseInt(digits, base, 64)
	if err != nil {
		return 0, errors.New("want an integer" + orUnits(units))
	}
	if unit == "" {
		return n, nil
	}
	for _, u := range units {
		if u.name != unit {
			continue
		}
		if n > math.MaxInt64/u.mul || n < math.MinInt64/u.mul {
			return 0, errors.New("the number is too large")
		}
		return n * u.mul / u.div, nil
	}
	return 0, errors.New("want an integer" + orUnits(units))
}

// digitsOf says how many of "0123456789abcdefABCDEF" are digits in a base.
func digitsOf(base int) int {
	if base == 16 {
		return 22
	}
	return base
}

func orUnits(units []factor) string {
	if len(units) == 0 {
		return " without a unit"
	}
	names := make([]string, len(units))
	for i, u := range units {
		names[i] = u.name
	}
	return ", with or without " + strings.Join(names, ", ")
}
