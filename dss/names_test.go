// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package dss_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gausskit/gausskit/dss"
)

// TestEveryNumberHasAName: each value of an enumeration has a name of its own,
// and one that does not exist says so.
func TestEveryNumberHasAName(t *testing.T) {
	for kind, name := range map[string]func(uint8) fmt.Stringer{
		"Kind":          func(n uint8) fmt.Stringer { return dss.Kind(n) },
		"Unit":          func(n uint8) fmt.Stringer { return dss.Unit(n) },
		"Apply":         func(n uint8) fmt.Stringer { return dss.Apply(n) },
		"Rule":          func(n uint8) fmt.Stringer { return dss.Rule(n) },
		"Reason":        func(n uint8) fmt.Stringer { return dss.Reason(n + 1) }, // 0 is none
		"InstanceState": func(n uint8) fmt.Stringer { return dss.InstanceState(n) },
		"ServerMode":    func(n uint8) fmt.Stringer { return dss.ServerMode(n) },
		"FileType":      func(n uint8) fmt.Stringer { return dss.FileType(n) },
		"RegState":      func(n uint8) fmt.Stringer { return dss.RegState(n) },
	} {
		seen := map[string]bool{}
		for n := range uint8(200) {
			s := name(n).String()
			if strings.HasPrefix(s, kind+"(") {
				break
			}
			if seen[s] || s == "" && kind != "Unit" {
				t.Errorf("%s %d is called %q", kind, n, s)
			}
			seen[s] = true
		}
		if len(seen) < 2 || !strings.HasPrefix(name(220).String(), kind+"(") {
			t.Errorf("%s has %d names", kind, len(seen))
		}
	}
}

// TestEveryReasonHasAText: the message of each says what is wrong.
func TestEveryReasonHasAText(t *testing.T) {
	for r := dss.Reason(1); !strings.HasPrefix(r.String(), "Reason("); r++ {
		code, err := r.MarshalText()
		p := dss.Problem{Reason: r, Offset: -1}
		if text := p.Error(); err != nil || !strings.HasSuffix(text, " ("+string(code)+")") || strings.HasPrefix(text, "unknown") || strings.HasPrefix(text, " ") {
			t.Errorf("%d: %q", r, text)
		}
	}
	if got := dss.MeasureMiB.String(); got != "M" {
		t.Errorf("%q", got)
	}
	if p, _ := dss.ParamByName("INST_ID", now.Release); p.Kind != dss.KindInt {
		t.Errorf("%+v", p)
	} else if v, err := p.Parse("1"); err != nil || v.Kind() != dss.KindInt {
		t.Errorf("%+v, %v", v, err)
	}
}
