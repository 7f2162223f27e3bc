// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dms

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxSocketPath is how many bytes the address of a Unix socket has for its
// path, without the NUL.
const maxSocketPath = 107

// Check reports what is wrong with a value for the parameter, as [Problems];
// nil when the server takes it as it is meant. A [KindURL] value is parsed, but
// not checked across its entries.
func (p Param) Check(text string) error { return p.check(text).Err() }

func (p Param) check(text string) Problems {
	if p.Kind == KindURL {
		_, err := Parse(text)
		problems, _ := err.(Problems)
		return problems
	}
	reason, detail := p.judge(text)
	if reason == 0 {
		return nil
	}
	return Problems{{Reason: reason, Index: -1, Key: p.Name, Text: text, Offset: -1, Detail: detail}}
}

// judge returns why the value is wrong, the reason 0 when it is not.
func (p Param) judge(text string) (Reason, string) {
	switch p.Kind {
	case KindBool:
		if _, ok := parseBool(text); !ok {
			return ReasonBadValue, "want on or off"
		}
	case KindInt:
		_, reason, detail := p.number(text)
		return reason, detail
	case KindEnum, KindWord:
		if !slices.ContainsFunc(strings.Split(p.Values, "|"), func(v string) bool {
			return v == text || p.Kind == KindEnum && lowerASCII(text) == v
		}) {
			return ReasonBadValue, "want one of " + strings.ReplaceAll(p.Values, "|", ", ")
		}
	case KindVolumeGroup:
		if text != "" && (text[0] != '+' || len(text) == 1 || strings.ContainsRune(text, '/')) {
			return ReasonBadValue, "want + and the name of a volume group"
		}
	case KindSocket:
		return judgeSocket(text)
	case KindCores:
		return judgeCores(text)
	case KindCount:
		if strings.Trim(text, "0123456789") != "" {
			return ReasonNotNumber, ""
		}
		if text != "" {
			_, reason, detail := p.number(text)
			return reason, detail
		}
	case KindList:
		if strings.Trim(text, "0123456789,") != "" {
			return ReasonBadValue, "want numbers between commas"
		}
	}
	return 0, ""
}

func judgeSocket(text string) (Reason, string) {
	path, ok := strings.CutPrefix(text, "UDS:")
	if !ok || !strings.HasPrefix(path, "/") {
		return ReasonBadValue, "want UDS: and an absolute path"
	}
	if n := len(path); n > maxSocketPath {
		return ReasonPathTooLong, strconv.Itoa(n) + " bytes"
	}
	return 0, ""
}

// judgeCores accepts what setBindCoreConfig (ss_init.cpp) uses. It keeps eight
// bits of each number, and ignores a pair in the wrong order without a word.
func judgeCores(text string) (Reason, string) {
	if text == "" {
		return 0, ""
	}
	var cores []uint64
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.ParseUint(word, 10, 8)
		if err != nil {
			return ReasonBadValue, "want two numbers from 0 to 255 between blanks"
		}
		cores = append(cores, n)
	}
	switch {
	case len(cores) != 2 || strings.Trim(text, "0123456789 ") != "":
		return ReasonBadValue, "want two numbers from 0 to 255 between blanks"
	case cores[0] > cores[1]:
		return ReasonBadValue, "want the first core not above the last, the server ignores the pair otherwise"
	}
	return 0, ""
}

// memoryUnit is a unit that may stand behind a number that counts kB.
type memoryUnit struct {
	name string
	kB   int64
}

var memoryUnits = [...]memoryUnit{{"kB", 1}, {"MB", 1 << 10}, {"GB", 1 << 20}}

// number reads a whole number in the parameter's unit (guc.cpp, parse_int). The
// reason is 0 when it is good.
func (p Param) number(text string) (n int64, reason Reason, detail string) {
	s := strings.TrimSpace(text)
	unit := strings.TrimLeft(s, "-0123456789")
	digits := s[:len(s)-len(unit)]
	plain := strings.TrimPrefix(digits, "-")
	switch {
	case plain == "" || strings.ContainsRune(plain, '-') || strings.HasPrefix(unit, "."):
		return 0, ReasonNotNumber, ""
	case len(plain) > 1 && plain[0] == '0':
		return 0, ReasonOctal, ""
	}
	factor := int64(1)
	if unit = strings.TrimLeft(unit, " \t"); unit != "" {
		i := slices.IndexFunc(memoryUnits[:], func(u memoryUnit) bool { return u.name == unit })
		switch {
		case p.Unit != UnitKB:
			return 0, ReasonBadUnit, "want a number alone"
		case i < 0:
			return 0, ReasonBadUnit, "want kB, MB or GB"
		}
		factor = memoryUnits[i].kB
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if n *= factor; err != nil || n < p.Min || n > p.Max {
		return 0, ReasonParamRange, fmt.Sprintf("want %d to %d%s", p.Min, p.Max, p.Unit)
	}
	if p.Name == paramTxnCache && n != 0 && (n < 8192 || n%256 != 0) {
		return 0, ReasonBadValue, "want 0, or at least 8192 and a multiple of 256"
	}
	return n, 0, ""
}

// paramTxnCache has a rule besides its range
// (guc_storage.cpp, check_ss_txnstatus_cache_size).
const paramTxnCache = "ss_txnstatus_cache_size"

// parseBool reads a truth value as the server does (bool.cpp, parse_bool).
func parseBool(text string) (value, ok bool) {
	s := lowerASCII(text)
	prefix := func(word string, least int) bool { return len(s) >= least && strings.HasPrefix(word, s) }
	switch {
	case s == "1" || s == "on" || prefix("true", 1) || prefix("yes", 1):
		return true, true
	case s == "0" || prefix("off", 2) || prefix("false", 1) || prefix("no", 1):
		return false, true
	}
	return false, false
}

// same reports whether two values of the parameter mean the same.
func (p Param) same(a, b string) bool {
	if a == b {
		return true
	}
	if len(p.check(a)) > 0 || len(p.check(b)) > 0 {
		return false
	}
	switch p.Kind {
	case KindBool:
		x, _ := parseBool(a)
		y, _ := parseBool(b)
		return x == y
	case KindInt:
		x, _, _ := p.number(a)
		y, _, _ := p.number(b)
		return x == y
	case KindEnum:
		return lowerASCII(a) == lowerASCII(b)
	case KindURL:
		x, _ := Parse(a)
		y, _ := Parse(b)
		return x.Equal(y)
	}
	return false
}
