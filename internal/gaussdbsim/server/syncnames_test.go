// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"testing"
)

func TestParseSyncNames(t *testing.T) {
	for _, c := range []struct {
		text   string
		groups int
		ok     bool
	}{
		{"", 0, true}, {"*", 1, true}, {"dn2,dn3", 1, true}, {"2 (dn2, dn3)", 1, true}, {"FIRST 1(dn2,dn3)", 1, true},
		{"ANY 1(dn2,dn3)", 1, true}, {"ANY 1(dn2,dn3),FIRST 1(dn4)", 2, true}, {"any 1 (*)", 1, true},
		{"ANY x(dn2", 0, false}, {"ANY 0(dn2)", 0, false}, {"ANY 1()", 0, false}, {"dn2,", 0, false}, {"dn2 dn3", 0, false},
		{"SOME 1(dn2)", 0, false}, {"ANY 1(dn2) dn3", 0, false},
	} {
		groups, err := parseSyncNames(c.text)
		if (err == nil) != c.ok || len(groups) != c.groups {
			t.Errorf("%q: %v, %v", c.text, groups, err)
		}
	}
}

func TestJudge(t *testing.T) {
	standbys := []standby{{"dn2", 30, true}, {"dn3", 20, true}, {"dn4", 90, false}}
	for _, c := range []struct {
		names   string
		lenient bool
		at      uint64
		ok      bool
		states  string
	}{
		{"", false, 100, true, "Async Async Async"},
		{"*", false, 30, true, "Sync Potential Potential"},
		{"dn3,dn2", false, 20, true, "Potential Sync Async"},
		{"FIRST 2(dn2,dn3)", false, 20, true, "Sync Sync Async"},
		{"ANY 1(dn2,dn3)", false, 30, true, "Quorum Quorum Async"},
		{"ANY 2(dn2,dn3,dn4)", false, 20, true, "Quorum Quorum Quorum"},
		{"ANY 3(dn2,dn3,dn4)", false, 0, false, "Quorum Quorum Quorum"},
		{"ANY 3(dn2,dn3,dn4)", true, 20, true, "Quorum Quorum Quorum"},
		{"ANY 1(dn9)", false, 0, false, "Async Async Async"},
		{"ANY 1(dn9)", true, 100, true, "Async Async Async"},
		{"ANY 1(dn2),ANY 1(dn3)", false, 20, true, "Quorum Quorum Async"},
	} {
		groups, err := parseSyncNames(c.names)
		if err != nil {
			t.Fatal(err)
		}
		states, at, ok := judge(groups, standbys, 100, c.lenient)
		text := ""
		for i, s := range states {
			if i > 0 {
				text += " "
			}
			text += s.state
		}
		if at != c.at || ok != c.ok || text != c.states {
			t.Errorf("%q, lenient %t: %s at %d, %t; want %s at %d, %t", c.names, c.lenient, text, at, ok, c.states, c.at, c.ok)
		}
	}
}

// TestStoredPasswords uses the forms of pg_authid (user.cpp: encode_iteration).
func TestStoredPasswords(t *testing.T) {
	for n, want := range map[int]string{10000: "ecdfecefade", 2048: "mgdhdcefade"} {
		if got := encodeIterations(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
		if got, err := decodeIterations(want); got != n || err != nil {
			t.Errorf("%s: %d, %v", want, got, err)
		}
	}
	for kind, length := range map[int]int{0: 35, 1: 244, 2: 209} {
		text, err := encodePassword("tester", "Test@1234", kind, 10000)
		if err != nil || len(text) != length {
			t.Errorf("kind %d: %d characters, %v", kind, len(text), err)
		}
		if _, err := parseVerifier(text); err != nil {
			t.Errorf("kind %d: %v", kind, err)
		}
	}
	if _, err := parseVerifier("plain"); err == nil {
		t.Error("a plain text is no stored password")
	}
}
